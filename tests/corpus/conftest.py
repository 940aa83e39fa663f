"""The two worlds in which executors are compared: a small province under the whole schema, and the miniature."""

import os
import secrets
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from domain.actor import SYSTEM_ACTOR, Actor, Role
from domain.business_date import commands as calendar
from kinerja.auth import actor_resolver
from kinerja.demo import personas
from kinerja.postgres import database, role_pools
from ml.pipeline import jobs as ml_jobs
from ml.synthetic import generator
from ml.synthetic.loading import frame, load
from ml.synthetic.settings import GeneratorSettings
from resolvers.reference.strawberry_schema import build_strawberry_schema
from tests.api.conftest import JobContextStub
from tests.conftest import NOW, _temporary_database
from tests.corpus import comparison_worlds
from tests.resolvers import miniature
from tests.resolvers.conftest import fill_miniature
from training.improvement import commands as improvement

PEOPLE = GeneratorSettings(employees=700, quarters=8, seed=11)
TODAY = frame.build_quarter(PEOPLE.quarters).starts_on
LIMITS = database.ConnectionLimits(statement_timeout_ms=60_000, idle_timeout_ms=60_000)
FIXED_SEED = 20_261_124


@pytest.fixture(scope="session")
def corpus_url(server: Callable[[str], str], template: str) -> Iterator[str]:
    """An empty database for the province."""
    with _temporary_database(server, f"kinerja_corpus_{os.getpid()}", template) as name:
        yield server(name)


@pytest.fixture(scope="session")
async def province(corpus_url: str) -> AsyncIterator[comparison_worlds.ComparisonWorld]:
    """A province under the whole schema, and somebody in each role."""
    async with (
        database.open_database(corpus_url, LIMITS) as data,
        role_pools.open_role_pools(corpus_url, limits=LIMITS) as walled,
    ):
        async with data.open_transaction() as db:
            await load.load_province(db, generator.generate_province(PEOPLE))
            await calendar.set_business_date(db, TODAY)
        work = JobContextStub(data)
        await ml_jobs.train_model(work, {})
        await ml_jobs.score_everybody(work, {})
        await improvement.estimate_effects(work, {})
        async with data.open_transaction() as db:
            chosen = await personas.choose_personas(db, TODAY)
        standings = actor_resolver.ActorResolver(data)
        actors = [
            *[await standings.resolve_actor(each, TODAY) for each in chosen.values()],
            SYSTEM_ACTOR,
            Actor(None, Role.HR),
            None,
        ]
        yield comparison_worlds.create_province_world(walled, data, actors, TODAY, NOW)


@pytest.fixture(scope="session")
def small_url(server: Callable[[str], str]) -> Iterator[str]:
    """An empty database for the miniature."""
    with _temporary_database(server, f"kinerja_small_{os.getpid()}") as name:
        yield server(name)


@pytest.fixture(scope="session")
async def small(small_url: str) -> AsyncIterator[comparison_worlds.ComparisonWorld]:
    """The miniature."""
    connection = await database.connect_unpooled(small_url)
    try:
        await fill_miniature(connection)
    finally:
        await connection.close()
    async with database.open_database(small_url) as data:
        yield comparison_worlds.create_miniature_world(
            data, build_strawberry_schema(miniature.GRAPH, run_once=miniature.run_once)
        )


@pytest.fixture(params=["small", "province"])
def world(request: pytest.FixtureRequest) -> comparison_worlds.ComparisonWorld:
    """Each of the two."""
    found: comparison_worlds.ComparisonWorld = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def same_lots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lotteries draw the same seed each time, so that two executors seat the same people."""
    monkeypatch.setattr(secrets, "randbits", lambda _bits: FIXED_SEED)
