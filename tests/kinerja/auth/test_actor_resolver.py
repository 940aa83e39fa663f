"""Where actors stand: read from the database, kept while changes are heard of, and forgotten when they come."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest

from domain.actor import SYSTEM_ACTOR, Actor, Role
from domain.people import store
from domain.people.tables import DelegationRow
from kinerja.auth import actor_resolver
from kinerja.postgres import database
from tests import row_factory
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
async def standings(own: database.Database, own_url: str) -> AsyncIterator[actor_resolver.ActorResolver]:
    """Standings that hear what happens."""
    known = actor_resolver.ActorResolver(own)
    following = asyncio.create_task(known.follow_people_changes(own_url))
    try:
        await soon(lambda: known.is_listening)
        yield known
    finally:
        following.cancel()
        await asyncio.wait([following])


async def test_who_appraises_him_and_how_wide_his_part_is(
    own: database.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actor_resolver, "WIDE_SCOPE_PEOPLE", 3)
    async with own.open_transaction() as db:
        chief = await row_factory.insert_person(db, unit_path="1.2.")
        members = [await row_factory.insert_person(db, unit_path="1.2.3.", appraiser_id=chief) for _ in range(2)]
    known = actor_resolver.ActorResolver(own)
    stands = await known.resolve_actor(Actor(members[0], Role.HR, "1.2."), TODAY)
    assert (stands.appraiser_id, stands.wide) == (chief, True)
    assert not (await known.resolve_actor(Actor(members[0], Role.HR, "1.2.3."), TODAY)).wide
    assert not (await known.resolve_actor(Actor(chief, Role.SUPERVISOR), TODAY)).wide
    assert (await known.resolve_actor(Actor(chief, Role.SUPERVISOR), TODAY)).line == (chief,)


async def test_a_service_for_all_stands_nowhere(own: database.Database) -> None:
    assert await actor_resolver.ActorResolver(own).resolve_actor(SYSTEM_ACTOR, TODAY) is SYSTEM_ACTOR


async def test_what_changes_is_read_again_once_it_is_told(
    standings: actor_resolver.ActorResolver, own: database.Database
) -> None:
    async with own.open_transaction() as db:
        first, second = [await row_factory.insert_person(db) for _ in range(2)]
        member = await row_factory.insert_person(db, appraiser_id=first)
    actor = Actor(member, Role.EMPLOYEE)
    assert (await standings.resolve_actor(actor, TODAY)).appraiser_id == first
    assert standings.get_cached_actor(actor, TODAY) == Actor(member, Role.EMPLOYEE, appraiser_id=first)
    async with own.open_transaction() as db:
        await row_factory.insert_line(db, member, second)
    assert (await standings.resolve_actor(actor, TODAY)).appraiser_id == first
    async with own.open_transaction() as db:
        db.notify_after_commit(store.PEOPLE_CHANNEL)
    await soon(lambda: standings.get_cached_actor(actor, TODAY) is None)
    assert (await standings.resolve_actor(actor, TODAY)).appraiser_id == second


async def test_unheard_it_asks_each_time(own: database.Database) -> None:
    async with own.open_transaction() as db:
        first, second = [await row_factory.insert_person(db) for _ in range(2)]
        member = await row_factory.insert_person(db, appraiser_id=first)
    known = actor_resolver.ActorResolver(own)
    assert (await known.resolve_actor(Actor(member, Role.EMPLOYEE), TODAY)).appraiser_id == first
    async with own.open_transaction() as db:
        await row_factory.insert_line(db, member, second)
    assert (await known.resolve_actor(Actor(member, Role.EMPLOYEE), TODAY)).appraiser_id == second


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.HR, Role.LEADER, Role.AUDITOR, Role.ADMIN])
async def test_who_has_left_is_an_employee_whatever_his_token_says(own: database.Database, role: Role) -> None:
    async with own.open_transaction() as db:
        leaver = await row_factory.insert_person(db, left_on=TODAY)
        away = await row_factory.insert_person(db)
        await row_factory.insert_row(
            db, DelegationRow, appraiser_id=away, delegate_id=leaver, starts_on=TODAY, ends_on=TODAY + 9 * DAY,
            reason="cuti", decided_by=away, decided_at=NOW, version=1,
        )  # fmt: skip
    known = actor_resolver.ActorResolver(own)
    actor = Actor(leaver, role, "1." if role in {Role.HR, Role.LEADER, Role.AUDITOR} else None)
    last = await known.resolve_actor(actor, TODAY)
    assert (last.role, last.delegator_ids) == (role, (away,)), "the last day is a day of service"
    assert await known.resolve_actor(actor, TODAY + DAY) == Actor(leaver, Role.EMPLOYEE)
