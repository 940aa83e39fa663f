"""Delivery of subscription results: each event as visible to the actor at that moment."""

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
"""Events read concurrently for all subscribers; the limit keeps connections free for requests."""

MAX_SUBSCRIPTIONS: Final = 5_000
"""Maximum number of subscriptions of a process."""

MAX_SUBSCRIPTIONS_PER_PRINCIPAL: Final = 100
"""Maximum subscriptions of one principal in a process; anonymous clients share one count."""

_RETRY_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class _Subscriber:
    """A subscriber: authentication, request id, audit origin, and the document's hash."""

    authenticated: Authenticated | None
    request_id: str
    audit_origin: str
    sha256: str


class SubscriptionDelivery:
    """Delivers events to the subscribers of this process.

    Args:
        subscriptions: parses subscriptions and renders events.
        app_state: shared state, with the database.
        event_hub: the source of events.
    """

    def __init__(
        self, subscriptions: SubscriptionExecutor, app_state: request_context.AppState, event_hub: EventHub
    ) -> None:
        self.event_hub = event_hub
        self.delivered_count = 0
        """Number of results delivered."""
        self._subscriptions = subscriptions
        self._app_state = app_state
        self._read_slots = asyncio.Semaphore(MAX_CONCURRENT_READS)
        self._subscription_counts: Counter[str] = Counter()

    @property
    def subscription_count(self) -> int:
        """Current number of subscriptions."""
        return self._subscription_counts.total()

    async def stream_subscription(
        self,
        admitted: AdmittedOperation,
        authenticated: Authenticated | None,
        request_id: str,
        peer: str | None = None,
    ) -> AsyncGenerator[bytes, None]:
        """Stream the result bodies of a subscription until the process ends.

        Views of other people's records are logged before each body is sent, with `peer` as their origin.

        Raises:
            GraphQLError: a variable or an argument is refused.
            RequestRejected: too many subscriptions, an expired cursor, a slow consumer, or an expired or revoked
                token.
            DatabaseUnavailable: missed events must be read, and the database is unreachable.
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
            self._subscription_counts += Counter()  # drops principals without subscriptions

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
        """Render one result; None for an event with an invisible subject."""
        while True:
            check_token(subscriber.authenticated)
            try:
                data = await self._render_data(subscription, event, subscriber)
            except database.DatabaseUnavailable:
                await asyncio.sleep(_RETRY_SECONDS)  # the event stays in its table and is only delayed
            except Exception as error:  # noqa: BLE001 - last handler: internal errors are masked
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
    """Check the validity of a token.

    Raises:
        RequestRejected: the token has expired or was revoked.
        DatabaseUnavailable: its revocation cannot be checked.
    """
    if authenticated is None:
        return
    now = business_date.utc_now()
    if now >= authenticated.expires_at:
        raise RequestRejected(ErrorCode.NOT_SIGNED_IN, "The token is over; sign in again.")
    if not authenticated.is_current(now):
        raise RequestRejected(ErrorCode.NOT_SIGNED_IN, "The token was revoked.")


def _to_graphql_error(error: Exception) -> GraphQLError:
    return error if isinstance(error, GraphQLError) else GraphQLError(str(error), original_error=error)
