"""Signing in: who is let in, who is not, and that the answer does not tell why."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import argon2
import argon2.profiles
import pytest

from domain.account import commands
from domain.account.requests import GrantRole
from domain.account.tables import AccountRow, LoginSessionRow, RoleGrantRow
from domain.actor import Role
from domain.audit.tables import AuditEntryRow
from domain.organisation.tables import UnitRow
from kinerja.auth import password_hasher
from tests import row_factory
from tests.kinerja.auth.conftest import PASSWORD, AccountWorld

WRONG = "teh tawar di sore hari"


async def test_a_password_gives_tokens_that_are_believed(world: AccountWorld) -> None:
    person = await world.create_account()
    answer = await world.post_sign_in()
    body = answer.json()
    assert (answer.status_code, body["role"], body["token_type"], body["expires_in"]) == (
        200,
        "employee",
        "Bearer",
        900,
    )
    assert answer.headers["cache-control"] == "no-store"
    assert await world.principal_of_token(body["access_token"]) == f"employee:{person}"
    assert ("account.sign_in", None) in await world.audit_actions()


async def test_neither_password_nor_token_is_kept(world: AccountWorld) -> None:
    await world.create_account()
    body = (await world.post_sign_in()).json()
    async with world.data.open_transaction() as db:
        kept = str([await row_factory.fetch_table_rows(db, table) for table in (AccountRow, LoginSessionRow)])
    assert "$argon2id$" in kept
    assert PASSWORD not in kept
    assert body["refresh_token"] not in kept
    assert body["refresh_token"][4:47] not in kept
    assert body["refresh_token"][47:] not in kept


async def test_every_refusal_is_answered_alike_and_only_the_trail_tells(world: AccountWorld) -> None:
    await world.create_account()
    await world.create_account("agus.off")
    await world.run_command(lambda act: commands.disable_account(act, "agus.off"))
    await world.create_account("rina.none")
    async with world.data.open_transaction() as db:
        (*_, grant) = await row_factory.fetch_table_rows(db, RoleGrantRow)
    await world.run_command(lambda act: commands.revoke_grant(act, grant["id"]))
    await world.create_account("dewi.locked")
    for _ in range(5):
        await world.post_sign_in("dewi.locked", WRONG)
    before = world.password_hasher.verified_count
    answers = [
        await world.post_sign_in(world.login, WRONG),
        await world.post_sign_in("no.such.name"),
        await world.post_sign_in("agus.off"),
        await world.post_sign_in("rina.none"),
        await world.post_sign_in("dewi.locked"),
    ]
    for each in answers:
        body = each.json()
        del body["errors"][0]["extensions"]["requestId"]
        assert each.status_code == 401
        assert body["errors"] == [
            {
                "message": "The name or the password is wrong, or the account cannot sign in now.",
                "extensions": {"code": "NOT_SIGNED_IN"},
            }
        ]
        assert {name for name in each.headers if name != "x-request-id"} == {
            name for name in answers[0].headers if name != "x-request-id"
        }
    assert world.password_hasher.verified_count - before == len(answers), "the same work, whatever the reason"
    reasons = [reason for action, reason in await world.audit_actions() if action == "account.refuse"]
    assert reasons[-5:] == ["PASSWORD", "UNKNOWN", "DISABLED", "NO_ROLE", "LOCKED"]


async def test_the_trail_does_not_keep_a_name_that_was_never_one(world: AccountWorld) -> None:
    await world.post_sign_in("kata-sandi-di-kolom-nama", "x")
    async with world.data.open_transaction() as db:
        assert "kata-sandi" not in str(await row_factory.fetch_table_rows(db, AuditEntryRow))


async def test_five_failures_lock_and_the_wait_opens(world: AccountWorld) -> None:
    await world.create_account()
    for _ in range(5):
        await world.post_sign_in(password=WRONG)
    assert (await world.post_sign_in()).status_code == 401
    world.instants.ahead = timedelta(minutes=14)
    assert (await world.post_sign_in()).status_code == 401
    world.instants.ahead = timedelta(minutes=16)
    assert (await world.post_sign_in()).status_code == 200
    assert (await world.post_sign_in(password=WRONG)).status_code == 401
    assert (await world.post_sign_in()).status_code == 200, "success begins the count anew"


async def test_another_failure_after_the_wait_locks_for_twice_as_long(world: AccountWorld) -> None:
    await world.create_account()
    for _ in range(5):
        await world.post_sign_in(password=WRONG)
    world.instants.ahead = timedelta(minutes=16)
    await world.post_sign_in(password=WRONG)
    world.instants.ahead = timedelta(minutes=16 + 29)
    assert (await world.post_sign_in()).status_code == 401
    world.instants.ahead = timedelta(minutes=16 + 31)
    assert (await world.post_sign_in()).status_code == 200


async def test_of_many_attempts_at_once_no_more_are_heard_than_may_fail(world: AccountWorld) -> None:
    await world.create_account()
    answers = await asyncio.gather(*(world.post_sign_in(password=WRONG) for _ in range(12)))
    assert {each.status_code for each in answers} == {401}
    reasons = [reason for action, reason in await world.audit_actions() if action == "account.refuse"]
    assert sorted(reasons, key=str) == ["LOCKED"] * 7 + ["PASSWORD"] * 5


async def test_an_operator_opens_a_locked_account(world: AccountWorld) -> None:
    await world.create_account()
    for _ in range(5):
        await world.post_sign_in(password=WRONG)
    await world.run_command(lambda act: commands.unlock_account(act, world.login))
    assert (await world.post_sign_in()).status_code == 200


async def test_who_holds_several_roles_picks_one(world: AccountWorld) -> None:
    async with world.data.open_transaction() as db:
        number = await row_factory.insert_unit(db, code="DINAS-17")
    person = await world.create_account()
    since = date(2020, 1, 1)
    hr = GrantRole(login=world.login, role=Role.HR, unit="DINAS-17", starts_on=since)
    await world.run_command(lambda act: commands.grant_role(act, hr))
    asked = await world.post_sign_in()
    assert (asked.status_code, asked.json()["errors"][0]["extensions"]["code"]) == (400, "INVALID_INPUT")
    assert "employee, hr of DINAS-17" in asked.json()["errors"][0]["message"]
    assert (await world.post_sign_in(role="admin")).status_code == 400
    assert (await world.post_sign_in(role="king")).status_code == 400
    chosen = (await world.post_sign_in(role="hr", unit="DINAS-17")).json()
    assert await world.principal_of_token(chosen["access_token"]) == f"hr:{person}"
    async with world.data.open_transaction() as db:
        (path,) = [row["path"] for row in await row_factory.fetch_table_rows(db, UnitRow) if row["id"] == number]
    signed = world.app.endpoint.authenticate_header(f"Bearer {chosen['access_token']}")
    assert signed is not None
    assert signed.actor.unit_path == path


async def test_a_right_password_without_a_role_is_written_down(world: AccountWorld) -> None:
    await world.create_account()
    assert (await world.post_sign_in(role="admin")).status_code == 400
    assert (await world.audit_actions())[-1] == ("account.refuse", "NOT_CHOSEN")


async def test_a_role_that_was_granted_twice_is_one_role(world: AccountWorld) -> None:
    await world.create_account()
    for role in (Role.EMPLOYEE, Role.ADMIN):
        again = GrantRole(login=world.login, role=role, starts_on=date(2020, 1, 1))
        await world.run_command(lambda act, again=again: commands.grant_role(act, again))
    assert (await world.post_sign_in(role="employee")).json().get("role") == "employee"
    message = (await world.post_sign_in()).json()["errors"][0]["message"]
    assert message.endswith(": employee, admin.")


async def test_who_is_sent_away_for_the_crowd_has_not_failed(
    world: AccountWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.create_account()
    with monkeypatch.context() as crowded:
        crowded.setattr(password_hasher, "MAX_WAITING_HASHES", -password_hasher.MAX_CONCURRENT_HASHES)
        answers = [await world.post_sign_in() for _ in range(6)]
    assert {each.status_code for each in answers} == {429}
    assert (await world.post_sign_in()).status_code == 200


async def test_a_hash_of_other_parameters_is_made_anew_when_its_password_comes_by(world: AccountWorld) -> None:
    async def kept() -> str:
        async with world.data.open_transaction() as db:
            return str((await row_factory.fetch_table_rows(db, AccountRow))[-1]["password_hash"])

    await world.create_account()
    older = password_hasher.PasswordHasher(replace(argon2.profiles.CHEAPEST, time_cost=2))
    hashed = older.hash_password(PASSWORD, world.login)
    await world.run_command(lambda act: commands.set_password(act, world.login, hashed))
    assert (await world.post_sign_in(password=WRONG)).status_code == 401
    assert await kept() == hashed
    assert (await world.post_sign_in()).status_code == 200
    renewed = await kept()
    assert argon2.extract_parameters(renewed) == argon2.profiles.CHEAPEST
    assert (await world.post_sign_in()).status_code == 200
    assert await kept() == renewed


async def test_a_role_whose_days_are_over_is_not_held(world: AccountWorld) -> None:
    await world.create_account()
    past = GrantRole(login=world.login, role=Role.ADMIN, starts_on=date(2020, 1, 1), ends_on=date(2021, 1, 1))
    await world.run_command(lambda act: commands.grant_role(act, past))
    assert (await world.post_sign_in()).json()["role"] == "employee"
    assert (await world.post_sign_in(role="admin")).status_code == 400


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"{}", "application/json", 400),
        (b'{"login":"a","password":"b","more":1}', "application/json", 400),
        (b'{"login":1,"password":"b"}', "application/json", 400),
        (b'{"login":"a","password":"' + b"b" * 1025 + b'"}', "application/json", 400),
        (b'{"login":"a","password":"b"}', "text/plain", 415),
        (b" " * 300_000, "application/json", 413),
    ],
)
async def test_a_body_that_is_none_is_refused(
    world: AccountWorld, body: bytes, content_type: str, status: int
) -> None:
    answer = await world.client.post("/auth/token", content=body, headers={"content-type": content_type})
    assert answer.status_code == status
    assert answer.json()["errors"][0]["extensions"]["requestId"] == answer.headers["x-request-id"]
    assert world.password_hasher.verified_count == 0


@pytest.mark.parametrize("settings", [{"profile": "production", "sign_ins_per_minute": 3}])
async def test_an_address_that_tries_too_often_waits(world: AccountWorld) -> None:
    answers = [await world.post_sign_in(f"name.{n}") for n in range(4)]
    assert [each.status_code for each in answers] == [401, 401, 401, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert answers[-1].json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert world.password_hasher.verified_count == 3


@pytest.mark.parametrize("settings", [{"profile": "production", "allowed_origins": "https://app.example.go.id"}])
async def test_a_page_of_an_allowed_origin_may_sign_in_and_no_other(world: AccountWorld) -> None:
    await world.create_account()
    for origin, allowed in (("https://app.example.go.id", True), ("https://evil.example", False)):
        asked = await world.client.options("/auth/token", headers={"origin": origin})
        given = await world.client.post(
            "/auth/token", json={"login": world.login, "password": PASSWORD}, headers={"origin": origin}
        )
        for answer in (asked, given):
            assert answer.headers.get("access-control-allow-origin") == (origin if allowed else None)
