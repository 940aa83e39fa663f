"""What the clients are installed from: exact versions, hashes, no address, no script."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLScalarType, build_schema, is_specified_scalar_type

ROOT = Path(__file__).parents[2]
PROJECTS = ("tests/clients/node", "tests/schema/lint", "examples/client")


@pytest.mark.parametrize("project", PROJECTS)
def test_npm_projects_are_pinned_and_locked_without_addresses(project: str) -> None:
    folder = ROOT / project
    package = json.loads((folder / "package.json").read_text())
    lock = json.loads((folder / "package-lock.json").read_text())
    wanted = {**package.get("dependencies", {}), **package["devDependencies"]}
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values()), wanted
    packages: dict[str, dict[str, Any]] = lock["packages"]
    root = packages.pop("")
    assert {**root.get("dependencies", {}), **root["devDependencies"]} == wanted, "run npm install"
    assert not [name for name, each in packages.items() if "resolved" in each or not each.get("integrity")]
    settings = (folder / ".npmrc").read_text().splitlines()
    assert {"omit-lockfile-registry-resolved=true", "ignore-scripts=true"} <= set(settings)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "tests/clients/requirements").glob("*.txt")), ids=lambda path: path.name
)
def test_wheels_are_hashed_and_without_addresses(path: Path) -> None:
    text = path.read_text()
    assert "://" not in text
    requirements = [line for line in text.splitlines() if re.match(r"\w", line)]
    assert requirements
    assert all(re.match(r"[\w.-]+(\[[\w,-]+\])?==", line) for line in requirements)
    assert text.count("--hash=sha256:") >= len(requirements)
    assert path.with_suffix(".in").exists()


def test_the_example_has_a_type_for_each_scalar_of_the_schema() -> None:
    schema = build_schema((ROOT / "schema/schema.graphql").read_text())
    own = {
        name
        for name, each in schema.type_map.items()
        if isinstance(each, GraphQLScalarType) and not is_specified_scalar_type(each)
    }
    named = re.findall(r'(\w+): branded\("(\w+)"\)', (ROOT / "examples/client/codegen.ts").read_text())
    assert {scalar for scalar, _ in named} == own | {"ID"}
    types = set(re.findall(r'type (\w+) = Branded<"(\w+)">', (ROOT / "examples/client/src/scalars.ts").read_text()))
    assert {(kind, scalar) for scalar, kind in named} == types


def test_the_lint_excuses_types_that_there_are() -> None:
    schema = build_schema((ROOT / "schema/schema.graphql").read_text())
    configuration = (ROOT / "tests/schema/lint/eslint.config.js").read_text()
    (listed,) = re.findall(r"const VALUES = \[(.*?)\];", configuration, re.DOTALL)
    assert set(re.findall(r'"(\w+)"', listed)) <= set(schema.type_map)
