"""Results of subscriptions: each event that somebody listens to, as he may see it at that moment."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from typing import Final

from graphql import GraphQLError

from domain.event.facts import Event
from kinerja import calls, clock, context, database, errors, replies
from kinerja.guards import Admitted
from kinerja.live import hub as hubs
from kinerja.live.hub import Hub
from kinerja.protocol import Code, Rejected
from kinerja.tokens import SignedIn
from resolvers.live import Listening, Live

AT_ONCE: Final = 4
"""How many events are read at once for all who listen, so that requests keep connections for themselves."""

MOST: Final = 5_000
"""Most subscriptions of a process."""

MOST_EACH: Final = 100
"""Most subscriptions of one principal in a process; those who are not signed in share theirs."""

_AGAIN_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class _Listener:
    """Who listens, by which document, and whence."""

    signed: SignedIn | None
    request_id: str
    whence: str
    sha256: str


class Telling:
    """Tells events to those who listen in this process.

    Args:
        live: what understands subscriptions and shows events.
        means: the way to the database.
        hub: where events come from.
    """

    def __init__(self, live: Live, means: context.Means, hub: Hub) -> None:
        self.hub = hub
        self.told = 0
        """How many results were made."""
        self._live = live
        self._means = means
        self._few = asyncio.Semaphore(AT_ONCE)
        self._listening: Counter[str] = Counter()

    @property
    def listeners(self) -> int:
        """How many subscriptions there are now."""
        return self._listening.total()

    async def results(
        self, admitted: Admitted, signed: SignedIn | None, request_id: str, peer: str | None = None
    ) -> AsyncGenerator[bytes, None]:
        """The bodies of results of a subscription, until the process ends.

        What they show of others is written down before each leaves, as coming from `peer`.

        Raises:
            GraphQLError: a variable or an argument is refused.
            Rejected: there are too many, its cursor is forgotten, it is read too slowly, or its token is over.
            Unavailable: what was missed must be read, and the database is away.
        """
        listening = self._live.listening(admitted.operation, admitted.variables)
        listener = _Listener(signed, request_id, calls.whence(request_id, peer), admitted.sha256)
        with self._counted(signed.actor.principal if signed else ""):
            async with aclosing(self._results(listening, listener)) as results:
                async for body in results:
                    yield body

    @contextmanager
    def _counted(self, principal: str) -> Iterator[None]:
        if self.listeners >= MOST or self._listening[principal] >= MOST_EACH:
            raise Rejected(Code.RATE_LIMITED, "There are too many subscriptions; end one first.")
        self._listening[principal] += 1
        try:
            yield
        finally:
            self._listening[principal] -= 1
            self._listening += Counter()  # lets go of those that have none

    async def _results(self, listening: Listening, listener: _Listener) -> AsyncGenerator[bytes, None]:
        try:
            async with aclosing(hubs.events(self.hub, listening.takes, listening.after)) as events:
                async for event in events:
                    body = await self._body(listening, event, listener)
                    if body is not None:
                        self.told += 1
                        yield body
        except hubs.CursorExpired:
            raise Rejected(Code.CURSOR_EXPIRED, "Nothing is known of this cursor any more; ask without it.") from None
        except hubs.TooSlow:
            raise Rejected(Code.TOO_SLOW, "You read too slowly; go on with your last cursor.") from None

    async def _body(self, listening: Listening, event: Event, listener: _Listener) -> bytes | None:
        """One result; None where its subject is out of sight."""
        while True:
            check(listener.signed)
            try:
                data = await self._data(listening, event, listener)
            except database.Unavailable:
                await asyncio.sleep(_AGAIN_SECONDS)  # the event stands in its table: it is only late
            except Exception as error:  # noqa: BLE001 - the wall behind which nothing internal may show
                return replies.result(
                    b"null", [errors.shown(_graphql(error), listener.request_id, document=False)], b""
                )
            else:
                return None if data is None else replies.result(data, (), b"")

    async def _data(self, listening: Listening, event: Event, listener: _Listener) -> bytes | None:
        actor = listener.signed.actor if listener.signed else None
        async with self._few, context.opened(self._means, actor, clock.now(), listener.whence) as asking:
            told = await self._live.told(listening, event, asking)
        if told is not None:
            await asking.tell(listening.operation.name, listener.sha256)
        return told


def check(signed: SignedIn | None) -> None:
    """Raises Rejected when a token is over or was taken back, and Unavailable where that cannot be told."""
    if signed is None:
        return
    now = clock.now()
    if now >= signed.until:
        raise Rejected(Code.NOT_SIGNED_IN, "The token is over; sign in again.")
    if not signed.stands(now):
        raise Rejected(Code.NOT_SIGNED_IN, "The token was revoked.")


def _graphql(error: Exception) -> GraphQLError:
    return error if isinstance(error, GraphQLError) else GraphQLError(str(error), original_error=error)
