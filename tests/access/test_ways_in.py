"""Filters, searches, cursors and look-ups that name what somebody may not see tell him nothing of it."""

from collections.abc import Iterator
from random import Random
from typing import Any, Final

import pytest

from domain.actor import Actor
from resolvers.graph import ids, model
from resolvers.graph.words import Match
from resolvers.planner import cursors
from tests.access import oracle
from tests.access.asking import EXECUTORS, Place
from tests.access.town import ACTORS, POSTS, UNITS, Row, nip
from tests.access.walks import Cut, differs

MISSING: Final = 999_999
PAGE: Final = "totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { %s } }"
SHOWN: Final = "__typename id"


def filtered(place: Place) -> Iterator[tuple[str, str, model.Filter, Any]]:
    """Each list of Query with each field of its filter and each value that is worth a try."""
    for name, field in place.served.graph.query.fields.items():
        if isinstance(field.source, model.Page) and field.source.filters is not None:
            for filter_ in field.source.filters.fields.values():
                for value in _worth(place, field.source, filter_):
                    yield name, field.source.filters.name, filter_, value


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


async def wrong(place: Place, asked: tuple[str, str, model.Filter, Any], actor: Actor | None) -> str:
    """What is wrong with a filtered list, or nothing."""
    name, input_, filter_, value = asked
    text = (
        f"query ($where: {input_}!) {{ {name}(first: 100, where: $where) {{ {PAGE % SHOWN} nodes {{ {SHOWN} }} }} }}"
    )
    where = {"where": {filter_.name: value}}
    whole = await place.whole(text, **where)
    expected = Cut(place.served.graph, place.town, actor).whole(whole)
    if hidden(place, filter_, value, actor):
        expected = Cut(place.served.graph, place.town, None).whole(whole)
    for executor in EXECUTORS:
        found = differs(expected, await place.shown(executor, actor, text, **where))
        if found:
            return f"{name} where {filter_.name} is {value} by {executor}: {found}"
    return ""


def hidden(place: Place, filter_: model.Filter, value: Any, actor: Actor | None) -> bool:
    """Whether a filter names what the actor may not see: it must then find what it finds for what there is not."""
    if filter_.seen is not None:
        person = int(value[-4:])
        return person in POSTS and not oracle.numbers(actor, person)
    found = ids.read(value) if filter_.code else None
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


@pytest.mark.parametrize("name", ["people", "riskList"])
async def test_a_cursor_at_a_strangers_place_is_one_at_a_place_where_nobody_is(place: Place, name: str) -> None:
    source = place.served.graph.query.fields[name].source
    assert isinstance(source, model.Page)
    whole = await place.whole(f"{{ {name}(first: 100) {{ edges {{ cursor node {{ id }} }} }} }}")
    tried, draw = 0, Random(6)
    for actor in draw.sample(list(ACTORS.values()), 12):
        for edge in draw.sample(whole[name]["edges"], 4):
            found = ids.read(edge["node"]["id"])
            assert found is not None
            if oracle.sees(actor, place.town.found[source.choice.table, found[1]]):
                continue
            tag, *place_, _ = cursors.decoded(edge["cursor"])
            nowhere = cursors.encoded(tag, *place_, MISSING)
            for argument, size in [("after", "first"), ("before", "last")]:
                text = f"query ($at: String!) {{ {name}({size}: 3, {argument}: $at) {{ {PAGE % 'id'} }} }}"
                told = await place.told(actor, text, {"at": edge["cursor"]})
                assert told == await place.told(actor, text, {"at": nowhere})
                tried += 1
    assert tried > 40


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
