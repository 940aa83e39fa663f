"""The way to PostgreSQL: connections with pinned sessions, write transactions, and snapshots to read from.

No other module commits, rolls back or begins.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from domain import refusals
from kinerja.errors import OperatorError
from kinerja.postgres import compiled_statements, notifier, pool, prepared_statements
from kinerja.postgres.transaction import Transaction

__all__ = [
    "CONNECTION_LOST_ERRORS",
    "ConnectionLimits",
    "Database",
    "DatabaseUnavailable",
    "Snapshot",
    "Transaction",
    "connect_unpooled",
    "open_database",
    "session_settings",
    "translate_errors",
]

_CONNECT_SECONDS: Final = 5.0
_ACQUIRE_SECONDS: Final = 5.0
_NOTIFY_SQL: Final = "SELECT pg_notify(channel, '') FROM unnest($1::text[]) channel"
_SET_CONFIG_SQL: Final = (
    "SELECT set_config(name, value, true) FROM unnest($1::text[], $2::text[]) AS given(name, value)"
)


class DatabaseUnavailable(OperatorError):
    """The database cannot be reached, or not in time; trying again later may help."""


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What one process may ask of the database: connections, and milliseconds.

    `force_generic_plan` keeps the first plan of a prepared statement, whatever its values. The planner's statements
    are made for that; left to itself PostgreSQL plans some of them anew each time, which takes longer than they do.
    """

    max_connections: int = 10
    statement_timeout_ms: int = 10_000
    lock_timeout_ms: int = 3_000
    idle_timeout_ms: int = 15_000
    force_generic_plan: bool = False


def session_settings(limits: ConnectionLimits) -> dict[str, str]:
    """Session settings of each connection: time zone, statement timeout, isolation."""
    return {
        "application_name": "kinerja",
        "timezone": "UTC",
        "standard_conforming_strings": "on",
        "datestyle": "ISO, YMD",
        "intervalstyle": "iso_8601",
        "extra_float_digits": "1",
        "jit": "off",
        "plan_cache_mode": "force_generic_plan" if limits.force_generic_plan else "auto",
        "search_path": "public",
        "default_transaction_isolation": "read committed",
        "statement_timeout": str(limits.statement_timeout_ms),
        "lock_timeout": str(limits.lock_timeout_ms),
        "idle_in_transaction_session_timeout": str(limits.idle_timeout_ms),
    }


async def connect_unpooled(url: str, limits: ConnectionLimits | None = None) -> Any:
    """One connection outside the pool, for what must hold on to it: migrations, LISTEN, advisory locks."""
    with _translate_connect_errors():
        return await asyncpg.connect(
            url,
            server_settings=session_settings(limits or ConnectionLimits()),
            timeout=_CONNECT_SECONDS,
            statement_cache_size=100,
        )


CONNECTION_LOST_ERRORS: Final = (
    ConnectionError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)
_TIMEOUT_ERRORS: Final = (
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)
_CONFLICT_ERRORS: Final = (asyncpg.UniqueViolationError, asyncpg.ExclusionViolationError)


@contextmanager
def translate_errors(connection: Any = None) -> Iterator[None]:
    """Give the driver's errors that a caller can act on their names in the rooms below.

    With the connection at hand, what its driver says after it has been closed under us is known as that.
    """
    try:
        yield
    except CONNECTION_LOST_ERRORS as error:
        raise DatabaseUnavailable("the connection to the database was lost") from error
    except _TIMEOUT_ERRORS as error:
        raise DatabaseUnavailable("the database did not answer in time") from error
    except (asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        if connection is not None and pool.is_connection_closed(connection):
            raise DatabaseUnavailable("the connection to the database was lost") from error
        raise
    except _CONFLICT_ERRORS as error:
        raise refusals.Conflict("Something that exists already stands in the way.") from error


@contextmanager
def _translate_connect_errors() -> Iterator[None]:
    """The same while a connection is made, where the system's errors and a timeout mean that too."""
    try:
        with translate_errors():
            yield
    except (OSError, TimeoutError) as error:
        raise DatabaseUnavailable("the database cannot be reached") from error


def _begin_sql(settings: Mapping[str, str]) -> str:
    """What opens a transaction with settings of its own, in one turn, which takes no parameters."""
    told = ", ".join(
        f"set_config({_quote_literal(name)}, {_quote_literal(value)}, true)" for name, value in settings.items()
    )
    return f"BEGIN; SELECT {told}" if told else "BEGIN"


def _quote_literal(text: str) -> str:
    # Sessions are pinned to standard strings, in which nothing but a quote means anything.
    return "'" + text.replace("'", "''") + "'"


class Snapshot:
    """What one query document reads from: one state of the database, taken at its first read.

    Concurrent readers are served one after another, for there is one connection. `release_snapshot` lets go of the
    snapshot, so that the next read sees what a write has done meanwhile. `settings` hold in its transaction: by
    them row security knows who reads.
    """

    def __init__(self, database: "Database", settings: Mapping[str, str] | None = None) -> None:
        self._database = database
        self._settings = settings or {}
        self._exit_stack = AsyncExitStack()
        self._connection: Any = None
        self._lock = asyncio.Lock()
        self.statement_count = 0
        """Statements run so far, those that open and close the snapshot left out."""

    async def fetch_rows(self, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Rows of one SELECT with `$1…` parameters."""
        async with self._lock:
            connection = await self._get_connection()
            self.statement_count += 1
            with translate_errors(connection):
                rows: Sequence[Sequence[Any]] = await connection.fetch(sql, *values)
                return rows

    @asynccontextmanager
    async def read_transaction(self) -> AsyncIterator["Transaction"]:
        """The snapshot as a transaction that can only read; other readers wait until the block ends."""
        async with self._lock:
            connection = await self._get_connection()
            db = self._database.wrap_connection(connection)
            try:
                with translate_errors(connection):
                    yield db
            finally:
                self.statement_count += db.statement_count

    async def release_snapshot(self) -> None:
        """Let go of the connection and its snapshot; a later read takes a new one."""
        if self._connection is None and not self._lock.locked():
            return
        async with self._lock:
            connection, self._connection = self._connection, None
            # Nothing was written: a connection that broke takes its snapshot along, and that is all.
            with suppress(DatabaseUnavailable), translate_errors(connection):
                await self._exit_stack.aclose()

    async def _get_connection(self) -> Any:
        if self._connection is None:
            self._connection = await self._open_transaction()
        return self._connection

    async def _open_transaction(self) -> Any:
        connection = await self._exit_stack.enter_async_context(self._database.lend_connection())
        transaction = connection.transaction(isolation=self._database.snapshot_isolation, readonly=True)
        with translate_errors(connection):
            await self._exit_stack.enter_async_context(transaction)
            if self._settings:
                await connection.execute(_SET_CONFIG_SQL, [*self._settings], [*self._settings.values()])
        return connection


def _ignore_channels(_channels: Iterable[str]) -> None:
    """Announce nothing."""


class Database:
    """A pool of connections and the statements compiled for them; made by `open_database`."""

    snapshot_isolation: str | None = "repeatable_read"
    """How far a snapshot is apart from others' writes; None for a database that is one open transaction."""

    def __init__(
        self,
        connection_pool: pool.ConnectionPool | None,
        notify_channels: Callable[[Iterable[str]], None] = _ignore_channels,
    ) -> None:
        self._pool = connection_pool
        self._notify_channels = notify_channels
        self._statement_cache = compiled_statements.StatementCache()
        self._prepared_statements = prepared_statements.PreparedStatements()
        self.by_login: Mapping[str | None, Database] | None = None
        """The same database as other logins; None where one login serves for all."""

    @property
    def open_connections(self) -> int:
        """Connections that are open, as whatever login."""
        own = 0 if self._pool is None else self._pool.open_connections
        return own + sum(each.open_connections for each in (self.by_login or {}).values())

    @property
    def busy_connections(self) -> int:
        """Connections that are lent."""
        own = 0 if self._pool is None else self._pool.busy_connections
        return own + sum(each.busy_connections for each in (self.by_login or {}).values())

    def as_login(self, login: str | None) -> "Database":
        """The database as the login of a role, or of nobody."""
        return self if self.by_login is None else self.by_login[login]

    @asynccontextmanager
    async def open_transaction(self, settings: Mapping[str, str] | None = None) -> AsyncIterator[Transaction]:
        """One transaction: it commits when the block ends and rolls back when the block raises.

        `settings` hold in it alone: by them row security knows who writes.

        Raises:
            Unavailable: the database is away, gave up waiting, or no connection came free in time.
            Conflict: a unique or exclusion constraint was broken and the block did not foresee it.
        """
        async with self.lend_connection() as connection:
            with translate_errors(connection):
                async with self._begin_lazily(connection, settings or {}) as transaction:
                    yield transaction
                    await transaction.flush()
        self._notify_channels(transaction.channels_after_commit)

    @asynccontextmanager
    async def _begin_lazily(self, connection: Any, settings: Mapping[str, str]) -> AsyncIterator[Transaction]:
        if connection.is_in_transaction():  # a database that is one open transaction: it is a savepoint in there
            async with connection.transaction():
                await connection.execute(_SET_CONFIG_SQL, [*settings], [*settings.values()])
                yield self.wrap_connection(connection)
            return

        async def begin() -> None:
            await connection.execute(_begin_sql(settings))

        transaction = Transaction(connection, self._statement_cache, self._prepared_statements, settings, begin)
        try:
            yield transaction
        except BaseException:
            if transaction.is_open and not pool.is_connection_closed(connection):
                await connection.execute("ROLLBACK")
            raise
        if transaction.is_open:
            await connection.execute("COMMIT")

    def wrap_connection(self, connection: Any) -> Transaction:
        """The statements of a transaction that is open on a connection which was lent."""
        return Transaction(connection, self._statement_cache, self._prepared_statements)

    @asynccontextmanager
    async def rolled_back_transaction(self) -> AsyncIterator[Transaction]:
        """One transaction that is rolled back however the block ends: for previews and tests."""
        async with self.lend_connection() as connection:
            transaction = connection.transaction()
            await transaction.start()
            try:
                yield Transaction(connection, self._statement_cache, self._prepared_statements)
            finally:
                await transaction.rollback()

    @asynccontextmanager
    async def open_snapshot(self, settings: Mapping[str, str] | None = None) -> AsyncIterator[Snapshot]:
        """What one query document reads from; nothing is opened until it reads."""
        snapshot = Snapshot(self, settings)
        try:
            yield snapshot
        finally:
            await snapshot.release_snapshot()

    async def fetch_without_snapshot(self, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Rows of one SELECT that is its document's only one: its own snapshot, without BEGIN and COMMIT."""
        connection, whole = await self.acquire(), False
        try:
            rows = await self._prepared_statements.fetch_prepared(connection, sql, values)
            whole = True
        except Exception:
            with translate_errors(connection):
                raise
        finally:
            await self.release(connection, reusable=whole)
        return rows

    @asynccontextmanager
    async def lend_connection(self) -> AsyncIterator[Any]:
        """A bare connection of the pool."""
        connection, whole = await self.acquire(), False
        try:
            yield connection
            whole = True
        finally:
            await self.release(connection, reusable=whole)

    async def notify_all(self, channels: Sequence[str]) -> None:
        """NOTIFY on channels, with no payload, in a transaction of its own."""
        async with self.lend_connection() as connection:
            with translate_errors(connection):
                await connection.execute(_NOTIFY_SQL, channels)

    async def acquire(self) -> Any:
        """A bare connection of the pool, to be given back.

        Raises:
            Unavailable: the database is away, or no connection came free in time.
        """
        if self._pool is None:
            raise DatabaseUnavailable("there is no pool")
        with _translate_connect_errors():
            return await self._pool.acquire(_ACQUIRE_SECONDS)

    async def release(self, connection: Any, *, reusable: bool) -> None:
        """Take a connection back; `reusable` tells that nothing went wrong on it and no transaction is open."""
        if self._pool is not None:
            await self._pool.release(connection, reusable=reusable)


async def _keep_session(_connection: Any) -> None:
    # asyncpg would RESET ALL at each return, one more round trip; nothing here changes a session.
    pass


@asynccontextmanager
async def open_database(url: str, limits: ConnectionLimits | None = None) -> AsyncIterator[Database]:
    """A database whose connections are opened as they are needed, and closed at the end of the block."""
    bounds = limits or ConnectionLimits()
    made = asyncpg.create_pool(
        url,
        min_size=0,
        max_size=bounds.max_connections,
        server_settings=session_settings(bounds),
        statement_cache_size=100,
        timeout=_CONNECT_SECONDS,
        reset=_keep_session,
    )
    async with made:
        lending = pool.ConnectionPool(made, bounds.max_connections)
        announcer = notifier.Notifier(Database(lending).notify_all)
        try:
            yield Database(lending, announcer.schedule_notify)
        finally:
            await announcer.drain_pending()
            await lending.close_idle()
