"""Filters, searches, cursors and look-ups that name what somebody may not see tell them nothing of it."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, Final

import pytest

from domain.actor import Actor
from resolvers.graph import global_ids, model
from resolvers.graph.declarations import MatchKind
from tests.access import access_oracle
from tests.access.graph_paths import OracleView, find_difference
from tests.access.town import ACTORS, POSTS, UNITS, TownRow, write_nip
from tests.access.town_service import EXECUTORS, TownService

MISSING: Final = 999_999
PAGE: Final = "totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { %s } }"
VISIBLE_FIELDS: Final = "__typename id"


@dataclass(frozen=True, slots=True)
class FilteredQuery:
    """A document that filters a list by one field, and the value to find."""

    text: str
    filter: model.FilterField
    value: Any

    @property
    def field_name(self) -> str:
        """The field of the filter."""
        return self.filter.name


def list_filtered_queries(place: TownService) -> Iterator[FilteredQuery]:
    """Each list with each field of its filter and each value that is worth a try; those of things, of all of them."""
    for filters, text, page in _list_filtered_lists(place):
        for filter_ in filters.fields.values():
            for value in _choose_filter_values(place, page, filter_):
                yield FilteredQuery(f"query ($where: {filters.name}!) {{ {text} }}", filter_, value)


def _list_filtered_lists(place: TownService) -> Iterator[tuple[model.FilterInput, str, model.ConnectionSource]]:
    graph = place.served.graph
    given = f"(first: 100, where: $where) {{ {PAGE % VISIBLE_FIELDS} nodes {{ {VISIBLE_FIELDS} }} }}"
    for object_ in (graph.query, *graph.object_types.values()):
        for name, field in object_.fields.items():
            if not isinstance(field.source, model.ConnectionSource) or field.source.filter_input is None:
                continue
            text = f"{name}{given}"
            if object_.code is not None:
                of = [
                    global_ids.format_global_id(object_.code, row.key)
                    for row in place.town.list_rows(str(object_.table))
                ]
                text = f"nodes(ids: {json.dumps(of)}) {{ {VISIBLE_FIELDS} ... on {object_.name} {{ {text} }} }}"
            yield field.source.filter_input, text, field.source


def _choose_filter_values(place: TownService, page: model.ConnectionSource, filter_: model.FilterField) -> list[Any]:
    graph = place.served.graph
    if filter_.match in {MatchKind.REFERENCE, MatchKind.UNDER}:
        code = str(filter_.code)
        rows = place.town.list_rows(str(graph.object_types[graph.types_by_code[code]].table))
        return [global_ids.format_global_id(code, key) for key in [*(row.key for row in rows), MISSING]]
    if filter_.type_ref.leaf_name in graph.enums:
        return list(graph.enums[filter_.type_ref.leaf_name].descriptions)
    match filter_.type_ref.leaf_name:
        case "Boolean":
            return [True, False]
        case "Nip":
            return [*map(write_nip, POSTS), write_nip(MISSING % 10_000)]
        case "Date":
            return ["2026-08-04", "2026-06-30"]
        case _:
            marks = [number for number, row in enumerate(place.town.rows) if row.table == page.row_set.table]
            return [*(f"Kanari{number}x" for number in marks), "Pegawai", "Analis", "Dinas 2"]


async def find_filter_error(place: TownService, request: FilteredQuery, actor: Actor | None) -> str:
    """What is wrong with a filtered list, or nothing."""
    where = {"where": {request.field_name: request.value}}
    sought = (
        {"where": {request.field_name: _write_missing_query(request)}}
        if names_hidden_row(place, request, actor)
        else where
    )
    expected = OracleView(place.served.graph, place.town, actor).filter_query(
        await place.fetch_unrestricted(request.text, **sought)
    )
    for executor in EXECUTORS:
        found = find_difference(expected, await place.fetch_data(executor, actor, request.text, **where))
        if found:
            return f"{request.field_name} is {request.value} by {executor}: {found}\n    {request.text:.200}"
    return ""


def _write_missing_query(request: FilteredQuery) -> str:
    return (
        write_nip(MISSING % 10_000)
        if request.filter.visibility is not None
        else global_ids.format_global_id(str(request.filter.code), MISSING)
    )


def names_hidden_row(place: TownService, request: FilteredQuery, actor: Actor | None) -> bool:
    """Whether a filter names what the actor may not see: it must then find what it finds for what there is not."""
    if request.filter.visibility is not None:
        person = int(request.value[-4:])
        return person in POSTS and not access_oracle.can_see_nip(actor, person)
    found = global_ids.parse_global_id(request.value) if request.filter.code else None
    if found is None:
        return False
    table = str(place.served.graph.object_types[place.served.graph.types_by_code[found[0]]].table)
    row = place.town.rows_by_key.get((table, found[1]))
    return row is not None and not access_oracle.can_see(actor, row)


async def test_a_filter_finds_only_what_may_be_seen_by_what_may_be_seen(place: TownService) -> None:
    draw = Random(5)
    asked = list(list_filtered_queries(place))
    found = [
        f"{name}: {fault}"
        for each in draw.sample(asked, 40)
        for name in draw.sample(list(ACTORS), 4)
        if (fault := await find_filter_error(place, each, ACTORS[name]))
    ]
    assert not found, "\n".join(found[:10])


@pytest.mark.long
async def test_every_filter_with_every_value(place: TownService) -> None:
    asked = list(list_filtered_queries(place))
    found = [
        f"{name}: {fault}"
        for each in asked
        for name, actor in ACTORS.items()
        if (fault := await find_filter_error(place, each, actor))
    ]
    print(f"{len(asked)} filters × {len(ACTORS)} actors: wrong {len(found)} – {'FAILS' if found else 'holds'}")
    assert not found, "\n".join(found[:10])


def list_ordered_lists(place: TownService) -> Iterator[tuple[str, str]]:
    """Each list of Query in each of its orders."""
    for name, field in place.served.graph.query.fields.items():
        if isinstance(field.source, model.ConnectionSource):
            yield from ((name, order) for order in field.source.orders)


async def find_page_errors(place: TownService, asked: tuple[str, str], who: str, places: int) -> AsyncIterator[str]:
    """What is wrong with pages from some places of a list, where somebody stands whom the actor may see or not."""
    name, order = asked
    whole = await place.fetch_unrestricted(
        f"{{ {name}(first: 100, orderBy: {order}) {{ {PAGE % VISIBLE_FIELDS} nodes {{ {VISIBLE_FIELDS} }} }} }}"
    )
    cursors = [edge["cursor"] for edge in whole[name]["edges"]]
    seen = OracleView(place.served.graph, place.town, ACTORS[who]).filter_query(whole)[name]["edges"]
    for at in Random(6).sample(range(len(cursors)), min(places, len(cursors))):
        for size, argument, rest in (
            ("first", "after", [each for each in seen if cursors.index(each["cursor"]) > at]),
            ("last", "before", [each for each in seen if cursors.index(each["cursor"]) < at]),
        ):
            span = f"{size}: 2, {argument}: $at, orderBy: {order}"
            text = f"query ($at: String!) {{ {name}({span}) {{ {PAGE % VISIBLE_FIELDS} }} }}"
            expected = {name: _build_expected_page(rest, len(seen), backward=size == "last")}
            for executor in EXECUTORS:
                found = find_difference(expected, await place.fetch_data(executor, ACTORS[who], text, at=cursors[at]))
                if found:
                    yield f"{name} {argument} place {at} by {order} as {who} by {executor}: {found}"


def _build_expected_page(rest: list[Any], count: int, *, backward: bool) -> dict[str, Any]:
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


async def test_a_page_from_any_place_holds_the_next_that_may_be_seen(place: TownService) -> None:
    draw = Random(18)
    for asked in list_ordered_lists(place):
        for who in draw.sample(list(ACTORS), 4):
            assert [fault async for fault in find_page_errors(place, asked, who, places=2)] == []


@pytest.mark.long
async def test_every_page_from_every_place(place: TownService) -> None:
    lists = list(list_ordered_lists(place))
    found = [
        fault for each in lists for who in ACTORS async for fault in find_page_errors(place, each, who, places=100)
    ]
    verdict = "FAILS" if found else "holds"
    print(
        f"{len(lists)} orders of lists × {len(ACTORS)} actors, every place, both ways: wrong {len(found)} – {verdict}"
    )
    assert not found, "\n".join(found[:10])


async def test_a_person_is_found_by_id_and_number_by_whom_they_are_for(place: TownService) -> None:
    text = """query ($id: ID!, $nip: Nip!) {
      one: node(id: $id) { id } several: nodes(ids: [$id, $id]) { id }
      byId: person(by: {id: $id}) { id nip } byNip: person(by: {nip: $nip}) { id }
    }"""
    for actor in ACTORS.values():
        for person in Random(7).sample(list(POSTS), 5):
            id_ = f"pe{person}"
            seen = access_oracle.can_see(actor, TownRow("person", person=person))
            number = write_nip(person) if access_oracle.can_see_nip(actor, person) else None
            found = {"id": id_} if seen else None
            expected = {
                "one": found,
                "several": [found, found],
                "byId": {**found, "nip": number} if found else None,
                "byNip": found if number else None,
            }
            for executor in EXECUTORS:
                assert await place.fetch_data(executor, actor, text, id=id_, nip=write_nip(person)) == expected, (
                    actor,
                    person,
                )


async def test_a_preview_considers_only_people_of_ones_own_units(place: TownService) -> None:
    text = """query ($session: ID!, $unit: ID) {
      previewAssignment(session: $session, unit: $unit, seats: 2, lotterySize: 20) {
        candidates { person { id name } }
      }
    }"""
    session = f"se{place.town.list_rows('session')[0].key}"
    actor = ACTORS["HR of unit"]
    for unit, path in UNITS.items():
        told = await place.fetch_text(actor, text, {"session": session, "unit": f"un{unit}"})
        missing = await place.fetch_text(actor, text, {"session": session, "unit": f"un{MISSING}"})
        people = {row.person for row in place.town.find_marked_rows(told)}
        if path.startswith("1.2.3."):
            assert people
            assert all(
                access_oracle.is_in_own_units(_require_actor(actor), TownRow("person", person=each))
                for each in people
            )
        else:
            assert told == missing


def _require_actor(actor: Actor | None) -> Actor:
    assert actor is not None
    return actor
