"""The examples of the page: each fits the schema, and each is answered to the role that it is for."""

import json
from typing import Any

import pytest
from graphql import OperationDefinitionNode, OperationType, build_schema, parse, validate
from graphql.execution.values import get_variable_values

from kinerja.demo import documents
from kinerja.graphql_server import graphiql_examples
from kinerja.graphql_server.graphiql_examples import ExampleOperation
from schema.schema import SCHEMA
from tests.api.conftest import ApiRequest
from tests.api.test_reads import read_data

SDL = build_schema(SCHEMA.as_str())
EXAMPLES = graphiql_examples.load_examples()
LIVE = {"Live: batches as they are made", "Live: jobs as they come further"}

for_every_example = pytest.mark.parametrize("shown", EXAMPLES, ids=[each.title for each in EXAMPLES])


def read_operation(shown: ExampleOperation) -> OperationDefinitionNode:
    """The one operation of an example."""
    (found,) = parse(shown.query).definitions
    assert isinstance(found, OperationDefinitionNode)
    return found


def find_example(title: str) -> ExampleOperation:
    """The example of a title."""
    (found,) = (each for each in EXAMPLES if each.title == title)
    return found


@for_every_example
def test_an_example_fits_the_schema_with_its_variables(shown: ExampleOperation) -> None:
    assert validate(SDL, parse(shown.query)) == []
    defined = read_operation(shown).variable_definitions or ()
    taken = get_variable_values(SDL, defined, shown.variables)
    assert not isinstance(taken, list), taken
    assert set(shown.variables) == {each.variable.name.value for each in defined}


async def test_the_first_example_needs_no_token(ask: ApiRequest) -> None:
    first = EXAMPLES[0]
    assert first.role == graphiql_examples.ANONYMOUS_ROLE
    positions = read_data(await ask(None, first.query, **first.variables))["positions"]
    assert len(positions["nodes"]) == first.variables["first"]
    assert any(node["gap"] != 0 for node in positions["nodes"])


@for_every_example
async def test_an_example_is_answered_to_its_role(ask: ApiRequest, shown: ExampleOperation) -> None:
    if read_operation(shown).operation is OperationType.SUBSCRIPTION:
        assert shown.title in LIVE  # they are opened in a browser, by `make test-explorer`
        return
    role = None if shown.role == graphiql_examples.ANONYMOUS_ROLE else shown.role
    await happened(ask)
    found = read_data(await ask(role, shown.query, **await fill_example(ask, shown)))
    assert all(found.values())
    assert '"nodes": []' not in json.dumps(found)
    assert "code" not in next(iter(found.values())), found


async def happened(ask: ApiRequest) -> None:
    """Have HR assign training and the administrator ask for a job, so that there is something to list."""
    shown = find_example("Assign training")
    read_data(await ask("hr", shown.query, **await fill_example(ask, shown)))
    read_data(await ask("admin", documents.NEXT_QUARTER, key="examples"))


async def fill_example(ask: ApiRequest, shown: ExampleOperation) -> dict[str, Any]:
    """The variables of an example, with what it tells to take from another one."""
    given = shown.variables.get("input", {})
    if "session" in given:
        sessions = find_example("Open sessions")
        nodes = read_data(await ask("hr", sessions.query, **sessions.variables))["sessions"]["nodes"]
        return {"input": {**given, "session": nodes[0]["id"]}}
    if "plan" in given:
        team = find_example("My team")
        nodes = read_data(await ask("supervisor", team.query, **team.variables))["me"]["team"]["nodes"]
        plan = next(each["plan"]["id"] for each in nodes if each["evaluations"][-1]["period"] == "2024-Q3")
        return {"input": {**given, "plan": plan, "period": "2024-Q4"}}
    return shown.variables
