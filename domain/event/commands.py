"""Commands on events: publish and prune."""

from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlmodel import col

from domain.event import store
from domain.event.facts import EventTopic
from domain.event.tables import EventRow
from domain.ports import Db

EVENT_CHANNEL: Final = "event"
"""NOTIFY channel of new events; the table holds the events."""

EVENT_RETENTION: Final = timedelta(days=7)
"""Retention of events, and with them of subscription cursors."""

_MAX_TRANSACTION_ID: Final = 2**63 - 1


_INSERT_EVENT: Final = sa.insert(EventRow)


def publish_event(db: Db, topic: EventTopic, subject: int, at: datetime) -> None:
    """Publish an event with the commit of the transaction: one event per command."""
    db.execute_deferred(_INSERT_EVENT, {"topic": topic, "subject_id": subject, "at": at})
    db.notify_after_commit(EVENT_CHANNEL)


async def prune_events(db: Db, before: datetime, limit: int = 10_000) -> int:
    """Delete at most `limit` events older than an instant; returns their number.

    Events are deleted in the order of delivery, so all events after a cursor remain as long as the cursor's own
    event.
    """
    xid, number = col(EventRow.xid), col(EventRow.id)
    oldest = sa.select(xid, number, col(EventRow.at)).order_by(xid, number).limit(limit).cte("oldest")
    first_kept = sa.select(sa.func.min(oldest.c.xid)).where(oldest.c.at >= before).scalar_subquery()
    return await db.execute(
        sa.delete(EventRow).where(
            xid == oldest.c.xid,
            number == oldest.c.id,
            oldest.c.xid < sa.func.coalesce(first_kept, _MAX_TRANSACTION_ID),
        )
    )


async def drop_foreign_events(db: Db) -> int:
    """Delete events of another cluster after restoring a dump; returns their number.

    The cluster numbers its transactions anew, and events with future transaction ids would never be delivered.
    """
    return await db.execute(sa.delete(EventRow).where(col(EventRow.xid) >= store.NEXT_TRANSACTION))
