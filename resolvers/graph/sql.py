"""SQLAlchemy expressions compiled once into reusable text: an alias left open, values named."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.base import PGCompiler, PGDialect
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BindParameter, ColumnClause, ColumnElement, UnaryExpression

VALUES: Mapping[str, str] = {
    "actor_person": "bigint",
    "actor_line": "bigint[]",
    "actor_appraiser": "bigint",
    "actor_path": "text",
    "actor_path_end": "text",
    "today": "date",
    "now": "timestamptz",
}
"""Values that a request gives to expressions, with their SQL types."""

_NAME = "piece_of_sql"
_MARK = re.compile("\x01([a-z_]+)\x01|(\x02)")


class CannotCompile(Exception):
    """An expression says something that a row of its table cannot answer."""


@dataclass(frozen=True, slots=True)
class Hole:
    """The place of the alias of the row's table."""


@dataclass(frozen=True, slots=True)
class Value:
    """The place of a value of the request, by name."""

    name: str


class Binds:
    """The parameters of one statement, numbered in the order of their use."""

    def __init__(self, named: Mapping[str, Any]) -> None:
        self.values: list[Any] = []
        self._named = named
        self._places: dict[str, str] = {}

    def add(self, value: Any, kind: str) -> str:
        """The place of a new value of a SQL type, for example `$2::date`."""
        self.values.append(value)
        return f"${len(self.values)}::{kind}"

    def named(self, name: str) -> str:
        """The place of a value of the request; the same place each time."""
        if name not in self._places:
            self._places[name] = self.add(self._named[name], VALUES[name])
        return self._places[name]


@dataclass(frozen=True, slots=True)
class Piece:
    """SQL text with the alias of one table left open and values named."""

    parts: tuple[str | Hole | Value, ...]

    def text(self, alias: str, binds: Binds) -> str:
        """The text for one alias; named values join `binds`."""
        return "".join([part if isinstance(part, str) else _part(part, alias, binds) for part in self.parts])


TRUE = Piece(("true",))
FALSE = Piece(("false",))


def _part(part: Hole | Value, alias: str, binds: Binds) -> str:
    match part:
        case Hole():
            return alias
        case Value(name):
            return binds.named(name)


# SQLAlchemy's compilers and dialects are not annotated.
_render: Any = PGCompiler.visit_bindparam


class _Compiler(PGCompiler):
    """PostgreSQL's compiler, but that it marks values and the open alias, and writes constants out."""

    dialect: "_Dialect"

    def visit_column(self, column: ColumnClause[Any], *args: Any, **kwargs: Any) -> str:
        table = column.table
        if isinstance(table, sa.Table) and table.name == self.dialect.open_table:
            return f"\x02.{self.preparer.quote(column.name)}"
        return super().visit_column(column, *args, **kwargs)

    def visit_bindparam(self, bindparam: BindParameter[Any], *args: Any, **kwargs: Any) -> str:
        if not bindparam.required:
            # A constant of the declaration stands in the text, so that the planner can use partial indexes.
            return str(_render(self, bindparam, *args, **{**kwargs, "literal_binds": True}))
        if bindparam.key not in VALUES:
            raise CannotCompile(f"no request has a value named {bindparam.key!r}; there are {', '.join(VALUES)}")
        return f"\x01{bindparam.key}\x01"


class _Dialect(PGDialect):
    statement_compiler = _Compiler
    supports_statement_cache = False
    open_table: str


_dialect: Any = _Dialect
_PREPARER: Any = _dialect().identifier_preparer


def quoted(name: str) -> str:
    """A name of a table or column, quoted where PostgreSQL needs it."""
    return str(_PREPARER.quote(name))


def piece(expression: Any, table: sa.Table) -> Piece:
    """Compile an expression over columns of a row of `table`.

    Raises:
        CannotCompile: it names another table outside a subquery, or a value that requests do not have.
    """
    # As a column of a SELECT from the table, so that subqueries correlate and another table shows itself.
    whole: sa.Select[Any] = sa.select(expression.label(_NAME)).select_from(table)
    # Named parameters, so that a percent sign is not doubled.
    dialect: Any = _dialect(paramstyle="named")
    dialect.open_table = table.name
    text = str(whole.compile(dialect=dialect))
    end = f" AS {_NAME} \nFROM {quoted(table.name)}"
    if not text.endswith(end):
        raise CannotCompile(f"the expression uses columns of a table other than {table.name}")
    return _cut(text.removeprefix("SELECT ").removesuffix(end))


def _cut(text: str) -> Piece:
    parts: list[str | Hole | Value] = []
    end = 0
    for mark in _MARK.finditer(text):
        parts += [text[end : mark.start()], Hole() if mark[2] else Value(mark[1])]
        end = mark.end()
    return Piece(tuple(part for part in [*parts, text[end:]] if part))


def column_of(source: Any) -> sa.Column[Any] | None:
    """The table column that a declaration names; None for an expression."""
    found = getattr(getattr(source, "property", None), "columns", [source])[0]
    return found if isinstance(found, sa.Column) else None


def direction(key: Any) -> tuple[Any, bool]:
    """The column of one key of an order, and whether it descends."""
    if isinstance(key, UnaryExpression) and key.modifier in {operators.desc_op, operators.asc_op}:
        return key.element, key.modifier is operators.desc_op
    return key, False


def is_expression(source: Any) -> bool:
    """Whether a declaration names something that compiles to SQL."""
    return column_of(source) is not None or isinstance(source, ColumnElement)


def all_of(conditions: Sequence[str]) -> str:
    """Conditions joined, or `true`."""
    return " AND ".join(f"({condition})" for condition in conditions) or "true"
