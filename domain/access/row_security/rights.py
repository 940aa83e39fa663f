"""Write rights of the logins: the tables and columns written by each role's commands.

SELECT on visible rows is granted in `policies.py`; further SELECT rights are listed here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from domain.access import scopes
from domain.access.scopes import Predicate
from domain.actor import Role
from domain.exhaustive_mapping import ExhaustiveMapping

ACTOR_PRINCIPAL: Final = sa.bindparam("actor_principal", type_=sa.Text)


@dataclass(frozen=True, slots=True)
class TableRight:
    """A right to the rows of a table under the predicate `rows`.

    `verb` is `SELECT`, `INSERT` or `UPDATE`; `columns` are the changeable ones, none for all.
    """

    table: str
    verb: str
    rows: Predicate
    columns: Sequence[str] = ()


def any_row(_table: sa.Table) -> ColumnElement[bool]:
    """All rows."""
    return sa.true()


def principal_rows(table: sa.Table) -> ColumnElement[bool]:
    """Rows written under the actor's own principal."""
    return table.c.principal == ACTOR_PRINCIPAL


def decided_by_actor(column: str, rows: Predicate) -> Predicate:
    """Rows of `rows` decided by the actor, according to the decider column `column`."""

    def decided(table: sa.Table) -> ColumnElement[bool]:
        return rows(table) & (table.c[column] == scopes.ACTOR_PERSON)

    return decided


def _requested_by_actor(table: sa.Table) -> ColumnElement[bool]:
    return table.c.requested_by.is_not_distinct_from(scopes.ACTOR_PERSON)


COMMAND_KEY_RIGHTS: Final = (
    TableRight("command_key", "SELECT", principal_rows),
    TableRight("command_key", "INSERT", principal_rows),
    TableRight("command_key", "UPDATE", principal_rows, ("result_id",)),
)
"""Rights of every command, even a refused one: the idempotency key is claimed first."""

COMMAND_RIGHTS: Final = (
    *COMMAND_KEY_RIGHTS,
    TableRight("audit_entry", "INSERT", principal_rows),
    TableRight("event", "INSERT", any_row),
)
"""Rights of every completed command."""

JOB_RIGHTS: Final = (*COMMAND_RIGHTS, TableRight("job", "INSERT", _requested_by_actor))
"""Rights of a command requesting a job."""


def _appraised_by_actor(table: sa.Table) -> ColumnElement[bool]:
    return table.c.appraiser_id == scopes.ACTOR_PERSON


def _line_except_actor(table: sa.Table) -> ColumnElement[bool]:
    return (table.c.appraiser_id == sa.any_(scopes.ACTOR_LINE)) & (table.c.person_id != scopes.ACTOR_PERSON)


END_DELEGATION_COLUMNS: Final = ("ended_by", "ended_at", "version")
"""Columns changed by ending a delegation early."""


def _move_rights(rows: Predicate) -> tuple[TableRight, ...]:
    """Rights to assign another post or appraiser to people.

    The people's own rows are updated by the function `follow_people`.
    """
    return (
        TableRight("appraiser_line", "INSERT", rows),
        TableRight("appraiser_line", "UPDATE", rows, ("ends_on",)),
        TableRight("incumbency", "INSERT", rows),
        TableRight("incumbency", "UPDATE", rows, ("ends_on",)),
    )


ROLE_RIGHTS: Final[Mapping[Role, Sequence[TableRight]]] = ExhaustiveMapping(
    "domain.access.row_security.rights.ROLE_RIGHTS",
    {
        Role.EMPLOYEE: COMMAND_KEY_RIGHTS,
        Role.LEADER: COMMAND_KEY_RIGHTS,
        Role.AUDITOR: COMMAND_KEY_RIGHTS,
        Role.CHANGE_AGENT: COMMAND_KEY_RIGHTS,
        Role.UNIT_SERVICE: COMMAND_KEY_RIGHTS,
        Role.SUPERVISOR: (
            *COMMAND_RIGHTS,
            TableRight("evaluation", "INSERT", decided_by_actor("evaluated_by", _line_except_actor)),
            TableRight("delegation", "INSERT", decided_by_actor("decided_by", _appraised_by_actor)),
            TableRight("delegation", "UPDATE", _appraised_by_actor, END_DELEGATION_COLUMNS),
        ),
        Role.HR: (
            *JOB_RIGHTS,
            TableRight("session", "UPDATE", any_row, ("taken",)),
            TableRight("assignment_batch", "INSERT", decided_by_actor("decided_by", scopes.in_units_scan)),
            TableRight("assignment", "INSERT", decided_by_actor("decided_by", scopes.own_or_in_units_scan)),
            TableRight("eligibility", "SELECT", scopes.in_units_scan),
            TableRight("eligibility", "INSERT", scopes.in_units_scan),
            *_move_rights(scopes.in_units_scan),
            TableRight("delegation", "INSERT", decided_by_actor("decided_by", scopes.in_units_scan)),
            TableRight("delegation", "UPDATE", scopes.in_units_scan, END_DELEGATION_COLUMNS),
        ),
        Role.ADMIN: (*JOB_RIGHTS, *_move_rights(any_row)),
        Role.SERVICE: JOB_RIGHTS,
    },
    Role,
)
"""Rights of the commands of each role."""

ROLE_SEQUENCES: Final[Mapping[Role, Sequence[str]]] = ExhaustiveMapping(
    "domain.access.row_security.rights.ROLE_SEQUENCES",
    {
        Role.EMPLOYEE: (),
        Role.SUPERVISOR: ("evaluation_id_seq",),
        Role.HR: (),
        Role.LEADER: (),
        Role.AUDITOR: (),
        Role.ADMIN: (),
        Role.CHANGE_AGENT: (),
        Role.SERVICE: (),
        Role.UNIT_SERVICE: (),
    },
    Role,
)
"""Sequences used directly by a role's commands to draw keys."""

FUNCTION_ROLES: Final[Mapping[str, frozenset[Role | None]]] = {
    "holders_of(bigint, date)": frozenset({*Role, None}),
    "people_named(tsquery)": frozenset({Role.HR, Role.AUDITOR, Role.UNIT_SERVICE}),
    "people_first_named(tsquery, bigint)": frozenset({Role.HR, Role.AUDITOR, Role.UNIT_SERVICE}),
    "follow_people(bigint[], date)": frozenset({Role.HR, Role.ADMIN}),
    "mend_copies()": frozenset(),
}
"""SECURITY DEFINER functions with wider row visibility than their callers, and their callers."""

QUEUE_ROLES: Final = frozenset({Role.HR, Role.ADMIN, Role.SERVICE})
"""Roles with commands that enqueue jobs."""
