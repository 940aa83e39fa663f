"""Strawberry's schema served from the graph."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import strawberry
from graphql import (
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLUnionType,
)
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig

from domain.ports import Act
from domain.refusals import Refusal
from resolvers import mutations
from resolvers.graph import model, requests
from resolvers.mutations import Once
from resolvers.ports import Asking
from resolvers.reference.fetch import Fetch
from resolvers.reference.shown import Document, Failure, Nodes, Shown
from resolvers.reference.stragglers import Stragglers, kept
from resolvers.reference.types import Types

Resolver = Callable[..., Any]


class Served(strawberry.Schema):
    """Strawberry's schema, printed as today's tools read it."""

    def as_str(self) -> str:
        """The schema as text, without a definition of `@oneOf`, which every tool brings itself."""
        return super().as_str().removeprefix("directive @oneOf on INPUT_OBJECT\n\n")

    __str__ = as_str

    @property
    def core(self) -> GraphQLSchema:
        """The schema as graphql-core knows it, and executes it."""
        return self._schema


def schema(
    graph: model.Graph,
    *,
    once: Once,
    extensions: Iterable[type[SchemaExtension] | Callable[[], SchemaExtension]] = (),
) -> Served:
    """Serve a graph; the `context_value` of each execution is its `Asking`.

    Args:
        graph: what is shown.
        once: runs a command unless its `clientMutationKey` came before.
        extensions: Strawberry's extensions, for limits, masks and logs.

    Raises:
        ValueError: two types have one name.
    """
    types = Types(graph)
    made = Served(
        types.query,
        types.mutation,
        types.subscription,
        types=types.more(),
        extensions=[Stragglers, *extensions],
        config=StrawberryConfig(scalar_map=types.scalars),
    )
    roots = {"Query": graph.query, "Mutation": graph.mutation}
    for named in made.core.type_map.values():
        match named:
            case GraphQLInterfaceType() | GraphQLUnionType():
                named.resolve_type = _type_of
            case GraphQLInputObjectType(name=name) if name in graph.keys:
                # Strawberry checks it by rules of its own, and only where Strawberry itself validates and executes.
                named.is_one_of = True
            case GraphQLObjectType(name=name) if not name.startswith("__"):
                named.is_type_of = None
                for field_name, field in named.fields.items():
                    root = roots.get(name)
                    field.resolve = _cell if root is None else _root(graph, root.fields[field_name], once)
            case _:
                pass
    return made


def _type_of(shown: Shown, _info: GraphQLResolveInfo[Any], _abstract: Any) -> str:
    return shown.type


def _cell(shown: Shown, info: GraphQLResolveInfo[Any], **_arguments: Any) -> Any:
    cell = shown.cells[str(info.path.key)]
    if isinstance(cell, Failure):
        raise cell.error
    return cell


def _root(graph: model.Graph, field: model.Field, once: Once) -> Resolver:
    async def answer(_source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        asking: Asking = info.context
        fetch = Fetch(graph, asking, Document(info))
        nodes = tuple(info.field_nodes)
        match field.source:
            case model.Command() as command:
                return await _changed(fetch, field.name, command, arguments["input"], asking, once, nodes)
            case model.Service() as service:
                return await kept(_served(fetch, field, service, arguments, asking, nodes))
            case _:
                return await kept(fetch.root(field, arguments, nodes))

    return answer


async def _served(
    fetch: Fetch,
    field: model.Field,
    service: model.Service,
    arguments: Mapping[str, Any],
    asking: Asking,
    nodes: Nodes,
) -> Any:
    try:
        asked = [] if service.asked is None else [requests.read(service.asked, arguments)]
        answer = await service.function(asking, *asked)
    except Refusal as refusal:
        return _refused(fetch, refusal, service.refusals, nodes)
    if service.shows and service.refusals:
        return (await fetch.facts(service.shows, [answer], nodes))[0]
    return (await fetch.values(field.shape, [answer], nodes))[0]


async def _changed(
    fetch: Fetch,
    name: str,
    command: model.Command,
    given: Mapping[str, Any],
    asking: Asking,
    once: Once,
    nodes: Nodes,
) -> Shown:
    async def show(act: Act, key: int) -> Shown | None:
        await act.db.settle()  # what this raises is no error of a field below
        return await fetch.row(command.shows, int(key), nodes)  # it may have been assumed until then

    outcome = await mutations.run(asking, name, command, given, once, show)
    if isinstance(outcome, Refusal):
        return _refused(fetch, outcome, command.refusals, nodes)
    if outcome is None:
        raise mutations.out_of_sight(name, command)
    return outcome


def _refused(fetch: Fetch, refusal: Refusal, listed: tuple[type[Refusal], ...], nodes: Nodes) -> Shown:
    """A refusal as a member of the field's union."""
    return fetch.refused(*mutations.shown(refusal, listed), nodes)
