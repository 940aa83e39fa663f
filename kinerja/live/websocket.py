"""GraphQL over WebSocket: the protocol `graphql-transport-ws`, which the npm package graphql-ws speaks too."""

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

from kinerja import calls, clock, database, errors, protocol
from kinerja.calls import Call
from kinerja.guards import Admitted, Guards
from kinerja.live.telling import Telling, check
from kinerja.protocol import Code, Rejected
from kinerja.tokens import SignedIn

PROTOCOL: Final = "graphql-transport-ws"
MOST_BYTES: Final = 64 * 1024
"""Longest message."""

_LONGEST_ID: Final = 128
_LONGEST_REASON: Final = 123  # bytes that a close frame holds

_log = structlog.get_logger()

Run = Callable[[Call, Admitted, SignedIn | None], Awaitable[bytes]]
"""Runs a query or a mutation; the body of its response."""
Signing = Callable[[str | None], SignedIn | None]
"""Who asks, from the value of an `Authorization` header. Raises Rejected."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one socket may take, in seconds and operations at once; how often it is asked whether its token stands."""

    init_seconds: float = 5.0
    send_seconds: float = 10.0
    operations: int = 20
    look_seconds: float = 20.0


class Closing(Exception):
    """The socket is to be closed."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:_LONGEST_REASON].decode(errors="ignore")


class Stuck(Exception):
    """The peer does not read what is sent."""


@dataclass(frozen=True, slots=True)
class Sockets:
    """Serves sockets; an ASGI application for one address.

    `origins` are those of web pages that may connect beside our own; a client that sends none is no browser.
    `anonymous` tells whether somebody may come without a token.
    """

    guards: Guards
    telling: Telling
    signing: Signing
    run: Run
    origins: frozenset[str] = frozenset()
    anonymous: bool = True
    bounds: Bounds = Bounds()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket until it is closed."""
        socket = WebSocket(scope, receive, send)
        if self._from_elsewhere(socket):
            await socket.close()  # before it is accepted: HTTP 403
            return
        await Socket(self, socket).serve()

    def _from_elsewhere(self, socket: WebSocket) -> bool:
        """Whether a web page of another origin connects: browsers let any page open a socket to any address."""
        origin = socket.headers.get("origin")
        return origin is not None and origin not in self.origins and not _is_own(origin, socket.headers.get("host"))


class Socket:
    """One socket: who is behind it, and the operations that run over it."""

    def __init__(self, sockets: Sockets, socket: WebSocket) -> None:
        self._sockets = sockets
        self._socket = socket
        self._bounds = sockets.bounds
        self._call = calls.read({**socket.scope, "method": "POST"})
        self._ready = asyncio.Event()
        self._signed: SignedIn | None = None
        self._running: dict[str, asyncio.Task[None]] = {}
        self._stuck = asyncio.Event()

    async def serve(self) -> None:
        """Speak the protocol until somebody closes the socket."""
        if PROTOCOL not in self._socket.scope.get("subprotocols", ()):
            await self._socket.accept()
            await self._close(Closing(4406, "Subprotocol not acceptable"))
            return
        await self._socket.accept(PROTOCOL)
        with structlog.contextvars.bound_contextvars(request=self._call.request_id):
            try:
                await self._until_one_ends(self._listen(), self._mind(), self._stop(), self._stall())
            except Closing as closing:
                await self._close(closing)
            except WebSocketDisconnect:
                pass
            except Stuck:
                await self._close(Closing(1013, "Try again later"))
            except Exception as error:  # noqa: BLE001 - the wall behind which nothing internal may show
                _log.exception("socket_failed", exc_info=error)
                await self._close(Closing(4500, "Internal server error"))
            finally:
                await self._end_all()

    async def _until_one_ends(self, *works: Any) -> None:
        tasks = [asyncio.create_task(work) for work in works]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()

    async def _close(self, closing: Closing) -> None:
        # A peer that reads nothing would hold even this up.
        with suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
            async with asyncio.timeout(self._bounds.send_seconds):
                await self._socket.close(closing.code, closing.reason)

    async def _end_all(self) -> None:
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _stop(self) -> None:
        await self._sockets.telling.hub.stopping.wait()
        raise Closing(1001, "Going away")

    async def _stall(self) -> None:
        """Close a socket whose peer reads nothing."""
        await self._stuck.wait()
        raise Closing(1013, "Try again later")

    async def _mind(self) -> None:
        """Close a socket that does not begin in time, and one whose token is over."""
        try:
            async with asyncio.timeout(self._bounds.init_seconds):
                await self._ready.wait()
        except TimeoutError:
            raise Closing(4408, "Connection initialisation timeout") from None
        if self._signed is None:
            await asyncio.Event().wait()
            return
        await self._over(self._signed)

    async def _over(self, signed: SignedIn) -> None:
        """Close a socket when its token is over, and soon after it was revoked."""
        while (left := (signed.until - clock.now()).total_seconds()) > 0:
            await asyncio.sleep(min(left, self._bounds.look_seconds))
            try:
                if not signed.stands(clock.now()):
                    raise Closing(4403, "Revoked")
            except database.Unavailable:
                raise Closing(1013, "Try again later") from None
        raise Closing(4403, "Forbidden")

    async def _listen(self) -> None:
        while True:
            message = _read(await self._socket.receive())
            match message:
                case {"type": "connection_init"}:
                    await self._init(message.get("payload"))
                case {"type": "ping"}:
                    await self._send({"type": "pong"})
                case {"type": "pong"}:
                    pass
                case {"type": "subscribe", "id": str(identity), "payload": dict(payload)}:
                    self._subscribe(identity, payload)
                case {"type": "complete", "id": str(identity)}:
                    self._complete(identity)
                case _:
                    raise Closing(4400, "Invalid message")

    async def _init(self, payload: Any) -> None:
        if self._ready.is_set():
            raise Closing(4429, "Too many initialisation requests")
        if payload is not None and not isinstance(payload, dict):
            raise Closing(4400, "Invalid message")
        given = _authorization(payload or {}, self._call.authorization)
        try:
            self._signed = self._sockets.signing(given)
        except Rejected:
            raise Closing(4403, "Forbidden") from None
        except database.Unavailable:
            raise Closing(1013, "Try again later") from None
        if self._signed is None and not self._sockets.anonymous:
            raise Closing(4403, "Forbidden")
        self._ready.set()
        await self._send({"type": "connection_ack"})

    def _subscribe(self, identity: str, payload: Mapping[str, Any]) -> None:
        if not self._ready.is_set():
            raise Closing(4401, "Unauthorized")
        if not 1 <= len(identity) <= _LONGEST_ID:
            raise Closing(4400, "Invalid message: the id is not 1 to 128 letters long")
        if identity in self._running:
            raise Closing(4409, f"Subscriber for {identity} already exists")
        task = asyncio.create_task(self._operation(identity, payload))
        self._running[identity] = task

    def _complete(self, identity: str) -> None:
        task = self._running.pop(identity, None)
        if task is not None:
            task.cancel()

    async def _operation(self, identity: str, payload: Mapping[str, Any]) -> None:
        try:
            found = await self._results(identity, payload)
            # What the end of the process cuts off is not complete: the client is to come back.
            if found is not None or not self._sockets.telling.hub.stopping.is_set():
                await self._send(found or {"type": "complete", "id": identity})
        except (Stuck, WebSocketDisconnect, RuntimeError):
            self._stuck.set()
        finally:
            if self._running.get(identity) is asyncio.current_task():
                del self._running[identity]

    async def _results(self, identity: str, payload: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Send all results of an operation; the message that ends it, if that is an error."""
        try:
            async with aclosing(self._bodies(self._admitted(payload))) as bodies:
                async for body in bodies:
                    await self._send_text(f'{{"id":{json.dumps(identity)},"type":"next","payload":{body.decode()}}}')
        except (Stuck, WebSocketDisconnect, RuntimeError):
            raise
        except Exception as error:  # noqa: BLE001 - the wall behind which nothing internal may show
            return {"type": "error", "id": identity, "payload": errors.listed(error, self._call.request_id)}
        return None

    def _admitted(self, payload: Mapping[str, Any]) -> Admitted:
        check(self._signed)  # a token that was taken back opens nothing more, even before `_over` looks again
        if len(self._running) > self._bounds.operations:
            message = f"There are {self._bounds.operations} operations on this socket; complete one first."
            raise Rejected(Code.RATE_LIMITED, message)
        asked = protocol.from_message(payload)
        return self._sockets.guards.admit(asked, self._signed.actor if self._signed else None, self._call.peer)

    async def _bodies(self, admitted: Admitted) -> AsyncGenerator[bytes, None]:
        if admitted.kind is not OperationType.SUBSCRIPTION:
            yield await self._sockets.run(self._call, admitted, self._signed)
            return
        call = self._call
        telling = self._sockets.telling.results(admitted, self._signed, call.request_id, call.peer)
        async with aclosing(telling) as results:
            async for body in results:
                yield body

    async def _send(self, message: Mapping[str, Any]) -> None:
        await self._send_text(json.dumps(message, ensure_ascii=False, separators=(",", ":")))

    async def _send_text(self, text: str) -> None:
        try:
            async with asyncio.timeout(self._bounds.send_seconds):
                await self._socket.send_text(text)
        except TimeoutError:
            raise Stuck from None


def _is_own(origin: str, host: str | None) -> bool:
    return urlsplit(origin).netloc == host


def _read(received: Mapping[str, Any]) -> Mapping[str, Any]:
    """A message that a client sent. Raises Closing where it is none, and WebSocketDisconnect at the end."""
    if received["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(received.get("code") or 1000, received.get("reason"))
    text = received.get("text")
    if text is None:
        raise Closing(4400, "Invalid message: send text")
    encoded = text.encode("utf-8", "surrogatepass")
    if len(encoded) > MOST_BYTES:
        raise Closing(1009, "Message too big")
    try:
        message = protocol.json_of(encoded)
    except Rejected:
        raise Closing(4400, "Invalid message: the JSON cannot be read") from None
    if not isinstance(message, dict):
        raise Closing(4400, "Invalid message")
    return message


def _authorization(payload: Mapping[str, Any], header: str | None) -> str | None:
    """What was sent as `Authorization`: in the payload under either spelling, or else in the handshake."""
    for name in ("Authorization", "authorization"):
        given = payload.get(name)
        if given is not None:
            return given if isinstance(given, str) else ""
    return header
