"""The business date: kept while somebody would tell of a change, read anew otherwise."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from zoneinfo import ZoneInfo

from domain.business_date import commands as calendar
from kinerja import business_date
from kinerja.postgres import database


async def put(data: database.Database, day: date) -> None:
    async with data.open_transaction() as db:
        await calendar.set_business_date(db, day)


async def reads(data: database.Database, times: business_date.BusinessDate, how_often: int) -> int:
    """How many transactions so many questions cost."""
    sql = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
    async with data.lend_connection() as connection:
        await connection.execute("SELECT pg_stat_force_next_flush()")
    before = (await data.fetch_without_snapshot(sql, []))[0][0]
    for _ in range(how_often):
        await times.today()
    async with data.lend_connection() as connection:
        await connection.execute("SELECT pg_stat_force_next_flush()")
    return int((await data.fetch_without_snapshot(sql, []))[0][0] - before)


@asynccontextmanager
async def followed(times: business_date.BusinessDate, url: str) -> AsyncIterator[None]:
    task = asyncio.create_task(times.follow_date_changes(url))
    try:
        await until_followed(times)
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def until_followed(times: business_date.BusinessDate) -> None:
    end = time.monotonic() + 10
    while not times.is_listening:
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


async def test_without_a_date_it_is_the_day_in_jakarta(own: database.Database) -> None:
    before = datetime.now(ZoneInfo("Asia/Jakarta")).date()
    found = await business_date.BusinessDate(own).today()
    assert before <= found <= datetime.now(ZoneInfo("Asia/Jakarta")).date()


async def test_unfollowed_it_reads_each_time(own: database.Database) -> None:
    times = business_date.BusinessDate(own)
    for day in (date(2026, 7, 1), date(2026, 10, 1)):
        await put(own, day)
        assert await times.today() == day


async def test_followed_it_hears_of_others_changes(own: database.Database, own_url: str) -> None:
    times = business_date.BusinessDate(own)
    await put(own, date(2026, 7, 1))
    async with followed(times, own_url), database.open_database(own_url) as another:
        assert await times.today() == date(2026, 7, 1)
        await put(another, date(2026, 10, 1))
        end = time.monotonic() + 5
        while await times.today() != date(2026, 10, 1):
            assert time.monotonic() < end
            await asyncio.sleep(0.01)


async def test_followed_it_asks_the_database_once(own: database.Database, own_url: str) -> None:
    times = business_date.BusinessDate(own)
    async with followed(times, own_url):
        assert await reads(own, times, 200) < 50
    assert await reads(own, times, 200) >= 200


async def test_a_write_of_ours_is_known_at_once(own: database.Database, own_url: str) -> None:
    times = business_date.BusinessDate(own)
    async with followed(times, own_url):
        for day in range(1, 20):
            await put(own, date(2026, 7, day))
            times.invalidate()
            assert await times.today() == date(2026, 7, day)


async def test_after_a_broken_connection_it_follows_again(own: database.Database, own_url: str) -> None:
    times = business_date.BusinessDate(own)
    async with followed(times, own_url):
        await own.fetch_without_snapshot(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query ILIKE 'LISTEN%'",
            [],
        )
        end = time.monotonic() + 5
        while times.is_listening:
            assert time.monotonic() < end
            await asyncio.sleep(0.01)
        await put(own, date(2026, 9, 9))
        assert await times.today() == date(2026, 9, 9)
        await until_followed(times)
        assert await times.today() == date(2026, 9, 9)
