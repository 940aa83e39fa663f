"""The hub: every follower of every process is told the same, once, in one order, whenever he comes."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress

import pytest
import sqlalchemy as sa

from domain.event import commands
from domain.event.facts import Event, Place, Topic
from domain.event.tables import EventRow
from kinerja import database
from kinerja.live import hub as hubs
from tests.conftest import NOW


@pytest.fixture
async def own(module_data: database.Database) -> database.Database:
    """A database without events."""
    async with module_data.write() as db:
        await db.execute(sa.delete(EventRow))
    return module_data


@asynccontextmanager
async def running(url: str, data: database.Database, recent: int = hubs.RECENT) -> AsyncIterator[hubs.Hub]:
    hub = hubs.Hub(url, data, recent)
    following = asyncio.create_task(hub.follow())
    await hub.placed.wait()
    try:
        yield hub
    finally:
        following.cancel()
        await asyncio.wait([following])


async def publish(data: database.Database, *subjects: int) -> None:
    for subject in subjects:
        async with data.write() as db:
            commands.publish(db, Topic.JOB_PROGRESSED, subject, NOW)


def every(_event: Event) -> bool:
    return True


async def take(told: AsyncIterator[Event], count: int) -> list[Event]:
    async with asyncio.timeout(10):
        return [await anext(told) for _ in range(count)]


def subjects(events: list[Event]) -> list[int]:
    return [event.subject for event in events]


async def test_a_follower_is_told_what_happens_from_now_on(module_url: str, own: database.Database) -> None:
    await publish(own, 1)
    async with running(module_url, own) as hub:
        told = hubs.events(hub, every, None)
        first = asyncio.create_task(take(told, 2))
        await asyncio.sleep(0.05)
        await publish(own, 2, 3)
        assert subjects(await first) == [2, 3]


async def test_it_takes_a_moment_only(module_url: str, own: database.Database) -> None:
    async with running(module_url, own) as hub:
        first = asyncio.create_task(take(hubs.events(hub, every, None), 1))
        await asyncio.sleep(0.05)
        await publish(own, 1)
        async with asyncio.timeout(hubs.LOOK_SECONDS / 2):  # by NOTIFY, and not by looking now and then
            await first


async def test_a_follower_is_told_what_he_takes(module_url: str, own: database.Database) -> None:
    async with running(module_url, own) as hub:
        told = asyncio.create_task(take(hubs.events(hub, lambda event: event.subject > 1, None), 1))
        await asyncio.sleep(0.05)
        await publish(own, 1, 2)
        assert subjects(await told) == [2]


async def test_a_cursor_goes_on_after_it(module_url: str, own: database.Database) -> None:
    async with running(module_url, own) as hub:
        told = hubs.events(hub, every, None)
        waiting = asyncio.create_task(take(told, 1))
        await asyncio.sleep(0.05)
        await publish(own, 1, 2, 3)
        (first,) = await waiting
    async with running(module_url, own) as later:  # a process that was not there when they happened
        again = hubs.events(later, every, first.place)
        assert subjects(await take(again, 2)) == [2, 3]
        await publish(own, 4)
        assert subjects(await take(again, 1)) == [4]


async def test_a_cursor_of_a_process_that_is_ahead_is_told_nothing_twice(
    module_url: str, own: database.Database
) -> None:
    async with running(module_url, own) as hub:
        waiting = asyncio.create_task(take(hubs.events(hub, every, None), 2))
        await asyncio.sleep(0.05)
        await publish(own, 1, 2)
        _, second = await waiting
        behind = hubs.Hub(module_url, own)
        behind.placed.set()
        behind.place = Place(second.place.xid - 1, 0)
        told = asyncio.create_task(take(hubs.events(behind, every, second.place), 1))
        await asyncio.sleep(0.05)
        following = asyncio.create_task(behind.follow())
        await publish(own, 3)
        assert subjects(await told) == [3]
        following.cancel()
        await asyncio.wait([following])


async def test_a_cursor_of_an_event_that_is_forgotten_is_refused(module_url: str, own: database.Database) -> None:
    async with running(module_url, own) as hub:
        with pytest.raises(hubs.CursorExpired):
            await anext(hubs.events(hub, every, Place(3, 1)))


async def test_who_falls_too_far_behind_is_let_go(module_url: str, own: database.Database) -> None:
    async with running(module_url, own, recent=3) as hub:
        told = hubs.events(hub, every, None)
        first = asyncio.create_task(take(told, 1))
        await asyncio.sleep(0.05)
        await publish(own, 1)
        await first
        await publish(own, 2, 3, 4, 5, 6)
        while hub.count < 6:
            await hub.news()
        with pytest.raises(hubs.TooSlow):
            await anext(told)


async def test_who_comes_back_is_told_more_than_what_is_in_memory(module_url: str, own: database.Database) -> None:
    async with running(module_url, own, recent=3) as hub:
        first = asyncio.create_task(take(hubs.events(hub, every, None), 1))
        await asyncio.sleep(0.05)
        await publish(own, 1)
        (begun,) = await first
        await publish(own, *range(2, 21))
        while hub.count < 20:
            await hub.news()
        assert subjects(await take(hubs.events(hub, every, begun.place), 19)) == list(range(2, 21))


async def test_a_lost_connection_is_made_anew_and_nothing_is_missed(module_url: str, own: database.Database) -> None:
    async with running(module_url, own) as hub:
        told = hubs.events(hub, every, None)
        first = asyncio.create_task(take(told, 1))
        await asyncio.sleep(0.05)
        await publish(own, 1)
        await first
        listening = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query ~ 'FROM event' AND pid <> pg_backend_pid()"
            " AND application_name = 'kinerja' AND state = 'idle'"
        )
        connection = await database.connect(module_url)
        await connection.execute(listening)
        await connection.close()
        await publish_when_possible(own, 2)
        assert subjects(await take(told, 1)) == [2]


async def publish_when_possible(data: database.Database, subject: int) -> None:
    for _ in range(20):
        with suppress(database.Unavailable):  # connections of the pool were cut too
            return await publish(data, subject)
        await asyncio.sleep(0.05)
    raise AssertionError("the database did not come back")


async def test_followers_go_when_the_process_ends(module_url: str, own: database.Database) -> None:
    async with running(module_url, own) as hub:

        async def follow() -> list[Event]:
            return [event async for event in hubs.events(hub, every, None)]

        following = asyncio.create_task(follow())
        await asyncio.sleep(0.02)
        hub.stop()
        async with asyncio.timeout(1):
            assert await following == []


async def test_two_processes_and_a_restless_follower_are_told_the_same_once_and_in_order(
    module_url: str, own: database.Database
) -> None:
    writers, each = 6, 15
    chance = random.Random(20260701)
    total = sum(1 for kept in kept_ones(writers, each) if kept)
    async with (
        running(module_url, own) as one,
        running(module_url, own) as other,
        database.opened(module_url) as writing,
    ):
        begun = asyncio.create_task(take(hubs.events(one, every, None), 1))
        await asyncio.sleep(0.05)
        await publish(own, -1)
        (start,) = await begun
        steady = [asyncio.create_task(take(hubs.events(hub, every, start.place), total)) for hub in (one, other)]
        restless = asyncio.create_task(come_and_go([one, other], start.place, total, random.Random(5)))
        await asyncio.gather(*(write(writing, number, each, chance) for number in range(writers)))
        told = [*await asyncio.gather(*steady), await restless]
    rows = await own.read_once(
        f"SELECT xid, id FROM {EventRow.__tablename__} WHERE subject_id >= 0 ORDER BY xid, id", []
    )
    places = [Place(*row) for row in rows]
    assert len(places) == total
    assert sorted(places, key=lambda place: place.number) != places  # or this would prove nothing
    for events in told:
        assert [event.place for event in events] == places


def kept_ones(writers: int, each: int) -> Iterator[bool]:
    return (kept(number * 1_000 + turn) for number in range(writers) for turn in range(each))


def kept(subject: int) -> bool:
    return subject % 5 != 0


class Abandoned(Exception):
    """A transaction is given up."""


async def write(data: database.Database, number: int, each: int, chance: random.Random) -> None:
    """Publish in transactions that overlap others, some of them given up."""
    for turn in range(each):
        subject = number * 1_000 + turn
        with suppress(Abandoned):
            async with data.write() as db:
                await db.fetch(sa.select(sa.func.pg_current_xact_id().cast(sa.Text)))
                await asyncio.sleep(chance.random() * 0.02)
                commands.publish(db, Topic.JOB_PROGRESSED, subject, NOW)
                await asyncio.sleep(chance.random() * 0.02)
                if not kept(subject):
                    raise Abandoned


async def come_and_go(hubs_: list[hubs.Hub], place: Place, total: int, chance: random.Random) -> list[Event]:
    """Follow a few events at a time, now from one process, now from the other."""
    found: list[Event] = []
    while len(found) < total:
        told = hubs.events(chance.choice(hubs_), every, place)
        found += await take(told, min(chance.randint(1, 5), total - len(found)))
        await told.aclose()
        place = found[-1].place
    return found
