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
from domain.actor import SYSTEM, Role
from domain.journal.tables import AuditEntryRow
from domain.ports import Act
from kinerja import clock, context, database, http, jobs, tokens
from kinerja.accounts import opaque
from kinerja.accounts.accounts import Accounts
from kinerja.accounts.passwords import Hasher
from kinerja.accounts.register import Register
from tests import made
from tests.kinerja.served import API, settings_for

PASSWORD = "kopi tubruk di pagi hari"
_numbers = itertools.count(1)


class Instants:
    """The clock of the tests, which can be put forward."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        """This instant, put forward."""
        return datetime.now(UTC) + self.ahead


@dataclass
class World:
    """An application, its accounts and its database."""

    data: database.Database
    accounts: Accounts
    hasher: Hasher
    register: Register
    client: httpx2.AsyncClient
    instants: Instants
    app: http.Application
    login: str
    began: int

    async def act(self, what: Any) -> Any:
        """What comes of a command in a transaction of its own."""
        async with self.data.write() as db:
            return await what(Act(db, jobs.Queue(), SYSTEM, rules.day(clock.now()), clock.now()))

    async def person(self, login: str = "", role: Role = Role.EMPLOYEE, unit: str | None = None) -> int:
        """An account for somebody new, in a role; the number of the person."""
        login = login or self.login

        async def make(act: Act) -> int:
            number = await made.person(act.db)
            await commands.add(act, AddAccount(login=login, person=number), self.hasher.hash(PASSWORD, login))
            await commands.grant(act, GrantRole(login=login, role=role, unit=unit, starts_on=date(2020, 1, 1)))
            return number

        return int(await self.act(make))

    async def service(self, name: str, unit: str | None = None, days: int = 10) -> str:
        """The token of a new service account."""
        token = opaque.service()
        asked = AddServiceAccount(name=name, unit=unit, expires_on=rules.day(clock.now()) + timedelta(days=days))
        await self.act(lambda act: commands.add_service(act, asked, opaque.sha256(token), opaque.hint(token)))
        await self.register.refresh()
        return token

    async def sign_in(self, login: str = "", password: str = PASSWORD, **more: Any) -> httpx2.Response:
        """The answer to an attempt."""
        return await self.client.post(
            "/auth/token", json={"login": login or self.login, "password": password, **more}
        )

    async def session(self) -> int:
        """The number of a new session."""
        await self.sign_in()
        async with self.data.write() as db:
            return int((await made.rows_of(db, LoginSessionRow))[-1]["id"])

    async def refresh(self, token: str) -> httpx2.Response:
        """The answer to a refresh."""
        return await self.client.post("/auth/refresh", json={"refresh_token": token})

    async def who(self, token: str) -> Any:
        """Who asks with a token, or the code of its refusal."""
        headers = {"authorization": f"Bearer {token}"}
        answer = await self.client.post("/graphql", json={"query": "{ who }"}, headers=headers)
        body = answer.json()
        return body["data"]["who"] if "data" in body else body["errors"][0]["extensions"]["code"]

    async def trail(self) -> list[tuple[str, str | None]]:
        """What the test wrote down, in order: action and reason."""
        async with self.data.write() as db:
            rows = await made.rows_of(db, AuditEntryRow)
        return [(row["action"], row["reason"]) for row in rows if row["id"] > self.began]


@pytest.fixture
def settings() -> dict[str, Any]:
    """What is set beyond the usual; a test may fill it by `parametrize`."""
    return {"profile": "production"}


@pytest.fixture
async def world(
    module_data: database.Database, tmp_path: Path, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    """The application over the module's database, and a login name of the test's own."""
    instants = Instants()
    monkeypatch.setattr(clock, "now", instants.now)
    hasher, register = Hasher(argon2.profiles.CHEAPEST), Register(module_data)
    chosen = settings_for(tmp_path, **settings)
    means = context.Means(module_data, clock.Clock(module_data), jobs.Queue())
    accounts = Accounts(chosen, means, hasher, register)
    app = http.app(chosen, API, means, tokens.reader(chosen, accounts.reader), signing_in=accounts.routes)
    await register.refresh()
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        async with module_data.write() as db:
            began = max((row["id"] for row in await made.rows_of(db, AuditEntryRow)), default=0)
        login = f"siti.{next(_numbers)}"
        yield World(module_data, accounts, hasher, register, client, instants, app, login, began)
