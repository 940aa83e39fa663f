"""What changed in the schema since the last release: found, and asked to be named."""

from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_schema

from tools import schema_diff

RELEASED_SDL = """
directive @only(role: String) on FIELD
interface Node { id: ID! }
type Query { person(id: ID!): Person, state: State, found: Found, list(where: Where): [Person], count: Int }
type Person implements Node { id: ID!, name: String!, age: Int! }
type Unit implements Node { id: ID! }
union Found = Person | Unit
enum State { OPEN CLOSED }
input Where { name: String }
"""

BREAKING = [
    ("age: Int!", "", ["Person.age"]),
    ("age: Int!", "age: Int", ["Person.age"]),
    ("person(id: ID!)", "person(by: ID!)", ["Query.person(id:)", "Query.person(by:)"]),
    ("OPEN CLOSED", "OPEN", ["State.CLOSED"]),
    ("Person | Unit", "Person", ["Unit", "Found"]),
    ("type Unit implements Node", "type Unit", ["Unit", "Node"]),
    ("name: String }", "name: String! }", ["Where.name"]),
    ("name: String }", "name: String, nip: String! }", ["Where.nip"]),
    ("@only(role: String)", "@only", ["@only(role:)"]),
    ("directive @only(role: String) on FIELD", "", ["@only"]),
]


def build_changed_schema(old: str, new: str) -> GraphQLSchema:
    assert RELEASED_SDL.count(old) == 1
    return build_schema(RELEASED_SDL.replace(old, new))


@pytest.mark.parametrize(("old", "new", "names"), BREAKING, ids=[f"{old} to {new}" for old, new, _ in BREAKING])
def test_breaking_changes_must_be_in_the_unreleased_changelog(old: str, new: str, names: list[str]) -> None:
    released, current = build_schema(RELEASED_SDL), build_changed_schema(old, new)
    quoted = " ".join(f"`{name}`" for name in names)
    for text in ("", quoted, f"## Unreleased\n## 0.1.0\n{quoted}"):
        lines, missing = schema_diff.describe_schema_changes(released, current, text)
        assert missing >= 1
        assert all(any(f"`{name}`" in line for line in lines) for name in names)
    for name in names:
        assert schema_diff.describe_schema_changes(
            released, current, f"## Unreleased\n{quoted.replace(f'`{name}`', name)}\n## 0.1.0"
        )[1]
    assert schema_diff.describe_schema_changes(released, current, f"## Unreleased\n{quoted}\n## 0.1.0\n")[1] == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: String!,", "name: String!, rank: String,"),
        ("list(where: Where)", "list(where: Where, first: Int)"),
        ("OPEN CLOSED", "OPEN CLOSED HELD"),
        ("Person | Unit", "Person | Unit | Lost"),
    ],
)
def test_what_is_added_needs_no_name(old: str, new: str) -> None:
    current = build_schema(RELEASED_SDL.replace(old, new) + "type Lost { id: ID! }")
    lines, missing = schema_diff.describe_schema_changes(build_schema(RELEASED_SDL), current, "")
    assert missing == 0
    assert "0 breaking" in lines[-1]


def test_equal_schemas_differ_in_nothing() -> None:
    schema = build_schema(RELEASED_SDL)
    lines, missing = schema_diff.describe_schema_changes(schema, build_schema(RELEASED_SDL), "")
    assert (lines, missing) == (["schema since the last release: 0 breaking (0 named), 0 dangerous, 0 others"], 0)


def test_a_release_keeps_the_schema_under_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema_diff, "RELEASED", tmp_path / "released.graphql")
    monkeypatch.setattr(schema_diff, "CHANGELOG", tmp_path / "CHANGELOG.md")
    (tmp_path / "CHANGELOG.md").write_text("## Unreleased\n")
    assert schema_diff.main(["--release", "1.2.0"]) == 0
    text = (tmp_path / "released.graphql").read_text()
    assert text.splitlines()[0] == "# As released in 1.2.0; `make diff-schema` compares with it."
    assert schema_diff.main([]) == 0


def test_the_command_fails_for_what_is_not_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in (
        ("RELEASED", RELEASED_SDL),
        ("CURRENT", RELEASED_SDL.replace("age: Int!", "")),
        ("CHANGELOG", ""),
    ):
        (tmp_path / name).write_text(text)
        monkeypatch.setattr(schema_diff, name, tmp_path / name)
    assert schema_diff.main([]) == 1
    assert "CHANGELOG.md, Unreleased, does not name `Person.age`" in capsys.readouterr().err
    (tmp_path / "CHANGELOG").write_text("## Unreleased\n- `Person.age` is gone.\n")
    assert schema_diff.main([]) == 0
