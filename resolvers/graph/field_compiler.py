"""Field compiler: values, computed fields, references and lists of rows and facts."""

import dataclasses
import typing
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from resolvers.graph import access_rules, computed, indexes, list_compiler, model, specs, sql_fragments, type_refs
from resolvers.graph.class_reader import ClassReader, DeclaredField, find_type_spec
from resolvers.graph.model import Argument, TypeRef
from resolvers.graph.scalars import SCALARS_BY_TYPE, Scalar

NULLABLE_INT = TypeRef("Int", nullable=True)
NULLABLE_STRING = TypeRef("String", nullable=True)


class FieldCompiler:
    """Compiles fields, and collects their filters, orders and enums.

    Args:
        codes: the ID code of each table's node.
    """

    def __init__(
        self, class_reader: ClassReader, table_compiler: access_rules.TableCompiler, codes: Mapping[str, str]
    ) -> None:
        self.class_reader = class_reader
        self.table_compiler = table_compiler
        self.codes = codes
        self.filter_inputs: dict[str, model.FilterInput] = {}
        self.order_enums: dict[str, model.OrderEnum] = {}
        self.enums: dict[str, type[StrEnum]] = {}
        self.scalars_by_type: Mapping[Any, Scalar] = SCALARS_BY_TYPE

    def compile_row_field(self, field: DeclaredField, table: sa.Table, code: str | None) -> model.ObjectField:
        """Compile a field of a table's rows. Raises DeclarationError."""
        if field.name == "id" and code is not None:
            return model.ObjectField("id", field.description, field.type_ref, model.GlobalIdSource(code))
        match field.spec:
            case specs.FunctionSpec() as word:
                return self._compile_computed(
                    field, word, lambda source: self._compile_column_value(field, source, table), table
                )
            case specs.RowsSpec() as word:
                return self._compile_row_edge(field, word, table)
            case specs.ColumnSpec() as word:
                return self._compile_column(field, word, table)
            case word if isinstance(word, specs.FieldSpec):
                raise field.build_error("this word belongs on Query, Mutation or a filter")
            case _:
                named = table.columns.get(field.name)
                if named is None:
                    raise field.build_error(f"{table.name} has no column {field.name!r}; say where it comes from")
                return self._compile_column(field, specs.ColumnSpec(named, nullable=None, visible_to=None), table)

    def compile_facts_field(self, field: DeclaredField, facts: type) -> model.ObjectField:
        """Compile a field of facts. Raises DeclarationError."""
        match field.spec:
            case specs.FunctionSpec() as word:
                return self._compile_computed(
                    field, word, lambda source: self._resolve_attribute(field, source, facts), None
                )
            case specs.RowsSpec(kind="one", order=None, predicate=None) as word:
                return self._compile_facts_reference(field, word, facts)
            case word if isinstance(word, specs.FieldSpec):
                raise field.build_error("a view shows attributes, functions of them, and rows that they name")
            case _:
                hint = _read_type_hints(facts).get(field.name)
                if hint is None:
                    raise field.build_error(f"{facts.__name__} has no attribute {field.name!r}")
                self._check_attribute_type(field, hint)
                return self._build_object_field(field, model.AttributeSource(field.name))

    def compile_root_list(self, field: DeclaredField, spec: specs.RowsSpec) -> model.ObjectField:
        """Compile a field of Query with rows. Raises DeclarationError."""
        if spec.key is not None:
            raise field.build_error("on Query there is no row that a foreign key could name")
        return self._compile_row_list(field, spec, self.find_target_table(field), None)

    def find_target_table(self, field: DeclaredField) -> sa.Table:
        """The table of the rows shown by a field. Raises DeclarationError."""
        declared = find_type_spec(field.annotation.python_type)
        if not isinstance(declared, specs.RowTypeSpec):
            raise field.build_error(f"shows rows, which {field.type_ref.leaf_name} does not (node, shown)")
        return access_rules.get_table(declared.table)

    def _build_object_field(
        self, field: DeclaredField, source: model.FieldSource, arguments: tuple[Argument, ...] = ()
    ) -> model.ObjectField:
        self.collect_enum(field.annotation.python_type)
        return model.ObjectField(field.graphql_name, field.description, field.type_ref, source, arguments)

    def collect_enum(self, python: Any) -> None:
        """Collect an enum of the public schema."""
        if isinstance(python, type) and issubclass(python, StrEnum):
            self.enums[python.__name__] = python

    def _compile_column(self, field: DeclaredField, spec: specs.ColumnSpec, table: sa.Table) -> model.ObjectField:
        value = self._compile_column_value(field, spec.source, table, spec.visible_to)
        column = sql_fragments.find_column(spec.source)
        null = column.nullable if column is not None else spec.nullable is not False
        if not field.type_ref.nullable and (null or value.visibility):
            why = "is ruled" if value.visibility else "may be null"
            raise field.build_error(f"its source {why}, so annotate it `… | None`")
        if (column is not None or _has_sql_type(spec.source)) and not list_compiler.is_compatible_scalar(
            value.sql_type, field.annotation
        ):
            raise field.build_error(f"{field.type_ref.leaf_name} does not show a source of type {value.sql_type}")
        if field.type_ref.item_type:
            raise field.build_error("a column is no list")
        return self._build_object_field(field, value)

    def _compile_column_value(
        self, field: DeclaredField, source: Any, table: sa.Table, rule: str | None = None
    ) -> model.ColumnSource:
        if isinstance(source, specs.ColumnSpec):
            source = source.source
        column = sql_fragments.find_column(source)
        if column is not None and column.table is not table:
            raise field.build_error(f"{column} is a column of another table than {table.name}")
        if not sql_fragments.is_sql_expression(source):
            raise field.build_error(f"{source!r} is neither a column nor a SQL expression")
        expression = column if column is not None else source
        kind = access_rules.find_sql_type(expression.type)
        if kind is None and _has_sql_type(expression):
            raise field.build_error(f"{expression.type!r} has no exact value that every executor prints alike")
        try:
            piece = sql_fragments.compile_fragment(expression, table)
            return model.ColumnSource(piece, kind or "text", self.table_compiler.compile_field_rule(rule, table))
        except sql_fragments.UncompilableExpression as reason:
            raise field.build_error(str(reason)) from None

    def _resolve_attribute(self, field: DeclaredField, source: Any, facts: type) -> model.AttributeSource:
        if isinstance(source, specs.AttributeSpec) and source.name in _read_type_hints(facts):
            return model.AttributeSource(source.name)
        if getattr(source, "__objclass__", None) is facts:
            return model.AttributeSource(source.__name__)
        raise field.build_error(f"{source!r} is no attribute of {facts.__name__}; name one by fact(…)")

    def _compile_computed(
        self,
        field: DeclaredField,
        spec: specs.FunctionSpec,
        value: Callable[[Any], model.ColumnSource | model.AttributeSource],
        table: sa.Table | None,
    ) -> model.ObjectField:
        asked = computed.read_signature(field, spec, self.scalars_by_type)
        for python in asked.argument_types:
            self.collect_enum(python)
        seen = None
        if spec.visible_to is not None:
            if table is None or not field.type_ref.nullable:
                raise field.build_error("is ruled, so it is of a row, and `… | None`")
            seen = model.ColumnSource(
                sql_fragments.TRUE, "boolean", self.table_compiler.compile_field_rule(spec.visible_to, table)
            )
        source = model.ComputedSource(
            spec.function,
            tuple(value(column) for column in spec.columns),
            asked.parameter_enums,
            asked.clock_parameters,
            seen,
        )
        return self._build_object_field(field, source, asked.arguments)

    def _check_attribute_type(self, field: DeclaredField, hint: Any) -> None:
        declared = find_type_spec(field.annotation.python_type)
        pairs = dict(self.scalars_by_type)
        if isinstance(declared, specs.FactsTypeSpec):
            pairs[declared.facts] = Scalar(field.type_ref.leaf_name, "", str, str, "{}")
        try:
            found = type_refs.parse_annotation(hint, pairs).type_ref
        except type_refs.UnsupportedAnnotation as reason:
            raise field.build_error(str(reason)) from None
        if not _is_assignable(field.type_ref, found):
            raise field.build_error("does not agree with the attribute: another type, or null where it is not")

    def _compile_facts_reference(self, field: DeclaredField, spec: specs.RowsSpec, facts: type) -> model.ObjectField:
        if not field.type_ref.nullable or field.type_ref.item_type:
            raise field.build_error("the row that facts name may be unseen, so annotate it `… | None`")
        attribute = self._resolve_attribute(field, spec.key, facts)
        made = self.table_compiler.compile_table(self.find_target_table(field))
        source = model.ReferenceSource(attribute, model.RowSet(self.find_target_table(field).name, made.key))
        return self._build_object_field(field, source)

    def _compile_row_edge(self, field: DeclaredField, spec: specs.RowsSpec, table: sa.Table) -> model.ObjectField:
        named = self.find_target_table(field)
        column = sql_fragments.find_column(spec.key)
        if column is None:
            raise field.build_error("names no foreign key")
        if spec.kind == "one" and column.table is table:
            return self._compile_foreign_key(field, spec, column, named)
        if column.table is not named:
            raise field.build_error(
                f"{column} is not a column of {named.name}, which {field.type_ref.leaf_name} shows"
            )
        if access_rules.find_referenced_table(column) is not table:
            raise field.build_error(f"{column} is no foreign key to {table.name}")
        return self._compile_row_list(field, spec, named, column)

    def _compile_foreign_key(
        self, field: DeclaredField, spec: specs.RowsSpec, column: sa.Column[Any], named: sa.Table
    ) -> model.ObjectField:
        if access_rules.find_referenced_table(column) is not named:
            raise field.build_error(f"{column} is no foreign key to {named.name}")
        if spec.order is not None or spec.predicate is not None:
            raise field.build_error("the row that a foreign key names is one already: no order, no where")
        empty, there = bool(column.nullable or spec.visible_to), self.table_compiler.is_always_visible(column, named)
        if not field.type_ref.nullable and empty:
            raise field.build_error("its foreign key may be null, so annotate it `… | None`")
        if not field.type_ref.nullable and not there:
            raise field.build_error(f"not whoever sees the row sees its {named.name}; annotate it `… | None`")
        if field.type_ref.nullable and there and not empty:
            raise field.build_error(f"whoever sees the row sees its {named.name}; annotate it without `| None`")
        key = self._compile_column_value(field, column, column.table, spec.visible_to)
        choice = model.RowSet(named.name, self.table_compiler.compile_table(named).key)
        return self._build_object_field(field, model.ReferenceSource(key, choice))

    def _compile_row_list(
        self, field: DeclaredField, spec: specs.RowsSpec, named: sa.Table, column: sa.Column[Any] | None
    ) -> model.ObjectField:
        if spec.visible_to:
            raise field.build_error("seen_by rules a value or a foreign key of the row, not a list")
        choice = self._compile_row_set(field, spec, named, column)
        match spec.kind:
            case "one":
                return self._compile_first_row(field, spec, named, choice)
            case "many":
                return self._compile_bounded_list(field, spec, named, choice)
            case "connection":
                return self._compile_page_list(field, spec, named, choice)

    def _compile_row_set(
        self, field: DeclaredField, spec: specs.RowsSpec, named: sa.Table, column: sa.Column[Any] | None
    ) -> model.RowSet:
        owner = self.table_compiler.compile_table(named).owner
        try:
            base = None if spec.predicate is None else sql_fragments.compile_fragment(spec.predicate, named)
        except sql_fragments.UncompilableExpression as reason:
            raise field.build_error(str(reason)) from None
        if column is None:
            return model.RowSet(named.name, None, base)
        owned = owner is not None and owner.column == column.name
        return model.RowSet(named.name, sql_fragments.quote_identifier(column.name), base, owned)

    def _compile_first_row(
        self, field: DeclaredField, spec: specs.RowsSpec, named: sa.Table, row_set: model.RowSet
    ) -> model.ObjectField:
        if not field.type_ref.nullable or field.type_ref.item_type or field.annotation.is_connection:
            raise field.build_error("there may be no such row, so annotate it `… | None`")
        if spec.order is None:
            raise field.build_error("needs an order, to say which row is the first")
        order = list_compiler.compile_order(spec.order, named, field.location)
        order = self._require_index(field, spec, named, row_set, order)
        return self._build_object_field(field, model.FirstRowSource(row_set, order))

    def _compile_bounded_list(
        self, field: DeclaredField, spec: specs.RowsSpec, named: sa.Table, row_set: model.RowSet
    ) -> model.ObjectField:
        items = field.type_ref.item_type
        if items is None or items.nullable or field.type_ref.nullable or field.annotation.is_connection:
            raise field.build_error("shows a bounded list, so annotate it `list[…]`")
        default = spec.first if spec.first is not None else spec.last
        if spec.max_rows is None or spec.max_rows < 1 or (spec.first is not None and spec.last is not None):
            raise field.build_error("needs `most`, and at most one of `first` and `last`")
        if spec.order is None or (default is not None and not 1 <= default <= spec.max_rows):
            raise field.build_error("needs an order, and a default from 1 to `most`")
        order = list_compiler.compile_order(spec.order, named, field.location)
        order = self._require_index(field, spec, named, row_set, order)
        name = None if default is None else "first" if spec.first is not None else "last"
        source = model.BoundedListSource(row_set, order, spec.max_rows, name)
        if name is None:
            return self._build_object_field(field, source)
        text = f"Number of rows from the {'start' if name == 'first' else 'end'}; at most {spec.max_rows}."
        return self._build_object_field(field, source, (Argument(name, name, text, TypeRef("Int"), default),))

    def _compile_page_list(
        self, field: DeclaredField, spec: specs.RowsSpec, named: sa.Table, row_set: model.RowSet
    ) -> model.ObjectField:
        if not field.annotation.is_connection or field.type_ref.nullable:
            raise field.build_error("shows pages, so annotate it `Connection[…]`")
        of_orders = list_compiler.check_type_spec(spec.order_enum, specs.OrderEnumSpec, named, field.location)
        orders = self._get_order_enum(of_orders, named)
        default = list_compiler.find_order_name(of_orders, spec.order, field.location)
        filters = self._get_filter_input(field, spec.filter_input, named)
        for order in orders.orders.values():
            self._require_index(field, spec, named, row_set, order)
        node = field.type_ref.name.removesuffix("Connection")
        total, below = (
            self._compile_stored_total(field, spec, number, named) for number in (spec.total, spec.units_total)
        )
        source = model.ConnectionSource(row_set, node, orders.orders, filters, total, below)
        return self._build_object_field(field, source, _build_page_arguments(filters, orders.name, default))

    @staticmethod
    def _require_index(
        field: DeclaredField, spec: specs.RowsSpec, named: sa.Table, row_set: model.RowSet, order: model.SortOrder
    ) -> model.SortOrder:
        """The order without keys unneeded by the list. Raises DeclarationError without a matching index."""
        link = None if row_set.link_column is None else row_set.link_column.strip('"')
        base = indexes.read_list_conditions(spec.predicate, named)
        if spec.no_index_reason is not None:
            if not spec.no_index_reason.strip():
                raise field.build_error("says few, and not why there are always few")
            return indexes.shorten_order(named, order, link, base)
        whole = link is None or spec.kind == "connection"
        if not indexes.has_matching_index(named, order, link, base, require_all=whole):
            first = f"{link}, then " if link else ""
            keys = ", ".join(f"{key.column}{' desc' * key.descending}" for key in order.keys)
            raise field.build_error(
                f"no index of {named.name} begins with {first}what its predicate says equals something, then {keys};"
                " add one, or say by few=… why there are always few"
            )
        return indexes.shorten_order(named, order, link, base)

    @staticmethod
    def _compile_stored_total(
        field: DeclaredField, spec: specs.RowsSpec, number: Any, named: sa.Table
    ) -> sql_fragments.SqlFragment | None:
        if number is None:
            return None
        if spec.key is not None:
            raise field.build_error("a total is of a list on Query, which no row owns")
        try:
            total = sql_fragments.compile_fragment(number, named)
        except sql_fragments.UncompilableExpression as reason:
            raise field.build_error(str(reason)) from None
        if any(isinstance(part, sql_fragments.AliasSlot) for part in total.parts):
            raise field.build_error(f"its total is one number, and so names no column of {named.name}")
        return total

    def _get_order_enum(self, cls: type, named: sa.Table) -> model.OrderEnum:
        if cls.__name__ not in self.order_enums:
            self.order_enums[cls.__name__] = list_compiler.compile_order_enum(cls, named, self.class_reader)
        return self.order_enums[cls.__name__]

    def _get_filter_input(self, field: DeclaredField, cls: type | None, named: sa.Table) -> model.FilterInput | None:
        if cls is None:
            return None
        list_compiler.check_type_spec(cls, specs.FilterInputSpec, named, field.location)
        if cls.__name__ not in self.filter_inputs:
            for declared in self.class_reader.read_fields(cls):
                self.collect_enum(declared.annotation.python_type)
            made = list_compiler.compile_filter_input(cls, named, self.class_reader, self.table_compiler, self.codes)
            self.filter_inputs[cls.__name__] = made
        return self.filter_inputs[cls.__name__]


def _build_page_arguments(filters: model.FilterInput | None, orders: str, default: str) -> tuple[Argument, ...]:
    where = (
        [Argument("where", "where", "Filter of the list.", TypeRef(filters.name, nullable=True))] if filters else []
    )
    return (
        Argument("first", "first", "Number of rows after `after`, or from the start.", NULLABLE_INT),
        Argument("after", "after", "Cursor of the row before the first one.", NULLABLE_STRING),
        Argument("last", "last", "Number of rows before `before`, or from the end.", NULLABLE_INT),
        Argument("before", "before", "Cursor of the row after the last one.", NULLABLE_STRING),
        *where,
        Argument("orderBy", "order_by", "Order of the list.", TypeRef(orders), default),
    )


def _has_sql_type(expression: Any) -> bool:
    return not isinstance(expression.type, sa.types.NullType)


def _read_type_hints(facts: type) -> Mapping[str, Any]:
    if not dataclasses.is_dataclass(facts):
        return {}
    return typing.get_type_hints(facts, include_extras=True)


def _is_assignable(shown: TypeRef, found: TypeRef) -> bool:
    if found.nullable and not shown.nullable:
        return False
    if shown.item_type is None or found.item_type is None:
        text = {"String", "ID", "Nip", "Period"}
        alike = shown.name == found.name or {shown.name, found.name} <= text
        return shown.item_type is None and found.item_type is None and alike
    return _is_assignable(shown.item_type, found.item_type)
