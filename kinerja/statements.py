"""SQLAlchemy Core statements as what asyncpg runs: text with `$1…` and values; each is compiled once."""

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

from kinerja.assumptions import Symbol

Processor = Callable[[Any], Any]

_PRECISION: Final = re.compile(r"\(\d+(?:, ?\d+)?\)")
PLACE: Final = re.compile(r"\$(\d+)")
_ALWAYS_NEW: Final = frozenset({"nextval", "random", "gen_random_uuid", "clock_timestamp"})
_UNKNOWN: Final = "unknown"
_REMEMBERED: Final = 64


class _Compiler(asyncpg_dialect.PGCompiler_asyncpg):
    """PostgreSQL's compiler, whose casts of parameters carry no precision.

    `$1::NUMERIC(5, 2)` would round the value without a word before a comparison or a constraint sees it.
    """

    def render_bind_cast(self, type_: Any, dbapi_type: Any, sqltext: str) -> str:
        """The parameter with the name of its type: `$1::NUMERIC`."""
        cast: str = super().render_bind_cast(type_, dbapi_type, sqltext)  # type: ignore[no-untyped-call]
        return _PRECISION.sub("", cast)


class _AsGiven:
    """A type whose values asyncpg already gives as promised: Decimal for numeric, float for double precision."""

    def result_processor(self, _dialect: Dialect, _kind: object) -> None:
        """Nothing to do."""


class _Numeric(_AsGiven, asyncpg_dialect.AsyncpgNumeric):
    pass


class _Float(_AsGiven, asyncpg_dialect.AsyncpgFloat):
    pass


class _Parsed:
    """A JSON type: asyncpg gives its text."""

    def result_processor(self, _dialect: Dialect, _kind: object) -> Processor:
        """Parse it."""
        return json.loads


class _Json(_Parsed, JSON):
    pass


class _Jsonb(_Parsed, JSONB):
    pass


class _Dialect(asyncpg_dialect.PGDialect_asyncpg):
    """The dialect of SQLAlchemy's own asyncpg driver, for compiling alone."""

    statement_compiler = _Compiler
    colspecs = util.update_copy(
        asyncpg_dialect.PGDialect_asyncpg.colspecs,
        {sqltypes.Numeric: _Numeric, sqltypes.Float: _Float, sqltypes.JSON: _Json, JSON: _Json, JSONB: _Jsonb},
    )
    supports_statement_cache = True


_dialect: Dialect = _Dialect(dbapi=_Dialect.import_dbapi())  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Plan:
    """One compiled statement.

    `sql` takes `$1…` parameters; `names` are theirs in order, `own` the values that the statement brings itself.
    `rows` turns what asyncpg gives into what the columns' types promise, one function or None for each column; it
    is None where no column needs one; `columns` are the names of these.
    """

    sql: str
    compiled: SQLCompiler
    names: tuple[str, ...]
    binds: tuple[Processor | None, ...]
    rows: tuple[Processor | None, ...] | None
    defaults: tuple[Column[Any], ...]
    own: Mapping[str, Any]
    columns: tuple[str, ...]

    def filled(self, values: Mapping[str, Any]) -> list[Any]:
        """The values of one execution, in order, of a statement that was compiled for values of these names.

        What is assumed stays as it is: the database has it as its column gives it.
        """
        given = {**self.own, **_filled(self.defaults), **values}
        return [
            given[name] if process is None or type(given[name]) is Symbol else process(given[name])
            for name, process in zip(self.names, self.binds, strict=True)
        ]

    def arguments(
        self, extracted: Sequence[BindParameter[Any]] | None, row: Mapping[str, Any] | None = None
    ) -> list[Any]:
        """The values of one execution, in order; `row` are those of one of many."""
        given = {**_filled(self.defaults), **(row or {})} if self.defaults or row else None
        values = self.compiled.construct_params(given, extracted_parameters=extracted)
        return [
            process(values[name]) if process is not None else values[name]
            for name, process in zip(self.names, self.binds, strict=True)
        ]

    def results(self, records: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Rows as tuples of what the columns' types promise."""
        if self.rows is None:
            return [tuple(record) for record in records]
        processors = self.rows
        return [
            tuple(
                value if process is None or value is None else process(value)
                for process, value in zip(processors, record, strict=True)
            )
            for record in records
        ]


@dataclass(frozen=True, slots=True)
class Reading:
    """A query and what asks whether it would still find the same row (`same`), or any (`found`).

    `places` are the columns of the row that `same` compares, by the names that it gives them.
    """

    plan: Plan
    same: Plan
    found: Plan
    places: Mapping[str, int]

    def still(self, values: Mapping[str, Any], record: Sequence[Any] | None) -> tuple[Plan, list[Any]]:
        """What asks whether it would still find what it found, and its values; these are as the driver gave them."""
        if record is None:
            return self.found, self.found.filled(values)
        read = {name: record[place] for name, place in self.places.items()}
        given = {**self.same.own, **values}
        return self.same, [
            read[name] if name in read else given[name] if process is None else process(given[name])
            for name, process in zip(self.same.names, self.same.binds, strict=True)
        ]


class Statements:
    """The statements compiled so far, at most `size` of them; the least used go first."""

    def __init__(self, size: int = 500) -> None:
        self._plans: LRUCache[Any, Plan] = LRUCache(size)
        self._joined: LRUCache[Any, str] = LRUCache(size)
        self._readings: LRUCache[Any, Reading | str] = LRUCache(size)
        self.remembered: LRUCache[Any, Any] = LRUCache(_REMEMBERED)
        """What was read last, by statement and values, for whoever has it compared."""

    def __len__(self) -> int:
        return len(self._plans)

    def ready(self, statement: Executable, values: Mapping[str, Any]) -> Plan:
        """The plan of a statement that is made once and takes its values apart, found by its identity.

        Raises:
            TypeError: the statement cannot run this way, or wants other values.
        """
        # A statement's hash is its identity, and the cache holds on to it: no other can come to have the same.
        name = (statement, *values)
        plan = self._plans.get(name)
        if plan is None:
            plan = _compile(_element(statement), None, tuple(values), many=False)
            _check(plan, values)
            self._plans[name] = plan
        return plan

    def joined(self, plans: Sequence[Plan], counted: Sequence[bool]) -> str:
        """One text that runs changes together and tells how many rows each of those counted touched.

        Its parameters are those of the plans, one after another. All of them see the rows as they were before.
        """
        name = (*(plan.sql for plan in plans), *counted)
        text = self._joined.get(name)
        if text is None:
            text = self._joined[name] = _join(plans, counted)
        return text

    def plan(
        self, statement: Executable, keys: Sequence[str] = ()
    ) -> tuple[Plan, Sequence[BindParameter[Any]] | None]:
        """The plan of a statement, and the values it carries; `keys` are the columns that rows will bring.

        Raises:
            TypeError: the statement cannot run this way; the message says what to write instead.
        """
        element = _element(statement)
        # SQLAlchemy's own way to know that two statements differ in nothing but their values.
        found = element._generate_cache_key()  # noqa: SLF001 - it has no public name
        if found is None:
            return _compile(element, None, keys, many=bool(keys)), None
        name = (found.key, tuple(keys))
        plan = self._plans.get(name)
        if plan is None:
            plan = _compile(element, found, keys, many=bool(keys))
            self._plans[name] = plan
        return plan, found.bindparams

    def reading(self, statement: Executable, values: Mapping[str, Any]) -> "Reading | None":
        """A query made once, with what tells later whether it would still find the same; None if that is unknown.

        Unknown are queries with an order or a limit, those that lock, and those that ask the server to do something.
        """
        name = (statement, *values)
        found = self._readings.get(name)
        if found is None:
            found = self._readings[name] = self._read(statement, values) or _UNKNOWN
        return found if isinstance(found, Reading) else None

    def text(self, name: Hashable, write: Callable[[], str]) -> str:
        """A text that is made of others once, found by what it is made of."""
        text = self._joined.get(name)
        if text is None:
            text = self._joined[name] = write()
        return text

    def _read(self, statement: Executable, values: Mapping[str, Any]) -> "Reading | None":
        if not isinstance(statement, Select) or not _plain(statement):
            return None
        compared = {
            f"read_{place}": (place, column)
            for place, column in enumerate(statement.selected_columns)
            if not _called(column) & _ALWAYS_NEW
        }
        is_there: Select[Any] = statement.with_only_columns(literal_column("true"), maintain_column_froms=True)
        same = (
            column.is_not_distinct_from(bindparam(key, type_=column.type)) for key, (_, column) in compared.items()
        )
        places = {key: place for key, (place, _) in compared.items()}
        return Reading(
            plan=self.ready(statement, values),
            same=_compile(is_there.where(*same), None, (*values, *places), many=False),
            found=_compile(is_there, None, tuple(values), many=False),
            places=places,
        )


def touched(status: str) -> int:
    """The number that ends a status line such as `INSERT 0 3`; zero for one without."""
    last = status.rsplit(" ", 1)[-1]
    return int(last) if last.isdigit() else 0


def _element(statement: Executable) -> ClauseElement:
    if isinstance(statement, Insert):
        # Otherwise RETURNING with the key is added unasked, which a table that may only be added to refuses.
        return statement if statement._returning else statement.inline()  # noqa: SLF001 - no public name
    if isinstance(statement, ExecutableDDLElement):
        raise TypeError("structure is not changed here: that belongs to migrations")
    if isinstance(statement, ClauseElement):
        return statement
    raise TypeError(f"{type(statement).__name__} is no statement of SQLAlchemy Core")


def _compile(element: ClauseElement, cache_key: Any, keys: Sequence[str], *, many: bool) -> Plan:
    compiled = element.compile(
        dialect=_dialect, cache_key=cache_key, column_keys=list(keys) or None, for_executemany=many
    )
    if not isinstance(compiled, SQLCompiler):
        raise TypeError(f"{type(element).__name__} is no query or change of rows")
    if compiled.post_compile_params:
        raise TypeError("IN with a list changes the text of a statement: write `column == any_(array)`")
    names = tuple(compiled.positiontup or ())
    return Plan(
        sql=compiled.string,
        compiled=compiled,
        names=names,
        binds=tuple(_bind_processor(compiled.binds[name].type) for name in names),
        rows=_row_processors(compiled),
        defaults=_prefetched(compiled),
        own={name: compiled.binds[name].effective_value for name in names if not compiled.binds[name].required},
        columns=tuple(column.keyname for column in compiled._result_columns),  # noqa: SLF001 - no public name
    )


def _plain(statement: Select[Any]) -> bool:
    """Whether a query does nothing but read, and is asked for all rows in no order."""
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
    asks = any(name.startswith("pg_") or name == "set_config" for name in _called(statement))
    return whole and not json_like and not asks


def _called(element: ClauseElement) -> set[str]:
    """The names of the functions in a statement or a column of one."""
    return {each.name for each in visitors.iterate(element) if isinstance(each, FunctionElement)}


def _check(plan: Plan, values: Mapping[str, Any]) -> None:
    made = {*plan.own, *(column.key for column in plan.defaults)}
    if missing := [name for name in plan.names if name not in values and name not in made]:
        raise TypeError(f"the statement wants values for {', '.join(missing)}")
    if unknown := [name for name in values if name not in plan.names]:
        raise TypeError(f"the statement has no place for {', '.join(unknown)}")


def _join(plans: Sequence[Plan], counted: Sequence[bool]) -> str:
    parts, shown, first = [], [], 0
    for number, (plan, counts) in enumerate(zip(plans, counted, strict=True)):
        parts.append(f"w{number} AS ({renumbered(plan.sql, first)}{' RETURNING 1' if counts else ''})")
        first += len(plan.names)
        if counts:
            shown.append(f"(SELECT count(*) FROM w{number})")
    return f"WITH {', '.join(parts)} SELECT {', '.join(shown) or '1'}"


def renumbered(sql: str, after: int) -> str:
    """SQL whose parameters come after so many others."""
    return PLACE.sub(lambda found: f"${int(found[1]) + after}", sql)


def _prefetched(compiled: SQLCompiler) -> tuple[Column[Any], ...]:
    if compiled.update_prefetch:
        raise TypeError("a Python `onupdate` hides what an UPDATE changes: name the column in `values`")
    return tuple(compiled.insert_prefetch)


def _bind_processor(kind: TypeEngine[Any]) -> Processor | None:
    return kind.dialect_impl(_dialect).bind_processor(_dialect)


def _row_processors(compiled: SQLCompiler) -> tuple[Processor | None, ...] | None:
    columns = compiled._result_columns  # noqa: SLF001 - the public way to it needs a cursor
    processors = tuple(_row_processor(column.type) for column in columns)
    return processors if any(processors) else None


def _row_processor(kind: TypeEngine[Any]) -> Processor | None:
    return kind.dialect_impl(_dialect).result_processor(_dialect, None)


def _filled(columns: Sequence[Column[Any]]) -> dict[str, Any]:
    """Values of the defaults that live in Python."""
    return {column.key: _default(column) for column in columns}


def _default(column: Column[Any]) -> Any:
    if isinstance(column.default, ScalarElementColumnDefault):
        return column.default.arg
    if isinstance(column.default, CallableColumnDefault):
        make: Callable[[Any], Any] = column.default.arg  # SQLAlchemy has made it take a context, used or not
        return make(None)
    raise TypeError(f"{column} has a default that only SQLAlchemy's own execution can give; give the value")
