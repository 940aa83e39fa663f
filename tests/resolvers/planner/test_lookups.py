"""Look-ups by one of several keys: what is found, what is not seen, and what is refused; alike by both executors."""

from typing import Any

import pytest
from graphql import GraphQLInputObjectType, parse, validate

from domain.actor import Actor
from kinerja.postgres import database
from resolvers.executor import Executor
from resolvers.graph import compiler
from resolvers.graph.declarations import ID, Node, column, expression, key_input, lookup, node
from resolvers.operations import split_operations
from tests.resolvers import miniature
from tests.resolvers.conftest import FetchData, ResolverContext, RunDocument
from tests.resolvers.miniature import LONG_NAME, MiniatureAccess, MiniaturePersonRow, MiniatureUnitRow, PersonBy, Unit

DOCUMENT = "query ($by: PersonBy!) { personBy(by: $by) { id name } }"


def nip(person: int) -> str:
    return f"{person:018}"


@pytest.mark.parametrize(
    ("actor", "given", "found"),
    [
        (miniature.SERVICE, {"id": "pe5"}, "pe5"),
        (miniature.HR, {"nip": nip(5)}, "pe5"),
        (miniature.HR, {"nip": nip(99)}, None),
        (miniature.HR, {"id": "pe99"}, None),
        (miniature.HR, {"id": "un1"}, None),
        (miniature.HR, {"id": "nothing"}, None),
        (miniature.HR_BELOW, {"id": "pe1"}, "pe1"),
        (miniature.HR_BELOW, {"id": "pe2"}, None),
        (miniature.HR_BELOW, {"nip": nip(2)}, None),
        (miniature.create_employee(5), {"nip": nip(5)}, "pe5"),
        (miniature.create_employee(5), {"nip": nip(6)}, None),
        # A service sees everybody here, and nobody's NIP.
        (miniature.SERVICE, {"nip": nip(5)}, None),
        (miniature.create_supervisor(2), {"id": "pe3"}, None),
        (None, {"nip": nip(5)}, None),
    ],
)
async def test_one_is_found_by_one_key(
    executor: Executor, mini: database.Database, actor: Actor | None, given: dict[str, str], found: str | None
) -> None:
    (asked,) = split_operations(parse(DOCUMENT)).values()
    shown = None
    if found:
        name = await ResolverContext(mini, miniature.SERVICE).fetch_rows(
            "SELECT name FROM mini_person WHERE id = $1", [int(found[2:])]
        )
        shown = f'{{"id":"{found}","name":"{name[0][0]}"}}'
    expected = f'{{"personBy":{shown or "null"}}}'.encode()
    planned = await executor.execute(asked, {"by": given}, ResolverContext(mini, actor))
    assert (planned.data, planned.planned) == (expected, True)
    assert (await executor.execute_by_reference(asked, {"by": given}, ResolverContext(mini, actor))).data == expected


async def test_keys_of_text(answer: FetchData) -> None:
    fields = ('a: unitBy(by: {path: "1.2."})', 'b: unitBy(by: {path: "1.2"})', 'c: unitBy(by: {id: "un3"})')
    chosen = " ".join(f"{field} {{ id }}" for field in fields)
    assert await answer(None, f"query {{ {chosen} }}") == {"a": {"id": "un2"}, "b": None, "c": {"id": "un3"}}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "exactly one"),
        ({"id": "pe1", "nip": nip(1)}, "exactly one"),
        ({"id": None}, "non-null"),
        ({"id": "pe1", "nip": None}, "exactly one"),
        ({"nip": "12"}, "eighteen digits"),
    ],
)
async def test_exactly_one_key_is_given(ask: RunDocument, given: dict[str, Any], said: str) -> None:
    result = await ask(miniature.HR, DOCUMENT, by=given)
    assert result.data is None
    assert said in result.errors[0].message
    assert not result.statements


@pytest.mark.parametrize(
    "document",
    [
        "{ personBy(by: {}) { id } }",
        '{ personBy(by: {id: "pe1", nip: "000000000000000001"}) { id } }',
        "{ personBy { id } }",
    ],
)
def test_a_document_that_gives_not_one_key_is_not_valid(executor: Executor, document: str) -> None:
    assert validate(executor.schema, parse(document))


@pytest.mark.parametrize("given", [{}, {"id": None}])
async def test_a_variable_that_may_be_null_is_none(
    executor: Executor, mini: database.Database, given: dict[str, Any]
) -> None:
    # graphql-core 3.3 lets the document pass where the argument is non-null, and refuses null when it comes.
    (asked,) = split_operations(parse("query ($id: ID) { personBy(by: {id: $id}) { id } }")).values()
    came = await executor.execute(asked, {"id": "pe5"}, ResolverContext(mini, miniature.HR))
    assert came.data == b'{"personBy":{"id":"pe5"}}'
    request = ResolverContext(mini, miniature.HR)
    refused_ = await executor.execute(asked, given, request)
    assert refused_.data == b'{"personBy":null}'
    assert len(refused_.errors) == 1
    assert not request.statements


def test_keys_are_one_of(executor: Executor) -> None:
    keys = executor.schema.type_map["PersonBy"]
    assert isinstance(keys, GraphQLInputObjectType)
    assert keys.is_one_of
    where = executor.schema.type_map["PersonWhere"]
    assert isinstance(where, GraphQLInputObjectType)
    assert not where.is_one_of


def compile_refused(keys: type, annotation: Any = Unit | None) -> str:
    class Query:
        """Nothing much."""

        unit: annotation = lookup(key_input=keys)
        """A unit."""

    with pytest.raises(compiler.DeclarationError) as reason:
        compiler.compile_graph(
            Query, types=(Unit, miniature.Person, *miniature.TYPES, keys), access=MiniatureAccess()
        )
    return str(reason.value)


@pytest.mark.parametrize(
    ("annotation", "word", "reason"),
    [
        (str | None, None, "other: is no column of mini_unit"),
        (str, column(MiniatureUnitRow.path), "annotate it `… | None`"),
        (list[str] | None, column(MiniatureUnitRow.path), "annotate it `… | None`"),
        (str | None, column(MiniatureUnitRow.name), "of several rows"),
        (str | None, column(MiniaturePersonRow.nip), "is no column of mini_unit"),
        (int | None, column(MiniatureUnitRow.path), "Int cannot be compared"),
        (ID | None, column(MiniatureUnitRow.parent_id), "may be null or of several rows"),
        (bool | None, expression(LONG_NAME), "is no column of mini_unit"),
        (str | None, lookup(), "a key is the `id`, or a column"),
    ],
)
def test_a_key_is_refused(annotation: Any, word: Any, reason: str) -> None:
    @key_input(MiniatureUnitRow)
    class Keys:
        """Which unit."""

        id: ID | None
        """By ID."""
        other: annotation = word
        """By something else."""

    assert reason in compile_refused(Keys)


def test_the_id_may_be_the_only_key() -> None:
    @key_input(MiniatureUnitRow)
    class Alone:
        """Key of a unit."""

        id: ID | None
        """Global ID of the unit."""

    class Query:
        """Queries."""

        unit: Unit | None = lookup(key_input=Alone)
        """Unit with a global ID."""

    graph = compiler.compile_graph(
        Query, types=(Unit, miniature.Person, *miniature.TYPES, Alone), access=MiniatureAccess()
    )
    assert list(graph.key_inputs["Alone"].fields) == ["id"]


def test_keys_are_of_the_type_that_is_looked_up() -> None:
    assert "PersonBy is about mini_person, not mini_unit" in compile_refused(PersonBy)
    assert "is not declared by @by" in compile_refused(miniature.PersonWhere)
    assert "annotate it `… | None`" in compile_refused(miniature.UnitBy, list[Unit | None])
    assert "annotate it `… | None`" in compile_refused(miniature.UnitBy, Unit)


def test_the_id_is_that_of_a_node() -> None:
    @key_input(MiniatureUnitRow)
    class Keys:
        """Which unit."""

        id: str | None
        """By ID."""
        path: str | None
        """By path."""

    @node(MiniatureUnitRow, "ux")
    class Thing(Node):
        """A unit."""

        name: str
        """Name."""

    class Query:
        """Nothing much."""

        thing: Thing | None = lookup(key_input=Keys)
        """A unit."""

    with pytest.raises(compiler.DeclarationError, match="is the global ID of a node"):
        compiler.compile_graph(Query, types=(Thing, Keys), access=MiniatureAccess())
