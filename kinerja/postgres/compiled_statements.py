"""Compiled statement cache: SQLAlchemy Core as asyncpg SQL with `$1…` and values.

Each statement is compiled once.
"""

import json
import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Dialect, Insert, Select, bindparam, literal_column, util
from sqlalchemy.dialects.postgresql import JSON, JSONB
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect
from sqlalchemy.sql import sqltypes, visitors
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.ddl import ExecutableDDLElement
from sqlalchemy.sql.elements import BindParameter, ClauseElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.schema import CallableColumnDefault, Column, ScalarElementColumnDefault
from sqlalchemy.types import TypeEngine
from sqlalchemy.util import LRUCache

from kinerja.postgres.deferred_row import DeferredColumn

ValueProcessor = Callable[[Any], Any]

_PRECISION_PATTERN: Final = re.compile(r"\(\d+(?:, ?\d+)?\)")
PARAMETER_PATTERN: Final = re.compile(r"\$(\d+)")
_VOLATILE_FUNCTIONS: Final = frozenset({"nextval", "random", "gen_random_uuid", "clock_timestamp"})
_NOT_COMPARABLE: Final = "unknown"
_CACHED_ROWS: Final = 64


class _StatementCompiler(asyncpg_dialect.PGCompiler_asyncpg):
    """PostgreSQL compiler with parameter casts without precision.

    `$1::NUMERIC(5, 2)` would silently round the value before a comparison or a constraint.
    """

    def render_bind_cast(self, type_: Any, dbapi_type: Any, sqltext: str) -> str:
        """Render the parameter with the name of its type: `$1::NUMERIC`."""
        cast: str = super().render_bind_cast(type_, dbapi_type, sqltext)  # type: ignore[no-untyped-call]
        return _PRECISION_PATTERN.sub("", cast)


class _UnprocessedResult:
    """Type returned by asyncpg as declared: Decimal for numeric, float for double precision."""

    def result_processor(self, _dialect: Dialect, _kind: object) -> None:
        """Return None: no processing is needed."""


class _Numeric(_UnprocessedResult, asyncpg_dialect.AsyncpgNumeric):
    pass


class _Float(_UnprocessedResult, asyncpg_dialect.AsyncpgFloat):
    pass


class _ParsedResult:
    """JSON type, returned by asyncpg as text."""

    def result_processor(self, _dialect: Dialect, _kind: object) -> ValueProcessor:
        """Return the JSON parser."""
        return json.loads


class _Json(_ParsedResult, JSON):
    pass


class _Jsonb(_ParsedResult, JSONB):
    pass


class _CompileDialect(asyncpg_dialect.PGDialect_asyncpg):
    """Dialect of SQLAlchemy's own asyncpg driver, used for compilation only."""

    statement_compiler = _StatementCompiler
    colspecs = util.update_copy(
        asyncpg_dialect.PGDialect_asyncpg.colspecs,
        {sqltypes.Numeric: _Numeric, sqltypes.Float: _Float, sqltypes.JSON: _Json, JSON: _Json, JSONB: _Jsonb},
    )
    supports_statement_cache = True


_dialect: Dialect = _CompileDialect(dbapi=_CompileDialect.import_dbapi())  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class CompiledStatement:
    """One compiled statement.

    `sql` takes `$1…` parameters; `parameter_names` are their names in order, `own_values` the values contained in the
    statement itself. `row_processors` convert asyncpg's values into those promised by the column types, one function
    or None for each column; it is None if no column needs one. `column_names` are the names of these columns.
    """

    sql: str
    compiled: SQLCompiler
    parameter_names: tuple[str, ...]
    bind_processors: tuple[ValueProcessor | None, ...]
    row_processors: tuple[ValueProcessor | None, ...] | None
    default_columns: tuple[Column[Any], ...]
    own_values: Mapping[str, Any]
    column_names: tuple[str, ...]

    def fill_values(self, values: Mapping[str, Any]) -> list[Any]:
        """Return the values of one execution, in order; the statement was compiled for these names.

        Deferred columns stay unprocessed: the database already has the value in the form of its column.
        """
        given = {**self.own_values, **_default_values(self.default_columns), **values}
        return [
            given[name] if process is None or type(given[name]) is DeferredColumn else process(given[name])
            for name, process in zip(self.parameter_names, self.bind_processors, strict=True)
        ]

    def build_arguments(
        self, extracted: Sequence[BindParameter[Any]] | None, row: Mapping[str, Any] | None = None
    ) -> list[Any]:
        """Return the values of one execution, in order.

        `row` has the values of one row, if the statement runs once per row.
        """
        given = {**_default_values(self.default_columns), **(row or {})} if self.default_columns or row else None
        values = self.compiled.construct_params(given, extracted_parameters=extracted)
        return [
            process(values[name]) if process is not None else values[name]
            for name, process in zip(self.parameter_names, self.bind_processors, strict=True)
        ]

    def process_rows(self, records: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Convert rows to tuples of the values promised by the column types."""
        if self.row_processors is None:
            return [tuple(record) for record in records]
        processors = self.row_processors
        return [
            tuple(
                value if process is None or value is None else process(value)
                for process, value in zip(processors, record, strict=True)
            )
            for record in records
        ]


@dataclass(frozen=True, slots=True)
class RevalidationQuery:
    """Query with its optimistic concurrency checks: `same_row` and `row_exists`.

    `same_row` checks for the same row, `row_exists` for any row. `compared_columns` are the columns of the row
    compared by `same_row`, by their parameter names in it.
    """

    statement: CompiledStatement
    same_row: CompiledStatement
    row_exists: CompiledStatement
    compared_columns: Mapping[str, int]

    def build_revalidation(
        self, values: Mapping[str, Any], record: Sequence[Any] | None
    ) -> tuple[CompiledStatement, list[Any]]:
        """Return the statement to check an earlier read, and its values.

        `record` is the row read earlier, with the values as returned by the driver; None if there was none.
        """
        if record is None:
            return self.row_exists, self.row_exists.fill_values(values)
        read = {name: record[place] for name, place in self.compared_columns.items()}
        given = {**self.same_row.own_values, **values}
        return self.same_row, [
            read[name] if name in read else given[name] if process is None else process(given[name])
            for name, process in zip(self.same_row.parameter_names, self.same_row.bind_processors, strict=True)
        ]


class StatementCache:
    """LRU cache of compiled statements, with at most `size` entries."""

    def __init__(self, size: int = 500) -> None:
        self._compiled: LRUCache[Any, CompiledStatement] = LRUCache(size)
        self._texts: LRUCache[Any, str] = LRUCache(size)
        self._revalidations: LRUCache[Any, RevalidationQuery | str] = LRUCache(size)
        self.cached_rows: LRUCache[Any, Any] = LRUCache(_CACHED_ROWS)
        """Rows read last, by statement and values, for reads followed by a revalidation."""

    def __len__(self) -> int:
        return len(self._compiled)

    def get_compiled(self, statement: Executable, values: Mapping[str, Any]) -> CompiledStatement:
        """Return the compiled form of a constant statement with separate values, cached by identity.

        Raises:
            TypeError: the statement cannot run this way, or needs other values.
        """
        # A statement's hash is its identity; the cache references it, so no other statement can get the same.
        name = (statement, *values)
        plan = self._compiled.get(name)
        if plan is None:
            plan = _compile_element(_to_clause_element(statement), None, tuple(values), many=False)
            _check_values(plan, values)
            self._compiled[name] = plan
        return plan

    def join_statements(self, plans: Sequence[CompiledStatement], counted: Sequence[bool]) -> str:
        """Return one SQL text to run several changes together, with row counts for those counted.

        Its parameters are those of the statements, one after another. All of them see the rows as they were before.
        """
        name = (*(plan.sql for plan in plans), *counted)
        text = self._texts.get(name)
        if text is None:
            text = self._texts[name] = _join_texts(plans, counted)
        return text

    def compile_statement(
        self, statement: Executable, keys: Sequence[str] = ()
    ) -> tuple[CompiledStatement, Sequence[BindParameter[Any]] | None]:
        """Return the compiled form of a statement, and the values in it.

        `keys` are the columns of the rows given later.

        Raises:
            TypeError: the statement cannot run this way; the message names the alternative.
        """
        element = _to_clause_element(statement)
        # SQLAlchemy's own key of statements equal except for their values.
        found = element._generate_cache_key()  # noqa: SLF001 - it has no public name
        if found is None:
            return _compile_element(element, None, keys, many=bool(keys)), None
        name = (found.key, tuple(keys))
        plan = self._compiled.get(name)
        if plan is None:
            plan = _compile_element(element, found, keys, many=bool(keys))
            self._compiled[name] = plan
        return plan, found.bindparams

    def get_revalidation(self, statement: Executable, values: Mapping[str, Any]) -> "RevalidationQuery | None":
        """Return a constant query with its revalidation checks; None if it cannot be revalidated.

        Not comparable are queries with an order or a limit, locking queries, and queries with calls of server
        functions (`pg_…`, `set_config`).
        """
        name = (statement, *values)
        found = self._revalidations.get(name)
        if found is None:
            found = self._revalidations[name] = self._build_revalidation_query(statement, values) or _NOT_COMPARABLE
        return found if isinstance(found, RevalidationQuery) else None

    def get_text(self, name: Hashable, write: Callable[[], str]) -> str:
        """Return a cached SQL text by its key; `write` builds it once."""
        text = self._texts.get(name)
        if text is None:
            text = self._texts[name] = write()
        return text

    def _build_revalidation_query(
        self, statement: Executable, values: Mapping[str, Any]
    ) -> "RevalidationQuery | None":
        if not isinstance(statement, Select) or not _is_plain_select(statement):
            return None
        compared = {
            f"read_{place}": (place, column)
            for place, column in enumerate(statement.selected_columns)
            if not _function_names(column) & _VOLATILE_FUNCTIONS
        }
        is_there: Select[Any] = statement.with_only_columns(literal_column("true"), maintain_column_froms=True)
        same = (
            column.is_not_distinct_from(bindparam(key, type_=column.type)) for key, (_, column) in compared.items()
        )
        places = {key: place for key, (place, _) in compared.items()}
        return RevalidationQuery(
            statement=self.get_compiled(statement, values),
            same_row=_compile_element(is_there.where(*same), None, (*values, *places), many=False),
            row_exists=_compile_element(is_there, None, tuple(values), many=False),
            compared_columns=places,
        )


def parse_row_count(status: str) -> int:
    """Return the row count at the end of a status line; 3 for `INSERT 0 3`; zero for a line without a number."""
    last = status.rsplit(" ", 1)[-1]
    return int(last) if last.isdigit() else 0


def _to_clause_element(statement: Executable) -> ClauseElement:
    if isinstance(statement, Insert):
        # Otherwise SQLAlchemy adds RETURNING with the key; an insert-only table refuses it.
        return statement if statement._returning else statement.inline()  # noqa: SLF001 - no public name
    if isinstance(statement, ExecutableDDLElement):
        raise TypeError("structure is not changed here: that belongs to migrations")
    if isinstance(statement, ClauseElement):
        return statement
    raise TypeError(f"{type(statement).__name__} is no statement of SQLAlchemy Core")


def _compile_element(element: ClauseElement, cache_key: Any, keys: Sequence[str], *, many: bool) -> CompiledStatement:
    compiled = element.compile(
        dialect=_dialect, cache_key=cache_key, column_keys=list(keys) or None, for_executemany=many
    )
    if not isinstance(compiled, SQLCompiler):
        raise TypeError(f"{type(element).__name__} is no query or change of rows")
    if compiled.post_compile_params:
        raise TypeError("IN with a list changes the text of a statement: write `column == any_(array)`")
    names = tuple(compiled.positiontup or ())
    return CompiledStatement(
        sql=compiled.string,
        compiled=compiled,
        parameter_names=names,
        bind_processors=tuple(_bind_processor(compiled.binds[name].type) for name in names),
        row_processors=_row_processors(compiled),
        default_columns=_prefetched_columns(compiled),
        own_values={
            name: compiled.binds[name].effective_value for name in names if not compiled.binds[name].required
        },
        column_names=tuple(column.keyname for column in compiled._result_columns),  # noqa: SLF001 - no public name
    )


def _is_plain_select(statement: Select[Any]) -> bool:
    """Return True for a query of all rows, without order, locks or side effects."""
    clauses = (
        statement._for_update_arg,  # noqa: SLF001 - no public names
        statement._limit_clause,  # noqa: SLF001
        statement._offset_clause,  # noqa: SLF001
    )
    lists = (
        statement._group_by_clauses,  # noqa: SLF001
        statement._order_by_clauses,  # noqa: SLF001
    )
    whole = all(each is None for each in clauses) and not any(lists) and not statement._distinct  # noqa: SLF001
    json_like = any(isinstance(column.type, sqltypes.JSON) for column in statement.selected_columns)
    asks = any(name.startswith("pg_") or name == "set_config" for name in _function_names(statement))
    return whole and not json_like and not asks


def _function_names(element: ClauseElement) -> set[str]:
    """Return the names of the functions in a statement or in one of its columns."""
    return {each.name for each in visitors.iterate(element) if isinstance(each, FunctionElement)}


def _check_values(plan: CompiledStatement, values: Mapping[str, Any]) -> None:
    made = {*plan.own_values, *(column.key for column in plan.default_columns)}
    if missing := [name for name in plan.parameter_names if name not in values and name not in made]:
        raise TypeError(f"the statement wants values for {', '.join(missing)}")
    if unknown := [name for name in values if name not in plan.parameter_names]:
        raise TypeError(f"the statement has no place for {', '.join(unknown)}")


def _join_texts(statements: Sequence[CompiledStatement], counted: Sequence[bool]) -> str:
    parts, shown, first = [], [], 0
    for number, (plan, counts) in enumerate(zip(statements, counted, strict=True)):
        parts.append(f"w{number} AS ({renumber_parameters(plan.sql, first)}{' RETURNING 1' if counts else ''})")
        first += len(plan.parameter_names)
        if counts:
            shown.append(f"(SELECT count(*) FROM w{number})")
    return f"WITH {', '.join(parts)} SELECT {', '.join(shown) or '1'}"


def renumber_parameters(sql: str, offset: int) -> str:
    """Return the SQL with its parameter numbers raised by `offset`."""
    return PARAMETER_PATTERN.sub(lambda found: f"${int(found[1]) + offset}", sql)


def _prefetched_columns(compiled: SQLCompiler) -> tuple[Column[Any], ...]:
    if compiled.update_prefetch:
        raise TypeError("a Python `onupdate` hides what an UPDATE changes: name the column in `values`")
    return tuple(compiled.insert_prefetch)


def _bind_processor(kind: TypeEngine[Any]) -> ValueProcessor | None:
    return kind.dialect_impl(_dialect).bind_processor(_dialect)


def _row_processors(compiled: SQLCompiler) -> tuple[ValueProcessor | None, ...] | None:
    columns = compiled._result_columns  # noqa: SLF001 - the public way to it needs a cursor
    processors = tuple(_row_processor(column.type) for column in columns)
    return processors if any(processors) else None


def _row_processor(kind: TypeEngine[Any]) -> ValueProcessor | None:
    return kind.dialect_impl(_dialect).result_processor(_dialect, None)


def _default_values(columns: Sequence[Column[Any]]) -> dict[str, Any]:
    """Return the values of defaults defined in Python."""
    return {column.key: _default_value(column) for column in columns}


def _default_value(target: Column[Any]) -> Any:
    if isinstance(target.default, ScalarElementColumnDefault):
        return target.default.arg
    if isinstance(target.default, CallableColumnDefault):
        make: Callable[[Any], Any] = target.default.arg  # SQLAlchemy wraps it to take a context, used or not
        return make(None)
    raise TypeError(f"{target} has a default that only SQLAlchemy's own execution can give; give the value")
