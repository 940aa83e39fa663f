"""One HTTP request for a GraphQL operation: its headers looked at once, its body read in one piece."""

import random
import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope

from kinerja import protocol
from kinerja.protocol import Asked, Code, Rejected

WHOLE: Final = "kinerja.whole"
"""Where the scope of a request may hold a way to write its whole response at once."""

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Gone(Exception):
    """The client hung up before its request was whole."""


@dataclass(slots=True)
class Call:
    """What is known of a request from its head."""

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
    def whence(self) -> str:
        """The id of the request and the address that it came from, for the audit trail."""
        return whence(self.request_id, self.peer)


_READ: Final = {
    b"accept": "accept",
    b"accept-encoding": "accept_encoding",
    b"authorization": "authorization",
    b"content-encoding": "content_encoding",
    b"content-length": "content_length",
    b"content-type": "content_type",
    b"origin": "origin",
    b"x-request-id": "request_id",
}


def read(scope: Scope) -> Call:
    """The head of a request."""
    client = scope.get("client")
    given = {_READ[name]: value.decode("latin-1") for name, value in scope["headers"] if name in _READ}
    request_id = named(given.pop("request_id", None))
    return Call(scope, scope["method"], request_id, client[0] if client else None, **given)


def named(given: str | None) -> str:
    """The id of a request: the one that it came with if that is one, else a new one."""
    return given if given and _REQUEST_ID.fullmatch(given) else f"{random.getrandbits(128):032x}"


def whence(request_id: str, peer: str | None) -> str:
    """The id of a request and the address that it came from, with a blank between."""
    return request_id if peer is None else f"{request_id} {peer}"


def parameters(call: Call) -> dict[str, str]:
    """The parameters of a GET."""
    return dict(parse_qsl(call.scope["query_string"].decode("latin-1"), keep_blank_values=True))


async def asked(call: Call, receive: Receive) -> Asked:
    """What a request asks.

    Raises:
        Rejected: it is no GraphQL request, or too large.
        Gone: the client hung up.
    """
    if call.method == "GET":
        return protocol.from_query_string(parameters(call))
    return protocol.from_body(await body(call, receive), call.content_type)


async def body(call: Call, receive: Receive) -> bytes:
    """The body of a request, in one piece.

    Raises:
        Rejected: it is too large, or encoded.
        Gone: the client hung up.
    """
    if call.content_encoding not in {None, "", "identity"}:
        raise Rejected(Code.UNSUPPORTED_MEDIA_TYPE, "Send the body without a content encoding.")
    declared = call.content_length or ""
    if declared.isdigit() and (len(declared) > 12 or int(declared) > protocol.MOST_BYTES):
        raise _too_large()
    message = await receive()
    if not message.get("more_body"):
        return _part(message)
    parts = bytearray(_part(message))
    while message.get("more_body"):
        message = await receive()
        parts += _part(message)
        if len(parts) > protocol.MOST_BYTES:
            raise _too_large()
    return bytes(parts)


def _part(message: Any) -> bytes:
    if message["type"] == "http.disconnect":
        raise Gone
    part: bytes = message.get("body", b"")
    if len(part) > protocol.MOST_BYTES:
        raise _too_large()
    return part


def _too_large() -> Rejected:
    return Rejected(Code.TOO_LARGE, f"The body is larger than {protocol.MOST_BYTES} bytes.")
