"""GraphQL over server-sent events: the distinct connections of the protocol of the npm package graphql-sse."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any, Final

import structlog
from starlette.types import Receive, Send

from kinerja import clock, errors, replies
from kinerja.calls import Call
from kinerja.guards import Admitted
from kinerja.live.telling import Telling, check
from kinerja.tokens import SignedIn

COMPLETE: Final = b"event: complete\ndata:\n\n"

_BEAT: Final = b":\n\n"
_HEADERS: Final = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # a proxy in between is not to hold events back
    (b"x-content-type-options", b"nosniff"),
)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Bounds:
    """Seconds between signs of life, and how long a client may take to read one message."""

    beat_seconds: float = 12.0
    send_seconds: float = 10.0


class _Left(Exception):
    """The client went, or does not read."""


@dataclass(frozen=True, slots=True)
class Streams:
    """Answers subscriptions over HTTP."""

    telling: Telling
    bounds: Bounds = Bounds()

    async def __call__(
        self,
        call: Call,
        admitted: Admitted,
        signed: SignedIn | None,
        headers: Iterable[tuple[bytes, bytes]],
        receive: Receive,
        send: Send,
    ) -> None:
        """Stream until the events end or the client goes."""
        gone = asyncio.create_task(_hang_up(receive))
        streaming = asyncio.create_task(self._stream(call, admitted, signed, headers, send))
        try:
            await asyncio.wait([gone, streaming], return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            streaming.cancel()
            await asyncio.gather(gone, streaming, return_exceptions=True)
        if not streaming.cancelled() and (error := streaming.exception()) is not None:
            _log.warning("stream_broke", exc_info=error, request=call.request_id)  # what began cannot be taken back

    async def _stream(
        self,
        call: Call,
        admitted: Admitted,
        signed: SignedIn | None,
        headers: Iterable[tuple[bytes, bytes]],
        send: Send,
    ) -> None:
        with suppress(_Left):
            await send(start(call, headers))
            await self._send(send, _BEAT)  # the head leaves now, not with the first event
            async with aclosing(self._messages(call, admitted, signed)) as messages:
                async for message in messages:
                    await self._send(send, message)
            # What the end of the process cuts off is not complete: the client is to come back.
            cut_off = self.telling.hub.stopping.is_set()
            await send({"type": "http.response.body", "body": b"" if cut_off else COMPLETE})

    async def _send(self, send: Send, message: bytes) -> None:
        try:
            async with asyncio.timeout(self.bounds.send_seconds):
                await send({"type": "http.response.body", "body": message, "more_body": True})
        except TimeoutError:
            raise _Left from None

    async def _messages(self, call: Call, admitted: Admitted, signed: SignedIn | None) -> AsyncGenerator[bytes, None]:
        """Results as they come, signs of life between them; at last an error, if there was one."""
        try:
            async with aclosing(self.telling.results(admitted, signed, call.request_id, call.peer)) as results:
                async for body in _beating(results, lambda: self._pause(signed)):
                    yield _BEAT if body is None else next_(body)
        except Exception as error:  # noqa: BLE001 - the wall behind which nothing internal may show
            yield next_(replies.result(None, errors.listed(error, call.request_id), b""))

    def _pause(self, signed: SignedIn | None) -> float:
        """Seconds to the next sign of life, or to the end of a token. Raises Rejected when that has come."""
        check(signed)
        left = self.bounds.beat_seconds if signed is None else (signed.until - clock.now()).total_seconds()
        return min(self.bounds.beat_seconds, max(left, 0.0))


async def single(call: Call, body: bytes, headers: Sequence[tuple[bytes, bytes]], send: Send) -> None:
    """Send one result as a stream, to a client that takes nothing else."""
    await send(start(call, headers))
    await send({"type": "http.response.body", "body": next_(body) + COMPLETE})


def start(call: Call, headers: Iterable[tuple[bytes, bytes]]) -> dict[str, Any]:
    """The head of a stream."""
    named = [*_HEADERS, (b"x-request-id", call.request_id.encode()), *headers]
    return {"type": "http.response.start", "status": 200, "headers": named}


def next_(body: bytes) -> bytes:
    """A result as an event; its JSON holds no line break."""
    return b"event: next\ndata: " + body + b"\n\n"


async def _beating(
    results: AsyncGenerator[bytes, None], pause: Callable[[], float]
) -> AsyncGenerator[bytes | None, None]:
    """Results, and None whenever there was none for as many seconds as `pause` says."""
    while True:
        coming = asyncio.ensure_future(anext(results))
        try:
            while not (await asyncio.wait([coming], timeout=pause()))[0]:
                yield None
            yield coming.result()
        except StopAsyncIteration:
            return
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)


async def _hang_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
