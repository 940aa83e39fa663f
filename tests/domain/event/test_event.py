"""Events: told in one order whatever the order of commits, none twice, none left out; forgotten in that order."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.event import commands, store
from domain.event.facts import Event, Place, Topic
from domain.event.tables import EventRow
from domain.ports import Act
from kinerja import database
from tests.conftest import NOW

FAR = Place(2**62, 0)


@pytest.fixture
async def cleared(module_data: database.Database) -> database.Database:
    """A database without events."""
    async with module_data.write() as db:
        await db.execute(sa.delete(EventRow))
    return module_data


async def told(data: database.Database, place: Place, most: int = 1_000) -> list[Event]:
    async with data.write() as db:
        return list(await store.after(db, place, most))


async def publish(data: database.Database, subject: int, topic: Topic = Topic.JOB_PROGRESSED) -> None:
    async with data.write() as db:
        commands.publish(db, topic, subject, NOW)


async def test_an_event_keeps_what_happened(cleared: database.Database) -> None:
    await publish(cleared, 7, Topic.ASSIGNMENT_CHANGED)
    (event,) = await told(cleared, Place(0, 0))
    assert (event.topic, event.subject, event.at) == (Topic.ASSIGNMENT_CHANGED, 7, NOW)


async def test_publishing_is_one_statement(act: Callable[..., Act]) -> None:
    made = act()
    db = made.db
    assert isinstance(db, database.Transaction)
    before = db.count
    commands.publish(db, Topic.JOB_PROGRESSED, 1, NOW)
    await db.settle()
    assert db.count - before == 1
    assert db.announced == {commands.CHANNEL}


async def test_what_commits_first_waits_for_an_older_transaction(cleared: database.Database) -> None:
    async with cleared.write() as older:
        commands.publish(older, Topic.JOB_PROGRESSED, 1, NOW)
        await older.settle()
        await publish(cleared, 2)
        assert await told(cleared, Place(0, 0)) == []
        assert await waits(cleared, Place(0, 0))
    assert [event.subject for event in await told(cleared, Place(0, 0))] == [1, 2]


async def test_a_lower_number_that_commits_last_is_not_passed_by(cleared: database.Database) -> None:
    async with cleared.write() as younger_number:
        await younger_number.fetch(sa.select(sa.func.pg_current_xact_id().cast(sa.Text)))
        async with cleared.write() as other:
            commands.publish(other, Topic.JOB_PROGRESSED, 1, NOW)
        commands.publish(younger_number, Topic.JOB_PROGRESSED, 2, NOW)
    events = await told(cleared, Place(0, 0))
    assert [event.subject for event in events] == [2, 1]
    assert events[0].place.number > events[1].place.number


async def waits(data: database.Database, place: Place) -> bool:
    async with data.write() as db:
        return await store.waiting(db, place)


async def test_nothing_waits_behind_the_last_event(cleared: database.Database) -> None:
    await publish(cleared, 1)
    (event,) = await told(cleared, Place(0, 0))
    assert await waits(cleared, Place(event.place.xid, event.place.number - 1))
    assert not await waits(cleared, event.place)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["open", "publish", "publish", "commit", "abandon", "read", "read"]), st.integers(0, 2)
    ),
    min_size=12,
    max_size=40,
)


class Abandoned(Exception):
    """A transaction is given up."""


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_whatever_the_order_of_commits_a_reader_misses_none_and_sees_none_twice(
    cleared: database.Database, steps: list[tuple[str, int]]
) -> None:
    async with cleared.write() as db:
        place = await store.horizon(db)
    running: dict[int, tuple[AsyncExitStack, database.Transaction, list[int]]] = {}
    committed: set[int] = set()
    read: list[Event] = []
    subject = 0
    for step, which in [*steps, *(("commit", each) for each in range(3)), ("read", 0)]:
        match step:
            case "open" | "publish" if which not in running:
                stack = AsyncExitStack()
                db = await stack.enter_async_context(cleared.write())
                await db.fetch(sa.select(sa.func.pg_current_xact_id().cast(sa.Text)))
                running[which] = (stack, db, [])
            case "publish" if which in running:
                subject += 1
                commands.publish(running[which][1], Topic.JOB_PROGRESSED, subject, NOW)
                await running[which][1].settle()
                running[which][2].append(subject)
            case "commit" if which in running:
                stack, _, subjects = running.pop(which)
                await stack.aclose()
                committed |= set(subjects)
            case "abandon" if which in running:
                stack, _, _ = running.pop(which)
                with pytest.raises(Abandoned):
                    await abandon(stack)
            case "read":
                new = await told(cleared, place, most=1 + which)
                read += new
                place = new[-1].place if new else place
            case _:
                pass
    while new := await told(cleared, place):
        read += new
        place = new[-1].place
    subjects_read = [event.subject for event in read]
    assert sorted(subjects_read) == sorted(committed)
    assert [event.place for event in read] == sorted(event.place for event in read)


async def abandon(stack: AsyncExitStack) -> None:
    async with stack:
        raise Abandoned


async def test_what_is_asked_for_can_end_at_a_place(cleared: database.Database) -> None:
    for subject in (1, 2, 3):
        await publish(cleared, subject)
    _, second, _ = await told(cleared, Place(0, 0))
    async with cleared.write() as db:
        events = await store.after(db, Place(0, 0), 10, until=second.place)
    assert [event.subject for event in events] == [1, 2]


async def test_a_place_names_an_event_or_not(cleared: database.Database) -> None:
    await publish(cleared, 1)
    (event,) = await told(cleared, Place(0, 0))
    async with cleared.write() as db:
        assert await store.names_an_event(db, event.place)
        assert not await store.names_an_event(db, Place(event.place.xid, event.place.number + 1))
        assert not await store.names_an_event(db, FAR)


async def test_old_events_are_forgotten_in_bounded_steps(cleared: database.Database) -> None:
    for age in (9, 8, 8, 1):
        async with cleared.write() as db:
            commands.publish(db, Topic.JOB_PROGRESSED, age, NOW - timedelta(days=age))
    forgotten = []
    for _ in range(3):
        async with cleared.write() as db:
            forgotten.append(await commands.prune(db, NOW - commands.KEPT, most=2))
    assert forgotten == [2, 1, 0]
    assert [event.subject for event in await told(cleared, Place(0, 0))] == [1]


async def test_nothing_behind_an_event_that_is_kept_is_forgotten(cleared: database.Database) -> None:
    for age in (9, 1, 8):
        async with cleared.write() as db:
            commands.publish(db, Topic.JOB_PROGRESSED, age, NOW - timedelta(days=age))
    async with cleared.write() as db:
        assert await commands.prune(db, NOW - commands.KEPT) == 1
    assert [event.subject for event in await told(cleared, Place(0, 0))] == [1, 8]


async def test_events_of_another_cluster_are_dropped(cleared: database.Database) -> None:
    await publish(cleared, 1)
    async with cleared.write() as db:
        await db.execute(
            sa.insert(EventRow).inline().values(xid=FAR.xid, id=5, topic=Topic.JOB_PROGRESSED, subject_id=2, at=NOW)
        )
    async with cleared.write() as db:
        assert await commands.drop_foreign(db) == 1
    assert [event.subject for event in await told(cleared, Place(0, 0))] == [1]
    assert not await waits(cleared, (await told(cleared, Place(0, 0)))[0].place)
