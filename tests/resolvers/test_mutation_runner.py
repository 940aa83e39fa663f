"""Mutations: input, transaction, payload, refusals as union members, the same key once."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from graphql import parse, validate

from domain.actor import Actor
from kinerja.postgres import database
from resolvers.executor import Executor
from resolvers.operations import split_operations
from tests.resolvers import miniature
from tests.resolvers.conftest import DocumentResult, FetchData, ResolverContext, RunDocument

DOCUMENT = """mutation ($input: RecordEvaluationInput!) { recordEvaluation(input: $input) { __typename
  ... on Evaluation { id kind score note sentence person { id evaluations(last: 1) { id } } }
  ... on Refusal { code message path }
} }"""
COUNT = "{ evaluations(first: 0) { totalCount } }"


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    miniature.STORED_KEYS.clear()
    yield
    miniature.STORED_KEYS.clear()


@pytest.fixture(autouse=True)
async def kept_as_it_was(request_of: Callable[[Actor | None], ResolverContext]) -> Any:
    yield
    async with request_of(miniature.SERVICE).data.lend_connection() as connection:
        await connection.execute("DELETE FROM mini_evaluation WHERE id >= 1000")


@pytest.fixture(params=["reference", "planner"])
def ask(request: pytest.FixtureRequest, executor: Executor, mini: database.Database) -> RunDocument:
    """Run a document by either executor: both change the same, and say the same."""
    by = executor.execute_by_reference if request.param == "reference" else executor.execute

    async def run(actor: Actor | None, document: str, /, **variables: Any) -> DocumentResult:
        asking = ResolverContext(mini, actor)
        if errors := validate(executor.schema, parse(document)):
            return DocumentResult(None, errors, [], [], 0)
        (operation,) = split_operations(parse(document)).values()
        came = await by(operation, variables, asking)
        assert came.planned == (request.param == "planner" and came.data is not None)
        data = None if came.data is None else json.loads(came.data)
        return DocumentResult(data, list(came.errors), asking.statements, asking.values, asking.finished_count)

    return run


@pytest.fixture
def answer(ask: RunDocument) -> FetchData:
    """Run a document that must not fail; its data."""

    async def run(actor: Actor | None, document: str, /, **variables: Any) -> dict[str, Any]:
        result = await ask(actor, document, **variables)
        assert not result.errors, result.errors
        return dict(result.data)

    return run


def create_input(**more: Any) -> dict[str, Any]:
    return {"clientMutationKey": "k", "person": "pe5", "score": "97.50", **more}


async def record_and_count(answer: FetchData, actor: Actor | None = miniature.HR, **more: Any) -> dict[str, Any]:
    shown = await answer(actor, DOCUMENT, input=create_input(**more))
    return dict(shown["recordEvaluation"])


async def test_a_command_shows_what_it_changed(answer: FetchData) -> None:
    shown = await record_and_count(
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


async def test_defaults_are_the_models_own(answer: FetchData) -> None:
    shown = await record_and_count(answer, note=None)
    assert (shown["kind"], shown["note"], shown["sentence"]) == ("TRIWULAN", None, "nilai 0 TRIWULAN")


async def test_the_same_key_does_nothing_twice(answer: FetchData) -> None:
    before = (await answer(miniature.SERVICE, COUNT))["evaluations"]["totalCount"]
    first, second = await record_and_count(answer), await record_and_count(answer)
    assert first == second
    assert (await answer(miniature.SERVICE, COUNT))["evaluations"]["totalCount"] == before + 1
    other = await record_and_count(answer, score="1.50")
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
    answer: FetchData, more: dict[str, Any], code: str, path: list[str]
) -> None:
    before = await answer(miniature.SERVICE, COUNT)
    shown = await record_and_count(answer, **more)
    assert (shown["code"], shown["path"]) == (code, path)
    assert shown["message"]
    assert await answer(miniature.SERVICE, COUNT) == before


async def test_nobody_is_refused(answer: FetchData) -> None:
    assert (await record_and_count(answer, actor=None))["code"] == "NOT_SIGNED_IN"


async def test_a_refusal_that_the_union_lists_not_is_a_coded_error(ask: RunDocument) -> None:
    result = await ask(miniature.HR, DOCUMENT, input=create_input(score="1"))
    assert result.data == {"recordEvaluation": None}
    assert result.errors[0].extensions == {"code": "CONFLICT", "path": []}


async def test_the_unexpected_goes_upwards_and_leaves_nothing(ask: RunDocument, answer: FetchData) -> None:
    before = await answer(miniature.SERVICE, COUNT)
    result = await ask(miniature.HR, DOCUMENT, input=create_input(score="2"))
    assert isinstance(result.errors[0].original_error, ZeroDivisionError)
    assert await answer(miniature.SERVICE, COUNT) == before


async def test_what_was_changed_out_of_sight_is_said_so(ask: RunDocument) -> None:
    result = await ask(miniature.create_employee(5), DOCUMENT, input=create_input(person="pe6"))
    assert result.data == {"recordEvaluation": None}
    assert result.errors[0].extensions == {"code": "OUT_OF_SIGHT"}


@pytest.mark.parametrize("field", ["recordEvaluation(input: $input) @include(if: $on) { __typename }", "__typename"])
async def test_a_condition_that_is_null_is_refused(executor: Executor, mini: database.Database, field: str) -> None:
    again = "again: recordEvaluation(input: $input) { ... @include(if: $on) { __typename } }"
    text = f"mutation ($input: RecordEvaluationInput!, $on: Boolean = true) {{ {field} {again} }}"
    (operation,) = split_operations(parse(text)).values()
    variables = {"input": create_input(), "on": None}
    came = [
        await by(operation, variables, ResolverContext(mini, miniature.HR))
        for by in (executor.execute_by_reference, executor.execute)
    ]
    assert came[0].errors
    assert [str(error) for error in came[0].errors] == [str(error) for error in came[1].errors]
    assert came[0].data == came[1].data


async def test_several_mutations_run_in_turn_each_by_itself(answer: FetchData) -> None:
    document = """mutation ($a: RecordEvaluationInput!, $b: RecordEvaluationInput!, $c: RecordEvaluationInput!) {
      a: recordEvaluation(input: $a) { ... on Evaluation { id } }
      b: recordEvaluation(input: $b) { ... on Full { code } }
      c: recordEvaluation(input: $c) { ... on Evaluation { person { evaluations(last: 5) { score } } } }
    }"""
    shown = await answer(
        miniature.HR,
        document,
        a=create_input(clientMutationKey="a", score="11"),
        b=create_input(clientMutationKey="b", score="0"),
        c=create_input(clientMutationKey="c", score="12"),
    )
    assert shown["a"]["id"]
    assert shown["b"] == {"code": "FULL"}
    scores = [each["score"] for each in shown["c"]["person"]["evaluations"]]
    assert {"11.00", "12.00"} <= set(scores)


@pytest.mark.parametrize("missing", ["clientMutationKey", "person", "score"])
async def test_required_fields_are_required_by_the_type(ask: RunDocument, missing: str) -> None:
    whole = create_input()
    del whole[missing]
    result = await ask(miniature.HR, DOCUMENT, input=whole)
    assert result.data is None
    assert missing in result.errors[0].message
