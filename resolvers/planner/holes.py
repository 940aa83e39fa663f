"""Fields that Python makes of columns: holes in a plan's text, filled when its answer comes."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any

from resolvers.graph import model, scalars
from resolvers.planner.facts import Facts, Site, StepAside

# No JSON text has control characters in it, so whatever stands between these is ours.
OPEN, VALUES, CLOSE = "\x01", "\x02", "\x03"
write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""JSON text as every executor writes it."""

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
    """One computed field at its place in a document; `show` writes its values as JSON text."""

    field: model.Field
    source: model.Computed
    site: Site
    show: Callable[[Any], str]

    def filler(self, facts: Facts) -> Callable[[str], str]:
        """What makes the field's JSON text of its columns' in one request. It raises StepAside where that fails."""
        given = facts.arguments(self.site)
        named = {each.python: given[each.name] for each in self.field.arguments if each.name in given}
        named |= {name: getattr(facts.ask, name) for name in self.source.clock}
        reads = [_reader(column, enum) for column, enum in zip(self.source.values, self.source.enums, strict=True)]

        def fill(values: str) -> str:
            columns = [
                value if read is None or value is None else read(value)
                for read, value in zip(reads, json.loads(values), strict=True)
            ]
            try:
                return self.show(self.source.function(*columns, **named))
            except Exception as error:
                raise StepAside("a computed field failed") from error

        return fill


def _reader(column: model.Column | model.Attribute, enum: type[Enum] | None) -> Callable[[Any], Any] | None:
    if enum is not None or isinstance(column, model.Attribute):
        return enum
    return FROM_JSON.get(column.kind)


def fill(text: str, holes: Sequence[Hole], facts: Facts) -> str:
    """Fill the holes of an answer; the same values give the same text, so each is computed once."""
    fillers = [hole.filler(facts) for hole in holes]
    filled: dict[str, str] = {}

    def show(found: re.Match[str]) -> str:
        whole = found[0]
        if whole not in filled:
            filled[whole] = fillers[int(found[1])](found[2])
        return filled[whole]

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

    return lambda value: write(plain(value, shape))


def _encoder(graph: model.Graph, name: str) -> Callable[[Any], Any]:
    if name in graph.enums:
        python: type[StrEnum] = graph.enums[name].python
        return lambda value: python(value).value
    return graph.scalars[name].encode
