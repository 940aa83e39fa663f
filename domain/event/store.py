"""What is read about events."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from domain.event.facts import Event, Place, Topic
from domain.event.tables import EventRow
from domain.ports import Db


def _number(of_snapshot: str) -> sa.ColumnElement[int]:
    return sa.literal_column(f"({of_snapshot}(pg_current_snapshot())::text)::bigint", sa.BigInteger)


OLDEST_OPEN = _number("pg_snapshot_xmin")
"""Each transaction below this one has ended."""

NEXT_TRANSACTION = _number("pg_snapshot_xmax")
"""No transaction from this one on has ended."""

_KEY = sa.tuple_(col(EventRow.xid), col(EventRow.id))
_COLUMNS: tuple[Any, ...] = (
    col(EventRow.xid),
    col(EventRow.id),
    col(EventRow.topic),
    col(EventRow.subject_id),
    col(EventRow.at),
)


async def horizon(db: Db) -> Place:
    """The place before all that is still to be told."""
    ((number,),) = await db.fetch(sa.select(OLDEST_OPEN))
    return Place(number, 0)


async def after(db: Db, place: Place, most: int, until: Place | None = None) -> Sequence[Event]:
    """The events after a place that can be told, at most so many, up to and with `until`.

    Told are those of transactions older than every open one: whatever commits later comes after them. So nobody who
    goes on from the last place misses an event or is told one twice.
    """
    asked = sa.select(*_COLUMNS).where(_key(place) < _KEY, col(EventRow.xid) < OLDEST_OPEN)
    if until is not None:
        asked = asked.where(_key(until) >= _KEY)
    found = await db.fetch(asked.order_by(col(EventRow.xid), col(EventRow.id)).limit(most))
    return [Event(Place(xid, number), Topic(topic), subject, at) for xid, number, topic, subject, at in found]


async def waiting(db: Db, place: Place) -> bool:
    """Whether there is any event after a place, also one that cannot be told yet."""
    return await db.first(sa.select(sa.literal(1)).where(sa.exists().where(_key(place) < _KEY))) is not None


async def names_an_event(db: Db, place: Place) -> bool:
    """Whether there is an event at a place; those of long ago are forgotten."""
    wanted = sa.select(sa.literal(1)).where(
        col(EventRow.xid) == place.xid, col(EventRow.id) == place.number, col(EventRow.xid) < NEXT_TRANSACTION
    )
    return await db.first(wanted) is not None


def _key(place: Place) -> Any:
    return sa.tuple_(sa.literal(place.xid, sa.BigInteger), sa.literal(place.number, sa.BigInteger))
