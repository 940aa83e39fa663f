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

from kinerja import clock, tokens
from kinerja.live import websocket
from tests.kinerja.live.conftest import AUDITOR, EMPLOYEE, LISTEN, Served, Serving, token
from tests.kinerja.served import SECRET

Progress = Callable[..., Awaitable[int]]


@asynccontextmanager
async def opened(port: int, **more: Any) -> AsyncIterator[ClientConnection]:
    protocols = [Subprotocol(websocket.PROTOCOL)]
    async with connect(
        f"ws://127.0.0.1:{port}/graphql", **{"subprotocols": protocols, "proxy": None, **more}
    ) as made:
        yield made


async def say(socket: ClientConnection, **message: Any) -> None:
    await socket.send(json.dumps(message))


async def hear(socket: ClientConnection) -> Any:
    async with asyncio.timeout(15):
        return json.loads(await socket.recv())


async def begin(socket: ClientConnection, bearer: str | None = None) -> None:
    payload = {"Authorization": f"Bearer {bearer or token()}"}
    await say(socket, type="connection_init", payload=payload)
    assert await hear(socket) == {"type": "connection_ack"}


async def listen(socket: ClientConnection, identity: str = "1", **variables: Any) -> None:
    await say(socket, type="subscribe", id=identity, payload={"query": LISTEN, "variables": variables})
    await settled(socket)


async def settled(socket: ClientConnection) -> None:
    """Wait until the server has read what was sent before."""
    await say(socket, type="ping")
    assert await hear(socket) == {"type": "pong"}
    await asyncio.sleep(0.02)


async def closed(socket: ClientConnection) -> tuple[int, str]:
    with pytest.raises(ConnectionClosed) as end:
        await hear(socket)
    assert end.value.rcvd is not None
    return end.value.rcvd.code, end.value.rcvd.reason


async def test_an_event_comes_to_who_listens(served: Served, progress: Progress) -> None:
    async with opened(served.port) as socket:
        await begin(socket)
        await listen(socket)
        job = await progress(5)
        message = await hear(socket)
        assert (message["type"], message["id"]) == ("next", "1")
        assert message["payload"]["data"]["jobProgressed"]["job"] == {"id": f"jo{job}", "done": 5}
        await say(socket, type="complete", id="1")
        await settled(socket)
        await progress(6)
        await listen(socket, "2")
        await progress(7)
        assert (await hear(socket))["id"] == "2"


async def test_who_may_not_see_it_is_told_nothing(served: Served, progress: Progress) -> None:
    async with opened(served.port) as blind, opened(served.port) as seeing:
        await begin(blind, token(EMPLOYEE))
        await begin(seeing)
        await listen(blind)
        await listen(seeing)
        await progress(5)
        assert (await hear(seeing))["type"] == "next"
        await settled(blind)  # nothing but the pong has come


async def test_one_job_alone_can_be_listened_to(served: Served, progress: Progress) -> None:
    async with opened(served.port) as socket:
        await begin(socket)
        one, other = await progress(0), await progress(0)
        await listen(socket, job=f"jo{other}")
        await progress(0, one)
        await progress(0, other)
        assert (await hear(socket))["payload"]["data"]["jobProgressed"]["job"]["id"] == f"jo{other}"


async def test_who_comes_back_to_another_server_misses_none(serving: Serving, progress: Progress) -> None:
    async with serving() as one, serving() as other:
        async with opened(one.port) as socket:
            await begin(socket)
            await listen(socket)
            await progress(1)
            cursor = (await hear(socket))["payload"]["data"]["jobProgressed"]["cursor"]
        for done in (2, 3):
            await progress(done)
        async with opened(other.port) as socket:
            await begin(socket)
            await say(socket, type="subscribe", id="1", payload={"query": LISTEN, "variables": {"after": cursor}})
            shown = [(await hear(socket))["payload"]["data"]["jobProgressed"] for _ in range(2)]
            await progress(4)
            shown.append((await hear(socket))["payload"]["data"]["jobProgressed"])
        assert [event["job"]["done"] for event in shown] == [2, 3, 4]


async def test_queries_and_mutations_go_over_it_too(served: Served) -> None:
    async with opened(served.port) as socket:
        await begin(socket)
        await say(socket, type="subscribe", id="q", payload={"query": "{ __typename }"})
        answer = await hear(socket)
        assert (answer["type"], answer["payload"]["data"]) == ("next", {"__typename": "Query"})
        assert await hear(socket) == {"type": "complete", "id": "q"}
        await say(socket, type="subscribe", id="q", payload={"query": "{ __typename }"})  # the id is free again
        assert (await hear(socket))["type"] == "next"


async def test_an_anonymous_client_may_ask_what_is_public(served: Served) -> None:
    async with opened(served.port) as socket:
        await say(socket, type="connection_init")
        assert await hear(socket) == {"type": "connection_ack"}
        await say(socket, type="subscribe", id="q", payload={"query": "{ me { name } }"})
        assert (await hear(socket))["payload"]["data"] == {"me": None}


async def test_the_token_may_come_with_the_handshake(serving: Serving) -> None:
    headers = {"Authorization": f"Bearer {token()}"}
    async with serving() as served, opened(served.port, additional_headers=headers) as socket:
        await say(socket, type="connection_init")
        assert await hear(socket) == {"type": "connection_ack"}
    async with serving() as served:
        headers = {"Authorization": "Bearer nonsense"}
        async with opened(served.port, additional_headers=headers) as socket:
            await say(socket, type="connection_init")
            assert await closed(socket) == (4403, "Forbidden")


async def test_pings_are_answered_before_and_after_the_beginning(served: Served) -> None:
    async with opened(served.port) as socket:
        await settled(socket)
        await begin(socket)
        await say(socket, type="pong")
        await settled(socket)


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
async def test_what_cannot_run_is_an_error_of_its_operation_alone(served: Served, document: str, code: str) -> None:
    async with opened(served.port) as socket:
        await begin(socket)
        await say(socket, type="subscribe", id="1", payload={"query": document})
        message = await hear(socket)
        assert (message["type"], message["id"]) == ("error", "1")
        assert [each["extensions"]["code"] for each in message["payload"]] == [code]
        await settled(socket)


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
async def test_a_message_that_is_none_closes_the_socket(served: Served, text: str) -> None:
    async with opened(served.port) as socket:
        await begin(socket)
        await socket.send(text)
        code, reason = await closed(socket)
        assert (code, reason.partition(":")[0]) == (4400, "Invalid message")


async def test_bytes_are_no_message(served: Served) -> None:
    async with opened(served.port) as socket:
        await begin(socket)
        await socket.send(b'{"type": "ping"}')
        assert (await closed(socket))[0] == 4400


async def test_a_message_may_not_be_larger_than_its_limit(served: Served) -> None:
    async with opened(served.port) as socket:
        await begin(socket)
        await socket.send(json.dumps({"type": "ping", "payload": {"filling": "x" * (websocket.MOST_BYTES + 1)}}))
        assert (await closed(socket))[0] == 1009


async def test_nothing_runs_before_the_beginning(served: Served) -> None:
    async with opened(served.port) as socket:
        await say(socket, type="subscribe", id="1", payload={"query": "{ __typename }"})
        assert await closed(socket) == (4401, "Unauthorized")


async def test_a_bad_token_is_forbidden(served: Served) -> None:
    async with opened(served.port) as socket:
        await say(socket, type="connection_init", payload={"authorization": "Bearer nonsense"})
        assert await closed(socket) == (4403, "Forbidden")


async def test_it_begins_once(served: Served) -> None:
    async with opened(served.port) as socket:
        await begin(socket)
        await say(socket, type="connection_init")
        assert await closed(socket) == (4429, "Too many initialisation requests")


async def test_an_id_names_one_operation_at_a_time(served: Served) -> None:
    async with opened(served.port) as socket:
        await begin(socket)
        await listen(socket, "same")
        await say(socket, type="subscribe", id="same", payload={"query": LISTEN})
        assert await closed(socket) == (4409, "Subscriber for same already exists")


async def test_it_must_begin_in_time(serving: Serving) -> None:
    async with serving(websocket.Bounds(init_seconds=0.05)) as served, opened(served.port) as socket:
        assert await closed(socket) == (4408, "Connection initialisation timeout")


async def test_a_socket_runs_so_many_operations_and_no_more(serving: Serving) -> None:
    async with serving(websocket.Bounds(operations=2)) as served, opened(served.port) as socket:
        await begin(socket)
        await listen(socket, "1")
        await listen(socket, "2")
        await say(socket, type="subscribe", id="3", payload={"query": LISTEN})
        message = await hear(socket)
        assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "RATE_LIMITED")
        await say(socket, type="complete", id="1")
        await listen(socket, "4")


async def test_another_protocol_is_not_spoken(served: Served) -> None:
    async with opened(served.port, subprotocols=None) as socket:
        assert await closed(socket) == (4406, "Subprotocol not acceptable")


async def test_a_token_that_is_over_closes_the_socket(served: Served) -> None:
    brief = tokens.Signer(SECRET).issue(AUDITOR, clock.now(), timedelta(seconds=2))
    async with opened(served.port) as socket:
        await begin(socket, brief)
        await listen(socket)
        assert await closed(socket) == (4403, "Forbidden")


async def test_the_end_of_the_server_closes_sockets_first(serving: Serving) -> None:
    async with serving() as served, opened(served.port) as socket:
        await begin(socket)
        await listen(socket)
        ending = asyncio.create_task(served.stop())
        assert (await closed(socket))[0] == 1001
        async with asyncio.timeout(2):
            await ending


async def test_web_pages_of_other_origins_are_not_let_in(serving: Serving) -> None:
    async with serving(allowed_origins="https://app.example.go.id") as served:
        with pytest.raises(InvalidStatus) as refused:
            async with opened(served.port, origin=Origin("https://elsewhere.example")):
                pass
        assert refused.value.response.status_code == 403
        for origin in ("https://app.example.go.id", f"http://127.0.0.1:{served.port}"):
            async with opened(served.port, origin=Origin(origin)) as socket:
                await begin(socket)


async def test_a_peer_that_reads_nothing_is_let_go(served: Served) -> None:
    assert isinstance(served.app.sockets, websocket.Sockets)
    sockets = replace(served.app.sockets, bounds=websocket.Bounds(send_seconds=0.1))
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

    scope = {"type": "websocket", "path": "/graphql", "headers": [], "subprotocols": [websocket.PROTOCOL]}
    async with asyncio.timeout(5):
        await sockets(scope, receive, send)
    assert (sent[-1]["type"], sent[-1]["code"]) == ("websocket.close", 1013)


QUERY = {"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }"}}


async def never() -> None:
    await asyncio.Event().wait()
