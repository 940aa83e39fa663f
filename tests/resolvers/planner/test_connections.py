"""Connections: pages forward and backward give every row once, in every order and filter."""

import base64
import json
from typing import Any

import pytest

from domain.actor import Actor, Role
from tests.resolvers import miniature
from tests.resolvers.conftest import FetchData, RunDocument

LIST = """query ($first: Int, $after: String, $last: Int, $before: String, $where: %sWhere, $by: %sOrder!) {
  %s(first: $first, after: $after, last: $last, before: $before, where: $where, orderBy: $by) {
    edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount
  }
}"""
PEOPLE = LIST % ("Person", "Person", "people")
EVALUATIONS = LIST % ("Evaluation", "Evaluation", "evaluations")
CASES: list[tuple[str, str, str, dict[str, Any]]] = [
    (PEOPLE, "people", "NAME", {}),
    (PEOPLE, "people", "NEWEST", {}),
    (PEOPLE, "people", "NAME", {"unit": "un2"}),
    (EVALUATIONS, "evaluations", "BEST", {}),
    (EVALUATIONS, "evaluations", "TIME", {"kind": "TRIWULAN"}),
    (EVALUATIONS, "evaluations", "BEST", {"scoreAtLeast": "80.05"}),
]


def read_ids(page: dict[str, Any]) -> list[str]:
    return [edge["node"]["id"] for edge in page["edges"]]


@pytest.mark.parametrize("size", [2, 7, 50])
@pytest.mark.parametrize(("document", "name", "by", "where"), CASES)
async def test_pages_forward_and_backward_are_all_rows_once(
    answer: FetchData, document: str, name: str, by: str, where: dict[str, Any], size: int
) -> None:
    forward: list[str] = []
    after, more, page = None, True, {}
    while more:
        page = (await answer(miniature.HR, document, first=size, after=after, where=where, by=by))[name]
        assert page["pageInfo"]["hasPreviousPage"] == (after is not None)
        forward += read_ids(page)
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        assert len(page["edges"]) == size or not more
    backward: list[str] = []
    before, more = None, True
    while more:
        page = (await answer(miniature.HR, document, last=size, before=before, where=where, by=by))[name]
        assert page["pageInfo"]["hasNextPage"] == (before is not None)
        backward = read_ids(page) + backward
        before, more = page["pageInfo"]["startCursor"], page["pageInfo"]["hasPreviousPage"]
    assert forward == backward
    assert len(set(forward)) == len(forward) == page["totalCount"] > 10


@pytest.mark.parametrize("by", ["NAME", "NEWEST"])
async def test_two_cursors_enclose_what_lies_between_them(answer: FetchData, by: str) -> None:
    whole = (await answer(miniature.HR, PEOPLE, first=30, by=by))["people"]
    cursors = [edge["cursor"] for edge in whole["edges"]]
    for start, end in [(0, 5), (3, 20), (10, 11), (7, 7), (9, 2)]:
        arguments = {"after": cursors[start], "before": cursors[end], "by": by}
        first = (await answer(miniature.HR, PEOPLE, first=4, **arguments))["people"]
        last = (await answer(miniature.HR, PEOPLE, last=4, **arguments))["people"]
        between = read_ids(whole)[start + 1 : end]
        assert read_ids(first) == between[:4]
        assert read_ids(last) == between[-4:]


async def test_the_order_is_that_of_its_columns(answer: FetchData) -> None:
    shown = await answer(
        miniature.HR,
        """{ b: evaluations(first: 50) { nodes { id score } }
             n: people(first: 50, orderBy: NEWEST) { nodes { id joinedAt } } }""",
    )
    best = [(each["score"], -int(each["id"][2:])) for each in shown["b"]["nodes"]]
    newest = [(each["joinedAt"], -int(each["id"][2:])) for each in shown["n"]["nodes"]]
    assert best == sorted(best, reverse=True)
    assert newest == sorted(newest, reverse=True)


async def test_pages_of_many_owners_are_each_their_own(answer: FetchData, ask: RunDocument) -> None:
    document = """query ($last: Int, $first: Int) { people(first: 50) { nodes { id
        history(first: $first, last: $last, orderBy: BEST) {
          totalCount pageInfo { hasNextPage hasPreviousPage } nodes { id score person { id } } } } } }"""
    shown = await answer(miniature.HR, document, first=50)
    for person in shown["people"]["nodes"]:
        history = person["history"]
        assert len(history["nodes"]) == history["totalCount"] == int(person["id"][2:]) % 7
        assert {each["person"]["id"] for each in history["nodes"]} <= {person["id"]}
        scores = [each["score"] for each in history["nodes"]]
        assert scores == sorted(scores, reverse=True)
    worst = await answer(miniature.HR, document, last=2)
    for all_, some in zip(shown["people"]["nodes"], worst["people"]["nodes"], strict=True):
        assert some["history"]["nodes"] == all_["history"]["nodes"][-2:]
        assert some["history"]["pageInfo"]["hasPreviousPage"] == (all_["history"]["totalCount"] > 2)
    assert len((await ask(miniature.HR, document, first=1)).statements) == 4


async def test_a_base_predicate_always_holds(answer: FetchData) -> None:
    shown = await answer(
        miniature.HR,
        """{ units { headcount activePeople(first: 50) { totalCount nodes { active } }
             people(first: 0) { totalCount nodes { id } } } }""",
    )
    for unit in shown["units"]:
        assert all(person["active"] for person in unit["activePeople"]["nodes"])
        assert unit["headcount"] == unit["activePeople"]["totalCount"] < unit["people"]["totalCount"]
        assert unit["people"]["nodes"] == []


BAD = [
    ("first: 5, last: 5", "either `first` or `last`"),
    ("", "either `first` or `last`"),
    ("first: 101", "`first` is from 0 to 100"),
    ("first: -1", "`first` is from 0 to 100"),
    ("last: 1000000", "`last` is from 0 to 100"),
    ('first: 1, after: "x"', "`after`: this is no cursor"),
    ('first: 1, after: ""', "`after`: this is no cursor"),
    ('first: 1, before: "WzFd"', "another order"),
    ('first: 1, where: {unit: "pe1"}', "begins with 'un'"),
    ('first: 1, where: {unit: "1; DROP"}', "begins with 'un'"),
    ('first: 1, where: {name: " - "}', "a letter or a digit"),
    (f"first: 1, where: {{names: {['x'] * 101}}}".replace("'", '"'), "`names` takes at most 100 values, not 101"),
    ('first: 1, where: {name: "a b c d e f g h i j k"}', "at most ten words"),
    ('first: 1, where: {begins: "a\\u0000"}', "NUL"),
    ('first: 1, where: {names: ["a", "\\u0000"]}', "NUL"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD)
async def test_a_bad_argument_is_one_error_at_its_field(ask: RunDocument, arguments: str, message: str) -> None:
    inside = f"({arguments})" if arguments else ""
    result = await ask(miniature.HR, f"{{ units {{ id people{inside} {{ totalCount }} }} }}")
    assert result.data is None
    assert message in result.errors[0].message
    assert result.errors[0].path == ["units", 0, "people"]
    assert result.errors[0].extensions == {"code": "INVALID_INPUT"}


async def test_a_service_may_take_larger_pages(answer: FetchData, ask: RunDocument) -> None:
    document = "{ people(first: 200) { totalCount } }"
    assert (await ask(miniature.HR, document)).errors
    assert not (await ask(miniature.SERVICE, document)).errors
    shown = await answer(miniature.SERVICE, "{ evaluations(first: 200) { nodes { id } totalCount } }")
    assert len(shown["evaluations"]["nodes"]) == shown["evaluations"]["totalCount"] == 87


async def test_a_list_gives_no_more_than_its_most(ask: RunDocument) -> None:
    result = await ask(miniature.HR, '{ person(id: "pe6") { name evaluations(last: 6) { id } } }')
    assert result.errors[0].message == "`last` is from 0 to 5, not 6"
    assert result.errors[0].path == ["person", "evaluations"]
    whole = await ask(
        miniature.HR, '{ person(id: "pe6") { evaluations(last: 5) { id } none: evaluations(last: 0) { id } } }'
    )
    assert [len(each) for each in whole.data["person"].values()] == [5, 0]


async def test_a_cursor_of_one_order_is_refused_in_another(ask: RunDocument, answer: FetchData) -> None:
    page = await answer(miniature.HR, PEOPLE, first=1, by="NAME")
    result = await ask(miniature.HR, PEOPLE, first=1, by="NEWEST", after=page["people"]["pageInfo"]["endCursor"])
    assert "another order" in result.errors[0].message


@pytest.mark.parametrize(
    "values",
    [
        ["name,id", "x", "1"],
        ["name,id", "x", 1.5],
        ["name,id", "x", True],
        ["name,id", "x", 2**63],
        ["name,id", "\x00", 1],
        ["name,id", "\ud800", 1],
        ["name,id", None, 1],
        ["name,id", ["x"], 1],
        ["name,id", "x"],
        {"name,id": 1},
        [],
        [[[]]],
    ],
)
async def test_a_forged_cursor_is_refused_before_any_statement(ask: RunDocument, values: object) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")
    result = await ask(miniature.HR, PEOPLE, first=1, by="NAME", after=cursor)
    assert result.errors[0].extensions == {"code": "INVALID_INPUT"}
    assert result.statements == []


async def test_a_long_or_deep_cursor_is_refused(ask: RunDocument) -> None:
    for cursor in ("W" * 100_000, base64.urlsafe_b64encode(b"[" * 1400).decode(), "ümlaut", "W1sx\n"):
        result = await ask(miniature.HR, PEOPLE, first=1, by="NAME", after=cursor)
        assert result.errors[0].extensions == {"code": "INVALID_INPUT"}


@pytest.mark.parametrize(
    ("actor", "where", "count"),
    [
        (miniature.SERVICE, {}, miniature.STORED_COUNT),
        (Actor(5, Role.SERVICE), {}, miniature.STORED_COUNT - 1),
        (miniature.SERVICE, {"active": None}, miniature.STORED_COUNT),
        (miniature.SERVICE, {"unit": "un1"}, 30),
        (miniature.HR, {}, 30),
        (miniature.create_employee(5), {}, 0),
        (None, {}, 0),
    ],
)
async def test_a_stored_total_is_for_who_sees_all_and_filters_nothing(
    answer: FetchData, actor: Actor | None, where: dict[str, Any], count: int
) -> None:
    document = "query ($where: PersonWhere) { others(first: 1, where: $where) { totalCount } }"
    assert await answer(actor, document, where=where) == {"others": {"totalCount": count}}
