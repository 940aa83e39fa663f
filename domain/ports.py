"""What the rooms below need from above, as protocols that `kinerja/` supplies."""

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
"""The values of a statement by the names of its `bindparam`s, or of the columns that an INSERT fills."""


class StaleRead(Exception):
    """What was read before the first change is no longer so; nothing was written, and the same can be done again.

    The next time what is read is read within the transaction, and this is not raised.
    """


class Db(Protocol):
    """One transaction. Statements are SQLAlchemy Core; nobody below commits.

    `IN` lists are not supported (they change the text): write `column == any_(array)`.

    A statement that runs often is a constant of its module and is given its `values` apart: so it is neither built
    nor looked up by its parts again. Such a constant is known by its identity; never make one in a function.
    """

    async def fetch_all(
        self, statement: TypedReturnsRows[*Columns], values: BindValues | None = None
    ) -> Sequence[tuple[*Columns]]:
        """All rows of a query, or of a statement with RETURNING."""
        ...

    async def fetch_one(
        self, statement: TypedReturnsRows[*Columns], values: BindValues | None = None
    ) -> tuple[*Columns] | None:
        """The first row, or None."""
        ...

    def stream(
        self, statement: TypedReturnsRows[*Columns], size: int = 20_000
    ) -> AsyncIterator[Sequence[tuple[*Columns]]]:
        """All rows of a query, `size` at a time, for what is too large to hold as rows."""
        ...

    async def execute(self, statement: Executable, values: BindValues | None = None) -> int:
        """Run a statement; the number of rows it touched."""
        ...

    def execute_deferred(
        self, statement: Executable, values: BindValues, on_conflict_error: Exception | None = None
    ) -> None:
        """Run a change whose answer nobody waits for, with all others of its kind as one statement.

        That is sent before whatever else is run next, and before the commit; errors surface there, and there
        `on_conflict_error` is raised if the change touches no row. The changes of one statement do not see one
        another, so none may build on another's rows.
        """
        ...

    def claim(self, statement: Executable, values: BindValues, on_conflict_error: Exception) -> None:
        """Make all that follows depend on a change: if it touches no row, `on_conflict_error` is raised in its place.

        It is an INSERT of one row, and is sent with the first change or before it: nothing that changes a row is
        sent before it has succeeded. What `fetch_one` reads of a constant SELECT meanwhile is compared then; if it is
        no longer so, nothing is written and `StaleRead` is raised.
        """
        ...

    def amend_claim(self, values: BindValues) -> bool:
        """Add values to a claim not sent yet; False if it has."""
        ...

    async def read_cached(self, statement: TypedReturnsRows[*Columns], values: BindValues) -> tuple[*Columns] | None:
        """The row of a constant SELECT from the cache; None if `fetch_one` has to read it.

        It is compared when the guard is sent, as what `fetch_one` reads. So nothing may be refused by it, and only
        what is the same for everybody is worth it. Its values must be hashable.
        """
        ...

    def read_deferred(self, statement: TypedReturnsRows[*Columns], values: BindValues) -> tuple[*Columns] | None:
        """The row that a constant SELECT will find when the guard is sent; None if `fetch_one` has to read it.

        Its columns pass as values of statements and nothing else: as those of SQLModel's classes, each is typed as
        what it stands for. Once the guard has been sent, `int` and `str` tell what they were. If no row is found,
        nothing is written and `StaleRead` is raised; the next time it has to be read.
        """
        ...

    async def flush(self) -> None:
        """Send what waits now."""
        ...

    async def execute_many(self, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run one statement once per row of values."""
        ...

    async def copy(self, table: str, columns: Sequence[str], records: Iterable[Sequence[Any]]) -> int:
        """COPY records into a table; the number of rows."""
        ...

    async def notify(self, channel: str, payload: str) -> None:
        """NOTIFY as part of the commit; it makes commits that do so wait for one another."""
        ...

    def notify_after_commit(self, channel: str) -> None:
        """NOTIFY soon after the transaction has committed, apart from it.

        Said once for all that is announced at about the same time, and not at all if the process dies in
        between: whoever listens must also look now and then.
        """
        ...


class Jobs(Protocol):
    """The queue of long work."""

    async def enqueue(self, db: Db, entrypoint: str, payload: Mapping[str, Any]) -> None:
        """Put a job on the queue in the transaction of `db`: no commit, no job."""
        ...


@dataclass(frozen=True, slots=True)
class CommandContext:
    """What a command is given: who acts, when, and through what.

    `today` is the business date (Asia/Jakarta); `now` the instant, timezone-aware; `origin` the id of the request
    and the address that it came from, empty if nobody asked from outside. `audited_person_ids` gathers whom the
    trail names in this transaction.
    """

    db: Db
    jobs: Jobs
    actor: Actor
    today: date
    now: datetime
    origin: str = ""
    audited_person_ids: set[int] = field(default_factory=set)


class JobContext(Protocol):
    """What a job is given: transactions one at a time, and a place to say how far it is."""

    def open_transaction(self) -> AbstractAsyncContextManager[CommandContext]:
        """Open one transaction; it commits when the block ends and rolls back when the block raises."""
        ...

    async def report_progress(self, done: int, total: int, step: str) -> None:
        """Say how far the job is, in a transaction of its own; `step` is a short code such as `FEATURES`."""
        ...
