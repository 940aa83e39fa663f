"""Events: told in one order whatever the order of commits, none twice, none left out; forgotten in that order."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.event import commands, store
from domain.event.facts import Event, EventPosition, EventTopic
from domain.event.tables import EventRow
from domain.ports import CommandContext
from kinerja.postgres import database
from tests.conftest import NOW

FAR_POSITION = EventPosition(2**62, 0)


@pytest.fixture
async def empty_events(module_data: database.Database) -> database.Database:
    """A database without events."""
    async with module_data.open_transaction() as db:
        await db.execute(sa.delete(EventRow))
    return module_data


async def read_events(data: database.Database, position: EventPosition, limit: int = 1_000) -> list[Event]:
    async with data.open_transaction() as db:
        return list(await store.load_events_after(db, position, limit))


async def publish_in_transaction(
    data: database.Database, subject: int, topic: EventTopic = EventTopic.JOB_PROGRESSED
) -> None:
    async with data.open_transaction() as db:
        commands.publish_event(db, topic, subject, NOW)


async def test_an_event_keeps_what_happened(empty_events: database.Database) -> None:
    await publish_in_transaction(empty_events, 7, EventTopic.ASSIGNMENT_CHANGED)
    (event,) = await read_events(empty_events, EventPosition(0, 0))
    assert (event.topic, event.subject, event.at) == (EventTopic.ASSIGNMENT_CHANGED, 7, NOW)


async def test_publishing_is_one_statement(act: Callable[..., CommandContext]) -> None:
    made = act()
    db = made.db
    assert isinstance(db, database.Transaction)
    before = db.statement_count
    commands.publish_event(db, EventTopic.JOB_PROGRESSED, 1, NOW)
    await db.flush()
    assert db.statement_count - before == 1
    assert db.channels_after_commit == {commands.EVENT_CHANNEL}


async def test_what_commits_first_waits_for_an_older_transaction(empty_events: database.Database) -> None:
    async with empty_events.open_transaction() as older:
        commands.publish_event(older, EventTopic.JOB_PROGRESSED, 1, NOW)
        await older.flush()
        await publish_in_transaction(empty_events, 2)
        assert await read_events(empty_events, EventPosition(0, 0)) == []
        assert await has_waiting_events(empty_events, EventPosition(0, 0))
    assert [event.subject for event in await read_events(empty_events, EventPosition(0, 0))] == [1, 2]


async def test_a_lower_number_that_commits_last_is_not_passed_by(empty_events: database.Database) -> None:
    async with empty_events.open_transaction() as younger_number:
        await younger_number.fetch_all(sa.select(sa.func.pg_current_xact_id().cast(sa.Text)))
        async with empty_events.open_transaction() as other:
            commands.publish_event(other, EventTopic.JOB_PROGRESSED, 1, NOW)
        commands.publish_event(younger_number, EventTopic.JOB_PROGRESSED, 2, NOW)
    events = await read_events(empty_events, EventPosition(0, 0))
    assert [event.subject for event in events] == [2, 1]
    assert events[0].position.number > events[1].position.number


async def has_waiting_events(data: database.Database, position: EventPosition) -> bool:
    async with data.open_transaction() as db:
        return await store.has_events_after(db, position)


async def test_nothing_waits_behind_the_last_event(empty_events: database.Database) -> None:
    await publish_in_transaction(empty_events, 1)
    (event,) = await read_events(empty_events, EventPosition(0, 0))
    assert await has_waiting_events(empty_events, EventPosition(event.position.xid, event.position.number - 1))
    assert not await has_waiting_events(empty_events, event.position)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["open", "publish", "publish", "commit", "abandon", "read", "read"]), st.integers(0, 2)
    ),
    min_size=12,
    max_size=40,
)


class AbandonedTransaction(Exception):
    """A transaction is given up."""


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_whatever_the_order_of_commits_a_reader_misses_none_and_sees_none_twice(
    empty_events: database.Database, steps: list[tuple[str, int]]
) -> None:
    async with empty_events.open_transaction() as db:
        place = await store.load_event_horizon(db)
    running: dict[int, tuple[AsyncExitStack, database.Transaction, list[int]]] = {}
    committed: set[int] = set()
    read: list[Event] = []
    subject = 0
    for step, which in [*steps, *(("commit", each) for each in range(3)), ("read", 0)]:
        match step:
            case "open" | "publish" if which not in running:
                stack = AsyncExitStack()
                db = await stack.enter_async_context(empty_events.open_transaction())
                await db.fetch_all(sa.select(sa.func.pg_current_xact_id().cast(sa.Text)))
                running[which] = (stack, db, [])
            case "publish" if which in running:
                subject += 1
                commands.publish_event(running[which][1], EventTopic.JOB_PROGRESSED, subject, NOW)
                await running[which][1].flush()
                running[which][2].append(subject)
            case "commit" if which in running:
                stack, _, subjects = running.pop(which)
                await stack.aclose()
                committed |= set(subjects)
            case "abandon" if which in running:
                stack, _, _ = running.pop(which)
                with pytest.raises(AbandonedTransaction):
                    await abandon_transaction(stack)
            case "read":
                new = await read_events(empty_events, place, limit=1 + which)
                read += new
                place = new[-1].position if new else place
            case _:
                pass
    while new := await read_events(empty_events, place):
        read += new
        place = new[-1].position
    subjects_read = [event.subject for event in read]
    assert sorted(subjects_read) == sorted(committed)
    assert [event.position for event in read] == sorted(event.position for event in read)


async def abandon_transaction(stack: AsyncExitStack) -> None:
    async with stack:
        raise AbandonedTransaction


async def test_events_can_end_at_a_position(empty_events: database.Database) -> None:
    for subject in (1, 2, 3):
        await publish_in_transaction(empty_events, subject)
    _, second, _ = await read_events(empty_events, EventPosition(0, 0))
    async with empty_events.open_transaction() as db:
        events = await store.load_events_after(db, EventPosition(0, 0), 10, last=second.position)
    assert [event.subject for event in events] == [1, 2]


async def test_a_place_names_an_event_or_not(empty_events: database.Database) -> None:
    await publish_in_transaction(empty_events, 1)
    (event,) = await read_events(empty_events, EventPosition(0, 0))
    async with empty_events.open_transaction() as db:
        assert await store.event_exists(db, event.position)
        assert not await store.event_exists(db, EventPosition(event.position.xid, event.position.number + 1))
        assert not await store.event_exists(db, FAR_POSITION)


async def test_old_events_are_forgotten_in_bounded_steps(empty_events: database.Database) -> None:
    for age in (9, 8, 8, 1):
        async with empty_events.open_transaction() as db:
            commands.publish_event(db, EventTopic.JOB_PROGRESSED, age, NOW - timedelta(days=age))
    forgotten = []
    for _ in range(3):
        async with empty_events.open_transaction() as db:
            forgotten.append(await commands.prune_events(db, NOW - commands.EVENT_RETENTION, limit=2))
    assert forgotten == [2, 1, 0]
    assert [event.subject for event in await read_events(empty_events, EventPosition(0, 0))] == [1]


async def test_nothing_behind_a_retained_event_is_pruned(empty_events: database.Database) -> None:
    for age in (9, 1, 8):
        async with empty_events.open_transaction() as db:
            commands.publish_event(db, EventTopic.JOB_PROGRESSED, age, NOW - timedelta(days=age))
    async with empty_events.open_transaction() as db:
        assert await commands.prune_events(db, NOW - commands.EVENT_RETENTION) == 1
    assert [event.subject for event in await read_events(empty_events, EventPosition(0, 0))] == [1, 8]


async def test_events_of_another_cluster_are_dropped(empty_events: database.Database) -> None:
    await publish_in_transaction(empty_events, 1)
    async with empty_events.open_transaction() as db:
        await db.execute(
            sa.insert(EventRow)
            .inline()
            .values(xid=FAR_POSITION.xid, id=5, topic=EventTopic.JOB_PROGRESSED, subject_id=2, at=NOW)
        )
    async with empty_events.open_transaction() as db:
        assert await commands.drop_foreign_events(db) == 1
    assert [event.subject for event in await read_events(empty_events, EventPosition(0, 0))] == [1]
    assert not await has_waiting_events(
        empty_events, (await read_events(empty_events, EventPosition(0, 0)))[0].position
    )
