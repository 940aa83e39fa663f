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
"""Channel of NOTIFY about new events; the table holds them."""

EVENT_RETENTION: Final = timedelta(days=7)
"""How long events are kept, and with them the cursors naming them."""

_MAX_TRANSACTION_ID: Final = 2**63 - 1


_INSERT_EVENT: Final = sa.insert(EventRow)


def publish_event(db: Db, topic: EventTopic, subject: int, at: datetime) -> None:
    """Publish an event with the commit of the transaction: one event per command."""
    db.execute_deferred(_INSERT_EVENT, {"topic": topic, "subject_id": subject, "at": at})
    db.notify_after_commit(EVENT_CHANNEL)


async def prune_events(db: Db, before: datetime, limit: int = 10_000) -> int:
    """Forget the oldest events of before an instant, at most so many at once; how many those were.

    The oldest in the order in which they are told, so whatever comes after a cursor stands as long as the
    event that it names.
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
    """Forget events of another cluster, that a restored dump brought along; how many those were.

    Transactions are numbered anew there, and events that seem to come from the future would never be told.
    """
    return await db.execute(sa.delete(EventRow).where(col(EventRow.xid) >= store.NEXT_TRANSACTION))
