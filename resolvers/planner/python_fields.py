"""Python fields: computed fields filled into the JSON text after the query."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any

from resolvers.graph import model, scalars
from resolvers.planner.request_values import FallbackToReference, FieldCall, RequestValues

# JSON text contains no control characters, so these delimit only Python fields.
FIELD_START, VALUES_START, FIELD_END = "\x01", "\x02", "\x03"
encode_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""JSON text in the form of every executor."""

_FIELD_PATTERN = re.compile("\x01([0-9]+)\x02([^\x03]*)\x03")

JSON_SQL_BY_TYPE: Mapping[str, str] = {
    "bigint": "({})::text",
    "boolean": "({})::text",
    "text": "to_json({})::text",
    "numeric": "to_json(({})::text)::text",
    "date": "to_json(({})::text)::text",
    "timestamptz": f"to_json({scalars.DATE_TIME.sql_template})::text",
    "json": "({})::text",
}
"""A value as JSON text, by SQL type; SQL null stays null."""

PARSERS_BY_TYPE: Mapping[str, Callable[[Any], Any]] = {
    "numeric": Decimal,
    "date": date.fromisoformat,
    "timestamptz": scalars.parse_instant,
}
"""Parsers from JSON to the driver's types, by SQL type; others stay as in JSON."""


@dataclass(frozen=True, slots=True)
class PythonField:
    """One computed field at its place in a document; `encode` encodes its values as JSON."""

    field: model.ObjectField
    source: model.ComputedSource
    call: FieldCall
    encode: Callable[[Any], str]

    def build_filler(self, facts: RequestValues) -> Callable[[str], str]:
        """The function from a field's columns to its JSON text in one request.

        It raises FallbackToReference if the field fails.
        """
        given = facts.coerce_arguments(self.call)
        named = {each.python_name: given[each.name] for each in self.field.arguments if each.name in given}
        named |= {name: getattr(facts.context, name) for name in self.source.clock_parameters}
        reads = [
            _find_value_parser(column, enum)
            for column, enum in zip(self.source.values, self.source.parameter_enums, strict=True)
        ]

        def fill(values: str) -> str:
            columns = [
                value if read is None or value is None else read(value)
                for read, value in zip(reads, json.loads(values), strict=True)
            ]
            try:
                return self.encode(self.source.function(*columns, **named))
            except Exception as error:
                raise FallbackToReference("a computed field failed") from error

        return fill


def _find_value_parser(
    column: model.ColumnSource | model.AttributeSource, enum: type[Enum] | None
) -> Callable[[Any], Any] | None:
    if enum is not None or isinstance(column, model.AttributeSource):
        return enum
    return PARSERS_BY_TYPE.get(column.sql_type)


def fill_python_fields(text: str, holes: Sequence[PythonField], values: RequestValues) -> str:
    """Fill the Python fields of an answer, each once for the same column values."""
    fillers = [hole.build_filler(values) for hole in holes]
    filled: dict[str, str] = {}

    def show(found: re.Match[str]) -> str:
        whole = found[0]
        if whole not in filled:
            filled[whole] = fillers[int(found[1])](found[2])
        return filled[whole]

    return _FIELD_PATTERN.sub(show, text)


def build_json_encoder(graph: model.Graph, type_ref: model.TypeRef) -> Callable[[Any], str]:
    """The JSON encoder for values of a type. Raises FallbackToReference for objects."""
    if type_ref.leaf_name in graph.object_types:
        raise FallbackToReference("a computed field shows objects")
    encode = _find_leaf_encoder(graph, type_ref.leaf_name)

    def plain(value: Any, of: model.TypeRef) -> Any:
        if value is None:
            if not of.nullable:
                raise ValueError("null where the schema has none")
            return None
        return [plain(each, of.item_type) for each in value] if of.item_type else encode(value)

    return lambda value: encode_json(plain(value, type_ref))


def _find_leaf_encoder(graph: model.Graph, name: str) -> Callable[[Any], Any]:
    if name in graph.enums:
        python: type[StrEnum] = graph.enums[name].python_enum
        return lambda value: python(value).value
    return graph.scalars[name].encode
