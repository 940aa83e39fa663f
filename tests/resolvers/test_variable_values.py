"""Variables and arguments come out as graphql-core gives them, whichever way they were read."""

from collections.abc import Mapping
from typing import Any

import pytest
from graphql import FieldNode, GraphQLError, build_schema, get_argument_values, parse
from graphql.execution.values import VariableValues, get_variable_values
from hypothesis import given
from hypothesis import strategies as st

from resolvers import variable_values
from resolvers.graph import model
from resolvers.operations import Operation, split_operations
from resolvers.planner import field_arguments, request_values
from tests.resolvers.miniature import NOW, TODAY

SCHEMA = build_schema("""
    enum Colour { RED GREEN }
    input Where { colour: Colour = RED, name: String! }
    type Query {
        f(id: ID!, n: Int = 7, x: Float, yes: Boolean! = true, colour: Colour, names: [String!], where: Where): Int
    }
""")
QUERY = SCHEMA.query_type
TYPES = ("ID!", "ID", "Int!", "Int", "Float", "Boolean!", "String", "Colour!", "Colour", "[String!]", "Where")
VALUES: tuple[Any, ...] = (
    "1",
    "",
    "RED",
    "PINK",
    0,
    1,
    -5,
    2**31,
    1.5,
    2.0,
    True,
    None,
    [],
    ["a"],
    {"name": "a"},
    {"colour": "RED"},
)


def operation(document: str) -> Operation:
    (found,) = split_operations(parse(document)).values()
    return found


def read_plain_values(found: VariableValues | list[GraphQLError]) -> Any:
    """What can be compared of values, or of what is wrong."""
    if isinstance(found, VariableValues):
        return repr(found.coerced), {
            name: (str(each.signature.type), each.value) for name, each in found.sources.items()
        }
    return [(each.message, each.locations) for each in found]


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize("default", ["", " = null", " = 1", " = RED", ' = "a"'])
def test_a_variable_is_what_graphql_core_says(type_: str, default: str) -> None:
    asked = operation(f"query ($v: {type_}{default}) {{ __typename }}")
    definitions = asked.node.variable_definitions or ()
    several: list[dict[str, Any]] = [{}, {"other": 1}, *({"v": value} for value in VALUES)]
    for values in several:
        expected = read_plain_values(get_variable_values(SCHEMA, definitions, values))
        assert read_plain_values(variable_values.coerce_variables(SCHEMA, asked, values)) == expected


@given(st.lists(st.tuples(st.sampled_from(TYPES), st.sampled_from(VALUES), st.booleans()), max_size=5))
def test_so_are_several(several: list[tuple[str, Any, bool]]) -> None:
    declared = " ".join(f"$v{place}: {type_}" for place, (type_, _, _) in enumerate(several))
    asked = operation(f"query ({declared}) {{ __typename }}" if several else "{ __typename }")
    values = {f"v{place}": value for place, (_, value, said) in enumerate(several) if said}
    expected = get_variable_values(SCHEMA, asked.node.variable_definitions or (), dict(values))
    assert read_plain_values(variable_values.coerce_variables(SCHEMA, asked, values)) == read_plain_values(expected)


def collect_outcome(arguments: Any) -> Any:
    try:
        return dict(arguments())
    except GraphQLError as error:
        return error.message


def create_field_call(asked: Operation) -> request_values.FieldCall:
    node = asked.node.selection_set.selections[0]
    assert isinstance(node, FieldNode)
    assert QUERY is not None
    return request_values.build_field_call(model.LookupSource("f", is_list=False), QUERY.fields["f"], node)


ARGUMENTS = {
    "id": ("$id", '"a"'),
    "n": ("", "$n", "3"),
    "yes": ("", "$yes", "false"),
    "names": ("", "$names", '["b"]', '["b", $name]'),
    "colour": ("", "$colour", "GREEN", "null"),
    "where": ("", "$where", '{name: "c"}', "{name: $name}"),
}
DECLARED = """$id: ID!, $n: Int, $yes: Boolean = false, $names: [String!], $name: String! = "d", $colour: Colour,
    $where: Where"""
VARIABLE_INPUTS: Mapping[str, Any] = {
    "id": "x",
    "n": 4,
    "yes": True,
    "names": ["e"],
    "name": "f",
    "colour": "RED",
    "where": {"name": "g"},
}


@given(
    st.fixed_dictionaries({name: st.sampled_from(values) for name, values in ARGUMENTS.items()}),
    st.sets(st.sampled_from(sorted(set(VARIABLE_INPUTS) - {"id"}))),
    st.sets(st.sampled_from(["n", "names", "colour", "where", "yes"])),
)
def test_arguments_are_what_graphql_core_says(said: Mapping[str, str], left_out: set[str], null: set[str]) -> None:
    listed = ", ".join(f"{name}: {value}" for name, value in said.items() if value)
    asked = operation(f"query ({DECLARED}) {{ f({listed}) }}")
    values = {
        name: None if name in null else value for name, value in VARIABLE_INPUTS.items() if name not in left_out
    }
    variables = variable_values.coerce_variables(SCHEMA, asked, values)
    assert isinstance(variables, VariableValues)
    at = create_field_call(asked)
    request = request_values.RequestValues(field_arguments.QueryContext(None, TODAY, NOW, 100, {}), variables)
    expected = collect_outcome(lambda: get_argument_values(at.definition, at.node, variables))
    assert collect_outcome(lambda: request.coerce_arguments(at)) == expected
