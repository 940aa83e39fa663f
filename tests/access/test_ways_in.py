"""Filters, searches, cursors and look-ups that name what somebody may not see tell him nothing of it."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, Final

import pytest

from domain.actor import Actor
from resolvers.graph import ids, model
from resolvers.graph.words import Match
from tests.access import oracle
from tests.access.asking import EXECUTORS, Place
from tests.access.town import ACTORS, POSTS, UNITS, Row, nip
from tests.access.walks import Cut, differs

MISSING: Final = 999_999
PAGE: Final = "totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { %s } }"
SHOWN: Final = "__typename id"


@dataclass(frozen=True, slots=True)
class Asked:
    """A document that filters a list by one field, and the value to find."""

    text: str
    filter: model.Filter
    value: Any

    @property
    def name(self) -> str:
        """The field of the filter."""
        return self.filter.name


def filtered(place: Place) -> Iterator[Asked]:
    """Each list with each field of its filter and each value that is worth a try; those of things, of all of them."""
    for filters, text, page in _lists(place):
        for filter_ in filters.fields.values():
            for value in _worth(place, page, filter_):
                yield Asked(f"query ($where: {filters.name}!) {{ {text} }}", filter_, value)


def _lists(place: Place) -> Iterator[tuple[model.Filters, str, model.Page]]:
    graph = place.served.graph
    given = f"(first: 100, where: $where) {{ {PAGE % SHOWN} nodes {{ {SHOWN} }} }}"
    for object_ in (graph.query, *graph.objects.values()):
        for name, field in object_.fields.items():
            if not isinstance(field.source, model.Page) or field.source.filters is None:
                continue
            text = f"{name}{given}"
            if object_.code is not None:
                of = [ids.write(object_.code, row.key) for row in place.town.of(str(object_.table))]
                text = f"nodes(ids: {json.dumps(of)}) {{ {SHOWN} ... on {object_.name} {{ {text} }} }}"
            yield field.source.filters, text, field.source


def _worth(place: Place, page: model.Page, filter_: model.Filter) -> list[Any]:
    graph = place.served.graph
    if filter_.match in {Match.REFERENCE, Match.UNDER}:
        code = str(filter_.code)
        rows = place.town.of(str(graph.objects[graph.nodes[code]].table))
        return [ids.write(code, key) for key in [*(row.key for row in rows), MISSING]]
    if filter_.shape.leaf in graph.enums:
        return list(graph.enums[filter_.shape.leaf].descriptions)
    match filter_.shape.leaf:
        case "Boolean":
            return [True, False]
        case "Nip":
            return [*map(nip, POSTS), nip(MISSING % 10_000)]
        case "Date":
            return ["2026-08-04", "2026-06-30"]
        case _:
            marks = [number for number, row in enumerate(place.town.rows) if row.table == page.choice.table]
            return [*(f"Kanari{number}x" for number in marks), "Pegawai", "Analis", "Dinas 2"]


async def wrong(place: Place, asked: Asked, actor: Actor | None) -> str:
    """What is wrong with a filtered list, or nothing."""
    where = {"where": {asked.name: asked.value}}
    sought = {"where": {asked.name: _missing(asked)}} if hidden(place, asked, actor) else where
    expected = Cut(place.served.graph, place.town, actor).whole(await place.whole(asked.text, **sought))
    for executor in EXECUTORS:
        found = differs(expected, await place.shown(executor, actor, asked.text, **where))
        if found:
            return f"{asked.name} is {asked.value} by {executor}: {found}\n    {asked.text:.200}"
    return ""


def _missing(asked: Asked) -> str:
    return nip(MISSING % 10_000) if asked.filter.seen is not None else ids.write(str(asked.filter.code), MISSING)


def hidden(place: Place, asked: Asked, actor: Actor | None) -> bool:
    """Whether a filter names what the actor may not see: it must then find what it finds for what there is not."""
    if asked.filter.seen is not None:
        person = int(asked.value[-4:])
        return person in POSTS and not oracle.numbers(actor, person)
    found = ids.read(asked.value) if asked.filter.code else None
    if found is None:
        return False
    table = str(place.served.graph.objects[place.served.graph.nodes[found[0]]].table)
    row = place.town.found.get((table, found[1]))
    return row is not None and not oracle.sees(actor, row)


async def test_a_filter_finds_only_what_may_be_seen_by_what_may_be_seen(place: Place) -> None:
    draw = Random(5)
    asked = list(filtered(place))
    found = [
        f"{name}: {fault}"
        for each in draw.sample(asked, 40)
        for name in draw.sample(list(ACTORS), 4)
        if (fault := await wrong(place, each, ACTORS[name]))
    ]
    assert not found, "\n".join(found[:10])


@pytest.mark.long
async def test_every_filter_with_every_value(place: Place) -> None:
    asked = list(filtered(place))
    found = [
        f"{name}: {fault}"
        for each in asked
        for name, actor in ACTORS.items()
        if (fault := await wrong(place, each, actor))
    ]
    print(f"{len(asked)} filters × {len(ACTORS)} actors: wrong {len(found)} – {'FAILS' if found else 'holds'}")
    assert not found, "\n".join(found[:10])


def placed(place: Place) -> Iterator[tuple[str, str]]:
    """Each list of Query in each of its orders."""
    for name, field in place.served.graph.query.fields.items():
        if isinstance(field.source, model.Page):
            yield from ((name, order) for order in field.source.orders)


async def misplaced(place: Place, asked: tuple[str, str], who: str, places: int) -> AsyncIterator[str]:
    """What is wrong with pages from some places of a list, where somebody stands whom the actor may see or not."""
    name, order = asked
    whole = await place.whole(f"{{ {name}(first: 100, orderBy: {order}) {{ {PAGE % SHOWN} nodes {{ {SHOWN} }} }} }}")
    cursors = [edge["cursor"] for edge in whole[name]["edges"]]
    seen = Cut(place.served.graph, place.town, ACTORS[who]).whole(whole)[name]["edges"]
    for at in Random(6).sample(range(len(cursors)), min(places, len(cursors))):
        for size, argument, rest in (
            ("first", "after", [each for each in seen if cursors.index(each["cursor"]) > at]),
            ("last", "before", [each for each in seen if cursors.index(each["cursor"]) < at]),
        ):
            span = f"{size}: 2, {argument}: $at, orderBy: {order}"
            text = f"query ($at: String!) {{ {name}({span}) {{ {PAGE % SHOWN} }} }}"
            expected = {name: _page(rest, len(seen), backward=size == "last")}
            for executor in EXECUTORS:
                found = differs(expected, await place.shown(executor, ACTORS[who], text, at=cursors[at]))
                if found:
                    yield f"{name} {argument} place {at} by {order} as {who} by {executor}: {found}"


def _page(rest: list[Any], count: int, *, backward: bool) -> dict[str, Any]:
    edges, more = (rest[-2:] if backward else rest[:2]), len(rest) > 2
    return {
        "totalCount": count,
        "pageInfo": {
            "hasNextPage": backward or more,
            "hasPreviousPage": more or not backward,
            "startCursor": edges[0]["cursor"] if edges else None,
            "endCursor": edges[-1]["cursor"] if edges else None,
        },
        "edges": edges,
    }


async def test_a_page_from_any_place_holds_the_next_that_may_be_seen(place: Place) -> None:
    draw = Random(18)
    for asked in placed(place):
        for who in draw.sample(list(ACTORS), 4):
            assert [fault async for fault in misplaced(place, asked, who, places=2)] == []


@pytest.mark.long
async def test_every_page_from_every_place(place: Place) -> None:
    lists = list(placed(place))
    found = [fault for each in lists for who in ACTORS async for fault in misplaced(place, each, who, places=100)]
    verdict = "FAILS" if found else "holds"
    print(
        f"{len(lists)} orders of lists × {len(ACTORS)} actors, every place, both ways: wrong {len(found)} – {verdict}"
    )
    assert not found, "\n".join(found[:10])


async def test_a_person_is_found_by_id_and_number_by_whom_they_are_for(place: Place) -> None:
    text = """query ($id: ID!, $nip: Nip!) {
      one: node(id: $id) { id } several: nodes(ids: [$id, $id]) { id }
      byId: person(by: {id: $id}) { id nip } byNip: person(by: {nip: $nip}) { id }
    }"""
    for actor in ACTORS.values():
        for person in Random(7).sample(list(POSTS), 5):
            id_ = f"pe{person}"
            seen = oracle.sees(actor, Row("person", about=person))
            number = nip(person) if oracle.numbers(actor, person) else None
            found = {"id": id_} if seen else None
            expected = {
                "one": found,
                "several": [found, found],
                "byId": {**found, "nip": number} if found else None,
                "byNip": found if number else None,
            }
            for executor in EXECUTORS:
                assert await place.shown(executor, actor, text, id=id_, nip=nip(person)) == expected, (actor, person)


async def test_a_preview_considers_only_people_of_ones_own_units(place: Place) -> None:
    text = """query ($session: ID!, $unit: ID) {
      previewAssignment(session: $session, unit: $unit, seats: 2, considered: 20) {
        considered { person { id name } }
      }
    }"""
    session = f"se{place.town.of('session')[0].key}"
    actor = ACTORS["HR of unit"]
    for unit, path in UNITS.items():
        told = await place.told(actor, text, {"session": session, "unit": f"un{unit}"})
        missing = await place.told(actor, text, {"session": session, "unit": f"un{MISSING}"})
        people = {row.about for row in place.town.marked(told)}
        if path.startswith("1.2.3."):
            assert people
            assert all(oracle.own_units(_actor(actor), Row("person", about=each)) for each in people)
        else:
            assert told == missing


def _actor(actor: Actor | None) -> Actor:
    assert actor is not None
    return actor
