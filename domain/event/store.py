"""Queries about events and their delivery horizon."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from domain.event.facts import Event, EventPosition, EventTopic
from domain.event.tables import EventRow
from domain.ports import Db


def _snapshot_number(of_snapshot: str) -> sa.ColumnElement[int]:
    return sa.literal_column(f"({of_snapshot}(pg_current_snapshot())::text)::bigint", sa.BigInteger)


OLDEST_OPEN_TRANSACTION = _snapshot_number("pg_snapshot_xmin")
"""The oldest open transaction: every transaction below has ended."""

NEXT_TRANSACTION = _snapshot_number("pg_snapshot_xmax")
"""The next transaction id: no transaction from here on has ended."""

_EVENT_POSITION = sa.tuple_(col(EventRow.xid), col(EventRow.id))
_EVENT_COLUMNS: tuple[Any, ...] = (
    col(EventRow.xid),
    col(EventRow.id),
    col(EventRow.topic),
    col(EventRow.subject_id),
    col(EventRow.at),
)


async def load_event_horizon(db: Db) -> EventPosition:
    """The position before all undelivered events."""
    ((number,),) = await db.fetch_all(sa.select(OLDEST_OPEN_TRANSACTION))
    return EventPosition(number, 0)


async def load_events_after(
    db: Db, position: EventPosition, limit: int, last: EventPosition | None = None
) -> Sequence[Event]:
    """The deliverable events after a position, at most `limit`, up to and including `last`.

    Deliverable events belong to transactions older than every open one: any later commit comes after them. A
    subscriber resuming from the last position therefore misses no event and receives none twice.
    """
    asked = sa.select(*_EVENT_COLUMNS).where(
        _position_tuple(position) < _EVENT_POSITION, col(EventRow.xid) < OLDEST_OPEN_TRANSACTION
    )
    if last is not None:
        asked = asked.where(_position_tuple(last) >= _EVENT_POSITION)
    found = await db.fetch_all(asked.order_by(col(EventRow.xid), col(EventRow.id)).limit(limit))
    return [
        Event(EventPosition(xid, number), EventTopic(topic), subject, at) for xid, number, topic, subject, at in found
    ]


async def has_events_after(db: Db, position: EventPosition) -> bool:
    """True if any event follows a position, deliverable or not."""
    return (
        await db.fetch_one(
            sa.select(sa.literal(1)).where(sa.exists().where(_position_tuple(position) < _EVENT_POSITION))
        )
        is not None
    )


async def event_exists(db: Db, position: EventPosition) -> bool:
    """True if an event exists at a position; old events are deleted after a while."""
    wanted = sa.select(sa.literal(1)).where(
        col(EventRow.xid) == position.xid, col(EventRow.id) == position.number, col(EventRow.xid) < NEXT_TRANSACTION
    )
    return await db.fetch_one(wanted) is not None


def _position_tuple(position: EventPosition) -> Any:
    return sa.tuple_(sa.literal(position.xid, sa.BigInteger), sa.literal(position.number, sa.BigInteger))
