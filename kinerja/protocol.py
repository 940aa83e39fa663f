"""GraphQL over HTTP: what a request asks, which media type answers it, and what it may not be.

After the working draft "GraphQL over HTTP" of the GraphQL Foundation. Whatever a client sends wrongly is its
error, told with a status below 500.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, NoReturn

MOST_BYTES: Final = 256 * 1024
"""Largest body."""

RESPONSE_JSON: Final = "application/graphql-response+json"
PLAIN_JSON: Final = "application/json"
EVENT_STREAM: Final = "text/event-stream"

_DEEPEST_JSON: Final = 32
_SUSPECT: Final = re.compile(rb"\\u(?:0000|[dD])")  # only such escapes make NUL and half surrogate pairs
_IDS: Final = ("documentId", "doc_id", "id")  # of the draft's appendix, and of Relay's network layers


class Code(StrEnum):
    """What kind of error it is, in `extensions.code`; refusals add their own codes."""

    BAD_REQUEST = "BAD_REQUEST"
    NOT_SIGNED_IN = "NOT_SIGNED_IN"
    NOT_FOUND = "NOT_FOUND"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    NOT_ACCEPTABLE = "NOT_ACCEPTABLE"
    TIMEOUT = "TIMEOUT"
    RATE_LIMITED = "RATE_LIMITED"
    TOO_LARGE = "TOO_LARGE"
    UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE"
    SYNTAX_ERROR = "SYNTAX_ERROR"
    VALIDATION_FAILED = "VALIDATION_FAILED"
    TOO_COMPLEX = "TOO_COMPLEX"
    TOO_EXPENSIVE = "TOO_EXPENSIVE"
    PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
    PERSISTED_QUERY_MISMATCH = "PERSISTED_QUERY_MISMATCH"
    TRUSTED_ONLY = "TRUSTED_ONLY"
    CURSOR_EXPIRED = "CURSOR_EXPIRED"
    TOO_SLOW = "TOO_SLOW"
    INVALID_INPUT = "INVALID_INPUT"
    UNAVAILABLE = "UNAVAILABLE"
    INTERNAL = "INTERNAL"


STATUS: Final[Mapping[Code, int]] = {
    Code.BAD_REQUEST: 400,
    Code.NOT_SIGNED_IN: 401,
    Code.NOT_FOUND: 404,
    Code.METHOD_NOT_ALLOWED: 405,
    Code.NOT_ACCEPTABLE: 406,
    Code.TRUSTED_ONLY: 400,
    Code.TIMEOUT: 408,
    Code.TOO_LARGE: 413,
    Code.UNSUPPORTED_MEDIA_TYPE: 415,
    Code.RATE_LIMITED: 429,
    Code.UNAVAILABLE: 503,
    Code.INTERNAL: 500,
}
"""The status of a request that failed before its document was looked at; all others answer 400 to GraphQL's own
media type, and 200 to plain JSON, which the draft keeps for what is well formed as a request."""


class Rejected(Exception):
    """A request that is answered without looking at its document."""

    def __init__(
        self, code: Code, message: str, headers: Mapping[str, str] | None = None, status: int | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.headers = dict(headers or {})
        self.status = status or STATUS.get(code, 400)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks: the text of a document, or the id of one that the service knows."""

    query: str | None
    operation_name: str | None = None
    variables: dict[str, Any] = field(default_factory=dict)
    extensions: dict[str, Any] = field(default_factory=dict)
    document_id: str | None = None


@lru_cache(maxsize=256)
def media_type(accept: str | None) -> str:
    """The media type of one result: JSON wherever the client takes it, else a stream that ends after it.

    Raises:
        Rejected: the client accepts none of the three.
    """
    best, weight = PLAIN_JSON, -1.0
    for name, q in _accepted(accept or "*/*"):
        chosen = {
            RESPONSE_JSON: RESPONSE_JSON,
            PLAIN_JSON: PLAIN_JSON,
            "application/*": PLAIN_JSON,
            "*/*": PLAIN_JSON,
        }.get(name)
        if chosen and q > max(weight, 0.0):
            best, weight = chosen, q
    if weight < 0 and not streams(accept):
        raise Rejected(Code.NOT_ACCEPTABLE, f"Accept {RESPONSE_JSON}, {PLAIN_JSON} or {EVENT_STREAM}.")
    return best if weight > 0 else EVENT_STREAM


@lru_cache(maxsize=256)
def streams(accept: str | None) -> bool:
    """Whether the client takes the results of a subscription as a stream."""
    return any(name in {EVENT_STREAM, "text/*", "*/*"} and q > 0 for name, q in _accepted(accept or "*/*"))


def _accepted(accept: str) -> Iterator[tuple[str, float]]:
    for part in accept.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        q, charset = 1.0, "utf-8"
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key == "q":
                try:
                    q = float(value)
                except ValueError:
                    q = 0.0
            if key == "charset":
                charset = value.strip('"')
        if charset in {"utf-8", "utf8"}:
            yield name, q


def from_body(body: bytes, content_type: str | None) -> Asked:
    """What a POST asks.

    Raises:
        Rejected: it is not one JSON object in UTF-8 with a `query`.
    """
    value = _typed(body, content_type)
    if isinstance(value, list):
        raise Rejected(Code.BAD_REQUEST, "Send one operation at a time: batches are not taken.")
    if not isinstance(value, dict):
        raise Rejected(Code.BAD_REQUEST, "The body must be a JSON object with a `query`.")
    return _asked(value)


def object_of(body: bytes, content_type: str | None) -> Mapping[str, Any]:
    """A body that is one JSON object, asked of another address than GraphQL's.

    Raises:
        Rejected: it is none in UTF-8.
    """
    value = _typed(body, content_type)
    if not isinstance(value, dict):
        raise Rejected(Code.BAD_REQUEST, "The body must be a JSON object.")
    return value


def _typed(body: bytes, content_type: str | None) -> Any:
    if content_type != PLAIN_JSON:
        _check_type(content_type or "")
    return _json(body)


def _check_type(content_type: str) -> None:
    name, *parameters = (piece.strip().lower() for piece in content_type.split(";"))
    if name != PLAIN_JSON or any(p.startswith("charset=") and "utf" not in p for p in parameters):
        raise Rejected(Code.UNSUPPORTED_MEDIA_TYPE, f"Send {PLAIN_JSON} in UTF-8.")


def from_query_string(parameters: Mapping[str, str]) -> Asked:
    """What a GET asks; `variables` and `extensions` are JSON text.

    Raises:
        Rejected: it names no document, or holds JSON that cannot be read.
    """
    value: dict[str, Any] = dict(parameters)
    for name in ("variables", "extensions"):
        if name in value:
            value[name] = _json(value[name].encode("utf-8", "surrogatepass"))
    return _asked(value)


def from_message(payload: Mapping[str, Any]) -> Asked:
    """What a message over a socket asks, whose JSON has been read.

    Raises:
        Rejected: it names no document.
    """
    return _asked(payload)


def json_of(text: bytes) -> Any:
    """JSON that neither PostgreSQL nor a client chokes on.

    Raises:
        Rejected: it is none.
    """
    return _json(text)


def _asked(value: Mapping[str, Any]) -> Asked:
    query, operation_name = value.get("query"), value.get("operationName")
    if query is not None and not isinstance(query, str):
        raise Rejected(Code.BAD_REQUEST, "`query` must be the text of a GraphQL document.")
    if operation_name is not None and not isinstance(operation_name, str):
        raise Rejected(Code.BAD_REQUEST, "`operationName` must be a text or null.")
    variables, extensions = _object(value, "variables"), _object(value, "extensions")
    # The client graphql-ws demands a text beside an id, be it empty.
    asked = Asked(query or None, operation_name or None, variables, extensions, _id(value))
    if asked.query is None and asked.document_id is None and "persistedQuery" not in asked.extensions:
        raise Rejected(Code.BAD_REQUEST, "`query` must be the text of a GraphQL document.")
    return asked


def _object(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    given = value.get(name)
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise Rejected(Code.BAD_REQUEST, f"`{name}` must be an object or null.")
    return given


def _id(value: Mapping[str, Any]) -> str | None:
    """The id of a trusted document, under the names that clients use for it."""
    for name in _IDS:
        given = value.get(name)
        if given is not None:
            if not isinstance(given, str):
                raise Rejected(Code.BAD_REQUEST, "`documentId` must be a text.")
            return given
    return None


def _json(text: bytes) -> Any:
    try:
        value = _DECODER.decode(text.decode("utf-8"))
        if text.count(b"{") + text.count(b"[") > _DEEPEST_JSON or _SUSPECT.search(text):
            _check(value)
    except (ValueError, RecursionError) as error:
        raise Rejected(Code.BAD_REQUEST, "The JSON cannot be read.") from error
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant)


def _check(value: Any) -> None:
    """Refuse what PostgreSQL or a client could not hold: NUL, half surrogate pairs, nesting without end."""
    level, depth = [value], 0
    while level:
        if depth > _DEEPEST_JSON:
            raise ValueError("too deep")
        below: list[Any] = []
        for item in level:
            if isinstance(item, str):
                if "\0" in item:
                    raise ValueError("NUL")
                item.encode("utf-8")
            elif isinstance(item, dict):
                below += [*item.keys(), *item.values()]
            elif isinstance(item, list):
                below += item
        level, depth = below, depth + 1
