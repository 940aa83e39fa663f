"""One request: its snapshot, its writes, and how many statements it cost."""

import asyncio
from collections.abc import Callable
from datetime import date

import asyncpg
import pytest

from domain.business_date import commands as calendar
from domain.business_date import store
from domain.refusals import NotSignedIn
from kinerja import business_date
from kinerja.graphql_server import request_context
from kinerja.jobs import job_worker
from kinerja.postgres import database
from tests.kinerja.sample_api import HR

Asking = Callable[..., request_context.RequestContext]
SQL = "SELECT today FROM business_date"


async def test_without_an_actor_nothing_is_written(asking: Asking) -> None:
    with pytest.raises(NotSignedIn):
        async with asking().open_transaction():
            pytest.fail("it was let in")


async def test_reads_see_the_write_before_and_after_its_end(asking: Asking) -> None:
    request = asking(HR)
    assert await request.fetch_rows(SQL, []) == []
    async with request.open_transaction() as act:
        assert act.actor == HR
        await calendar.set_business_date(act.db, date(2026, 7, 1))
        inside = await request.fetch_rows(SQL, [])
    after = await request.fetch_rows(SQL, [])
    assert [tuple(rows[0]) for rows in (inside, after)] == [(date(2026, 7, 1),)] * 2
    assert request.statement_count == 5


async def test_a_look_reads_in_the_snapshot_and_writes_nothing(own_url: str) -> None:
    async with database.open_database(own_url) as data:
        means = request_context.AppState(data, business_date.BusinessDate(data), job_worker.JobQueue())
        async with request_context.open_request_context(means, HR, business_date.utc_now()) as request:
            assert await request.fetch_rows(SQL, []) == []
            async with data.open_transaction() as db:
                await calendar.set_business_date(db, date(2026, 7, 1))
            async with request.open_snapshot() as act:
                assert await store.load_business_date(act.db) is None
            with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
                await write_in_snapshot(request)


async def test_only_a_write_of_the_business_date_lets_it_be_read_again(own_url: str) -> None:
    async with database.open_database(own_url) as data:
        times = business_date.BusinessDate(data)
        forgotten: list[str] = []
        times.invalidate = lambda: forgotten.append("date")  # type: ignore[method-assign]  # counted instead
        async with request_context.open_request_context(
            request_context.AppState(data, times, job_worker.JobQueue()), HR, business_date.utc_now()
        ) as request:
            async with request.open_transaction() as act:
                await act.db.notify("another_channel", "")
            assert forgotten == []
            with pytest.raises(LookupError):
                await fail_after_a_write(request)
            assert forgotten == []
            async with request.open_transaction() as act:
                await calendar.set_business_date(act.db, date(2026, 7, 1))
            assert forgotten == ["date"]


async def write_in_snapshot(request: request_context.RequestContext) -> None:
    async with request.open_snapshot() as act:
        await calendar.set_business_date(act.db, date(2026, 7, 2))


async def test_who_reads_beside_a_look_waits_for_it(asking: Asking) -> None:
    request = asking(HR)
    async with request.open_snapshot() as act:
        beside = asyncio.create_task(request.fetch_rows(SQL, []))
        for _ in range(10):
            await store.load_business_date(act.db)
        assert not beside.done()
    assert await beside == []


async def test_nobody_looks(asking: Asking) -> None:
    with pytest.raises(NotSignedIn):
        async with asking().open_snapshot():
            pytest.fail("it was let in")


async def fail_after_a_write(request: request_context.RequestContext) -> None:
    async with request.open_transaction() as act:
        await calendar.set_business_date(act.db, date(2026, 7, 1))
        raise LookupError


async def test_what_was_rolled_back_is_not_read_but_counted(asking: Asking) -> None:
    request = asking(HR)
    with pytest.raises(LookupError):
        await fail_after_a_write(request)
    assert await request.fetch_rows(SQL, []) == []
    assert request.statement_count == 3


async def test_a_request_needs_one_connection_at_a_time(own_url: str) -> None:
    async with database.open_database(own_url, database.ConnectionLimits(max_connections=1)) as data:
        means = request_context.AppState(data, business_date.BusinessDate(data), job_worker.JobQueue())
        async with request_context.open_request_context(means, HR, business_date.utc_now()) as request:
            await request.fetch_rows(SQL, [])
            async with request.open_transaction() as act:
                await calendar.set_business_date(act.db, date(2026, 7, 1))
            assert [tuple(row) for row in await request.fetch_rows(SQL, [])] == [(date(2026, 7, 1),)]


async def test_tests_leave_no_trace_in_the_shared_database(asking: Asking, shared: database.Database) -> None:
    request = asking(HR)
    async with request.open_transaction() as act:
        await calendar.set_business_date(act.db, date(2026, 7, 1))
    assert await shared.fetch_without_snapshot(SQL, []) == []
