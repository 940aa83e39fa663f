"""Document cache: GraphQL documents parsed, limit-checked, validated and costed once per text."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from graphql import DocumentNode, GraphQLError, GraphQLSchema, GraphQLSyntaxError, parse

from kinerja.cache import SegmentedCache
from kinerja.graphql_server import query_cost, query_limits
from kinerja.graphql_server.fast_validation import FastValidator
from kinerja.web.graphql_protocol import ErrorCode, InvalidDocument, RequestRejected
from resolvers.operations import Operation, split_operations

_MAX_ENTRIES: Final = 1_000
_MAX_CHARACTERS: Final = 192 * 1024  # of text; the parsed form takes some 250 bytes per character
_MOST_ERRORS: Final = 10


@dataclass(frozen=True, slots=True)
class CostedOperation:
    """An operation with its compiled cost."""

    operation: Operation
    cost: query_cost.OperationCost


@dataclass(frozen=True, slots=True, eq=False)
class CachedDocument:
    """A valid document: its operations by name, an unnamed one under None.

    `sha256` is the hash of its text.
    """

    operations: Mapping[str | None, CostedOperation]
    introspects: bool
    sha256: str = ""

    def select_operation(self, name: str | None) -> CostedOperation:
        """Select the operation to run.

        Raises:
            RequestRejected: none has this name, or several exist and none is named.
        """
        if name is not None:
            found = self.operations.get(name)
            if found is None:
                raise RequestRejected(
                    ErrorCode.BAD_REQUEST, "There is no operation with the name in `operationName`."
                )
            return found
        if len(self.operations) != 1:
            raise RequestRejected(
                ErrorCode.BAD_REQUEST, "Name the operation to run in `operationName`; there must be one."
            )
        return next(iter(self.operations.values()))


class DocumentCache:
    """A bounded cache of valid documents under one schema.

    Args:
        schema: the schema to validate against.
        cost_model: compiles the cost of operations.
        suggests_fields: allow field suggestions in errors, a disclosure of the schema.
    """

    def __init__(
        self, schema: GraphQLSchema, cost_model: query_cost.CostModel, *, suggests_fields: bool = True
    ) -> None:
        self._cost_model = cost_model
        self._validator = FastValidator(schema, max_errors=_MOST_ERRORS, suggests_fields=suggests_fields)
        self._cache: SegmentedCache[str, CachedDocument] = SegmentedCache(_MAX_ENTRIES, _MAX_CHARACTERS)
        self._pinned: dict[str, CachedDocument] = {}
        self.hits = 0
        """Number of cache hits."""
        self.misses = 0
        """Number of cache misses."""

    def __len__(self) -> int:
        return len(self._cache) + len(self._pinned)

    def get_cached(self, text: str) -> CachedDocument | None:
        """Return the cached document of a text, or None."""
        return self._cache.get(text) or self._pinned.get(text)

    def load_document(self, text: str) -> CachedDocument:
        """Return the document of a text, from the cache or freshly built.

        Raises:
            RequestRejected: it exceeds the limits.
            InvalidDocument: it is malformed or does not fit the schema.
        """
        found = self.get_cached(text)
        if found is not None:
            self.hits += 1
            return found
        self.misses += 1
        made = self._build_document(text)
        self._cache.put(text, made, len(text))
        return made

    def pin_document(self, text: str) -> None:
        """Keep a document permanently, exempt from eviction. Raises as `load_document`."""
        self._pinned[text] = self._build_document(text)

    def is_pinned(self, text: str) -> bool:
        """Return true for the text of a permanently kept document."""
        return text in self._pinned

    def _build_document(self, text: str) -> CachedDocument:
        document = _parse_document(text)
        query_limits.check_query_limits(document)
        errors = self._validator.validate_document(document)
        if errors:
            raise InvalidDocument(tuple(errors))
        priced = {
            name: CostedOperation(each, self._cost_model.compile_cost(each))
            for name, each in split_operations(document).items()
        }
        most = self._cost_model.max_schema_cost
        if any(each.cost.schema_cost > most for each in priced.values()):
            raise RequestRejected(
                ErrorCode.TOO_EXPENSIVE, "That is more of the schema than the introspection query asks twice."
            )
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        return CachedDocument(priced, any(each.cost.schema_cost for each in priced.values()), sha256)


def _parse_document(text: str) -> DocumentNode:
    try:
        document = parse(text, max_tokens=query_limits.MAX_TOKENS)
    except GraphQLSyntaxError as error:
        raise InvalidDocument((error,)) from None
    except GraphQLError as error:  # nested beyond the parser's recursion limit
        raise RequestRejected(ErrorCode.TOO_COMPLEX, error.message) from None
    _unlink_tokens(document)
    return document


def _unlink_tokens(document: DocumentNode) -> None:
    """Break the doubly linked chain of tokens, otherwise freed only by the garbage collector."""
    token = document.loc.start_token if document.loc else None
    while token is not None:
        following = token.next
        token.prev = token.next = None
        token = following
