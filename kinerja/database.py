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
from kinerja import announcing, pool, prepared, statements
from kinerja.failures import CannotRun
from kinerja.transactions import Transaction

__all__ = [
    "LOST",
    "Database",
    "Limits",
    "Snapshot",
    "Transaction",
    "Unavailable",
    "connect",
    "named",
    "opened",
    "session",
]

_CONNECT_SECONDS: Final = 5.0
_ACQUIRE_SECONDS: Final = 5.0
_SAY: Final = "SELECT pg_notify(channel, '') FROM unnest($1::text[]) channel"
_SET: Final = "SELECT set_config(name, value, true) FROM unnest($1::text[], $2::text[]) AS given(name, value)"


class Unavailable(CannotRun):
    """The database cannot be reached, or not in time; trying again later may help."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one process may ask of the database: connections, and milliseconds.

    `planned_once` keeps the first plan of a prepared statement, whatever its values. The planner's statements are
    made for that; left to itself PostgreSQL plans some of them anew each time, which takes longer than they do.
    """

    connections: int = 10
    statement_ms: int = 10_000
    lock_ms: int = 3_000
    idle_ms: int = 15_000
    planned_once: bool = False


def session(limits: Limits) -> dict[str, str]:
    """What is pinned on each connection, whatever the server, role or environment says."""
    return {
        "application_name": "kinerja",
        "timezone": "UTC",
        "standard_conforming_strings": "on",
        "datestyle": "ISO, YMD",
        "intervalstyle": "iso_8601",
        "extra_float_digits": "1",
        "jit": "off",
        "plan_cache_mode": "force_generic_plan" if limits.planned_once else "auto",
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


def _begin(settings: Mapping[str, str]) -> str:
    """What opens a transaction with settings of its own, in one turn, which takes no parameters."""
    told = ", ".join(f"set_config({_literal(name)}, {_literal(value)}, true)" for name, value in settings.items())
    return f"BEGIN; SELECT {told}" if told else "BEGIN"


def _literal(text: str) -> str:
    # Sessions are pinned to standard strings, in which nothing but a quote means anything.
    return "'" + text.replace("'", "''") + "'"


class Snapshot:
    """What one query document reads from: one state of the database, taken at its first read.

    Concurrent readers are served one after another, for there is one connection. `renew` lets go of the
    snapshot, so that the next read sees what a write has done meanwhile. `settings` hold in its transaction: by
    them row security knows who reads.
    """

    def __init__(self, database: "Database", settings: Mapping[str, str] | None = None) -> None:
        self._database = database
        self._settings = settings or {}
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
            if self._settings:
                await connection.execute(_SET, [*self._settings], [*self._settings.values()])
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
        self._prepared = prepared.Prepared()
        self.logins: Mapping[str | None, Database] | None = None
        """The same database as other logins; None where one login serves for all."""

    @property
    def size(self) -> int:
        """Connections that are open, as whatever login."""
        own = 0 if self._pool is None else self._pool.size
        return own + sum(each.size for each in (self.logins or {}).values())

    @property
    def busy(self) -> int:
        """Connections that are lent."""
        own = 0 if self._pool is None else self._pool.busy
        return own + sum(each.busy for each in (self.logins or {}).values())

    def as_(self, login: str | None) -> "Database":
        """The database as the login of a role, or of nobody."""
        return self if self.logins is None else self.logins[login]

    @asynccontextmanager
    async def write(self, settings: Mapping[str, str] | None = None) -> AsyncIterator[Transaction]:
        """One transaction: it commits when the block ends and rolls back when the block raises.

        `settings` hold in it alone: by them row security knows who writes.

        Raises:
            Unavailable: the database is away, gave up waiting, or no connection came free in time.
            Conflict: a unique or exclusion constraint was broken and the block did not foresee it.
        """
        async with self.lend() as connection:
            with named(connection):
                async with self._within(connection, settings or {}) as transaction:
                    yield transaction
                    await transaction.settle()
        self._announce(transaction.announced)

    @asynccontextmanager
    async def _within(self, connection: Any, settings: Mapping[str, str]) -> AsyncIterator[Transaction]:
        if connection.is_in_transaction():  # a database that is one open transaction: it is a savepoint in there
            async with connection.transaction():
                await connection.execute(_SET, [*settings], [*settings.values()])
                yield self.over(connection)
            return

        async def begin() -> None:
            await connection.execute(_begin(settings))

        transaction = Transaction(connection, self._compiled, self._prepared, settings, begin)
        try:
            yield transaction
        except BaseException:
            if transaction.opened and not pool.closed(connection):
                await connection.execute("ROLLBACK")
            raise
        if transaction.opened:
            await connection.execute("COMMIT")

    def over(self, connection: Any) -> Transaction:
        """The statements of a transaction that is open on a connection which was lent."""
        return Transaction(connection, self._compiled, self._prepared)

    @asynccontextmanager
    async def rehearse(self) -> AsyncIterator[Transaction]:
        """One transaction that is rolled back however the block ends: for previews and tests."""
        async with self.lend() as connection:
            transaction = connection.transaction()
            await transaction.start()
            try:
                yield Transaction(connection, self._compiled, self._prepared)
            finally:
                await transaction.rollback()

    @asynccontextmanager
    async def snapshot(self, settings: Mapping[str, str] | None = None) -> AsyncIterator[Snapshot]:
        """What one query document reads from; nothing is opened until it reads."""
        snapshot = Snapshot(self, settings)
        try:
            yield snapshot
        finally:
            await snapshot.renew()

    async def read_once(self, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Rows of one SELECT that is its document's only one: its own snapshot, without BEGIN and COMMIT."""
        connection, whole = await self.borrow(), False
        try:
            rows = await self._prepared.fetch(connection, sql, values)
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

    async def say(self, channels: Sequence[str]) -> None:
        """NOTIFY on channels, with no payload, in a transaction of its own."""
        async with self.lend() as connection:
            with named(connection):
                await connection.execute(_SAY, channels)

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
        lending = pool.Pool(made, bounds.connections)
        announcer = announcing.Announcer(Database(lending).say)
        try:
            yield Database(lending, announcer.announce)
        finally:
            await announcer.finish()
            await lending.close()
