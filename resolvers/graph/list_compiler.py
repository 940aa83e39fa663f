"""List compiler: orders, filters and look-up keys."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, cast

import sqlalchemy as sa

from domain.actor import Role
from resolvers.graph import access_rules, indexes, model, specs, sql_fragments, type_refs
from resolvers.graph.class_reader import (
    ClassReader,
    DeclarationError,
    DeclaredField,
    find_type_spec,
    unwrap_deprecation,
)
from resolvers.graph.declarations import MatchKind

SCALARS_BY_SQL_TYPE: Mapping[str, tuple[str, ...]] = {
    "bigint": ("Int",),
    "text": ("String", "Nip"),
    "numeric": ("Decimal",),
    "date": ("Date",),
    "timestamptz": ("DateTime",),
    "boolean": ("Boolean",),
}
"""Scalars allowed for values of a SQL type; text may also be an enum."""

_SCALAR_BY_MATCH: Mapping[MatchKind, str] = {
    MatchKind.PREFIX: "String",
    MatchKind.WORDS: "String",
    MatchKind.REFERENCE: "ID",
    MatchKind.UNDER: "ID",
    MatchKind.HOLDS: "Boolean",
    MatchKind.WITHIN: "Period",
}


def is_compatible_scalar(kind: str | None, read: type_refs.ParsedAnnotation) -> bool:
    """True if an annotation fits a value of a SQL type, for output or comparison."""
    if kind is None or read.type_ref.leaf_name in SCALARS_BY_SQL_TYPE.get(kind, ()):
        return kind is not None
    return kind == "text" and (read.type_ref.leaf_name == "Period" or _is_str_enum(read.python_type))


def _is_str_enum(python: Any) -> bool:
    return isinstance(python, type) and issubclass(python, StrEnum)


def compile_order(order: specs.OrderSpec, table: sa.Table, place: str) -> model.SortOrder:
    """Compile an order of non-nullable columns ending in the key. Raises DeclarationError."""
    keys = tuple(_compile_order_key(key, table, place) for key in order.keys)
    names = [key.column for key in keys]
    last = table.primary_key.columns[0].name
    if not names or names[-1] != last or len(set(names)) != len(names):
        raise DeclarationError(
            place, f"an order of {table.name} must end in its key {last!r} and name no column twice"
        )
    return model.SortOrder(",".join(f"{'-' * key.descending}{key.column}" for key in keys), keys)


def _compile_order_key(key: Any, table: sa.Table, place: str) -> model.OrderKey:
    source, descending = sql_fragments.split_direction(key)
    column = sql_fragments.find_column(source)
    if column is None or column.table is not table:
        raise DeclarationError(place, f"an order is of columns of {table.name}, which {key} is not")
    kind = access_rules.find_sql_type(column.type)
    if column.nullable or kind is None or kind == "json":
        raise DeclarationError(place, f"cannot order by {column.name!r}: it may be null, or its type has no order")
    return model.OrderKey(column.name, sql_fragments.compile_fragment(column, table), kind, descending)


def compile_order_enum(cls: type[Any], table: sa.Table, class_reader: ClassReader) -> model.OrderEnum:
    """Compile a class of orders. Raises DeclarationError."""
    described = class_reader.read_descriptions(cls)
    values: dict[str, model.SortOrder] = {}
    leaving: dict[str, str] = {}
    for name, value in vars(cls).items():
        place = f"{cls.__name__}.{name}"
        order, deprecated = unwrap_deprecation(value, place)
        if isinstance(order, specs.OrderSpec):
            if not described.attribute_texts.get(name):
                raise DeclarationError(place, "has no docstring under it, and so no description")
            values[name] = compile_order(order, table, place)
            leaving |= {name: deprecated} if deprecated else {}
    if not values:
        raise DeclarationError(cls.__name__, "names no order")
    texts = {name: described.attribute_texts[name] for name in values}
    return model.OrderEnum(cls.__name__, described.class_text, values, texts, leaving)


def find_order_name(cls: type[Any], order: specs.OrderSpec | None, place: str) -> str:
    """The name of an order in its class of orders. Raises DeclarationError."""
    for name, value in vars(cls).items():
        if value is order and not isinstance(value, specs.DeprecatedSpec):
            return str(name)
    raise DeclarationError(place, f"its default order is not a member of {cls.__name__}, or is deprecated")


def compile_filter_input(
    cls: type[Any],
    table: sa.Table,
    class_reader: ClassReader,
    table_compiler: access_rules.TableCompiler,
    codes: Mapping[str, str],
) -> model.FilterInput:
    """Compile a class of a `where` input. Raises DeclarationError."""
    described = class_reader.read_descriptions(cls)
    fields = [_compile_filter_field(field, table, table_compiler, codes) for field in class_reader.read_fields(cls)]
    return model.FilterInput(cls.__name__, described.class_text, {field.name: field for field in fields})


def compile_key_input(
    cls: type[Any],
    table: sa.Table,
    class_reader: ClassReader,
    table_compiler: access_rules.TableCompiler,
    codes: Mapping[str, str],
) -> model.FilterInput:
    """Compile a class of a `by` input. Raises DeclarationError.

    A client gives exactly one of its keys.
    """
    described = class_reader.read_descriptions(cls)
    fields = [_compile_key_field(field, table, table_compiler, codes) for field in class_reader.read_fields(cls)]
    return model.FilterInput(cls.__name__, described.class_text, {field.name: field for field in fields})


def _compile_key_field(
    field: DeclaredField, table: sa.Table, table_compiler: access_rules.TableCompiler, codes: Mapping[str, str]
) -> model.FilterField:
    if not field.type_ref.nullable or field.type_ref.item_type:
        raise field.build_error("is one of several keys and so can be left out: annotate it `… | None`")
    own = table.primary_key.columns[0]
    if field.name == "id" and field.spec is None:
        if field.type_ref.leaf_name != "ID" or table.name not in codes:
            raise field.build_error("is the global ID of a node, and so is `ID | None`")
        piece, code = sql_fragments.compile_fragment(own, table), codes[table.name]
        return model.FilterField(
            field.graphql_name, field.description, field.type_ref, MatchKind.KEY, piece, "bigint", None, None, code,
            deprecation_reason=field.deprecation_reason,
        )  # fmt: skip
    column, rule = _find_key_column(field, table)
    kind = access_rules.find_sql_type(column.type)
    if column.nullable or not indexes.is_unique_column(column):
        raise field.build_error(f"{column} may be null or of several rows, and so finds not the one")
    if kind is None or not is_compatible_scalar(kind, field.annotation):
        raise field.build_error(f"{field.type_ref.leaf_name} cannot be compared with a column of type {kind}")
    return model.FilterField(
        field.graphql_name, field.description, field.type_ref, MatchKind.EQUALS,
        sql_fragments.compile_fragment(column, table), kind,
        visibility=table_compiler.compile_field_rule(rule, table), deprecation_reason=field.deprecation_reason,
    )  # fmt: skip


def _find_key_column(field: DeclaredField, table: sa.Table) -> tuple[sa.Column[Any], str | None]:
    match field.spec:
        case None:
            column, rule = table.columns.get(field.name), None
        case specs.ColumnSpec(source, _, rule):
            column = sql_fragments.find_column(source)
        case _:
            raise field.build_error("a key is the `id`, or a column(…)")
    if column is None or column.table is not table:
        raise field.build_error(f"is no column of {table.name}")
    return column, rule


def _compile_word_search(
    field: DeclaredField, spec: specs.FilterFieldSpec, table: sa.Table
) -> model.WordSearch | None:
    if spec.key_function is None:
        return None
    key = sql_fragments.compile_fragment(table.primary_key.columns[0], table)
    if spec.ordered_key_function is None:
        return model.WordSearch(key, spec.key_function)
    function, order = spec.ordered_key_function
    return model.WordSearch(key, spec.key_function, function, compile_order(order, table, field.location))


def _compile_filter_field(
    field: DeclaredField, table: sa.Table, table_compiler: access_rules.TableCompiler, codes: Mapping[str, str]
) -> model.FilterField:
    word = field.spec
    if not isinstance(word, specs.FilterFieldSpec):
        raise field.build_error("a field of a filter says how it matches(…)")
    if not field.type_ref.nullable:
        raise field.build_error("a field of a filter can be left out, so annotate it `… | None`")
    kind = _check_filter_type(field, word)
    named, code = _find_filter_reference(field, word, codes)
    if named is not None:
        table_compiler.compile_table(named)
    try:
        return model.FilterField(
            field.graphql_name,
            field.description,
            field.type_ref,
            word.match,
            sql_fragments.compile_fragment(_unwrap_column(word.expression), table),
            kind,
            _compile_second_fragment(word, table),
            None if named is None else named.name,
            code,
            _compile_visibility(table_compiler, word, table),
            field.deprecation_reason,
            _compile_word_search(field, word, table),
        )
    except sql_fragments.UncompilableExpression as reason:
        raise field.build_error(str(reason)) from None


def _unwrap_column(expression: Any) -> Any:
    return sql_fragments.find_column(expression) if sql_fragments.find_column(expression) is not None else expression


def _compile_visibility(
    table_compiler: access_rules.TableCompiler, spec: specs.FilterFieldSpec, table: sa.Table
) -> Mapping[Role | None, sql_fragments.SqlFragment] | None:
    return table_compiler.compile_field_rule(spec.visible_to, table)


def _compile_second_fragment(spec: specs.FilterFieldSpec, table: sa.Table) -> sql_fragments.SqlFragment | None:
    if spec.match is MatchKind.UNDER:
        column = sql_fragments.find_column(spec.path_column)
        return None if column is None else sql_fragments.compile_fragment(column, column.table)
    return None if spec.last_day is None else sql_fragments.compile_fragment(_unwrap_column(spec.last_day), table)


def _check_filter_type(field: DeclaredField, spec: specs.FilterFieldSpec) -> str:
    kind = access_rules.find_sql_type(getattr(spec.expression, "type", None))
    listed = field.type_ref.item_type is not None
    if listed != (spec.match is MatchKind.ANY):
        raise field.build_error("is a list exactly where it matches ANY")
    if spec.match in _SCALAR_BY_MATCH:
        if field.type_ref.leaf_name != _SCALAR_BY_MATCH[spec.match]:
            raise field.build_error(f"matches {spec.match.name}, and so is `{_SCALAR_BY_MATCH[spec.match]} | None`")
        return kind or "text"
    if kind is None or not is_compatible_scalar(kind, field.annotation):
        raise field.build_error(f"{field.type_ref.leaf_name} cannot be compared with an expression of type {kind}")
    return kind


def _find_filter_reference(
    field: DeclaredField, spec: specs.FilterFieldSpec, codes: Mapping[str, str]
) -> tuple[sa.Table | None, str | None]:
    if spec.match is MatchKind.REFERENCE:
        column = sql_fragments.find_column(spec.expression)
        named = None if column is None else access_rules.find_referenced_table(column)
    elif spec.match is MatchKind.UNDER:
        column = sql_fragments.find_column(spec.path_column)
        named = None if column is None else column.table
    else:
        return None, None
    if named is None or named.name not in codes:
        raise field.build_error("names a row by ID, and no node shows the table that it would be of")
    return named, codes[named.name]


def check_type_spec(
    cls: Any,
    kind: type[specs.FilterInputSpec | specs.OrderEnumSpec | specs.KeyInputSpec],
    table: sa.Table,
    place: str,
) -> type[Any]:
    """The class, if declared as `kind` for rows of `table`.

    Raises DeclarationError unless it is declared as a filter, orders or keys of this table.
    """
    declared = find_type_spec(cls)
    word = {specs.FilterInputSpec: "where", specs.OrderEnumSpec: "orders", specs.KeyInputSpec: "by"}[kind]
    if not isinstance(declared, specs.FilterInputSpec | specs.OrderEnumSpec | specs.KeyInputSpec) or not isinstance(
        declared, kind
    ):
        raise DeclarationError(place, f"{getattr(cls, '__name__', cls)} is not declared by @{word}(…)")
    if access_rules.get_table(declared.table) is not table:
        raise DeclarationError(
            place, f"{cls.__name__} is about {access_rules.get_table(declared.table).name}, not {table.name}"
        )
    return cast("type[Any]", cls)
