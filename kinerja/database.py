"""The way to PostgreSQL: connections with pinned sessions, write transactions, and snapshots to read from.

No other module commits, rolls back or begins.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, TypeVarTuple

import asyncpg
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.selectable import TypedReturnsRows

from domain import refusals
from kinerja import statements
from kinerja.failures import CannotRun

Columns = TypeVarTuple("Columns")

_CONNECT_SECONDS: Final = 5.0
_ACQUIRE_SECONDS: Final = 5.0


class Unavailable(CannotRun):
    """The database cannot be reached, or not in time; trying again later may help."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one process may ask of the database: connections, and milliseconds."""

    connections: int = 10
    statement_ms: int = 10_000
    lock_ms: int = 3_000
    idle_ms: int = 15_000


def session(limits: Limits) -> dict[str, str]:
    """What is pinned on each connection, whatever the server, role or environment says."""
    return {
        "application_name": "kinerja",
        "timezone": "UTC",
        "datestyle": "ISO, YMD",
        "intervalstyle": "iso_8601",
        "extra_float_digits": "1",
        "jit": "off",
        "search_path": "public",
        "default_transaction_isolation": "read committed",
        "statement_timeout": str(limits.statement_ms),
        "lock_timeout": str(limits.lock_ms),
        "idle_in_transaction_session_timeout": str(limits.idle_ms),
    }


async def connect(url: str, limits: Limits | None = None) -> Any:
    """One connection outside the pool, for what must hold on to it: migrations, LISTEN, advisory locks."""
    with _reached():
        return await asyncpg.connect(
            url,
            server_settings=session(limits or Limits()),
            timeout=_CONNECT_SECONDS,
            statement_cache_size=100,
        )


LOST: Final = (
    ConnectionError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)
_GAVE_UP: Final = (
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)
_TAKEN: Final = (asyncpg.UniqueViolationError, asyncpg.ExclusionViolationError)


@contextmanager
def named(connection: Any = None) -> Iterator[None]:
    """Give the driver's errors that a caller can act on their names in the rooms below.

    With the connection at hand, what its driver says after it has been closed under us is known as that.
    """
    try:
        yield
    except LOST as error:
        raise Unavailable("the connection to the database was lost") from error
    except _GAVE_UP as error:
        raise Unavailable("the database did not answer in time") from error
    except (asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        if connection is not None and _closed(connection):
            raise Unavailable("the connection to the database was lost") from error
        raise
    except _TAKEN as error:
        raise refusals.Conflict("Something that exists already stands in the way.") from error


def _closed(connection: Any) -> bool:
    try:
        return bool(connection.is_closed())
    except asyncpg.InterfaceError:  # the pool has taken it back already
        return True


@contextmanager
def _reached() -> Iterator[None]:
    """The same while a connection is made, where the system's errors and a timeout mean that too."""
    try:
        with named():
            yield
    except (OSError, TimeoutError) as error:
        raise Unavailable("the database cannot be reached") from error


class Transaction:
    """One open transaction on one connection: `domain.ports.Db`."""

    def __init__(self, connection: Any, compiled: statements.Statements) -> None:
        self.connection = connection
        """The bare asyncpg connection, for the queue and the planner, which share this transaction."""
        self._compiled = compiled
        self.count = 0
        """Statements run so far."""

    async def fetch(self, statement: TypedReturnsRows[*Columns]) -> Sequence[tuple[*Columns]]:
        """All rows of a query, or of a statement with RETURNING."""
        plan, values = self._compiled.plan(statement)
        self.count += 1
        return plan.results(await self.connection.fetch(plan.sql, *plan.arguments(values)))

    async def first(self, statement: TypedReturnsRows[*Columns]) -> tuple[*Columns] | None:
        """The first row, or None."""
        plan, values = self._compiled.plan(statement)
        self.count += 1
        record = await self.connection.fetchrow(plan.sql, *plan.arguments(values))
        return None if record is None else plan.results([record])[0]

    async def stream(
        self, statement: TypedReturnsRows[*Columns], size: int = 20_000
    ) -> AsyncIterator[Sequence[tuple[*Columns]]]:
        """All rows of a query, `size` at a time, from a cursor in the server."""
        plan, values = self._compiled.plan(statement)
        self.count += 1
        cursor = await self.connection.cursor(plan.sql, *plan.arguments(values))
        while records := await cursor.fetch(size):
            yield plan.results(records)

    async def execute(self, statement: Executable) -> int:
        """Run a statement; the number of rows it touched."""
        plan, values = self._compiled.plan(statement)
        self.count += 1
        return _touched(await self.connection.execute(plan.sql, *plan.arguments(values)))

    async def execute_many(self, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run one statement once per row of values; all rows have the same keys."""
        if not rows:
            return
        plan, values = self._compiled.plan(statement, sorted(rows[0]))
        self.count += 1
        await self.connection.executemany(plan.sql, [plan.arguments(values, row) for row in rows])

    async def copy(self, table: str, columns: Sequence[str], records: Iterable[Sequence[Any]]) -> int:
        """COPY records into a table; the number of rows. A JSON column takes its text."""
        self.count += 1
        return _touched(await self.connection.copy_records_to_table(table, columns=columns, records=records))

    async def read(self, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Rows of one SELECT with `$1…` parameters, for the planner."""
        self.count += 1
        rows: Sequence[Sequence[Any]] = await self.connection.fetch(sql, *values)
        return rows

    async def notify(self, channel: str, payload: str) -> None:
        """NOTIFY when the transaction commits."""
        self.count += 1
        await self.connection.execute("SELECT pg_notify($1, $2)", channel, payload)


def _touched(status: str) -> int:
    """The number that ends a status line such as `INSERT 0 3`; zero for one without."""
    last = status.rsplit(" ", 1)[-1]
    return int(last) if last.isdigit() else 0


class Snapshot:
    """What one query document reads from: one state of the database, taken at its first read.

    Concurrent readers are served one after another, for there is one connection. `renew` lets go of the
    snapshot, so that the next read sees what a write has done meanwhile.
    """

    def __init__(self, database: "Database") -> None:
        self._database = database
        self._held = AsyncExitStack()
        self._connection: Any = None
        self._lock = asyncio.Lock()
        self.count = 0
        """Statements run so far, those that open and close the snapshot left out."""

    async def read(self, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Rows of one SELECT with `$1…` parameters."""
        async with self._lock:
            if self._connection is None:
                self._connection = await self._open()
            self.count += 1
            with named(self._connection):
                rows: Sequence[Sequence[Any]] = await self._connection.fetch(sql, *values)
                return rows

    async def renew(self) -> None:
        """Let go of the connection and its snapshot; a later read takes a new one."""
        async with self._lock:
            connection, self._connection = self._connection, None
            # Nothing was written: a connection that broke takes its snapshot along, and that is all.
            with suppress(Unavailable), named(connection):
                await self._held.aclose()

    async def _open(self) -> Any:
        connection = await self._held.enter_async_context(self._database.lend())
        transaction = connection.transaction(isolation=self._database.snapshot_isolation, readonly=True)
        with named(connection):
            await self._held.enter_async_context(transaction)
        return connection


class Database:
    """A pool of connections and the statements compiled for them; made by `opened`."""

    snapshot_isolation: str | None = "repeatable_read"
    """How far a snapshot is apart from others' writes; None for a database that is one open transaction."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._compiled = statements.Statements()

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        """One transaction: it commits when the block ends and rolls back when the block raises.

        Raises:
            Unavailable: the database is away, gave up waiting, or no connection came free in time.
            Conflict: a unique or exclusion constraint was broken and the block did not foresee it.
        """
        async with self.lend() as connection:
            with named(connection):
                async with connection.transaction():
                    yield Transaction(connection, self._compiled)

    @asynccontextmanager
    async def rehearse(self) -> AsyncIterator[Transaction]:
        """One transaction that is rolled back however the block ends: for previews and tests."""
        async with self.lend() as connection:
            transaction = connection.transaction()
            await transaction.start()
            try:
                yield Transaction(connection, self._compiled)
            finally:
                await transaction.rollback()

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Snapshot]:
        """What one query document reads from; nothing is opened until it reads."""
        snapshot = Snapshot(self)
        try:
            yield snapshot
        finally:
            await snapshot.renew()

    async def read_once(self, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Rows of one SELECT that is its document's only one: its own snapshot, without BEGIN and COMMIT."""
        async with self.lend() as connection:
            with named(connection):
                rows: Sequence[Sequence[Any]] = await connection.fetch(sql, *values)
                return rows

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[Any]:
        """A bare connection of the pool."""
        with _reached():
            connection = await self._pool.acquire(timeout=_ACQUIRE_SECONDS)
        try:
            yield connection
        finally:
            await self._pool.release(connection)


async def _keep(_connection: Any) -> None:
    # asyncpg would RESET ALL at each return, one more round trip; nothing here changes a session.
    pass


@asynccontextmanager
async def opened(url: str, limits: Limits | None = None) -> AsyncIterator[Database]:
    """A database whose connections are opened as they are needed, and closed at the end of the block."""
    bounds = limits or Limits()
    pool = asyncpg.create_pool(
        url,
        min_size=0,
        max_size=bounds.connections,
        server_settings=session(bounds),
        statement_cache_size=100,
        timeout=_CONNECT_SECONDS,
        reset=_keep,
    )
    async with pool:
        yield Database(pool)
