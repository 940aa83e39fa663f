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
from domain.actor import SYSTEM_ACTOR, Role
from domain.ports import CommandContext
from kinerja import business_date
from kinerja.auth.account_auth import AccountAuth
from kinerja.auth.password_hasher import PasswordHasher
from kinerja.auth.revocation_cache import RevocationCache
from kinerja.graphql_server import request_context
from kinerja.graphql_server.subscriptions import sse, websocket
from kinerja.jobs import job_worker
from kinerja.postgres import database
from tests import row_factory
from tests.kinerja.auth.conftest import PASSWORD
from tests.kinerja.graphql_server.subscriptions.conftest import LISTEN, LiveServer, run_live_server
from tests.kinerja.sample_api import settings_for

LOGIN = "siti.aminah"


@pytest.fixture
async def accounts(module_url: str, module_data: database.Database, tmp_path: Path) -> AsyncIterator[AccountAuth]:
    """Accounts of a production service, kept fresh, with one person of role auditor."""
    means = request_context.AppState(module_data, business_date.BusinessDate(module_data), job_worker.JobQueue())
    hasher = PasswordHasher(argon2.profiles.CHEAPEST)
    settings = settings_for(tmp_path, profile="production")
    held = AccountAuth(settings, means.data, means.clock, means.jobs, hasher, RevocationCache(module_data))
    async with module_data.open_transaction() as db:
        act = CommandContext(
            db, job_worker.JobQueue(), SYSTEM_ACTOR, rules.real_date(business_date.utc_now()), business_date.utc_now()
        )
        if await store.load_account(db, LOGIN) is None:
            person = await row_factory.insert_person(db)
            await commands.add_account(
                act, AddAccount(login=LOGIN, person=person), hasher.hash_password(PASSWORD, LOGIN)
            )
            asked = GrantRole(login=LOGIN, role=Role.ADMIN, starts_on=act.today)
            await commands.grant_role(act, asked)
    await held.revocations.reload_revocations()
    following = asyncio.create_task(held.revocations.keep_fresh(module_url))
    yield held
    following.cancel()
    await asyncio.wait([following])


@pytest.fixture
async def served(
    module_url: str, module_data: database.Database, tmp_path: Path, accounts: AccountAuth
) -> AsyncIterator[LiveServer]:
    """A production server with these accounts, that looks often whether a token stands."""
    async with run_live_server(
        module_url,
        module_data,
        tmp_path,
        websocket.SocketLimits(token_check_seconds=0.1),
        sse.StreamLimits(heartbeat_seconds=0.1),
        reader=accounts.authenticator,
        signing_in=accounts.routes,
        profile="production",
    ) as made_:
        yield made_


async def sign_in_over_http(served: LiveServer) -> str:
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{served.port}") as client:
        answer = await client.post("/auth/token", json={"login": LOGIN, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


async def sign_out_over_http(data: database.Database) -> None:
    async with data.open_transaction() as db:
        act = CommandContext(
            db, job_worker.JobQueue(), SYSTEM_ACTOR, rules.real_date(business_date.utc_now()), business_date.utc_now()
        )
        assert await commands.end_account_sessions(act, LOGIN) == 1


def open_socket_with_token(served: LiveServer) -> Any:
    return connect(f"ws://127.0.0.1:{served.port}/graphql", subprotocols=[Subprotocol(websocket.SUBPROTOCOL)])


async def test_a_socket_is_closed_when_its_token_is_revoked(
    served: LiveServer, module_data: database.Database
) -> None:
    token = await sign_in_over_http(served)
    async with open_socket_with_token(served) as made_:
        await made_.send(json.dumps({"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}}))
        assert json.loads(await made_.recv())["type"] == "connection_ack"
        await made_.send(json.dumps({"type": "subscribe", "id": "1", "payload": {"query": LISTEN}}))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.4):
                await made_.recv()
        await sign_out_over_http(module_data)
        with pytest.raises(ConnectionClosed) as closed:
            async with asyncio.timeout(5):
                await made_.recv()
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4403, "Revoked")


async def test_a_stream_ends_when_its_token_is_revoked(served: LiveServer, module_data: database.Database) -> None:
    token = await sign_in_over_http(served)
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
                await sign_out_over_http(module_data)
    assert "The token was revoked." in got
    assert got.endswith("event: complete\ndata:\n\n")


@pytest.mark.parametrize("payload", [None, {}, {"Authorization": "Bearer hello"}, {"Authorization": 7}])
async def test_a_socket_without_a_good_token_is_refused(served: LiveServer, payload: Any) -> None:
    async with open_socket_with_token(served) as made_:
        await made_.send(json.dumps({"type": "connection_init", "payload": payload}))
        with pytest.raises(ConnectionClosed) as closed:
            await made_.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4403


async def test_a_stream_without_a_token_is_refused(served: LiveServer) -> None:
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{served.port}") as client:
        answer = await client.post("/graphql", json={"query": LISTEN}, headers={"accept": "text/event-stream"})
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["extensions"]["code"] == "NOT_SIGNED_IN"


async def test_a_revoked_token_opens_nothing_more_on_its_socket(
    module_url: str, module_data: database.Database, tmp_path: Path, accounts: AccountAuth
) -> None:
    rarely = websocket.SocketLimits(token_check_seconds=60)
    serving = run_live_server(
        module_url,
        module_data,
        tmp_path,
        rarely,
        reader=accounts.authenticator,
        signing_in=accounts.routes,
        profile="production",
    )
    async with serving as served:
        token = await sign_in_over_http(served)
        async with open_socket_with_token(served) as made_:
            await made_.send(json.dumps({"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}}))
            assert json.loads(await made_.recv())["type"] == "connection_ack"
            ask = json.dumps({"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }"}})
            await made_.send(ask)
            assert json.loads(await made_.recv())["type"] == "next"
            assert json.loads(await made_.recv())["type"] == "complete"
            await sign_out_over_http(module_data)
            await accounts.revocations.reload_revocations()
            await made_.send(ask)
            told = json.loads(await made_.recv())
    assert (told["type"], told["payload"][0]["extensions"]["code"]) == ("error", "NOT_SIGNED_IN")
