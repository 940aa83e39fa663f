"""GraphQL over server-sent events (SSE): distinct connections mode.

The protocol of the npm package graphql-sse.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any, Final

import structlog
from starlette.types import Receive, Send

from kinerja import business_date
from kinerja.auth.authenticator import Authenticated
from kinerja.graphql_server.admission import AdmittedOperation
from kinerja.graphql_server.subscriptions.delivery import SubscriptionDelivery, check_token
from kinerja.web import error_format, http_response
from kinerja.web.http_request import HttpRequest

COMPLETE_EVENT: Final = b"event: complete\ndata:\n\n"

_HEARTBEAT: Final = b":\n\n"
_HEADERS: Final = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # keeps a proxy from buffering the events
    (b"x-content-type-options", b"nosniff"),
)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """Seconds between heartbeats, and the send timeout of one message in seconds."""

    heartbeat_seconds: float = 12.0
    send_timeout_seconds: float = 10.0


class _ClientLeft(Exception):
    """The client disconnected, or does not read."""


@dataclass(frozen=True, slots=True)
class SseStreams:
    """Serves subscriptions over HTTP as server-sent events."""

    delivery: SubscriptionDelivery
    limits: StreamLimits = StreamLimits()

    async def __call__(
        self,
        call: HttpRequest,
        admitted: AdmittedOperation,
        authenticated: Authenticated | None,
        headers: Iterable[tuple[bytes, bytes]],
        receive: Receive,
        send: Send,
    ) -> None:
        """Stream until the events end or the client disconnects."""
        gone = asyncio.create_task(_wait_for_disconnect(receive))
        streaming = asyncio.create_task(self._stream_results(call, admitted, authenticated, headers, send))
        try:
            await asyncio.wait([gone, streaming], return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            streaming.cancel()
            await asyncio.gather(gone, streaming, return_exceptions=True)
        if not streaming.cancelled() and (error := streaming.exception()) is not None:
            _log.warning("stream_broke", exc_info=error, request=call.request_id)  # its start is already sent

    async def _stream_results(
        self,
        call: HttpRequest,
        admitted: AdmittedOperation,
        authenticated: Authenticated | None,
        headers: Iterable[tuple[bytes, bytes]],
        send: Send,
    ) -> None:
        with suppress(_ClientLeft):
            await send(build_response_start(call, headers))
            await self._send_chunk(send, _HEARTBEAT)  # sends the head now, not with the first event
            async with aclosing(self._event_messages(call, admitted, authenticated)) as messages:
                async for message in messages:
                    await self._send_chunk(send, message)
            # A stream cut off by shutdown is not complete: the client should reconnect.
            cut_off = self.delivery.event_hub.stopping.is_set()
            await send({"type": "http.response.body", "body": b"" if cut_off else COMPLETE_EVENT})

    async def _send_chunk(self, send: Send, message: bytes) -> None:
        try:
            async with asyncio.timeout(self.limits.send_timeout_seconds):
                await send({"type": "http.response.body", "body": message, "more_body": True})
        except TimeoutError:
            raise _ClientLeft from None

    async def _event_messages(
        self, call: HttpRequest, admitted: AdmittedOperation, authenticated: Authenticated | None
    ) -> AsyncGenerator[bytes, None]:
        """Stream results with heartbeats between them, and a final error if one occurred."""
        try:
            async with aclosing(
                self.delivery.stream_subscription(admitted, authenticated, call.request_id, call.peer)
            ) as results:
                async for body in _with_heartbeats(results, lambda: self._seconds_to_heartbeat(authenticated)):
                    yield _HEARTBEAT if body is None else format_next_event(body)
        except Exception as error:  # noqa: BLE001 - last handler: internal errors are masked
            yield format_next_event(
                http_response.build_result_body(None, error_format.format_exception(error, call.request_id), b"")
            )

    def _seconds_to_heartbeat(self, authenticated: Authenticated | None) -> float:
        """Return the seconds to the next heartbeat or to the token's expiry.

        Raises:
            RequestRejected: the token has expired or was revoked.
        """
        check_token(authenticated)
        left = (
            self.limits.heartbeat_seconds
            if authenticated is None
            else (authenticated.expires_at - business_date.utc_now()).total_seconds()
        )
        return min(self.limits.heartbeat_seconds, max(left, 0.0))


async def send_single_result(
    call: HttpRequest, body: bytes, headers: Sequence[tuple[bytes, bytes]], send: Send
) -> None:
    """Send one result as an event stream, to a client accepting nothing else."""
    await send(build_response_start(call, headers))
    await send({"type": "http.response.body", "body": format_next_event(body) + COMPLETE_EVENT})


def build_response_start(call: HttpRequest, headers: Iterable[tuple[bytes, bytes]]) -> dict[str, Any]:
    """Build the head of an event stream."""
    named = [*_HEADERS, (b"x-request-id", call.request_id.encode()), *headers]
    return {"type": "http.response.start", "status": 200, "headers": named}


def format_next_event(body: bytes) -> bytes:
    """Format a result as an event; its JSON holds no line break."""
    return b"event: next\ndata: " + body + b"\n\n"


async def _with_heartbeats(
    results: AsyncGenerator[bytes, None], pause: Callable[[], float]
) -> AsyncGenerator[bytes | None, None]:
    """Yield results, and None after each `pause()` seconds without one."""
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


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
