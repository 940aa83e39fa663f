"""What one request gives to whoever answers it, as a protocol that `kinerja/` supplies."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Protocol

from domain.actor import Actor
from domain.audit.facts import ViewedPeople
from domain.ports import CommandContext

WRITTEN_ROW: Final = "gate_row"
"""What a `PayloadQuery` calls the row written."""


@dataclass(frozen=True, slots=True)
class PayloadQuery:
    """A SELECT showing a row which a command has written: as it stands, and over the written row itself.

    `sql` reads the row from its table; `written_row_sql` is the same, but reads the row from `PERIOD_PATTERN`, which
    is as `table`.
    """

    sql: str
    values: Sequence[Any]
    written_row_sql: str
    written_row_values: Sequence[Any]
    table: str


class ExecutionContext(Protocol):
    """One request: who asks, when, and the way to the database."""

    @property
    def actor(self) -> Actor | None:
        """Who asks; None for somebody who is not signed in."""
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
        """The largest page that this actor may ask for."""
        ...

    @property
    def viewed_people(self) -> ViewedPeople:
        """Whose risk and record the answer shows; whoever shows rows adds to it."""
        ...

    async def fetch_rows(self, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Rows of one SELECT with `$1…` parameters.

        All reads of a query document see one snapshot; a read after a `open_transaction` sees what that wrote.
        Concurrent callers are served one after another. Each call counts as one statement.
        """
        ...

    async def fetch_without_snapshot(self, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Rows of a SELECT that is the whole answer, and so needs no snapshot to share.

        Inside a write as `fetch_rows`.
        """
        ...

    async def fetch_payload(self, payload_query: PayloadQuery) -> Sequence[Sequence[Any]]:
        """Rows of what a write shows in the end; what waits to be written may be sent along with it."""
        ...

    def open_snapshot(self) -> AbstractAsyncContextManager[CommandContext]:
        """Read as a command would, in the snapshot of the document; nothing can be written.

        Raises `NotSignedIn` when there is no actor.
        """
        ...

    def open_transaction(self) -> AbstractAsyncContextManager[CommandContext]:
        """Open the write transaction of one mutation field.

        It commits when the block ends and rolls back when the block raises. Raises `NotSignedIn` when there
        is no actor.
        """
        ...
