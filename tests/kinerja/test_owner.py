"""A database whose owner is no superuser: row security binds him, and COPY is refused."""

import os
from collections.abc import AsyncIterator, Callable
from urllib.parse import urlsplit, urlunsplit

import pytest

from domain.actor import Actor, Role
from domain.calendar import commands as calendar
from kinerja import database, logins, migrate, wall
from ml import jobs as ml_jobs
from ml.population import generator, load
from ml.population.loading import frame
from ml.population.settings import Settings
from tests.api.conftest import Doing

PEOPLE = Settings(employees=300, quarters=6, seed=3)
TODAY = frame.quarter(PEOPLE.quarters).starts_on
LIMITS = database.Limits(statement_ms=60_000, idle_ms=60_000)


@pytest.fixture
async def owned_url(server: Callable[[str], str]) -> AsyncIterator[str]:
    """An empty database of an owner who may make roles, and no more."""
    name = f"kinerja_owned_{os.getpid()}"
    maker = await database.connect(server("postgres"))
    try:
        await maker.execute(f'CREATE ROLE "{name}" LOGIN CREATEROLE NOSUPERUSER NOBYPASSRLS')
        await maker.execute(f'CREATE DATABASE "{name}" OWNER "{name}" TEMPLATE template0')
        parts = urlsplit(server(name))
        yield urlunsplit(parts._replace(netloc=f"{name}@{parts.netloc.rpartition('@')[2]}"))
    finally:
        await maker.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await maker.close()
        await wall.drop_logins(server("postgres"), name)
        maker = await database.connect(server("postgres"))
        await maker.execute(f'DROP ROLE "{name}"')
        await maker.close()


@pytest.mark.long
async def test_an_owner_who_is_no_superuser_migrates_loads_and_scores(owned_url: str) -> None:
    await migrate.upgrade(owned_url)
    await migrate.upgrade(owned_url)
    async with database.opened(owned_url, LIMITS) as data, data.write() as db:
        await load.load(db, generator.draw(PEOPLE))
        await calendar.set_day(db, TODAY)
        loaded = (await db.read("SELECT count(*) FROM person", []))[0][0]
    async with logins.opened(owned_url, limits=LIMITS) as walled:
        work = Doing(walled)
        await ml_jobs.train(work, {})
        await ml_jobs.score(work, {})
        scored = (await walled.read_once("SELECT count(*) FROM risk_score", []))[0][0]
        hr = Actor(None, Role.HR, "1.")
        async with walled.as_(Role.HR).snapshot({"kinerja.path": str(hr.unit_path)}) as snapshot:
            seen = (await snapshot.read("SELECT count(*) FROM risk_reason", []))[0][0]
    await migrate.downgrade(owned_url, "base")
    print(f"\nowner without superuser: {loaded} people loaded, {scored} scored, HR sees {seen} reasons")
    assert loaded >= PEOPLE.employees
    assert scored > 200
    assert seen > scored
