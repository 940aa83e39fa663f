"""The conventions that front-end teams rely on, of the schema as it is served."""

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLUnionType,
    get_named_type,
    is_specified_directive,
    is_specified_scalar_type,
)

from resolvers.graph import model
from schema.schema import GRAPH, SCHEMA

SERVED = SCHEMA.graphql_schema
TYPES = {name: named for name, named in SERVED.type_map.items() if not name.startswith("__")}


def list_fields(named: Any) -> dict[str, Any]:
    has = isinstance(named, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType)
    return dict(named.fields) if has else {}


def list_descriptions() -> Iterator[tuple[str, str | None]]:
    for name, named in TYPES.items():
        if not is_specified_scalar_type(named):
            yield name, named.description
        for field, each in list_fields(named).items():
            yield f"{name}.{field}", each.description
            for argument, one in getattr(each, "args", {}).items():
                yield f"{name}.{field}({argument})", one.description
        if isinstance(named, GraphQLEnumType):
            yield from ((f"{name}.{value}", each.description) for value, each in named.values.items())
    for directive in SERVED.directives:
        if not is_specified_directive(directive):
            yield f"@{directive.name}", directive.description


def test_everything_is_described() -> None:
    places = dict(list_descriptions())
    assert len(places) > 500
    assert [place for place, text in places.items() if not text or not text.strip()] == []


def test_descriptions_are_sentences() -> None:
    assert [place for place, text in list_descriptions() if text and not text.rstrip().endswith((".", "…"))] == []


def test_every_scalar_says_where_it_is_specified() -> None:
    ours = {
        name: named.specified_by_url
        for name, named in TYPES.items()
        if isinstance(named, GraphQLScalarType) and not is_specified_scalar_type(named)
    }
    assert set(ours) == {"Date", "DateTime", "Decimal", "Nip", "Period"}
    assert all(url and url.startswith("https://") for url in ours.values()), ours


def test_each_mutation_has_an_input_a_result_and_a_key() -> None:
    assert SERVED.mutation_type
    for name, field in SERVED.mutation_type.fields.items():
        capital = name[0].upper() + name[1:]
        assert {argument: str(each.type) for argument, each in field.args.items()} == {"input": f"{capital}Input!"}
        assert str(field.type) == f"{capital}Result"
        asked, result = TYPES[f"{capital}Input"], TYPES[f"{capital}Result"]
        assert str(list_fields(asked)["clientMutationKey"].type) == "String!"
        assert isinstance(result, GraphQLUnionType)
        done, *refusals = result.types
        assert TYPES["Node"] in done.interfaces
        assert refusals
        assert all(TYPES["Refusal"] in refusal.interfaces for refusal in refusals), name


def test_a_refusal_says_code_message_and_path() -> None:
    assert {name: str(field.type) for name, field in list_fields(TYPES["Refusal"]).items()} == {
        "code": "String!",
        "message": "String!",
        "path": "[String!]!",
    }


def test_nothing_is_called_an_error() -> None:
    assert [name for name in TYPES if name.endswith(("Error", "Exception", "Payload"))] == []


def test_inputs_are_named_by_what_they_do() -> None:
    inputs = [name for name, named in TYPES.items() if isinstance(named, GraphQLInputObjectType)]
    assert [name for name in inputs if not name.endswith(("Input", "Where", "By"))] == []
    keys = {name for name in inputs if getattr(TYPES[name], "is_one_of", False)}
    assert keys == {name for name in inputs if name.endswith("By")}
    assert keys == set(GRAPH.key_inputs)
    orders = {each.name for each in GRAPH.order_enums.values()}
    assert all(name.endswith("Order") for name in orders)


CONNECTIONS = [name for name in TYPES if name.endswith("Connection")]


@pytest.mark.parametrize("name", CONNECTIONS)
def test_a_connection_is_relays(name: str) -> None:
    of = name.removesuffix("Connection")
    assert {field: str(each.type) for field, each in list_fields(TYPES[name]).items()} == {
        "edges": f"[{of}Edge!]!",
        "nodes": f"[{of}!]!",
        "pageInfo": "PageInfo!",
        "totalCount": "Int!",
    }
    assert {field: str(each.type) for field, each in list_fields(TYPES[f"{of}Edge"]).items()} == {
        "cursor": "String!",
        "node": f"{of}!",
    }


def list_output_types() -> Iterator[tuple[str, Any]]:
    for name, named in TYPES.items():
        if isinstance(named, GraphQLObjectType):
            yield from ((f"{name}.{field}", each) for field, each in named.fields.items())


def test_connections_are_asked_alike() -> None:
    paged = {place: each for place, each in list_output_types() if str(each.type).endswith("Connection!")}
    assert len(paged) > 10
    for place, each in paged.items():
        given = {argument: str(one.type) for argument, one in each.args.items()}
        order = given.pop("orderBy")
        where = given.pop("where", None)
        assert given == {"first": "Int", "after": "String", "last": "Int", "before": "String"}, place
        assert order.endswith("Order!"), place
        assert where is None or where.endswith("Where"), place


def list_types_by_kind(kind: Any) -> bool:
    return isinstance(kind.of_type if isinstance(kind, GraphQLNonNull) else kind, GraphQLList)


def test_a_plain_list_is_bounded() -> None:
    """What can grow is a connection; a plain list of rows has a largest length, one of facts is of one answer."""
    rows = {
        f"{name}.{field.name}": field.source
        for name, each in GRAPH.object_types.items()
        for field in each.fields.values()
    }
    rows |= {f"Query.{name}": field.source for name, field in GRAPH.query.fields.items()}
    plain = {
        place
        for place, each in list_output_types()
        if list_types_by_kind(each.type)
        and isinstance(get_named_type(each.type), GraphQLObjectType | GraphQLInterfaceType)
    }
    plain -= {f"{name}.{field}" for name in CONNECTIONS for field in ("edges", "nodes")}
    unbounded = {place for place in plain if not isinstance(rows[place], model.BoundedListSource)}
    assert unbounded == {"Query.nodes", "AssignmentPreview.considered"}
    assert all(source.max_rows <= 200 for source in rows.values() if isinstance(source, model.BoundedListSource))
