"""graphql-transport-ws, spoken by a bare client: each message and each close code of the protocol."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from kinerja import business_date
from kinerja.auth import authenticator
from kinerja.graphql_server.subscriptions import websocket
from tests.kinerja.graphql_server.subscriptions.conftest import (
    AUDITOR,
    EMPLOYEE,
    LISTEN,
    LiveServer,
    Serving,
    issue_token,
)
from tests.kinerja.sample_api import SECRET

Progress = Callable[..., Awaitable[int]]


@asynccontextmanager
async def open_socket(port: int, **more: Any) -> AsyncIterator[ClientConnection]:
    protocols = [Subprotocol(websocket.SUBPROTOCOL)]
    async with connect(
        f"ws://127.0.0.1:{port}/graphql", **{"subprotocols": protocols, "proxy": None, **more}
    ) as made:
        yield made


async def send_message(socket: ClientConnection, **message: Any) -> None:
    await socket.send(json.dumps(message))


async def receive_message(socket: ClientConnection) -> Any:
    async with asyncio.timeout(15):
        return json.loads(await socket.recv())


async def initialise_socket(socket: ClientConnection, bearer: str | None = None) -> None:
    payload = {"Authorization": f"Bearer {bearer or issue_token()}"}
    await send_message(socket, type="connection_init", payload=payload)
    assert await receive_message(socket) == {"type": "connection_ack"}


async def subscribe_to_jobs(socket: ClientConnection, identity: str = "1", **variables: Any) -> None:
    await send_message(socket, type="subscribe", id=identity, payload={"query": LISTEN, "variables": variables})
    await wait_until_read(socket)


async def wait_until_read(socket: ClientConnection) -> None:
    """Wait until the server has read what was sent before."""
    await send_message(socket, type="ping")
    assert await receive_message(socket) == {"type": "pong"}
    await asyncio.sleep(0.02)


async def wait_until_closed(socket: ClientConnection) -> tuple[int, str]:
    with pytest.raises(ConnectionClosed) as end:
        await receive_message(socket)
    assert end.value.rcvd is not None
    return end.value.rcvd.code, end.value.rcvd.reason


async def test_an_event_comes_to_who_listens(served: LiveServer, progress: Progress) -> None:
    async with open_socket(served.port) as socket:
        await initialise_socket(socket)
        await subscribe_to_jobs(socket)
        job = await progress(5)
        message = await receive_message(socket)
        assert (message["type"], message["id"]) == ("next", "1")
        assert message["payload"]["data"]["jobProgressed"]["job"] == {"id": f"jo{job}", "done": 5}
        await send_message(socket, type="complete", id="1")
        await wait_until_read(socket)
        await progress(6)
        await subscribe_to_jobs(socket, "2")
        await progress(7)
        assert (await receive_message(socket))["id"] == "2"


async def test_who_may_not_see_it_is_told_nothing(served: LiveServer, progress: Progress) -> None:
    async with open_socket(served.port) as blind, open_socket(served.port) as seeing:
        await initialise_socket(blind, issue_token(EMPLOYEE))
        await initialise_socket(seeing)
        await subscribe_to_jobs(blind)
        await subscribe_to_jobs(seeing)
        await progress(5)
        assert (await receive_message(seeing))["type"] == "next"
        await wait_until_read(blind)  # nothing but the pong has come


async def test_one_job_alone_can_be_listened_to(served: LiveServer, progress: Progress) -> None:
    async with open_socket(served.port) as socket:
        await initialise_socket(socket)
        one, other = await progress(0), await progress(0)
        await subscribe_to_jobs(socket, job=f"jo{other}")
        await progress(0, one)
        await progress(0, other)
        assert (await receive_message(socket))["payload"]["data"]["jobProgressed"]["job"]["id"] == f"jo{other}"


async def test_who_comes_back_to_another_server_misses_none(serving: Serving, progress: Progress) -> None:
    async with serving() as one, serving() as other:
        async with open_socket(one.port) as socket:
            await initialise_socket(socket)
            await subscribe_to_jobs(socket)
            await progress(1)
            cursor = (await receive_message(socket))["payload"]["data"]["jobProgressed"]["cursor"]
        for done in (2, 3):
            await progress(done)
        async with open_socket(other.port) as socket:
            await initialise_socket(socket)
            await send_message(
                socket, type="subscribe", id="1", payload={"query": LISTEN, "variables": {"after": cursor}}
            )
            shown = [(await receive_message(socket))["payload"]["data"]["jobProgressed"] for _ in range(2)]
            await progress(4)
            shown.append((await receive_message(socket))["payload"]["data"]["jobProgressed"])
        assert [event["job"]["done"] for event in shown] == [2, 3, 4]


async def test_queries_and_mutations_go_over_it_too(served: LiveServer) -> None:
    async with open_socket(served.port) as socket:
        await initialise_socket(socket)
        await send_message(socket, type="subscribe", id="q", payload={"query": "{ __typename }"})
        answer = await receive_message(socket)
        assert (answer["type"], answer["payload"]["data"]) == ("next", {"__typename": "Query"})
        assert await receive_message(socket) == {"type": "complete", "id": "q"}
        await send_message(
            socket, type="subscribe", id="q", payload={"query": "{ __typename }"}
        )  # the id is free again
        assert (await receive_message(socket))["type"] == "next"


async def test_an_anonymous_client_may_ask_what_is_public(served: LiveServer) -> None:
    async with open_socket(served.port) as socket:
        await send_message(socket, type="connection_init")
        assert await receive_message(socket) == {"type": "connection_ack"}
        await send_message(socket, type="subscribe", id="q", payload={"query": "{ me { name } }"})
        assert (await receive_message(socket))["payload"]["data"] == {"me": None}


async def test_the_token_may_come_with_the_handshake(serving: Serving) -> None:
    headers = {"Authorization": f"Bearer {issue_token()}"}
    async with serving() as served, open_socket(served.port, additional_headers=headers) as socket:
        await send_message(socket, type="connection_init")
        assert await receive_message(socket) == {"type": "connection_ack"}
    async with serving() as served:
        headers = {"Authorization": "Bearer nonsense"}
        async with open_socket(served.port, additional_headers=headers) as socket:
            await send_message(socket, type="connection_init")
            assert await wait_until_closed(socket) == (4403, "Forbidden")


async def test_pings_are_answered_before_and_after_the_beginning(served: LiveServer) -> None:
    async with open_socket(served.port) as socket:
        await wait_until_read(socket)
        await initialise_socket(socket)
        await send_message(socket, type="pong")
        await wait_until_read(socket)


REFUSED = [
    ("{ nothing }", "VALIDATION_FAILED"),
    ("{", "SYNTAX_ERROR"),
    ('subscription { jobProgressed(after: "no cursor") { cursor } }', "INVALID_INPUT"),
    ('subscription { jobProgressed(job: "pe1") { cursor } }', "INVALID_INPUT"),
    ("subscription ($no: Boolean = false) { jobProgressed @include(if: $no) { cursor } }", "VALIDATION_FAILED"),
    (
        f'subscription {{ jobProgressed(after: "{base64.b64encode(b"""["event",1,1]""").decode()}") {{ cursor }} }}',
        "CURSOR_EXPIRED",
    ),
    ("query A { __typename } query B { __typename }", "BAD_REQUEST"),
]


@pytest.mark.parametrize(("document", "code"), REFUSED)
async def test_what_cannot_run_is_an_error_of_its_operation_alone(
    served: LiveServer, document: str, code: str
) -> None:
    async with open_socket(served.port) as socket:
        await initialise_socket(socket)
        await send_message(socket, type="subscribe", id="1", payload={"query": document})
        message = await receive_message(socket)
        assert (message["type"], message["id"]) == ("error", "1")
        assert [each["extensions"]["code"] for each in message["payload"]] == [code]
        await wait_until_read(socket)


@pytest.mark.parametrize(
    "text",
    [
        "not JSON",
        "[]",
        "{}",
        '{"type": "start"}',
        '{"type": "subscribe", "payload": {"query": "{ __typename }"}}',
        '{"type": "subscribe", "id": 1, "payload": {"query": "{ __typename }"}}',
        '{"type": "subscribe", "id": "1"}',
        '{"type": "complete"}',
        '{"type": "subscribe", "id": "", "payload": {"query": "{ __typename }"}}',
        '{"type": "ping", "payload": "\\u0000"}',
    ],
)
async def test_a_message_that_is_none_closes_the_socket(served: LiveServer, text: str) -> None:
    async with open_socket(served.port) as socket:
        await initialise_socket(socket)
        await socket.send(text)
        code, reason = await wait_until_closed(socket)
        assert (code, reason.partition(":")[0]) == (4400, "Invalid message")


async def test_bytes_are_no_message(served: LiveServer) -> None:
    async with open_socket(served.port) as socket:
        await initialise_socket(socket)
        await socket.send(b'{"type": "ping"}')
        assert (await wait_until_closed(socket))[0] == 4400


async def test_a_message_may_not_be_larger_than_its_limit(served: LiveServer) -> None:
    async with open_socket(served.port) as socket:
        await initialise_socket(socket)
        await socket.send(
            json.dumps({"type": "ping", "payload": {"filling": "x" * (websocket.MAX_MESSAGE_BYTES + 1)}})
        )
        assert (await wait_until_closed(socket))[0] == 1009


async def test_nothing_runs_before_the_beginning(served: LiveServer) -> None:
    async with open_socket(served.port) as socket:
        await send_message(socket, type="subscribe", id="1", payload={"query": "{ __typename }"})
        assert await wait_until_closed(socket) == (4401, "Unauthorized")


async def test_a_bad_token_is_forbidden(served: LiveServer) -> None:
    async with open_socket(served.port) as socket:
        await send_message(socket, type="connection_init", payload={"authorization": "Bearer nonsense"})
        assert await wait_until_closed(socket) == (4403, "Forbidden")


async def test_it_begins_once(served: LiveServer) -> None:
    async with open_socket(served.port) as socket:
        await initialise_socket(socket)
        await send_message(socket, type="connection_init")
        assert await wait_until_closed(socket) == (4429, "Too many initialisation requests")


async def test_an_id_names_one_operation_at_a_time(served: LiveServer) -> None:
    async with open_socket(served.port) as socket:
        await initialise_socket(socket)
        await subscribe_to_jobs(socket, "same")
        await send_message(socket, type="subscribe", id="same", payload={"query": LISTEN})
        assert await wait_until_closed(socket) == (4409, "Subscriber for same already exists")


async def test_it_must_begin_in_time(serving: Serving) -> None:
    async with (
        serving(websocket.SocketLimits(init_timeout_seconds=0.05)) as served,
        open_socket(served.port) as socket,
    ):
        assert await wait_until_closed(socket) == (4408, "Connection initialisation timeout")


async def test_a_socket_runs_so_many_operations_and_no_more(serving: Serving) -> None:
    async with serving(websocket.SocketLimits(max_operations=2)) as served, open_socket(served.port) as socket:
        await initialise_socket(socket)
        await subscribe_to_jobs(socket, "1")
        await subscribe_to_jobs(socket, "2")
        await send_message(socket, type="subscribe", id="3", payload={"query": LISTEN})
        message = await receive_message(socket)
        assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "RATE_LIMITED")
        await send_message(socket, type="complete", id="1")
        await subscribe_to_jobs(socket, "4")


async def test_another_protocol_is_not_spoken(served: LiveServer) -> None:
    async with open_socket(served.port, subprotocols=None) as socket:
        assert await wait_until_closed(socket) == (4406, "Subprotocol not acceptable")


async def test_a_token_that_is_over_closes_the_socket(served: LiveServer) -> None:
    brief = authenticator.DemoTokens(SECRET).issue_demo_token(AUDITOR, business_date.utc_now(), timedelta(seconds=2))
    async with open_socket(served.port) as socket:
        await initialise_socket(socket, brief)
        await subscribe_to_jobs(socket)
        assert await wait_until_closed(socket) == (4403, "Forbidden")


async def test_the_end_of_the_server_closes_sockets_first(serving: Serving) -> None:
    async with serving() as served, open_socket(served.port) as socket:
        await initialise_socket(socket)
        await subscribe_to_jobs(socket)
        ending = asyncio.create_task(served.stop())
        assert (await wait_until_closed(socket))[0] == 1001
        async with asyncio.timeout(2):
            await ending


async def test_web_pages_of_other_origins_are_not_let_in(serving: Serving) -> None:
    async with serving(allowed_origins="https://app.example.go.id") as served:
        with pytest.raises(InvalidStatus) as refused:
            async with open_socket(served.port, origin=Origin("https://elsewhere.example")):
                pass
        assert refused.value.response.status_code == 403
        for origin in ("https://app.example.go.id", f"http://127.0.0.1:{served.port}"):
            async with open_socket(served.port, origin=Origin(origin)) as socket:
                await initialise_socket(socket)


async def test_a_peer_that_reads_nothing_is_let_go(served: LiveServer) -> None:
    assert isinstance(served.app.websocket_server, websocket.WebSocketServer)
    sockets = replace(served.app.websocket_server, limits=websocket.SocketLimits(send_timeout_seconds=0.1))
    heard: Iterator[MutableMapping[str, Any]] = iter(
        [
            {"type": "websocket.connect"},
            {"type": "websocket.receive", "text": '{"type": "connection_init"}'},
            {"type": "websocket.receive", "text": json.dumps(QUERY)},
        ]
    )
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        for message in heard:
            return message
        await never()
        raise AssertionError

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)
        if '"next"' in message.get("text", ""):
            await never()

    scope = {"type": "websocket", "path": "/graphql", "headers": [], "subprotocols": [websocket.SUBPROTOCOL]}
    async with asyncio.timeout(5):
        await sockets(scope, receive, send)
    assert (sent[-1]["type"], sent[-1]["code"]) == ("websocket.close", 1013)


QUERY = {"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }"}}


async def never() -> None:
    await asyncio.Event().wait()
