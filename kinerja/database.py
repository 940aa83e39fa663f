"""The way to PostgreSQL: connections with pinned sessions, write transactions, and snapshots to read from.

No other module commits, rolls back or begins.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, TypeVarTuple

import asyncpg
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.selectable import TypedReturnsRows

from domain import refusals
from kinerja import pool, statements
from kinerja.failures import CannotRun

Columns = TypeVarTuple("Columns")

_CONNECT_SECONDS: Final = 5.0
_ACQUIRE_SECONDS: Final = 5.0
_SAY: Final = "SELECT pg_notify(channel, '') FROM unnest($1::text[]) channel"
_ANNOUNCE_SECONDS: Final = 0.01  # what is announced meanwhile goes out together


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
        if connection is not None and pool.closed(connection):
            raise Unavailable("the connection to the database was lost") from error
        raise
    except _TAKEN as error:
        raise refusals.Conflict("Something that exists already stands in the way.") from error


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
        self.announced: set[str] = set()
        """Channels on which something is to be said once this has committed."""

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
        """NOTIFY as part of the commit."""
        self.count += 1
        await self.connection.execute("SELECT pg_notify($1, $2)", channel, payload)

    def announce(self, channel: str) -> None:
        """NOTIFY soon after the commit, apart from it."""
        self.announced.add(channel)


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
            connection = await self._connected()
            self.count += 1
            with named(connection):
                rows: Sequence[Sequence[Any]] = await connection.fetch(sql, *values)
                return rows

    @asynccontextmanager
    async def whole(self) -> AsyncIterator["Transaction"]:
        """The snapshot as a transaction that can only read; other readers wait until the block ends."""
        async with self._lock:
            connection = await self._connected()
            db = self._database.over(connection)
            try:
                with named(connection):
                    yield db
            finally:
                self.count += db.count

    async def renew(self) -> None:
        """Let go of the connection and its snapshot; a later read takes a new one."""
        if self._connection is None and not self._lock.locked():
            return
        async with self._lock:
            connection, self._connection = self._connection, None
            # Nothing was written: a connection that broke takes its snapshot along, and that is all.
            with suppress(Unavailable), named(connection):
                await self._held.aclose()

    async def _connected(self) -> Any:
        if self._connection is None:
            self._connection = await self._open()
        return self._connection

    async def _open(self) -> Any:
        connection = await self._held.enter_async_context(self._database.lend())
        transaction = connection.transaction(isolation=self._database.snapshot_isolation, readonly=True)
        with named(connection):
            await self._held.enter_async_context(transaction)
        return connection


def _silently(_channels: Iterable[str]) -> None:
    """Announce nothing."""


class Database:
    """A pool of connections and the statements compiled for them; made by `opened`."""

    snapshot_isolation: str | None = "repeatable_read"
    """How far a snapshot is apart from others' writes; None for a database that is one open transaction."""

    def __init__(self, lending: pool.Pool | None, announce: Callable[[Iterable[str]], None] = _silently) -> None:
        self._pool = lending
        self._announce = announce
        self._compiled = statements.Statements()

    @property
    def size(self) -> int:
        """Connections that are open."""
        return 0 if self._pool is None else self._pool.size

    @property
    def busy(self) -> int:
        """Connections that are lent."""
        return 0 if self._pool is None else self._pool.busy

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
                    transaction = Transaction(connection, self._compiled)
                    yield transaction
        self._announce(transaction.announced)

    def over(self, connection: Any) -> Transaction:
        """The statements of a transaction that is open on a connection which was lent."""
        return Transaction(connection, self._compiled)

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
        connection, whole = await self.borrow(), False
        try:
            rows: Sequence[Sequence[Any]] = await connection.fetch(sql, *values)
            whole = True
        except Exception:
            with named(connection):
                raise
        finally:
            await self.give_back(connection, whole=whole)
        return rows

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[Any]:
        """A bare connection of the pool."""
        connection, whole = await self.borrow(), False
        try:
            yield connection
            whole = True
        finally:
            await self.give_back(connection, whole=whole)

    async def borrow(self) -> Any:
        """A bare connection of the pool, to be given back.

        Raises:
            Unavailable: the database is away, or no connection came free in time.
        """
        if self._pool is None:
            raise Unavailable("there is no pool")
        with _reached():
            return await self._pool.borrow(_ACQUIRE_SECONDS)

    async def give_back(self, connection: Any, *, whole: bool) -> None:
        """Take a connection back; `whole` tells that nothing went wrong on it and no transaction is open."""
        if self._pool is not None:
            await self._pool.give_back(connection, whole=whole)


class _Announcer:
    """Says on channels what committed transactions announced: one NOTIFY at a time, however many they were.

    Not within those transactions, because PostgreSQL lets only one at a time commit that has notified.
    """

    def __init__(self, lending: pool.Pool) -> None:
        self._database = Database(lending)
        self._waiting: set[str] = set()
        self._saying: asyncio.Task[None] | None = None

    def announce(self, channels: Iterable[str]) -> None:
        """Say something on these channels soon."""
        self._waiting.update(channels)
        if self._waiting and (self._saying is None or self._saying.done()):
            self._saying = asyncio.create_task(self._say())

    async def finish(self) -> None:
        """Say what still waits."""
        if self._saying is not None:
            await asyncio.wait([self._saying], timeout=_ACQUIRE_SECONDS)

    async def _say(self) -> None:
        while self._waiting:
            channels, self._waiting = sorted(self._waiting), set()
            # Whoever listens looks by itself too: what is lost here is only late.
            with suppress(Unavailable):
                async with self._database.lend() as connection:
                    with named(connection):
                        await connection.execute(_SAY, channels)
            await asyncio.sleep(_ANNOUNCE_SECONDS)


async def _keep(_connection: Any) -> None:
    # asyncpg would RESET ALL at each return, one more round trip; nothing here changes a session.
    pass


@asynccontextmanager
async def opened(url: str, limits: Limits | None = None) -> AsyncIterator[Database]:
    """A database whose connections are opened as they are needed, and closed at the end of the block."""
    bounds = limits or Limits()
    made = asyncpg.create_pool(
        url,
        min_size=0,
        max_size=bounds.connections,
        server_settings=session(bounds),
        statement_cache_size=100,
        timeout=_CONNECT_SECONDS,
        reset=_keep,
    )
    async with made:
        lending = pool.Pool(made)
        announcer = _Announcer(lending)
        try:
            yield Database(lending, announcer.announce)
        finally:
            await announcer.finish()
            await lending.close()
