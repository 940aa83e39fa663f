"""Job worker: jobs enqueued in the transaction of their cause, with retry after a crash."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any, Final

import sqlalchemy as sa
import structlog
from pgqueuer import errors, models
from pgqueuer.qm import QueueManager
from sqlmodel import col

from domain.actor import SYSTEM_ACTOR
from domain.event import commands as events
from domain.event.facts import EventTopic
from domain.job.facts import JobStatus
from domain.job.tables import JobRow
from domain.ports import CommandContext, Db, JobContext
from kinerja import business_date
from kinerja.postgres import database, job_queue

JobTask = Callable[[JobContext, Mapping[str, Any]], Awaitable[None]]
"""Function of a job: takes its context and the `params` of its row.

It may run again after a crash, from the start.
"""

HEARTBEAT_TIMEOUT: Final = timedelta(seconds=4)
"""Time without a heartbeat before another worker takes over a job."""

RETRY_DELAY: Final = timedelta(seconds=2)
"""Delay before the retry of a job."""

JOB_LOCK_CLASS: Final = 0x6A6F6273
"""Class of the advisory locks held by running jobs, one for each row."""

_POLL_INTERVAL: Final = timedelta(
    seconds=1
)  # NOTIFY wakes the worker; this bounds the delay until a dead worker is noticed
_RECONNECT_SECONDS: Final = 1.0
_STOP_SECONDS: Final = 10.0

_log = structlog.get_logger()


class JobQueue:
    """The queue for commands: implements `domain.ports.Jobs`."""

    async def enqueue(self, db: Db, entrypoint: str, payload: Mapping[str, Any]) -> None:
        """Enqueue a job in the transaction of `db`: no commit, no job.

        Raises:
            TypeError: `db` is no transaction of `kinerja.postgres.database`.
        """
        if not isinstance(db, database.Transaction):
            raise TypeError("a job is enqueued in a transaction of kinerja.postgres.database")
        await db.flush()  # the next statement bypasses the transaction's deferred changes
        await db.ensure_open()
        text = json.dumps(payload, separators=(",", ":"))
        await job_queue.build_queries(db.connection).enqueue(entrypoint, text.encode())


class JobRun:
    """Context of one running job: implements `domain.ports.JobContext`."""

    def __init__(
        self, job_id: int, data: database.Database, clock: business_date.BusinessDate, jobs: JobQueue
    ) -> None:
        self._job_id = job_id
        self._data = data
        self._clock = clock
        self._jobs = jobs

    @asynccontextmanager
    async def open_transaction(self) -> AsyncIterator[CommandContext]:
        """Open one transaction: commit at the end of the block, rollback on an exception."""
        today = await self._clock.today()
        async with self._data.open_transaction() as db:
            yield CommandContext(db=db, jobs=self._jobs, actor=SYSTEM_ACTOR, today=today, now=business_date.utc_now())
        self._clock.invalidate()

    async def report_progress(self, done: int, total: int, step: str) -> None:
        """Store the job's progress, in a transaction of its own."""
        await self.update_job(done=done, total=total, step=step)

    async def update_job(self, **values: Any) -> None:
        """Update the job's row and publish the event, in a transaction of its own."""
        async with self._data.open_transaction() as db:
            await db.execute(sa.update(JobRow).where(col(JobRow.id) == self._job_id).values(**values))
            events.publish_event(db, EventTopic.JOB_PROGRESSED, self._job_id, business_date.utc_now())


class Worker:
    """Takes jobs from the queue and runs them, two at a time at most."""

    def __init__(
        self,
        url: str,
        data: database.Database,
        clock: business_date.BusinessDate,
        tasks: Mapping[str, JobTask],
        max_concurrent: int = 2,
    ) -> None:
        self._url = url
        self._data = data
        self._clock = clock
        self._tasks = tasks
        self._max_concurrent = max_concurrent
        self._queue = JobQueue()
        self._running_jobs: set[asyncio.Task[bool]] = set()

    async def run_until_cancelled(self) -> None:
        """Work until cancelled; reconnect after each loss of the database.

        Jobs still running at the end return to the queue, and start again with the next worker.
        """
        while self._tasks:
            try:
                await self._consume_queue()
            except database.DatabaseUnavailable as error:
                _log.warning("worker_waits", reason=str(error))
                await asyncio.sleep(_RECONNECT_SECONDS)
        await asyncio.Event().wait()

    async def _consume_queue(self) -> None:
        connection = await database.connect_unpooled(self._url)
        manager = QueueManager(job_queue.build_queries(connection))
        for name, task in self._tasks.items():
            manager.entrypoint(name, accepts_context=False)(partial(self._handle_message, task))
        try:
            with database.translate_errors(connection):
                await self._run_manager(manager)
        finally:
            await connection.close()
        raise database.DatabaseUnavailable("the queue's connection ended")

    async def _run_manager(self, manager: QueueManager) -> None:
        working = asyncio.create_task(
            manager.run(
                dequeue_timeout=_POLL_INTERVAL,
                batch_size=1,
                max_concurrent_tasks=self._max_concurrent,
                heartbeat_timeout=HEARTBEAT_TIMEOUT,
                shutdown_on_listener_failure=True,
            )
        )
        try:
            await asyncio.shield(working)
        except asyncio.CancelledError:
            manager.shutdown.set()
            for job in self._running_jobs:
                job.cancel()
            await asyncio.wait([working], timeout=_STOP_SECONDS)
            working.cancel()
            raise

    async def _handle_message(self, task: JobTask, message: models.Job) -> None:
        """Run the job of a queue message, unless finished or run by another worker."""
        # In a task of its own: if cancelled directly, PgQueuer would treat the job as cancelled and remove it.
        job = asyncio.create_task(self._run_unless_locked(task, int(json.loads(message.payload or b"{}")["job"])))
        self._running_jobs.add(job)
        try:
            await asyncio.wait([job])
        finally:
            self._running_jobs.discard(job)
        if job.cancelled():
            raise errors.RetryRequested(delay=timedelta(0), reason="the worker stops")
        try:
            if not job.result():
                raise errors.RetryRequested(delay=RETRY_DELAY, reason="another worker still runs it")
        except database.DatabaseUnavailable as error:
            raise errors.RetryRequested(delay=RETRY_DELAY, reason="the database went away") from error

    async def _run_unless_locked(self, task: JobTask, job_id: int) -> bool:
        """Run the job under its advisory lock; return False if another worker holds the lock."""
        async with self._job_lock(job_id) as free:
            if free:
                await self._run_task(task, job_id)
            return free

    @asynccontextmanager
    async def _job_lock(self, job_id: int) -> AsyncIterator[bool]:
        # A worker with a blocked event loop seems dead, but keeps this lock with its connection.
        connection = await database.connect_unpooled(self._url, database.ConnectionLimits(idle_timeout_ms=0))
        try:
            yield bool(
                await connection.fetchval("SELECT pg_try_advisory_lock($1, $2)", JOB_LOCK_CLASS, job_id % 2**31)
            )
        finally:
            await connection.close()

    async def _run_task(self, task: JobTask, job_id: int) -> None:
        async with self._data.open_transaction() as db:
            row = await db.fetch_one(
                sa.select(col(JobRow.status), col(JobRow.params)).where(col(JobRow.id) == job_id)
            )
        if row is None or row[0] in {JobStatus.DONE, JobStatus.FAILED}:
            return
        work = JobRun(job_id, self._data, self._clock, self._queue)
        await work.update_job(status=JobStatus.RUNNING, started_at=business_date.utc_now())
        log = _log.bind(job=job_id)
        log.info("job_started")
        try:
            await task(work, row[1] or {})
        except database.DatabaseUnavailable:
            raise
        except Exception as error:
            # An exception of a task ends its job, never the worker. The row stores the exception's type only:
            # its message may contain text written by people.
            log.exception("job_failed")
            await work.update_job(
                status=JobStatus.FAILED, error=type(error).__name__, finished_at=business_date.utc_now()
            )
        else:
            await work.update_job(status=JobStatus.DONE, finished_at=business_date.utc_now())
            log.info("job_done")
