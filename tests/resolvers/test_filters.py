"""Filters: each match finds exactly what it says, against the same choice made in Python."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.resolvers import miniature
from tests.resolvers.conftest import FetchData, RunDocument

PEOPLE = "{ people(first: 50) { nodes { id name nip active unit { id parent { id } } appraiser { id } } } }"
EVALUATIONS = "{ evaluations(first: 200) { nodes { id kind score endsOn period } } }"
Keeps = Callable[[dict[str, Any]], bool]

OF_PEOPLE: list[tuple[dict[str, Any], Keeps]] = [
    ({}, lambda _: True),
    ({"unit": "un2"}, lambda each: each["unit"]["id"] in {"un2", "un4"}),
    ({"unit": "un4"}, lambda each: each["unit"]["id"] == "un4"),
    ({"unit": "un9"}, lambda _: False),
    ({"appraiser": "pe3"}, lambda each: each["appraiser"] == {"id": "pe3"}),
    ({"appraiser": None}, lambda _: True),
    ({"begins": "Budi"}, lambda each: each["name"].startswith("Budi")),
    ({"begins": "%"}, lambda _: False),
    ({"name": "bud"}, lambda each: each["name"].startswith("Budi")),
    ({"name": "san BUDI"}, lambda each: each["name"] == "Budi Santoso"),
    ({"name": "ud"}, lambda _: False),
    ({"name": "bud' | 'ani"}, lambda _: False),
    ({"names": ["Budi Santoso", "x"]}, lambda each: each["name"] == "Budi Santoso"),
    ({"names": []}, lambda _: False),
    ({"nip": f"{5:018}"}, lambda each: each["nip"] == f"{5:018}"),
    ({"active": False}, lambda each: not each["active"]),
    ({"long": True}, lambda each: len(each["name"]) > 4),
    ({"long": False}, lambda each: len(each["name"]) <= 4),
    (
        {"active": True, "unit": "un2", "begins": "A"},
        lambda each: each["active"] and each["name"][0] == "A" and each["unit"]["id"] in {"un2", "un4"},
    ),
]
OF_EVALUATIONS: list[tuple[dict[str, Any], Keeps]] = [
    ({"kind": "TAHUNAN"}, lambda each: each["kind"] == "TAHUNAN"),
    ({"kinds": ["TAHUNAN", "TRIWULAN"]}, lambda _: True),
    ({"kinds": ["TAHUNAN"]}, lambda each: each["kind"] == "TAHUNAN"),
    ({"scoreAtLeast": "80.05"}, lambda each: each["score"] >= "80.05"),
    ({"scoreAtMost": "80.05"}, lambda each: each["score"] <= "80.05"),
    ({"scoreAtLeast": "80.0449999", "scoreAtMost": 81}, lambda each: each["score"] >= "80.05"),
    ({"endedIn": "2026"}, lambda each: each["endsOn"] >= "2026"),
    ({"endedIn": "2025-06"}, lambda each: each["endsOn"] == "2025-06-30"),
    ({"period": "2025-Q2"}, lambda each: each["period"] == "2025-Q2"),
    ({"period": "2025-06"}, lambda _: False),
    ({"period": "2025-02-01/2025-06-30"}, lambda _: False),
    ({"period": "2025-04-01/2025-07-31"}, lambda _: False),
]


@pytest.mark.parametrize(("where", "keeps"), OF_PEOPLE)
async def test_people_are_filtered(answer: FetchData, where: dict[str, Any], keeps: Keeps) -> None:
    document = "query ($where: PersonWhere) { people(first: 50, where: $where) { totalCount nodes { id } } }"
    everyone = (await answer(miniature.HR, PEOPLE))["people"]["nodes"]
    found = (await answer(miniature.HR, document, where=where))["people"]
    assert [each["id"] for each in found["nodes"]] == [each["id"] for each in everyone if keeps(each)]
    assert found["totalCount"] == len(found["nodes"])


@pytest.mark.parametrize(("where", "keeps"), OF_EVALUATIONS)
async def test_evaluations_are_filtered(answer: FetchData, where: dict[str, Any], keeps: Keeps) -> None:
    document = "query ($where: EvaluationWhere) { evaluations(first: 200, where: $where) { nodes { id } } }"
    everything = (await answer(miniature.SERVICE, EVALUATIONS))["evaluations"]["nodes"]
    found = (await answer(miniature.SERVICE, document, where=where))["evaluations"]["nodes"]
    assert [each["id"] for each in found] == [each["id"] for each in everything if keeps(each)]


async def test_nothing_lies_under_a_unit_out_of_sight(ask: RunDocument) -> None:
    result = await ask(miniature.HR, '{ people(first: 1, where: {unit: "un2"}) { totalCount } }')
    assert "starts_with((r.unit_path), (SELECT r_.path FROM mini_unit AS r_ WHERE" in result.statements[0]


@pytest.mark.parametrize(
    "where",
    [
        '{kind: "TAHUNAN"}',
        "{kind: X}",
        "{scoreAtLeast: 80.5}",
        '{scoreAtLeast: "NaN"}',
        '{scoreAtLeast: "1e99999"}',
        '{period: "2026-13"}',
        '{period: "0000"}',
        '{endedIn: "2026-Q5"}',
        "{score: 1}",
    ],
)
async def test_what_the_type_refuses_never_reaches_sql(ask: RunDocument, where: str) -> None:
    result = await ask(miniature.HR, f"{{ evaluations(first: 1, where: {where}) {{ totalCount }} }}")
    assert result.errors
    assert result.statements == []


HOSTILE = ["'; DROP TABLE mini_person; --", "$1", "%s", '"', "\\", "Robert'); --", "🙂", "{0}", ":actor_person"]


@pytest.mark.parametrize("text", HOSTILE)
async def test_no_text_of_a_client_is_in_the_sql(ask: RunDocument, text: str) -> None:
    document = """query ($text: String!) { people(first: 3, where: {begins: $text, names: [$text]}) {
      totalCount nodes { id } } }"""
    hostile = await ask(miniature.HR, document, text=text)
    plain = await ask(miniature.HR, document, text="Budi")
    assert not hostile.errors
    assert hostile.statements == plain.statements
    assert text in hostile.values
