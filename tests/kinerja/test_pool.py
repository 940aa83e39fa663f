"""Connections kept at hand."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from kinerja import database, pool


@pytest.fixture
async def lending(own_url: str) -> AsyncIterator[pool.Pool]:
    async with asyncpg.create_pool(own_url, min_size=0, max_size=4) as made:
        yield (kept := pool.Pool(made))
        await kept.close()


async def test_what_came_back_whole_is_lent_again(lending: pool.Pool) -> None:
    first = await lending.borrow(1)
    assert (lending.size, lending.busy) == (1, 1)
    await lending.give_back(first, whole=True)
    assert (lending.size, lending.busy) == (1, 0)
    again = await lending.borrow(1)
    assert again is first
    await lending.give_back(again, whole=True)


async def test_what_went_wrong_goes_through_the_pool(lending: pool.Pool) -> None:
    first = await lending.borrow(1)
    await lending.give_back(first, whole=False)
    again = await lending.borrow(1)
    assert again is not first
    assert await again.fetchval("SELECT 1") == 1
    await lending.give_back(again, whole=True)


async def test_a_broken_connection_is_not_lent(lending: pool.Pool) -> None:
    first = await lending.borrow(1)
    await lending.give_back(first, whole=True)
    first.terminate()
    again = await lending.borrow(1)
    assert await again.fetchval("SELECT 1") == 1
    await lending.give_back(again, whole=True)


async def test_whoever_waits_gets_what_comes_back(own_url: str) -> None:
    async with database.opened(own_url, database.Limits(connections=2)) as data:
        answers = await asyncio.gather(*(data.read_once("SELECT pg_sleep(0.01), $1::int", [n]) for n in range(20)))
        assert [rows[0][1] for rows in answers] == list(range(20))
        assert (data.size, data.busy) == (2, 0)


async def test_many_cancelled_reads_leave_the_pool_whole(own_url: str) -> None:
    async with database.opened(own_url, database.Limits(connections=2)) as data:
        for _ in range(5):
            reading = [asyncio.create_task(data.read_once("SELECT pg_sleep(60)", [])) for _ in range(4)]
            await asyncio.sleep(0.05)
            for task in reading:
                task.cancel()
            await asyncio.wait(reading)
        assert (await data.read_once("SELECT 7", []))[0][0] == 7
        assert data.busy == 0


async def test_what_lay_idle_is_given_back_first(lending: pool.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    first = await lending.borrow(1)
    await lending.give_back(first, whole=True)
    monkeypatch.setattr(pool, "_FRESH_SECONDS", -1.0)
    again = await lending.borrow(1)
    assert again is not first
    assert lending.size == 1
    await lending.give_back(again, whole=True)
