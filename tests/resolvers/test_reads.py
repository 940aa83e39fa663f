"""What a document shows: values, edges, lists, and how many statements it costs."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import strawberry

from domain.actor import Actor
from tests.resolvers import miniature
from tests.resolvers.conftest import FetchData, ResolverContext, RunDocument


async def test_values_print_as_their_scalars_say(answer: FetchData) -> None:
    shown = await answer(
        miniature.HR,
        """{ node(id: "ev3") { id ... on Evaluation {
             kind period endsOn score note sentence en: sentence(language: EN) age } } }""",
    )
    assert shown["node"] == {
        "id": "ev3",
        "kind": "TRIWULAN",
        "period": "2025-Q2",
        "endsOn": "2025-06-30",
        "score": shown["node"]["score"],
        "note": None,
        "sentence": "nilai 3 TRIWULAN",
        "en": "score 3 TRIWULAN",
        "age": 366,
    }
    assert len(shown["node"]["score"]) == 5


async def test_instants_print_microseconds_in_utc(answer: FetchData) -> None:
    shown = await answer(miniature.SERVICE, '{ a: person(id: "pe1") { joinedAt } b: person(id: "pe2") { joinedAt } }')
    assert {shown["a"]["joinedAt"][-11:], shown["b"]["joinedAt"][-11:]} == {":59.999999Z", ":00.000000Z"}


async def test_a_deep_document_costs_one_statement_per_field_that_shows_rows(ask: RunDocument) -> None:
    document = """{
      people(first: %d) {
        totalCount
        pageInfo { hasNextPage endCursor }
        edges { cursor node { name unit { name parent { name } } } }
        nodes { appraiser { name } latest { score items { text } } evaluations(last: 3) { score } }
      }
    }"""
    few, many = await ask(miniature.SERVICE, document % 2), await ask(miniature.SERVICE, document % 30)
    assert not few.errors
    assert not many.errors
    assert len(many.data["people"]["nodes"]) == 30
    # the page, its count, unit, parent, appraiser, latest, items, evaluations
    assert len(few.statements) == len(many.statements) == 8


async def test_only_selected_columns_are_read(ask: RunDocument) -> None:
    result = await ask(miniature.HR, '{ person(id: "pe1") { name } }')
    (statement,) = result.statements
    assert "r.name" in statement
    assert "r.nip" not in statement
    assert "joined_at" not in statement


async def test_a_count_is_made_only_when_asked(ask: RunDocument) -> None:
    without = await ask(miniature.HR, "{ people(first: 1) { nodes { id } } }")
    alone = await ask(miniature.HR, "{ people(first: 1) { totalCount } }")
    assert "count(*)" not in "".join(without.statements)
    assert len(alone.statements) == 1
    assert alone.data == {"people": {"totalCount": 30}}


async def test_aliases_fragments_and_directives_are_followed(answer: FetchData) -> None:
    document = """
      query ($with: Boolean!) {
        a: people(first: 1) { nodes { ...P ... on Person @include(if: $with) { initials } } }
        b: people(first: 1, orderBy: NEWEST) { x: edges { n: node { m: name } } y: edges { c: cursor } __typename }
      }
      fragment P on Person { name @skip(if: $with) unit { ...U } unit { name } }
      fragment U on Unit { id }
    """
    with_, without = (
        await answer(miniature.HR, document, **{"with": True}),
        await answer(miniature.HR, document, **{"with": False}),
    )
    assert list(with_["a"]["nodes"][0]) == ["unit", "initials"]
    assert list(without["a"]["nodes"][0]) == ["name", "unit"]
    assert list(without["a"]["nodes"][0]["unit"]) == ["id", "name"]
    assert with_["b"]["__typename"] == "PersonConnection"
    assert with_["b"]["x"][0]["n"]["m"]
    assert with_["b"]["y"][0]["c"]


async def test_an_edge_between_rows_leads_there_and_back(answer: FetchData) -> None:
    shown = await answer(
        miniature.HR,
        "{ evaluations(first: 50) { nodes { id person { id evaluations(last: 5) { id person { id } } } } } }",
    )
    for evaluation in shown["evaluations"]["nodes"]:
        assert {back["person"]["id"] for back in evaluation["person"]["evaluations"]} == {evaluation["person"]["id"]}


async def test_the_last_of_a_list_are_still_in_its_order(answer: FetchData) -> None:
    document = """{ people(first: 50) { nodes {
        last: evaluations(last: 2) { endsOn } all: evaluations(last: 5) { endsOn } latest { endsOn }
        first: firstEvaluations(first: 2) { endsOn }
    } } }"""
    shown = await answer(miniature.HR, document)
    for person in shown["people"]["nodes"]:
        days = [each["endsOn"] for each in person["all"]]
        assert days == sorted(days)
        assert [each["endsOn"] for each in person["last"]] == days[-2:]
        assert [each["endsOn"] for each in person["first"]][: len(days)] == sorted(days)[:2] or len(days) == 5
        over = [day for day in days if day < "2026-07-01"]
        assert person["latest"] == ({"endsOn": over[-1]} if over else None)


async def test_things_are_found_by_id_in_the_order_asked(answer: FetchData, ask: RunDocument) -> None:
    document = (
        """query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Person { name } ... on Unit { name } } }"""
    )
    asked = ["pe2", "un1", "pe999", "zz1", "pe2", "nonsense", "pe0", "ev1", "un99999999999999999999"]
    shown = await answer(miniature.HR, document, ids=asked)
    assert [each and each["id"] for each in shown["nodes"]] == [
        "pe2",
        "un1",
        None,
        None,
        "pe2",
        None,
        None,
        "ev1",
        None,
    ]
    assert shown["nodes"][0]["__typename"] == "Person"
    result = await ask(miniature.HR, document, ids=asked)
    assert len(result.statements) == 3


async def test_a_lookup_of_one_type_finds_no_other(answer: FetchData) -> None:
    assert await answer(miniature.HR, '{ person(id: "un1") { id } }') == {"person": None}


async def test_functions_that_fail_fail_their_field_alone(ask: RunDocument) -> None:
    result = await ask(miniature.HR, "{ cards { name } people(first: 50) { nodes { name } } }")
    assert not result.errors
    result = await ask(miniature.HR, '{ units { name } node(id: "pe6") { ... on Person { name quarrel } } }')
    assert len(result.data["units"]) == 4
    assert result.data["node"] is None
    (error,) = result.errors
    assert error.path == ["node", "quarrel"]
    assert isinstance(error.original_error, ZeroDivisionError)


async def test_a_failed_field_lets_its_siblings_finish(ask: RunDocument) -> None:
    document = (
        "{ bad: people { nodes { id } } "
        + " ".join(f"g{n}: people(first: 9) {{ totalCount }}" for n in range(6))
        + "}"
    )
    result = await ask(miniature.HR, document)
    assert result.data is None
    assert [error.path for error in result.errors] == [["bad"]]
    assert len(result.statements) == result.finished_count == 6


async def test_services_show_facts_and_the_rows_that_they_name(answer: FetchData, ask: RunDocument) -> None:
    document = """{ clock seats(unit: "un2", many: 3) {
        seats { number twice person { id name } } best { number } until share } }"""
    shown = await answer(miniature.HR, document)
    assert [seat["twice"] for seat in shown["seats"]["seats"]] == [2, 4, 6]
    assert [seat["person"]["id"] for seat in shown["seats"]["seats"]] == ["pe1", "pe5", "pe9"]
    assert shown["seats"]["best"] == {"number": 1}
    assert (shown["seats"]["until"], shown["seats"]["share"], shown["clock"]) == ("2026-07-01", "0.50", "2026-07-01")
    assert len((await ask(miniature.HR, document)).statements) == 2


async def test_rows_that_facts_name_are_still_in_scope(answer: FetchData) -> None:
    shown = await answer(miniature.create_employee(5), '{ seats(unit: "un2", many: 3) { seats { person { id } } } }')
    assert [seat["person"] for seat in shown["seats"]["seats"]] == [None, {"id": "pe5"}, None]


async def test_a_service_refuses_by_its_union_or_by_an_error(answer: FetchData, ask: RunDocument) -> None:
    shown = await answer(
        miniature.HR, '{ seatsOrNot(unit: "un77") { __typename ... on Full { code message path } } }'
    )
    assert shown["seatsOrNot"] == {
        "__typename": "Full",
        "code": "FULL",
        "message": "nobody is there",
        "path": ["unit"],
    }
    result = await ask(miniature.HR, '{ seats(unit: "un77") { share } }')
    assert result.errors[0].extensions == {"code": "FULL", "path": ["unit"]}
    result = await ask(miniature.HR, '{ seats(unit: "un1", many: 11) { share } }')
    assert result.errors[0].extensions == {"code": "INVALID_INPUT", "path": ["many"]}


async def test_a_request_given_up_leaves_nothing_running(
    served: strawberry.Schema, request_of: Callable[[Actor | None], ResolverContext]
) -> None:
    request = request_of(miniature.HR)
    begun, ended = asyncio.Event(), asyncio.Event()

    async def read(sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return [[sql, values]]

    request.fetch_rows = read  # type: ignore[method-assign]  # a database that never answers
    running = asyncio.ensure_future(served.execute("{ units { id } }", context_value=request))
    await begun.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert ended.is_set()
