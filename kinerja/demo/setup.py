"""Setup of the demo: from an empty folder to a province with a risk list.

Idempotent: a second start leaves existing data alone.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

import sqlalchemy as sa
from sqlmodel import col

from domain.actor import SYSTEM_ACTOR
from domain.business_date import commands as calendar
from domain.business_date import store
from domain.job import commands
from domain.job.facts import JobKind, JobStatus
from domain.job.requests import RequestJob
from domain.job.tables import JobRow
from domain.ports import CommandContext
from kinerja import business_date
from kinerja.auth import authenticator
from kinerja.demo import advance_quarter, personas
from kinerja.demo.province_config import ProvinceConfig
from kinerja.errors import OperatorError
from kinerja.jobs import job_worker
from kinerja.postgres import database, migrate
from kinerja.settings import Settings
from ml.synthetic import generator
from ml.synthetic.loading import frame, load

PrintLine = Callable[[str], None]

POLL_SECONDS: Final = 0.2

SETUP_JOBS: Final = (JobKind.TRAIN_MODEL, JobKind.SCORE_RISK, JobKind.ESTIMATE_EFFECTS)
"""Jobs needed by a fresh province, run one after another in this order."""


class SetupJobFailed(OperatorError):
    """A job needed by the demo failed."""


async def prepare_province(
    settings: Settings,
    url: str,
    config: ProvinceConfig,
    tasks: Mapping[str, job_worker.JobTask],
    print_line: PrintLine,
) -> Mapping[str, str]:
    """Migrate, load a missing province and run the pending jobs; tokens by role."""
    await migrate.upgrade_database(url)
    async with database.open_database(url, settings.job_limits) as data:
        await fill_database(settings, data, config, print_line)
        await run_setup_jobs(url, data, tasks, print_line)
        return await create_persona_tokens(settings, data)


async def fill_database(
    settings: Settings, data: database.Database, config: ProvinceConfig, print_line: PrintLine
) -> None:
    """Generate and load the province in one transaction.

    It exists completely, with its business date, or not at all.
    """
    async with data.open_transaction() as db:
        if await store.load_business_date(db) is not None:
            print_line("province: there already")
            return
    began = time.perf_counter()
    province = await asyncio.to_thread(generator.generate_province, config.generator_settings())
    print_line(f"province: {config.employees:,} people × {config.quarters} quarters drawn in {format_elapsed(began)}")
    began = time.perf_counter()
    async with data.open_transaction() as db:
        await load.load_province(db, province, progress_printer(print_line))
        await calendar.set_business_date(db, frame.build_quarter(config.quarters).starts_on)
    async with data.lend_connection() as connection:
        await connection.execute("ANALYZE")  # otherwise the first queries are planned with statistics of empty tables
    advance_quarter.write_true_effects(settings.data_dir, province)
    print_line(f"database: loaded in {format_elapsed(began)}")


def progress_printer(print_line: PrintLine) -> load.ProgressListener:
    """Build a progress listener printing each loading step once."""
    told: set[str] = set()

    async def tell(_done: int, _total: int, step: str) -> None:
        if step not in told:
            told.add(step)
            print_line(f"database: {step.lower()}")

    return tell


async def run_setup_jobs(
    url: str, data: database.Database, tasks: Mapping[str, job_worker.JobTask], print_line: PrintLine
) -> None:
    """Run the pending jobs of `SETUP_JOBS` with a worker of our own."""
    times = business_date.BusinessDate(data)
    working = asyncio.create_task(job_worker.Worker(url, data, times, tasks).run_until_cancelled())
    try:
        for kind in SETUP_JOBS:
            await wait_for_setup_job(data, await find_or_request_job(data, times, kind), kind, print_line)
    finally:
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working


async def find_or_request_job(
    data: database.Database, business_clock: business_date.BusinessDate, kind: JobKind
) -> int:
    """Find the latest job of a kind not failed, or request a new one."""
    async with data.open_transaction() as db:
        found = await db.fetch_one(
            sa.select(col(JobRow.id))
            .where(col(JobRow.kind) == kind, col(JobRow.status) != JobStatus.FAILED)
            .order_by(col(JobRow.id).desc())
        )
        if found is not None:
            return found[0]
        act = CommandContext(
            db=db,
            jobs=job_worker.JobQueue(),
            actor=SYSTEM_ACTOR,
            today=await business_clock.today(),
            now=business_date.utc_now(),
        )
        return await commands.request_job(act, RequestJob(kind=kind))


async def wait_for_setup_job(data: database.Database, job: int, kind: JobKind, print_line: PrintLine) -> None:
    """Wait for the end of a job, printing each of its steps.

    Raises:
        SetupJobFailed: the job failed.
    """
    began, told = time.perf_counter(), None
    while True:
        async with data.open_transaction() as db:
            row = await db.fetch_one(
                sa.select(col(JobRow.status), col(JobRow.step), col(JobRow.error)).where(col(JobRow.id) == job)
            )
        status, step, error = row or (JobStatus.FAILED, None, "it is gone")
        if status == JobStatus.FAILED:
            raise SetupJobFailed(f"the job {kind} failed ({error}); the log says more")
        if status == JobStatus.DONE:
            if told is not None:
                print_line(f"job {kind}: done in {format_elapsed(began)}")
            return
        if step is not None and step != told:
            print_line(f"job {kind}: {step}")
        told = step or told
        await asyncio.sleep(POLL_SECONDS)


async def create_persona_tokens(settings: Settings, data: database.Database) -> Mapping[str, str]:
    """Choose the personas and write their tokens; returns the tokens by role."""
    async with data.open_transaction() as db:
        today = await business_date.BusinessDate(data).today()
        actors = await personas.choose_personas(db, today)
    signer = authenticator.DemoTokens(authenticator.load_token_secret(settings))
    return personas.write_token_file(settings.data_dir, actors, signer, business_date.utc_now())


def format_elapsed(began: float) -> str:
    """Format the seconds elapsed since a start time."""
    return f"{time.perf_counter() - began:.1f} s"
