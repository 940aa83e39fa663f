"""Orders and filters of lists, compiled."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, cast

import sqlalchemy as sa

from domain.actor import Role
from resolvers.graph import indexes, model, said, shapes, sql, tables
from resolvers.graph.declared import Classes, Declared, Refused, staying, what
from resolvers.graph.words import Match

FITS: Mapping[str, tuple[str, ...]] = {
    "bigint": ("Int",),
    "text": ("String", "Nip"),
    "numeric": ("Decimal",),
    "date": ("Date",),
    "timestamptz": ("DateTime",),
    "boolean": ("Boolean",),
}
"""Scalars that may stand for a value of a SQL type; text may also stand for an enum."""

_FIXED: Mapping[Match, str] = {
    Match.PREFIX: "String",
    Match.WORDS: "String",
    Match.REFERENCE: "ID",
    Match.UNDER: "ID",
    Match.HOLDS: "Boolean",
    Match.WITHIN: "Period",
}


def fits(kind: str | None, read: shapes.Read) -> bool:
    """Whether a value of a SQL type can be shown, or compared, as an annotation says."""
    if kind is None or read.shape.leaf in FITS.get(kind, ()):
        return kind is not None
    return kind == "text" and (read.shape.leaf == "Period" or _is_enum(read.python))


def _is_enum(python: Any) -> bool:
    return isinstance(python, type) and issubclass(python, StrEnum)


def compile_order(order: said.Order, table: sa.Table, place: str) -> model.Order:
    """Compile an order. Raises Refused unless it ends in the key and no column of it may be null."""
    keys = tuple(_key(key, table, place) for key in order.keys)
    names = [key.column for key in keys]
    last = table.primary_key.columns[0].name
    if not names or names[-1] != last or len(set(names)) != len(names):
        raise Refused(place, f"an order of {table.name} must end in its key {last!r} and name no column twice")
    return model.Order(",".join(f"{'-' * key.descending}{key.column}" for key in keys), keys)


def _key(key: Any, table: sa.Table, place: str) -> model.Key:
    source, descending = sql.direction(key)
    column = sql.column_of(source)
    if column is None or column.table is not table:
        raise Refused(place, f"an order is of columns of {table.name}, which {key} is not")
    kind = tables.kind_of(column.type)
    if column.nullable or kind is None or kind == "json":
        raise Refused(place, f"cannot order by {column.name!r}: it may be null, or its type has no order")
    return model.Key(column.name, sql.piece(column, table), kind, descending)


def compile_orders(cls: type[Any], table: sa.Table, classes: Classes) -> model.Orders:
    """Compile a class of orders. Raises Refused."""
    described = classes.described(cls)
    values: dict[str, model.Order] = {}
    leaving: dict[str, str] = {}
    for name, value in vars(cls).items():
        place = f"{cls.__name__}.{name}"
        order, deprecated = staying(value, place)
        if isinstance(order, said.Order):
            if not described.parts.get(name):
                raise Refused(place, "has no docstring under it, and so no description")
            values[name] = compile_order(order, table, place)
            leaving |= {name: deprecated} if deprecated else {}
    if not values:
        raise Refused(cls.__name__, "names no order")
    texts = {name: described.parts[name] for name in values}
    return model.Orders(cls.__name__, described.whole, values, texts, leaving)


def name_of_order(cls: type[Any], order: said.Order | None, place: str) -> str:
    """The name of an order among a class of orders. Raises Refused."""
    for name, value in vars(cls).items():
        if value is order and not isinstance(value, said.Leaving):
            return str(name)
    raise Refused(place, f"its default order is not a member of {cls.__name__}, or is deprecated")


def compile_filters(
    cls: type[Any], table: sa.Table, classes: Classes, made: tables.Tables, codes: Mapping[str, str]
) -> model.Filters:
    """Compile a `where` class. Raises Refused."""
    described = classes.described(cls)
    fields = [_filter(field, table, made, codes) for field in classes.fields(cls)]
    return model.Filters(cls.__name__, described.whole, {field.name: field for field in fields})


def compile_keys(
    cls: type[Any], table: sa.Table, classes: Classes, made: tables.Tables, codes: Mapping[str, str]
) -> model.Filters:
    """Compile a class of keys, of which a client gives exactly one. Raises Refused."""
    described = classes.described(cls)
    fields = [_key_field(field, table, made, codes) for field in classes.fields(cls)]
    if len(fields) < 2:
        raise Refused(cls.__name__, "has one key only; say `lookup()`, which takes the `id`")
    return model.Filters(cls.__name__, described.whole, {field.name: field for field in fields})


def _key_field(field: Declared, table: sa.Table, made: tables.Tables, codes: Mapping[str, str]) -> model.Filter:
    if not field.shape.null or field.shape.items:
        raise field.refuse("is one of several keys and so can be left out: annotate it `… | None`")
    own = table.primary_key.columns[0]
    if field.name == "id" and field.word is None:
        if field.shape.leaf != "ID" or table.name not in codes:
            raise field.refuse("is the global ID of a node, and so is `ID | None`")
        piece, code = sql.piece(own, table), codes[table.name]
        return model.Filter(
            field.shown, field.description, field.shape, Match.KEY, piece, "bigint", None, None, code,
            deprecated=field.deprecated,
        )  # fmt: skip
    column, rule = _key_column(field, table)
    kind = tables.kind_of(column.type)
    if column.nullable or not indexes.alone(column):
        raise field.refuse(f"{column} may be null or of several rows, and so finds not the one")
    if kind is None or not fits(kind, field.read):
        raise field.refuse(f"{field.shape.leaf} cannot be compared with a column of type {kind}")
    return model.Filter(
        field.shown, field.description, field.shape, Match.EQUALS, sql.piece(column, table), kind,
        seen=made.rule(rule, table), deprecated=field.deprecated,
    )  # fmt: skip


def _key_column(field: Declared, table: sa.Table) -> tuple[sa.Column[Any], str | None]:
    match field.word:
        case None:
            column, rule = table.columns.get(field.name), None
        case said.FromColumn(source, _, rule):
            column = sql.column_of(source)
        case _:
            raise field.refuse("a key is the `id`, or a column(…)")
    if column is None or column.table is not table:
        raise field.refuse(f"is no column of {table.name}")
    return column, rule


def _keys(field: Declared, word: said.FromMatch, table: sa.Table) -> model.Keys | None:
    if word.keys is None:
        return None
    key = sql.piece(table.primary_key.columns[0], table)
    if word.first is None:
        return model.Keys(key, word.keys)
    function, order = word.first
    return model.Keys(key, word.keys, function, compile_order(order, table, field.place))


def _filter(field: Declared, table: sa.Table, made: tables.Tables, codes: Mapping[str, str]) -> model.Filter:
    word = field.word
    if not isinstance(word, said.FromMatch):
        raise field.refuse("a field of a filter says how it matches(…)")
    if not field.shape.null:
        raise field.refuse("a field of a filter can be left out, so annotate it `… | None`")
    kind = _kind(field, word)
    named, code = _named(field, word, codes)
    if named is not None:
        made.table(named)
    try:
        return model.Filter(
            field.shown,
            field.description,
            field.shape,
            word.match,
            sql.piece(_first_of(word.expression), table),
            kind,
            _last(word, table),
            None if named is None else named.name,
            code,
            _seen(made, word, table),
            field.deprecated,
            _keys(field, word, table),
        )
    except sql.CannotCompile as reason:
        raise field.refuse(str(reason)) from None


def _first_of(expression: Any) -> Any:
    return sql.column_of(expression) if sql.column_of(expression) is not None else expression


def _seen(made: tables.Tables, word: said.FromMatch, table: sa.Table) -> Mapping[Role | None, sql.Piece] | None:
    return made.rule(word.seen_by, table)


def _last(word: said.FromMatch, table: sa.Table) -> sql.Piece | None:
    if word.match is Match.UNDER:
        column = sql.column_of(word.of)
        return None if column is None else sql.piece(column, column.table)
    return None if word.last is None else sql.piece(_first_of(word.last), table)


def _kind(field: Declared, word: said.FromMatch) -> str:
    kind = tables.kind_of(getattr(word.expression, "type", None))
    listed = field.shape.items is not None
    if listed != (word.match is Match.ANY):
        raise field.refuse("is a list exactly where it matches ANY")
    if word.match in _FIXED:
        if field.shape.leaf != _FIXED[word.match]:
            raise field.refuse(f"matches {word.match.name}, and so is `{_FIXED[word.match]} | None`")
        return kind or "text"
    if kind is None or not fits(kind, field.read):
        raise field.refuse(f"{field.shape.leaf} cannot be compared with an expression of type {kind}")
    return kind


def _named(field: Declared, word: said.FromMatch, codes: Mapping[str, str]) -> tuple[sa.Table | None, str | None]:
    if word.match is Match.REFERENCE:
        column = sql.column_of(word.expression)
        named = None if column is None else tables.target(column)
    elif word.match is Match.UNDER:
        column = sql.column_of(word.of)
        named = None if column is None else column.table
    else:
        return None, None
    if named is None or named.name not in codes:
        raise field.refuse("names a row by ID, and no node shows the table that it would be of")
    return named, codes[named.name]


def check_class(
    cls: Any, kind: type[said.OfFilter | said.OfOrders | said.OfKeys], table: sa.Table, place: str
) -> type[Any]:
    """The class itself. Raises Refused unless it is declared a filter, orders, or keys, of rows of `table`."""
    declared = what(cls)
    word = {said.OfFilter: "where", said.OfOrders: "orders", said.OfKeys: "by"}[kind]
    if not isinstance(declared, said.OfFilter | said.OfOrders | said.OfKeys) or not isinstance(declared, kind):
        raise Refused(place, f"{getattr(cls, '__name__', cls)} is not declared by @{word}(…)")
    if tables.of(declared.table) is not table:
        raise Refused(place, f"{cls.__name__} is about {tables.of(declared.table).name}, not {table.name}")
    return cast("type[Any]", cls)
