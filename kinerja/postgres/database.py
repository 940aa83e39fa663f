"""Database access: pooled connections with pinned session settings, write transactions, read snapshots.

No other module commits, rolls back or begins a transaction.
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
    """Limits of one process: number of connections, and timeouts in milliseconds.

    `force_generic_plan` keeps the first plan of a prepared statement, whatever its values. The planner's statements
    are made for that; by default PostgreSQL plans some of them anew each time, and planning takes longer than
    execution.
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
    """Open one connection outside the pool, for long use: migrations, LISTEN, advisory locks."""
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
    """Translate driver errors that a caller can handle into domain errors.

    With `connection` given, driver errors after a connection was lost are translated too.

    Raises:
        DatabaseUnavailable: the connection was lost, or the database did not answer in time.
        Conflict: a unique or exclusion constraint was violated.
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
    """Translate errors of opening a connection: system errors and timeouts mean DatabaseUnavailable too."""
    try:
        with translate_errors():
            yield
    except (OSError, TimeoutError) as error:
        raise DatabaseUnavailable("the database cannot be reached") from error


def _begin_sql(settings: Mapping[str, str]) -> str:
    """Return the SQL to open a transaction with its own settings.

    It takes one round trip and no parameters.
    """
    told = ", ".join(
        f"set_config({_quote_literal(name)}, {_quote_literal(value)}, true)" for name, value in settings.items()
    )
    return f"BEGIN; SELECT {told}" if told else "BEGIN"


def _quote_literal(text: str) -> str:
    # Sessions are pinned to standard strings: only a quote needs escaping in them.
    return "'" + text.replace("'", "''") + "'"


class Snapshot:
    """Read snapshot of one query document.

    It is one state of the database, taken at its first read. Concurrent readers run one after another, on one
    connection. `release_snapshot` releases the snapshot; the next read sees the writes made meanwhile. `settings`
    apply within its transaction: row-level security identifies the reader by them.
    """

    def __init__(self, database: "Database", settings: Mapping[str, str] | None = None) -> None:
        self._database = database
        self._settings = settings or {}
        self._exit_stack = AsyncExitStack()
        self._connection: Any = None
        self._lock = asyncio.Lock()
        self.statement_count = 0
        """Statements run so far, without those to open and close the snapshot."""

    async def fetch_rows(self, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Fetch the rows of one SELECT with `$1…` parameters."""
        async with self._lock:
            connection = await self._get_connection()
            self.statement_count += 1
            with translate_errors(connection):
                rows: Sequence[Sequence[Any]] = await connection.fetch(sql, *values)
                return rows

    @asynccontextmanager
    async def read_transaction(self) -> AsyncIterator["Transaction"]:
        """Yield the snapshot as a read-only transaction; other readers wait until the block ends."""
        async with self._lock:
            connection = await self._get_connection()
            db = self._database.wrap_connection(connection)
            try:
                with translate_errors(connection):
                    yield db
            finally:
                self.statement_count += db.statement_count

    async def release_snapshot(self) -> None:
        """Release the connection and its snapshot; a later read takes a new one."""
        if self._connection is None and not self._lock.locked():
            return
        async with self._lock:
            connection, self._connection = self._connection, None
            # Nothing was written: a broken connection only loses its snapshot.
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
    """Notify no channel."""


class Database:
    """Connection pool and the statements compiled for it; created by `open_database`."""

    snapshot_isolation: str | None = "repeatable_read"
    """Isolation level of snapshots; None for a database that is one open transaction."""

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
        """This database under each login; None if one login serves all."""

    @property
    def open_connections(self) -> int:
        """Number of open connections, over all logins."""
        own = 0 if self._pool is None else self._pool.open_connections
        return own + sum(each.open_connections for each in (self.by_login or {}).values())

    @property
    def busy_connections(self) -> int:
        """Number of connections in use, over all logins."""
        own = 0 if self._pool is None else self._pool.busy_connections
        return own + sum(each.busy_connections for each in (self.by_login or {}).values())

    def as_login(self, login: str | None) -> "Database":
        """Return the database under the login of a role; None is the anonymous login."""
        return self if self.by_login is None else self.by_login[login]

    @asynccontextmanager
    async def open_transaction(self, settings: Mapping[str, str] | None = None) -> AsyncIterator[Transaction]:
        """Open one transaction: commit at the end of the block, rollback on an exception.

        `settings` apply to this transaction only: row-level security identifies the writer by them.

        Raises:
            DatabaseUnavailable: the database is unreachable, a wait timed out, or no connection came free in time.
            Conflict: a unique or exclusion constraint was violated and the block did not handle it.
        """
        async with self.lend_connection() as connection:
            with translate_errors(connection):
                async with self._begin_lazily(connection, settings or {}) as transaction:
                    yield transaction
                    await transaction.flush()
        self._notify_channels(transaction.channels_after_commit)

    @asynccontextmanager
    async def _begin_lazily(self, connection: Any, settings: Mapping[str, str]) -> AsyncIterator[Transaction]:
        if connection.is_in_transaction():  # a database of one open transaction: use a savepoint
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
        """Wrap a leased connection with an open transaction as a Transaction."""
        return Transaction(connection, self._statement_cache, self._prepared_statements)

    @asynccontextmanager
    async def rolled_back_transaction(self) -> AsyncIterator[Transaction]:
        """Open one transaction, always rolled back at the end: for previews and tests."""
        async with self.lend_connection() as connection:
            transaction = connection.transaction()
            await transaction.start()
            try:
                yield Transaction(connection, self._statement_cache, self._prepared_statements)
            finally:
                await transaction.rollback()

    @asynccontextmanager
    async def open_snapshot(self, settings: Mapping[str, str] | None = None) -> AsyncIterator[Snapshot]:
        """Yield the read snapshot of one query document; nothing is opened before its first read."""
        snapshot = Snapshot(self, settings)
        try:
            yield snapshot
        finally:
            await snapshot.release_snapshot()

    async def fetch_without_snapshot(self, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Fetch the rows of a document's only SELECT: its own snapshot, without BEGIN and COMMIT."""
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
        """Lease a bare connection of the pool for the block."""
        connection, whole = await self.acquire(), False
        try:
            yield connection
            whole = True
        finally:
            await self.release(connection, reusable=whole)

    async def notify_all(self, channels: Sequence[str]) -> None:
        """NOTIFY on channels, without payload, in a transaction of its own."""
        async with self.lend_connection() as connection:
            with translate_errors(connection):
                await connection.execute(_NOTIFY_SQL, channels)

    async def acquire(self) -> Any:
        """Acquire a bare connection of the pool; the caller must release it.

        Raises:
            DatabaseUnavailable: the database is unreachable, or no connection came free in time.
        """
        if self._pool is None:
            raise DatabaseUnavailable("there is no pool")
        with _translate_connect_errors():
            return await self._pool.acquire(_ACQUIRE_SECONDS)

    async def release(self, connection: Any, *, reusable: bool) -> None:
        """Return a connection to the pool.

        `reusable` means no error on it and no open transaction.
        """
        if self._pool is not None:
            await self._pool.release(connection, reusable=reusable)


async def _keep_session(_connection: Any) -> None:
    # asyncpg would RESET ALL at each return, one more round trip; nothing here changes a session.
    pass


@asynccontextmanager
async def open_database(url: str, limits: ConnectionLimits | None = None) -> AsyncIterator[Database]:
    """Open a database with pooled connections, made on demand.

    All are closed at the end of the block.
    """
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
