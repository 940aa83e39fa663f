"""The way to PostgreSQL: connections with pinned sessions, write transactions, and snapshots to read from.

No other module commits, rolls back or begins.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVarTuple

import asyncpg
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.selectable import TypedReturnsRows

from domain import refusals
from domain.ports import Moved
from kinerja import announcing, copying, gates, pool, prepared, statements
from kinerja.failures import CannotRun
from resolvers.ports import Showing

Columns = TypeVarTuple("Columns")

Values = Mapping[str, object]
"""The values of a statement that is made once, by name."""

_CONNECT_SECONDS: Final = 5.0
_ACQUIRE_SECONDS: Final = 5.0
_SAY: Final = "SELECT pg_notify(channel, '') FROM unnest($1::text[]) channel"
_SET: Final = "SELECT set_config(name, value, true) FROM unnest($1::text[], $2::text[]) AS given(name, value)"
_TOGETHER: Final = 16  # changes that one statement runs at most


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
        "standard_conforming_strings": "on",
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


@dataclass(frozen=True, slots=True)
class _Change:
    """A change that waits, its values in order, and what is raised if it touches no row."""

    plan: statements.Plan
    values: Sequence[Any]
    otherwise: Exception | None


@dataclass(frozen=True, slots=True)
class _Guard:
    """A claim that was not made yet, and what is raised if it fails."""

    statement: Executable
    values: Values
    otherwise: Exception


@dataclass(frozen=True, slots=True)
class _Held:
    """What asks whether a row that was read is still the same, its values, and whether there was one."""

    plan: statements.Plan
    values: Sequence[Any]
    there: bool


class Transaction:
    """One transaction on one connection: `domain.ports.Db`.

    It is opened by what first needs it. What a command reads behind a guard before it changes anything needs none,
    for READ COMMITTED keeps nothing of it; whether it still holds is asked along with the first change. If all that
    is left then are INSERTs and what shows one of their rows, they travel as one statement, and none is opened.

    Args:
        connection: a connection.
        compiled: the statements compiled for it.
        documents: which texts, made of clients' documents, stay prepared.
        settings: hold in the transaction alone.
        opened: whether it is open, and so not this one's to open or to end.
    """

    def __init__(
        self,
        connection: Any,
        compiled: statements.Statements,
        documents: prepared.Prepared | None = None,
        settings: Mapping[str, str] | None = None,
        *,
        opened: bool = True,
    ) -> None:
        self.connection = connection
        """The bare asyncpg connection, for the queue and the planner; see `start`."""
        self._compiled = compiled
        self._prepared = documents or prepared.Prepared()
        self._settings = settings or {}
        self._opened = opened
        self.count = 0
        """Statements run so far, those that open and close it left out."""
        self.announced: set[str] = set()
        """Channels on which something is to be said once this has committed."""
        self.notified: set[str] = set()
        """Channels on which something is said by the commit."""
        self._waiting: list[_Change] = []
        self._guard: _Guard | None = None
        self._held: list[_Held] = []

    @property
    def opened(self) -> bool:
        """Whether there is a transaction by now."""
        return self._opened

    async def start(self) -> None:
        """Open it, unless it is."""
        if not self._opened:
            self._opened = True
            await self.connection.execute(_begin(self._settings))

    async def commit(self) -> None:
        """End it, if it is open."""
        if self._opened:
            await self.connection.execute("COMMIT")

    async def roll_back(self) -> None:
        """End it without a trace, if it is open."""
        if self._opened and not pool.closed(self.connection):
            await self.connection.execute("ROLLBACK")

    async def fetch(
        self, statement: TypedReturnsRows[*Columns], values: Values | None = None
    ) -> Sequence[tuple[*Columns]]:
        """All rows of a query, or of a statement with RETURNING."""
        plan, given = await self._next(statement, values)
        return plan.results(await self.connection.fetch(plan.sql, *given))

    async def first(
        self, statement: TypedReturnsRows[*Columns], values: Values | None = None
    ) -> tuple[*Columns] | None:
        """The first row, or None."""
        if self._guard is not None and values is not None and not self._waiting:
            reading = self._compiled.reading(statement, values)
            if reading is not None:
                return await self._ahead(reading, values)
        plan, given = await self._next(statement, values)
        record = await self.connection.fetchrow(plan.sql, *given)
        return None if record is None else plan.results([record])[0]

    async def stream(
        self, statement: TypedReturnsRows[*Columns], size: int = 20_000
    ) -> AsyncIterator[Sequence[tuple[*Columns]]]:
        """All rows of a query, `size` at a time, from a cursor in the server."""
        plan, given = await self._next(statement, None)
        cursor = await self.connection.cursor(plan.sql, *given)
        while records := await cursor.fetch(size):
            yield plan.results(records)

    async def execute(self, statement: Executable, values: Values | None = None) -> int:
        """Run a statement; the number of rows it touched."""
        plan, given = await self._next(statement, values)
        return statements.touched(await self.connection.execute(plan.sql, *given))

    def later(self, statement: Executable, values: Values, otherwise: Exception | None = None) -> None:
        """Run a change together with others, before the next statement of another kind or the commit."""
        self._waiting.append(self._change(statement, values, otherwise))

    def guard(self, statement: Executable, values: Values, otherwise: Exception) -> None:
        """Make all that follows depend on a change, which is sent with the first one that follows or before it."""
        if self._waiting or self._guard is not None:
            raise TypeError("what waits must be sent before a guard")
        self._guard = _Guard(statement, values, otherwise)

    def amend(self, values: Values) -> bool:
        """Add values to a guard that has not been sent; False where it has."""
        if self._guard is None:
            return False
        self._guard = replace(self._guard, values={**self._guard.values, **values})
        return True

    async def settle(self) -> None:
        """Run what waits, as one statement; a guard with it."""
        if self._guard is not None:
            await self.start()
            await self._behind(self._guard)
        while self._waiting:
            await self.start()
            changes, self._waiting = self._waiting[:_TOGETHER], self._waiting[_TOGETHER:]
            await self._together(changes)

    async def read_written(self, showing: Showing) -> Sequence[Sequence[Any]]:
        """Rows of what is shown in the end, along with what waits where that makes a whole of it."""
        if self._guard is not None and not self._opened and self._shows(showing):
            try:
                return await self._whole(self._guard, showing)
            except asyncpg.InsufficientPrivilegeError:
                # To return a row asks for more than to write it. Nothing was written: so both apart.
                pass
        return await self.read(showing.sql, showing.values)

    def _change(self, statement: Executable, values: Values, otherwise: Exception | None) -> _Change:
        plan = self._compiled.ready(statement, values)
        if plan.compiled.effective_returning:
            raise TypeError("nobody reads what a later change returns")
        return _Change(plan, plan.filled(values), otherwise)

    async def _ahead(self, reading: statements.Reading, values: Values) -> tuple[Any, ...] | None:
        """What is read ahead of the guard; before the transaction is open, to be compared when it is."""
        plan, settings = reading.plan, {} if self._opened else self._settings
        names = tuple(settings)
        text = self._compiled.text((plan.sql, *names), lambda: gates.alone(plan, names))
        self.count += 1
        record = await self.connection.fetchrow(text, *plan.filled(values), *settings.values())
        if not self._opened:
            self._held.append(_Held(*reading.still(values, record), there=record is not None))
        return None if record is None else plan.results([record])[0]

    async def _behind(self, guard: _Guard) -> None:
        """Make the claim, and with it the changes that wait, if all can be made to depend on it."""
        claim = self._change(guard.statement, guard.values, None)
        together = len(self._waiting) <= _TOGETHER and all(gates.one_row(each.plan) for each in self._waiting)
        gate, values = self._gate(claim, self._waiting if together else [])
        text = self._compiled.text(gate.name, lambda: gates.open_text(gate))
        self.count += 1
        held, claimed, *touched = await self.connection.fetchrow(text, *values)
        await self._passed(guard, held=held, claimed=claimed)
        if together:
            changes, self._waiting = self._waiting, []
            _all_touched(changes, touched)

    async def _whole(self, guard: _Guard, showing: Showing) -> Sequence[Sequence[Any]]:
        """All that waits and what is shown, as one statement and so one transaction."""
        gate, values = self._gate(self._change(guard.statement, guard.values, None), self._waiting, showing)
        text = self._compiled.text((showing.over, *gate.name), lambda: gates.whole_text(gate))
        self.count += 1
        try:
            rows = await self._prepared.fetch(self.connection, text, [*self._settings.values(), *values])
        except asyncpg.PostgresError as error:
            if error.sqlstate != gates.REFUSED:
                raise
            raise self._refused(error) from error
        held, claimed, there, _, _, *record = rows[0]
        await self._passed(guard, held=held, claimed=claimed)
        self._waiting = []
        return [record] if there else []

    def _gate(
        self, claim: _Change, changes: Sequence[_Change], showing: Showing | None = None
    ) -> tuple[gates.Gate, list[Any]]:
        """What makes the statement of a claim and what depends on it; with `showing`, as a transaction by itself."""
        gate = gates.Gate(
            settings=tuple(self._settings) if showing else (),
            held=tuple((held.plan, held.there) for held in self._held),
            guard=claim.plan,
            changes=tuple(change.plan for change in changes),
            counted=tuple(change.otherwise is not None for change in changes),
            shown=showing.over if showing else "",
            table=showing.table if showing else "",
        )
        each = [*(held.values for held in self._held), claim.values, *(change.values for change in changes)]
        return gate, [*itertools.chain(*each), *(showing.over_values if showing else ())]

    async def _passed(self, guard: _Guard, *, held: bool, claimed: bool) -> None:
        """Go on behind a guard, unless nothing was written."""
        self._guard, self._held = None, []
        if held and claimed:
            return
        self._waiting = []
        if held:
            raise guard.otherwise
        await self.start()  # so that what is read the next time is not read ahead
        raise Moved

    def _shows(self, showing: Showing) -> bool:
        """Whether all that waits can be sent with what is shown of one of its rows."""
        plans = [change.plan for change in self._waiting]
        if not 0 < len(plans) <= _TOGETHER or not all(map(gates.one_row, plans)):
            return False
        return gates.shows(plans, showing.over, showing.table)

    def _refused(self, error: asyncpg.PostgresError) -> Exception:
        """What the change that touched no row said should be raised."""
        return self._waiting[int(error.detail or 0)].otherwise or error

    async def _together(self, changes: Sequence[_Change]) -> None:
        checks = [change.otherwise for change in changes if change.otherwise is not None]
        text = self._compiled.joined(
            [change.plan for change in changes], [change.otherwise is not None for change in changes]
        )
        self.count += 1
        touched = await self.connection.fetchrow(text, *itertools.chain(*(change.values for change in changes)))
        _all_touched(changes, touched if checks else ())

    async def _next(self, statement: Executable, values: Values | None) -> tuple[statements.Plan, Sequence[Any]]:
        """What the next statement is to the driver, and its values in order; what waits has run."""
        await self.settle()
        await self.start()
        self.count += 1
        if values is not None:
            plan = self._compiled.ready(statement, values)
            return plan, plan.filled(values)
        plan, carried = self._compiled.plan(statement)
        return plan, plan.arguments(carried)

    async def execute_many(self, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run one statement once per row of values; all rows have the same keys."""
        if not rows:
            return
        await self.settle()
        await self.start()
        plan, values = self._compiled.plan(statement, sorted(rows[0]))
        self.count += 1
        await self.connection.executemany(plan.sql, [plan.arguments(values, row) for row in rows])

    async def copy(self, table: str, columns: Sequence[str], records: Iterable[Sequence[Any]]) -> int:
        """COPY records into a table; the number of rows. A JSON column takes its text.

        Where row security binds the login PostgreSQL refuses COPY; there the same values go in as arrays.
        """
        await self.settle()
        await self.start()
        self.count += 1
        return await copying.into(self.connection, table, columns, records)

    async def read(self, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Rows of one SELECT with `$1…` parameters, for the planner."""
        await self.settle()
        await self.start()
        self.count += 1
        rows: Sequence[Sequence[Any]] = await self.connection.fetch(sql, *values)
        return rows

    async def notify(self, channel: str, payload: str) -> None:
        """NOTIFY as part of the commit."""
        await self.settle()
        await self.start()
        self.count += 1
        await self.connection.execute("SELECT pg_notify($1, $2)", channel, payload)
        self.notified.add(channel)

    def announce(self, channel: str) -> None:
        """NOTIFY soon after the commit, apart from it."""
        self.announced.add(channel)


def _all_touched(changes: Sequence[_Change], touched: Sequence[int]) -> None:
    """Raise what the first change says that was to touch a row and did not."""
    checks = [change.otherwise for change in changes if change.otherwise is not None]
    for number, otherwise in zip(touched, checks, strict=True):
        if not number:
            raise otherwise


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

    def __init__(self, database: "Database", settings: Values | None = None) -> None:
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
        transaction = Transaction(connection, self._compiled, self._prepared, settings, opened=False)
        try:
            yield transaction
        except BaseException:
            await transaction.roll_back()
            raise
        await transaction.commit()

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
    async def snapshot(self, settings: Values | None = None) -> AsyncIterator[Snapshot]:
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
