"""Results of subscriptions: each event that somebody listens to, as he may see it at that moment."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from typing import Final

from graphql import GraphQLError

from domain.event.facts import Event
from kinerja import business_date
from kinerja.auth.authenticator import Authenticated
from kinerja.graphql_server import request_context
from kinerja.graphql_server.admission import AdmittedOperation
from kinerja.graphql_server.subscriptions import event_hub as hubs
from kinerja.graphql_server.subscriptions.event_hub import EventHub
from kinerja.postgres import database
from kinerja.web import error_format, http_request, http_response
from kinerja.web.graphql_protocol import ErrorCode, RequestRejected
from resolvers.subscriptions import ActiveSubscription, SubscriptionExecutor

MAX_CONCURRENT_READS: Final = 4
"""How many events are read at once for all who listen, so that requests keep connections for themselves."""

MAX_SUBSCRIPTIONS: Final = 5_000
"""Most subscriptions of a process."""

MAX_SUBSCRIPTIONS_PER_PRINCIPAL: Final = 100
"""Most subscriptions of one principal in a process; those who are not signed in share theirs."""

_RETRY_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class _Subscriber:
    """Who listens, by which document, and whence."""

    authenticated: Authenticated | None
    request_id: str
    audit_origin: str
    sha256: str


class SubscriptionDelivery:
    """Tells events to those who listen in this process.

    Args:
        subscriptions: what understands subscriptions and shows events.
        app_state: the way to the database.
        event_hub: where events come from.
    """

    def __init__(
        self, subscriptions: SubscriptionExecutor, app_state: request_context.AppState, event_hub: EventHub
    ) -> None:
        self.event_hub = event_hub
        self.delivered_count = 0
        """How many results were made."""
        self._subscriptions = subscriptions
        self._app_state = app_state
        self._read_slots = asyncio.Semaphore(MAX_CONCURRENT_READS)
        self._subscription_counts: Counter[str] = Counter()

    @property
    def subscription_count(self) -> int:
        """How many subscriptions there are now."""
        return self._subscription_counts.total()

    async def stream_subscription(
        self,
        admitted: AdmittedOperation,
        authenticated: Authenticated | None,
        request_id: str,
        peer: str | None = None,
    ) -> AsyncGenerator[bytes, None]:
        """The bodies of results of a subscription, until the process ends.

        What they show of others is written down before each leaves, as coming from `peer`.

        Raises:
            GraphQLError: a variable or an argument is refused.
            Rejected: there are too many, its cursor is forgotten, it is read too slowly, or its token is over.
            Unavailable: what was missed must be read, and the database is away.
        """
        listening = self._subscriptions.parse_subscription(admitted.operation, admitted.variables)
        listener = _Subscriber(
            authenticated, request_id, http_request.format_audit_origin(request_id, peer), admitted.sha256
        )
        with self._count_subscription(authenticated.actor.principal if authenticated else ""):
            async with aclosing(self._stream_bodies(listening, listener)) as results:
                async for body in results:
                    yield body

    @contextmanager
    def _count_subscription(self, principal: str) -> Iterator[None]:
        if (
            self.subscription_count >= MAX_SUBSCRIPTIONS
            or self._subscription_counts[principal] >= MAX_SUBSCRIPTIONS_PER_PRINCIPAL
        ):
            raise RequestRejected(ErrorCode.RATE_LIMITED, "There are too many subscriptions; end one first.")
        self._subscription_counts[principal] += 1
        try:
            yield
        finally:
            self._subscription_counts[principal] -= 1
            self._subscription_counts += Counter()  # lets go of those that have none

    async def _stream_bodies(
        self, subscription: ActiveSubscription, subscriber: _Subscriber
    ) -> AsyncGenerator[bytes, None]:
        try:
            async with aclosing(
                hubs.stream_events(self.event_hub, subscription.accepts_event, subscription.after)
            ) as events:
                async for event in events:
                    body = await self._render_body(subscription, event, subscriber)
                    if body is not None:
                        self.delivered_count += 1
                        yield body
        except hubs.CursorExpired:
            raise RequestRejected(
                ErrorCode.CURSOR_EXPIRED, "Nothing is known of this cursor any more; ask without it."
            ) from None
        except hubs.ConsumerLagged:
            raise RequestRejected(ErrorCode.TOO_SLOW, "You read too slowly; go on with your last cursor.") from None

    async def _render_body(
        self, subscription: ActiveSubscription, event: Event, subscriber: _Subscriber
    ) -> bytes | None:
        """One result; None where its subject is out of sight."""
        while True:
            check_token(subscriber.authenticated)
            try:
                data = await self._render_data(subscription, event, subscriber)
            except database.DatabaseUnavailable:
                await asyncio.sleep(_RETRY_SECONDS)  # the event stands in its table: it is only late
            except Exception as error:  # noqa: BLE001 - the wall behind which nothing internal may show
                return http_response.build_result_body(
                    b"null",
                    [
                        error_format.format_graphql_error(
                            _to_graphql_error(error), subscriber.request_id, document=False
                        )
                    ],
                    b"",
                )
            else:
                return None if data is None else http_response.build_result_body(data, (), b"")

    async def _render_data(
        self, subscription: ActiveSubscription, event: Event, subscriber: _Subscriber
    ) -> bytes | None:
        actor = subscriber.authenticated.actor if subscriber.authenticated else None
        async with (
            self._read_slots,
            request_context.open_request_context(
                self._app_state, actor, business_date.utc_now(), subscriber.audit_origin
            ) as asking,
        ):
            told = await self._subscriptions.render_event(subscription, event, asking)
        if told is not None:
            await asking.log_access(subscription.operation.name, subscriber.sha256)
        return told


def check_token(authenticated: Authenticated | None) -> None:
    """Raises Rejected when a token is over or was taken back, and Unavailable where that cannot be told."""
    if authenticated is None:
        return
    now = business_date.utc_now()
    if now >= authenticated.expires_at:
        raise RequestRejected(ErrorCode.NOT_SIGNED_IN, "The token is over; sign in again.")
    if not authenticated.is_current(now):
        raise RequestRejected(ErrorCode.NOT_SIGNED_IN, "The token was revoked.")


def _to_graphql_error(error: Exception) -> GraphQLError:
    return error if isinstance(error, GraphQLError) else GraphQLError(str(error), original_error=error)
