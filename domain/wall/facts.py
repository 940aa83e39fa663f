"""What the commands of each role write, and what they read beyond what is shown: the logins' rights beside SELECT."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from domain import scope
from domain.actor import Role
from domain.scope import Predicate

NAME: Final = sa.bindparam("actor_principal", type_=sa.Text)


@dataclass(frozen=True, slots=True)
class Right:
    """A right to the rows of a table for which `rows` holds.

    `verb` is `SELECT`, `INSERT` or `UPDATE`; `columns` are those that may be changed, all where there are none.
    """

    table: str
    verb: str
    rows: Predicate
    columns: Sequence[str] = ()


def anything(_table: sa.Table) -> ColumnElement[bool]:
    """All rows."""
    return sa.true()


def in_my_name(table: sa.Table) -> ColumnElement[bool]:
    """Rows that say that the actor wrote them."""
    return table.c.principal == NAME


def my_decision(column: str, rows: Predicate) -> Predicate:
    """Those rows that the actor decides."""

    def decided(table: sa.Table) -> ColumnElement[bool]:
        return rows(table) & (table.c[column] == scope.ME)

    return decided


def _asked_by_me(table: sa.Table) -> ColumnElement[bool]:
    return table.c.requested_by.is_not_distinct_from(scope.ME)


KEYS: Final = (
    Right("command_key", "SELECT", in_my_name),
    Right("command_key", "INSERT", in_my_name),
    Right("command_key", "UPDATE", in_my_name, ("result_id",)),
)
"""What whoever asks for a command writes, even where he is refused: the key is claimed first."""

COMMAND: Final = (
    *KEYS,
    Right("audit_entry", "INSERT", in_my_name),
    Right("event", "INSERT", anything),
)
"""What every command writes."""

JOB: Final = (*COMMAND, Right("job", "INSERT", _asked_by_me))
"""What a request for long work writes."""


def _my_line(table: sa.Table) -> ColumnElement[bool]:
    return table.c.appraiser_id == scope.ME


def _others_of_my_line(table: sa.Table) -> ColumnElement[bool]:
    return (table.c.appraiser_id == sa.any_(scope.LINE)) & (table.c.person_id != scope.ME)


ENDED: Final = ("ended_by", "ended_at", "version")
"""What is changed of a delegation that is ended early."""


def _moves(rows: Predicate) -> tuple[Right, ...]:
    """What is written to give people of some rows another post or appraiser; their own rows follow by a function."""
    return (
        Right("appraiser_line", "INSERT", rows),
        Right("appraiser_line", "UPDATE", rows, ("ends_on",)),
        Right("incumbency", "INSERT", rows),
        Right("incumbency", "UPDATE", rows, ("ends_on",)),
    )


RIGHTS: Final[Mapping[Role, Sequence[Right]]] = {
    Role.EMPLOYEE: KEYS,
    Role.LEADER: KEYS,
    Role.AUDITOR: KEYS,
    Role.CHANGE_AGENT: KEYS,
    Role.UNIT_SERVICE: KEYS,
    Role.SUPERVISOR: (
        *COMMAND,
        Right("evaluation", "INSERT", my_decision("evaluated_by", _others_of_my_line)),
        Right("delegation", "INSERT", my_decision("decided_by", _my_line)),
        Right("delegation", "UPDATE", _my_line, ENDED),
    ),
    Role.HR: (
        *JOB,
        Right("session", "UPDATE", anything, ("taken",)),
        Right("assignment_batch", "INSERT", my_decision("decided_by", scope.all_below)),
        Right("assignment", "INSERT", my_decision("decided_by", scope.all_units)),
        Right("eligibility", "SELECT", scope.all_below),
        Right("eligibility", "INSERT", scope.all_below),
        *_moves(scope.all_below),
        Right("delegation", "INSERT", my_decision("decided_by", scope.all_below)),
        Right("delegation", "UPDATE", scope.all_below, ENDED),
    ),
    Role.ADMIN: (*JOB, *_moves(anything)),
    Role.SERVICE: JOB,
}
"""What the commands that a role may give write."""

SEQUENCES: Final[Mapping[Role, Sequence[str]]] = {Role.SUPERVISOR: ("evaluation_id_seq",)}
"""Sequences whose next number a command of the role takes by itself."""

FUNCTIONS: Final[Mapping[str, frozenset[Role | None]]] = {
    "holders_of(bigint, date)": frozenset({*Role, None}),
    "people_named(tsquery)": frozenset({Role.HR, Role.AUDITOR, Role.UNIT_SERVICE}),
    "people_first_named(tsquery, bigint)": frozenset({Role.HR, Role.AUDITOR, Role.UNIT_SERVICE}),
    "follow_people(bigint[], date)": frozenset({Role.HR, Role.ADMIN}),
    "mend_copies()": frozenset(),
}
"""Functions that see more than their callers do, and who may call them."""

QUEUE: Final = frozenset({Role.HR, Role.ADMIN, Role.SERVICE})
"""Roles whose commands put jobs on the queue."""
