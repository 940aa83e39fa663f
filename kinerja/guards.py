"""What every operation passes before it runs, whichever way it came: over HTTP, a socket or a stream."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import OperationType

from domain.actor import Actor
from kinerja import persisted, rate
from kinerja.documents import Documents
from kinerja.protocol import Asked, Code, Rejected
from kinerja.settings import Profile, Settings
from resolvers.operations import Operation

UNSEEN: Final = 50
"""Points that a document costs when it must be read: as much time as so many nodes."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """An operation that may run, with what it may cost and what its principal has left, in nodes.

    `left` is None where nobody counts; `sha256` is that of the document's text.
    """

    operation: Operation
    variables: Mapping[str, Any]
    cost: int
    left: int | None
    sha256: str = ""

    @property
    def kind(self) -> OperationType:
        """Query, mutation or subscription."""
        return self.operation.kind


class Guards:
    """Admits operations.

    Args:
        settings: the limits.
        documents: what reads them.
        known: what knows them by id.
    """

    def __init__(self, settings: Settings, documents: Documents, known: persisted.Persisted) -> None:
        self.documents = documents
        self.most = settings.most_nodes
        self.limited = 0
        """How often somebody had to wait."""
        self._known = known
        self._rate = rate.Rate(settings.nodes_per_minute)
        self._explores = settings.explores
        self._everybody_explores = settings.profile is not Profile.PRODUCTION

    def admit(self, asked: Asked, actor: Actor | None, peer: str | None) -> Admitted:
        """The operation that is asked for.

        Args:
            asked: the request.
            actor: who asks, None for somebody who is not signed in.
            peer: the address that he asks from.

        Raises:
            Rejected: there is no such operation, it passes a limit, or too much was asked in a minute.
            Invalid: its document cannot be read or does not fit the schema.
        """
        principal = rate.peer(peer) if actor is None else actor.principal
        text = self._known.text(asked)
        if self.documents.known(text) is None:
            self._spend(principal, UNSEEN)
        document = self.documents.read(text)
        if asked.extensions:
            self._known.register(asked, text)
        priced = document.operation(asked.operation_name)
        if document.introspects and not (self._explores and (self._everybody_explores or actor is not None)):
            raise Rejected(Code.BAD_REQUEST, "Introspection is off.")
        cost = priced.cost.of(asked.variables)
        if cost > self.most:
            message = f"This may show {cost} things; the limit is {self.most}. Ask for smaller pages."
            raise Rejected(Code.TOO_EXPENSIVE, message)
        left = self._spend(principal, cost or 1)
        return Admitted(priced.operation, asked.variables, cost, left, document.sha256)

    def _spend(self, principal: str, points: int) -> int | None:
        spent = self._rate.spend(principal, points)
        if spent.wait:
            self.limited += 1
            raise Rejected(
                Code.RATE_LIMITED, "Too much in a minute; wait a little.", {"retry-after": str(spent.wait)}
            )
        return spent.left if self._rate.per_minute else None
