"""What an operation may cost, over the served graph."""

from collections.abc import Mapping
from typing import Any

import pytest
from graphql import get_introspection_query, parse, validate
from hypothesis import given
from hypothesis import strategies as st

from kinerja.graphql_server import query_cost
from kinerja.served_api import API
from resolvers.graph import model
from resolvers.operations import split_operations

COSTS = query_cost.CostModel(API.graphql_schema, API.graph, 1_000)


def price(text: str, variables: Mapping[str, Any] | None = None) -> int:
    document = parse(text)
    assert validate(API.graphql_schema, document) == []
    (operation,) = split_operations(document).values()
    return COSTS.compile_cost(operation).data_cost(variables or {})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ __typename }", 0),
        ("{ me { name nip } }", 1),
        ("{ me { position { unit { name } } } }", 3),
        ("{ people(first: 50) { nodes { name } } }", 1 + 50),
        ("{ people(first: 50) { edges { cursor node { name } } pageInfo { hasNextPage } } }", 1 + 50),
        ("{ people(first: 50) { totalCount } }", 1),
        ("{ people(last: 50) { nodes { position { title } unit { name } } } }", 1 + 50 * 3),
        ("{ people(first: 20) { nodes { evaluations { id } } } }", 1 + 20 * (1 + 4)),
        ("{ people(first: 20) { nodes { evaluations(last: 9) { id } } } }", 1 + 20 * (1 + 9)),
        ("{ people(first: 20) { nodes { plan { results { indicators { name } } } } } }", 1 + 20 * (2 + 5 * (1 + 5))),
        ("{ people(first: 10) { nodes { team(first: 10) { nodes { id } } } } }", 1 + 10 * (1 + 1 + 10)),
        ("{ people(first: 1000000) { nodes { name } } }", 1 + 1_000),
        ("{ people(first: -5) { nodes { name } } }", 1),
        ("{ people { nodes { name } } }", 1),
        ('{ nodes(ids: ["pe1", "pe2", "pe3"]) { id } }', 3),
        ('{ a: node(id: "pe1") { id } b: node(id: "pe2") { ... on Person { name plan { id } } } }', 3),
        ("{ ...F ...F } fragment F on Query { me { name } }", 2),
        ("{ ... on Query { people(first: 3) { ...P } } } fragment P on PersonConnection { nodes { id } }", 4),
    ],
)
def test_lists_multiply_and_pages_are_no_things(text: str, expected: int) -> None:
    assert price(text) == expected


def test_a_bounded_list_costs_at_most_its_bound() -> None:
    source = API.graph.object_types["Person"].fields["evaluations"].source
    assert isinstance(source, model.BoundedListSource)
    expected = 1 + 20 * (1 + source.max_rows)
    assert price("{ people(first: 20) { nodes { evaluations(last: 9000) { id } } } }") == expected
    assert price("query ($n: Int!) { me { evaluations(last: $n) { id } } }", {"n": 9_000}) == 1 + source.max_rows


@pytest.mark.parametrize(
    ("variables", "size"),
    [({"n": 30}, 30), ({}, 7), ({"n": None}, 0), ({"n": "x"}, 0), ({"n": 10**9}, 1_000), ({"n": -1}, 0)],
)
def test_sizes_come_from_variables(variables: Mapping[str, Any], size: int) -> None:
    text = "query ($n: Int = 7) { people(first: $n) { nodes { name plan { id } } } }"
    assert price(text, variables) == 1 + size * 2


def test_the_size_of_a_list_of_ids_comes_from_variables() -> None:
    text = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert price(text, {"ids": ["pe1"] * 40}) == 40
    assert price(text, {"ids": "pe1"}) == 1


def test_a_default_belongs_to_its_operation() -> None:
    document = parse(
        "query A($n: Int = 5) { ...F } query B($n: Int = 50) { ...F }"
        "fragment F on Query { people(first: $n) { nodes { name } } }"
    )
    found = {name: COSTS.compile_cost(each).data_cost({}) for name, each in split_operations(document).items()}
    assert found == {"A": 6, "B": 51}


def test_commands_and_computed_answers_are_dear() -> None:
    text = "mutation ($i: RequestJobInput!) { requestJob(input: $i) { ... on Job { id } } }"
    assert price(text, {"i": {}}) == query_cost.COMMAND_COST + 1


@given(st.integers(0, 40), st.integers(0, 40))
def test_fragments_cost_as_what_they_stand_for(outer: int, inner: int) -> None:
    spelled = f"{{ people(first: {outer}) {{ nodes {{ team(first: {inner}) {{ nodes {{ plan {{ id }} }} }} }} }} }}"
    spread = """query ($o: Int!, $i: Int!) { ...A } fragment A on Query { people(first: $o) { nodes { ...B } } }
        fragment B on Person { team(first: $i) { nodes { ...C } } } fragment C on Person { plan { id } }"""
    assert price(spelled) == price(spread, {"o": outer, "i": inner}) == 1 + outer * (2 + inner * 2)


def test_fragments_that_double_are_added_up_at_once() -> None:
    links = " ".join(f"fragment F{n} on Person {{ ...F{n + 1} ... {{ ...F{n + 1} }} }}" for n in range(25))
    last = "fragment F25 on Person { team(first: $n) { nodes { id } } }"
    (operation,) = split_operations(parse(f"query ($n: Int!) {{ me {{ ...F0 }} }} {links} {last}")).values()
    assert COSTS.compile_cost(operation).data_cost({"n": 3}) == 1 + 2**25 * 4


def test_the_introspection_query_of_tools_is_half_of_what_is_let_through() -> None:
    for options in ({}, {"descriptions": False}, {"input_value_deprecation": True, "specified_by_url": True}):
        (operation,) = split_operations(parse(get_introspection_query(**options))).values()
        found = COSTS.compile_cost(operation)
        assert 0 < found.schema_cost <= COSTS.max_schema_cost
        assert found.data_cost({}) == query_cost.INTROSPECTION_COST
