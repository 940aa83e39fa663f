"""From an empty folder to a province with a risk list: what a second start finds, it leaves alone."""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

import sqlalchemy as sa
from sqlmodel import col

from domain.actor import SYSTEM
from domain.calendar import commands as calendar
from domain.calendar import store
from domain.job import commands
from domain.job.facts import JobKind, JobStatus
from domain.job.requests import RequestJob
from domain.job.tables import JobRow
from domain.ports import Act
from kinerja import clock, database, jobs, migrate, tokens
from kinerja.demo import cast, quarter
from kinerja.demo.wish import Wish
from kinerja.failures import CannotRun
from kinerja.settings import Settings
from ml.population import generator, load
from ml.population.loading import frame

Say = Callable[[str], None]

POLL_SECONDS: Final = 0.2

ORDER: Final = (JobKind.TRAIN_MODEL, JobKind.SCORE_RISK, JobKind.ESTIMATE_EFFECTS)
"""The jobs that a fresh province needs, each after the one before."""


class JobGaveUp(CannotRun):
    """A job that the demo needs failed."""


async def prepare(
    settings: Settings, url: str, wish: Wish, tasks: Mapping[str, jobs.Task], say: Say
) -> Mapping[str, str]:
    """Migrate, load the province if it is not there, run the jobs that are still to do; tokens by role."""
    await migrate.upgrade(url)
    async with database.opened(url, settings.job_limits) as data:
        await fill(settings, data, wish, say)
        await work_off(url, data, tasks, say)
        return await sign_in(settings, data)


async def fill(settings: Settings, data: database.Database, wish: Wish, say: Say) -> None:
    """Draw and load the province, in one transaction: it is there wholly, with its business date, or not at all."""
    async with data.write() as db:
        if await store.set_day(db) is not None:
            say("province: there already")
            return
    began = time.perf_counter()
    province = await asyncio.to_thread(generator.draw, wish.settings())
    say(f"province: {wish.employees:,} people × {wish.quarters} quarters drawn in {since(began)}")
    began = time.perf_counter()
    async with data.write() as db:
        await load.load(db, province, teller(say))
        await calendar.set_day(db, frame.quarter(wish.quarters).starts_on)
    async with data.lend() as connection:
        await connection.execute("ANALYZE")  # or the first questions are planned as if all tables were empty
    quarter.write_truth(settings.data_dir, province)
    say(f"database: loaded in {since(began)}")


def teller(say: Say) -> load.Progress:
    """Says each kind of row once, as its loading begins to end."""
    told: set[str] = set()

    async def tell(_done: int, _total: int, step: str) -> None:
        if step not in told:
            told.add(step)
            say(f"database: {step.lower()}")

    return tell


async def work_off(url: str, data: database.Database, tasks: Mapping[str, jobs.Task], say: Say) -> None:
    """Have each job of `ORDER` done that has not been done yet, by a worker of our own."""
    times = clock.Clock(data)
    working = asyncio.create_task(jobs.Worker(url, data, times, tasks).run())
    try:
        for kind in ORDER:
            await done(data, await latest_or_requested(data, times, kind), kind, say)
    finally:
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working


async def latest_or_requested(data: database.Database, times: clock.Clock, kind: JobKind) -> int:
    """The latest job of a kind that has not failed, or one that is requested now."""
    async with data.write() as db:
        found = await db.first(
            sa.select(col(JobRow.id))
            .where(col(JobRow.kind) == kind, col(JobRow.status) != JobStatus.FAILED)
            .order_by(col(JobRow.id).desc())
        )
        if found is not None:
            return found[0]
        act = Act(db=db, jobs=jobs.Queue(), actor=SYSTEM, today=await times.today(), now=clock.now())
        return await commands.request(act, RequestJob(kind=kind))


async def done(data: database.Database, job: int, kind: JobKind, say: Say) -> None:
    """Wait for the end of a job and say each step of it.

    Raises:
        JobGaveUp: it failed.
    """
    began, told = time.perf_counter(), None
    while True:
        async with data.write() as db:
            row = await db.first(
                sa.select(col(JobRow.status), col(JobRow.step), col(JobRow.error)).where(col(JobRow.id) == job)
            )
        status, step, error = row or (JobStatus.FAILED, None, "it is gone")
        if status == JobStatus.FAILED:
            raise JobGaveUp(f"the job {kind} failed ({error}); the log says more")
        if status == JobStatus.DONE:
            if told is not None:
                say(f"job {kind}: done in {since(began)}")
            return
        if step is not None and step != told:
            say(f"job {kind}: {step}")
        told = step or told
        await asyncio.sleep(POLL_SECONDS)


async def sign_in(settings: Settings, data: database.Database) -> Mapping[str, str]:
    """Choose the cast, write their tokens, and tell by role."""
    async with data.write() as db:
        today = await clock.Clock(data).today()
        actors = await cast.choose(db, today)
    signer = tokens.Signer(tokens.secret(settings))
    return cast.write_tokens(settings.data_dir, actors, signer, clock.now())


def since(began: float) -> str:
    """Seconds since a moment, for reading."""
    return f"{time.perf_counter() - began:.1f} s"
