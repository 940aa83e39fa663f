"""Indexes of tables: their orders, and their unique columns."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BooleanClauseList, ColumnElement

from resolvers.graph import sql_fragments
from resolvers.graph.model import OrderKey, SortOrder


@dataclass(frozen=True, slots=True)
class TableIndex:
    """The columns of a b-tree up to its first expression, each with its direction.

    A direction is True for descending. `unique` is true if no two rows of predicate `predicate` have the same
    columns.
    """

    columns: tuple[tuple[str, bool], ...]
    unique: bool
    predicate: str | None = None


@dataclass(frozen=True, slots=True)
class ListConditions:
    """The fixed conditions of a list.

    `equal_columns` are the columns with equality, `condition_texts` the texts of conditions without request values.
    """

    equal_columns: frozenset[str]
    condition_texts: frozenset[str]


def is_unique_column(column: sa.Column[Any]) -> bool:
    """True if every value of the column is of one row at most."""
    return any(
        each.unique and each.predicate is None and [name for name, _ in each.columns] == [column.name]
        for each in read_indexes(column.table)
    )


def read_indexes(table: Any) -> Iterator[TableIndex]:
    """The b-tree indexes of a table, with those of its constraints."""
    for constraint in table.constraints:
        if isinstance(constraint, sa.PrimaryKeyConstraint | sa.UniqueConstraint):
            yield TableIndex(tuple((column.name, False) for column in constraint.columns), unique=True)
    for index in table.indexes:
        options = index.dialect_options["postgresql"]
        if options["using"] in {None, False, "btree"}:
            columns = tuple(_read_index_columns(index.expressions))
            where = options["where"]
            whole = len(columns) == len(index.expressions)
            yield TableIndex(columns, bool(index.unique) and whole, None if where is None else str(where))


def _read_index_columns(expressions: Sequence[Any]) -> Iterator[tuple[str, bool]]:
    for expression in expressions:
        source, descending = sql_fragments.split_direction(expression)
        column = sql_fragments.find_column(source)
        if column is None:
            return
        yield column.name, descending


def read_list_conditions(condition: Any, table: sa.Table) -> ListConditions:
    """The fixed conditions in a predicate on rows of a table; none for None."""
    parts = list(_split_conjunction(condition))
    equal = (name for part in parts if (name := _find_equal_column(part, table)))
    # No alias has this name, so `@.` stands only before columns.
    texts = (
        sql_fragments.compile_fragment(part, table).render_sql("@", sql_fragments.ParameterList({})).replace("@.", "")
        for part in parts
        if _is_constant(part)
    )
    return ListConditions(frozenset(equal), frozenset(texts))


def _split_conjunction(condition: Any) -> Iterator[ColumnElement[bool]]:
    if isinstance(condition, BooleanClauseList) and condition.operator is operators.and_:
        for part in condition.clauses:
            yield from _split_conjunction(part)
    elif condition is not None:
        column = sql_fragments.find_column(condition)
        yield condition if column is None else column


def _is_constant(part: Any) -> bool:
    """True for a condition without request values, and therefore possible in an index predicate."""
    return not any(isinstance(each, sa.BindParameter) and each.required for each in sa.sql.visitors.iterate(part))


def _find_equal_column(part: Any, table: sa.Table) -> str | None:
    column = sql_fragments.find_column(part)
    if column is not None:
        return column.name
    if isinstance(part, BinaryExpression) and part.operator is operators.eq:
        sides = [sql_fragments.find_column(part.left), sql_fragments.find_column(part.right)]
        named = [side for side in sides if side is not None and side.table is table]
        return named[0].name if len(named) == 1 else None
    return None


def has_matching_index(
    table: sa.Table, order: SortOrder, link: str | None, conditions: ListConditions, *, require_all: bool
) -> bool:
    """True if an index matches a list's order, or finds its only possible row.

    The index begins with the link and the columns with equality, in any order, and goes on with the keys of the
    order, all in its direction or all reversed. A unique index may end before the keys do.

    Args:
        table: the table of the list.
        order: the order of the list.
        link: the foreign key column to the rows' owner.
        conditions: the fixed conditions of the list.
        require_all: True if all columns with equality must be in the index or its predicate; else the rows of one
            owner are scanned.
    """
    equal = conditions.equal_columns | ({link} if link else set())
    needed = conditions.equal_columns if require_all else set()
    return any(
        _finds_single_row(index, equal)
        or _begins_in_order(index, order, equal, {*needed, *({link} if link else set())})
        for index in read_indexes(table)
        if index.predicate is None or index.predicate in conditions.condition_texts
    )


def shorten_order(table: sa.Table, order: SortOrder, link: str | None, conditions: ListConditions) -> SortOrder:
    """The order without its keys after a unique prefix.

    No two rows of the list ever need these keys. Sorting by them would cost each list its own sort, although the
    index has the rows in order already.
    """
    equal = conditions.equal_columns | ({link} if link else set())
    for end in range(1, len(order.keys)):
        known = {*equal, *(key.column for key in order.keys[:end])}
        if any(
            _finds_single_row(index, known)
            for index in read_indexes(table)
            if index.predicate is None or index.predicate in conditions.condition_texts
        ):
            return replace(order, keys=order.keys[:end])
    return order


def _finds_single_row(index: TableIndex, equal: Collection[str]) -> bool:
    return index.unique and all(name in equal for name, _ in index.columns)


def _begins_in_order(index: TableIndex, order: SortOrder, equal: Collection[str], needed: Collection[str]) -> bool:
    names = [name for name, _ in index.columns]
    start = next((place for place, name in enumerate(names) if name not in equal), len(names))
    keys = [key for key in order.keys if key.column not in equal]
    if not set(needed) <= {*names[:start], *_find_predicate_columns(index)}:
        return False
    rest = index.columns[start : start + len(keys)]
    return (len(rest) == len(keys) or index.unique) and _has_same_direction(keys, rest)


def _find_predicate_columns(index: TableIndex) -> Collection[str]:
    """The column of an index predicate, either alone or equal to a constant."""
    return set() if index.predicate is None else {index.predicate.split(" ", 1)[0]}


def _has_same_direction(keys: Sequence[OrderKey], columns: Sequence[tuple[str, bool]]) -> bool:
    pairs = list(zip(keys, columns, strict=False))
    turned = {key.descending != descending for key, (_, descending) in pairs}
    return len(turned) <= 1 and all(key.column == name for key, (name, _) in pairs)
