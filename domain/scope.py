"""Whose rows an actor may see: one SQL predicate per scope and role, from the table's own columns.

Each table names its scope; a plan, a loader, a store function and row security are made from the same predicate.
Each is sargable: an index that begins with the column finds the rows. Binds: `actor_person` (bigint), `actor_line`
(bigint[], the appraisers whose line is the actor's today), `actor_appraiser` (bigint) and `actor_path`,
`actor_path_end` (text, the materialised path of the actor's units, and the first text after all that begin with it).
The sources are UU 27/2022 art. 36-39 and the project's rule R-PDP-04.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.visitors import ExternallyTraversible

from domain.actor import Actor, Role

Predicate = Callable[[sa.Table], ColumnElement[bool]]

ME: Final = sa.bindparam("actor_person", type_=sa.BigInteger)
LINE: Final = sa.bindparam("actor_line", type_=sa.ARRAY(sa.BigInteger))
APPRAISER: Final = sa.bindparam("actor_appraiser", type_=sa.BigInteger)
PATH: Final = sa.bindparam("actor_path", type_=sa.Text)
PATH_END: Final = sa.bindparam("actor_path_end", type_=sa.Text)


class Scope(StrEnum):
    """Whose rows a table holds.

    public: about no person · register: who a person is and where he works · record: what he planned, reached and
    learned · risk: his scores · training: decisions over many people · job: long work · parent: reachable
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


class Seen(StrEnum):
    """Who may see a field that is not for all who see its row."""

    OWN_LINE_OR_HR = "own_line_or_hr"


# Of alternatives the likelier comes first: PostgreSQL tries no other for a row that it lets pass.


def everybody(_table: sa.Table) -> ColumnElement[bool]:
    """All rows."""
    return sa.true()


def nobody(_table: sa.Table) -> ColumnElement[bool]:
    """No row."""
    return sa.false()


def own(table: sa.Table) -> ColumnElement[bool]:
    """Rows about the actor himself."""
    return (table.c.person_id if "person_id" in table.c else table.c.id) == ME


def line(table: sa.Table) -> ColumnElement[bool]:
    """Rows about the actor and about those whose line is his today."""
    return (table.c[table.info.get("line", "appraiser_id")] == sa.any_(LINE)) | own(table)


def line_or_decided(table: sa.Table) -> ColumnElement[bool]:
    """The same, and what the actor decided himself: all that he keeps of a line that is no longer his."""
    decider = table.info.get("decided")
    return line(table) if decider is None else line(table) | (table.c[decider] == ME)


def below(table: sa.Table) -> ColumnElement[bool]:
    """Rows in the actor's units, as a stretch of an index by path."""
    return (table.c.unit_path >= PATH) & (table.c.unit_path < PATH_END)


def units(table: sa.Table) -> ColumnElement[bool]:
    """Rows about the actor and about everybody in his units; without a path, only himself."""
    return below(table) | own(table)


def all_below(table: sa.Table) -> ColumnElement[bool]:
    """Rows in the actor's units, tried row by row: for a scope so wide that an order's own index is the way in.

    PostgreSQL takes an unknown stretch of an index, or an unknown prefix, for that of few rows, and the predicates of
    plan and row security one upon the other for that of none; then it reads and sorts half the province. Of what
    `coalesce` makes it knows nothing, and takes it for every second row. An empty path is a prefix of everything, so
    it counts as none.
    """
    begins = sa.func.starts_with(table.c.unit_path, sa.func.nullif(PATH, ""), type_=sa.Boolean)
    return sa.func.coalesce(begins, sa.false(), type_=sa.Boolean)


def all_units(table: sa.Table) -> ColumnElement[bool]:
    """The same, and rows about the actor."""
    return all_below(table) | own(table)


def parties(table: sa.Table) -> ColumnElement[bool]:
    """Delegations by the actor, and to him."""
    return (table.c.appraiser_id == ME) | (table.c.delegate_id == ME)


def delegated(table: sa.Table) -> ColumnElement[bool]:
    """The same, and those of his units."""
    return parties(table) | below(table)


def all_delegated(table: sa.Table) -> ColumnElement[bool]:
    """The same for a wide scope."""
    return parties(table) | all_below(table)


def decided(table: sa.Table) -> ColumnElement[bool]:
    """Decisions that the actor took, and those about his units."""
    return below(table) | (table.c.decided_by == ME)


def all_decided(table: sa.Table) -> ColumnElement[bool]:
    """The same for a wide scope."""
    return all_below(table) | (table.c.decided_by == ME)


def audited(table: sa.Table) -> ColumnElement[bool]:
    """What was done in the actor's units, and what the service did to nobody in particular."""
    return below(table) | (table.c.unit_path.is_(None) & table.c.person_id.is_(None))


def all_audited(table: sa.Table) -> ColumnElement[bool]:
    """The same for a wide scope."""
    return all_below(table) | (table.c.unit_path.is_(None) & table.c.person_id.is_(None))


def known(table: sa.Table) -> ColumnElement[bool]:
    """Oneself and one's own appraiser, whose name everybody knows."""
    return own(table) | (table.c.id == APPRAISER) if table.name == "person" else own(table)


def known_line(table: sa.Table) -> ColumnElement[bool]:
    """One's line, oneself and one's own appraiser."""
    return line(table) | known(table)


WIDE: Final[Mapping[Predicate, Predicate]] = {
    below: all_below,
    units: all_units,
    decided: all_decided,
    audited: all_audited,
    delegated: all_delegated,
}
"""What stands in for a predicate where the actor's part of the tree is wide."""

PREDICATES: Final[Mapping[Scope, Mapping[Role, Predicate]]] = {
    Scope.REGISTER: {
        Role.EMPLOYEE: known,
        Role.SUPERVISOR: known_line,
        Role.HR: units,
        Role.LEADER: known,
        Role.AUDITOR: units,
        Role.ADMIN: everybody,
        Role.CHANGE_AGENT: known,
        Role.SERVICE: everybody,
        Role.UNIT_SERVICE: below,
    },
    Scope.RECORD: {
        Role.EMPLOYEE: own,
        Role.SUPERVISOR: line_or_decided,
        Role.HR: units,
        Role.LEADER: own,
        Role.AUDITOR: units,
        Role.ADMIN: own,
        Role.CHANGE_AGENT: own,
        Role.SERVICE: everybody,
        Role.UNIT_SERVICE: below,
    },
    Scope.RISK: {
        Role.EMPLOYEE: own,
        Role.SUPERVISOR: line,
        Role.HR: units,
        Role.LEADER: own,
        Role.AUDITOR: units,
        Role.ADMIN: own,
        Role.CHANGE_AGENT: own,
        Role.SERVICE: everybody,
        Role.UNIT_SERVICE: below,
    },
    Scope.TRAINING: {
        Role.HR: decided,
        Role.AUDITOR: below,
        Role.SERVICE: everybody,
        Role.UNIT_SERVICE: below,
    },
    Scope.JOB: dict.fromkeys((Role.HR, Role.AUDITOR, Role.ADMIN, Role.SERVICE), everybody),
    Scope.AUDIT: {Role.AUDITOR: audited},
    Scope.OWN: {
        Role.EMPLOYEE: own,
        Role.SUPERVISOR: own,
        Role.HR: own,
        Role.LEADER: own,
        Role.AUDITOR: units,
        Role.ADMIN: own,
        Role.CHANGE_AGENT: own,
    },
    Scope.SUMMARY: {
        Role.HR: below,
        Role.LEADER: below,
        Role.AUDITOR: below,
        Role.SERVICE: everybody,
        Role.UNIT_SERVICE: below,
    },
    Scope.DELEGATION: {
        Role.EMPLOYEE: parties,
        Role.SUPERVISOR: parties,
        Role.HR: delegated,
        Role.LEADER: parties,
        Role.AUDITOR: delegated,
        Role.ADMIN: parties,
        Role.CHANGE_AGENT: parties,
        Role.SERVICE: everybody,
        Role.UNIT_SERVICE: below,
    },
    Scope.NOBODY: {},
    Scope.SYSTEM: {},
}

FIELDS: Final[Mapping[Seen, Mapping[Role, Predicate]]] = {
    Seen.OWN_LINE_OR_HR: {
        Role.EMPLOYEE: own,
        Role.SUPERVISOR: line,
        Role.HR: units,
        Role.LEADER: own,
        Role.AUDITOR: own,
        Role.ADMIN: own,
        Role.CHANGE_AGENT: own,
        Role.SERVICE: everybody,
        Role.UNIT_SERVICE: below,
    },
}


def visible(scope: str, role: Role | None, table: sa.Table, *, wide: bool = False) -> ColumnElement[bool]:
    """The rows of `table` that somebody in `role` may see; None is somebody who is not signed in.

    `wide` chooses the form for a wide part of the tree; the rows are the same.
    Raises ValueError for a scope that does not exist.
    """
    if Scope(scope) in {Scope.PUBLIC, Scope.PARENT}:
        return sa.true()
    if role is None:
        return sa.false()
    predicate = PREDICATES[Scope(scope)].get(role, nobody)
    return (WIDE.get(predicate, predicate) if wide else predicate)(table)


def by_unit(scope: str) -> frozenset[Role]:
    """The roles that see of a table of this scope the rows of their units, and maybe those of themselves."""
    roles = PREDICATES.get(Scope(scope), {})
    return frozenset(role for role, predicate in roles.items() if predicate in {below, units})


def seen(rule: Seen, role: Role | None, table: sa.Table) -> ColumnElement[bool]:
    """The rows of `table` whose field under `rule` somebody in `role` may see."""
    if role is None:
        return sa.false()
    return FIELDS[rule].get(role, nobody)(table)


def values(actor: Actor | None) -> dict[str, Any]:
    """The values of the predicates' binds; all None for somebody who is not signed in."""
    if actor is None:
        return dict.fromkeys(("actor_person", "actor_line", "actor_appraiser", "actor_path", "actor_path_end"))
    return {
        "actor_person": actor.person_id,
        "actor_line": actor.line,
        "actor_appraiser": actor.appraiser_id,
        "actor_path": actor.unit_path,
        "actor_path_end": path_end(actor.unit_path),
    }


CONTEXT: Final[Mapping[Role | None, Mapping[str, str]]] = {
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
}
"""The settings of PostgreSQL by which row security knows the actor of a role, each by the bind that it repeats."""

PRINCIPAL: Final = "kinerja.principal"
"""The setting by which it knows in whose name a command writes."""


def settings(actor: Actor | None) -> dict[str, str]:
    """The settings of a transaction in which the actor reads and writes, as text; empty means nobody, or nothing."""
    if actor is None:
        return {}
    mine = values(actor)
    told = {setting: _text(mine[name]) for name, setting in CONTEXT[actor.role].items()}
    return {**told, PRINCIPAL: actor.principal}


def _text(value: Any) -> str:
    if value is None:
        return ""
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def path_end(path: str | None) -> str | None:
    """The first text after all that begin with a path, in collation "C": `1.17/` for `1.17.`."""
    return f"{path[:-1]}/" if path else None


def of(actor: Actor, table: sa.Table) -> ColumnElement[bool]:
    """The rows of `table` that this actor may see, with his own values: for commands and jobs."""
    mine = values(actor)

    def filled(element: ExternallyTraversible, **_: object) -> ExternallyTraversible | None:
        if isinstance(element, sa.BindParameter) and element.key in mine:
            return sa.literal(mine[element.key], element.type)
        return None

    seen_rows = visible(table.info["scope"], actor.role, table, wide=actor.wide)
    return visitors.replacement_traverse(seen_rows, {}, filled)
