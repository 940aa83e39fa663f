"""GraphQL over WebSocket: the protocol `graphql-transport-ws`.

Also spoken by the npm package graphql-ws.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import structlog
from graphql import OperationType
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from kinerja import business_date
from kinerja.auth.authenticator import Authenticated
from kinerja.graphql_server.admission import Admission, AdmittedOperation
from kinerja.graphql_server.subscriptions.delivery import SubscriptionDelivery, check_token
from kinerja.postgres import database
from kinerja.web import error_format, graphql_protocol, http_request
from kinerja.web.graphql_protocol import ErrorCode, RequestRejected
from kinerja.web.http_request import HttpRequest

SUBPROTOCOL: Final = "graphql-transport-ws"
MAX_MESSAGE_BYTES: Final = 64 * 1024
"""Maximum size of a message, in bytes."""

_MAX_ID_LENGTH: Final = 128
_MAX_REASON_BYTES: Final = 123  # bytes in a close frame

_log = structlog.get_logger()

RunOperation = Callable[[HttpRequest, AdmittedOperation, Authenticated | None], Awaitable[bytes]]
"""Runs a query or a mutation and returns the body of its response."""
AuthenticateHeader = Callable[[str | None], Authenticated | None]
"""Authenticates the value of an `Authorization` header. Raises RequestRejected."""


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """Limits of one socket: timeouts in seconds, concurrent operations, interval of token checks."""

    init_timeout_seconds: float = 5.0
    send_timeout_seconds: float = 10.0
    max_operations: int = 20
    token_check_seconds: float = 20.0


class ConnectionClosing(Exception):
    """The socket is to be closed with a code and a reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:_MAX_REASON_BYTES].decode(errors="ignore")


class SlowConsumer(Exception):
    """The peer does not read its messages."""


@dataclass(frozen=True, slots=True)
class WebSocketServer:
    """Serves WebSocket connections; an ASGI application for one address.

    `origins` are the allowed origins of web pages beside our own; a client without an origin is no browser.
    `allows_anonymous` permits connections without a token.
    """

    admission: Admission
    delivery: SubscriptionDelivery
    authenticate_header: AuthenticateHeader
    run_operation: RunOperation
    origins: frozenset[str] = frozenset()
    allows_anonymous: bool = True
    limits: SocketLimits = SocketLimits()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket until it is closed."""
        socket = WebSocket(scope, receive, send)
        if self._is_foreign_origin(socket):
            await socket.close()  # before acceptance: HTTP 403
            return
        await WebSocketConnection(self, socket).serve_connection()

    def _is_foreign_origin(self, socket: WebSocket) -> bool:
        """Return true for a connection from a web page of a foreign origin.

        Browsers let any page open a socket to any address.
        """
        origin = socket.headers.get("origin")
        return (
            origin is not None
            and origin not in self.origins
            and not _is_same_origin(origin, socket.headers.get("host"))
        )


class WebSocketConnection:
    """One WebSocket connection: its authentication and running operations."""

    def __init__(self, server: WebSocketServer, socket: WebSocket) -> None:
        self._server = server
        self._socket = socket
        self._limits = server.limits
        self._request = http_request.parse_request_head({**socket.scope, "method": "POST"})
        self._initialised = asyncio.Event()
        self._authenticated: Authenticated | None = None
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._slow_consumer = asyncio.Event()

    async def serve_connection(self) -> None:
        """Run the protocol until either side closes the socket."""
        if SUBPROTOCOL not in self._socket.scope.get("subprotocols", ()):
            await self._socket.accept()
            await self._close_socket(ConnectionClosing(4406, "Subprotocol not acceptable"))
            return
        await self._socket.accept(SUBPROTOCOL)
        with structlog.contextvars.bound_contextvars(request=self._request.request_id):
            try:
                await self._run_until_first_ends(
                    self._receive_messages(),
                    self._supervise_connection(),
                    self._wait_for_shutdown(),
                    self._wait_for_slow_consumer(),
                )
            except ConnectionClosing as closing:
                await self._close_socket(closing)
            except WebSocketDisconnect:
                pass
            except SlowConsumer:
                await self._close_socket(ConnectionClosing(1013, "Try again later"))
            except Exception as error:  # noqa: BLE001 - last handler: internal errors are masked
                _log.exception("socket_failed", exc_info=error)
                await self._close_socket(ConnectionClosing(4500, "Internal server error"))
            finally:
                await self._cancel_operations()

    async def _run_until_first_ends(self, *works: Any) -> None:
        tasks = [asyncio.create_task(work) for work in works]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()

    async def _close_socket(self, closing: ConnectionClosing) -> None:
        # A peer reading nothing would block even the close.
        with suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
            async with asyncio.timeout(self._limits.send_timeout_seconds):
                await self._socket.close(closing.code, closing.reason)

    async def _cancel_operations(self) -> None:
        running = list(self._operations.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _wait_for_shutdown(self) -> None:
        await self._server.delivery.event_hub.stopping.wait()
        raise ConnectionClosing(1001, "Going away")

    async def _wait_for_slow_consumer(self) -> None:
        """Close the socket of a peer reading nothing."""
        await self._slow_consumer.wait()
        raise ConnectionClosing(1013, "Try again later")

    async def _supervise_connection(self) -> None:
        """Close a socket without timely initialisation, or with an expired or revoked token."""
        try:
            async with asyncio.timeout(self._limits.init_timeout_seconds):
                await self._initialised.wait()
        except TimeoutError:
            raise ConnectionClosing(4408, "Connection initialisation timeout") from None
        if self._authenticated is None:
            await asyncio.Event().wait()
            return
        await self._wait_for_token_end(self._authenticated)

    async def _wait_for_token_end(self, authenticated: Authenticated) -> None:
        """Close a socket at its token's expiry, and soon after a revocation."""
        while (left := (authenticated.expires_at - business_date.utc_now()).total_seconds()) > 0:
            await asyncio.sleep(min(left, self._limits.token_check_seconds))
            try:
                if not authenticated.is_current(business_date.utc_now()):
                    raise ConnectionClosing(4403, "Revoked")
            except database.DatabaseUnavailable:
                raise ConnectionClosing(1013, "Try again later") from None
        raise ConnectionClosing(4403, "Forbidden")

    async def _receive_messages(self) -> None:
        while True:
            message = _parse_client_message(await self._socket.receive())
            match message:
                case {"type": "connection_init"}:
                    await self._initialise(message.get("payload"))
                case {"type": "ping"}:
                    await self._send_message({"type": "pong"})
                case {"type": "pong"}:
                    pass
                case {"type": "subscribe", "id": str(identity), "payload": dict(payload)}:
                    self._start_operation(identity, payload)
                case {"type": "complete", "id": str(identity)}:
                    self._complete_operation(identity)
                case _:
                    raise ConnectionClosing(4400, "Invalid message")

    async def _initialise(self, payload: Any) -> None:
        if self._initialised.is_set():
            raise ConnectionClosing(4429, "Too many initialisation requests")
        if payload is not None and not isinstance(payload, dict):
            raise ConnectionClosing(4400, "Invalid message")
        given = _find_authorization(payload or {}, self._request.authorization)
        try:
            self._authenticated = self._server.authenticate_header(given)
        except RequestRejected:
            raise ConnectionClosing(4403, "Forbidden") from None
        except database.DatabaseUnavailable:
            raise ConnectionClosing(1013, "Try again later") from None
        if self._authenticated is None and not self._server.allows_anonymous:
            raise ConnectionClosing(4403, "Forbidden")
        self._initialised.set()
        await self._send_message({"type": "connection_ack"})

    def _start_operation(self, identity: str, payload: Mapping[str, Any]) -> None:
        if not self._initialised.is_set():
            raise ConnectionClosing(4401, "Unauthorized")
        if not 1 <= len(identity) <= _MAX_ID_LENGTH:
            raise ConnectionClosing(4400, "Invalid message: the id is not 1 to 128 letters long")
        if identity in self._operations:
            raise ConnectionClosing(4409, f"Subscriber for {identity} already exists")
        task = asyncio.create_task(self._run_operation(identity, payload))
        self._operations[identity] = task

    def _complete_operation(self, identity: str) -> None:
        task = self._operations.pop(identity, None)
        if task is not None:
            task.cancel()

    async def _run_operation(self, identity: str, payload: Mapping[str, Any]) -> None:
        try:
            found = await self._send_results(identity, payload)
            # An operation cut off by shutdown is not complete: the client should reconnect.
            if found is not None or not self._server.delivery.event_hub.stopping.is_set():
                await self._send_message(found or {"type": "complete", "id": identity})
        except (SlowConsumer, WebSocketDisconnect, RuntimeError):
            self._slow_consumer.set()
        finally:
            if self._operations.get(identity) is asyncio.current_task():
                del self._operations[identity]

    async def _send_results(self, identity: str, payload: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Send all results of an operation; return its final error message, if any."""
        try:
            async with aclosing(self._operation_bodies(self._admit_operation(payload))) as bodies:
                async for body in bodies:
                    await self._send_text(f'{{"id":{json.dumps(identity)},"type":"next","payload":{body.decode()}}}')
        except (SlowConsumer, WebSocketDisconnect, RuntimeError):
            raise
        except Exception as error:  # noqa: BLE001 - last handler: internal errors are masked
            return {
                "type": "error",
                "id": identity,
                "payload": error_format.format_exception(error, self._request.request_id),
            }
        return None

    def _admit_operation(self, payload: Mapping[str, Any]) -> AdmittedOperation:
        check_token(
            self._authenticated
        )  # a revoked token starts no further operation, even before `_wait_for_token_end` checks again
        if len(self._operations) > self._limits.max_operations:
            message = f"There are {self._limits.max_operations} operations on this socket; complete one first."
            raise RequestRejected(ErrorCode.RATE_LIMITED, message)
        asked = graphql_protocol.parse_message(payload)
        return self._server.admission.admit(
            asked, self._authenticated.actor if self._authenticated else None, self._request.peer
        )

    async def _operation_bodies(self, admitted: AdmittedOperation) -> AsyncGenerator[bytes, None]:
        if admitted.kind is not OperationType.SUBSCRIPTION:
            yield await self._server.run_operation(self._request, admitted, self._authenticated)
            return
        call = self._request
        telling = self._server.delivery.stream_subscription(admitted, self._authenticated, call.request_id, call.peer)
        async with aclosing(telling) as results:
            async for body in results:
                yield body

    async def _send_message(self, message: Mapping[str, Any]) -> None:
        await self._send_text(json.dumps(message, ensure_ascii=False, separators=(",", ":")))

    async def _send_text(self, text: str) -> None:
        try:
            async with asyncio.timeout(self._limits.send_timeout_seconds):
                await self._socket.send_text(text)
        except TimeoutError:
            raise SlowConsumer from None


def _is_same_origin(origin: str, host: str | None) -> bool:
    return urlsplit(origin).netloc == host


def _parse_client_message(received: Mapping[str, Any]) -> Mapping[str, Any]:
    """Parse a client message.

    Raises:
        ConnectionClosing: the message is invalid.
        WebSocketDisconnect: the client disconnected.
    """
    if received["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(received.get("code") or 1000, received.get("reason"))
    text = received.get("text")
    if text is None:
        raise ConnectionClosing(4400, "Invalid message: send text")
    encoded = text.encode("utf-8", "surrogatepass")
    if len(encoded) > MAX_MESSAGE_BYTES:
        raise ConnectionClosing(1009, "Message too big")
    try:
        message = graphql_protocol.parse_json(encoded)
    except RequestRejected:
        raise ConnectionClosing(4400, "Invalid message: the JSON cannot be read") from None
    if not isinstance(message, dict):
        raise ConnectionClosing(4400, "Invalid message")
    return message


def _find_authorization(payload: Mapping[str, Any], header: str | None) -> str | None:
    """Find the `Authorization` value of a connection.

    Taken from the payload under either spelling, or else from the handshake.
    """
    for name in ("Authorization", "authorization"):
        given = payload.get(name)
        if given is not None:
            return given if isinstance(given, str) else ""
    return header
