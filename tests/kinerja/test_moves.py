"""Moving people as the roles' own logins do it, beneath row security, and what follows from it by itself."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta

import asyncpg
import pytest

from domain import refusals, scope
from domain.actor import Actor, Role
from domain.calendar import commands as calendar
from domain.evaluation import commands as evaluations
from domain.evaluation.requests import RecordEvaluation
from domain.people import commands, store
from domain.people.requests import AssignAppraiser, DelegateLine, EndDelegation, MovePerson
from domain.people.tables import PersonRow
from domain.ports import Act
from kinerja import clock, database, following, jobs, logins
from tests import made
from tests.conftest import NOW, TODAY
from tests.domain.people import worlds

DAY = timedelta(days=1)
WHY = "Penataan pegawai."


@pytest.fixture(scope="module")
async def walled(module_url: str) -> AsyncIterator[database.Database]:
    """The logins' pools of one database; each test makes people of its own."""
    async with logins.opened(module_url, limits=database.Limits(connections=2)) as opened:
        async with opened.write() as db:
            await worlds.settled(db)
        yield opened


async def people(data: database.Database) -> list[dict[str, object]]:
    async with data.write() as db:
        return await made.rows_of(db, PersonRow)


def acting(db: database.Transaction, actor: Actor, today: date = TODAY) -> Act:
    return Act(db, jobs.Queue(), actor, today, NOW)
