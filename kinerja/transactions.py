"""Transactions that are opened by what first needs them, and the statements in them: `domain.ports.Db`."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVarTuple, cast

import asyncpg
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.selectable import TypedReturnsRows

from domain.ports import Moved, Values
from kinerja import assumptions, copying, gates, prepared, statements
from resolvers.ports import Showing

Columns = TypeVarTuple("Columns")

_TOGETHER: Final = 16  # changes that one statement runs at most


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


@dataclass(frozen=True, slots=True)
class _Assumed:
    """A query that is to find a row when it is sent, its values, and what stands for the row until then."""

    plan: statements.Plan
    values: Sequence[Any]
    row: tuple[assumptions.Symbol, ...]

    def found(self, record: Sequence[Any]) -> None:
        for symbol, value in zip(self.row, self.plan.results([record])[0], strict=True):
            symbol.become(value)


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
        opens: opens it, with its settings; None where it is open, and so not this one's to open.
    """

    def __init__(
        self,
        connection: Any,
        compiled: statements.Statements,
        documents: prepared.Prepared | None = None,
        settings: Mapping[str, str] | None = None,
        opens: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.connection = connection
        """The bare asyncpg connection, for the queue and the planner; see `start`."""
        self._compiled = compiled
        self._prepared = documents or prepared.Prepared()
        self._settings = settings or {}
        self._open = opens or _is_open
        self._opened = opens is None
        self.count = 0
        """Statements run so far, those that open and close it left out."""
        self.announced: set[str] = set()
        """Channels on which something is to be said once this has committed."""
        self.notified: set[str] = set()
        """Channels on which something is said by the commit."""
        self._waiting: list[_Change] = []
        self._guard: _Guard | None = None
        self._held: list[_Held] = []
        self._assumed: _Assumed | None = None
        self._recalled: list[Any] = []

    @property
    def opened(self) -> bool:
        """Whether there is a transaction by now."""
        return self._opened

    async def start(self) -> None:
        """Open it, unless it is."""
        if not self._opened:
            self._opened = True
            await self._open()

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
        if self._guard is not None and values is not None and not self._waiting and not _any_assumed(values):
            reading = self._compiled.reading(statement, values)
            if reading is not None:
                return await self._ahead(reading, values)
        plan, given = await self._next(statement, values)
        record = await self.connection.fetchrow(plan.sql, *given)
        return None if record is None else plan.results([record])[0]

    async def recall(self, statement: TypedReturnsRows[*Columns], values: Values) -> tuple[*Columns] | None:
        """The row of a constant SELECT as it was read last, to be compared; None where it would not be."""
        reading = self._compiled.reading(statement, values) if self._ahead_of_all() else None
        if reading is None:
            return None
        name = (statement, *values.values())
        remembered = self._compiled.remembered.get(name)
        if remembered is None:
            row = await self._ahead(reading, values)
            if row is not None:
                self._compiled.remembered[name] = (row, self._held[-1])
        else:
            row, held = remembered
            self._held.append(held)
        self._recalled.append(name)
        return row

    def assume(self, statement: TypedReturnsRows[*Columns], values: Values) -> tuple[*Columns] | None:
        """A row that a constant SELECT is to find when the guard is sent; None where it has to be read."""
        if self._assumed is not None or not self._ahead_of_all():
            return None
        plan = self._compiled.ready(statement, values)
        self._assumed = _Assumed(plan, plan.filled(values), tuple(map(assumptions.Symbol, plan.columns)))
        return cast("tuple[*Columns]", self._assumed.row)  # see `domain.ports.Db`

    def _ahead_of_all(self) -> bool:
        return self._guard is not None and not self._opened and not self._waiting

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
        held, claimed, _, *found = await self.connection.fetchrow(text, *values)
        touched = await self._passed(guard, found, held=held, claimed=claimed)
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
        held, claimed, there, _, _, *found = rows[0]
        _, *record = await self._passed(guard, found, held=held, claimed=claimed)
        self._waiting = []
        return [record] if there else []

    def _gate(
        self, claim: _Change, changes: Sequence[_Change], showing: Showing | None = None
    ) -> tuple[gates.Gate, list[Any]]:
        """What makes the statement of a claim and what depends on it; with `showing`, as a transaction by itself."""
        assumed, settings = self._assumed, tuple(self._settings) if showing else ()
        each = [*(held.values for held in self._held), assumed.values if assumed else (), claim.values]
        each += [change.values for change in changes]
        values: list[Any] = []
        symbols: list[tuple[int, str]] = []
        shown = showing.over_values if showing else ()
        for place, value in enumerate(itertools.chain(*each, shown), len(settings) + 1):
            if type(value) is assumptions.Symbol:
                symbols.append((place, value.column))
            else:
                values.append(value)
        gate = gates.Gate(
            settings=settings,
            held=tuple((held.plan, held.there) for held in self._held),
            assumed=assumed.plan if assumed else None,
            symbols=tuple(symbols),
            guard=claim.plan,
            changes=tuple(change.plan for change in changes),
            counted=tuple(change.otherwise is not None for change in changes),
            shown=showing.over if showing else "",
            table=showing.table if showing else "",
        )
        return gate, values

    async def _passed(self, guard: _Guard, found: Sequence[Any], *, held: bool, claimed: bool) -> Sequence[Any]:
        """Go on behind a guard, unless nothing was written; what was found besides the row that was assumed."""
        assumed, recalled = self._assumed, self._recalled
        self._guard, self._held, self._assumed, self._recalled = None, [], None, []
        count = len(assumed.row) if assumed else 0
        if assumed and held:
            assumed.found(found[:count])
        if held and claimed:
            return found[count:]
        self._waiting = []
        if held:
            raise guard.otherwise
        for name in recalled:
            self._compiled.remembered.pop(name, None)
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
        values = assumptions.known(itertools.chain(*(change.values for change in changes)))
        touched = await self.connection.fetchrow(text, *values)
        _all_touched(changes, touched if checks else ())

    async def _next(self, statement: Executable, values: Values | None) -> tuple[statements.Plan, Sequence[Any]]:
        """What the next statement is to the driver, and its values in order; what waits has run."""
        await self.settle()
        await self.start()
        self.count += 1
        if values is not None:
            plan = self._compiled.ready(statement, values)
            return plan, assumptions.known(plan.filled(values))
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
        rows: Sequence[Sequence[Any]] = await self.connection.fetch(sql, *assumptions.known(values))
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


def _any_assumed(values: Values) -> bool:
    return any(type(value) is assumptions.Symbol for value in values.values())


async def _is_open() -> None:
    """There is nothing to open."""
