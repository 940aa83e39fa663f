"""Mutations: input, transaction, payload, refusals as union members, the same key once."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from graphql import parse, validate

from domain.actor import Actor
from kinerja import database
from resolvers.answers import Answers
from resolvers.operations import operations
from tests.resolvers import miniature
from tests.resolvers.conftest import Answer, Ask, Request, Result

DOCUMENT = """mutation ($input: RecordEvaluationInput!) { recordEvaluation(input: $input) { __typename
  ... on Evaluation { id kind score note sentence person { id evaluations(last: 1) { id } } }
  ... on Refusal { code message path }
} }"""
COUNT = "{ evaluations(first: 0) { totalCount } }"


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    miniature.REMEMBERED.clear()
    yield
    miniature.REMEMBERED.clear()


@pytest.fixture(autouse=True)
async def kept_as_it_was(request_of: Callable[[Actor | None], Request]) -> Any:
    yield
    async with request_of(miniature.SERVICE).data.lend() as connection:
        await connection.execute("DELETE FROM mini_evaluation WHERE id >= 1000")


@pytest.fixture(params=["reference", "planner"])
def ask(request: pytest.FixtureRequest, answers: Answers, mini: database.Database) -> Ask:
    """Run a document by either executor: both change the same, and say the same."""
    by = answers.reference if request.param == "reference" else answers.answer

    async def run(actor: Actor | None, document: str, /, **variables: Any) -> Result:
        asking = Request(mini, actor)
        if errors := validate(answers.schema, parse(document)):
            return Result(None, errors, [], [], 0)
        (operation,) = operations(parse(document)).values()
        came = await by(operation, variables, asking)
        assert came.planned == (request.param == "planner" and came.data is not None)
        data = None if came.data is None else json.loads(came.data)
        return Result(data, list(came.errors), asking.statements, asking.values, asking.finished)

    return run


@pytest.fixture
def answer(ask: Ask) -> Answer:
    """Run a document that must not fail; its data."""

    async def run(actor: Actor | None, document: str, /, **variables: Any) -> dict[str, Any]:
        result = await ask(actor, document, **variables)
        assert not result.errors, result.errors
        return dict(result.data)

    return run


def given(**more: Any) -> dict[str, Any]:
    return {"clientMutationKey": "k", "person": "pe5", "score": "97.50", **more}


async def recorded(answer: Answer, actor: Actor | None = miniature.HR, **more: Any) -> dict[str, Any]:
    shown = await answer(actor, DOCUMENT, input=given(**more))
    return dict(shown["recordEvaluation"])


async def test_a_command_shows_what_it_changed(answer: Answer) -> None:
    shown = await recorded(
        answer,
        kind="TAHUNAN",
        note="well done",
        marks=[{"text": "aa", "onDay": "2026-01-01"}, {"text": "bb", "onDay": "2026-01-02"}],
        readers=["pe1", "pe2"],
    )
    assert shown == {
        "__typename": "Evaluation",
        "id": shown["id"],
        "kind": "TAHUNAN",
        "score": "97.50",
        "note": "well done",
        "sentence": "nilai 22 TAHUNAN",
        "person": {"id": "pe5", "evaluations": [{"id": shown["id"]}]},
    }


async def test_defaults_are_the_models_own(answer: Answer) -> None:
    shown = await recorded(answer, note=None)
    assert (shown["kind"], shown["note"], shown["sentence"]) == ("TRIWULAN", None, "nilai 0 TRIWULAN")


async def test_the_same_key_does_nothing_twice(answer: Answer) -> None:
    before = (await answer(miniature.SERVICE, COUNT))["evaluations"]["totalCount"]
    first, second = await recorded(answer), await recorded(answer)
    assert first == second
    assert (await answer(miniature.SERVICE, COUNT))["evaluations"]["totalCount"] == before + 1
    other = await recorded(answer, score="1.50")
    assert (other["code"], other["path"]) == ("KEY_REUSED", ["clientMutationKey"])


REFUSED: list[tuple[dict[str, Any], str, list[str]]] = [
    ({"score": "0"}, "FULL", ["score"]),
    ({"person": "pe77"}, "NOT_FOUND", ["person"]),
    ({"person": "un1"}, "INVALID_INPUT", ["person"]),
    ({"person": "5"}, "INVALID_INPUT", ["person"]),
    ({"score": "120.01"}, "INVALID_INPUT", ["score"]),
    ({"score": "1.505"}, "INVALID_INPUT", ["score"]),
    ({"note": "x" * 21}, "INVALID_INPUT", ["note"]),
    ({"note": "\x00"}, "INVALID_INPUT", ["note"]),
    (
        {"marks": [{"text": "aa", "onDay": "2026-01-01"}, {"text": "b", "onDay": "2026-01-01"}]},
        "INVALID_INPUT",
        ["marks", "1", "text"],
    ),
    ({"readers": ["pe1", "ev1"]}, "INVALID_INPUT", ["readers", "1"]),
    ({"clientMutationKey": ""}, "INVALID_INPUT", ["clientMutationKey"]),
    ({"clientMutationKey": "k" * 201}, "INVALID_INPUT", ["clientMutationKey"]),
    ({"clientMutationKey": "\x00"}, "INVALID_INPUT", ["clientMutationKey"]),
]


@pytest.mark.parametrize(("more", "code", "path"), REFUSED)
async def test_a_refusal_is_a_member_of_the_union(
    answer: Answer, more: dict[str, Any], code: str, path: list[str]
) -> None:
    before = await answer(miniature.SERVICE, COUNT)
    shown = await recorded(answer, **more)
    assert (shown["code"], shown["path"]) == (code, path)
    assert shown["message"]
    assert await answer(miniature.SERVICE, COUNT) == before


async def test_nobody_is_refused(answer: Answer) -> None:
    assert (await recorded(answer, actor=None))["code"] == "NOT_SIGNED_IN"


async def test_a_refusal_that_the_union_lists_not_is_a_coded_error(ask: Ask) -> None:
    result = await ask(miniature.HR, DOCUMENT, input=given(score="1"))
    assert result.data == {"recordEvaluation": None}
    assert result.errors[0].extensions == {"code": "CONFLICT", "path": []}


async def test_the_unexpected_goes_upwards_and_leaves_nothing(ask: Ask, answer: Answer) -> None:
    before = await answer(miniature.SERVICE, COUNT)
    result = await ask(miniature.HR, DOCUMENT, input=given(score="2"))
    assert isinstance(result.errors[0].original_error, ZeroDivisionError)
    assert await answer(miniature.SERVICE, COUNT) == before


async def test_what_was_changed_out_of_sight_is_said_so(ask: Ask) -> None:
    result = await ask(miniature.employee(5), DOCUMENT, input=given(person="pe6"))
    assert result.data == {"recordEvaluation": None}
    assert result.errors[0].extensions == {"code": "OUT_OF_SIGHT"}


@pytest.mark.parametrize("field", ["recordEvaluation(input: $input) @include(if: $on) { __typename }", "__typename"])
async def test_a_condition_that_is_null_is_refused(answers: Answers, mini: database.Database, field: str) -> None:
    again = "again: recordEvaluation(input: $input) { ... @include(if: $on) { __typename } }"
    text = f"mutation ($input: RecordEvaluationInput!, $on: Boolean = true) {{ {field} {again} }}"
    (operation,) = operations(parse(text)).values()
    variables = {"input": given(), "on": None}
    came = [await by(operation, variables, Request(mini, miniature.HR)) for by in (answers.reference, answers.answer)]
    assert came[0].errors
    assert [str(error) for error in came[0].errors] == [str(error) for error in came[1].errors]
    assert came[0].data == came[1].data


async def test_several_mutations_run_in_turn_each_by_itself(answer: Answer) -> None:
    document = """mutation ($a: RecordEvaluationInput!, $b: RecordEvaluationInput!, $c: RecordEvaluationInput!) {
      a: recordEvaluation(input: $a) { ... on Evaluation { id } }
      b: recordEvaluation(input: $b) { ... on Full { code } }
      c: recordEvaluation(input: $c) { ... on Evaluation { person { evaluations(last: 5) { score } } } }
    }"""
    shown = await answer(
        miniature.HR,
        document,
        a=given(clientMutationKey="a", score="11"),
        b=given(clientMutationKey="b", score="0"),
        c=given(clientMutationKey="c", score="12"),
    )
    assert shown["a"]["id"]
    assert shown["b"] == {"code": "FULL"}
    scores = [each["score"] for each in shown["c"]["person"]["evaluations"]]
    assert {"11.00", "12.00"} <= set(scores)


@pytest.mark.parametrize("missing", ["clientMutationKey", "person", "score"])
async def test_required_fields_are_required_by_the_type(ask: Ask, missing: str) -> None:
    whole = given()
    del whole[missing]
    result = await ask(miniature.HR, DOCUMENT, input=whole)
    assert result.data is None
    assert missing in result.errors[0].message
