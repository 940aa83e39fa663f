"""Connections kept at hand."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from random import Random

import asyncpg
import pytest

from kinerja.postgres import database, pool


@pytest.fixture
async def lending(own_url: str) -> AsyncIterator[pool.ConnectionPool]:
    async with asyncpg.create_pool(own_url, min_size=0, max_size=4) as made:
        yield (kept := pool.ConnectionPool(made, 4))
        await kept.close_idle()


async def test_what_came_back_whole_is_lent_again(lending: pool.ConnectionPool) -> None:
    first = await lending.acquire(1)
    assert (lending.open_connections, lending.busy_connections) == (1, 1)
    await lending.release(first, reusable=True)
    assert (lending.open_connections, lending.busy_connections) == (1, 0)
    again = await lending.acquire(1)
    assert again is first
    await lending.release(again, reusable=True)


async def test_what_went_wrong_goes_through_the_pool(lending: pool.ConnectionPool) -> None:
    first = await lending.acquire(1)
    await lending.release(first, reusable=False)
    again = await lending.acquire(1)
    assert again is not first
    assert await again.fetchval("SELECT 1") == 1
    await lending.release(again, reusable=True)


async def test_a_broken_connection_is_not_lent(lending: pool.ConnectionPool) -> None:
    first = await lending.acquire(1)
    await lending.release(first, reusable=True)
    first.terminate()
    again = await lending.acquire(1)
    assert await again.fetchval("SELECT 1") == 1
    await lending.release(again, reusable=True)


async def test_whoever_waits_gets_what_comes_back(own_url: str) -> None:
    async with database.open_database(own_url, database.ConnectionLimits(max_connections=2)) as data:
        answers = await asyncio.gather(
            *(data.fetch_without_snapshot("SELECT pg_sleep(0.01), $1::int", [n]) for n in range(20))
        )
        assert [rows[0][1] for rows in answers] == list(range(20))
        assert (data.open_connections, data.busy_connections) == (2, 0)


async def test_many_cancelled_reads_leave_the_pool_whole(own_url: str) -> None:
    async with database.open_database(own_url, database.ConnectionLimits(max_connections=2)) as data:
        for _ in range(5):
            reading = [asyncio.create_task(data.fetch_without_snapshot("SELECT pg_sleep(60)", [])) for _ in range(4)]
            await asyncio.sleep(0.05)
            for task in reading:
                task.cancel()
            await asyncio.wait(reading)
        assert (await data.fetch_without_snapshot("SELECT 7", []))[0][0] == 7
        assert data.busy_connections == 0


async def test_what_lay_idle_is_given_back_first(
    lending: pool.ConnectionPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await lending.acquire(1)
    await lending.release(first, reusable=True)
    monkeypatch.setattr(pool, "_MAX_IDLE_SECONDS", -1.0)
    again = await lending.acquire(1)
    assert again is not first
    assert lending.open_connections == 1
    await lending.release(again, reusable=True)


class FakeConnection:
    """A connection that can be closed, and used by one at a time."""

    def __init__(self) -> None:
        self.closed = False
        self.lent = False

    def is_closed(self) -> bool:
        """Whether it is of no use any more."""
        return self.closed


class FakeAsyncpgPool:
    """What opens connections, as asyncpg's pool does: no more than `most`; it may fail or be slow."""

    def __init__(self, most: int) -> None:
        self.open = 0
        self.failing = False
        self.slow = False
        self._room = asyncio.Semaphore(most)

    def get_size(self) -> int:
        """How many are open."""
        return self.open

    async def acquire(self, *, timeout: float) -> FakeConnection:  # noqa: ASYNC109 - as asyncpg's pool has it
        """A new one."""
        async with asyncio.timeout(timeout):
            await self._room.acquire()
            connection = None
            try:
                await asyncio.sleep(60 if self.slow else 0)
                connection = None if self.failing else FakeConnection()
            finally:
                if connection is None:
                    self._room.release()
        if connection is None:
            raise OSError("refused")
        self.open += 1
        return connection

    async def release(self, connection: FakeConnection) -> None:
        """Close one, to the end even if nobody waits for that."""
        await asyncio.shield(asyncio.ensure_future(self._close(connection)))

    async def _close(self, connection: FakeConnection) -> None:
        connection.closed = True
        await asyncio.sleep(0)
        self.open -= 1
        self._room.release()


def build_pool(most: int) -> tuple[pool.ConnectionPool, FakeAsyncpgPool]:
    opening = FakeAsyncpgPool(most)
    return pool.ConnectionPool(opening, most), opening


async def start_waiting(lending: pool.ConnectionPool, seconds: float = 9) -> "asyncio.Task[FakeConnection]":
    """Somebody who has begun to wait."""
    task = asyncio.create_task(lending.acquire(seconds))
    await asyncio.sleep(0)
    return task


async def test_who_waited_longest_is_next_and_nobody_overtakes() -> None:
    lending, _ = build_pool(1)
    line = await lending.acquire(9)
    queue = [await start_waiting(lending) for _ in range(5)]
    order: list[int] = []
    for place, task in enumerate(queue):
        task.add_done_callback(partial(lambda place, _task: order.append(place), place))
    for _ in queue:
        await lending.release(line, reusable=True)
        late = await start_waiting(lending)  # asks before the one whose turn it is has run
        assert not late.done()
        late.cancel()
    await asyncio.wait(queue)
    await asyncio.sleep(0)
    assert order == [0, 1, 2, 3, 4]
    assert lending.busy_connections == 1


async def test_who_waits_too_long_is_told_and_forgotten() -> None:
    lending, _ = build_pool(1)
    line = await lending.acquire(9)
    with pytest.raises(TimeoutError):
        await lending.acquire(0.01)
    await lending.release(line, reusable=True)
    assert lending.busy_connections == 0
    assert await lending.acquire(9) is line


async def test_who_gives_up_is_passed_over() -> None:
    lending, _ = build_pool(1)
    line = await lending.acquire(9)
    first, second = await start_waiting(lending), await start_waiting(lending)
    first.cancel()
    await asyncio.wait([first])
    await lending.release(line, reusable=True)
    assert await second is line


@pytest.mark.parametrize("whole", [True, False])
async def test_who_gives_up_at_his_turn_passes_it_on(whole: bool) -> None:
    lending, _ = build_pool(1)
    line = await lending.acquire(9)
    first, second = await start_waiting(lending), await start_waiting(lending)
    await lending.release(line, reusable=whole)
    first.cancel()
    await asyncio.wait([first])
    assert first.cancelled()
    assert (await second is line) == whole
    assert lending.busy_connections == 1


async def test_who_is_late_and_gives_up_in_one_moment_is_cancelled() -> None:
    lending, _ = build_pool(1)
    line = await lending.acquire(9)
    first = await start_waiting(lending, 0.01)
    asyncio.get_running_loop().call_later(0.01, first.cancel)
    await asyncio.wait([first])
    await lending.release(line, reusable=True)
    assert lending.busy_connections == 0


async def test_for_a_closed_connection_a_new_one_is_opened() -> None:
    lending, opening = build_pool(1)
    line = await lending.acquire(9)
    queue = [await start_waiting(lending) for _ in range(2)]
    line.closed = True
    await lending.release(line, reusable=True)
    fresh = await queue[0]
    assert fresh is not line
    await lending.release(fresh, reusable=True)
    assert await queue[1] is fresh
    assert opening.open == 1


async def test_what_cannot_be_opened_keeps_nobody_else_from_trying() -> None:
    lending, opening = build_pool(1)
    line = await lending.acquire(9)
    queue = [await start_waiting(lending) for _ in range(3)]
    opening.failing = True
    await lending.release(line, reusable=False)
    for task in queue:
        with pytest.raises(OSError, match="refused"):
            await task
    opening.failing = False
    assert not (await lending.acquire(9)).closed
    assert lending.busy_connections == 1


async def test_waiting_and_opening_have_one_deadline() -> None:
    lending, opening = build_pool(1)
    line = await lending.acquire(9)
    began = asyncio.get_running_loop().time()
    task = await start_waiting(lending, 0.2)
    await asyncio.sleep(0.15)
    opening.slow = True
    await lending.release(line, reusable=False)
    with pytest.raises(TimeoutError):
        await task
    assert asyncio.get_running_loop().time() - began < 0.3
    assert lending.busy_connections == 0


async def test_who_gives_up_while_one_is_opened_leaves_room_for_another() -> None:
    lending, opening = build_pool(1)
    opening.slow = True
    first = await start_waiting(lending)
    second = await start_waiting(lending)
    opening.slow = False
    first.cancel()
    assert not (await second).closed
    assert lending.busy_connections == 1


@pytest.mark.parametrize("seed", range(20))
async def test_however_it_goes_nothing_is_lost(seed: int) -> None:
    random = Random(seed)
    await run_storm(random, random.randint(1, 4))


async def run_storm(random: Random, most: int) -> None:
    """Many who borrow; some give up, some break what they got, some connections do not open."""
    lending, opening = build_pool(most)

    async def one() -> None:
        line = await lending.acquire(random.choice([0.001, 0.01, 9]))
        assert not line.lent
        line.lent = True
        try:
            for _ in range(random.randrange(4)):
                await asyncio.sleep(0)
        finally:
            line.lent = False
            line.closed = line.closed or random.random() < 0.1
            await lending.release(line, reusable=random.random() < 0.8)

    tasks = []
    for _ in range(120):
        tasks.append(asyncio.create_task(one()))
        opening.failing = random.random() < 0.1
        if random.random() < 0.2:
            random.choice(tasks).cancel()
        if random.random() < 0.5:
            await asyncio.sleep(0)
    ends = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 10)
    assert {type(end) for end in ends} <= {type(None), asyncio.CancelledError, TimeoutError, OSError}
    opening.failing = False
    assert lending.busy_connections == 0
    lines = [await lending.acquire(1) for _ in range(most)]
    assert (len(set(lines)), lending.busy_connections, opening.open) == (most, most, most)
    assert not any(line.lent or line.closed for line in lines)
