"""Properties of the choice of rows, each against plain Python; a fault raises AssertionError."""

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any, TypeVar

from resolvers.graph import ids, model
from resolvers.graph.words import Match
from tests.corpus.plain import Plain
from tests.corpus.values import NOWHERE, Mood, Values
from tests.corpus.worlds import World

Source = TypeVar("Source", model.Many, model.First, model.Page)

PERIODS = ("2025", "2025-Q2", "2025-06", "2025-02-01/2025-06-30", "2025-04-01/2025-07-31", "2025-06-30/2025-06-30")
"""Of some of them the first day is one of the rows', of some the last, of some neither."""
MOST_ASKED = 90
OWNERS = 25


async def everything(world: World, plain: Plain, draw: Random) -> None:
    """All the properties below, for somebody."""
    await scopes(world, plain)
    await lists(world, plain, draw)
    await pages(world, plain, draw)
    await filters(world, plain, draw)
    await keys(world, plain)


async def scopes(world: World, plain: Plain) -> None:
    """By its global ID, everybody finds each row of his scope and no other; also through rows that name it."""
    for code, name in world.graph.nodes.items():
        table = str(world.graph.objects[name].table)
        sees = plain.seen(table)
        keys = _some(list(plain.rows[table]))
        shown = await world.planned(
            "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }",
            {"ids": [ids.write(code, key) for key in keys]},
            plain.actor,
        )
        found = [each and each["id"] for each in shown["nodes"]]
        assert found == [ids.write(code, key) if key in sees else None for key in keys], (name, plain.actor)
        await _named(world, plain, world.graph.objects[name], [key for key in keys if key in sees])


async def _named(world: World, plain: Plain, of: model.Object, keys: Sequence[int]) -> None:
    """Rows that a foreign key names are shown exactly where they are in sight."""
    edges = [
        (field, field.source)
        for field in of.fields.values()
        if isinstance(field.source, model.ToOne) and world.graph.objects[field.shape.leaf].code
    ]
    if not edges or not keys:
        return
    asked = " ".join(f"{field.name} {{ id }}" for field, _ in edges)
    shown = await world.planned(
        f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {of.name} {{ {asked} }} }} }}",
        {"ids": [ids.write(str(of.code), key) for key in keys]},
        plain.actor,
    )
    for field, source in edges:
        assert isinstance(source.key, model.Column)
        target = world.graph.objects[field.shape.leaf]
        of_key = await plain.values(str(of.table), [source.key.piece])
        ruled = source.key.seen is not None
        for key, row in zip(keys, shown["nodes"], strict=True):
            named = of_key[key][0]
            admitted = not ruled or plain.admits(str(of.table), key)
            there = named is not None and admitted and plain.sees(source.choice.table, named)
            expected = {"id": ids.write(str(target.code), named)} if there else None
            assert row[field.name] == expected, (of.name, field.name, key, plain.actor)


async def lists(world: World, plain: Plain, draw: Random) -> None:
    """Bounded lists and first rows are the first, or the last, of their choice in its order."""
    found: list[tuple[model.Object, model.Field, model.Many | model.First]] = [
        *_fields(world, model.Many),
        *_fields(world, model.First),
    ]
    for owner, field, source in found:
        of = world.graph.objects[field.shape.leaf]
        if of.code is None:
            continue
        chosen = await plain.choice(source.choice)
        amount = draw.choice([1, 2, 3]) if isinstance(source, model.Many) and source.argument else None
        given = f"({source.argument}: {amount})" if amount and isinstance(source, model.Many) else ""
        for key, shown in (await _of(world, plain, owner, f"it: {field.name}{given} {{ id }}")).items():
            whole = await plain.sorted(source.order, source.choice.table, chosen.get(key, set()))
            if isinstance(source, model.First):
                expected: Any = {"id": ids.write(of.code, whole[0])} if whole else None
            else:
                most = amount or source.most
                kept = whole[-most:] if source.argument == "last" else whole[:most]
                expected = [{"id": ids.write(of.code, each)} for each in kept]
            assert shown["it"] == expected, (owner.name, field.name, key, plain.actor)


async def pages(world: World, plain: Plain, draw: Random) -> None:
    """Pages forward and backward are all rows of the choice once, in every order; counts and flags agree."""
    for owner, field, source in _fields(world, model.Page):
        chosen = await plain.choice(source.choice)
        keys = [None] if owner.code is None else _fullest(plain, str(owner.table), chosen)
        for key in keys:
            for name, order in source.orders.items():
                whole = await plain.sorted(order, source.choice.table, chosen.get(key, set()))
                walk = _Walk(world, plain, owner, field, name, key)
                await walk.forward(whole, draw)
                await walk.backward(whole, draw)
                await walk.between(whole, draw)


class _Walk:
    """Pages of one list, of one owner, in one order."""

    def __init__(
        self, world: World, plain: Plain, owner: model.Object, field: model.Field, order: str, key: int | None
    ) -> None:
        self._world = world
        self._plain = plain
        self._owner = owner
        self._field = field
        self._order = order
        self._key = key
        source = field.source
        assert isinstance(source, model.Page)
        self._page_of = source
        self._code = str(world.graph.objects[source.node].code)

    async def forward(self, whole: Sequence[int], draw: Random) -> None:
        """From the start, each page after the last."""
        size, found, after = self._size(whole, draw), list[str](), None
        total = await self._plain.total(self._page_of, {}, len(whole))
        while True:
            page = await self._page({"first": size, "after": after})
            found += [edge["node"]["id"] for edge in page["edges"]]
            info = page["pageInfo"]
            assert page["totalCount"] == total, self._where
            assert len(page["edges"]) == min(size, len(whole) - len(found) + len(page["edges"])), self._where
            assert info["hasNextPage"] == (len(found) < len(whole)), self._where
            assert info["hasPreviousPage"] == (after is not None), self._where
            if not info["hasNextPage"]:
                break
            after = info["endCursor"]
        assert found == self._ids(whole), self._where

    async def backward(self, whole: Sequence[int], draw: Random) -> None:
        """From the end, each page before the last."""
        size, found, before = self._size(whole, draw), list[str](), None
        while True:
            page = await self._page({"last": size, "before": before})
            found[:0] = [edge["node"]["id"] for edge in page["edges"]]
            info = page["pageInfo"]
            assert info["hasPreviousPage"] == (len(found) < len(whole)), self._where
            assert info["hasNextPage"] == (before is not None), self._where
            if not info["hasPreviousPage"]:
                break
            before = info["startCursor"]
        assert found == self._ids(whole), self._where

    async def between(self, whole: Sequence[int], draw: Random) -> None:
        """Two cursors enclose what lies between them, from either end."""
        if not whole:
            return
        most = min(len(whole), MOST_ASKED)
        cursors = [edge["cursor"] for edge in (await self._page({"first": most}))["edges"]]
        for _ in range(2):
            one, other = draw.randrange(most), draw.randrange(most)
            inside = self._ids(whole)[one + 1 : other]
            ends = {"after": cursors[one], "before": cursors[other]}
            size = draw.choice([1, 2, most])
            first = await self._page({"first": size, **ends})
            assert [edge["node"]["id"] for edge in first["edges"]] == inside[:size], self._where
            last = await self._page({"last": size, **ends})
            assert [edge["node"]["id"] for edge in last["edges"]] == inside[-size:], self._where

    @property
    def _where(self) -> str:
        return f"{self._owner.name}.{self._field.name} of {self._key} by {self._order} as {self._plain.actor}"

    @staticmethod
    def _size(whole: Sequence[int], draw: Random) -> int:
        return min(MOST_ASKED, max(1, len(whole) // draw.choice([1, 2, 3, 4])))

    def _ids(self, keys: Sequence[int]) -> list[str]:
        return [ids.write(self._code, key) for key in keys]

    async def _page(self, given: Mapping[str, Any]) -> Any:
        ends = "first: $first, after: $after, last: $last, before: $before"
        asked = (
            f"it: {self._field.name}({ends}, orderBy: {self._order})"
            " { totalCount edges { cursor node { id } }"
            " pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }"
        )
        declared = "$first: Int, $after: String, $last: Int, $before: String"
        if self._key is None:
            return (await self._world.planned(f"query ({declared}) {{ {asked} }}", given, self._plain.actor))["it"]
        document = f"query ($id: ID!, {declared}) {{ node(id: $id) {{ ... on {self._owner.name} {{ {asked} }} }} }}"
        given = {"id": ids.write(str(self._owner.code), self._key), **given}
        return (await self._world.planned(document, given, self._plain.actor))["node"]["it"]


async def filters(world: World, plain: Plain, draw: Random) -> None:
    """A filter lists exactly the rows of the choice that match, in the order, and counts them."""
    values = await world.values()
    for owner, field, source in _fields(world, model.Page):
        if source.filters is None or owner.code is not None:
            continue
        chosen = (await plain.choice(source.choice)).get(None, set())
        for where in _wheres(source.filters, values, draw):
            keys = chosen & await plain.matching(source.choice.table, source.filters, where)
            name = next(iter(source.orders))
            whole = await plain.sorted(source.orders[name], source.choice.table, keys)
            document = (
                f"query ($where: {source.filters.name}) {{ it: {field.name}(first: {MOST_ASKED}, where: $where,"
                f" orderBy: {name}) {{ totalCount nodes {{ id }} }} }}"
            )
            shown = (await world.planned(document, {"where": where}, plain.actor))["it"]
            code = str(world.graph.objects[source.node].code)
            expected = [ids.write(code, key) for key in whole[:MOST_ASKED]]
            assert [each["id"] for each in shown["nodes"]] == expected, (field.name, where, plain.actor)
            total = await plain.total(source, where, len(whole))
            assert shown["totalCount"] == total, (field.name, where, plain.actor)


async def keys(world: World, plain: Plain) -> None:
    """What exactly one key names is found where it is in sight, and where the key may be seen."""
    known = (await world.pools()).filters
    for field in world.graph.query.fields.values():
        if not isinstance(field.source, model.Lookup) or field.source.by is None:
            continue
        by, of = field.source.by, world.graph.objects[str(field.source.node)]
        for name, filter_ in by.fields.items():
            document = f"query ($by: {by.name}!) {{ it: {field.name}(by: $by) {{ id }} }}"
            strange = [f"{of.code}{NOWHERE}", "it1"] if filter_.match is Match.KEY else []
            for value in (*known[by.name, name], *strange):
                found = await plain.matching(str(of.table), by, {name: value})
                there = [key for key in found if plain.sees(str(of.table), key)]
                if (ids.read(value) or ("",))[0] != of.code and filter_.match is Match.KEY:
                    there = []
                shown = (await world.planned(document, {"by": {name: value}}, plain.actor))["it"]
                expected = {"id": ids.write(str(of.code), there[0])} if there else None
                assert shown == expected, (field.name, name, value, plain.actor)


def _wheres(filters: model.Filters, values: Values, draw: Random) -> Iterator[Mapping[str, Any]]:
    """Each field by itself, at its edges too, and some together."""
    for name, filter_ in filters.fields.items():
        for mood in (Mood.GOOD, Mood.EDGE):
            value = values.filter(filters, name, draw, mood)
            if filter_.match is Match.WORDS and value is not None and not _are_words(value):
                continue
            if filter_.code is not None and (ids.read(value) or ("",))[0] != filter_.code:
                continue
            yield {name: value}
        if filter_.match is Match.HOLDS:
            yield from ({name: True}, {name: False})
        if filter_.match is Match.WITHIN:
            yield from ({name: period} for period in PERIODS)
    several = values.where(filters, draw, Mood.GOOD)
    if several:
        yield several


def _are_words(value: str) -> bool:
    """Whether a filter takes them: a few, none too long."""
    words = "".join(letter if letter.isalnum() else " " for letter in value).split()
    return 1 <= len(words) <= 10 and max(map(len, words)) <= 100


async def _of(world: World, plain: Plain, owner: model.Object, asked: str) -> Mapping[int | None, Mapping[str, Any]]:
    """What rows of a type, or Query, show."""
    if owner.code is None:
        return {None: await world.planned(f"{{ {asked} }}", {}, plain.actor)}
    keys = [key for key in _some(list(plain.rows[str(owner.table)])) if plain.sees(str(owner.table), key)][:OWNERS]
    shown = await world.planned(
        f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {owner.name} {{ {asked} }} }} }}",
        {"ids": [ids.write(owner.code, key) for key in keys]},
        plain.actor,
    )
    return dict(zip(keys, shown["nodes"], strict=True))


def _fields(world: World, kind: type[Source]) -> Iterator[tuple[model.Object, model.Field, Source]]:
    for owner in (world.graph.query, *world.graph.objects.values()):
        for field in owner.fields.values():
            if isinstance(field.source, kind) and (owner.code or owner is world.graph.query):
                yield owner, field, field.source


def _some(keys: Sequence[int]) -> Sequence[int]:
    """All keys of a small table, or some from all over a large one."""
    return sorted(keys)[:: max(1, len(keys) // MOST_ASKED + (len(keys) > MOST_ASKED))]


def _fullest(plain: Plain, table: str, chosen: Mapping[int | None, set[int]]) -> list[int]:
    """Owners in sight of the most rows."""
    by_size = sorted((-len(keys), owner) for owner, keys in chosen.items() if owner is not None)
    return [owner for _, owner in by_size if plain.sees(table, owner)][:2]
