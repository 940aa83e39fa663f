"""What tests of the API share: a small province, loaded, scored and studied once, and a person for each role."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from domain.actor import SYSTEM_ACTOR, Actor, Role
from domain.business_date import commands as calendar
from domain.ports import CommandContext
from kinerja import business_date
from kinerja.demo import personas
from kinerja.jobs import job_worker
from kinerja.postgres import database
from ml.pipeline import jobs as ml_jobs
from ml.synthetic import generator
from ml.synthetic.loading import frame, load
from ml.synthetic.settings import GeneratorSettings
from tests.conftest import Reply, _temporary_database
from training.improvement import commands as improvement

PROVINCE = GeneratorSettings(employees=1500, quarters=8, seed=3)
TODAY = frame.build_quarter(PROVINCE.quarters).starts_on

ApiRequest = Callable[..., Awaitable[Reply]]


class JobContextStub:
    """A job's means over a database, its progress kept for nobody."""

    def __init__(self, data: database.Database) -> None:
        self._data = data

    @asynccontextmanager
    async def open_transaction(self) -> AsyncIterator[CommandContext]:
        """One transaction of the service itself."""
        async with self._data.open_transaction() as db:
            yield CommandContext(
                db=db, jobs=job_worker.JobQueue(), actor=SYSTEM_ACTOR, today=TODAY, now=business_date.utc_now()
            )

    async def report_progress(self, done: int, total: int, step: str) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def province_url(server: Callable[[str], str], template: str) -> Iterator[str]:
    """An empty database for the province."""
    with _temporary_database(server, f"kinerja_province_{os.getpid()}", template) as name:
        yield server(name)


@pytest.fixture(scope="session")
async def shared(province_url: str) -> AsyncIterator[database.Database]:
    """The province's database: what tests do in it is rolled back."""
    async with database.open_database(
        province_url, database.ConnectionLimits(statement_timeout_ms=60_000, idle_timeout_ms=60_000)
    ) as data:
        async with data.open_transaction() as db:
            await load.load_province(db, generator.generate_province(PROVINCE))
            await calendar.set_business_date(db, TODAY)
        work = JobContextStub(data)
        await ml_jobs.train_model(work, {})
        await ml_jobs.score_everybody(work, {})
        await improvement.estimate_effects(work, {})
        async with data.lend_connection() as connection:
            await connection.execute("ANALYZE")
        yield data


@pytest.fixture(scope="session")
async def actors(shared: database.Database) -> Mapping[Role, Actor]:
    """A person for each role, as the demo chooses them."""
    async with shared.open_transaction() as db:
        return await personas.choose_personas(db, TODAY)


@pytest.fixture
def ask(api: ApiRequest, actors: Mapping[Role, Actor]) -> ApiRequest:
    """How to ask as a role, or as nobody (None): role, document, variables."""

    async def asked(role: str | None, document: str, **variables: Any) -> Reply:
        return await api(document, variables, None if role is None else actors[Role(role)])

    return asked
