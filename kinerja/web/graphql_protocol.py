"""GraphQL over HTTP protocol: request parsing, media types, error codes.

Follows the working draft "GraphQL over HTTP" of the GraphQL Foundation. A malformed request is the client's error and
gets a status below 500.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, NoReturn

from graphql import GraphQLError

MAX_BODY_BYTES: Final = 256 * 1024
"""Maximum size of a request body, in bytes."""

RESPONSE_JSON: Final = "application/graphql-response+json"
PLAIN_JSON: Final = "application/json"
EVENT_STREAM: Final = "text/event-stream"

_MAX_JSON_DEPTH: Final = 32
_SUSPECT_ESCAPES: Final = re.compile(rb"\\u(?:0000|[dD])")  # the only escapes producing NUL and half surrogate pairs
_DOCUMENT_ID_KEYS: Final = ("documentId", "doc_id", "id")  # from the draft's appendix and Relay's network layers


class ErrorCode(StrEnum):
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


STATUS_BY_CODE: Final[Mapping[ErrorCode, int]] = {
    ErrorCode.BAD_REQUEST: 400,
    ErrorCode.NOT_SIGNED_IN: 401,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.METHOD_NOT_ALLOWED: 405,
    ErrorCode.NOT_ACCEPTABLE: 406,
    ErrorCode.TRUSTED_ONLY: 400,
    ErrorCode.TIMEOUT: 408,
    ErrorCode.TOO_LARGE: 413,
    ErrorCode.UNSUPPORTED_MEDIA_TYPE: 415,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.UNAVAILABLE: 503,
    ErrorCode.INTERNAL: 500,
}
"""HTTP status of a request rejected before its document was read.

All other codes answer 400 to GraphQL's own media type and 200 to plain JSON: the draft reserves 200 there for
well-formed requests.
"""


class InvalidDocument(Exception):
    """A malformed document, or one not fitting the schema."""

    def __init__(self, errors: tuple[GraphQLError, ...]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


class RequestRejected(Exception):
    """A request rejected without reading its document."""

    def __init__(
        self, code: ErrorCode, message: str, headers: Mapping[str, str] | None = None, status: int | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.headers = dict(headers or {})
        self.status = status or STATUS_BY_CODE.get(code, 400)


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """A parsed GraphQL request: document text, or the id of a known document."""

    query: str | None
    operation_name: str | None = None
    variables: dict[str, Any] = field(default_factory=dict)
    extensions: dict[str, Any] = field(default_factory=dict)
    document_id: str | None = None


@lru_cache(maxsize=256)
def choose_media_type(accept: str | None) -> str:
    """Choose the media type of one result from an `Accept` header.

    JSON for every client accepting it, else an event stream closed after the result.

    Raises:
        RequestRejected: the client accepts none of the three.
    """
    best, weight = PLAIN_JSON, -1.0
    for name, q in _parse_accept(accept or "*/*"):
        chosen = {
            RESPONSE_JSON: RESPONSE_JSON,
            PLAIN_JSON: PLAIN_JSON,
            "application/*": PLAIN_JSON,
            "*/*": PLAIN_JSON,
        }.get(name)
        if chosen and q > max(weight, 0.0):
            best, weight = chosen, q
    if weight < 0 and not accepts_event_stream(accept):
        raise RequestRejected(ErrorCode.NOT_ACCEPTABLE, f"Accept {RESPONSE_JSON}, {PLAIN_JSON} or {EVENT_STREAM}.")
    return best if weight > 0 else EVENT_STREAM


@lru_cache(maxsize=256)
def accepts_event_stream(accept: str | None) -> bool:
    """Return true for a client accepting subscription results as an event stream."""
    return any(name in {EVENT_STREAM, "text/*", "*/*"} and q > 0 for name, q in _parse_accept(accept or "*/*"))


def _parse_accept(accept: str) -> Iterator[tuple[str, float]]:
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


def parse_body(body: bytes, content_type: str | None) -> GraphQLRequest:
    """Parse the body of a POST request.

    Raises:
        RequestRejected: it is not one JSON object in UTF-8 with a `query`.
    """
    value = _parse_typed_json(body, content_type)
    if isinstance(value, list):
        raise RequestRejected(ErrorCode.BAD_REQUEST, "Send one operation at a time: batches are not taken.")
    if not isinstance(value, dict):
        raise RequestRejected(ErrorCode.BAD_REQUEST, "The body must be a JSON object with a `query`.")
    return _build_request(value)


def parse_json_object(body: bytes, content_type: str | None) -> Mapping[str, Any]:
    """Parse a body holding one JSON object, for endpoints other than GraphQL's.

    Raises:
        RequestRejected: it is not one JSON object in UTF-8.
    """
    value = _parse_typed_json(body, content_type)
    if not isinstance(value, dict):
        raise RequestRejected(ErrorCode.BAD_REQUEST, "The body must be a JSON object.")
    return value


def _parse_typed_json(body: bytes, content_type: str | None) -> Any:
    if content_type != PLAIN_JSON:
        _check_content_type(content_type or "")
    return _decode_json(body)


def _check_content_type(content_type: str) -> None:
    name, *parameters = (piece.strip().lower() for piece in content_type.split(";"))
    if name != PLAIN_JSON or any(p.startswith("charset=") and "utf" not in p for p in parameters):
        raise RequestRejected(ErrorCode.UNSUPPORTED_MEDIA_TYPE, f"Send {PLAIN_JSON} in UTF-8.")


def parse_query_string(parameters: Mapping[str, str]) -> GraphQLRequest:
    """Parse the query string of a GET request; `variables` and `extensions` are JSON text.

    Raises:
        RequestRejected: it names no document, or holds malformed JSON.
    """
    value: dict[str, Any] = dict(parameters)
    for name in ("variables", "extensions"):
        if name in value:
            value[name] = _decode_json(value[name].encode("utf-8", "surrogatepass"))
    return _build_request(value)


def parse_message(payload: Mapping[str, Any]) -> GraphQLRequest:
    """Parse the payload of a WebSocket message, already decoded from JSON.

    Raises:
        RequestRejected: it names no document.
    """
    return _build_request(payload)


def parse_json(text: bytes) -> Any:
    """Parse JSON safe for both PostgreSQL and clients.

    Raises:
        RequestRejected: the text is malformed JSON, or holds NUL, half surrogate pairs or too deep nesting.
    """
    return _decode_json(text)


def _build_request(value: Mapping[str, Any]) -> GraphQLRequest:
    query, operation_name = value.get("query"), value.get("operationName")
    if query is not None and not isinstance(query, str):
        raise RequestRejected(ErrorCode.BAD_REQUEST, "`query` must be the text of a GraphQL document.")
    if operation_name is not None and not isinstance(operation_name, str):
        raise RequestRejected(ErrorCode.BAD_REQUEST, "`operationName` must be a text or null.")
    variables, extensions = _object_member(value, "variables"), _object_member(value, "extensions")
    # The client graphql-ws requires a text beside an id, even an empty one.
    asked = GraphQLRequest(query or None, operation_name or None, variables, extensions, _document_id(value))
    if asked.query is None and asked.document_id is None and "persistedQuery" not in asked.extensions:
        raise RequestRejected(ErrorCode.BAD_REQUEST, "`query` must be the text of a GraphQL document.")
    return asked


def _object_member(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    given = value.get(name)
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise RequestRejected(ErrorCode.BAD_REQUEST, f"`{name}` must be an object or null.")
    return given


def _document_id(value: Mapping[str, Any]) -> str | None:
    """Read the id of a trusted document, under any name used by clients."""
    for name in _DOCUMENT_ID_KEYS:
        given = value.get(name)
        if given is not None:
            if not isinstance(given, str):
                raise RequestRejected(ErrorCode.BAD_REQUEST, "`documentId` must be a text.")
            return given
    return None


def _decode_json(text: bytes) -> Any:
    try:
        value = _DECODER.decode(text.decode("utf-8"))
        if text.count(b"{") + text.count(b"[") > _MAX_JSON_DEPTH or _SUSPECT_ESCAPES.search(text):
            _check_json_value(value)
    except (ValueError, RecursionError) as error:
        raise RequestRejected(ErrorCode.BAD_REQUEST, "The JSON cannot be read.") from error
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant)


def _check_json_value(value: Any) -> None:
    """Refuse values unusable for PostgreSQL or clients: NUL, half surrogate pairs, excessive nesting."""
    level, depth = [value], 0
    while level:
        if depth > _MAX_JSON_DEPTH:
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
