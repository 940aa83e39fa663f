"""Fields that Python makes of columns: holes in a plan's text, filled when its answer comes."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from resolvers.graph import model, scalars
from resolvers.planner.facts import Facts, Site, StepAside

# No JSON text has control characters in it, so whatever stands between these is ours.
OPEN, VALUES, CLOSE = "\x01", "\x02", "\x03"
_HOLE = re.compile("\x01([0-9]+)\x02([^\x03]*)\x03")

AS_JSON: Mapping[str, str] = {
    "bigint": "({})::text",
    "boolean": "({})::text",
    "text": "to_json({})::text",
    "numeric": "to_json(({})::text)::text",
    "date": "to_json(({})::text)::text",
    "timestamptz": f"to_json({scalars.DATE_TIME.text})::text",
    "json": "({})::text",
}
"""A value of each SQL type as JSON text, null where it is null."""

FROM_JSON: Mapping[str, Callable[[Any], Any]] = {
    "numeric": Decimal,
    "date": date.fromisoformat,
    "timestamptz": scalars.read_instant,
}
"""The same back, as the driver would have given it; the others are what JSON says."""


@dataclass(frozen=True, slots=True)
class Hole:
    """One computed field at its place in a document."""

    field: model.Field
    source: model.Computed
    site: Site
    show: Callable[[Any], str]

    def fill(self, values: str, facts: Facts) -> str:
        """The field's JSON text. Raises StepAside where its function fails."""
        columns = [_read(column, value) for column, value in zip(self.source.values, json.loads(values), strict=True)]
        arguments = facts.arguments(self.site)
        named = {each.python: arguments[each.name] for each in self.field.arguments if each.name in arguments}
        clock = {name: getattr(facts.ask, name) for name in self.source.clock}
        given = [
            value if enum is None or value is None else enum(value)
            for enum, value in zip(self.source.enums, columns, strict=True)
        ]
        try:
            return self.show(self.source.function(*given, **clock, **named))
        except Exception as error:
            raise StepAside("a computed field failed") from error


def _read(column: model.Column | model.Attribute, value: Any) -> Any:
    if value is None or isinstance(column, model.Attribute) or column.kind not in FROM_JSON:
        return value
    return FROM_JSON[column.kind](value)


def fill(text: str, holes: Sequence[Hole], facts: Facts) -> str:
    """Fill the holes of an answer; the same values give the same text, so each is computed once."""
    filled: dict[str, str] = {}

    def show(found: re.Match[str]) -> str:
        if found[0] not in filled:
            filled[found[0]] = holes[int(found[1])].fill(found[2], facts)
        return filled[found[0]]

    return _HOLE.sub(show, text)


def shower(graph: model.Graph, shape: model.Shape) -> Callable[[Any], str]:
    """What writes values of a shape as JSON text. Raises StepAside for objects."""
    if shape.leaf in graph.objects:
        raise StepAside("a computed field shows objects")
    encode = _encoder(graph, shape.leaf)

    def plain(value: Any, of: model.Shape) -> Any:
        if value is None:
            if not of.null:
                raise ValueError("null where the schema has none")
            return None
        return [plain(each, of.items) for each in value] if of.items else encode(value)

    return lambda value: json.dumps(plain(value, shape), ensure_ascii=False, separators=(",", ":"))


def _encoder(graph: model.Graph, name: str) -> Callable[[Any], Any]:
    if name in graph.enums:
        python: type[StrEnum] = graph.enums[name].python
        return lambda value: python(value).value
    return graph.scalars[name].encode
