"""SQL fragments: SQLAlchemy expressions compiled once, with an open alias and named values."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.base import PGCompiler, PGDialect
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BindParameter, ColumnClause, ColumnElement, UnaryExpression

REQUEST_VALUES: Mapping[str, str] = {
    "actor_person": "bigint",
    "actor_line": "bigint[]",
    "actor_appraiser": "bigint",
    "actor_path": "text",
    "actor_path_end": "text",
    "today": "date",
    "now": "timestamptz",
}
"""Values of a request available to expressions, with their SQL types."""

_FRAGMENT_NAME = "piece_of_sql"
_SLOT_PATTERN = re.compile("\x01([a-z_]+)\x01|(\x02)")


class UncompilableExpression(Exception):
    """An expression not computable from one row of its table."""


@dataclass(frozen=True, slots=True)
class AliasSlot:
    """The place of the table's alias in a fragment."""


@dataclass(frozen=True, slots=True)
class ValueSlot:
    """The place of a request value, by name."""

    name: str


class ParameterList:
    """The parameters of one statement, numbered in the order of their use."""

    def __init__(self, named: Mapping[str, Any]) -> None:
        self.values: list[Any] = []
        self._named = named
        self._places: dict[str, str] = {}

    def add_value(self, value: Any, kind: str) -> str:
        """Add a value of a SQL type; its placeholder, for example `$2::date`."""
        self.values.append(value)
        return f"${len(self.values)}::{kind}"

    def add_named_value(self, name: str) -> str:
        """The placeholder of a request value; the same one each time."""
        if name not in self._places:
            self._places[name] = self.add_value(self._named[name], REQUEST_VALUES[name])
        return self._places[name]


@dataclass(frozen=True, slots=True)
class SqlFragment:
    """SQL text with an open alias of one table and named values."""

    parts: tuple[str | AliasSlot | ValueSlot, ...]

    def render_sql(self, alias: str, parameters: ParameterList) -> str:
        """The text for one alias; named values join `parameters`."""
        return "".join(
            [part if isinstance(part, str) else _render_slot(part, alias, parameters) for part in self.parts]
        )


TRUE = SqlFragment(("true",))
FALSE = SqlFragment(("false",))


def _render_slot(part: AliasSlot | ValueSlot, alias: str, parameters: ParameterList) -> str:
    match part:
        case AliasSlot():
            return alias
        case ValueSlot(name):
            return parameters.add_named_value(name)


# SQLAlchemy's compilers and dialects are not annotated.
_render: Any = PGCompiler.visit_bindparam


class _FragmentCompiler(PGCompiler):
    """PostgreSQL's compiler with markers for values and the open alias, and literal constants."""

    dialect: "_FragmentDialect"

    def visit_column(self, column: ColumnClause[Any], *args: Any, **kwargs: Any) -> str:
        table = column.table
        if isinstance(table, sa.Table) and table.name == self.dialect.alias_table:
            return f"\x02.{self.preparer.quote(column.name)}"
        return super().visit_column(column, *args, **kwargs)

    def visit_bindparam(self, bindparam: BindParameter[Any], *args: Any, **kwargs: Any) -> str:
        if not bindparam.required:
            # A constant of the declaration is a literal, so that PostgreSQL can use partial indexes.
            return str(_render(self, bindparam, *args, **{**kwargs, "literal_binds": True}))
        if bindparam.key not in REQUEST_VALUES:
            raise UncompilableExpression(
                f"no request has a value named {bindparam.key!r}; there are {', '.join(REQUEST_VALUES)}"
            )
        return f"\x01{bindparam.key}\x01"


class _FragmentDialect(PGDialect):
    statement_compiler = _FragmentCompiler
    supports_statement_cache = False
    alias_table: str


_dialect: Any = _FragmentDialect
_PREPARER: Any = _dialect().identifier_preparer


def quote_identifier(name: str) -> str:
    """A name of a table or column, quoted where PostgreSQL needs it."""
    return str(_PREPARER.quote(name))


def compile_fragment(expression: Any, table: sa.Table) -> SqlFragment:
    """Compile an expression over columns of a row of `table`.

    Raises:
        UncompilableExpression: it names another table outside a subquery, or a value absent from requests.
    """
    # As a column of a SELECT from the table: subqueries correlate, and another table is detected.
    whole: sa.Select[Any] = sa.select(expression.label(_FRAGMENT_NAME)).select_from(table)
    # Named parameters, so that a percent sign is not doubled.
    dialect: Any = _dialect(paramstyle="named")
    dialect.alias_table = table.name
    text = str(whole.compile(dialect=dialect))
    end = f" AS {_FRAGMENT_NAME} \nFROM {quote_identifier(table.name)}"
    if not text.endswith(end):
        raise UncompilableExpression(f"the expression uses columns of a table other than {table.name}")
    return _split_slots(text.removeprefix("SELECT ").removesuffix(end))


def _split_slots(text: str) -> SqlFragment:
    parts: list[str | AliasSlot | ValueSlot] = []
    end = 0
    for mark in _SLOT_PATTERN.finditer(text):
        parts += [text[end : mark.start()], AliasSlot() if mark[2] else ValueSlot(mark[1])]
        end = mark.end()
    return SqlFragment(tuple(part for part in [*parts, text[end:]] if part))


def find_column(source: Any) -> sa.Column[Any] | None:
    """The table column named by a declaration; None for an expression."""
    found = getattr(getattr(source, "property", None), "columns", [source])[0]
    return found if isinstance(found, sa.Column) else None


def split_direction(key: Any) -> tuple[Any, bool]:
    """The column of one key of an order, and True if descending."""
    if isinstance(key, UnaryExpression) and key.modifier in {operators.desc_op, operators.asc_op}:
        return key.element, key.modifier is operators.desc_op
    return key, False


def is_sql_expression(source: Any) -> bool:
    """True for a declaration with a column or a SQL expression."""
    return find_column(source) is not None or isinstance(source, ColumnElement)


def join_conditions(conditions: Sequence[str]) -> str:
    """Conditions joined by AND, or `true`."""
    return " AND ".join(f"({condition})" for condition in conditions) or "true"
