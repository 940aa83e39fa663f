"""The schema in the repository is the schema that is served, and it describes itself."""

from pathlib import Path

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    build_schema,
    parse,
)

from schema.schema import SCHEMA

COMMITTED = Path(__file__).parents[2] / "schema" / "schema.graphql"


def test_the_committed_schema_is_the_one_served() -> None:
    assert COMMITTED.read_text() == SCHEMA.as_str() + "\n", "run `make sdl` and commit what it writes"


def test_everything_is_described() -> None:
    schema = build_schema(COMMITTED.read_text())
    bare = []
    for name, kind in schema.type_map.items():
        if name.startswith("__"):
            continue
        bare += [] if kind.description else [name]
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for field_name, field in kind.fields.items():
                bare += [] if field.description else [f"{name}.{field_name}"]
                bare += [f"{name}.{field_name}({arg})" for arg, each in field.args.items() if not each.description]
        if isinstance(kind, GraphQLInputObjectType):
            bare += [f"{name}.{field}" for field, each in kind.fields.items() if not each.description]
        if isinstance(kind, GraphQLEnumType):
            bare += [f"{name}.{value}" for value, each in kind.values.items() if not each.description]
    assert not bare


def test_there_are_no_floats() -> None:
    named = {node.name.value for node in parse(COMMITTED.read_text()).definitions if hasattr(node, "name")}
    assert "Float" not in COMMITTED.read_text()
    assert {"Decimal", "Date", "DateTime", "Nip", "Period"} <= named


def test_each_mutation_has_an_input_and_a_result_of_its_name() -> None:
    schema = build_schema(COMMITTED.read_text())
    assert schema.mutation_type
    for name, field in schema.mutation_type.fields.items():
        capital = name[0].upper() + name[1:]
        assert str(field.type) == f"{capital}Result"
        assert {arg: str(each.type) for arg, each in field.args.items()} == {"input": f"{capital}Input!"}
        asked = schema.type_map[f"{capital}Input"]
        assert isinstance(asked, GraphQLInputObjectType)
        assert str(asked.fields["clientMutationKey"].type) == "String!"
