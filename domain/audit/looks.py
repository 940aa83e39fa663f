"""Who looked at whom on which day: drawn from the accesses that were sealed."""

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased
from sqlmodel import col

from domain.audit.facts import Looked, Mark, Source
from domain.audit.tables import AccessEntryRow, LookRow
from domain.people.tables import PersonRow
from domain.ports import Db

_XID, _ID = col(AccessEntryRow.xid), col(AccessEntryRow.id)
_ACTOR = aliased(PersonRow, name="actor")


def _mark(xid: str, number: str) -> Any:
    return sa.tuple_(sa.bindparam(xid, type_=sa.BigInteger), sa.bindparam(number, type_=sa.BigInteger))


def _shown(looked: Looked, persons: Any) -> Any:
    """One row for each person that an access of the stretch shows."""
    return sa.select(
        col(AccessEntryRow.at),
        col(AccessEntryRow.principal),
        col(AccessEntryRow.actor_id),
        col(AccessEntryRow.role),
        sa.literal(looked.value, sa.Text).label("looked"),
        sa.func.unnest(persons, type_=sa.BigInteger).label("person_id"),
    ).where(
        sa.tuple_(_XID, _ID) >= _mark("first", "first_number"),
        sa.tuple_(_XID, _ID) <= _mark("last", "last_number"),
    )


_SHOWN = sa.union_all(
    _shown(Looked.RISK, col(AccessEntryRow.risk)), _shown(Looked.RECORD, col(AccessEntryRow.record))
).subquery("shown")
_DAY = sa.cast(sa.func.timezone("Asia/Jakarta", _SHOWN.c.at), sa.Date)
_KEY = (col(PersonRow.id), _DAY, _SHOWN.c.principal, _SHOWN.c.looked)
# Somebody who is not in the register may have looked, or been looked at; the chain holds that, and here it is left.
_LOOKS = (
    sa.select(
        *_KEY,
        sa.func.min(col(PersonRow.unit_path)),
        sa.func.min(col(_ACTOR.id)),
        sa.func.min(_SHOWN.c.role),
        sa.func.min(_SHOWN.c.at),
        sa.func.max(_SHOWN.c.at),
        sa.func.count(),
    )
    .select_from(_SHOWN)
    .join(PersonRow, col(PersonRow.id) == _SHOWN.c.person_id)
    .outerjoin(_ACTOR, col(_ACTOR.id) == _SHOWN.c.actor_id)
    .group_by(*_KEY)
)
_ADDED = insert(LookRow).from_select(
    [
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
    ],
    _LOOKS,
)
_DRAWN: Final = _ADDED.on_conflict_do_update(
    index_elements=["person_id", "seen_on", "principal", "looked"],
    set_={
        "first_at": sa.func.least(col(LookRow.first_at), _ADDED.excluded.first_at),
        "last_at": sa.func.greatest(col(LookRow.last_at), _ADDED.excluded.last_at),
        "times": col(LookRow.times) + _ADDED.excluded.times,
    },
)


async def draw(db: Db, marks: Sequence[Mark]) -> None:
    """Count what the accesses at these marks, which follow one another, showed."""
    accesses = [mark for mark in marks if mark.source is Source.ACCESS]
    if accesses:
        first, last = accesses[0], accesses[-1]
        ends = {"first": first.xid, "first_number": first.number, "last": last.xid, "last_number": last.number}
        await db.execute(_DRAWN, ends)
