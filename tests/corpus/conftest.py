"""The two worlds in which executors are compared: a small province under the whole schema, and the miniature."""

import os
import secrets
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from domain.actor import SYSTEM, Actor, Role
from domain.calendar import commands as calendar
from kinerja import database, logins, standing
from kinerja.demo import cast
from ml import jobs as ml_jobs
from ml.population import generator, load
from ml.population.loading import frame
from ml.population.settings import Settings
from resolvers.reference.schema import schema
from tests.api.conftest import Doing
from tests.conftest import NOW, _made
from tests.corpus import worlds
from tests.resolvers import miniature
from tests.resolvers.conftest import _fill
from training.improvement import commands as improvement

PEOPLE = Settings(employees=700, quarters=8, seed=11)
TODAY = frame.quarter(PEOPLE.quarters).starts_on
LIMITS = database.Limits(statement_ms=60_000, idle_ms=60_000)
STANDS_STILL = 20_261_124


@pytest.fixture(scope="session")
def corpus_url(server: Callable[[str], str], template: str) -> Iterator[str]:
    """An empty database for the province."""
    with _made(server, f"kinerja_corpus_{os.getpid()}", template) as name:
        yield server(name)


@pytest.fixture(scope="session")
async def province(corpus_url: str) -> AsyncIterator[worlds.World]:
    """A province under the whole schema, and somebody in each role."""
    async with (
        database.opened(corpus_url, LIMITS) as data,
        logins.opened(corpus_url, limits=LIMITS) as walled,
    ):
        async with data.write() as db:
            await load.load(db, generator.draw(PEOPLE))
            await calendar.set_day(db, TODAY)
        work = Doing(data)
        await ml_jobs.train(work, {})
        await ml_jobs.score(work, {})
        await improvement.estimate(work, {})
        async with data.write() as db:
            chosen = await cast.choose(db, TODAY)
        standings = standing.Standings(data)
        actors = [*[await standings.of(each, TODAY) for each in chosen.values()], SYSTEM, Actor(None, Role.HR), None]
        yield worlds.province(walled, data, actors, TODAY, NOW)


@pytest.fixture(scope="session")
def small_url(server: Callable[[str], str]) -> Iterator[str]:
    """An empty database for the miniature."""
    with _made(server, f"kinerja_small_{os.getpid()}") as name:
        yield server(name)


@pytest.fixture(scope="session")
async def small(small_url: str) -> AsyncIterator[worlds.World]:
    """The miniature."""
    connection = await database.connect(small_url)
    try:
        await _fill(connection)
    finally:
        await connection.close()
    async with database.opened(small_url) as data:
        yield worlds.small(data, schema(miniature.GRAPH, once=miniature.once))


@pytest.fixture(params=["small", "province"])
def world(request: pytest.FixtureRequest) -> worlds.World:
    """Each of the two."""
    found: worlds.World = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def same_lots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lotteries draw the same seed each time, so that two executors seat the same people."""
    monkeypatch.setattr(secrets, "randbits", lambda _bits: STANDS_STILL)
