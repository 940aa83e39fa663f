"""What tests of the API share: a small province, loaded, scored and studied once, and a person for each role."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from domain.actor import SYSTEM, Actor, Role
from domain.calendar import commands as calendar
from domain.ports import Act
from kinerja import clock, database, jobs
from kinerja.demo import cast
from ml import jobs as ml_jobs
from ml.population import generator, load
from ml.population.loading import frame
from ml.population.settings import Settings
from tests.conftest import Reply, _made
from training.improvement import commands as improvement

PROVINCE = Settings(employees=1500, quarters=8, seed=3)
TODAY = frame.quarter(PROVINCE.quarters).starts_on

Ask = Callable[..., Awaitable[Reply]]


class Doing:
    """A job's means over a database, its progress kept for nobody."""

    def __init__(self, data: database.Database) -> None:
        self._data = data

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Act]:
        """One transaction of the service itself."""
        async with self._data.write() as db:
            yield Act(db=db, jobs=jobs.Queue(), actor=SYSTEM, today=TODAY, now=clock.now())

    async def progress(self, done: int, total: int, step: str) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def province_url(server: Callable[[str], str], template: str) -> Iterator[str]:
    """An empty database for the province."""
    with _made(server, "kinerja_province", template) as name:
        yield server(name)


@pytest.fixture(scope="session")
async def shared(province_url: str) -> AsyncIterator[database.Database]:
    """The province's database: what tests do in it is rolled back."""
    async with database.opened(province_url, database.Limits(statement_ms=60_000, idle_ms=60_000)) as data:
        async with data.write() as db:
            await load.load(db, generator.draw(PROVINCE))
            await calendar.set_day(db, TODAY)
        work = Doing(data)
        await ml_jobs.train(work, {})
        await ml_jobs.score(work, {})
        await improvement.estimate(work, {})
        async with data.lend() as connection:
            await connection.execute("ANALYZE")
        yield data


@pytest.fixture(scope="session")
async def actors(shared: database.Database) -> Mapping[Role, Actor]:
    """A person for each role, as the demo chooses them."""
    async with shared.write() as db:
        return await cast.choose(db, TODAY)


@pytest.fixture
def ask(api: Ask, actors: Mapping[Role, Actor]) -> Ask:
    """How to ask as a role, or as nobody (None): role, document, variables."""

    async def asked(role: str | None, document: str, **variables: Any) -> Reply:
        return await api(document, variables, None if role is None else actors[Role(role)])

    return asked
