"""A subscription ends soon after its token was revoked, and in production does not begin without one."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import argon2.profiles
import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from domain.account import commands, rules, store
from domain.account.requests import AddAccount, GrantRole
from domain.actor import SYSTEM, Role
from domain.ports import Act
from kinerja import clock, context, database, jobs
from kinerja.accounts.accounts import Accounts
from kinerja.accounts.passwords import Hasher
from kinerja.accounts.register import Register
from kinerja.live import sse, websocket
from tests import made
from tests.kinerja.accounts.conftest import PASSWORD
from tests.kinerja.live.conftest import LISTEN, Served, running
from tests.kinerja.served import settings_for

LOGIN = "siti.aminah"


@pytest.fixture
async def accounts(module_url: str, module_data: database.Database, tmp_path: Path) -> AsyncIterator[Accounts]:
    """Accounts of a production service, kept fresh, with one person of role auditor."""
    means = context.Means(module_data, clock.Clock(module_data), jobs.Queue())
    hasher = Hasher(argon2.profiles.CHEAPEST)
    held = Accounts(settings_for(tmp_path, profile="production"), means, hasher, Register(module_data))
    async with module_data.write() as db:
        act = Act(db, jobs.Queue(), SYSTEM, rules.day(clock.now()), clock.now())
        if await store.account(db, LOGIN) is None:
            person = await made.person(db)
            await commands.add(act, AddAccount(login=LOGIN, person=person), hasher.hash(PASSWORD, LOGIN))
            asked = GrantRole(login=LOGIN, role=Role.ADMIN, starts_on=act.today)
            await commands.grant(act, asked)
    await held.register.refresh()
    following = asyncio.create_task(held.register.follow(module_url))
    yield held
    following.cancel()
    await asyncio.wait([following])


@pytest.fixture
async def served(
    module_url: str, module_data: database.Database, tmp_path: Path, accounts: Accounts
) -> AsyncIterator[Served]:
    """A production server with these accounts, that looks often whether a token stands."""
    async with running(
        module_url,
        module_data,
        tmp_path,
        websocket.Bounds(look_seconds=0.1),
        sse.Bounds(beat_seconds=0.1),
        reader=accounts.reader,
        signing_in=accounts.routes,
        profile="production",
    ) as made_:
        yield made_


async def signed_in(served: Served) -> str:
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{served.port}") as client:
        answer = await client.post("/auth/token", json={"login": LOGIN, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


async def sign_out(data: database.Database) -> None:
    async with data.write() as db:
        act = Act(db, jobs.Queue(), SYSTEM, rules.day(clock.now()), clock.now())
        assert await commands.sign_out(act, LOGIN) == 1


def socket(served: Served) -> Any:
    return connect(f"ws://127.0.0.1:{served.port}/graphql", subprotocols=[Subprotocol(websocket.PROTOCOL)])


async def test_a_socket_is_closed_when_its_token_is_revoked(served: Served, module_data: database.Database) -> None:
    token = await signed_in(served)
    async with socket(served) as made_:
        await made_.send(json.dumps({"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}}))
        assert json.loads(await made_.recv())["type"] == "connection_ack"
        await made_.send(json.dumps({"type": "subscribe", "id": "1", "payload": {"query": LISTEN}}))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.4):
                await made_.recv()
        await sign_out(module_data)
        with pytest.raises(ConnectionClosed) as closed:
            async with asyncio.timeout(5):
                await made_.recv()
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4403, "Revoked")


async def test_a_stream_ends_when_its_token_is_revoked(served: Served, module_data: database.Database) -> None:
    token = await signed_in(served)
    headers = {"authorization": f"Bearer {token}", "accept": "text/event-stream"}
    got = ""
    async with (
        asyncio.timeout(10),
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{served.port}") as client,
        client.stream("POST", "/graphql", json={"query": LISTEN}, headers=headers) as stream,
    ):
        assert stream.status_code == 200
        out = False
        async for text in stream.aiter_text():
            got += text
            if not out:
                out = True
                await sign_out(module_data)
    assert "The token was revoked." in got
    assert got.endswith("event: complete\ndata:\n\n")


@pytest.mark.parametrize("payload", [None, {}, {"Authorization": "Bearer hello"}, {"Authorization": 7}])
async def test_a_socket_without_a_good_token_is_refused(served: Served, payload: Any) -> None:
    async with socket(served) as made_:
        await made_.send(json.dumps({"type": "connection_init", "payload": payload}))
        with pytest.raises(ConnectionClosed) as closed:
            await made_.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4403


async def test_a_stream_without_a_token_is_refused(served: Served) -> None:
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{served.port}") as client:
        answer = await client.post("/graphql", json={"query": LISTEN}, headers={"accept": "text/event-stream"})
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["extensions"]["code"] == "NOT_SIGNED_IN"


async def test_a_revoked_token_opens_nothing_more_on_its_socket(
    module_url: str, module_data: database.Database, tmp_path: Path, accounts: Accounts
) -> None:
    rarely = websocket.Bounds(look_seconds=60)
    serving = running(
        module_url,
        module_data,
        tmp_path,
        rarely,
        reader=accounts.reader,
        signing_in=accounts.routes,
        profile="production",
    )
    async with serving as served:
        token = await signed_in(served)
        async with socket(served) as made_:
            await made_.send(json.dumps({"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}}))
            assert json.loads(await made_.recv())["type"] == "connection_ack"
            ask = json.dumps({"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }"}})
            await made_.send(ask)
            assert json.loads(await made_.recv())["type"] == "next"
            assert json.loads(await made_.recv())["type"] == "complete"
            await sign_out(module_data)
            await accounts.register.refresh()
            await made_.send(ask)
            told = json.loads(await made_.recv())
    assert (told["type"], told["payload"][0]["extensions"]["code"]) == ("error", "NOT_SIGNED_IN")
