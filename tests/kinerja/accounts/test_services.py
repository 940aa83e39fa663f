"""Service accounts: what their tokens open, and for how long."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import col

from domain.account import commands, rules
from domain.account.requests import AddServiceAccount
from domain.account.tables import ServiceAccountRow
from domain.actor import Role
from domain.organisation.tables import UnitRow
from domain.refusals import Conflict, InvalidInput, NotFound
from kinerja import clock, database
from kinerja.accounts.register import STALE_SECONDS, Register
from tests import made
from tests.kinerja.accounts.conftest import World


async def test_its_token_asks_in_its_name_for_the_whole_province(world: World) -> None:
    token = await world.service("payroll")
    assert token.startswith("kns_")
    assert await world.who(token) == "service:payroll"


async def test_only_the_hash_of_a_token_is_kept(world: World) -> None:
    token = await world.service("hashes")
    async with world.data.write() as db:
        kept = str(await made.rows_of(db, ServiceAccountRow))
    assert token not in kept
    assert token[8:] not in kept
    assert f"'{token[:8]}'" in kept


async def test_a_unit_bounds_it_wherever_that_moves(world: World) -> None:
    async with world.data.write() as db:
        number = await made.unit(db, code="BKD")
        (path,) = [row["path"] for row in await made.rows_of(db, UnitRow) if row["id"] == number]
    token = await world.service("bounded", "BKD")
    signed = world.app.endpoint.signed(f"Bearer {token}")
    assert signed is not None
    assert (signed.actor.role, signed.actor.unit_path) == (Role.UNIT_SERVICE, path)
    async with world.data.write() as db:
        await db.execute(sa.update(UnitRow).where(col(UnitRow.id) == number).values(path="999.1."))
    await world.register.refresh()
    signed = world.app.endpoint.signed(f"Bearer {token}")
    assert signed is not None
    assert signed.actor.unit_path == "999.1."


async def test_it_expires_at_the_end_of_its_last_day(world: World) -> None:
    token = await world.service("expiring", days=2)
    world.instants.ahead = timedelta(days=1)
    assert await world.who(token) == "service:expiring"
    world.instants.ahead = timedelta(days=4)
    assert await world.who(token) == "NOT_SIGNED_IN"


async def test_it_is_revoked_for_good_though_it_was_known(world: World) -> None:
    token = await world.service("revoked")
    assert await world.who(token) == "service:revoked"
    await world.act(lambda act: commands.revoke_service(act, "revoked"))
    await world.register.refresh()
    assert await world.who(token) == "NOT_SIGNED_IN"
    with pytest.raises(NotFound):
        await world.act(lambda act: commands.revoke_service(act, "revoked"))


async def test_its_last_use_is_written_down(world: World) -> None:
    token = await world.service("used")
    await world.who(token)
    await world.register.refresh()
    async with world.data.write() as db:
        rows = {row["name"]: row for row in await made.rows_of(db, ServiceAccountRow)}
    assert clock.now() - rows["used"]["used_at"] < timedelta(minutes=1)


async def test_a_name_is_taken_once_and_a_life_is_at_most_a_year(world: World) -> None:
    await world.service("twice")
    with pytest.raises(Conflict):
        await world.service("twice")
    for days in (-1, 367):
        with pytest.raises(InvalidInput):
            await world.service("long", days=days)
    with pytest.raises(NotFound):
        await world.service("nowhere", "NO-SUCH-UNIT")
    with pytest.raises(InvalidInput, match="the service itself"):
        await world.service("kinerja")
    with pytest.raises(ValueError, match="pattern"):
        AddServiceAccount(name="No Such Name", expires_on=rules.day(clock.now()))


async def test_nobody_is_let_in_by_a_process_that_has_not_heard_for_a_minute(world: World) -> None:
    now = [0.0]
    deaf = Register(world.data, seconds=lambda: now[0])
    with pytest.raises(database.Unavailable):
        deaf.goes_on(1)
    await deaf.refresh()
    now[0] = STALE_SECONDS
    assert deaf.goes_on(1)
    now[0] += 1
    with pytest.raises(database.Unavailable):
        deaf.goes_on(1)
