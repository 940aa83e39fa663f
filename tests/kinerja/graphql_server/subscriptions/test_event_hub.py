"""The hub: every follower of every process is told the same, once, in one order, whenever they come."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress

import pytest
import sqlalchemy as sa

from domain.event import commands
from domain.event.facts import Event, EventPosition, EventTopic
from domain.event.tables import EventRow
from kinerja.graphql_server.subscriptions import event_hub as hubs
from kinerja.postgres import database
from tests.conftest import NOW


@pytest.fixture
async def own(module_data: database.Database) -> database.Database:
    """A database without events."""
    async with module_data.open_transaction() as db:
        await db.execute(sa.delete(EventRow))
    return module_data


@asynccontextmanager
async def running(
    url: str, data: database.Database, recent: int = hubs.RECENT_EVENTS
) -> AsyncIterator[hubs.EventHub]:
    hub = hubs.EventHub(url, data, recent)
    following = asyncio.create_task(hub.follow_events())
    await hub.positioned.wait()
    try:
        yield hub
    finally:
        following.cancel()
        await asyncio.wait([following])


async def publish(data: database.Database, *subjects: int) -> None:
    for subject in subjects:
        async with data.open_transaction() as db:
            commands.publish_event(db, EventTopic.JOB_PROGRESSED, subject, NOW)


def accept_all(_event: Event) -> bool:
    return True


async def take_events(told: AsyncIterator[Event], count: int) -> list[Event]:
    async with asyncio.timeout(10):
        return [await anext(told) for _ in range(count)]


def subjects(events: list[Event]) -> list[int]:
    return [event.subject for event in events]


async def test_a_follower_is_told_what_happens_from_now_on(module_url: str, own: database.Database) -> None:
    await publish(own, 1)
    async with running(module_url, own) as hub:
        told = hubs.stream_events(hub, accept_all, None)
        first = asyncio.create_task(take_events(told, 2))
        await asyncio.sleep(0.05)
        await publish(own, 2, 3)
        assert subjects(await first) == [2, 3]


async def test_it_takes_a_moment_only(module_url: str, own: database.Database) -> None:
    async with running(module_url, own) as hub:
        first = asyncio.create_task(take_events(hubs.stream_events(hub, accept_all, None), 1))
        await asyncio.sleep(0.05)
        await publish(own, 1)
        async with asyncio.timeout(hubs.POLL_SECONDS / 2):  # by NOTIFY, and not by looking now and then
            await first


async def test_a_follower_is_told_what_he_takes(module_url: str, own: database.Database) -> None:
    async with running(module_url, own) as hub:
        told = asyncio.create_task(take_events(hubs.stream_events(hub, lambda event: event.subject > 1, None), 1))
        await asyncio.sleep(0.05)
        await publish(own, 1, 2)
        assert subjects(await told) == [2]


async def test_a_cursor_goes_on_after_it(module_url: str, own: database.Database) -> None:
    async with running(module_url, own) as hub:
        told = hubs.stream_events(hub, accept_all, None)
        waiting = asyncio.create_task(take_events(told, 1))
        await asyncio.sleep(0.05)
        await publish(own, 1, 2, 3)
        (first,) = await waiting
    async with running(module_url, own) as later:  # a process that was not there when they happened
        again = hubs.stream_events(later, accept_all, first.position)
        assert subjects(await take_events(again, 2)) == [2, 3]
        await publish(own, 4)
        assert subjects(await take_events(again, 1)) == [4]


async def test_a_cursor_of_a_process_that_is_ahead_is_told_nothing_twice(
    module_url: str, own: database.Database
) -> None:
    async with running(module_url, own) as hub:
        waiting = asyncio.create_task(take_events(hubs.stream_events(hub, accept_all, None), 2))
        await asyncio.sleep(0.05)
        await publish(own, 1, 2)
        _, second = await waiting
        behind = hubs.EventHub(module_url, own)
        behind.positioned.set()
        behind.position = EventPosition(second.position.xid - 1, 0)
        told = asyncio.create_task(take_events(hubs.stream_events(behind, accept_all, second.position), 1))
        await asyncio.sleep(0.05)
        following = asyncio.create_task(behind.follow_events())
        await publish(own, 3)
        assert subjects(await told) == [3]
        following.cancel()
        await asyncio.wait([following])


async def test_a_cursor_of_an_event_that_is_forgotten_is_refused(module_url: str, own: database.Database) -> None:
    async with running(module_url, own) as hub:
        with pytest.raises(hubs.CursorExpired):
            await anext(hubs.stream_events(hub, accept_all, EventPosition(3, 1)))


async def test_who_falls_too_far_behind_is_let_go(module_url: str, own: database.Database) -> None:
    async with running(module_url, own, recent=3) as hub:
        told = hubs.stream_events(hub, accept_all, None)
        first = asyncio.create_task(take_events(told, 1))
        await asyncio.sleep(0.05)
        await publish(own, 1)
        await first
        await publish(own, 2, 3, 4, 5, 6)
        while hub.event_count < 6:
            await hub.wait_for_events()
        with pytest.raises(hubs.ConsumerLagged):
            await anext(told)


async def test_who_comes_back_is_told_more_than_what_is_in_memory(module_url: str, own: database.Database) -> None:
    async with running(module_url, own, recent=3) as hub:
        first = asyncio.create_task(take_events(hubs.stream_events(hub, accept_all, None), 1))
        await asyncio.sleep(0.05)
        await publish(own, 1)
        (begun,) = await first
        await publish(own, *range(2, 21))
        while hub.event_count < 20:
            await hub.wait_for_events()
        assert subjects(await take_events(hubs.stream_events(hub, accept_all, begun.position), 19)) == list(
            range(2, 21)
        )


async def test_a_lost_connection_is_made_anew_and_nothing_is_missed(module_url: str, own: database.Database) -> None:
    async with running(module_url, own) as hub:
        told = hubs.stream_events(hub, accept_all, None)
        first = asyncio.create_task(take_events(told, 1))
        await asyncio.sleep(0.05)
        await publish(own, 1)
        await first
        listening = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query ~ 'FROM event' AND pid <> pg_backend_pid()"
            " AND application_name = 'kinerja' AND state = 'idle'"
        )
        connection = await database.connect_unpooled(module_url)
        await connection.execute(listening)
        await connection.close()
        await publish_when_possible(own, 2)
        assert subjects(await take_events(told, 1)) == [2]


async def publish_when_possible(data: database.Database, subject: int) -> None:
    for _ in range(20):
        with suppress(database.DatabaseUnavailable):  # connections of the pool were cut too
            return await publish(data, subject)
        await asyncio.sleep(0.05)
    raise AssertionError("the database did not come back")


async def test_followers_go_when_the_process_ends(module_url: str, own: database.Database) -> None:
    async with running(module_url, own) as hub:

        async def follow() -> list[Event]:
            return [event async for event in hubs.stream_events(hub, accept_all, None)]

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
    total = sum(1 for kept in committed_numbers(writers, each) if kept)
    async with (
        running(module_url, own) as one,
        running(module_url, own) as other,
        database.open_database(module_url) as writing,
    ):
        begun = asyncio.create_task(take_events(hubs.stream_events(one, accept_all, None), 1))
        await asyncio.sleep(0.05)
        await publish(own, -1)
        (start,) = await begun
        steady = [
            asyncio.create_task(take_events(hubs.stream_events(hub, accept_all, start.position), total))
            for hub in (one, other)
        ]
        restless = asyncio.create_task(follow_in_turns([one, other], start.position, total, random.Random(5)))
        await asyncio.gather(*(publish_concurrently(writing, number, each, chance) for number in range(writers)))
        told = [*await asyncio.gather(*steady), await restless]
    rows = await own.fetch_without_snapshot(
        f"SELECT xid, id FROM {EventRow.__tablename__} WHERE subject_id >= 0 ORDER BY xid, id", []
    )
    places = [EventPosition(*row) for row in rows]
    assert len(places) == total
    assert sorted(places, key=lambda place: place.number) != places  # or this would prove nothing
    for events in told:
        assert [event.position for event in events] == places


def committed_numbers(writers: int, each: int) -> Iterator[bool]:
    return (is_committed(number * 1_000 + turn) for number in range(writers) for turn in range(each))


def is_committed(subject: int) -> bool:
    return subject % 5 != 0


class SubscriptionAbandoned(Exception):
    """A transaction is given up."""


async def publish_concurrently(data: database.Database, number: int, each: int, chance: random.Random) -> None:
    """Publish in transactions that overlap others, some of them given up."""
    for turn in range(each):
        subject = number * 1_000 + turn
        with suppress(SubscriptionAbandoned):
            async with data.open_transaction() as db:
                await db.fetch_all(sa.select(sa.func.pg_current_xact_id().cast(sa.Text)))
                await asyncio.sleep(chance.random() * 0.02)
                commands.publish_event(db, EventTopic.JOB_PROGRESSED, subject, NOW)
                await asyncio.sleep(chance.random() * 0.02)
                if not is_committed(subject):
                    raise SubscriptionAbandoned


async def follow_in_turns(
    hubs_: list[hubs.EventHub], place: EventPosition, total: int, chance: random.Random
) -> list[Event]:
    """Follow a few events at a time, now from one process, now from the other."""
    found: list[Event] = []
    while len(found) < total:
        told = hubs.stream_events(chance.choice(hubs_), accept_all, place)
        found += await take_events(told, min(chance.randint(1, 5), total - len(found)))
        await told.aclose()
        place = found[-1].position
    return found
