"""Properties of the choice of rows, each against plain Python; a fault raises AssertionError."""

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any, TypeVar

from resolvers.graph import global_ids, model
from resolvers.graph.declarations import MatchKind
from tests.corpus.argument_values import UNKNOWN_KEY, ArgumentValues, Mood
from tests.corpus.comparison_worlds import ComparisonWorld
from tests.corpus.row_oracle import RowOracle

Source = TypeVar("Source", model.BoundedListSource, model.FirstRowSource, model.ConnectionSource)

PERIODS = ("2025", "2025-Q2", "2025-06", "2025-02-01/2025-06-30", "2025-04-01/2025-07-31", "2025-06-30/2025-06-30")
"""Of some of them the first day is one of the rows', of some the last, of some neither."""
MAX_REQUESTED_IDS = 90
OWNERS = 25


async def check_all_properties(world: ComparisonWorld, plain: RowOracle, draw: Random) -> None:
    """All the properties below, for somebody."""
    await check_scopes(world, plain)
    await check_bounded_lists(world, plain, draw)
    await check_connections(world, plain, draw)
    await check_filters(world, plain, draw)
    await check_key_lookups(world, plain)


async def check_scopes(world: ComparisonWorld, plain: RowOracle) -> None:
    """By its global ID, everybody finds each row of their scope and no other; also through rows that name it."""
    for code, name in world.graph.types_by_code.items():
        table = str(world.graph.object_types[name].table)
        sees = plain.list_visible_keys(table)
        keys = _sample_keys(list(plain.rows[table]))
        shown = await world.query_planner(
            "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }",
            {"ids": [global_ids.format_global_id(code, key) for key in keys]},
            plain.actor,
        )
        found = [each and each["id"] for each in shown["nodes"]]
        assert found == [global_ids.format_global_id(code, key) if key in sees else None for key in keys], (
            name,
            plain.actor,
        )
        await _check_references(world, plain, world.graph.object_types[name], [key for key in keys if key in sees])


async def _check_references(
    world: ComparisonWorld, plain: RowOracle, of: model.ObjectType, keys: Sequence[int]
) -> None:
    """Rows that a foreign key names are shown exactly where they are in sight."""
    edges = [
        (field, field.source)
        for field in of.fields.values()
        if isinstance(field.source, model.ReferenceSource) and world.graph.object_types[field.type_ref.leaf_name].code
    ]
    if not edges or not keys:
        return
    asked = " ".join(f"{field.name} {{ id }}" for field, _ in edges)
    shown = await world.query_planner(
        f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {of.name} {{ {asked} }} }} }}",
        {"ids": [global_ids.format_global_id(str(of.code), key) for key in keys]},
        plain.actor,
    )
    for field, source in edges:
        assert isinstance(source.key, model.ColumnSource)
        target = world.graph.object_types[field.type_ref.leaf_name]
        of_key = await plain.compute_values(str(of.table), [source.key.fragment])
        ruled = source.key.visibility is not None
        for key, row in zip(keys, shown["nodes"], strict=True):
            named = of_key[key][0]
            admitted = not ruled or plain.can_see_field(str(of.table), key)
            there = named is not None and admitted and plain.can_see_row(source.row_set.table, named)
            expected = {"id": global_ids.format_global_id(str(target.code), named)} if there else None
            assert row[field.name] == expected, (of.name, field.name, key, plain.actor)


async def check_bounded_lists(world: ComparisonWorld, plain: RowOracle, draw: Random) -> None:
    """Bounded lists and first rows are the first, or the last, of their choice in its order."""
    found: list[tuple[model.ObjectType, model.ObjectField, model.BoundedListSource | model.FirstRowSource]] = [
        *_list_source_fields(world, model.BoundedListSource),
        *_list_source_fields(world, model.FirstRowSource),
    ]
    for owner, field, source in found:
        of = world.graph.object_types[field.type_ref.leaf_name]
        if of.code is None:
            continue
        chosen = await plain.find_row_set(source.row_set)
        amount = draw.choice([1, 2, 3]) if isinstance(source, model.BoundedListSource) and source.argument else None
        given = f"({source.argument}: {amount})" if amount and isinstance(source, model.BoundedListSource) else ""
        for key, shown in (
            await _fetch_owner_fields(world, plain, owner, f"it: {field.name}{given} {{ id }}")
        ).items():
            whole = await plain.sort_keys(source.order, source.row_set.table, chosen.get(key, set()))
            if isinstance(source, model.FirstRowSource):
                expected: Any = {"id": global_ids.format_global_id(of.code, whole[0])} if whole else None
            else:
                most = amount or source.max_rows
                kept = whole[-most:] if source.argument == "last" else whole[:most]
                expected = [{"id": global_ids.format_global_id(of.code, each)} for each in kept]
            assert shown["it"] == expected, (owner.name, field.name, key, plain.actor)


async def check_connections(world: ComparisonWorld, plain: RowOracle, draw: Random) -> None:
    """Pages forward and backward are all rows of the choice once, in every order; counts and flags agree."""
    for owner, field, source in _list_source_fields(world, model.ConnectionSource):
        chosen = await plain.find_row_set(source.row_set)
        keys = [None] if owner.code is None else _find_fullest_owners(plain, str(owner.table), chosen)
        for key in keys:
            for name, order in source.orders.items():
                whole = await plain.sort_keys(order, source.row_set.table, chosen.get(key, set()))
                walk = _PageTraversal(world, plain, owner, field, name, key)
                await walk.check_forward(whole, draw)
                await walk.check_backward(whole, draw)
                await walk.check_between(whole, draw)


class _PageTraversal:
    """Pages of one list, of one owner, in one order."""

    def __init__(
        self,
        world: ComparisonWorld,
        plain: RowOracle,
        owner: model.ObjectType,
        field: model.ObjectField,
        order: str,
        key: int | None,
    ) -> None:
        self._world = world
        self._plain = plain
        self._owner = owner
        self._field = field
        self._order = order
        self._key = key
        source = field.source
        assert isinstance(source, model.ConnectionSource)
        self._page_of = source
        self._code = str(world.graph.object_types[source.node_type].code)

    async def check_forward(self, whole: Sequence[int], draw: Random) -> None:
        """From the start, each page after the last."""
        size, found, after = self._choose_page_size(whole, draw), list[str](), None
        total = await self._plain.compute_total_count(self._page_of, {}, len(whole))
        while True:
            page = await self._fetch_page({"first": size, "after": after})
            found += [edge["node"]["id"] for edge in page["edges"]]
            info = page["pageInfo"]
            assert page["totalCount"] == total, self._write_location
            assert len(page["edges"]) == min(size, len(whole) - len(found) + len(page["edges"])), self._write_location
            assert info["hasNextPage"] == (len(found) < len(whole)), self._write_location
            assert info["hasPreviousPage"] == (after is not None), self._write_location
            if not info["hasNextPage"]:
                break
            after = info["endCursor"]
        assert found == self._format_ids(whole), self._write_location

    async def check_backward(self, whole: Sequence[int], draw: Random) -> None:
        """From the end, each page before the last."""
        size, found, before = self._choose_page_size(whole, draw), list[str](), None
        while True:
            page = await self._fetch_page({"last": size, "before": before})
            found[:0] = [edge["node"]["id"] for edge in page["edges"]]
            info = page["pageInfo"]
            assert info["hasPreviousPage"] == (len(found) < len(whole)), self._write_location
            assert info["hasNextPage"] == (before is not None), self._write_location
            if not info["hasPreviousPage"]:
                break
            before = info["startCursor"]
        assert found == self._format_ids(whole), self._write_location

    async def check_between(self, whole: Sequence[int], draw: Random) -> None:
        """Two cursors enclose what lies between them, from either end."""
        if not whole:
            return
        most = min(len(whole), MAX_REQUESTED_IDS)
        cursors = [edge["cursor"] for edge in (await self._fetch_page({"first": most}))["edges"]]
        for _ in range(2):
            one, other = draw.randrange(most), draw.randrange(most)
            inside = self._format_ids(whole)[one + 1 : other]
            ends = {"after": cursors[one], "before": cursors[other]}
            size = draw.choice([1, 2, most])
            first = await self._fetch_page({"first": size, **ends})
            assert [edge["node"]["id"] for edge in first["edges"]] == inside[:size], self._write_location
            last = await self._fetch_page({"last": size, **ends})
            assert [edge["node"]["id"] for edge in last["edges"]] == inside[-size:], self._write_location

    @property
    def _write_location(self) -> str:
        return f"{self._owner.name}.{self._field.name} of {self._key} by {self._order} as {self._plain.actor}"

    @staticmethod
    def _choose_page_size(whole: Sequence[int], draw: Random) -> int:
        return min(MAX_REQUESTED_IDS, max(1, len(whole) // draw.choice([1, 2, 3, 4])))

    def _format_ids(self, keys: Sequence[int]) -> list[str]:
        return [global_ids.format_global_id(self._code, key) for key in keys]

    async def _fetch_page(self, given: Mapping[str, Any]) -> Any:
        ends = "first: $first, after: $after, last: $last, before: $before"
        asked = (
            f"it: {self._field.name}({ends}, orderBy: {self._order})"
            " { totalCount edges { cursor node { id } }"
            " pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }"
        )
        declared = "$first: Int, $after: String, $last: Int, $before: String"
        if self._key is None:
            return (await self._world.query_planner(f"query ({declared}) {{ {asked} }}", given, self._plain.actor))[
                "it"
            ]
        document = f"query ($id: ID!, {declared}) {{ node(id: $id) {{ ... on {self._owner.name} {{ {asked} }} }} }}"
        given = {"id": global_ids.format_global_id(str(self._owner.code), self._key), **given}
        return (await self._world.query_planner(document, given, self._plain.actor))["node"]["it"]


async def check_filters(world: ComparisonWorld, plain: RowOracle, draw: Random) -> None:
    """A filter lists exactly the rows of the choice that match, in the order, and counts them."""
    values = await world.create_values()
    for owner, field, source in _list_source_fields(world, model.ConnectionSource):
        if source.filter_input is None or owner.code is not None:
            continue
        chosen = (await plain.find_row_set(source.row_set)).get(None, set())
        for where in _list_filter_inputs(source.filter_input, values, draw):
            keys = chosen & await plain.find_matching_keys(source.row_set.table, source.filter_input, where)
            name = next(iter(source.orders))
            whole = await plain.sort_keys(source.orders[name], source.row_set.table, keys)
            document = (
                f"query ($where: {source.filter_input.name})"
                f" {{ it: {field.name}(first: {MAX_REQUESTED_IDS}, where: $where,"
                f" orderBy: {name}) {{ totalCount nodes {{ id }} }} }}"
            )
            shown = (await world.query_planner(document, {"where": where}, plain.actor))["it"]
            code = str(world.graph.object_types[source.node_type].code)
            expected = [global_ids.format_global_id(code, key) for key in whole[:MAX_REQUESTED_IDS]]
            assert [each["id"] for each in shown["nodes"]] == expected, (field.name, where, plain.actor)
            total = await plain.compute_total_count(source, where, len(whole))
            assert shown["totalCount"] == total, (field.name, where, plain.actor)


async def check_key_lookups(world: ComparisonWorld, plain: RowOracle) -> None:
    """What exactly one key names is found where it is in sight, and where the key may be seen."""
    known = (await world.load_pools()).filters
    for field in world.graph.query.fields.values():
        if not isinstance(field.source, model.LookupSource) or field.source.key_input is None:
            continue
        by, of = field.source.key_input, world.graph.object_types[str(field.source.node_type)]
        for name, filter_ in by.fields.items():
            document = f"query ($by: {by.name}!) {{ it: {field.name}(by: $by) {{ id }} }}"
            strange = [f"{of.code}{UNKNOWN_KEY}", "it1"] if filter_.match is MatchKind.KEY else []
            for value in (*known[by.name, name], *strange):
                found = await plain.find_matching_keys(str(of.table), by, {name: value})
                there = [key for key in found if plain.can_see_row(str(of.table), key)]
                if (global_ids.parse_global_id(value) or ("",))[0] != of.code and filter_.match is MatchKind.KEY:
                    there = []
                shown = (await world.query_planner(document, {"by": {name: value}}, plain.actor))["it"]
                expected = {"id": global_ids.format_global_id(str(of.code), there[0])} if there else None
                assert shown == expected, (field.name, name, value, plain.actor)


def _list_filter_inputs(
    filters: model.FilterInput, values: ArgumentValues, draw: Random
) -> Iterator[Mapping[str, Any]]:
    """Each field by itself, at its edges too, and some together."""
    for name, filter_ in filters.fields.items():
        for mood in (Mood.GOOD, Mood.EDGE):
            value = values.choose_filter_value(filters, name, draw, mood)
            if filter_.match is MatchKind.WORDS and value is not None and not _is_word_search(value):
                continue
            if filter_.code is not None and (global_ids.parse_global_id(value) or ("",))[0] != filter_.code:
                continue
            yield {name: value}
        if filter_.match is MatchKind.HOLDS:
            yield from ({name: True}, {name: False})
        if filter_.match is MatchKind.WITHIN:
            yield from ({name: period} for period in PERIODS)
    several = values.choose_filter_input(filters, draw, Mood.GOOD)
    if several:
        yield several


def _is_word_search(value: str) -> bool:
    """Whether a filter takes them: a few, none too long."""
    words = "".join(letter if letter.isalnum() else " " for letter in value).split()
    return 1 <= len(words) <= 10 and max(map(len, words)) <= 100


async def _fetch_owner_fields(
    world: ComparisonWorld, plain: RowOracle, owner: model.ObjectType, asked: str
) -> Mapping[int | None, Mapping[str, Any]]:
    """What rows of a type, or Query, show."""
    if owner.code is None:
        return {None: await world.query_planner(f"{{ {asked} }}", {}, plain.actor)}
    keys = [
        key for key in _sample_keys(list(plain.rows[str(owner.table)])) if plain.can_see_row(str(owner.table), key)
    ][:OWNERS]
    shown = await world.query_planner(
        f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {owner.name} {{ {asked} }} }} }}",
        {"ids": [global_ids.format_global_id(owner.code, key) for key in keys]},
        plain.actor,
    )
    return dict(zip(keys, shown["nodes"], strict=True))


def _list_source_fields(
    world: ComparisonWorld, kind: type[Source]
) -> Iterator[tuple[model.ObjectType, model.ObjectField, Source]]:
    for owner in (world.graph.query, *world.graph.object_types.values()):
        for field in owner.fields.values():
            if isinstance(field.source, kind) and (owner.code or owner is world.graph.query):
                yield owner, field, field.source


def _sample_keys(keys: Sequence[int]) -> Sequence[int]:
    """All keys of a small table, or some from all over a large one."""
    return sorted(keys)[:: max(1, len(keys) // MAX_REQUESTED_IDS + (len(keys) > MAX_REQUESTED_IDS))]


def _find_fullest_owners(plain: RowOracle, table: str, chosen: Mapping[int | None, set[int]]) -> list[int]:
    """Owners in sight of the most rows."""
    by_size = sorted((-len(keys), owner) for owner, keys in chosen.items() if owner is not None)
    return [owner for _, owner in by_size if plain.can_see_row(table, owner)][:2]
