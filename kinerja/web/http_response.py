"""HTTP responses to GraphQL requests, serialised to bytes."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.types import Send

from kinerja.web import compression, graphql_protocol, http_request
from kinerja.web.http_request import HttpRequest

EXPOSED_HEADERS: Final = b"x-request-id, x-db-queries, x-planned, retry-after"
"""Response headers readable by pages of other origins (CORS)."""

_CONTENT_TYPES: Final = {
    name: f"{name}; charset=utf-8".encode() for name in (graphql_protocol.RESPONSE_JSON, graphql_protocol.PLAIN_JSON)
}
_VARY: Final = b"accept, accept-encoding, authorization, origin"


@dataclass(slots=True)
class HttpResponse:
    """An HTTP response: status, body, headers; `code` and `kind` label the metrics."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    code: str = "OK"
    kind: str = "none"


def build_result_body(data: bytes | None, errors: Iterable[Mapping[str, Any]], extensions: bytes) -> bytes:
    """Build the body of a response from the JSON text of its data.

    The member `data` is absent for an operation rejected before execution.
    """
    parts = []
    if data is not None:
        parts.append(b'"data":' + data)
    listed = list(errors)
    if listed:
        parts.append(b'"errors":' + _encode_json(listed))
    if extensions:
        parts.append(b'"extensions":' + extensions)
    return b"{" + b",".join(parts) + b"}"


def _encode_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


async def send_response(
    call: HttpRequest, response: HttpResponse, media: str, cors: Iterable[tuple[bytes, bytes]], send_: Send
) -> None:
    """Send a response, compressed from `MIN_BYTES` on if the client accepts it."""
    body = response.body
    headers = [
        (b"content-type", _CONTENT_TYPES[media]),
        (b"x-request-id", call.request_id.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"no-store"),
        (b"vary", _VARY),
        *((name.encode(), value.encode()) for name, value in response.headers.items()),
        *cors,
    ]
    if call.accept_encoding is not None and len(body) >= compression.MIN_BYTES:
        encoding = compression.choose_encoding(call.accept_encoding)
        if encoding is not None:
            body = compression.compress_body(body, encoding)
            headers.append((b"content-encoding", encoding.encode()))
    headers.append((b"content-length", b"%d" % len(body)))
    whole = call.scope.get(http_request.RESPONSE_WRITER_KEY)
    if whole is not None and whole(call, response.status, headers, body):
        return
    await send_({"type": "http.response.start", "status": response.status, "headers": headers})
    await send_({"type": "http.response.body", "body": body})
