"""Whose rows an actor may see: one SQL predicate per scope and role, from the table's own columns.

Each table names its scope; a plan, a loader, a store function and, later, row security are made from the same
predicate. Binds: `actor_person` (bigint) and `actor_path` (text, the materialised path of the actor's units).
The sources are UU 27/2022 art. 36-39 and the project's rule R-PDP-04.
"""

from collections.abc import Callable
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.visitors import ExternallyTraversible

from domain.actor import Actor, Role

Predicate = Callable[[sa.Table], ColumnElement[bool]]


class Scope(StrEnum):
    """Whose rows a table holds.

    public: about no person · register: who a person is and where he works · record: what he planned, reached and
    learned · risk: his scores · training: decisions over many people · job: long work · parent: reachable
    through its owner alone · nobody: kept for audits and estimates · system: never shown.
    """

    PUBLIC = "public"
    REGISTER = "register"
    RECORD = "record"
    RISK = "risk"
    TRAINING = "training"
    JOB = "job"
    PARENT = "parent"
    NOBODY = "nobody"
    SYSTEM = "system"


class Seen(StrEnum):
    """Who may see a field that is not for all who see its row."""

    OWN_LINE_OR_HR = "own_line_or_hr"


def everybody(_table: sa.Table) -> ColumnElement[bool]:
    """All rows."""
    return sa.true()


def nobody(_table: sa.Table) -> ColumnElement[bool]:
    """No row."""
    return sa.false()


def own(table: sa.Table) -> ColumnElement[bool]:
    """Rows about the actor himself."""
    person = table.c.person_id if "person_id" in table.c else table.c.id
    return person == sa.bindparam("actor_person", type_=sa.BigInteger)


def line(table: sa.Table) -> ColumnElement[bool]:
    """Rows about the actor and those whom he appraises today."""
    return own(table) | (table.c.appraiser_id == sa.bindparam("actor_person", type_=sa.BigInteger))


def units(table: sa.Table) -> ColumnElement[bool]:
    """Rows about the actor and about everybody in his units; without a path, only himself."""
    return own(table) | below(table)


def below(table: sa.Table) -> ColumnElement[bool]:
    """Rows in the actor's units. An empty path would be a prefix of everything, so it counts as none."""
    return sa.func.starts_with(table.c.unit_path, sa.func.nullif(sa.bindparam("actor_path", type_=sa.Text), "")).cast(
        sa.Boolean
    )


def decided(table: sa.Table) -> ColumnElement[bool]:
    """Decisions that the actor took, and those about his units."""
    return (table.c.decided_by == sa.bindparam("actor_person", type_=sa.BigInteger)) | below(table)


def known(table: sa.Table) -> ColumnElement[bool]:
    """Oneself and one's own appraiser, whose name everybody knows."""
    me = table.alias("me")
    mine = sa.select(me.c.appraiser_id).where(me.c.id == sa.bindparam("actor_person", type_=sa.BigInteger))
    return own(table) | (table.c.id == mine.scalar_subquery()) if table.name == "person" else own(table)


def known_line(table: sa.Table) -> ColumnElement[bool]:
    """One's line, oneself and one's own appraiser."""
    return line(table) | known(table)


PREDICATES: dict[Scope, dict[Role, Predicate]] = {
    Scope.REGISTER: {
        Role.EMPLOYEE: known,
        Role.SUPERVISOR: known_line,
        Role.HR: units,
        Role.LEADER: known,
        Role.AUDITOR: units,
        Role.ADMIN: everybody,
        Role.SERVICE: everybody,
    },
    Scope.RECORD: {
        Role.EMPLOYEE: own,
        Role.SUPERVISOR: line,
        Role.HR: units,
        Role.LEADER: own,
        Role.AUDITOR: units,
        Role.ADMIN: own,
        Role.SERVICE: everybody,
    },
    Scope.RISK: {
        Role.EMPLOYEE: own,
        Role.SUPERVISOR: line,
        Role.HR: units,
        Role.LEADER: own,
        Role.AUDITOR: units,
        Role.ADMIN: own,
        Role.SERVICE: everybody,
    },
    Scope.TRAINING: {Role.HR: decided, Role.AUDITOR: below, Role.SERVICE: everybody},
    Scope.JOB: dict.fromkeys((Role.HR, Role.AUDITOR, Role.ADMIN, Role.SERVICE), everybody),
    Scope.NOBODY: {},
    Scope.SYSTEM: {},
}

FIELDS: dict[Seen, dict[Role, Predicate]] = {
    Seen.OWN_LINE_OR_HR: {
        Role.EMPLOYEE: own,
        Role.SUPERVISOR: line,
        Role.HR: units,
        Role.LEADER: own,
        Role.AUDITOR: own,
        Role.ADMIN: own,
        Role.SERVICE: everybody,
    },
}


def visible(scope: str, role: Role | None, table: sa.Table) -> ColumnElement[bool]:
    """The rows of `table` that somebody in `role` may see; None is somebody who is not signed in.

    Raises ValueError for a scope that does not exist.
    """
    if Scope(scope) in {Scope.PUBLIC, Scope.PARENT}:
        return sa.true()
    if role is None:
        return sa.false()
    return PREDICATES[Scope(scope)].get(role, nobody)(table)


def seen(rule: Seen, role: Role | None, table: sa.Table) -> ColumnElement[bool]:
    """The rows of `table` whose field under `rule` somebody in `role` may see."""
    if role is None:
        return sa.false()
    return FIELDS[rule].get(role, nobody)(table)


def of(actor: Actor, table: sa.Table) -> ColumnElement[bool]:
    """The rows of `table` that this actor may see, with his own values: for commands and jobs."""
    values = {"actor_person": actor.person_id, "actor_path": actor.unit_path}

    def filled(element: ExternallyTraversible, **_: object) -> ExternallyTraversible | None:
        if isinstance(element, sa.BindParameter) and element.key in values:
            return sa.literal(values[element.key], element.type)
        return None

    seen_rows = visible(table.info["scope"], actor.role, table)
    return visitors.replacement_traverse(seen_rows, {}, filled)
