"""The application with accounts, over a database of the module's own, and people to sign in."""

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import argon2.profiles
import httpx2
import pytest

from domain.account import commands, rules
from domain.account.requests import AddAccount, AddServiceAccount, GrantRole
from domain.account.tables import LoginSessionRow
from domain.actor import SYSTEM_ACTOR, Role
from domain.audit.tables import AuditEntryRow
from domain.ports import CommandContext
from kinerja import application, business_date
from kinerja.auth import authenticator, opaque_tokens
from kinerja.auth.account_auth import AccountAuth
from kinerja.auth.password_hasher import PasswordHasher
from kinerja.auth.revocation_cache import RevocationCache
from kinerja.graphql_server import request_context
from kinerja.jobs import job_worker
from kinerja.postgres import database
from tests import row_factory
from tests.kinerja.sample_api import API, settings_for

PASSWORD = "kopi tubruk di pagi hari"
_numbers = itertools.count(1)


class MovableClock:
    """The clock of the tests, which can be put forward."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def shifted_now(self) -> datetime:
        """This instant, put forward."""
        return datetime.now(UTC) + self.ahead


@dataclass
class AccountWorld:
    """An application, its accounts and its database."""

    data: database.Database
    account_auth: AccountAuth
    password_hasher: PasswordHasher
    revocations: RevocationCache
    client: httpx2.AsyncClient
    instants: MovableClock
    app: application.Application
    login: str
    began: int

    async def run_command(self, what: Any) -> Any:
        """What comes of a command in a transaction of its own."""
        async with self.data.open_transaction() as db:
            return await what(
                CommandContext(
                    db,
                    job_worker.JobQueue(),
                    SYSTEM_ACTOR,
                    rules.real_date(business_date.utc_now()),
                    business_date.utc_now(),
                )
            )

    async def create_account(self, login: str = "", role: Role = Role.EMPLOYEE, unit: str | None = None) -> int:
        """An account for somebody new, in a role; the number of the person."""
        login = login or self.login

        async def make(act: CommandContext) -> int:
            number = await row_factory.insert_person(act.db)
            await commands.add_account(
                act, AddAccount(login=login, person=number), self.password_hasher.hash_password(PASSWORD, login)
            )
            await commands.grant_role(act, GrantRole(login=login, role=role, unit=unit, starts_on=date(2020, 1, 1)))
            return number

        return int(await self.run_command(make))

    async def create_service(self, name: str, unit: str | None = None, days: int = 10) -> str:
        """The token of a new service account."""
        token = opaque_tokens.create_service_token()
        asked = AddServiceAccount(
            name=name, unit=unit, expires_on=rules.real_date(business_date.utc_now()) + timedelta(days=days)
        )
        await self.run_command(
            lambda act: commands.add_service_account(
                act, asked, opaque_tokens.hash_token(token), opaque_tokens.mask_token(token)
            )
        )
        await self.revocations.reload_revocations()
        return token

    async def post_sign_in(self, login: str = "", password: str = PASSWORD, **more: Any) -> httpx2.Response:
        """The answer to an attempt."""
        return await self.client.post(
            "/auth/token", json={"login": login or self.login, "password": password, **more}
        )

    async def create_session(self) -> int:
        """The number of a new session."""
        await self.post_sign_in()
        async with self.data.open_transaction() as db:
            return int((await row_factory.fetch_table_rows(db, LoginSessionRow))[-1]["id"])

    async def post_refresh(self, token: str) -> httpx2.Response:
        """The answer to a refresh."""
        return await self.client.post("/auth/refresh", json={"refresh_token": token})

    async def principal_of_token(self, token: str) -> Any:
        """Who asks with a token, or the code of its refusal."""
        headers = {"authorization": f"Bearer {token}"}
        answer = await self.client.post("/graphql", json={"query": "{ who }"}, headers=headers)
        body = answer.json()
        return body["data"]["who"] if "data" in body else body["errors"][0]["extensions"]["code"]

    async def audit_actions(self) -> list[tuple[str, str | None]]:
        """What the test wrote down, in order: action and reason."""
        async with self.data.open_transaction() as db:
            rows = await row_factory.fetch_table_rows(db, AuditEntryRow)
        return [(row["action"], row["reason"]) for row in rows if row["id"] > self.began]


@pytest.fixture
def settings() -> dict[str, Any]:
    """What is set beyond the usual; a test may fill it by `parametrize`."""
    return {"profile": "production"}


@pytest.fixture
async def world(
    module_data: database.Database, tmp_path: Path, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[AccountWorld]:
    """The application over the module's database, and a login name of the test's own."""
    instants = MovableClock()
    monkeypatch.setattr(business_date, "utc_now", instants.shifted_now)
    hasher, register = PasswordHasher(argon2.profiles.CHEAPEST), RevocationCache(module_data)
    chosen = settings_for(tmp_path, **settings)
    means = request_context.AppState(module_data, business_date.BusinessDate(module_data), job_worker.JobQueue())
    accounts = AccountAuth(chosen, means.data, means.clock, means.jobs, hasher, register)
    app = application.build_app(
        chosen,
        API,
        means,
        authenticator.build_authenticator(chosen, accounts.authenticator),
        auth_routes=accounts.routes,
    )
    await register.reload_revocations()
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        async with module_data.open_transaction() as db:
            began = max((row["id"] for row in await row_factory.fetch_table_rows(db, AuditEntryRow)), default=0)
        login = f"siti.{next(_numbers)}"
        yield AccountWorld(module_data, accounts, hasher, register, client, instants, app, login, began)
