"""Old events are forgotten, however many."""

from datetime import timedelta

import sqlalchemy as sa

from domain.event import commands, store
from domain.event.facts import Place, Topic
from domain.event.tables import EventRow
from kinerja import clock, database
from kinerja.live import pruning


async def test_what_is_older_than_its_time_is_forgotten_and_nothing_else(module_data: database.Database) -> None:
    now = clock.now()
    async with module_data.write() as db:
        await db.execute(sa.delete(EventRow))
    many = [{"topic": "JOB_PROGRESSED", "subject_id": n, "at": now - timedelta(days=8)} for n in range(12_000)]
    async with module_data.write() as db:
        await db.execute_many(sa.insert(EventRow).inline(), many)
    async with module_data.write() as db:
        commands.publish(db, Topic.JOB_PROGRESSED, 99_999, now - timedelta(days=6))
    assert await pruning.once(module_data) == 12_000
    async with module_data.write() as db:
        assert [event.subject for event in await store.after(db, Place(0, 0), 10)] == [99_999]
