"""What every operation passes before it runs, whichever way it came: over HTTP, a socket or a stream."""

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
"""Points that a document costs when it must be read: as much time as so many nodes."""


@dataclass(frozen=True, slots=True)
class AdmittedOperation:
    """An operation that may run, with what it may cost and what its principal has left, in nodes.

    `remaining` is None where nobody counts; `sha256` is that of the document's text.
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
    """Admits operations.

    Args:
        settings: the limits.
        document_cache: what reads them.
        persisted_queries: what knows them by id.
    """

    def __init__(
        self, settings: Settings, document_cache: DocumentCache, persisted_queries: persisted_queries.PersistedQueries
    ) -> None:
        self.document_cache = document_cache
        self.max_cost = settings.most_nodes
        self.rate_limited_count = 0
        """How often somebody had to wait."""
        self._persisted_queries = persisted_queries
        self._rate_limiter = rate_limiter.RateLimiter(settings.nodes_per_minute)
        self._explorer_enabled = settings.explorer_enabled
        self._explorer_public = settings.profile is not Profile.PRODUCTION

    def admit(self, request: GraphQLRequest, actor: Actor | None, peer: str | None) -> AdmittedOperation:
        """The operation that is asked for.

        Args:
            request: the request.
            actor: who asks, None for somebody who is not signed in.
            peer: the address that he asks from.

        Raises:
            Rejected: there is no such operation, it passes a limit, or too much was asked in a minute.
            Invalid: its document cannot be read or does not fit the schema.
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
