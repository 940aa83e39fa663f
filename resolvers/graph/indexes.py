"""Indexes of tables: which orders they hold, and which columns find one row."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BooleanClauseList, ColumnElement

from resolvers.graph import sql
from resolvers.graph.model import Key, Order


@dataclass(frozen=True, slots=True)
class Index:
    """The columns of a b-tree up to its first expression, each with whether it descends.

    `unique` where no two rows of its predicate `where` have the same columns.
    """

    columns: tuple[tuple[str, bool], ...]
    unique: bool
    where: str | None = None


@dataclass(frozen=True, slots=True)
class Base:
    """What always holds in a list: the columns that equal something, and the text of each condition."""

    equal: frozenset[str]
    texts: frozenset[str]


def alone(column: sa.Column[Any]) -> bool:
    """Whether a value of the column is of one row at most."""
    return any(
        each.unique and each.where is None and [name for name, _ in each.columns] == [column.name]
        for each in of(column.table)
    )


def of(table: Any) -> Iterator[Index]:
    """The b-trees of a table, those of its constraints too."""
    for constraint in table.constraints:
        if isinstance(constraint, sa.PrimaryKeyConstraint | sa.UniqueConstraint):
            yield Index(tuple((column.name, False) for column in constraint.columns), unique=True)
    for index in table.indexes:
        options = index.dialect_options["postgresql"]
        if options["using"] in {None, False, "btree"}:
            columns = tuple(_columns(index.expressions))
            where = options["where"]
            whole = len(columns) == len(index.expressions)
            yield Index(columns, bool(index.unique) and whole, None if where is None else str(where))


def _columns(expressions: Sequence[Any]) -> Iterator[tuple[str, bool]]:
    for expression in expressions:
        source, descending = sql.direction(expression)
        column = sql.column_of(source)
        if column is None:
            return
        yield column.name, descending


def base(condition: Any, table: sa.Table) -> Base:
    """What a condition on rows of a table says; of None, nothing."""
    parts = list(_parts(condition))
    equal = (name for part in parts if (name := _equal(part, table)))
    # No alias has this name, so its dots are those before columns.
    texts = (sql.piece(part, table).text("@", sql.Binds({})).replace("@.", "") for part in parts if _constant(part))
    return Base(frozenset(equal), frozenset(texts))


def _parts(condition: Any) -> Iterator[ColumnElement[bool]]:
    if isinstance(condition, BooleanClauseList) and condition.operator is operators.and_:
        for part in condition.clauses:
            yield from _parts(part)
    elif condition is not None:
        column = sql.column_of(condition)
        yield condition if column is None else column


def _constant(part: Any) -> bool:
    """Whether a condition has no value of the request in it, so that it can be an index's."""
    return not any(isinstance(each, sa.BindParameter) and each.required for each in sa.sql.visitors.iterate(part))


def _equal(part: Any, table: sa.Table) -> str | None:
    column = sql.column_of(part)
    if column is not None:
        return column.name
    if isinstance(part, BinaryExpression) and part.operator is operators.eq:
        sides = [sql.column_of(part.left), sql.column_of(part.right)]
        named = [side for side in sides if side is not None and side.table is table]
        return named[0].name if len(named) == 1 else None
    return None


def holds(table: sa.Table, order: Order, link: str | None, of_list: Base, *, whole: bool) -> bool:
    """Whether an index begins as a list is ordered, or finds the one row that the list can have.

    It begins with the link and the columns that equal something, in any order, and goes on with the keys of the
    order, all its own way or all reversed. A unique one may end before the keys do.

    Args:
        table: whose rows are listed.
        order: how.
        link: the column that names the owner of the rows.
        of_list: what always holds.
        whole: whether all columns that equal something must be in it, or its predicate; else the rows of one
            owner are looked through.
    """
    equal = of_list.equal | ({link} if link else set())
    needed = of_list.equal if whole else set()
    return any(
        _one_row(index, equal) or _begins(index, order, equal, {*needed, *({link} if link else set())})
        for index in of(table)
        if index.where is None or index.where in of_list.texts
    )


def shortest(table: sa.Table, order: Order, link: str | None, of_list: Base) -> Order:
    """The order without the keys that no two rows of the list ever need, since what stands before them is unique.

    Sorting by them would cost each list its own sort, where the index has the rows in order already.
    """
    equal = of_list.equal | ({link} if link else set())
    for end in range(1, len(order.keys)):
        known = {*equal, *(key.column for key in order.keys[:end])}
        if any(_one_row(index, known) for index in of(table) if index.where is None or index.where in of_list.texts):
            return replace(order, keys=order.keys[:end])
    return order


def _one_row(index: Index, equal: Collection[str]) -> bool:
    return index.unique and all(name in equal for name, _ in index.columns)


def _begins(index: Index, order: Order, equal: Collection[str], needed: Collection[str]) -> bool:
    names = [name for name, _ in index.columns]
    start = next((place for place, name in enumerate(names) if name not in equal), len(names))
    keys = [key for key in order.keys if key.column not in equal]
    if not set(needed) <= {*names[:start], *_said_by(index)}:
        return False
    rest = index.columns[start : start + len(keys)]
    return (len(rest) == len(keys) or index.unique) and _alike(keys, rest)


def _said_by(index: Index) -> Collection[str]:
    """The column of a predicate that is a column, or begins with one that equals a constant."""
    return set() if index.where is None else {index.where.split(" ", 1)[0]}


def _alike(keys: Sequence[Key], columns: Sequence[tuple[str, bool]]) -> bool:
    pairs = list(zip(keys, columns, strict=False))
    turned = {key.descending != descending for key, (_, descending) in pairs}
    return len(turned) <= 1 and all(key.column == name for key, (name, _) in pairs)
