"""The planner: one statement, plans found again, bounded, stepping aside where it must."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from graphql import GraphQLError, parse, validate

from domain.actor import Actor
from kinerja.postgres import database
from resolvers.executor import ExecutionResult, Executor
from resolvers.operations import Operation, split_operations
from resolvers.planner import plan_cache
from tests.resolvers import miniature
from tests.resolvers.conftest import ResolverContext

DEEP = """query ($n: Int = 2, $deep: Boolean = true) {
  people(first: $n) {
    totalCount pageInfo { hasNextPage endCursor }
    edges { cursor node { name evaluations(last: 2) @include(if: $deep) { score sentence } } }
  }
}"""


def parse_single_operation(executor: Executor, document: str) -> Operation:
    parsed = parse(document)
    assert not validate(executor.schema, parsed)
    (found,) = split_operations(parsed).values()
    return found


Run = Callable[..., Awaitable[tuple[ExecutionResult, ResolverContext]]]


@pytest.fixture
def run(executor: Executor, mini: database.Database) -> Run:
    """Answer an operation as an actor."""

    async def answered(
        actor: Actor | None, asked: Operation, /, **variables: Any
    ) -> tuple[ExecutionResult, ResolverContext]:
        request = ResolverContext(mini, actor)
        return await executor.execute(asked, variables, request), request

    return answered


def list_page_sizes(asked: Operation) -> list[int]:
    return [tree.size for tree in asked.plans.values()]


async def test_a_document_is_one_statement(executor: Executor, run: Run) -> None:
    came, request = await run(miniature.HR, parse_single_operation(executor, DEEP))
    assert came.planned
    assert len(request.statements) == 1


async def test_other_values_need_no_other_plan(executor: Executor, run: Run) -> None:
    asked = parse_single_operation(executor, DEEP)
    texts = {(await run(miniature.HR, asked, n=n))[1].statements[0] for n in (2, 3, 10)}
    assert len(texts) == 1
    assert list_page_sizes(asked) == [1]


async def test_what_shapes_the_statement_has_its_own_plan(executor: Executor, run: Run) -> None:
    asked = parse_single_operation(executor, DEEP)
    for deep in (True, False, True, False):
        came, _ = await run(miniature.HR, asked, deep=deep)
        assert (b"evaluations" in (came.data or b"")) == deep
    assert list_page_sizes(asked) == [2]


async def test_each_role_has_its_own_plan(executor: Executor, run: Run) -> None:
    asked = parse_single_operation(executor, "{ people(first: 1) { totalCount } }")
    counts = [(await run(actor, asked))[0].data for actor in (miniature.SERVICE, miniature.create_employee(5), None)]
    assert counts == [b'{"people":{"totalCount":%d}}' % number for number in (30, 1, 0)]
    assert len(asked.plans) == 3


async def test_plans_of_an_operation_are_bounded(executor: Executor, run: Run) -> None:
    conditions = [f"c{number}" for number in range(6)]
    asked = parse_single_operation(
        executor,
        f"query ({' '.join(f'${name}: Boolean!' for name in conditions)}) {{ people(first: 1) {{ nodes {{ id "
        f"{' '.join(f'{name}: name @include(if: ${name})' for name in conditions)} }} }} }}",
    )
    for number in range(64):
        chosen = {name: bool(number >> place & 1) for place, name in enumerate(conditions)}
        came, _ = await run(miniature.HR, asked, **chosen)
        assert [name for name in conditions if f'"{name}"'.encode() in (came.data or b"")] == [
            name for name in conditions if chosen[name]
        ]
        assert list_page_sizes(asked)[0] <= plan_cache.MAX_PLANS


async def test_an_argument_that_is_refused_is_left_to_the_reference(executor: Executor, run: Run) -> None:
    asked = parse_single_operation(executor, "query ($n: Int!) { people(first: $n) { totalCount } }")
    came, request = await run(miniature.HR, asked, n=1_000)
    assert came.fallback_reason == "an argument that is refused"
    assert [str(error.path) for error in came.errors] == ["['people']"]
    assert request.statements == []
    assert (await run(miniature.HR, asked, n=1))[0].planned


async def test_a_variable_that_is_refused_is_said_before_anything_runs(executor: Executor, run: Run) -> None:
    came, request = await run(miniature.HR, parse_single_operation(executor, DEEP), n="two")
    assert came.data is None
    assert came.errors
    assert request.statements == []


async def test_a_service_is_left_to_the_reference(executor: Executor, run: Run) -> None:
    came, _ = await run(miniature.HR, parse_single_operation(executor, "{ clock people(first: 1) { totalCount } }"))
    assert came.fallback_reason == "a service"
    assert not came.errors


PAYLOAD = 'query ($n: Int = 1) { node(id: "pe5") { ... on Person { id evaluations(last: $n) { score } } } }'


async def test_a_payload_is_one_row_as_a_selection_asks(executor: Executor, mini: database.Database) -> None:
    asked = parse_single_operation(executor, PAYLOAD)
    nodes = [asked.node.selection_set.selections[0]]
    request = ResolverContext(mini, miniature.HR)
    shown = await executor.render_payload(asked, nodes, "Person", 5, {}, request)  # type: ignore[arg-type]  # a field node
    whole = (await executor.execute(asked, {}, ResolverContext(mini, miniature.HR))).data
    assert shown is not None
    assert whole == b'{"node":' + shown + b"}"
    assert len(request.statements) == 1
    out_of_sight = ResolverContext(mini, miniature.create_employee(6))
    assert await executor.render_payload(asked, nodes, "Person", 5, {}, out_of_sight) is None  # type: ignore[arg-type]


async def test_a_payload_says_what_is_refused(executor: Executor, mini: database.Database) -> None:
    asked = parse_single_operation(executor, PAYLOAD)
    nodes = [asked.node.selection_set.selections[0]]
    with pytest.raises(GraphQLError, match="`last` is from 0 to"):
        await executor.render_payload(asked, nodes, "Person", 5, {"n": 10_000}, ResolverContext(mini, miniature.HR))  # type: ignore[arg-type]
