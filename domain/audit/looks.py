"""Who looked at whom on which day: drawn from the accesses that were sealed, and from what was done to a record.

Whom the audit trail names no access names too, so both are read.
"""

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased
from sqlmodel import col

from domain.audit.facts import Looked, Mark, Source
from domain.audit.tables import AccessEntryRow, LookRow
from domain.journal.tables import AuditEntryRow
from domain.people.tables import PersonRow
from domain.ports import Db

_ACTOR = aliased(PersonRow, name="actor")


def _mark(xid: str, number: str) -> sa.Tuple:
    return sa.tuple_(sa.bindparam(xid, type_=sa.BigInteger), sa.bindparam(number, type_=sa.BigInteger))


def _between(xid: Any, number: Any) -> sa.ColumnElement[bool]:
    """The rows of a stretch."""
    place: sa.ColumnElement[Any] = sa.tuple_(xid, number)
    return (place >= _mark("first", "first_number")) & (place <= _mark("last", "last_number"))


def _shown(looked: Looked, persons: Any) -> sa.Select[*tuple[Any, ...]]:
    """One row for each person that an access of the stretch shows."""
    return sa.select(
        col(AccessEntryRow.at),
        col(AccessEntryRow.principal),
        col(AccessEntryRow.actor_id),
        col(AccessEntryRow.role),
        sa.literal(looked.value, sa.Text).label("looked"),
        sa.func.unnest(persons, type_=sa.BigInteger).label("person_id"),
    ).where(_between(col(AccessEntryRow.xid), col(AccessEntryRow.id)))


def _changed() -> sa.Select[*tuple[Any, ...]]:
    """One row for each entry of the stretch that tells what somebody did to another's record; an account is none."""
    return sa.select(
        col(AuditEntryRow.at),
        col(AuditEntryRow.principal),
        col(AuditEntryRow.actor_id),
        sa.func.split_part(col(AuditEntryRow.principal), ":", 1).label("role"),
        sa.literal(Looked.RECORD.value, sa.Text).label("looked"),
        col(AuditEntryRow.person_id),
    ).where(
        _between(col(AuditEntryRow.xid), col(AuditEntryRow.id)),
        col(AuditEntryRow.person_id) != col(AuditEntryRow.actor_id),
        col(AuditEntryRow.action).not_like("account.%"),
    )


def _drawn(shown: sa.Subquery) -> sa.Insert:
    day = sa.cast(sa.func.timezone("Asia/Jakarta", shown.c.at), sa.Date)
    key = (col(PersonRow.id), day, shown.c.principal, shown.c.looked)
    # Who is not in the register may have looked, or been looked at: the chain holds that, and he is left here.
    found = (
        sa.select(
            *key,
            sa.func.min(col(PersonRow.unit_path)),
            sa.func.min(col(_ACTOR.id)),
            sa.func.min(shown.c.role),
            sa.func.min(shown.c.at),
            sa.func.max(shown.c.at),
            sa.func.count(),
        )
        .select_from(shown)
        .join(PersonRow, col(PersonRow.id) == shown.c.person_id)
        .outerjoin(_ACTOR, col(_ACTOR.id) == shown.c.actor_id)
        .group_by(*key)
    )
    added = insert(LookRow).from_select(_COLUMNS, found)
    return added.on_conflict_do_update(
        index_elements=["person_id", "seen_on", "principal", "looked"],
        set_={
            "first_at": sa.func.least(col(LookRow.first_at), added.excluded.first_at),
            "last_at": sa.func.greatest(col(LookRow.last_at), added.excluded.last_at),
            "times": col(LookRow.times) + added.excluded.times,
        },
    )


_COLUMNS: Final = (
    "person_id",
    "seen_on",
    "principal",
    "looked",
    "unit_path",
    "actor_id",
    "role",
    "first_at",
    "last_at",
    "times",
)
_ACCESSES = sa.union_all(
    _shown(Looked.RISK, col(AccessEntryRow.risk)), _shown(Looked.RECORD, col(AccessEntryRow.record))
)
_DRAWN: Final = {
    Source.ACCESS: _drawn(_ACCESSES.subquery("shown")),
    Source.AUDIT: _drawn(_changed().subquery("changed")),
}


async def draw(db: Db, marks: Sequence[Mark]) -> None:
    """Count what the rows at these marks, which follow one another, tell of whom."""
    for source, drawn in _DRAWN.items():
        among = [mark for mark in marks if mark.source is source]
        if among:
            first, last = among[0], among[-1]
            ends = {"first": first.xid, "first_number": first.number, "last": last.xid, "last_number": last.number}
            await db.execute(drawn, ends)
