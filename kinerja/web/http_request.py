"""HTTP request of a GraphQL operation: headers parsed once, body read in one piece."""

import random
import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope

from kinerja.web import graphql_protocol
from kinerja.web.graphql_protocol import ErrorCode, GraphQLRequest, RequestRejected

RESPONSE_WRITER_KEY: Final = "kinerja.served_api"
"""ASGI scope key of an optional writer for the whole response in one call."""

_REQUEST_ID_PATTERN: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


class ClientDisconnected(Exception):
    """The client disconnected before its request was complete."""


@dataclass(slots=True)
class HttpRequest:
    """The parsed head of a request."""

    scope: Scope
    method: str
    request_id: str
    peer: str | None
    accept: str | None = None
    accept_encoding: str | None = None
    authorization: str | None = None
    content_encoding: str | None = None
    content_length: str | None = None
    content_type: str | None = None
    origin: str | None = None

    @property
    def audit_origin(self) -> str:
        """Request id and client address, for the audit trail."""
        return format_audit_origin(self.request_id, self.peer)


_HEADER_FIELDS: Final = {
    b"accept": "accept",
    b"accept-encoding": "accept_encoding",
    b"authorization": "authorization",
    b"content-encoding": "content_encoding",
    b"content-length": "content_length",
    b"content-type": "content_type",
    b"origin": "origin",
    b"x-request-id": "request_id",
}


def parse_request_head(scope: Scope) -> HttpRequest:
    """Parse the head of a request."""
    client = scope.get("client")
    given = {
        _HEADER_FIELDS[name]: value.decode("latin-1") for name, value in scope["headers"] if name in _HEADER_FIELDS
    }
    request_id = choose_request_id(given.pop("request_id", None))
    return HttpRequest(scope, scope["method"], request_id, client[0] if client else None, **given)


def choose_request_id(client_id: str | None) -> str:
    """Choose the request id: the client's, if well formed, else a new random one."""
    return client_id if client_id and _REQUEST_ID_PATTERN.fullmatch(client_id) else f"{random.getrandbits(128):032x}"


def format_audit_origin(request_id: str, peer: str | None) -> str:
    """Join request id and client address, separated by a blank."""
    return request_id if peer is None else f"{request_id} {peer}"


def parse_query_parameters(request: HttpRequest) -> dict[str, str]:
    """Parse the query string of a GET request."""
    return dict(parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True))


async def read_graphql_request(request: HttpRequest, receive: Receive) -> GraphQLRequest:
    """Read and parse a GraphQL request.

    Raises:
        RequestRejected: it is not a GraphQL request, or too large.
        ClientDisconnected: the client hung up.
    """
    if request.method == "GET":
        return graphql_protocol.parse_query_string(parse_query_parameters(request))
    return graphql_protocol.parse_body(await read_request_body(request, receive), request.content_type)


async def read_request_body(request: HttpRequest, receive: Receive) -> bytes:
    """Read the request body in one piece.

    Raises:
        RequestRejected: it is too large, or content-encoded.
        ClientDisconnected: the client hung up.
    """
    if request.content_encoding not in {None, "", "identity"}:
        raise RequestRejected(ErrorCode.UNSUPPORTED_MEDIA_TYPE, "Send the body without a content encoding.")
    declared = request.content_length or ""
    if declared.isdigit() and (len(declared) > 12 or int(declared) > graphql_protocol.MAX_BODY_BYTES):
        raise _body_too_large()
    message = await receive()
    if not message.get("more_body"):
        return _body_part(message)
    parts = bytearray(_body_part(message))
    while message.get("more_body"):
        message = await receive()
        parts += _body_part(message)
        if len(parts) > graphql_protocol.MAX_BODY_BYTES:
            raise _body_too_large()
    return bytes(parts)


def _body_part(message: Any) -> bytes:
    if message["type"] == "http.disconnect":
        raise ClientDisconnected
    part: bytes = message.get("body", b"")
    if len(part) > graphql_protocol.MAX_BODY_BYTES:
        raise _body_too_large()
    return part


def _body_too_large() -> RequestRejected:
    return RequestRejected(ErrorCode.TOO_LARGE, f"The body is larger than {graphql_protocol.MAX_BODY_BYTES} bytes.")
