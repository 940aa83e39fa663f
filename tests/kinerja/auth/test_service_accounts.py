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
from kinerja import business_date
from kinerja.auth.revocation_cache import STALE_SECONDS, RevocationCache
from kinerja.postgres import database
from tests import row_factory
from tests.kinerja.auth.conftest import AccountWorld


async def test_its_token_asks_in_its_name_for_the_whole_province(world: AccountWorld) -> None:
    token = await world.create_service("payroll")
    assert token.startswith("kns_")
    assert await world.principal_of_token(token) == "service:payroll"


async def test_only_the_hash_of_a_token_is_kept(world: AccountWorld) -> None:
    token = await world.create_service("hashes")
    async with world.data.open_transaction() as db:
        kept = str(await row_factory.fetch_table_rows(db, ServiceAccountRow))
    assert token not in kept
    assert token[8:] not in kept
    assert f"'{token[:8]}'" in kept


async def test_a_unit_bounds_it_wherever_that_moves(world: AccountWorld) -> None:
    async with world.data.open_transaction() as db:
        number = await row_factory.insert_unit(db, code="BKD")
        (path,) = [row["path"] for row in await row_factory.fetch_table_rows(db, UnitRow) if row["id"] == number]
    token = await world.create_service("bounded", "BKD")
    signed = world.app.endpoint.authenticate_header(f"Bearer {token}")
    assert signed is not None
    assert (signed.actor.role, signed.actor.unit_path) == (Role.UNIT_SERVICE, path)
    async with world.data.open_transaction() as db:
        await db.execute(sa.update(UnitRow).where(col(UnitRow.id) == number).values(path="999.1."))
    await world.revocations.reload_revocations()
    signed = world.app.endpoint.authenticate_header(f"Bearer {token}")
    assert signed is not None
    assert signed.actor.unit_path == "999.1."


async def test_it_expires_at_the_end_of_its_last_day(world: AccountWorld) -> None:
    token = await world.create_service("expiring", days=2)
    world.instants.ahead = timedelta(days=1)
    assert await world.principal_of_token(token) == "service:expiring"
    world.instants.ahead = timedelta(days=4)
    assert await world.principal_of_token(token) == "NOT_SIGNED_IN"


async def test_it_is_revoked_for_good_though_it_was_known(world: AccountWorld) -> None:
    token = await world.create_service("revoked")
    assert await world.principal_of_token(token) == "service:revoked"
    await world.run_command(lambda act: commands.revoke_service_account(act, "revoked"))
    await world.revocations.reload_revocations()
    assert await world.principal_of_token(token) == "NOT_SIGNED_IN"
    with pytest.raises(NotFound):
        await world.run_command(lambda act: commands.revoke_service_account(act, "revoked"))


async def test_its_last_use_is_written_down(world: AccountWorld) -> None:
    token = await world.create_service("used")
    await world.principal_of_token(token)
    await world.revocations.reload_revocations()
    async with world.data.open_transaction() as db:
        rows = {row["name"]: row for row in await row_factory.fetch_table_rows(db, ServiceAccountRow)}
    assert business_date.utc_now() - rows["used"]["used_at"] < timedelta(minutes=1)


async def test_a_name_is_taken_once_and_a_life_is_at_most_a_year(world: AccountWorld) -> None:
    await world.create_service("twice")
    with pytest.raises(Conflict):
        await world.create_service("twice")
    for days in (-1, 367):
        with pytest.raises(InvalidInput):
            await world.create_service("long", days=days)
    with pytest.raises(NotFound):
        await world.create_service("nowhere", "NO-SUCH-UNIT")
    with pytest.raises(InvalidInput, match="the service itself"):
        await world.create_service("kinerja")
    with pytest.raises(ValueError, match="pattern"):
        AddServiceAccount(name="No Such Name", expires_on=rules.real_date(business_date.utc_now()))


async def test_nobody_is_let_in_by_a_process_that_has_not_heard_for_a_minute(world: AccountWorld) -> None:
    now = [0.0]
    deaf = RevocationCache(world.data, monotonic=lambda: now[0])
    with pytest.raises(database.DatabaseUnavailable):
        deaf.is_session_active(1)
    await deaf.reload_revocations()
    now[0] = STALE_SECONDS
    assert deaf.is_session_active(1)
    now[0] += 1
    with pytest.raises(database.DatabaseUnavailable):
        deaf.is_session_active(1)
