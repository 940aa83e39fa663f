"""Fields of rows and of facts, compiled: values, functions and edges."""

import dataclasses
import typing
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from resolvers.graph import functions, indexes, lists, model, said, shapes, sql, tables
from resolvers.graph.declared import Classes, Declared, what
from resolvers.graph.model import Argument, Shape
from resolvers.graph.scalars import BY_PYTHON, Scalar

INT_OR_NULL = Shape("Int", null=True)
TEXT_OR_NULL = Shape("String", null=True)


class Fields:
    """Compiles fields, and remembers the lists and enums that they name.

    Args:
        codes: the code of the node of each table.
    """

    def __init__(self, classes: Classes, made: tables.Tables, codes: Mapping[str, str]) -> None:
        self.classes = classes
        self.tables = made
        self.codes = codes
        self.filters: dict[str, model.Filters] = {}
        self.orders: dict[str, model.Orders] = {}
        self.enums: dict[str, type[StrEnum]] = {}
        self.stands_for: Mapping[Any, Scalar] = BY_PYTHON

    def of_row(self, field: Declared, table: sa.Table, code: str | None) -> model.Field:
        """A field of rows of a table. Raises Refused."""
        if field.name == "id" and code is not None:
            return model.Field("id", field.description, field.shape, model.GlobalId(code))
        match field.word:
            case said.FromFunction() as word:
                return self._computed(field, word, lambda source: self._value(field, source, table), table)
            case said.FromRows() as word:
                return self._edge(field, word, table)
            case said.FromColumn() as word:
                return self._column(field, word, table)
            case word if isinstance(word, said.Word):
                raise field.refuse("this word belongs on Query, Mutation or a filter")
            case _:
                named = table.columns.get(field.name)
                if named is None:
                    raise field.refuse(f"{table.name} has no column {field.name!r}; say where it comes from")
                return self._column(field, said.FromColumn(named, null=None, seen_by=None), table)

    def of_facts(self, field: Declared, facts: type) -> model.Field:
        """A field of facts. Raises Refused."""
        match field.word:
            case said.FromFunction() as word:
                return self._computed(field, word, lambda source: self._attribute(field, source, facts), None)
            case said.FromRows(kind="one", order=None, base=None) as word:
                return self._named_by_facts(field, word, facts)
            case word if isinstance(word, said.Word):
                raise field.refuse("a view shows attributes, functions of them, and rows that they name")
            case _:
                hint = _hints(facts).get(field.name)
                if hint is None:
                    raise field.refuse(f"{facts.__name__} has no attribute {field.name!r}")
                self._check_hint(field, hint)
                return self._field(field, model.Attribute(field.name))

    def of_query(self, field: Declared, word: said.FromRows) -> model.Field:
        """A field of Query that shows rows. Raises Refused."""
        if word.key is not None:
            raise field.refuse("on Query there is no row that a foreign key could name")
        return self._rows(field, word, self.target(field), None)

    def target(self, field: Declared) -> sa.Table:
        """The table of the rows that a field shows. Raises Refused."""
        declared = what(field.read.python)
        if not isinstance(declared, said.OfTable):
            raise field.refuse(f"shows rows, which {field.shape.leaf} does not (node, shown)")
        return tables.of(declared.table)

    def _field(self, field: Declared, source: model.Source, arguments: tuple[Argument, ...] = ()) -> model.Field:
        self.note(field.read.python)
        return model.Field(field.shown, field.description, field.shape, source, arguments)

    def note(self, python: Any) -> None:
        """Remember an enum that clients will see."""
        if isinstance(python, type) and issubclass(python, StrEnum):
            self.enums[python.__name__] = python

    def _column(self, field: Declared, word: said.FromColumn, table: sa.Table) -> model.Field:
        value = self._value(field, word.source, table, word.seen_by)
        column = sql.column_of(word.source)
        null = column.nullable if column is not None else word.null is not False
        if not field.shape.null and (null or value.seen):
            why = "is ruled" if value.seen else "may be null"
            raise field.refuse(f"its source {why}, so annotate it `… | None`")
        if (column is not None or _typed(word.source)) and not lists.fits(value.kind, field.read):
            raise field.refuse(f"{field.shape.leaf} does not show a source of type {value.kind}")
        if field.shape.items:
            raise field.refuse("a column is no list")
        return self._field(field, value)

    def _value(self, field: Declared, source: Any, table: sa.Table, rule: str | None = None) -> model.Column:
        if isinstance(source, said.FromColumn):
            source = source.source
        column = sql.column_of(source)
        if column is not None and column.table is not table:
            raise field.refuse(f"{column} is a column of another table than {table.name}")
        if not sql.is_expression(source):
            raise field.refuse(f"{source!r} is neither a column nor a SQL expression")
        expression = column if column is not None else source
        kind = tables.kind_of(expression.type)
        if kind is None and _typed(expression):
            raise field.refuse(f"{expression.type!r} has no exact value that every executor prints alike")
        try:
            piece = sql.piece(expression, table)
            return model.Column(piece, kind or "text", self.tables.rule(rule, table))
        except sql.CannotCompile as reason:
            raise field.refuse(str(reason)) from None

    def _attribute(self, field: Declared, source: Any, facts: type) -> model.Attribute:
        if isinstance(source, said.FromFacts) and source.name in _hints(facts):
            return model.Attribute(source.name)
        if getattr(source, "__objclass__", None) is facts:
            return model.Attribute(source.__name__)
        raise field.refuse(f"{source!r} is no attribute of {facts.__name__}; name one by fact(…)")

    def _computed(
        self,
        field: Declared,
        word: said.FromFunction,
        value: Callable[[Any], model.Column | model.Attribute],
        table: sa.Table | None,
    ) -> model.Field:
        asked = functions.parameters(field, word, self.stands_for)
        for python in asked.python:
            self.note(python)
        seen = None
        if word.seen_by is not None:
            if table is None or not field.shape.null:
                raise field.refuse("is ruled, so it is of a row, and `… | None`")
            seen = model.Column(sql.TRUE, "boolean", self.tables.rule(word.seen_by, table))
        source = model.Computed(
            word.function, tuple(value(column) for column in word.columns), asked.enums, asked.clock, seen
        )
        return self._field(field, source, asked.arguments)

    def _check_hint(self, field: Declared, hint: Any) -> None:
        declared = what(field.read.python)
        pairs = dict(self.stands_for)
        if isinstance(declared, said.OfFacts):
            pairs[declared.facts] = Scalar(field.shape.leaf, "", str, str, "{}")
        try:
            found = shapes.read(hint, pairs).shape
        except shapes.NotUnderstood as reason:
            raise field.refuse(str(reason)) from None
        if not _shows(field.shape, found):
            raise field.refuse("does not agree with the attribute: another type, or null where it is not")

    def _named_by_facts(self, field: Declared, word: said.FromRows, facts: type) -> model.Field:
        if not field.shape.null or field.shape.items:
            raise field.refuse("the row that facts name may be unseen, so annotate it `… | None`")
        attribute = self._attribute(field, word.key, facts)
        made = self.tables.table(self.target(field))
        source = model.ToOne(attribute, model.Choice(self.target(field).name, made.key))
        return self._field(field, source)

    def _edge(self, field: Declared, word: said.FromRows, table: sa.Table) -> model.Field:
        named = self.target(field)
        column = sql.column_of(word.key)
        if column is None:
            raise field.refuse("names no foreign key")
        if word.kind == "one" and column.table is table:
            return self._forward(field, word, column, named)
        if column.table is not named:
            raise field.refuse(f"{column} is not a column of {named.name}, which {field.shape.leaf} shows")
        if tables.target(column) is not table:
            raise field.refuse(f"{column} is no foreign key to {table.name}")
        return self._rows(field, word, named, column)

    def _forward(self, field: Declared, word: said.FromRows, column: sa.Column[Any], named: sa.Table) -> model.Field:
        if tables.target(column) is not named:
            raise field.refuse(f"{column} is no foreign key to {named.name}")
        if word.order is not None or word.base is not None:
            raise field.refuse("the row that a foreign key names is one already: no order, no where")
        row = column.table
        if not field.shape.null:
            if column.nullable or word.seen_by:
                raise field.refuse("its foreign key may be null, so annotate it `… | None`")
            if not self.tables.always_there(column, named):
                raise field.refuse(f"not whoever sees the row sees its {named.name}; annotate it `… | None`")
        key = self._value(field, column, row, word.seen_by)
        choice = model.Choice(named.name, self.tables.table(named).key)
        return self._field(field, model.ToOne(key, choice))

    def _rows(
        self, field: Declared, word: said.FromRows, named: sa.Table, column: sa.Column[Any] | None
    ) -> model.Field:
        if word.seen_by:
            raise field.refuse("seen_by rules a value or a foreign key of the row, not a list")
        choice = self._choice(field, word, named, column)
        match word.kind:
            case "one":
                return self._first(field, word, named, choice)
            case "many":
                return self._many(field, word, named, choice)
            case "connection":
                return self._connection(field, word, named, choice)

    def _choice(
        self, field: Declared, word: said.FromRows, named: sa.Table, column: sa.Column[Any] | None
    ) -> model.Choice:
        owner = self.tables.table(named).owner
        try:
            base = None if word.base is None else sql.piece(word.base, named)
        except sql.CannotCompile as reason:
            raise field.refuse(str(reason)) from None
        if column is None:
            return model.Choice(named.name, None, base)
        owned = owner is not None and owner.column == column.name
        return model.Choice(named.name, sql.quoted(column.name), base, owned)

    def _first(self, field: Declared, word: said.FromRows, named: sa.Table, choice: model.Choice) -> model.Field:
        if not field.shape.null or field.shape.items or field.read.paged:
            raise field.refuse("there may be no such row, so annotate it `… | None`")
        if word.order is None:
            raise field.refuse("needs an order, to say which row is the first")
        order = lists.compile_order(word.order, named, field.place)
        order = self._indexed(field, word, named, choice, order)
        return self._field(field, model.First(choice, order))

    def _many(self, field: Declared, word: said.FromRows, named: sa.Table, choice: model.Choice) -> model.Field:
        items = field.shape.items
        if items is None or items.null or field.shape.null or field.read.paged:
            raise field.refuse("shows a bounded list, so annotate it `list[…]`")
        default = word.first if word.first is not None else word.last
        if word.most is None or word.most < 1 or (word.first is not None and word.last is not None):
            raise field.refuse("needs `most`, and at most one of `first` and `last`")
        if word.order is None or (default is not None and not 1 <= default <= word.most):
            raise field.refuse("needs an order, and a default from 1 to `most`")
        order = lists.compile_order(word.order, named, field.place)
        order = self._indexed(field, word, named, choice, order)
        name = None if default is None else "first" if word.first is not None else "last"
        source = model.Many(choice, order, word.most, name)
        if name is None:
            return self._field(field, source)
        text = f"How many to show, from the {'start' if name == 'first' else 'end'}; at most {word.most}."
        return self._field(field, source, (Argument(name, name, text, Shape("Int"), default),))

    def _connection(self, field: Declared, word: said.FromRows, named: sa.Table, choice: model.Choice) -> model.Field:
        if not field.read.paged or field.shape.null:
            raise field.refuse("shows pages, so annotate it `Connection[…]`")
        of_orders = lists.check_class(word.orders, said.OfOrders, named, field.place)
        orders = self._orders(of_orders, named)
        default = lists.name_of_order(of_orders, word.order, field.place)
        filters = self._filters(field, word.where, named)
        for order in orders.values.values():
            self._indexed(field, word, named, choice, order)
        node = field.shape.name.removesuffix("Connection")
        total, below = (self._total(field, word, number, named) for number in (word.total, word.below))
        source = model.Page(choice, node, orders.values, filters, total, below)
        return self._field(field, source, _paging(filters, orders.name, default))

    @staticmethod
    def _indexed(
        field: Declared, word: said.FromRows, named: sa.Table, choice: model.Choice, order: model.Order
    ) -> model.Order:
        """The order without the keys that the list does not need. Raises Refused where no index has it."""
        link = None if choice.link is None else choice.link.strip('"')
        base = indexes.base(word.base, named)
        if word.few is not None:
            if not word.few.strip():
                raise field.refuse("says few, and not why there are always few")
            return indexes.shortest(named, order, link, base)
        whole = link is None or word.kind == "connection"
        if not indexes.holds(named, order, link, base, whole=whole):
            first = f"{link}, then " if link else ""
            keys = ", ".join(f"{key.column}{' desc' * key.descending}" for key in order.keys)
            raise field.refuse(
                f"no index of {named.name} begins with {first}what its predicate says equals something, then {keys};"
                " add one, or say by few=… why there are always few"
            )
        return indexes.shortest(named, order, link, base)

    @staticmethod
    def _total(field: Declared, word: said.FromRows, number: Any, named: sa.Table) -> sql.Piece | None:
        if number is None:
            return None
        if word.key is not None:
            raise field.refuse("a total is of a list on Query, which no row owns")
        try:
            total = sql.piece(number, named)
        except sql.CannotCompile as reason:
            raise field.refuse(str(reason)) from None
        if any(isinstance(part, sql.Hole) for part in total.parts):
            raise field.refuse(f"its total is one number, and so names no column of {named.name}")
        return total

    def _orders(self, cls: type, named: sa.Table) -> model.Orders:
        if cls.__name__ not in self.orders:
            self.orders[cls.__name__] = lists.compile_orders(cls, named, self.classes)
        return self.orders[cls.__name__]

    def _filters(self, field: Declared, cls: type | None, named: sa.Table) -> model.Filters | None:
        if cls is None:
            return None
        lists.check_class(cls, said.OfFilter, named, field.place)
        if cls.__name__ not in self.filters:
            for declared in self.classes.fields(cls):
                self.note(declared.read.python)
            made = lists.compile_filters(cls, named, self.classes, self.tables, self.codes)
            self.filters[cls.__name__] = made
        return self.filters[cls.__name__]


def _paging(filters: model.Filters | None, orders: str, default: str) -> tuple[Argument, ...]:
    where = [Argument("where", "where", "Which to list.", Shape(filters.name, null=True))] if filters else []
    return (
        Argument("first", "first", "How many to show after `after`, or from the start.", INT_OR_NULL),
        Argument("after", "after", "The cursor after which to start.", TEXT_OR_NULL),
        Argument("last", "last", "How many to show before `before`, or from the end.", INT_OR_NULL),
        Argument("before", "before", "The cursor before which to end.", TEXT_OR_NULL),
        *where,
        Argument("orderBy", "order_by", "The order of the list.", Shape(orders), default),
    )


def _typed(expression: Any) -> bool:
    return not isinstance(expression.type, sa.types.NullType)


def _hints(facts: type) -> Mapping[str, Any]:
    if not dataclasses.is_dataclass(facts):
        return {}
    return typing.get_type_hints(facts, include_extras=True)


def _shows(shown: Shape, found: Shape) -> bool:
    if found.null and not shown.null:
        return False
    if shown.items is None or found.items is None:
        text = {"String", "ID", "Nip", "Period"}
        alike = shown.name == found.name or {shown.name, found.name} <= text
        return shown.items is None and found.items is None and alike
    return _shows(shown.items, found.items)
