"""One request: its snapshot, its writes, and how many statements it cost."""

import asyncio
from collections.abc import Callable
from datetime import date

import asyncpg
import pytest

from domain.calendar import commands as calendar
from domain.calendar import store
from domain.refusals import NotSignedIn
from kinerja import clock, context, database, jobs
from tests.kinerja.served import HR

Asking = Callable[..., context.Context]
SQL = "SELECT today FROM business_date"


async def test_without_an_actor_nothing_is_written(asking: Asking) -> None:
    with pytest.raises(NotSignedIn):
        async with asking().write():
            pytest.fail("it was let in")


async def test_reads_see_the_write_before_and_after_its_end(asking: Asking) -> None:
    request = asking(HR)
    assert await request.read(SQL, []) == []
    async with request.write() as act:
        assert act.actor == HR
        await calendar.set_day(act.db, date(2026, 7, 1))
        inside = await request.read(SQL, [])
    after = await request.read(SQL, [])
    assert [tuple(rows[0]) for rows in (inside, after)] == [(date(2026, 7, 1),)] * 2
    assert request.statements == 5


async def test_a_look_reads_in_the_snapshot_and_writes_nothing(own_url: str) -> None:
    async with database.opened(own_url) as data:
        means = context.Means(data, clock.Clock(data), jobs.Queue())
        async with context.opened(means, HR, clock.now()) as request:
            assert await request.read(SQL, []) == []
            async with data.write() as db:
                await calendar.set_day(db, date(2026, 7, 1))
            async with request.look() as act:
                assert await store.set_day(act.db) is None
            with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
                await write_in_a_look(request)


async def test_only_a_write_of_the_business_date_lets_it_be_read_again(own_url: str) -> None:
    async with database.opened(own_url) as data:
        times = clock.Clock(data)
        forgotten: list[str] = []
        times.expire = lambda: forgotten.append("date")  # type: ignore[method-assign]  # counted instead
        async with context.opened(context.Means(data, times, jobs.Queue()), HR, clock.now()) as request:
            async with request.write() as act:
                await act.db.notify("another_channel", "")
            assert forgotten == []
            with pytest.raises(LookupError):
                await fail_after_a_write(request)
            assert forgotten == []
            async with request.write() as act:
                await calendar.set_day(act.db, date(2026, 7, 1))
            assert forgotten == ["date"]


async def write_in_a_look(request: context.Context) -> None:
    async with request.look() as act:
        await calendar.set_day(act.db, date(2026, 7, 2))


async def test_who_reads_beside_a_look_waits_for_it(asking: Asking) -> None:
    request = asking(HR)
    async with request.look() as act:
        beside = asyncio.create_task(request.read(SQL, []))
        for _ in range(10):
            await store.set_day(act.db)
        assert not beside.done()
    assert await beside == []


async def test_nobody_looks(asking: Asking) -> None:
    with pytest.raises(NotSignedIn):
        async with asking().look():
            pytest.fail("it was let in")


async def fail_after_a_write(request: context.Context) -> None:
    async with request.write() as act:
        await calendar.set_day(act.db, date(2026, 7, 1))
        raise LookupError


async def test_what_was_rolled_back_is_not_read_but_counted(asking: Asking) -> None:
    request = asking(HR)
    with pytest.raises(LookupError):
        await fail_after_a_write(request)
    assert await request.read(SQL, []) == []
    assert request.statements == 3


async def test_a_request_needs_one_connection_at_a_time(own_url: str) -> None:
    async with database.opened(own_url, database.Limits(connections=1)) as data:
        means = context.Means(data, clock.Clock(data), jobs.Queue())
        async with context.opened(means, HR, clock.now()) as request:
            await request.read(SQL, [])
            async with request.write() as act:
                await calendar.set_day(act.db, date(2026, 7, 1))
            assert [tuple(row) for row in await request.read(SQL, [])] == [(date(2026, 7, 1),)]


async def test_tests_leave_no_trace_in_the_shared_database(asking: Asking, shared: database.Database) -> None:
    request = asking(HR)
    async with request.write() as act:
        await calendar.set_day(act.db, date(2026, 7, 1))
    assert await shared.read_once(SQL, []) == []
