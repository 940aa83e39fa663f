"""Changes that are sent together: as one statement, before whatever comes next, with the errors of each."""

from datetime import UTC, date, datetime

import asyncpg
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from domain.business_date.tables import BusinessDateRow
from domain.event.facts import EventTopic
from domain.event.tables import EventRow
from domain.refusals import Conflict, NotFound
from kinerja.postgres import database

AT = datetime(2026, 7, 1, tzinfo=UTC)
DAY = date(2026, 7, 1)

EVENT = sa.insert(EventRow)
SET = sa.insert(BusinessDateRow)
SET_UNLESS_THERE = insert(BusinessDateRow).on_conflict_do_nothing()
MOVED = sa.update(BusinessDateRow).where(col(BusinessDateRow.id) == sa.bindparam("number")).values(today=DAY)
REMOVED = sa.delete(BusinessDateRow).where(col(BusinessDateRow.id) == sa.bindparam("number"))
SUBJECTS = sa.select(col(EventRow.subject_id)).order_by(col(EventRow.subject_id))


def publish_deferred_event(db: database.Transaction, subject: int, otherwise: Exception | None = None) -> None:
    db.execute_deferred(EVENT, {"topic": EventTopic.JOB_PROGRESSED, "subject_id": subject, "at": AT}, otherwise)


async def subjects(data: database.Database) -> list[int]:
    return [
        row[0] for row in await data.fetch_without_snapshot("SELECT subject_id FROM event ORDER BY subject_id", [])
    ]


async def test_what_waits_costs_nothing_until_it_is_sent_as_one_statement(db: database.Transaction) -> None:
    publish_deferred_event(db, 1)
    publish_deferred_event(db, 2)
    db.execute_deferred(SET, {"id": 1, "today": DAY})
    assert db.statement_count == 0
    await db.flush()
    assert db.statement_count == 1
    assert await db.fetch_all(SUBJECTS, {}) == [(1,), (2,)]
    assert await db.fetch_all(sa.select(col(BusinessDateRow.today))) == [(DAY,)]


async def test_nothing_that_waits_is_no_statement(db: database.Transaction) -> None:
    await db.flush()
    assert db.statement_count == 0


@pytest.mark.parametrize("how", ["fetch", "first", "execute", "read", "stream", "copy", "execute_many", "notify"])
async def test_whatever_comes_next_sees_what_waited(db: database.Transaction, how: str) -> None:
    publish_deferred_event(db, 5)
    match how:
        case "fetch":
            assert await db.fetch_all(SUBJECTS) == [(5,)]
        case "first":
            assert await db.fetch_one(SUBJECTS, {}) == (5,)
        case "execute":
            assert await db.execute(sa.update(EventRow).values(subject_id=6)) == 1
        case "read":
            assert [tuple(row) for row in await db.fetch_rows("SELECT subject_id FROM event", [])] == [(5,)]
        case "stream":
            assert [row async for rows in db.stream(SUBJECTS) for row in rows] == [(5,)]
        case "copy":
            assert await db.copy("business_date", ["id", "today"], [(1, DAY)]) == 1
        case "execute_many":
            await db.execute_many(SET, [{"id": 1, "today": DAY}])
        case _:
            await db.notify("news", "")
    assert db.statement_count == 2


async def test_what_waits_commits_with_its_block(own: database.Database) -> None:
    async with own.open_transaction() as db:
        publish_deferred_event(db, 3)
    assert db.statement_count == 1
    assert await subjects(own) == [3]


async def wait_and_raise(data: database.Database) -> None:
    async with data.open_transaction() as db:
        publish_deferred_event(db, 3)
        raise LookupError


async def test_what_waits_goes_with_a_block_that_raises(own: database.Database) -> None:
    with pytest.raises(LookupError):
        await wait_and_raise(own)
    assert await subjects(own) == []


async def test_a_change_that_touches_nothing_raises_what_it_says(own: database.Database) -> None:
    async with own.open_transaction() as db:
        await db.execute(SET, {"id": 1, "today": DAY})
    with pytest.raises(NotFound, match="Somebody was first"):
        await set_after(own, NotFound("Somebody was first"))
    assert await subjects(own) == []


async def set_after(data: database.Database, otherwise: Exception) -> None:
    async with data.open_transaction() as db:
        publish_deferred_event(db, 1)
        publish_deferred_event(db, 2, otherwise=LookupError("an event is always written"))
        db.execute_deferred(SET_UNLESS_THERE, {"id": 1, "today": DAY}, otherwise)


@pytest.mark.parametrize("statement", [MOVED, REMOVED])
async def test_changes_and_removals_of_nothing_are_told_too(db: database.Transaction, statement: sa.Update) -> None:
    await db.execute(SET, {"id": 1, "today": DAY})
    db.execute_deferred(statement, {"number": 1}, on_conflict_error=LookupError("there is one"))
    await db.flush()
    db.execute_deferred(statement, {"number": 2}, on_conflict_error=LookupError("there is none"))
    publish_deferred_event(db, 1)
    with pytest.raises(LookupError, match="there is none"):
        await db.flush()


async def test_what_nobody_minds_may_touch_nothing(db: database.Transaction) -> None:
    db.execute_deferred(MOVED, {"number": 1})
    publish_deferred_event(db, 1, otherwise=LookupError("an event is always written"))
    await db.flush()
    assert await db.fetch_all(SUBJECTS, {}) == [(1,)]


async def set_twice_later(data: database.Database) -> None:
    async with data.open_transaction() as db:
        db.execute_deferred(SET, {"id": 1, "today": DAY})
        db.execute_deferred(SET, {"id": 1, "today": DAY})


async def test_a_broken_constraint_keeps_its_name(own: database.Database, db: database.Transaction) -> None:
    with pytest.raises(Conflict):
        await set_twice_later(own)
    assert await own.fetch_without_snapshot("SELECT id FROM business_date", []) == []
    db.execute_deferred(SET, {"id": 2, "today": DAY})
    publish_deferred_event(db, 1)
    with pytest.raises(asyncpg.CheckViolationError) as broken:
        await db.flush()
    assert broken.value.constraint_name == "ck_business_date__one_row"


async def test_what_returns_rows_does_not_wait(db: database.Transaction) -> None:
    returning = sa.insert(EventRow).returning(col(EventRow.id))
    with pytest.raises(TypeError, match="nobody reads"):
        db.execute_deferred(returning, {"topic": EventTopic.JOB_PROGRESSED, "subject_id": 1, "at": AT})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=15)
@given(st.lists(st.booleans(), max_size=40))
async def test_however_many_wait_all_are_written_once(shared: database.Database, checked: list[bool]) -> None:
    async with shared.rolled_back_transaction() as db:
        for subject, check in enumerate(checked):
            publish_deferred_event(db, subject, otherwise=LookupError() if check else None)
        await db.flush()
        assert db.statement_count == -(-len(checked) // 16)
        assert await db.fetch_all(SUBJECTS, {}) == [(subject,) for subject in range(len(checked))]


EXISTING = sa.select(col(EventRow.subject_id), col(EventRow.topic)).where(
    col(EventRow.subject_id) == sa.bindparam("key")
)
IN_ORDER = EXISTING.order_by(col(EventRow.id))


def set_or(db: database.Transaction, otherwise: Exception) -> None:
    db.claim(SET_UNLESS_THERE, {"id": 1, "today": DAY}, otherwise)


@pytest.mark.parametrize(("statement", "count"), [(EXISTING, 1), (IN_ORDER, 2)])
async def test_a_reading_without_an_order_is_read_ahead_of_the_guard(
    db: database.Transaction, statement: sa.Select[int, EventTopic], count: int
) -> None:
    publish_deferred_event(db, 4)
    await db.flush()
    before = db.statement_count
    set_or(db, LookupError())
    assert await db.fetch_one(statement, {"key": 4}) == (4, EventTopic.JOB_PROGRESSED)
    assert db.statement_count - before == count
    await db.flush()
    assert await db.fetch_all(sa.select(col(BusinessDateRow.today))) == [(DAY,)]


async def test_a_guard_behind_a_reading_of_nothing_is_heard(db: database.Transaction) -> None:
    set_or(db, LookupError())
    assert await db.fetch_one(EXISTING, {"key": 4}) is None
    await db.flush()
    set_or(db, LookupError("it is there"))
    assert await db.fetch_one(EXISTING, {"key": 4}) is None
    with pytest.raises(LookupError, match="it is there"):
        await db.flush()
    assert await db.fetch_one(EXISTING, {"key": 4}) is None


async def test_nothing_is_written_behind_a_guard_that_fails(db: database.Transaction) -> None:
    await db.execute(SET, {"id": 1, "today": DAY})
    set_or(db, LookupError("it is there"))
    publish_deferred_event(db, 1)
    with pytest.raises(LookupError, match="it is there"):
        await db.fetch_one(EXISTING, {"key": 1})
    set_or(db, LookupError("it is there"))
    with pytest.raises(LookupError, match="it is there"):
        await db.execute(EVENT, {"topic": EventTopic.JOB_PROGRESSED, "subject_id": 2, "at": AT})
    assert await db.fetch_all(SUBJECTS, {}) == []


async def test_changes_behind_a_guard_are_seen_by_the_reading_after_them(db: database.Transaction) -> None:
    set_or(db, LookupError())
    publish_deferred_event(db, 1)
    assert await db.fetch_one(EXISTING, {"key": 1}) == (1, EventTopic.JOB_PROGRESSED)
    assert db.statement_count == 2


async def test_a_guard_is_set_when_nothing_waits(db: database.Transaction) -> None:
    publish_deferred_event(db, 1)
    with pytest.raises(TypeError, match="before a guard"):
        set_or(db, LookupError())
    await db.flush()
    set_or(db, LookupError())
    with pytest.raises(TypeError, match="before a guard"):
        set_or(db, LookupError())
