"""Ports of request execution: protocols implemented by `kinerja/`."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Protocol

from domain.actor import Actor
from domain.audit.facts import ViewedPeople
from domain.ports import CommandContext

WRITTEN_ROW: Final = "gate_row"
"""The name of the written row in a `PayloadQuery`."""


@dataclass(frozen=True, slots=True)
class PayloadQuery:
    """A payload SELECT over a row written by a command, in two forms.

    `sql` reads the row from its table `table`. `written_row_sql` is the same SELECT over `WRITTEN_ROW`, the row just
    written, with the columns of `table`.
    """

    sql: str
    values: Sequence[Any]
    written_row_sql: str
    written_row_values: Sequence[Any]
    table: str


class ExecutionContext(Protocol):
    """Context of one request: actor, time, and access to the database."""

    @property
    def actor(self) -> Actor | None:
        """The actor; None without sign-in."""
        ...

    @property
    def today(self) -> date:
        """The business date in Asia/Jakarta."""
        ...

    @property
    def now(self) -> datetime:
        """The instant of the request, in UTC."""
        ...

    @property
    def max_page_size(self) -> int:
        """The largest page size allowed to this actor."""
        ...

    @property
    def viewed_people(self) -> ViewedPeople:
        """The people with a risk or record shown in the response; executors add to it."""
        ...

    async def fetch_rows(self, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Rows of one SELECT with `$1…` parameters.

        All reads of a query document see one snapshot; a read after an `open_transaction` sees its writes. Concurrent
        callers are served one after another. Each call counts as one statement.
        """
        ...

    async def fetch_without_snapshot(self, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Rows of one SELECT for a whole answer, without a shared snapshot.

        Within a write transaction: as `fetch_rows`.
        """
        ...

    async def fetch_payload(self, payload_query: PayloadQuery) -> Sequence[Sequence[Any]]:
        """Rows of a mutation's payload; deferred statements may be sent along with it."""
        ...

    def open_snapshot(self) -> AbstractAsyncContextManager[CommandContext]:
        """Open a read-only command context in the snapshot of the document.

        Raises `NotSignedIn` without an actor.
        """
        ...

    def open_transaction(self) -> AbstractAsyncContextManager[CommandContext]:
        """Open the write transaction of one mutation field.

        It commits at the end of the block and rolls back if the block raises. Raises `NotSignedIn` without an actor.
        """
        ...
