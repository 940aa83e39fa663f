"""Ports: protocols of database, jobs and command context, implemented in `kinerja/`.

The packages below depend on these protocols alone.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol, TypeVarTuple

from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.selectable import TypedReturnsRows

from domain.actor import Actor

Columns = TypeVarTuple("Columns")

BindValues = Mapping[str, object]
"""Values of a statement, by name of its `bindparam`s or of an INSERT's columns."""


class StaleRead(Exception):
    """Rows read before the first change are stale; nothing was written.

    A retry is safe: it reads them within the transaction and does not raise this again.
    """


class Db(Protocol):
    """A database transaction; statements are SQLAlchemy Core, and callers never commit.

    `IN` lists are not supported (they change the text): write `column == any_(array)`.

    A frequent statement is a constant of its module, with its `values` passed apart: it is then neither built again
    nor looked up by its parts. Such a constant is cached by its identity; never create one in a function.
    """

    async def fetch_all(
        self, statement: TypedReturnsRows[*Columns], values: BindValues | None = None
    ) -> Sequence[tuple[*Columns]]:
        """All rows of a query, or of a statement with RETURNING."""
        ...

    async def fetch_one(
        self, statement: TypedReturnsRows[*Columns], values: BindValues | None = None
    ) -> tuple[*Columns] | None:
        """The first row of a query, or None."""
        ...

    def stream(
        self, statement: TypedReturnsRows[*Columns], size: int = 20_000
    ) -> AsyncIterator[Sequence[tuple[*Columns]]]:
        """All rows of a query in batches of `size`, for results too large for memory."""
        ...

    async def execute(self, statement: Executable, values: BindValues | None = None) -> int:
        """Execute a statement; returns the number of affected rows."""
        ...

    def execute_deferred(
        self, statement: Executable, values: BindValues, on_conflict_error: Exception | None = None
    ) -> None:
        """Defer a change without a result, batched with others of its kind into one statement.

        The batch is sent before the next other statement, and before the commit. Its errors surface at that point,
        including `on_conflict_error` if the change affects no row. The changes of one batch do not see one another,
        so none may build on another's rows.
        """
        ...

    def claim(self, statement: Executable, values: BindValues, on_conflict_error: Exception) -> None:
        """Claim an idempotency key: all later changes depend on this INSERT of one row.

        If it affects no row, `on_conflict_error` is raised in its place. It is sent with the first change or before
        it: no change is sent before it has succeeded. Rows read meanwhile by `fetch_one` from a constant SELECT are
        compared at that point; if one has changed, nothing is written and `StaleRead` is raised.
        """
        ...

    def amend_claim(self, values: BindValues) -> bool:
        """Add values to an unsent claim; False if the claim was sent already."""
        ...

    async def read_cached(self, statement: TypedReturnsRows[*Columns], values: BindValues) -> tuple[*Columns] | None:
        """The cached row of a constant SELECT; None if `fetch_one` has to read it.

        The row is compared when the claim is sent, like a row from `fetch_one`. So no refusal may be based on it. It
        pays only for rows equal for all actors. Its values must be hashable.
        """
        ...

    def read_deferred(self, statement: TypedReturnsRows[*Columns], values: BindValues) -> tuple[*Columns] | None:
        """A deferred row of a constant SELECT; None if `fetch_one` has to read it.

        The SELECT runs with the claim. Until then the row's columns serve only as values of statements: typed, like
        those of SQLModel's classes, as the values they stand for. Afterwards `int` and `str` give these values. If no
        row is found, nothing is written and `StaleRead` is raised; the retry has to read it.
        """
        ...

    async def flush(self) -> None:
        """Send all deferred changes now."""
        ...

    async def execute_many(self, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
        """Execute one statement once per row of values."""
        ...

    async def copy(self, table: str, columns: Sequence[str], records: Iterable[Sequence[Any]]) -> int:
        """COPY records into a table; returns the number of rows."""
        ...

    async def notify(self, channel: str, payload: str) -> None:
        """NOTIFY as part of the commit, which serialises such commits."""
        ...

    def notify_after_commit(self, channel: str) -> None:
        """NOTIFY soon after the commit, outside the transaction.

        Notifications at about the same time are coalesced into one, and lost if the process dies in between:
        listeners must also poll now and then.
        """
        ...


class Jobs(Protocol):
    """Port of the job queue."""

    async def enqueue(self, db: Db, entrypoint: str, payload: Mapping[str, Any]) -> None:
        """Enqueue a job in the transaction of `db`: without a commit there is no job."""
        ...


@dataclass(frozen=True, slots=True)
class CommandContext:
    """Context of a command: transaction, job queue, actor and time.

    `today` is the business date (Asia/Jakarta); `now` the instant, timezone-aware; `origin` the id and address of the
    request, empty for a command without an outside request. `audited_person_ids` collects the people named by the
    audit trail in this transaction.
    """

    db: Db
    jobs: Jobs
    actor: Actor
    today: date
    now: datetime
    origin: str = ""
    audited_person_ids: set[int] = field(default_factory=set)


class JobContext(Protocol):
    """Context of a job: one transaction at a time, and progress reports."""

    def open_transaction(self) -> AbstractAsyncContextManager[CommandContext]:
        """Open one transaction, committed at the block's end and rolled back on an error."""
        ...

    async def report_progress(self, done: int, total: int, step: str) -> None:
        """Report the progress of a job in a transaction of its own.

        `step` is a short code such as `FEATURES`.
        """
        ...
