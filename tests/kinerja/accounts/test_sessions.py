"""Sessions: refreshed in rotation, ended when a token comes twice, and ended at once everywhere."""

import asyncio
from datetime import timedelta

import pytest
from sqlmodel import col

from domain.account import commands, rules, store
from domain.account.tables import LoginSessionRow, RoleGrantRow
from domain.actor import SYSTEM
from domain.journal.tables import AuditEntryRow
from domain.ports import Act
from kinerja import clock, jobs
from kinerja.accounts.register import Register
from tests import made
from tests.kinerja.accounts.conftest import World


async def test_a_refresh_gives_a_new_pair_in_the_same_role(world: World) -> None:
    person = await world.person()
    first = (await world.sign_in()).json()
    second = (await world.refresh(first["refresh_token"])).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert await world.who(second["access_token"]) == f"employee:{person}"
    assert (await world.refresh(second["refresh_token"])).status_code == 200


async def test_a_token_that_comes_twice_ends_its_session(world: World) -> None:
    await world.person()
    first = (await world.sign_in()).json()
    other = (await world.sign_in()).json()
    second = (await world.refresh(first["refresh_token"])).json()
    assert (await world.refresh(first["refresh_token"])).status_code == 401
    assert (await world.refresh(second["refresh_token"])).status_code == 401
    assert await world.who(second["access_token"]) == "NOT_SIGNED_IN"
    assert ("account.reuse", "REUSED") in await world.trail()
    assert (await world.refresh(other["refresh_token"])).status_code == 200, "another session is none of it"


async def test_of_two_refreshes_at_once_exactly_one_wins(world: World) -> None:
    await world.person()
    for _ in range(5):
        token = (await world.sign_in()).json()["refresh_token"]
        answers = await asyncio.gather(*(world.refresh(token) for _ in range(4)))
        assert sorted(each.status_code for each in answers) == [200, 401, 401, 401]


async def test_a_token_that_was_never_one_ends_nothing(world: World) -> None:
    await world.person()
    token = (await world.sign_in()).json()["refresh_token"]
    for wrong in ("", "knr_", token[:-1], f"knr_{'A' * 86}", "knr_" + "A" * 43 + token[47:], token + "A"):
        assert (await world.refresh(wrong)).status_code == 401
    assert (await world.refresh(token)).status_code == 200


async def test_a_session_ends_by_idleness_and_after_thirty_days(world: World) -> None:
    await world.person()
    idle = (await world.sign_in()).json()["refresh_token"]
    busy = (await world.sign_in()).json()["refresh_token"]
    for day in range(6, 30, 6):
        world.instants.ahead = timedelta(days=day)
        busy = (await world.refresh(busy)).json()["refresh_token"]
    assert (await world.refresh(idle)).status_code == 401
    world.instants.ahead = timedelta(days=29, hours=23)
    busy = (await world.refresh(busy)).json()["refresh_token"]
    world.instants.ahead = timedelta(days=30, minutes=1)
    assert (await world.refresh(busy)).status_code == 401


async def test_an_access_token_is_over_after_a_quarter_of_an_hour(world: World) -> None:
    person = await world.person()
    token = (await world.sign_in()).json()["access_token"]
    world.instants.ahead = timedelta(minutes=14)
    assert await world.who(token) == f"employee:{person}"
    world.instants.ahead = timedelta(minutes=15, seconds=1)
    assert await world.who(token) == "NOT_SIGNED_IN"


async def test_signing_out_ends_one_session_or_all(world: World) -> None:
    person = await world.person()
    one, two, three = [(await world.sign_in()).json() for _ in range(3)]
    done = await world.client.post("/auth/revoke", json={"refresh_token": one["refresh_token"]})
    assert done.status_code == 204
    assert await world.who(one["access_token"]) == "NOT_SIGNED_IN"
    assert await world.who(two["access_token"]) == f"employee:{person}"
    everywhere = {"refresh_token": two["refresh_token"], "everywhere": True}
    assert (await world.client.post("/auth/revoke", json=everywhere)).status_code == 204
    assert await world.who(three["access_token"]) == "NOT_SIGNED_IN"
    assert (await world.refresh(three["refresh_token"])).status_code == 401
    nothing = await world.client.post("/auth/revoke", json={"refresh_token": "knr_nothing"})
    assert nothing.status_code == 204


async def test_an_old_token_cannot_end_other_sessions(world: World) -> None:
    person = await world.person()
    copied, other = (await world.sign_in()).json(), (await world.sign_in()).json()
    await world.refresh(copied["refresh_token"])
    body = {"refresh_token": copied["refresh_token"], "everywhere": True}
    await world.client.post("/auth/revoke", json=body)
    assert (await world.refresh(copied["refresh_token"])).status_code == 401
    assert await world.who(other["access_token"]) == f"employee:{person}"


async def test_disabling_a_new_password_and_a_lost_role_end_sessions(world: World) -> None:
    async def grant_is_lost(_act: object) -> None:
        async with world.data.write() as db:
            (*_, row) = await made.rows_of(db, RoleGrantRow)
        await world.act(lambda act: commands.revoke_grant(act, row["id"]))

    await world.person()
    for ends in (
        lambda act: commands.set_password(act, world.login, world.hasher.hash("sebuah sandi lain lagi", world.login)),
        lambda act: commands.disable(act, world.login),
        grant_is_lost,
    ):
        await world.act(lambda act: commands.enable(act, world.login))
        await world.act(
            lambda act: commands.set_password(
                act, world.login, world.hasher.hash("kopi tubruk di pagi hari", world.login)
            )
        )
        begun = (await world.sign_in()).json()
        await world.act(ends)
        await world.register.refresh()
        assert await world.who(begun["access_token"]) == "NOT_SIGNED_IN"
        assert (await world.refresh(begun["refresh_token"])).status_code == 401


@pytest.mark.parametrize("path", ["refresh", "revoke"])
async def test_a_refresh_and_the_end_of_all_sessions_do_not_wait_for_each_other(world: World, path: str) -> None:
    await world.person()
    token = (await world.sign_in()).json()["refresh_token"]
    async with world.data.write() as db:
        held = await store.account(db, world.login)
        assert held is not None
        asking = asyncio.create_task(world.client.post(f"/auth/{path}", json={"refresh_token": token}))
        await asyncio.sleep(0.2)
        act = Act(db, jobs.Queue(), SYSTEM, rules.day(clock.now()), clock.now())
        await commands.revoke_sessions(act, col(LoginSessionRow.account_id) == held.id)
    assert (await asking).status_code == {"refresh": 401, "revoke": 204}[path]


async def test_what_is_done_in_a_session_is_for_the_auditors_of_the_persons_unit(world: World) -> None:
    number = await world.person()
    token = (await world.sign_in()).json()["refresh_token"]
    await world.sign_in(password="sandi yang salah")
    await world.refresh(token)
    await world.refresh(token)
    await world.client.post("/auth/revoke", json={"refresh_token": (await world.sign_in()).json()["refresh_token"]})
    async with world.data.write() as db:
        rows = [row for row in await made.rows_of(db, AuditEntryRow) if row["person_id"] == number]
    assert {row["action"] for row in rows} > {
        "account.sign_in",
        "account.refuse",
        "account.reuse",
        "account.sign_out",
    }
    assert {row["unit_path"] for row in rows} == {"1."}


async def ended(register: Register, session: int) -> None:
    """Look until a register knows that a session was ended."""
    while register.goes_on(session):  # noqa: ASYNC110 - it is polled, as requests do
        await asyncio.sleep(0.02)


async def test_another_process_hears_of_a_revocation_at_once(world: World, module_url: str) -> None:
    await world.person()
    number = await world.session()
    other = Register(world.data, poll_seconds=60)
    following = asyncio.create_task(other.follow(module_url))
    try:
        await asyncio.sleep(0.3)
        assert other.goes_on(number)
        await world.act(lambda act: commands.sign_out(act, world.login))
        async with asyncio.timeout(5):
            await ended(other, number)
    finally:
        following.cancel()
        await asyncio.wait([following])


async def test_a_revocation_that_nobody_tells_of_is_seen_by_looking(world: World, tmp_path: object) -> None:
    await world.person()
    number = await world.session()
    deaf = Register(world.data, poll_seconds=0.05)
    following = asyncio.create_task(deaf.follow(f"postgresql://nobody@/none?host={tmp_path}"))
    try:
        async with asyncio.timeout(5):
            await asyncio.sleep(0.2)
            assert deaf.goes_on(number)
            await world.act(lambda act: commands.sign_out(act, world.login))
            await ended(deaf, number)
    finally:
        following.cancel()
        await asyncio.wait([following])
