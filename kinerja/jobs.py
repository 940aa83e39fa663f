"""Long work: put on the queue in the transaction of its cause, run by a worker, taken up again if one dies."""

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

from domain.actor import SYSTEM
from domain.event import commands as events
from domain.event.facts import Topic
from domain.job.facts import JobStatus
from domain.job.tables import JobRow
from domain.ports import Act, Db, Work
from kinerja import clock, database, queue

Task = Callable[[Work, Mapping[str, Any]], Awaitable[None]]
"""What a job runs: its transactions and the `params` of its row. It may run again after a crash, from the start."""

TAKEN_UP_AFTER: Final = timedelta(seconds=4)
"""How long a job may show no sign of life before another worker takes it up."""

RETRY: Final = timedelta(seconds=2)
"""How long a job waits that could not be run now."""

LOCKS: Final = 0x6A6F6273
"""The class of advisory locks that running jobs hold, one for each row."""

_POLL: Final = timedelta(seconds=1)  # NOTIFY wakes the worker; this bounds how late it sees that another died
_RECONNECT_SECONDS: Final = 1.0
_STOP_SECONDS: Final = 10.0

_log = structlog.get_logger()


class Queue:
    """The queue as commands see it: `domain.ports.Jobs`."""

    async def enqueue(self, db: Db, entrypoint: str, payload: Mapping[str, Any]) -> None:
        """Put a job on the queue in the transaction of `db`: no commit, no job."""
        if not isinstance(db, database.Transaction):
            raise TypeError("a job is enqueued in a transaction of kinerja.database")
        await db.settle()  # what follows goes past it
        await db.start()
        text = json.dumps(payload, separators=(",", ":"))
        await queue.queries(db.connection).enqueue(entrypoint, text.encode())


class Running:
    """What one running job is given: `domain.ports.Work`."""

    def __init__(self, job: int, data: database.Database, times: clock.Clock, jobs: Queue) -> None:
        self._job = job
        self._data = data
        self._times = times
        self._jobs = jobs

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Act]:
        """Open one transaction; it commits when the block ends and rolls back when the block raises."""
        today = await self._times.today()
        async with self._data.write() as db:
            yield Act(db=db, jobs=self._jobs, actor=SYSTEM, today=today, now=clock.now())
        self._times.expire()

    async def progress(self, done: int, total: int, step: str) -> None:
        """Say how far the job is, in a transaction of its own."""
        await self.note(done=done, total=total, step=step)

    async def note(self, **values: Any) -> None:
        """Change the job's row and tell so, in a transaction of its own."""
        async with self._data.write() as db:
            await db.execute(sa.update(JobRow).where(col(JobRow.id) == self._job).values(**values))
            events.publish(db, Topic.JOB_PROGRESSED, self._job, clock.now())


class Worker:
    """Takes jobs from the queue and runs them, two at a time at most."""

    def __init__(
        self, url: str, data: database.Database, times: clock.Clock, tasks: Mapping[str, Task], at_once: int = 2
    ) -> None:
        self._url = url
        self._data = data
        self._times = times
        self._tasks = tasks
        self._at_once = at_once
        self._queue = Queue()
        self._running: set[asyncio.Task[bool]] = set()

    async def run(self) -> None:
        """Work until cancelled; connect again whenever the database comes back.

        Jobs that run at the end go back to the queue, and begin again with the next worker.
        """
        while self._tasks:
            try:
                await self._work()
            except database.Unavailable as error:
                _log.warning("worker_waits", reason=str(error))
                await asyncio.sleep(_RECONNECT_SECONDS)
        await asyncio.Event().wait()

    async def _work(self) -> None:
        connection = await database.connect(self._url)
        manager = QueueManager(queue.queries(connection))
        for name, task in self._tasks.items():
            manager.entrypoint(name, accepts_context=False)(partial(self._take, task))
        try:
            with database.named(connection):
                await self._until_stopped(manager)
        finally:
            await connection.close()
        raise database.Unavailable("the queue's connection ended")

    async def _until_stopped(self, manager: QueueManager) -> None:
        working = asyncio.create_task(
            manager.run(
                dequeue_timeout=_POLL,
                batch_size=1,
                max_concurrent_tasks=self._at_once,
                heartbeat_timeout=TAKEN_UP_AFTER,
                shutdown_on_listener_failure=True,
            )
        )
        try:
            await asyncio.shield(working)
        except asyncio.CancelledError:
            manager.shutdown.set()
            for job in self._running:
                job.cancel()
            await asyncio.wait([working], timeout=_STOP_SECONDS)
            working.cancel()
            raise

    async def _take(self, task: Task, message: models.Job) -> None:
        """Run the job that a message of the queue names, unless it is over or somebody else still runs it."""
        # In a task of its own: cancelled itself, it would count as cancelled for good and leave the queue.
        job = asyncio.create_task(self._once(task, int(json.loads(message.payload or b"{}")["job"])))
        self._running.add(job)
        try:
            await asyncio.wait([job])
        finally:
            self._running.discard(job)
        if job.cancelled():
            raise errors.RetryRequested(delay=timedelta(0), reason="the worker stops")
        try:
            if not job.result():
                raise errors.RetryRequested(delay=RETRY, reason="another worker still runs it")
        except database.Unavailable as error:
            raise errors.RetryRequested(delay=RETRY, reason="the database went away") from error

    async def _once(self, task: Task, job: int) -> bool:
        """Whether the job was free to be run here; it is over then."""
        async with self._alone(job) as free:
            if free:
                await self._perform(task, job)
            return free

    @asynccontextmanager
    async def _alone(self, job: int) -> AsyncIterator[bool]:
        # A worker that only seems dead, because its event loop is held up, keeps this lock with its connection.
        connection = await database.connect(self._url, database.Limits(idle_ms=0))
        try:
            yield bool(await connection.fetchval("SELECT pg_try_advisory_lock($1, $2)", LOCKS, job % 2**31))
        finally:
            await connection.close()

    async def _perform(self, task: Task, job: int) -> None:
        async with self._data.write() as db:
            row = await db.first(sa.select(col(JobRow.status), col(JobRow.params)).where(col(JobRow.id) == job))
        if row is None or row[0] in {JobStatus.DONE, JobStatus.FAILED}:
            return
        work = Running(job, self._data, self._times, self._queue)
        await work.note(status=JobStatus.RUNNING, started_at=clock.now())
        log = _log.bind(job=job)
        log.info("job_started")
        try:
            await task(work, row[1] or {})
        except database.Unavailable:
            raise
        except Exception as error:
            # Whatever a task raises ends that job, never the worker. The row says what kind it was; the text
            # of an error may hold what people wrote.
            log.exception("job_failed")
            await work.note(status=JobStatus.FAILED, error=type(error).__name__, finished_at=clock.now())
        else:
            await work.note(status=JobStatus.DONE, finished_at=clock.now())
            log.info("job_done")
