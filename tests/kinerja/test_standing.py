"""Where actors stand: read from the database, kept while changes are heard of, and forgotten when they come."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest

from domain.actor import SYSTEM, Actor, Role
from domain.people import store
from domain.people.tables import DelegationRow
from kinerja import database, standing
from tests import made
from tests.conftest import NOW, TODAY

DAY = timedelta(days=1)


async def soon(holds: Callable[[], bool]) -> None:
    """Wait until something holds, a few seconds at most."""
    for _ in range(500):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come to hold")


@pytest.fixture
async def standings(own: database.Database, own_url: str) -> AsyncIterator[standing.Standings]:
    """Standings that hear what happens."""
    known = standing.Standings(own)
    following = asyncio.create_task(known.follow(own_url))
    try:
        await soon(lambda: known.hears)
        yield known
    finally:
        following.cancel()
        await asyncio.wait([following])


async def test_who_appraises_him_and_how_wide_his_part_is(
    own: database.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "MANY", 3)
    async with own.write() as db:
        chief = await made.person(db, unit_path="1.2.")
        members = [await made.person(db, unit_path="1.2.3.", appraiser_id=chief) for _ in range(2)]
    known = standing.Standings(own)
    stands = await known.of(Actor(members[0], Role.HR, "1.2."), TODAY)
    assert (stands.appraiser_id, stands.wide) == (chief, True)
    assert not (await known.of(Actor(members[0], Role.HR, "1.2.3."), TODAY)).wide
    assert not (await known.of(Actor(chief, Role.SUPERVISOR), TODAY)).wide
    assert (await known.of(Actor(chief, Role.SUPERVISOR), TODAY)).line == (chief,)


async def test_a_service_for_all_stands_nowhere(own: database.Database) -> None:
    assert await standing.Standings(own).of(SYSTEM, TODAY) is SYSTEM


async def test_what_changes_is_read_again_once_it_is_told(
    standings: standing.Standings, own: database.Database
) -> None:
    async with own.write() as db:
        first, second = [await made.person(db) for _ in range(2)]
        member = await made.person(db, appraiser_id=first)
    actor = Actor(member, Role.EMPLOYEE)
    assert (await standings.of(actor, TODAY)).appraiser_id == first
    assert standings.known(actor, TODAY) == Actor(member, Role.EMPLOYEE, appraiser_id=first)
    async with own.write() as db:
        await made.line(db, member, second)
    assert (await standings.of(actor, TODAY)).appraiser_id == first
    async with own.write() as db:
        db.announce(store.CHANNEL)
    await soon(lambda: standings.known(actor, TODAY) is None)
    assert (await standings.of(actor, TODAY)).appraiser_id == second


async def test_unheard_it_asks_each_time(own: database.Database) -> None:
    async with own.write() as db:
        first, second = [await made.person(db) for _ in range(2)]
        member = await made.person(db, appraiser_id=first)
    known = standing.Standings(own)
    assert (await known.of(Actor(member, Role.EMPLOYEE), TODAY)).appraiser_id == first
    async with own.write() as db:
        await made.line(db, member, second)
    assert (await known.of(Actor(member, Role.EMPLOYEE), TODAY)).appraiser_id == second


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.HR, Role.LEADER, Role.AUDITOR, Role.ADMIN])
async def test_who_has_left_is_an_employee_whatever_his_token_says(own: database.Database, role: Role) -> None:
    async with own.write() as db:
        leaver = await made.person(db, left_on=TODAY)
        away = await made.person(db)
        await made.row(
            db, DelegationRow, appraiser_id=away, delegate_id=leaver, starts_on=TODAY, ends_on=TODAY + 9 * DAY,
            reason="cuti", decided_by=away, decided_at=NOW, version=1,
        )  # fmt: skip
    known = standing.Standings(own)
    actor = Actor(leaver, role, "1." if role in {Role.HR, Role.LEADER, Role.AUDITOR} else None)
    last = await known.of(actor, TODAY)
    assert (last.role, last.stands_in_for) == (role, (away,)), "the last day is a day of service"
    assert await known.of(actor, TODAY + DAY) == Actor(leaver, Role.EMPLOYEE)
