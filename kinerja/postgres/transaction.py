"""Transaction opened on first use, and its statements: implements `domain.ports.Db`."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVarTuple, cast

import asyncpg
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.selectable import TypedReturnsRows

from domain.ports import BindValues, StaleRead
from kinerja.postgres import bulk_copy, compiled_statements, conditional_write, deferred_row, prepared_statements
from resolvers.ports import PayloadQuery

Columns = TypeVarTuple("Columns")

_MAX_JOINED_CHANGES: Final = 16  # most changes per statement


@dataclass(frozen=True, slots=True)
class _DeferredChange:
    """Deferred change, its ordered values, and the error for no affected row."""

    statement: compiled_statements.CompiledStatement
    values: Sequence[Any]
    on_conflict_error: Exception | None


@dataclass(frozen=True, slots=True)
class _Claim:
    """Claim not made yet, and the error to raise if it fails."""

    statement: Executable
    values: BindValues
    on_conflict_error: Exception


@dataclass(frozen=True, slots=True)
class _Revalidation:
    """Query to revalidate a row read before, its values, and if there was a row."""

    statement: compiled_statements.CompiledStatement
    values: Sequence[Any]
    row_existed: bool


@dataclass(frozen=True, slots=True)
class _DeferredRow:
    """Query to be sent later, its values, and the deferred columns of its row."""

    statement: compiled_statements.CompiledStatement
    values: Sequence[Any]
    columns: tuple[deferred_row.DeferredColumn, ...]

    def resolve_columns(self, record: Sequence[Any]) -> None:
        for symbol, value in zip(self.columns, self.statement.process_rows([record])[0], strict=True):
            symbol.resolve(value)


class Transaction:
    """One transaction on one connection: `domain.ports.Db`.

    It is opened on first use. Reads of a command behind a claim and before its first change need no transaction,
    since READ COMMITTED keeps nothing of them; they are revalidated along with the first change. If only INSERTs and
    the payload over one of their rows remain, they are sent as one statement, and no transaction is opened.

    Args:
        connection: a connection.
        statement_cache: the statements compiled for it.
        document_statements: policy for prepared statements of client documents.
        settings: settings of this transaction only.
        begin: opens it, with its settings; None if it is already open, and opened by the caller.
    """

    def __init__(
        self,
        connection: Any,
        statement_cache: compiled_statements.StatementCache,
        document_statements: prepared_statements.PreparedStatements | None = None,
        settings: Mapping[str, str] | None = None,
        begin: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.connection = connection
        """The bare asyncpg connection, for the queue and the planner; see `ensure_open`."""
        self._statement_cache = statement_cache
        self._document_statements = document_statements or prepared_statements.PreparedStatements()
        self._settings = settings or {}
        self._begin = begin or _do_nothing
        self._is_open = begin is None
        self.statement_count = 0
        """Statements run so far, without those to open and close the transaction."""
        self.channels_after_commit: set[str] = set()
        """Channels to notify after the commit."""
        self.channels_at_commit: set[str] = set()
        """Channels notified by the commit itself."""
        self._deferred_changes: list[_DeferredChange] = []
        self._claim: _Claim | None = None
        self._revalidations: list[_Revalidation] = []
        self._deferred_row: _DeferredRow | None = None
        self._cached_reads: list[Any] = []

    @property
    def is_open(self) -> bool:
        """True once the transaction is open."""
        return self._is_open

    async def ensure_open(self) -> None:
        """Open the transaction if it is not open."""
        if not self._is_open:
            self._is_open = True
            await self._begin()

    async def fetch_all(
        self, statement: TypedReturnsRows[*Columns], values: BindValues | None = None
    ) -> Sequence[tuple[*Columns]]:
        """Fetch all rows of a query, or of a statement with RETURNING."""
        plan, given = await self._prepare_statement(statement, values)
        return plan.process_rows(await self.connection.fetch(plan.sql, *given))

    async def fetch_one(
        self, statement: TypedReturnsRows[*Columns], values: BindValues | None = None
    ) -> tuple[*Columns] | None:
        """Fetch the first row, or None."""
        if (
            self._claim is not None
            and values is not None
            and not self._deferred_changes
            and not _has_deferred_columns(values)
        ):
            reading = self._statement_cache.get_revalidation(statement, values)
            if reading is not None:
                return await self._read_ahead(reading, values)
        plan, given = await self._prepare_statement(statement, values)
        record = await self.connection.fetchrow(plan.sql, *given)
        return None if record is None else plan.process_rows([record])[0]

    async def read_cached(self, statement: TypedReturnsRows[*Columns], values: BindValues) -> tuple[*Columns] | None:
        """Return the cached row of a constant SELECT, to be revalidated.

        None if it cannot be revalidated.
        """
        reading = self._statement_cache.get_revalidation(statement, values) if self._can_read_ahead() else None
        if reading is None:
            return None
        name = (statement, *values.values())
        remembered = self._statement_cache.cached_rows.get(name)
        if remembered is None:
            row = await self._read_ahead(reading, values)
            if row is not None:
                self._statement_cache.cached_rows[name] = (row, self._revalidations[-1])
        else:
            row, held = remembered
            self._revalidations.append(held)
        self._cached_reads.append(name)
        return row

    def read_deferred(self, statement: TypedReturnsRows[*Columns], values: BindValues) -> tuple[*Columns] | None:
        """Return the deferred row of a constant SELECT, read with the claim.

        None if it needs a real read.
        """
        if self._deferred_row is not None or not self._can_read_ahead():
            return None
        plan = self._statement_cache.get_compiled(statement, values)
        self._deferred_row = _DeferredRow(
            plan, plan.fill_values(values), tuple(map(deferred_row.DeferredColumn, plan.column_names))
        )
        return cast("tuple[*Columns]", self._deferred_row.columns)  # see `domain.ports.Db`

    def _can_read_ahead(self) -> bool:
        return self._claim is not None and not self._is_open and not self._deferred_changes

    async def stream(
        self, statement: TypedReturnsRows[*Columns], size: int = 20_000
    ) -> AsyncIterator[Sequence[tuple[*Columns]]]:
        """Yield all rows of a query, `size` at a time, from a server-side cursor."""
        plan, given = await self._prepare_statement(statement, None)
        cursor = await self.connection.cursor(plan.sql, *given)
        while records := await cursor.fetch(size):
            yield plan.process_rows(records)

    async def execute(self, statement: Executable, values: BindValues | None = None) -> int:
        """Run a statement and return the number of rows affected."""
        plan, given = await self._prepare_statement(statement, values)
        return compiled_statements.parse_row_count(await self.connection.execute(plan.sql, *given))

    def execute_deferred(
        self, statement: Executable, values: BindValues, on_conflict_error: Exception | None = None
    ) -> None:
        """Defer a change, to run together with others.

        It runs before the next statement of another kind, or before the commit.
        """
        self._deferred_changes.append(self._compile_change(statement, values, on_conflict_error))

    def claim(self, statement: Executable, values: BindValues, on_conflict_error: Exception) -> None:
        """Make all later changes conditional on this one.

        It is sent before or with the first of them.
        """
        if self._deferred_changes or self._claim is not None:
            raise TypeError("what waits must be sent before a guard")
        self._claim = _Claim(statement, values, on_conflict_error)

    def amend_claim(self, values: BindValues) -> bool:
        """Add values to an unsent claim; return False if it was sent already."""
        if self._claim is None:
            return False
        self._claim = replace(self._claim, values={**self._claim.values, **values})
        return True

    async def flush(self) -> None:
        """Run the deferred changes as one statement, together with a pending claim."""
        if self._claim is not None:
            await self.ensure_open()
            await self._send_claim(self._claim)
        while self._deferred_changes:
            await self.ensure_open()
            changes, self._deferred_changes = (
                self._deferred_changes[:_MAX_JOINED_CHANGES],
                self._deferred_changes[_MAX_JOINED_CHANGES:],
            )
            await self._send_changes(changes)

    async def fetch_payload(self, payload_query: PayloadQuery) -> Sequence[Sequence[Any]]:
        """Fetch the rows of a payload, in one statement with the deferred changes if possible."""
        if self._claim is not None and not self._is_open and self._can_send_payload(payload_query):
            try:
                return await self._send_standalone(self._claim, payload_query)
            except asyncpg.InsufficientPrivilegeError:
                # RETURNING needs more rights than INSERT. Nothing was written: send both separately.
                pass
        return await self.fetch_rows(payload_query.sql, payload_query.values)

    def _compile_change(
        self, statement: Executable, values: BindValues, on_conflict_error: Exception | None
    ) -> _DeferredChange:
        plan = self._statement_cache.get_compiled(statement, values)
        if plan.compiled.effective_returning:
            raise TypeError("nobody reads what a later change returns")
        return _DeferredChange(plan, plan.fill_values(values), on_conflict_error)

    async def _read_ahead(
        self, revalidation: compiled_statements.RevalidationQuery, values: BindValues
    ) -> tuple[Any, ...] | None:
        """Read a row ahead of the claim.

        Before the transaction is open, the row is recorded for revalidation.
        """
        plan, settings = revalidation.statement, {} if self._is_open else self._settings
        names = tuple(settings)
        text = self._statement_cache.get_text(
            (plan.sql, *names), lambda: conditional_write.wrap_with_settings(plan, names)
        )
        self.statement_count += 1
        record = await self.connection.fetchrow(text, *plan.fill_values(values), *settings.values())
        if not self._is_open:
            self._revalidations.append(
                _Revalidation(*revalidation.build_revalidation(values, record), row_existed=record is not None)
            )
        return None if record is None else plan.process_rows([record])[0]

    async def _send_claim(self, claim: _Claim) -> None:
        """Send the claim, with the deferred changes if all can depend on it."""
        change = self._compile_change(claim.statement, claim.values, None)
        together = len(self._deferred_changes) <= _MAX_JOINED_CHANGES and all(
            conditional_write.is_single_row_insert(each.statement) for each in self._deferred_changes
        )
        gate, values = self._build_conditional_write(change, self._deferred_changes if together else [])
        text = self._statement_cache.get_text(gate.cache_key, lambda: conditional_write.render_in_transaction(gate))
        self.statement_count += 1
        held, claimed, _, *found = await self.connection.fetchrow(text, *values)
        touched = await self._finish_claim(claim, found, unchanged=held, claimed=claimed)
        if together:
            changes, self._deferred_changes = self._deferred_changes, []
            _require_affected(changes, touched)

    async def _send_standalone(self, claim: _Claim, payload_query: PayloadQuery) -> Sequence[Sequence[Any]]:
        """Send all deferred changes and the payload as one statement, a transaction of its own."""
        gate, values = self._build_conditional_write(
            self._compile_change(claim.statement, claim.values, None), self._deferred_changes, payload_query
        )
        text = self._statement_cache.get_text(
            (payload_query.written_row_sql, *gate.cache_key), lambda: conditional_write.render_standalone(gate)
        )
        self.statement_count += 1
        try:
            rows = await self._document_statements.fetch_prepared(
                self.connection, text, [*self._settings.values(), *values]
            )
        except asyncpg.PostgresError as error:
            if error.sqlstate != conditional_write.REFUSED_SQLSTATE:
                raise
            raise self._conflict_error(error) from error
        held, claimed, there, _, _, *found = rows[0]
        _, *record = await self._finish_claim(claim, found, unchanged=held, claimed=claimed)
        self._deferred_changes = []
        return [record] if there else []

    def _build_conditional_write(
        self, claim: _DeferredChange, changes: Sequence[_DeferredChange], payload_query: PayloadQuery | None = None
    ) -> tuple[conditional_write.ConditionalWrite, list[Any]]:
        """Build the conditional write of a claim and its dependent changes, and its values.

        With `payload_query`, it is a transaction of its own.
        """
        assumed, settings = self._deferred_row, tuple(self._settings) if payload_query else ()
        each = [*(held.values for held in self._revalidations), assumed.values if assumed else (), claim.values]
        each += [change.values for change in changes]
        values: list[Any] = []
        symbols: list[tuple[int, str]] = []
        shown = payload_query.written_row_values if payload_query else ()
        for place, value in enumerate(itertools.chain(*each, shown), len(settings) + 1):
            if type(value) is deferred_row.DeferredColumn:
                symbols.append((place, value.column))
            else:
                values.append(value)
        gate = conditional_write.ConditionalWrite(
            settings=settings,
            revalidations=tuple((held.statement, held.row_existed) for held in self._revalidations),
            deferred_row=assumed.statement if assumed else None,
            deferred_columns=tuple(symbols),
            claim=claim.statement,
            changes=tuple(change.statement for change in changes),
            must_affect=tuple(change.on_conflict_error is not None for change in changes),
            payload_sql=payload_query.written_row_sql if payload_query else "",
            payload_table=payload_query.table if payload_query else "",
        )
        return gate, values

    async def _finish_claim(
        self, claim: _Claim, columns: Sequence[Any], *, unchanged: bool, claimed: bool
    ) -> Sequence[Any]:
        """Continue after a claim and return the columns beyond those of the deferred row.

        Raises:
            StaleRead: a row read before has changed; nothing was written.
            Exception: `claim.on_conflict_error`, if the claim failed; nothing was written.
        """
        assumed, recalled = self._deferred_row, self._cached_reads
        self._claim, self._revalidations, self._deferred_row, self._cached_reads = None, [], None, []
        count = len(assumed.columns) if assumed else 0
        if assumed and unchanged:
            assumed.resolve_columns(columns[:count])
        if unchanged and claimed:
            return columns[count:]
        self._deferred_changes = []
        if unchanged:
            raise claim.on_conflict_error
        for name in recalled:
            self._statement_cache.cached_rows.pop(name, None)
        await self.ensure_open()  # so that the next read is not a read-ahead
        raise StaleRead

    def _can_send_payload(self, payload_query: PayloadQuery) -> bool:
        """Return True if all deferred changes can be sent with the payload."""
        plans = [change.statement for change in self._deferred_changes]
        if not 0 < len(plans) <= _MAX_JOINED_CHANGES or not all(map(conditional_write.is_single_row_insert, plans)):
            return False
        return conditional_write.can_include_payload(plans, payload_query.written_row_sql, payload_query.table)

    def _conflict_error(self, error: asyncpg.PostgresError) -> Exception:
        """Return the `on_conflict_error` of the change without an affected row."""
        return self._deferred_changes[int(error.detail or 0)].on_conflict_error or error

    async def _send_changes(self, changes: Sequence[_DeferredChange]) -> None:
        checks = [change.on_conflict_error for change in changes if change.on_conflict_error is not None]
        text = self._statement_cache.join_statements(
            [change.statement for change in changes], [change.on_conflict_error is not None for change in changes]
        )
        self.statement_count += 1
        values = deferred_row.resolve_deferred_values(itertools.chain(*(change.values for change in changes)))
        touched = await self.connection.fetchrow(text, *values)
        _require_affected(changes, touched if checks else ())

    async def _prepare_statement(
        self, statement: Executable, values: BindValues | None
    ) -> tuple[compiled_statements.CompiledStatement, Sequence[Any]]:
        """Flush, then return the compiled form of the next statement and its values in order."""
        await self.flush()
        await self.ensure_open()
        self.statement_count += 1
        if values is not None:
            plan = self._statement_cache.get_compiled(statement, values)
            return plan, deferred_row.resolve_deferred_values(plan.fill_values(values))
        plan, carried = self._statement_cache.compile_statement(statement)
        return plan, plan.build_arguments(carried)

    async def execute_many(self, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run one statement once per row of values; all rows have the same keys."""
        if not rows:
            return
        await self.flush()
        await self.ensure_open()
        plan, values = self._statement_cache.compile_statement(statement, sorted(rows[0]))
        self.statement_count += 1
        await self.connection.executemany(plan.sql, [plan.build_arguments(values, row) for row in rows])

    async def copy(self, table: str, columns: Sequence[str], records: Iterable[Sequence[Any]]) -> int:
        """COPY records into a table and return the number of rows.

        A JSON column takes its text. PostgreSQL refuses COPY to a login under row-level security; there the same
        values are inserted from arrays.
        """
        await self.flush()
        await self.ensure_open()
        self.statement_count += 1
        return await bulk_copy.copy_records(self.connection, table, columns, records)

    async def fetch_rows(self, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Fetch the rows of one SELECT with `$1…` parameters, for the planner."""
        await self.flush()
        await self.ensure_open()
        self.statement_count += 1
        rows: Sequence[Sequence[Any]] = await self.connection.fetch(
            sql, *deferred_row.resolve_deferred_values(values)
        )
        return rows

    async def notify(self, channel: str, payload: str) -> None:
        """NOTIFY as part of the commit."""
        await self.flush()
        await self.ensure_open()
        self.statement_count += 1
        await self.connection.execute("SELECT pg_notify($1, $2)", channel, payload)
        self.channels_at_commit.add(channel)

    def notify_after_commit(self, channel: str) -> None:
        """NOTIFY shortly after the commit, outside its transaction."""
        self.channels_after_commit.add(channel)


def _require_affected(changes: Sequence[_DeferredChange], row_counts: Sequence[int]) -> None:
    """Raise the error of the first change without its required row."""
    checks = [change.on_conflict_error for change in changes if change.on_conflict_error is not None]
    for number, otherwise in zip(row_counts, checks, strict=True):
        if not number:
            raise otherwise


def _has_deferred_columns(values: BindValues) -> bool:
    return any(type(value) is deferred_row.DeferredColumn for value in values.values())


async def _do_nothing() -> None:
    """Open nothing."""
