"""Values of arguments and inputs: good ones, those at the edge, and bad ones."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from random import Random
from typing import Any, TypeVar

from resolvers.graph import model
from tests.corpus.value_pools import BROKEN_CURSORS, BROKEN_IDS, HOSTILE, ValuePools, find_order_enum_name

T = TypeVar("T")

UNKNOWN_KEY = 999_999_999
ROOT_PAGE_SIZES = (0, 1, 2, 3, 5, 20, 100)
NESTED_PAGE_SIZES = (0, 1, 2, 3, 4)
VALUES_BY_SCALAR: Mapping[str, Sequence[Any]] = {
    "Int": (1, 2, 3, 5, 8),
    "Boolean": (True, False),
    "String": ("a", "Pe", "Dinas", "Bidang pelayanan publik"),
    "Date": ("2025-01-01", "2024-12-31", "2026-07-01"),
    "DateTime": ("2025-01-01T00:00:00Z",),
    "Decimal": ("80.05", "100", 97),
    "Nip": ("198609262015051001",),
    "Period": ("2024-Q4", "2025", "2026-Q2", "2024-11", "2025-01-01/2025-02-15"),
}
REFUSED_VALUES: Mapping[str, Sequence[Any]] = {
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
    """What kind of values to give: `REFUSED_VALUES` ones break their type, `BAD` ones the field's own limits."""

    GOOD = "good"
    EDGE = "edge"
    BAD = "bad"
    WRONG = "wrong"


class ArgumentValues:
    """Gives values, those first that were given least."""

    def __init__(self, graph: model.Graph, pools: ValuePools) -> None:
        self.graph = graph
        self.pools = pools
        self._use_counts: Counter[str] = Counter()

    def choose_least_used(self, draw: Random, among: Iterable[str], place: str) -> str:
        """The name among a place's that was chosen least so far."""
        found = sorted(among)
        chosen = min(found, key=lambda name: (self._use_counts[f"{place}.{name}"], draw.random()))
        self._use_counts[f"{place}.{chosen}"] += 1
        return chosen

    def choose_arguments(
        self,
        field: model.ObjectField,
        present: Sequence[str],
        draw: Random,
        mood: Mood,
        *,
        top: bool,
        fixed: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Values of the arguments of a field that are present, to suit those that are fixed already."""
        match field.source:
            case model.ConnectionSource() as page:
                return self._choose_page_arguments(field, page, present, draw, mood, top=top, fixed=fixed)
            case model.BoundedListSource(max_rows=most):
                amounts = {Mood.GOOD: (1, 2, 3, most), Mood.EDGE: (0, most)}.get(mood, (-1, most + 1, 2**31 - 1))
                return {name: draw.choice(amounts) for name in present}
            case model.LookupSource() as source:
                return self._choose_lookup_arguments(field, source, draw, mood, fixed)
            case model.ServiceSource(request_input=asked) if asked is not None:
                return self.choose_request(asked, draw, mood, present)
            case _:
                shapes = {each.name: each.type_ref for each in field.arguments}
                return {name: self.choose_leaf_value(shapes[name], field.name, draw, mood) for name in present}

    def choose_request(
        self, input_type: model.InputType, draw: Random, mood: Mood, present: Sequence[str] | None = None
    ) -> dict[str, Any]:
        """Values of a request's fields: all required ones, and what else is present."""
        given = {}
        for field in input_type.fields:
            required = not field.type_ref.nullable and field.default is model.NO_DEFAULT
            if field.name in present if present is not None else required or draw.random() < 0.5:
                given[field.name] = self._choose_request_field(input_type, field, draw, mood)
        return given

    def choose_global_id(self, code: str, draw: Random, mood: Mood) -> str:
        """A global ID."""
        if mood is Mood.GOOD and self.pools.ids[code]:
            return draw.choice(self.pools.ids[code])
        strange = [f"{code}{UNKNOWN_KEY}", *(each[0] for each in self.pools.ids.values() if each)]
        return draw.choice([*BROKEN_IDS, *HOSTILE[:8]] if mood in {Mood.BAD, Mood.WRONG} else strange)

    def choose_filter_input(self, filters: model.FilterInput, draw: Random, mood: Mood) -> dict[str, Any] | None:
        """A value of a `choose_filter_input` input."""
        if mood is Mood.EDGE and draw.random() < 0.3:
            return draw.choice([None, {}, dict.fromkeys(filters.fields)])
        count = draw.choice([1, 1, 1, 2, 3])
        chosen = dict.fromkeys(self.choose_least_used(draw, filters.fields, filters.name) for _ in range(count))
        return {name: self.choose_filter_value(filters, name, draw, mood) for name in chosen}

    def choose_filter_value(self, filters: model.FilterInput, name: str, draw: Random, mood: Mood) -> Any:
        """A value of one field of a `choose_filter_input` input."""
        shape = filters.fields[name].type_ref
        real = self.pools.filters.get((filters.name, name), ())
        if mood is Mood.WRONG:
            return self.choose_leaf_value(shape, name, draw, mood)
        if filters.fields[name].code is not None:
            return self.choose_global_id(str(filters.fields[name].code), draw, mood)
        if mood is Mood.EDGE and shape.leaf_name == "String":
            return _choose_in_shape(shape, [*HOSTILE], draw)
        if mood is Mood.EDGE and draw.random() < 0.3:
            return None
        if real and draw.random() < (0.25 if shape.leaf_name in self.graph.enums else 0.8):
            return _choose_in_shape(shape, real, draw)
        return self.choose_leaf_value(shape, name, draw, mood)

    def list_filter_values(self, filters: model.FilterInput, filter_: model.FilterField) -> Sequence[Any]:
        """All values of an enum or a truth, some of anything else."""
        if filter_.type_ref.leaf_name == "Boolean":
            return [True, False]
        found = self.pools.filters.get((filters.name, filter_.name), ())[:4]
        if filter_.type_ref.leaf_name in self.graph.enums:
            found = self.list_enum_values(filter_.type_ref.leaf_name)
        return [[each] for each in found] if filter_.type_ref.item_type else found

    def choose_leaf_value(self, type_ref: model.TypeRef, place: str, draw: Random, mood: Mood) -> Any:
        """A value of a scalar or an enum, or a list of them."""
        if type_ref.item_type is not None:
            return [self.choose_leaf_value(type_ref.item_type, place, draw, mood) for _ in range(draw.randrange(3))]
        if type_ref.name in self.graph.enums or type_ref.name in self.graph.order_enums:
            names = self.list_enum_values(type_ref.name)
            return (
                draw.choice(["nothing", 1])
                if mood is Mood.WRONG
                else self.choose_least_used(draw, names, type_ref.name)
            )
        if mood is Mood.WRONG:
            return draw.choice(REFUSED_VALUES[type_ref.name])
        if type_ref.name == "String" and mood is not Mood.GOOD:
            return draw.choice(HOSTILE)
        return (
            draw.choice(VALUES_BY_SCALAR[type_ref.name])
            if type_ref.name in VALUES_BY_SCALAR
            else draw.choice(BROKEN_IDS)
        )

    def list_enum_values(self, name: str) -> Sequence[str]:
        """The values of an enum of the graph."""
        orders = self.graph.order_enums.get(name)
        return list(orders.orders) if orders else [each.value for each in self.graph.enums[name].python_enum]

    def _choose_lookup_arguments(
        self, field: model.ObjectField, source: model.LookupSource, draw: Random, mood: Mood, fixed: Mapping[str, Any]
    ) -> dict[str, Any]:
        codes = [code for code, name in self.graph.types_by_code.items() if source.node_type in {None, name}]
        if source.key_input is not None:
            return {"by": self._choose_key_input(source.key_input, fixed.get("by"), draw, mood)}
        if source.is_list:
            return {"ids": self._choose_id_list(codes, draw, mood)}
        return {"id": self.choose_global_id(self.choose_least_used(draw, codes, field.name), draw, mood)}

    def _choose_key_input(
        self, by: model.FilterInput, fixed: Mapping[str, Any] | None, draw: Random, mood: Mood
    ) -> Mapping[str, Any]:
        """A value of a `by` input: of the same key as the one that is fixed, if there is one."""
        chosen = next(iter(fixed)) if fixed else self.choose_least_used(draw, by.fields, by.name)
        if mood is Mood.WRONG and not fixed:
            return draw.choice([{}, dict.fromkeys(by.fields, "pe1"), {chosen: None}])
        value = self.choose_filter_value(by, chosen, draw, mood)
        return {chosen: value or "pe1"}

    def _choose_request_field(
        self, input_type: model.InputType, field: model.Argument, draw: Random, mood: Mood
    ) -> Any:
        if field.python_name in input_type.nested_inputs:
            inner = input_type.nested_inputs[field.python_name]
            made = [self.choose_request(inner, draw, mood) for _ in range(draw.randrange(3))]
            return made if field.type_ref.item_type else self.choose_request(inner, draw, mood)
        if field.python_name in input_type.id_codes:
            return _choose_in_shape(
                field.type_ref, [self.choose_global_id(input_type.id_codes[field.python_name], draw, mood)], draw
            )
        if mood is Mood.BAD and field.type_ref.leaf_name == "Int":
            return draw.choice((0, -1, 2**31 - 1))
        return self.choose_leaf_value(field.type_ref, input_type.name, draw, mood)

    def _choose_id_list(self, codes: Sequence[str], draw: Random, mood: Mood) -> list[str]:
        moods = [Mood.GOOD, Mood.GOOD, Mood.EDGE, Mood.BAD]
        found = [
            self.choose_global_id(draw.choice(codes), draw, draw.choice(moods)) for _ in range(draw.randrange(6))
        ]
        if mood is Mood.WRONG:
            return found * 400
        return found + found[:2] * draw.randrange(2)

    def _choose_page_arguments(
        self,
        field: model.ObjectField,
        page: model.ConnectionSource,
        present: Sequence[str],
        draw: Random,
        mood: Mood,
        *,
        top: bool,
        fixed: Mapping[str, Any],
    ) -> dict[str, Any]:
        orders = find_order_enum_name(field)
        default = next(each.default for each in field.arguments if each.name == "orderBy")
        order = fixed.get("orderBy", default)
        if "orderBy" in present and "orderBy" not in fixed:
            order = self.choose_least_used(draw, page.orders, orders)
        forward = "first" in present and ("last" not in present or draw.random() < 0.5)
        amount = (
            draw.choice((-1, -2_000, 10_000))
            if mood is Mood.BAD
            else draw.choice(ROOT_PAGE_SIZES if top else NESTED_PAGE_SIZES)
        )
        amounts: dict[str, Any] = {"first": amount if forward else None, "last": None if forward else amount}
        if mood is Mood.WRONG:
            amounts = {"first": draw.choice([1, "1"]), "last": draw.choice([1, None])}
        given: dict[str, Any] = {**amounts, "orderBy": order}
        for name in ("after", "before"):
            given[name] = self._choose_cursor(orders, order, draw, mood)
        if "where" in present and page.filter_input:
            given["where"] = self.choose_filter_input(page.filter_input, draw, mood)
        return {name: given[name] for name in present}

    def _choose_cursor(self, orders: str, order: str, draw: Random, mood: Mood) -> Any:
        if mood is Mood.BAD:
            others = [each for key, known in self.pools.cursors.items() if key != (orders, order) for each in known]
            return draw.choice([*BROKEN_CURSORS, *others[:10]])
        known = self.pools.cursors.get((orders, order), ())
        return draw.choice(known) if known and draw.random() < 0.75 else None


def _choose_in_shape(type_ref: model.TypeRef, real: Sequence[Any], draw: Random) -> Any:
    if type_ref.item_type is None:
        return draw.choice(real)
    return [draw.choice(real) for _ in range(draw.randrange(4))]
