"""Jobs: in the transaction of their cause, run once, taken up again."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col

from domain.actor import SYSTEM_ACTOR
from domain.job.tables import JobRow
from domain.ports import JobContext
from kinerja import business_date
from kinerja.jobs import job_worker
from kinerja.postgres import database

Params = Mapping[str, Any]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_worker, "HEARTBEAT_TIMEOUT", timedelta(seconds=1))
    monkeypatch.setattr(job_worker, "RETRY_DELAY", timedelta(seconds=0.3))


async def request_in(db: database.Transaction, params: Params) -> int:
    values = {"kind": "SCORE_RISK", "status": "QUEUED", "params": params, "requested_at": business_date.utc_now()}
    (row,) = await db.fetch_all(sa.insert(JobRow).values(**values).returning(col(JobRow.id)))
    await job_worker.JobQueue().enqueue(db, "score_risk", {"job": row[0]})
    return row[0]


async def request(data: database.Database, params: Params | None = None) -> int:
    async with data.open_transaction() as db:
        return await request_in(db, params or {})


@asynccontextmanager
async def worker(
    data: database.Database, url: str, task: job_worker.JobTask, at_once: int = 2
) -> AsyncIterator[asyncio.Task[None]]:
    running = asyncio.create_task(
        job_worker.Worker(
            url, data, business_date.BusinessDate(data), {"score_risk": task}, at_once
        ).run_until_cancelled()
    )
    try:
        yield running
    finally:
        running.cancel()
        await asyncio.wait([running])
        assert running.cancelled() or running.exception() is None


async def row(data: database.Database, job: int) -> tuple[Any, ...]:
    columns = "status, step, done, total, error, started_at IS NOT NULL, finished_at IS NOT NULL"
    return tuple((await data.fetch_without_snapshot(f"SELECT {columns} FROM job WHERE id = $1", [job]))[0])


async def wait_until(found: Callable[[], Awaitable[bool]], seconds: float = 15) -> None:
    """Wait until something is so; a connection that a test has cut does not count."""
    end = time.monotonic() + seconds
    while True:
        with suppress(database.DatabaseUnavailable):
            if await found():
                return
        assert time.monotonic() < end, "it did not come about in time"
        await asyncio.sleep(0.02)


def wait_for_end(data: database.Database, job: int) -> Callable[[], Awaitable[bool]]:
    async def found() -> bool:
        return (await row(data, job))[0] in {"DONE", "FAILED"}

    return found


async def count_waiting(data: database.Database) -> int:
    return int((await data.fetch_without_snapshot("SELECT count(*) FROM queue.pgqueuer", []))[0][0])


async def test_a_job_runs_with_its_params_and_says_how_far_it_is(own: database.Database, own_url: str) -> None:
    given: list[Params] = []

    async def task(work: JobContext, params: Params) -> None:
        given.append(params)
        async with work.open_transaction() as act:
            assert act.actor == SYSTEM_ACTOR
            await act.db.execute(sa.update(JobRow).values(requested_by=None))
        await work.report_progress(3, 7, "FEATURES")

    job = await request(own, {"day": "2026-07-01"})
    assert await row(own, job) == ("QUEUED", None, 0, 0, None, False, False)
    async with worker(own, own_url, task):
        await wait_until(wait_for_end(own, job))
        await wait_until(lambda: _none_waiting(own))
    assert await row(own, job) == ("DONE", "FEATURES", 3, 7, None, True, True)
    assert given == [{"day": "2026-07-01"}]


async def _none_waiting(data: database.Database) -> bool:
    return await count_waiting(data) == 0


async def request_and_raise(data: database.Database) -> None:
    async with data.open_transaction() as db:
        await request_in(db, {})
        raise LookupError


async def test_without_the_commit_there_is_no_job(own: database.Database) -> None:
    with pytest.raises(LookupError):
        await request_and_raise(own)
    assert await count_waiting(own) == 0
    await request(own)
    assert await count_waiting(own) == 1


async def test_a_worker_that_runs_is_woken_by_the_commit(own: database.Database, own_url: str) -> None:
    async def task(_work: JobContext, _params: Params) -> None:
        pass

    async with worker(own, own_url, task):
        await asyncio.sleep(0.5)
        begun = time.monotonic()
        job = await request(own)
        await wait_until(wait_for_end(own, job))
        assert time.monotonic() - begun < 2  # far less than the poll


async def test_a_task_that_raises_fails_its_job_and_not_the_worker(own: database.Database, own_url: str) -> None:
    calls = 0

    async def task(_work: JobContext, params: Params) -> None:
        nonlocal calls
        calls += 1
        if params.get("bad"):
            raise ValueError("NIP 198001012005011001")

    bad = await request(own, {"bad": True})
    good = await request(own)
    async with worker(own, own_url, task):
        await wait_until(wait_for_end(own, bad))
        await wait_until(wait_for_end(own, good))
    assert (await row(own, bad))[0::4] == ("FAILED", "ValueError")
    assert (await row(own, good))[0] == "DONE"
    assert calls == 2


async def test_a_stopped_worker_gives_its_job_back(own: database.Database, own_url: str) -> None:
    begun = asyncio.Event()
    runs = 0

    async def task(_work: JobContext, _params: Params) -> None:
        nonlocal runs
        runs += 1
        begun.set()
        if runs == 1:
            await asyncio.sleep(60)

    job = await request(own)
    async with worker(own, own_url, task):
        await asyncio.wait_for(begun.wait(), 10)
    assert (await row(own, job))[0] == "RUNNING"
    stopped = time.monotonic()
    async with worker(own, own_url, task):
        await wait_until(wait_for_end(own, job))
    assert time.monotonic() - stopped < 3
    assert ((await row(own, job))[0], runs) == ("DONE", 2)


async def test_many_jobs_over_two_workers_run_once_each(own: database.Database, own_url: str) -> None:
    ran: list[int] = []

    async def task(_work: JobContext, params: Params) -> None:
        ran.append(params["n"])
        await asyncio.sleep(0.005)

    wanted = [await request(own, {"n": n}) for n in range(30)]
    async with worker(own, own_url, task, 4), worker(own, own_url, task, 4):
        for job in wanted:
            await wait_until(wait_for_end(own, job))
    assert sorted(ran) == list(range(30))


async def test_a_job_that_is_over_is_not_run_again(own: database.Database, own_url: str) -> None:
    runs = 0

    async def task(_work: JobContext, _params: Params) -> None:
        nonlocal runs
        runs += 1

    job = await request(own)
    async with own.open_transaction() as db:
        await job_worker.JobQueue().enqueue(db, "score_risk", {"job": job})
    async with worker(own, own_url, task):
        await wait_until(lambda: _none_waiting(own))
    assert runs == 1


@pytest.mark.parametrize("inside", [True, False])
async def test_a_worker_outlives_its_connections(own: database.Database, own_url: str, *, inside: bool) -> None:
    """Cut inside a write, the job runs again; between writes, it need not; the next job runs in any case."""
    runs = 0

    async def task(work: JobContext, _params: Params) -> None:
        nonlocal runs
        runs += 1
        if runs == 1 and inside:
            async with work.open_transaction() as act:
                await cut(own_url)
                await act.db.execute(sa.update(JobRow).values(total=9))
        elif runs == 1:
            await cut(own_url)
        await work.report_progress(1, 1, "END")

    job = await request(own)
    async with worker(own, own_url, task):
        await wait_until(wait_for_end(own, job))
        following = await request(own)
        await wait_until(wait_for_end(own, following))
        await wait_until(lambda: _none_waiting(own))
    assert (await row(own, job))[:4] == (await row(own, following))[:4] == ("DONE", "END", 1, 1)
    assert runs in ({3} if inside else {2, 3})


async def cut(url: str) -> None:
    """End every other connection of the database, as a restart does."""
    connection = await database.connect_unpooled(url)
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    finally:
        await connection.close()


async def test_a_job_that_another_still_runs_is_left_to_it(own: database.Database, own_url: str) -> None:
    runs = 0

    async def task(_work: JobContext, _params: Params) -> None:
        nonlocal runs
        runs += 1

    job = await request(own)
    holder = await database.connect_unpooled(own_url)
    try:
        await holder.execute("SELECT pg_advisory_lock($1, $2)", job_worker.JOB_LOCK_CLASS, job)
        async with worker(own, own_url, task):
            await asyncio.sleep(1)
            assert runs == 0
            await holder.execute("SELECT pg_advisory_unlock_all()")
            await wait_until(wait_for_end(own, job))
    finally:
        await holder.close()
    assert runs == 1


async def test_only_our_transactions_can_enqueue() -> None:
    with pytest.raises(TypeError, match="transaction"):
        await job_worker.JobQueue().enqueue(object(), "score_risk", {})  # type: ignore[arg-type] # what is refused


async def test_statements_of_the_queue_stay_in_its_schema(db: database.Transaction) -> None:
    await job_worker.JobQueue().enqueue(db, "score_risk", {"job": 1})
    found = await db.fetch_all(sa.select(sa.func.count()).select_from(sa.text("queue.pgqueuer")))
    assert found == [(1,)]
    assert (await db.fetch_all(sa.select(sa.func.count(col(JobRow.id))))) == [(0,)]
