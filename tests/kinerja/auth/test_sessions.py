"""Sessions: refreshed in rotation, ended when a token comes twice, and ended at once everywhere."""

import asyncio
from datetime import timedelta

import pytest
from sqlmodel import col

from domain.account import commands, rules, store
from domain.account.tables import LoginSessionRow, RoleGrantRow
from domain.actor import SYSTEM_ACTOR
from domain.audit.tables import AuditEntryRow
from domain.ports import CommandContext
from kinerja import business_date
from kinerja.auth.revocation_cache import RevocationCache
from kinerja.jobs import job_worker
from tests import row_factory
from tests.kinerja.auth.conftest import AccountWorld


async def test_a_refresh_gives_a_new_pair_in_the_same_role(world: AccountWorld) -> None:
    person = await world.create_account()
    first = (await world.post_sign_in()).json()
    second = (await world.post_refresh(first["refresh_token"])).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert await world.principal_of_token(second["access_token"]) == f"employee:{person}"
    assert (await world.post_refresh(second["refresh_token"])).status_code == 200


async def test_a_token_that_comes_twice_ends_its_session(world: AccountWorld) -> None:
    await world.create_account()
    first = (await world.post_sign_in()).json()
    other = (await world.post_sign_in()).json()
    second = (await world.post_refresh(first["refresh_token"])).json()
    assert (await world.post_refresh(first["refresh_token"])).status_code == 401
    assert (await world.post_refresh(second["refresh_token"])).status_code == 401
    assert await world.principal_of_token(second["access_token"]) == "NOT_SIGNED_IN"
    assert ("account.reuse", "REUSED") in await world.audit_actions()
    assert (await world.post_refresh(other["refresh_token"])).status_code == 200, "another session is none of it"


async def test_of_two_refreshes_at_once_exactly_one_wins(world: AccountWorld) -> None:
    await world.create_account()
    for _ in range(5):
        token = (await world.post_sign_in()).json()["refresh_token"]
        answers = await asyncio.gather(*(world.post_refresh(token) for _ in range(4)))
        assert sorted(each.status_code for each in answers) == [200, 401, 401, 401]


async def test_a_token_that_was_never_one_ends_nothing(world: AccountWorld) -> None:
    await world.create_account()
    token = (await world.post_sign_in()).json()["refresh_token"]
    for wrong in ("", "knr_", token[:-1], f"knr_{'A' * 86}", "knr_" + "A" * 43 + token[47:], token + "A"):
        assert (await world.post_refresh(wrong)).status_code == 401
    assert (await world.post_refresh(token)).status_code == 200


async def test_a_session_ends_by_idleness_and_after_thirty_days(world: AccountWorld) -> None:
    await world.create_account()
    idle = (await world.post_sign_in()).json()["refresh_token"]
    busy = (await world.post_sign_in()).json()["refresh_token"]
    for day in range(6, 30, 6):
        world.instants.ahead = timedelta(days=day)
        busy = (await world.post_refresh(busy)).json()["refresh_token"]
    assert (await world.post_refresh(idle)).status_code == 401
    world.instants.ahead = timedelta(days=29, hours=23)
    busy = (await world.post_refresh(busy)).json()["refresh_token"]
    world.instants.ahead = timedelta(days=30, minutes=1)
    assert (await world.post_refresh(busy)).status_code == 401


async def test_an_access_token_is_over_after_a_quarter_of_an_hour(world: AccountWorld) -> None:
    person = await world.create_account()
    token = (await world.post_sign_in()).json()["access_token"]
    world.instants.ahead = timedelta(minutes=14)
    assert await world.principal_of_token(token) == f"employee:{person}"
    world.instants.ahead = timedelta(minutes=15, seconds=1)
    assert await world.principal_of_token(token) == "NOT_SIGNED_IN"


async def test_signing_out_ends_one_session_or_all(world: AccountWorld) -> None:
    person = await world.create_account()
    one, two, three = [(await world.post_sign_in()).json() for _ in range(3)]
    done = await world.client.post("/auth/revoke", json={"refresh_token": one["refresh_token"]})
    assert done.status_code == 204
    assert await world.principal_of_token(one["access_token"]) == "NOT_SIGNED_IN"
    assert await world.principal_of_token(two["access_token"]) == f"employee:{person}"
    everywhere = {"refresh_token": two["refresh_token"], "everywhere": True}
    assert (await world.client.post("/auth/revoke", json=everywhere)).status_code == 204
    assert await world.principal_of_token(three["access_token"]) == "NOT_SIGNED_IN"
    assert (await world.post_refresh(three["refresh_token"])).status_code == 401
    nothing = await world.client.post("/auth/revoke", json={"refresh_token": "knr_nothing"})
    assert nothing.status_code == 204


async def test_an_old_token_cannot_end_other_sessions(world: AccountWorld) -> None:
    person = await world.create_account()
    copied, other = (await world.post_sign_in()).json(), (await world.post_sign_in()).json()
    await world.post_refresh(copied["refresh_token"])
    body = {"refresh_token": copied["refresh_token"], "everywhere": True}
    await world.client.post("/auth/revoke", json=body)
    assert (await world.post_refresh(copied["refresh_token"])).status_code == 401
    assert await world.principal_of_token(other["access_token"]) == f"employee:{person}"


async def test_disabling_a_new_password_and_a_lost_role_end_sessions(world: AccountWorld) -> None:
    async def grant_is_lost(_act: object) -> None:
        async with world.data.open_transaction() as db:
            (*_, row) = await row_factory.fetch_table_rows(db, RoleGrantRow)
        await world.run_command(lambda act: commands.revoke_grant(act, row["id"]))

    await world.create_account()
    for ends in (
        lambda act: commands.set_password(
            act, world.login, world.password_hasher.hash_password("sebuah sandi lain lagi", world.login)
        ),
        lambda act: commands.disable_account(act, world.login),
        grant_is_lost,
    ):
        await world.run_command(lambda act: commands.enable_account(act, world.login))
        await world.run_command(
            lambda act: commands.set_password(
                act, world.login, world.password_hasher.hash_password("kopi tubruk di pagi hari", world.login)
            )
        )
        begun = (await world.post_sign_in()).json()
        await world.run_command(ends)
        await world.revocations.reload_revocations()
        assert await world.principal_of_token(begun["access_token"]) == "NOT_SIGNED_IN"
        assert (await world.post_refresh(begun["refresh_token"])).status_code == 401


@pytest.mark.parametrize("path", ["refresh", "revoke"])
async def test_a_refresh_and_the_end_of_all_sessions_do_not_wait_for_each_other(
    world: AccountWorld, path: str
) -> None:
    await world.create_account()
    token = (await world.post_sign_in()).json()["refresh_token"]
    async with world.data.open_transaction() as db:
        held = await store.load_account(db, world.login)
        assert held is not None
        asking = asyncio.create_task(world.client.post(f"/auth/{path}", json={"refresh_token": token}))
        await asyncio.sleep(0.2)
        act = CommandContext(
            db, job_worker.JobQueue(), SYSTEM_ACTOR, rules.real_date(business_date.utc_now()), business_date.utc_now()
        )
        await commands.revoke_sessions(act, col(LoginSessionRow.account_id) == held.id)
    assert (await asking).status_code == {"refresh": 401, "revoke": 204}[path]


async def test_what_is_done_in_a_session_is_for_the_auditors_of_the_persons_unit(world: AccountWorld) -> None:
    number = await world.create_account()
    token = (await world.post_sign_in()).json()["refresh_token"]
    await world.post_sign_in(password="sandi yang salah")
    await world.post_refresh(token)
    await world.post_refresh(token)
    await world.client.post(
        "/auth/revoke", json={"refresh_token": (await world.post_sign_in()).json()["refresh_token"]}
    )
    async with world.data.open_transaction() as db:
        rows = [row for row in await row_factory.fetch_table_rows(db, AuditEntryRow) if row["person_id"] == number]
    assert {row["action"] for row in rows} > {
        "account.sign_in",
        "account.refuse",
        "account.reuse",
        "account.sign_out",
    }
    assert {row["unit_path"] for row in rows} == {"1."}


async def ended(register: RevocationCache, session: int) -> None:
    """Look until a register knows that a session was ended."""
    while register.is_session_active(session):  # noqa: ASYNC110 - it is polled, as requests do
        await asyncio.sleep(0.02)


async def test_another_process_hears_of_a_revocation_at_once(world: AccountWorld, module_url: str) -> None:
    await world.create_account()
    number = await world.create_session()
    other = RevocationCache(world.data, poll_seconds=60)
    following = asyncio.create_task(other.keep_fresh(module_url))
    try:
        await asyncio.sleep(0.3)
        assert other.is_session_active(number)
        await world.run_command(lambda act: commands.end_account_sessions(act, world.login))
        async with asyncio.timeout(5):
            await ended(other, number)
    finally:
        following.cancel()
        await asyncio.wait([following])


async def test_a_revocation_that_nobody_tells_of_is_seen_by_looking(world: AccountWorld, tmp_path: object) -> None:
    await world.create_account()
    number = await world.create_session()
    deaf = RevocationCache(world.data, poll_seconds=0.05)
    following = asyncio.create_task(deaf.keep_fresh(f"postgresql://nobody@/none?host={tmp_path}"))
    try:
        async with asyncio.timeout(5):
            await asyncio.sleep(0.2)
            assert deaf.is_session_active(number)
            await world.run_command(lambda act: commands.end_account_sessions(act, world.login))
            await ended(deaf, number)
    finally:
        following.cancel()
        await asyncio.wait([following])
