"""Whole responses leave in one write; whatever cannot goes uvicorn's way, and no request loses its answer."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from kinerja.web import http_request, http_response, uvicorn_protocol

GET = b"GET /graphql HTTP/1.1\r\nhost: x\r\n\r\n"


class FakeTransport:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        """Keep it."""
        assert not self.closed
        self.parts.append(data)

    def close(self) -> None:
        """Take no more."""
        self.closed = True

    def is_closing(self) -> bool:
        """Whether it takes no more."""
        return self.closed

    def pause_reading(self) -> None:
        """Nothing more comes anyway."""

    def resume_reading(self) -> None:
        """Nothing was held back."""

    def get_extra_info(self, _name: str) -> None:
        """Nothing is known of the other side."""


class ProtocolHarness:
    """One connection to an application that answers each request with its path, once it is let."""

    def __init__(self) -> None:
        config = uvicorn.Config(
            self.app, http=uvicorn_protocol.SingleWriteProtocol, interface="asgi3", lifespan="off", log_config=None
        )
        self.below = FakeTransport()
        self.protocol = uvicorn_protocol.SingleWriteProtocol(config, ServerState(), {})
        self.protocol.connection_made(cast("asyncio.Transport", self.below))
        self.release = asyncio.Event()
        self.release.set()
        self.bodies: list[bytes] = []

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the endpoint does."""
        call = http_request.parse_request_head(scope)
        self.bodies.append((await receive())["body"])
        await self.release.wait()
        reply = http_response.HttpResponse(200, scope["path"].encode())
        await http_response.send_response(call, reply, "application/json", (), send)

    async def asks(self, data: bytes) -> list[bytes]:
        """What is written in answer to what comes in."""
        if data:
            self.protocol.data_received(data)
        for _ in range(10):
            await asyncio.sleep(0)
        return self.below.parts


@pytest.fixture
async def make() -> Callable[[], ProtocolHarness]:
    return ProtocolHarness


Make = Callable[[], ProtocolHarness]


def read_heads(part: bytes) -> dict[bytes, bytes]:
    """The headers of a response."""
    return dict(line.split(b": ", 1) for line in part.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:])


async def test_a_response_is_one_write(make: Make) -> None:
    served = make()
    for turn in range(1, 4):
        parts = await served.asks(GET)
        assert len(parts) == turn
        assert parts[-1].startswith(b"HTTP/1.1 200 OK\r\n")
        assert parts[-1].endswith(b"\r\n\r\n/graphql")
    assert not served.below.closed
    assert served.protocol.server_state.total_requests == 3


async def test_both_ways_say_the_same(make: Make) -> None:
    named = GET.replace(b"host: x", b"host: x\r\nx-request-id: one")
    (whole,) = await make().asks(named)
    in_pieces = b"".join(await make().asks(named.replace(b"host: x", b"host: x\r\nconnection: close")))
    told = read_heads(in_pieces)
    assert told.pop(b"connection") == b"close"
    assert read_heads(whole) == told


async def test_the_last_response_of_a_connection_says_so_and_closes(make: Make) -> None:
    served = make()
    answer = b"".join(await served.asks(GET.replace(b"host: x", b"host: x\r\nconnection: close")))
    assert read_heads(answer)[b"connection"] == b"close"
    assert answer.endswith(b"/graphql")
    assert served.below.closed


async def test_a_head_has_no_body(make: Make) -> None:
    answer = b"".join(await make().asks(GET.replace(b"GET", b"HEAD")))
    assert read_heads(answer)[b"content-length"] == b"8"
    assert answer.endswith(b"\r\n\r\n")


async def test_requests_in_a_row_are_answered_in_their_order(make: Make) -> None:
    served = make()
    served.release.clear()
    paths = [b"/%d" % number for number in range(4)]
    await served.asks(b"".join(GET.replace(b"/graphql", path) for path in paths))
    assert served.below.parts == []
    served.release.set()
    answers = b"".join(await served.asks(b""))
    assert [part.partition(b"HTTP")[0] for part in answers.split(b"\r\n\r\n")[1:]] == paths


async def test_a_client_that_went_is_not_written_to(make: Make) -> None:
    served = make()
    served.release.clear()
    await served.asks(GET)
    served.below.closed = True
    served.protocol.connection_lost(None)
    served.release.set()
    assert await served.asks(b"") == []


async def test_a_slow_reader_is_waited_for(make: Make) -> None:
    served = make()
    served.protocol.pause_writing()
    assert await served.asks(GET) == []
    served.protocol.resume_writing()
    answer = b"".join(await served.asks(b""))
    assert answer.endswith(b"\r\n\r\n/graphql")


async def test_a_body_that_comes_later_is_read(make: Make) -> None:
    served = make()
    await served.asks(b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n")
    (answer,) = await served.asks(b"{}")
    assert served.bodies == [b"{}"]
    assert answer.endswith(b"/graphql")


async def test_a_socket_is_offered_nothing(make: Make) -> None:
    served = make()
    seen: list[Any] = []
    served.protocol.handle_websocket_upgrade = lambda: seen.append(dict(served.protocol.scope))  # type: ignore[method-assign]  # seen instead
    upgrade = (
        b"host: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: k\r\nsec-websocket-version: 13"
    )
    await served.asks(GET.replace(b"host: x", upgrade))
    assert len(seen) == 1
    assert http_request.RESPONSE_WRITER_KEY not in seen[0]
