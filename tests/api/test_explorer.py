"""The examples of the query page: each fits the schema, and each is answered."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from graphql import OperationDefinitionNode, build_schema, parse, validate
from graphql.execution.values import get_variable_values

import kinerja
from kinerja.demo import documents
from schema.graph import SCHEMA
from tests.api.conftest import Ask
from tests.api.test_reads import data

_ENTRY = re.compile(
    r"""  \{
    name: "(.+)",
    query: `([^`]+)`,
(?:    variables: (\{[^`]*?\}),
)?  \},"""
)
SDL = build_schema(SCHEMA.as_str())


@dataclass(frozen=True, slots=True)
class Example:
    """One entry of the page's list."""

    name: str
    query: str
    variables: dict[str, Any]


def examples() -> list[Example]:
    """What stands in the script; its variables are written as JSON."""
    (folder,) = kinerja.__path__
    script = (Path(folder) / "static" / "explorer.js").read_text()
    listed = script.partition("const EXAMPLES = [\n")[2].partition("\n];\n")[0]
    found = [Example(name, query, json.loads(values or "{}")) for name, query, values in _ENTRY.findall(listed)]
    assert len(found) == listed.count("query: `") >= 6
    return found


EXAMPLES = examples()
each_example = pytest.mark.parametrize("example", EXAMPLES, ids=[each.name for each in EXAMPLES])


@each_example
def test_an_example_fits_the_schema_with_its_variables(example: Example) -> None:
    document = parse(example.query)
    assert validate(SDL, document) == []
    (operation,) = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    taken = get_variable_values(SDL, operation.variable_definitions or (), example.variables)
    assert not isinstance(taken, list), taken
    assert set(example.variables) == {each.variable.name.value for each in operation.variable_definitions or ()}


async def test_the_first_example_needs_no_token(ask: Ask) -> None:
    first = EXAMPLES[0]
    positions = data(await ask(None, first.query, **first.variables))["positions"]
    assert len(positions["nodes"]) == first.variables["first"]
    assert any(node["gap"] != 0 for node in positions["nodes"])


@each_example
async def test_hr_is_answered(ask: Ask, example: Example) -> None:
    values = example.variables
    if "input" in values:
        session = data(await ask("hr", documents.SESSIONS, today="2025-01-01"))["sessions"]["edges"][0]["node"]["id"]
        values = {"input": {**values["input"], "session": session}}
    found = data(await ask("hr", example.query, **values))
    assert all(found.values())
    assert '"nodes": []' not in json.dumps(found)
    assert found.get("assignTraining", {}).get("__typename") in {None, "AssignmentBatch"}
