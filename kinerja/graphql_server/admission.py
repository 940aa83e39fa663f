"""Admission of operations: limits, cost, persisted queries, rate limit.

Every operation passes it before execution, over HTTP, WebSocket or server-sent events.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import OperationType

from domain.actor import Actor
from kinerja.graphql_server import persisted_queries
from kinerja.graphql_server.document_cache import DocumentCache
from kinerja.settings import Profile, Settings
from kinerja.web import rate_limiter
from kinerja.web.graphql_protocol import ErrorCode, GraphQLRequest, RequestRejected
from resolvers.operations import Operation

UNCACHED_DOCUMENT_COST: Final = 50
"""Cost of parsing and validating an uncached document, in points (nodes of equal processing time)."""


@dataclass(frozen=True, slots=True)
class AdmittedOperation:
    """An admitted operation with its cost and the principal's remaining points, in nodes.

    `remaining` is None without a rate limit; `sha256` is the hash of the document's text.
    """

    operation: Operation
    variables: Mapping[str, Any]
    cost: int
    remaining: int | None
    sha256: str = ""

    @property
    def kind(self) -> OperationType:
        """Query, mutation or subscription."""
        return self.operation.kind


class Admission:
    """Admits or rejects operations.

    Args:
        settings: the limits.
        document_cache: parses and validates documents.
        persisted_queries: resolves documents by id.
    """

    def __init__(
        self, settings: Settings, document_cache: DocumentCache, persisted_queries: persisted_queries.PersistedQueries
    ) -> None:
        self.document_cache = document_cache
        self.max_cost = settings.most_nodes
        self.rate_limited_count = 0
        """Number of operations rejected by the rate limit."""
        self._persisted_queries = persisted_queries
        self._rate_limiter = rate_limiter.RateLimiter(settings.nodes_per_minute)
        self._explorer_enabled = settings.explorer_enabled
        self._explorer_public = settings.profile is not Profile.PRODUCTION

    def admit(self, request: GraphQLRequest, actor: Actor | None, peer: str | None) -> AdmittedOperation:
        """Admit the requested operation.

        Args:
            request: the request.
            actor: the signed-in actor; None for an anonymous client.
            peer: the client's address.

        Raises:
            RequestRejected: there is no such operation, it exceeds a limit, or the rate limit is exhausted.
            InvalidDocument: its document is malformed or does not fit the schema.
        """
        principal = rate_limiter.anonymous_principal(peer) if actor is None else actor.principal
        text = self._persisted_queries.resolve_text(request)
        if self.document_cache.get_cached(text) is None:
            self._charge_principal(principal, UNCACHED_DOCUMENT_COST)
        document = self.document_cache.load_document(text)
        if request.extensions:
            self._persisted_queries.store_automatic(request, text)
        priced = document.select_operation(request.operation_name)
        if document.introspects and not (self._explorer_enabled and (self._explorer_public or actor is not None)):
            raise RequestRejected(ErrorCode.BAD_REQUEST, "Introspection is off.")
        cost = priced.cost.data_cost(request.variables)
        if cost > self.max_cost:
            message = f"This may show {cost} things; the limit is {self.max_cost}. Ask for smaller pages."
            raise RequestRejected(ErrorCode.TOO_EXPENSIVE, message)
        left = self._charge_principal(principal, cost or 1)
        return AdmittedOperation(priced.operation, request.variables, cost, left, document.sha256)

    def _charge_principal(self, principal: str, points: int) -> int | None:
        spent = self._rate_limiter.take_points(principal, points)
        if spent.wait_seconds:
            self.rate_limited_count += 1
            raise RequestRejected(
                ErrorCode.RATE_LIMITED,
                "Too much in a minute; wait a little.",
                {"retry-after": str(spent.wait_seconds)},
            )
        return spent.remaining if self._rate_limiter.per_minute else None
