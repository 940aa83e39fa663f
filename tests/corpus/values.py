"""Values of arguments and inputs: good ones, those at the edge, and bad ones."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from random import Random
from typing import Any, TypeVar

from resolvers.graph import model
from tests.corpus.pools import BROKEN_CURSORS, BROKEN_IDS, HOSTILE, Pools, orders_of

T = TypeVar("T")

NOWHERE = 999_999_999
LONGER = (0, 1, 2, 3, 5, 20, 100)
SHORTER = (0, 1, 2, 3, 4)
KINDS: Mapping[str, Sequence[Any]] = {
    "Int": (1, 2, 3, 5, 8),
    "Boolean": (True, False),
    "String": ("a", "Pe", "Dinas", "Bidang pelayanan publik"),
    "Date": ("2025-01-01", "2024-12-31", "2026-07-01"),
    "DateTime": ("2025-01-01T00:00:00Z",),
    "Decimal": ("80.05", "100", 97),
    "Nip": ("198609262015051001",),
    "Period": ("2024-Q4", "2025", "2026-Q2", "2024-11", "2025-01-01/2025-02-15"),
}
WRONG: Mapping[str, Sequence[Any]] = {
    "Int": (2**31, "1", True, 1.5),
    "Boolean": ("true", 0),
    "String": (1, "\x00"),
    "ID": (True, {}),
    "Date": ("2025-02-30", 1),
    "DateTime": ("2025-01-01",),
    "Decimal": ("NaN", 1.5, "1e999"),
    "Nip": ("12", 1),
    "Period": ("2025-Q5", "0"),
}
"""What a scalar refuses."""


class Mood(StrEnum):
    """What kind of values to give: `WRONG` ones break their type, `BAD` ones the field's own limits."""

    GOOD = "good"
    EDGE = "edge"
    BAD = "bad"
    WRONG = "wrong"


class Values:
    """Gives values, those first that were given least."""

    def __init__(self, graph: model.Graph, pools: Pools) -> None:
        self.graph = graph
        self.pools = pools
        self._given: Counter[str] = Counter()

    def least(self, draw: Random, among: Iterable[str], place: str) -> str:
        """The name among a place's that was chosen least so far."""
        found = sorted(among)
        chosen = min(found, key=lambda name: (self._given[f"{place}.{name}"], draw.random()))
        self._given[f"{place}.{chosen}"] += 1
        return chosen

    def arguments(
        self,
        field: model.Field,
        present: Sequence[str],
        draw: Random,
        mood: Mood,
        *,
        top: bool,
        fixed: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Values of the arguments of a field that are present, to suit those that are fixed already."""
        match field.source:
            case model.Page() as page:
                return self._page(field, page, present, draw, mood, top=top, fixed=fixed)
            case model.Many(most=most):
                amounts = {Mood.GOOD: (1, 2, 3, most), Mood.EDGE: (0, most)}.get(mood, (-1, most + 1, 2**31 - 1))
                return {name: draw.choice(amounts) for name in present}
            case model.Lookup() as source:
                return self._lookup(field, source, draw, mood, fixed)
            case model.Service(asked=asked) if asked is not None:
                return self.request(asked, draw, mood, present)
            case _:
                shapes = {each.name: each.shape for each in field.arguments}
                return {name: self.leaf(shapes[name], field.name, draw, mood) for name in present}

    def request(
        self, asked: model.Input, draw: Random, mood: Mood, present: Sequence[str] | None = None
    ) -> dict[str, Any]:
        """Values of a request's fields: all required ones, and what else is present."""
        given = {}
        for field in asked.fields:
            required = not field.shape.null and field.default is model.ABSENT
            if field.name in present if present is not None else required or draw.random() < 0.5:
                given[field.name] = self._asked(asked, field, draw, mood)
        return given

    def id(self, code: str, draw: Random, mood: Mood) -> str:
        """A global ID."""
        if mood is Mood.GOOD and self.pools.ids[code]:
            return draw.choice(self.pools.ids[code])
        strange = [f"{code}{NOWHERE}", *(each[0] for each in self.pools.ids.values() if each)]
        return draw.choice([*BROKEN_IDS, *HOSTILE[:8]] if mood in {Mood.BAD, Mood.WRONG} else strange)

    def where(self, filters: model.Filters, draw: Random, mood: Mood) -> dict[str, Any] | None:
        """A value of a `where` input."""
        if mood is Mood.EDGE and draw.random() < 0.3:
            return draw.choice([None, {}, dict.fromkeys(filters.fields)])
        count = draw.choice([1, 1, 1, 2, 3])
        chosen = dict.fromkeys(self.least(draw, filters.fields, filters.name) for _ in range(count))
        return {name: self.filter(filters, name, draw, mood) for name in chosen}

    def filter(self, filters: model.Filters, name: str, draw: Random, mood: Mood) -> Any:
        """A value of one field of a `where` input."""
        shape = filters.fields[name].shape
        real = self.pools.filters.get((filters.name, name), ())
        if mood is Mood.WRONG:
            return self.leaf(shape, name, draw, mood)
        if filters.fields[name].code is not None:
            return self.id(str(filters.fields[name].code), draw, mood)
        if mood is Mood.EDGE and shape.leaf == "String":
            return _like(shape, [*HOSTILE], draw)
        if mood is Mood.EDGE and draw.random() < 0.3:
            return None
        if real and draw.random() < (0.25 if shape.leaf in self.graph.enums else 0.8):
            return _like(shape, real, draw)
        return self.leaf(shape, name, draw, mood)

    def all(self, filters: model.Filters, filter_: model.Filter) -> Sequence[Any]:
        """All values of an enum or a truth, some of anything else."""
        if filter_.shape.leaf == "Boolean":
            return [True, False]
        found = self.pools.filters.get((filters.name, filter_.name), ())[:4]
        if filter_.shape.leaf in self.graph.enums:
            found = self.enum(filter_.shape.leaf)
        return [[each] for each in found] if filter_.shape.items else found

    def leaf(self, shape: model.Shape, place: str, draw: Random, mood: Mood) -> Any:
        """A value of a scalar or an enum, or a list of them."""
        if shape.items is not None:
            return [self.leaf(shape.items, place, draw, mood) for _ in range(draw.randrange(3))]
        if shape.name in self.graph.enums or shape.name in self.graph.orders:
            names = self.enum(shape.name)
            return draw.choice(["nothing", 1]) if mood is Mood.WRONG else self.least(draw, names, shape.name)
        if mood is Mood.WRONG:
            return draw.choice(WRONG[shape.name])
        if shape.name == "String" and mood is not Mood.GOOD:
            return draw.choice(HOSTILE)
        return draw.choice(KINDS[shape.name]) if shape.name in KINDS else draw.choice(BROKEN_IDS)

    def enum(self, name: str) -> Sequence[str]:
        """The values of an enum of the graph."""
        orders = self.graph.orders.get(name)
        return list(orders.values) if orders else [each.value for each in self.graph.enums[name].python]

    def _lookup(
        self, field: model.Field, source: model.Lookup, draw: Random, mood: Mood, fixed: Mapping[str, Any]
    ) -> dict[str, Any]:
        codes = [code for code, name in self.graph.nodes.items() if source.node in {None, name}]
        if source.by is not None:
            return {"by": self._key(source.by, fixed.get("by"), draw, mood)}
        if source.many:
            return {"ids": self._several(codes, draw, mood)}
        return {"id": self.id(self.least(draw, codes, field.name), draw, mood)}

    def _key(self, by: model.Filters, fixed: Mapping[str, Any] | None, draw: Random, mood: Mood) -> Mapping[str, Any]:
        """A value of a `by` input: of the same key as the one that is fixed, if there is one."""
        chosen = next(iter(fixed)) if fixed else self.least(draw, by.fields, by.name)
        if mood is Mood.WRONG and not fixed:
            return draw.choice([{}, dict.fromkeys(by.fields, "pe1"), {chosen: None}])
        value = self.filter(by, chosen, draw, mood)
        return {chosen: value or "pe1"}

    def _asked(self, asked: model.Input, field: model.Argument, draw: Random, mood: Mood) -> Any:
        if field.python in asked.nested:
            inner = asked.nested[field.python]
            made = [self.request(inner, draw, mood) for _ in range(draw.randrange(3))]
            return made if field.shape.items else self.request(inner, draw, mood)
        if field.python in asked.refers:
            return _like(field.shape, [self.id(asked.refers[field.python], draw, mood)], draw)
        if mood is Mood.BAD and field.shape.leaf == "Int":
            return draw.choice((0, -1, 2**31 - 1))
        return self.leaf(field.shape, asked.name, draw, mood)

    def _several(self, codes: Sequence[str], draw: Random, mood: Mood) -> list[str]:
        moods = [Mood.GOOD, Mood.GOOD, Mood.EDGE, Mood.BAD]
        found = [self.id(draw.choice(codes), draw, draw.choice(moods)) for _ in range(draw.randrange(6))]
        if mood is Mood.WRONG:
            return found * 400
        return found + found[:2] * draw.randrange(2)

    def _page(
        self,
        field: model.Field,
        page: model.Page,
        present: Sequence[str],
        draw: Random,
        mood: Mood,
        *,
        top: bool,
        fixed: Mapping[str, Any],
    ) -> dict[str, Any]:
        orders = orders_of(field)
        default = next(each.default for each in field.arguments if each.name == "orderBy")
        order = fixed.get("orderBy", default)
        if "orderBy" in present and "orderBy" not in fixed:
            order = self.least(draw, page.orders, orders)
        forward = "first" in present and ("last" not in present or draw.random() < 0.5)
        amount = draw.choice((-1, -2_000, 10_000)) if mood is Mood.BAD else draw.choice(LONGER if top else SHORTER)
        amounts: dict[str, Any] = {"first": amount if forward else None, "last": None if forward else amount}
        if mood is Mood.WRONG:
            amounts = {"first": draw.choice([1, "1"]), "last": draw.choice([1, None])}
        given: dict[str, Any] = {**amounts, "orderBy": order}
        for name in ("after", "before"):
            given[name] = self._cursor(orders, order, draw, mood)
        if "where" in present and page.filters:
            given["where"] = self.where(page.filters, draw, mood)
        return {name: given[name] for name in present}

    def _cursor(self, orders: str, order: str, draw: Random, mood: Mood) -> Any:
        if mood is Mood.BAD:
            others = [each for key, known in self.pools.cursors.items() if key != (orders, order) for each in known]
            return draw.choice([*BROKEN_CURSORS, *others[:10]])
        known = self.pools.cursors.get((orders, order), ())
        return draw.choice(known) if known and draw.random() < 0.75 else None


def _like(shape: model.Shape, real: Sequence[Any], draw: Random) -> Any:
    if shape.items is None:
        return draw.choice(real)
    return [draw.choice(real) for _ in range(draw.randrange(4))]
