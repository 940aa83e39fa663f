"""A database whose owner is no superuser: row security binds them, and COPY is refused."""

import os
from collections.abc import AsyncIterator, Callable
from urllib.parse import urlsplit, urlunsplit

import pytest

from domain.actor import Actor, Role
from domain.business_date import commands as calendar
from kinerja.postgres import database, migrate, role_pools, row_security_install
from ml.pipeline import jobs as ml_jobs
from ml.synthetic import generator
from ml.synthetic.loading import frame, load
from ml.synthetic.settings import GeneratorSettings
from tests.api.conftest import JobContextStub

PEOPLE = GeneratorSettings(employees=300, quarters=6, seed=3)
TODAY = frame.build_quarter(PEOPLE.quarters).starts_on
LIMITS = database.ConnectionLimits(statement_timeout_ms=60_000, idle_timeout_ms=60_000)


@pytest.fixture
async def owned_url(server: Callable[[str], str]) -> AsyncIterator[str]:
    """An empty database of an owner who may make roles, and no more."""
    name = f"kinerja_owned_{os.getpid()}"
    maker = await database.connect_unpooled(server("postgres"))
    try:
        await maker.execute(f'CREATE ROLE "{name}" LOGIN CREATEROLE NOSUPERUSER NOBYPASSRLS')
        await maker.execute(f'CREATE DATABASE "{name}" OWNER "{name}" TEMPLATE template0')
        parts = urlsplit(server(name))
        yield urlunsplit(parts._replace(netloc=f"{name}@{parts.netloc.rpartition('@')[2]}"))
    finally:
        await maker.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await maker.close()
        await row_security_install.drop_logins(server("postgres"), name)
        maker = await database.connect_unpooled(server("postgres"))
        await maker.execute(f'DROP ROLE "{name}"')
        await maker.close()


@pytest.mark.long
async def test_an_owner_who_is_no_superuser_migrates_loads_and_scores(owned_url: str) -> None:
    await migrate.upgrade_database(owned_url)
    await migrate.upgrade_database(owned_url)
    async with database.open_database(owned_url, LIMITS) as data, data.open_transaction() as db:
        await load.load_province(db, generator.generate_province(PEOPLE))
        await calendar.set_business_date(db, TODAY)
        loaded = (await db.fetch_rows("SELECT count(*) FROM person", []))[0][0]
    async with role_pools.open_role_pools(owned_url, limits=LIMITS) as walled:
        work = JobContextStub(walled)
        await ml_jobs.train_model(work, {})
        await ml_jobs.score_everybody(work, {})
        scored = (await walled.fetch_without_snapshot("SELECT count(*) FROM risk_score", []))[0][0]
        hr = Actor(None, Role.HR, "1.")
        async with walled.as_login(Role.HR).open_snapshot({"kinerja.path": str(hr.unit_path)}) as snapshot:
            seen = (await snapshot.fetch_rows("SELECT count(*) FROM risk_reason", []))[0][0]
    await migrate.downgrade_database(owned_url, "base")
    print(f"\nowner without superuser: {loaded} people loaded, {scored} scored, HR sees {seen} reasons")
    assert loaded >= PEOPLE.employees
    assert scored > 200
    assert seen > scored
