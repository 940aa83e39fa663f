"""Access scopes: the rows visible to an actor, one SQL predicate per scope and role.

Each table names its scope. Query plans, loaders, store functions and row-level security are built from one predicate.
Each predicate is sargable: an index beginning with the column finds the rows. Binds: `actor_person` (bigint),
`actor_line` (bigint[], the appraisers with their line given to the actor today), `actor_appraiser` (bigint), and
`actor_path` and `actor_path_end` (text, the materialised path of the actor's units, and the first text after all its
extensions). The sources are UU 27/2022 art. 36-39 and the project's rule R-PDP-04.
"""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.elements import BooleanClauseList, ColumnElement
from sqlalchemy.sql.visitors import ExternallyTraversible

from domain.actor import Actor, Role
from domain.exhaustive_mapping import ExhaustiveMapping

Predicate = Callable[[sa.Table], ColumnElement[bool]]

ACTOR_PERSON: Final = sa.bindparam("actor_person", type_=sa.BigInteger)
ACTOR_LINE: Final = sa.bindparam("actor_line", type_=sa.ARRAY(sa.BigInteger))
ACTOR_APPRAISER: Final = sa.bindparam("actor_appraiser", type_=sa.BigInteger)
ACTOR_PATH: Final = sa.bindparam("actor_path", type_=sa.Text)
ACTOR_PATH_END: Final = sa.bindparam("actor_path_end", type_=sa.Text)


class Scope(StrEnum):
    """Scope of a table: the people its rows are about.

    public: about no person · register: who a person is and where they work · record: what they planned, reached and
    learned · risk: their scores · training: decisions over many people · job: long work · parent: reachable
    through its owner alone · audit: what was done, for auditors · own: who looked at one, for oneself and auditors ·
    summary: sums over a unit · delegation: who stands in for whom · nobody: kept for audits and estimates · system:
    never shown.
    """

    PUBLIC = "public"
    REGISTER = "register"
    RECORD = "record"
    RISK = "risk"
    TRAINING = "training"
    JOB = "job"
    PARENT = "parent"
    AUDIT = "audit"
    OWN = "own"
    SUMMARY = "summary"
    DELEGATION = "delegation"
    NOBODY = "nobody"
    SYSTEM = "system"


class FieldRule(StrEnum):
    """Visibility of a field narrower than its row."""

    OWN_LINE_OR_HR = "own_line_or_hr"


# Of alternatives the likelier comes first: PostgreSQL tries no other for a row that it lets pass.


def all_rows(_table: sa.Table) -> ColumnElement[bool]:
    """All rows."""
    return sa.true()


def no_rows(_table: sa.Table) -> ColumnElement[bool]:
    """No row."""
    return sa.false()


def own_rows(table: sa.Table) -> ColumnElement[bool]:
    """Rows about the actor themselves."""
    return (table.c.person_id if "person_id" in table.c else table.c.id) == ACTOR_PERSON


def line_rows(table: sa.Table) -> ColumnElement[bool]:
    """Rows about the actor and about the people of their line today."""
    return (table.c[table.info.get("line", "appraiser_id")] == sa.any_(ACTOR_LINE)) | own_rows(table)


def line_or_decided_rows(table: sa.Table) -> ColumnElement[bool]:
    """Own rows, rows of the line, and own decisions about a former line."""
    decider = table.info.get("decided")
    return line_rows(table) if decider is None else line_rows(table) | (table.c[decider] == ACTOR_PERSON)


def in_units(table: sa.Table) -> ColumnElement[bool]:
    """Rows in the actor's units, as an index range over the path."""
    return (table.c.unit_path >= ACTOR_PATH) & (table.c.unit_path < ACTOR_PATH_END)


def own_or_in_units(table: sa.Table) -> ColumnElement[bool]:
    """Rows about the actor and about everybody in their units; without a path, only themselves."""
    return in_units(table) | own_rows(table)


def in_units_scan(table: sa.Table) -> ColumnElement[bool]:
    """Rows in the actor's units, tested row by row for a wide scope.

    Over a wide scope only the index of the sort order pays. PostgreSQL estimates few rows for an index range or a
    prefix of unknown value, and none for the predicates of plan and row-level security combined; then it reads and
    sorts half the province. `coalesce` hides the predicate from the estimator, leaving the default of every second
    row. An empty path is a prefix of every path and therefore counts as no path.
    """
    begins = sa.func.starts_with(table.c.unit_path, sa.func.nullif(ACTOR_PATH, ""), type_=sa.Boolean)
    return sa.func.coalesce(begins, sa.false(), type_=sa.Boolean)


def own_or_in_units_scan(table: sa.Table) -> ColumnElement[bool]:
    """Rows about the actor, and rows in their units for a wide scope."""
    return in_units_scan(table) | own_rows(table)


def delegation_parties(table: sa.Table) -> ColumnElement[bool]:
    """Delegations by the actor, and delegations to them."""
    return (table.c.appraiser_id == ACTOR_PERSON) | (table.c.delegate_id == ACTOR_PERSON)


def parties_or_in_units(table: sa.Table) -> ColumnElement[bool]:
    """Delegations by or to the actor, and delegations in their units."""
    return delegation_parties(table) | in_units(table)


def parties_or_in_units_scan(table: sa.Table) -> ColumnElement[bool]:
    """Delegations by or to the actor, and in their units for a wide scope."""
    return delegation_parties(table) | in_units_scan(table)


def decided_or_in_units(table: sa.Table) -> ColumnElement[bool]:
    """Decisions by the actor, and those about their units."""
    return in_units(table) | (table.c.decided_by == ACTOR_PERSON)


def decided_or_in_units_scan(table: sa.Table) -> ColumnElement[bool]:
    """Decisions by the actor, and decisions about their units for a wide scope."""
    return in_units_scan(table) | (table.c.decided_by == ACTOR_PERSON)


def audited_in_units(table: sa.Table) -> ColumnElement[bool]:
    """Actions in the actor's units, and actions of the service about no person or unit."""
    return in_units(table) | (table.c.unit_path.is_(None) & table.c.person_id.is_(None))


def audited_in_units_scan(table: sa.Table) -> ColumnElement[bool]:
    """Actions in the actor's units, and about no person, for a wide scope."""
    return in_units_scan(table) | (table.c.unit_path.is_(None) & table.c.person_id.is_(None))


def own_or_appraiser(table: sa.Table) -> ColumnElement[bool]:
    """The actor and their own appraiser."""
    return own_rows(table) | (table.c.id == ACTOR_APPRAISER) if table.name == "person" else own_rows(table)


def line_or_appraiser(table: sa.Table) -> ColumnElement[bool]:
    """The actor, their line and their own appraiser."""
    return line_rows(table) | own_or_appraiser(table)


SCAN_PREDICATES: Final[Mapping[Predicate, Predicate]] = {
    in_units: in_units_scan,
    own_or_in_units: own_or_in_units_scan,
    decided_or_in_units: decided_or_in_units_scan,
    audited_in_units: audited_in_units_scan,
    parties_or_in_units: parties_or_in_units_scan,
}
"""Predicates for a wide scope, by the predicate replaced."""

SCOPE_PREDICATES: Final[Mapping[Scope, Mapping[Role, Predicate]]] = ExhaustiveMapping(
    "domain.access.scopes.SCOPE_PREDICATES",
    {
        Scope.REGISTER: {
            Role.EMPLOYEE: own_or_appraiser,
            Role.SUPERVISOR: line_or_appraiser,
            Role.HR: own_or_in_units,
            Role.LEADER: own_or_appraiser,
            Role.AUDITOR: own_or_in_units,
            Role.ADMIN: all_rows,
            Role.CHANGE_AGENT: own_or_appraiser,
            Role.SERVICE: all_rows,
            Role.UNIT_SERVICE: in_units,
        },
        Scope.RECORD: {
            Role.EMPLOYEE: own_rows,
            Role.SUPERVISOR: line_or_decided_rows,
            Role.HR: own_or_in_units,
            Role.LEADER: own_rows,
            Role.AUDITOR: own_or_in_units,
            Role.ADMIN: own_rows,
            Role.CHANGE_AGENT: own_rows,
            Role.SERVICE: all_rows,
            Role.UNIT_SERVICE: in_units,
        },
        Scope.RISK: {
            Role.EMPLOYEE: own_rows,
            Role.SUPERVISOR: line_rows,
            Role.HR: own_or_in_units,
            Role.LEADER: own_rows,
            Role.AUDITOR: own_or_in_units,
            Role.ADMIN: own_rows,
            Role.CHANGE_AGENT: own_rows,
            Role.SERVICE: all_rows,
            Role.UNIT_SERVICE: in_units,
        },
        Scope.TRAINING: {
            Role.EMPLOYEE: no_rows,
            Role.SUPERVISOR: no_rows,
            Role.HR: decided_or_in_units,
            Role.LEADER: no_rows,
            Role.AUDITOR: in_units,
            Role.ADMIN: no_rows,
            Role.CHANGE_AGENT: no_rows,
            Role.SERVICE: all_rows,
            Role.UNIT_SERVICE: in_units,
        },
        Scope.JOB: {
            Role.EMPLOYEE: no_rows,
            Role.SUPERVISOR: no_rows,
            Role.HR: all_rows,
            Role.LEADER: no_rows,
            Role.AUDITOR: all_rows,
            Role.ADMIN: all_rows,
            Role.CHANGE_AGENT: no_rows,
            Role.SERVICE: all_rows,
            Role.UNIT_SERVICE: no_rows,
        },
        Scope.AUDIT: {
            Role.EMPLOYEE: no_rows,
            Role.SUPERVISOR: no_rows,
            Role.HR: no_rows,
            Role.LEADER: no_rows,
            Role.AUDITOR: audited_in_units,
            Role.ADMIN: no_rows,
            Role.CHANGE_AGENT: no_rows,
            Role.SERVICE: no_rows,
            Role.UNIT_SERVICE: no_rows,
        },
        Scope.OWN: {
            Role.EMPLOYEE: own_rows,
            Role.SUPERVISOR: own_rows,
            Role.HR: own_rows,
            Role.LEADER: own_rows,
            Role.AUDITOR: own_or_in_units,
            Role.ADMIN: own_rows,
            Role.CHANGE_AGENT: own_rows,
            Role.SERVICE: no_rows,
            Role.UNIT_SERVICE: no_rows,
        },
        Scope.SUMMARY: {
            Role.EMPLOYEE: no_rows,
            Role.SUPERVISOR: no_rows,
            Role.HR: in_units,
            Role.LEADER: in_units,
            Role.AUDITOR: in_units,
            Role.ADMIN: no_rows,
            Role.CHANGE_AGENT: no_rows,
            Role.SERVICE: all_rows,
            Role.UNIT_SERVICE: in_units,
        },
        Scope.DELEGATION: {
            Role.EMPLOYEE: delegation_parties,
            Role.SUPERVISOR: delegation_parties,
            Role.HR: parties_or_in_units,
            Role.LEADER: delegation_parties,
            Role.AUDITOR: parties_or_in_units,
            Role.ADMIN: delegation_parties,
            Role.CHANGE_AGENT: delegation_parties,
            Role.SERVICE: all_rows,
            Role.UNIT_SERVICE: in_units,
        },
        Scope.NOBODY: dict.fromkeys(Role, no_rows),
        Scope.SYSTEM: dict.fromkeys(Role, no_rows),
    },
    Scope,
    Role,
    omitted={Scope.PUBLIC, Scope.PARENT},
)
"""The predicate of each scope and role; the two omitted scopes are open to all."""

FIELD_PREDICATES: Final[Mapping[FieldRule, Mapping[Role, Predicate]]] = ExhaustiveMapping(
    "domain.access.scopes.FIELD_PREDICATES",
    {
        FieldRule.OWN_LINE_OR_HR: {
            Role.EMPLOYEE: own_rows,
            Role.SUPERVISOR: line_rows,
            Role.HR: own_or_in_units,
            Role.LEADER: own_rows,
            Role.AUDITOR: own_rows,
            Role.ADMIN: own_rows,
            Role.CHANGE_AGENT: own_rows,
            Role.SERVICE: all_rows,
            Role.UNIT_SERVICE: in_units,
        },
    },
    FieldRule,
    Role,
)


def visible_rows(scope: str, role: Role | None, table: sa.Table, *, wide: bool = False) -> ColumnElement[bool]:
    """The rows of `table` visible in `role`; None is an anonymous actor.

    `wide` selects the predicate form for a wide scope; the rows are equal. Raises ValueError for an unknown scope.
    """
    if Scope(scope) in {Scope.PUBLIC, Scope.PARENT}:
        return sa.true()
    if role is None:
        return sa.false()
    predicate = SCOPE_PREDICATES[Scope(scope)][role]
    return (SCAN_PREDICATES.get(predicate, predicate) if wide else predicate)(table)


_POSTGRESQL: Final[Any] = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's are not annotated

HISTORICAL: Final = frozenset({Scope.AUDIT, Scope.OWN})
"""Scopes of tables about a moment in the past; their replicated columns are never updated."""


def subject(table: sa.Table) -> str | None:
    """The column naming the row's own person, or None.

    None applies to a table without such a column, or about a moment in the past.
    """
    person = table.info.get("person", "person_id")
    return person if person in table.c and table.info["scope"] not in HISTORICAL else None


def replicated(table: sa.Table) -> dict[str, str]:
    """Replicated columns of a table: column names mapped to the person's columns.

    Triggers keep them equal to the columns of the row's own person.
    """
    person = subject(table)
    names = {"unit_path": "unit_path", table.info.get("line", "appraiser_id"): "appraiser_id"}
    return {} if person is None else {name: of for name, of in names.items() if name in table.c and name != person}


def covers(column: sa.Column[Any]) -> bool:
    """True if each role seeing a row also sees the row behind its foreign key.

    The predicates prove it. A public row is visible to all. A person is visible together with a row about them when
    each alternative of the row's predicate is one of the person's, in the person's own columns: the foreign key
    stands for the person's key, a replicated column for the person's own.
    """
    row, named = column.table, next(iter(column.foreign_keys)).column.table
    if Scope(named.info["scope"]) is Scope.PUBLIC:
        return True
    if Scope.PARENT in {row.info["scope"], named.info["scope"]}:
        return False
    theirs = {column: named.primary_key.columns[0]}
    if column.name == subject(row) and named.name == "person":
        theirs |= {row.c[name]: named.c[of] for name, of in replicated(row).items()}
    return all(
        _implies(
            visible_rows(row.info["scope"], role, row, wide=wide),
            visible_rows(named.info["scope"], role, named, wide=wide),
            theirs,
        )
        for role in (*Role, None)
        for wide in (False, True)
    )


def _implies(given: ColumnElement[bool], wanted: ColumnElement[bool], equal: Mapping[Any, Any]) -> bool:
    """True if each alternative of `given` is one of `wanted`, after substitution of equal columns."""
    allowed = {_as_text(each) for each in _alternatives(wanted)}
    if "true" in allowed:
        return True

    def exchanged(element: ExternallyTraversible, **_: object) -> ExternallyTraversible | None:
        return equal.get(element) if isinstance(element, sa.Column) else None

    for each in _alternatives(given):
        columns = {column for column in visitors.iterate(each) if isinstance(column, sa.Column)}
        known = columns <= equal.keys()
        if _as_text(each) != "false" and not (
            known and _as_text(visitors.replacement_traverse(each, {}, exchanged)) in allowed
        ):
            return False
    return True


def _alternatives(predicate: ColumnElement[bool]) -> Iterator[ColumnElement[bool]]:
    if isinstance(predicate, BooleanClauseList) and predicate.operator is operators.or_:
        for each in predicate.clauses:
            yield from _alternatives(each)
    else:
        yield predicate


def _as_text(predicate: Any) -> str:
    return str(predicate.compile(dialect=_POSTGRESQL))


def roles_scoped_by_unit(scope: str) -> frozenset[Role]:
    """The roles limited in this scope to their units' rows, with or without their own."""
    roles = SCOPE_PREDICATES.get(Scope(scope), {})
    return frozenset(role for role, predicate in roles.items() if predicate in {in_units, own_or_in_units})


def rows_with_visible_field(rule: FieldRule, role: Role | None, table: sa.Table) -> ColumnElement[bool]:
    """The rows of `table` with a field under `rule` visible in `role`."""
    if role is None:
        return sa.false()
    return FIELD_PREDICATES[rule][role](table)


def actor_bind_values(actor: Actor | None) -> dict[str, Any]:
    """The values of the predicates' binds; all None for an anonymous actor."""
    if actor is None:
        return dict.fromkeys(("actor_person", "actor_line", "actor_appraiser", "actor_path", "actor_path_end"))
    return {
        "actor_person": actor.person_id,
        "actor_line": actor.line,
        "actor_appraiser": actor.appraiser_id,
        "actor_path": actor.unit_path,
        "actor_path_end": path_range_end(actor.unit_path),
    }


ACTOR_SETTINGS: Final[Mapping[Role | None, Mapping[str, str]]] = ExhaustiveMapping(
    "domain.access.scopes.ACTOR_SETTINGS",
    {
        None: {},
        Role.EMPLOYEE: {"actor_person": "kinerja.person", "actor_appraiser": "kinerja.appraiser"},
        Role.SUPERVISOR: {
            "actor_person": "kinerja.person",
            "actor_appraiser": "kinerja.appraiser",
            "actor_line": "kinerja.line",
        },
        Role.HR: {"actor_person": "kinerja.person", "actor_path": "kinerja.path"},
        Role.LEADER: {
            "actor_person": "kinerja.person",
            "actor_appraiser": "kinerja.appraiser",
            "actor_path": "kinerja.path",
        },
        Role.AUDITOR: {"actor_person": "kinerja.person", "actor_path": "kinerja.path"},
        Role.ADMIN: {"actor_person": "kinerja.person"},
        Role.CHANGE_AGENT: {"actor_person": "kinerja.person", "actor_appraiser": "kinerja.appraiser"},
        Role.SERVICE: {},
        Role.UNIT_SERVICE: {"actor_path": "kinerja.path"},
    },
    Role,
)
"""PostgreSQL settings read by row-level security, by role and bind."""

PRINCIPAL_SETTING: Final = "kinerja.principal"
"""The PostgreSQL setting with the principal of a command."""


def build_actor_settings(actor: Actor | None) -> dict[str, str]:
    """The settings of an actor's transaction, as text.

    Empty means no actor, or no value.
    """
    if actor is None:
        return {}
    mine = actor_bind_values(actor)
    told = {setting: _format_setting(mine[name]) for name, setting in ACTOR_SETTINGS[actor.role].items()}
    return {**told, PRINCIPAL_SETTING: actor.principal}


def _format_setting(value: Any) -> str:
    if value is None:
        return ""
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def path_range_end(path: str | None) -> str | None:
    """The first text after all extensions of a path, in collation "C": `1.17/` for `1.17.`."""
    return f"{path[:-1]}/" if path else None


def rows_visible_to(actor: Actor, table: sa.Table) -> ColumnElement[bool]:
    """The rows of `table` visible to this actor, with bound values, for commands and jobs."""
    mine = actor_bind_values(actor)

    def filled(element: ExternallyTraversible, **_: object) -> ExternallyTraversible | None:
        if isinstance(element, sa.BindParameter) and element.key in mine:
            return sa.literal(mine[element.key], element.type)
        return None

    seen_rows = visible_rows(table.info["scope"], actor.role, table, wide=actor.wide)
    return visitors.replacement_traverse(seen_rows, {}, filled)
