"""Responses to GraphQL requests, made as bytes."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.types import Send

from kinerja import calls, compression, protocol
from kinerja.calls import Call

EXPOSED: Final = b"x-request-id, x-db-queries, x-planned, retry-after"
"""Headers that a page of another origin may read."""

_TYPES: Final = {name: f"{name}; charset=utf-8".encode() for name in (protocol.RESPONSE_JSON, protocol.PLAIN_JSON)}
_VARY: Final = b"accept, accept-encoding, authorization, origin"


@dataclass(slots=True)
class Reply:
    """A response: its status, its body and what it tells in headers; `code` is for those who count."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    code: str = "OK"
    kind: str = "none"


def result(data: bytes | None, errors: Iterable[Mapping[str, Any]], extensions: bytes) -> bytes:
    """The body of a response, from the JSON text of its data; without `data` where nothing ran."""
    parts = []
    if data is not None:
        parts.append(b'"data":' + data)
    listed = list(errors)
    if listed:
        parts.append(b'"errors":' + _text(listed))
    if extensions:
        parts.append(b'"extensions":' + extensions)
    return b"{" + b",".join(parts) + b"}"


def _text(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


async def send(call: Call, reply: Reply, media: str, cors: Iterable[tuple[bytes, bytes]], send_: Send) -> None:
    """Send a response, compressed where that is worth it."""
    body = reply.body
    headers = [
        (b"content-type", _TYPES[media]),
        (b"x-request-id", call.request_id.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"no-store"),
        (b"vary", _VARY),
        *((name.encode(), value.encode()) for name, value in reply.headers.items()),
        *cors,
    ]
    if call.accept_encoding is not None and len(body) >= compression.WORTH:
        encoding = compression.chosen(call.accept_encoding)
        if encoding is not None:
            body = compression.compress(body, encoding)
            headers.append((b"content-encoding", encoding.encode()))
    headers.append((b"content-length", b"%d" % len(body)))
    whole = call.scope.get(calls.WHOLE)
    if whole is not None and whole(call, reply.status, headers, body):
        return
    await send_({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send_({"type": "http.response.body", "body": body})
