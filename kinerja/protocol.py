"""GraphQL over HTTP: what a request asks, which media type answers it, and what it may not be.

After the working draft "GraphQL over HTTP" of the GraphQL Foundation. Whatever a client sends wrongly is its
error, told with a status below 500.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, NoReturn

from graphql import DocumentNode, FieldNode, Node, OperationDefinitionNode, OperationType, parse

MOST_BYTES: Final = 256 * 1024
"""Largest body."""

MOST_TOKENS: Final = 2_000
"""Most lexical tokens in a document."""

RESPONSE_JSON: Final = "application/graphql-response+json"
PLAIN_JSON: Final = "application/json"

_DEEPEST_JSON: Final = 32
_CACHED_TEXT: Final = 8 * 1024  # longer documents are read each time, so that the cache stays small


class Code(StrEnum):
    """What kind of error it is, in `extensions.code`; refusals add their own codes."""

    BAD_REQUEST = "BAD_REQUEST"
    NOT_SIGNED_IN = "NOT_SIGNED_IN"
    NOT_FOUND = "NOT_FOUND"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    NOT_ACCEPTABLE = "NOT_ACCEPTABLE"
    TIMEOUT = "TIMEOUT"
    TOO_LARGE = "TOO_LARGE"
    UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE"
    SYNTAX_ERROR = "SYNTAX_ERROR"
    VALIDATION_FAILED = "VALIDATION_FAILED"
    INVALID_INPUT = "INVALID_INPUT"
    UNAVAILABLE = "UNAVAILABLE"
    INTERNAL = "INTERNAL"


STATUS: Final[Mapping[Code, int]] = {
    Code.BAD_REQUEST: 400,
    Code.NOT_SIGNED_IN: 401,
    Code.NOT_FOUND: 404,
    Code.METHOD_NOT_ALLOWED: 405,
    Code.NOT_ACCEPTABLE: 406,
    Code.TIMEOUT: 408,
    Code.TOO_LARGE: 413,
    Code.UNSUPPORTED_MEDIA_TYPE: 415,
    Code.UNAVAILABLE: 503,
    Code.INTERNAL: 500,
}
"""The status of a request that failed before its document was looked at."""


class Rejected(Exception):
    """A request that is answered without looking at its document."""

    def __init__(self, code: Code, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks."""

    query: str
    operation_name: str | None = None
    variables: dict[str, Any] = field(default_factory=dict)
    extensions: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operations:
    """What a document holds: the kind of each operation by its name, and whether it asks for the schema."""

    kinds: Mapping[str | None, OperationType]
    introspects: bool


def media_type(accept: str | None) -> str:
    """The media type to answer in.

    Raises:
        Rejected: the client accepts neither of the two.
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
    if weight < 0:
        raise Rejected(Code.NOT_ACCEPTABLE, f"Accept {RESPONSE_JSON} or {PLAIN_JSON}.")
    return best


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
    name, *parameters = (piece.strip().lower() for piece in (content_type or "").split(";"))
    if name != PLAIN_JSON or any(p.startswith("charset=") and "utf" not in p for p in parameters):
        raise Rejected(Code.UNSUPPORTED_MEDIA_TYPE, f"Send {PLAIN_JSON} in UTF-8.")
    value = _json(body)
    if isinstance(value, list):
        raise Rejected(Code.BAD_REQUEST, "Send one operation at a time: batches are not taken.")
    if not isinstance(value, dict):
        raise Rejected(Code.BAD_REQUEST, "The body must be a JSON object with a `query`.")
    return _asked(value)


def from_query_string(parameters: Mapping[str, str]) -> Asked:
    """What a GET asks; `variables` and `extensions` are JSON text.

    Raises:
        Rejected: there is no `query`, or JSON that cannot be read.
    """
    value: dict[str, Any] = dict(parameters)
    for name in ("variables", "extensions"):
        if name in value:
            value[name] = _json(value[name].encode("utf-8", "surrogatepass"))
    return _asked(value)


def _asked(value: Mapping[str, Any]) -> Asked:
    query, operation_name = value.get("query"), value.get("operationName")
    if not isinstance(query, str) or not query:
        raise Rejected(Code.BAD_REQUEST, "`query` must be the text of a GraphQL document.")
    if operation_name is not None and not isinstance(operation_name, str):
        raise Rejected(Code.BAD_REQUEST, "`operationName` must be a text or null.")
    maps = {name: value.get(name) for name in ("variables", "extensions")}
    for name, given in maps.items():
        if given is not None and not isinstance(given, dict):
            raise Rejected(Code.BAD_REQUEST, f"`{name}` must be an object or null.")
    return Asked(query, operation_name or None, maps["variables"] or {}, maps["extensions"] or {})


def _json(text: bytes) -> Any:
    try:
        value = json.loads(text.decode("utf-8"), parse_constant=_refuse_constant)
        _check(value)
    except (ValueError, RecursionError) as error:
        raise Rejected(Code.BAD_REQUEST, "The JSON cannot be read.") from error
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


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


def operations(text: str) -> Operations:
    """The operations of a document.

    Raises:
        graphql.GraphQLSyntaxError: it is none, or has too many tokens.
    """
    return cached(text) if len(text) <= _CACHED_TEXT else _operations(text)


def _operations(text: str) -> Operations:
    try:
        document = parse(text, max_tokens=MOST_TOKENS, no_location=True)
    except RecursionError:
        raise Rejected(Code.BAD_REQUEST, "The document is nested too deeply.") from None
    kinds = {
        definition.name.value if definition.name else None: definition.operation
        for definition in document.definitions
        if isinstance(definition, OperationDefinitionNode)
    }
    return Operations(kinds, introspects=_introspects(document))


cached = lru_cache(maxsize=256)(_operations)


def _introspects(document: DocumentNode) -> bool:
    waiting: list[Node] = list(document.definitions)
    while waiting:
        node = waiting.pop()
        if isinstance(node, FieldNode) and node.name.value in {"__schema", "__type"}:
            return True
        selections = getattr(node, "selection_set", None)
        if selections is not None:
            waiting += selections.selections
    return False


def kind(asked: Asked) -> OperationType:
    """The kind of the operation that is asked for.

    Raises:
        Rejected: several operations and none named, or none of that name.
        graphql.GraphQLSyntaxError: the document cannot be read.
    """
    kinds = operations(asked.query).kinds
    if asked.operation_name is not None:
        if asked.operation_name not in kinds:
            raise Rejected(Code.BAD_REQUEST, "There is no operation with the name in `operationName`.")
        return kinds[asked.operation_name]
    if len(kinds) != 1:
        raise Rejected(Code.BAD_REQUEST, "Name the operation to run in `operationName`; there must be one.")
    return next(iter(kinds.values()))
