"""Strawberry schema with the reference resolvers, built from the graph."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
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

from domain.ports import CommandContext
from domain.refusals import Refusal
from resolvers import mutation_runner
from resolvers.graph import inputs, model
from resolvers.mutation_runner import IdempotentRunner
from resolvers.ports import ExecutionContext
from resolvers.reference.fetcher import Fetcher
from resolvers.reference.pending_tasks import PendingTasksExtension, shield_task
from resolvers.reference.selections import FailedCell, FieldNodes, ReferenceSelections, ResolvedObject
from resolvers.reference.strawberry_types import StrawberryTypes

FieldResolver = Callable[..., Any]


class ServedSchema(strawberry.Schema):
    """Strawberry's schema, printed in the form of current tools."""

    def as_str(self) -> str:
        """The SDL without a definition of `@oneOf`, a directive built into every tool."""
        return self._text

    __str__ = as_str

    @cached_property
    def _text(self) -> str:
        return super().as_str().removeprefix("directive @oneOf on INPUT_OBJECT\n\n")

    @property
    def graphql_schema(self) -> GraphQLSchema:
        """The schema object of graphql-core, used for execution."""
        return self._schema


def build_strawberry_schema(
    graph: model.Graph,
    *,
    run_once: IdempotentRunner,
    extensions: Iterable[type[SchemaExtension] | Callable[[], SchemaExtension]] = (),
) -> ServedSchema:
    """Build the served schema of a graph.

    The `context_value` of each execution is its `ExecutionContext`.

    Args:
        graph: the graph to serve.
        run_once: runs a command unless its `clientMutationKey` came before.
        extensions: Strawberry's extensions, for limits, masks and logs.

    Raises:
        ValueError: two types have one name.
    """
    types = StrawberryTypes(graph)
    made = ServedSchema(
        types.query,
        types.mutation,
        types.subscription,
        types=types.list_unreferenced_types(),
        extensions=[PendingTasksExtension, *extensions],
        config=StrawberryConfig(scalar_map=types.scalars),
    )
    roots = {"Query": graph.query, "Mutation": graph.mutation}
    for named in made.graphql_schema.type_map.values():
        match named:
            case GraphQLInterfaceType() | GraphQLUnionType():
                named.resolve_type = _resolve_type
            case GraphQLInputObjectType(name=name) if name in graph.key_inputs:
                # Strawberry checks it by its own rules, and only when Strawberry itself validates and executes.
                named.is_one_of = True
            case GraphQLObjectType(name=name) if not name.startswith("__"):
                named.is_type_of = None
                for field_name, field in named.fields.items():
                    root = roots.get(name)
                    field.resolve = (
                        _resolve_cell
                        if root is None
                        else _build_root_resolver(graph, root.fields[field_name], run_once)
                    )
            case _:
                pass
    return made


def _resolve_type(shown: ResolvedObject, _info: GraphQLResolveInfo[Any], _abstract: Any) -> str:
    return shown.type_name


def _resolve_cell(shown: ResolvedObject, info: GraphQLResolveInfo[Any], **_arguments: Any) -> Any:
    cell = shown.cells[str(info.path.key)]
    if isinstance(cell, FailedCell):
        raise cell.error
    return cell


def _build_root_resolver(graph: model.Graph, field: model.ObjectField, run_once: IdempotentRunner) -> FieldResolver:
    async def answer(_source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        asking: ExecutionContext = info.context
        fetch = Fetcher(graph, asking, ReferenceSelections(info))
        nodes = tuple(info.field_nodes)
        match field.source:
            case model.CommandSource() as command:
                return await _resolve_command(fetch, field.name, command, arguments["input"], asking, run_once, nodes)
            case model.ServiceSource() as service:
                return await shield_task(_resolve_service(fetch, field, service, arguments, asking, nodes))
            case _:
                return await shield_task(fetch.fetch_root(field, arguments, nodes))

    return answer


async def _resolve_service(
    fetch: Fetcher,
    field: model.ObjectField,
    service: model.ServiceSource,
    arguments: Mapping[str, Any],
    context: ExecutionContext,
    nodes: FieldNodes,
) -> Any:
    try:
        asked = [] if service.request_input is None else [inputs.parse_request(service.request_input, arguments)]
        answer = await service.function(context, *asked)
    except Refusal as refusal:
        return _resolve_listed_refusal(fetch, refusal, service.refusals, nodes)
    if service.type_name and service.refusals:
        return (await fetch.resolve_facts(service.type_name, [answer], nodes))[0]
    return (await fetch.resolve_values(field.type_ref, [answer], nodes))[0]


async def _resolve_command(
    fetch: Fetcher,
    name: str,
    command: model.CommandSource,
    given: Mapping[str, Any],
    context: ExecutionContext,
    run_once: IdempotentRunner,
    nodes: FieldNodes,
) -> ResolvedObject:
    async def show(act: CommandContext, key: int) -> ResolvedObject | None:
        await act.db.flush()  # its exceptions are no errors of the payload's fields
        return await fetch.fetch_row(command.type_name, int(key), nodes)  # the key may be deferred until the flush

    outcome = await mutation_runner.run_command(context, name, command, given, run_once, show)
    if isinstance(outcome, Refusal):
        return _resolve_listed_refusal(fetch, outcome, command.refusals, nodes)
    if outcome is None:
        raise mutation_runner.build_not_visible_error(name, command)
    return outcome


def _resolve_listed_refusal(
    fetch: Fetcher, refusal: Refusal, listed: tuple[type[Refusal], ...], nodes: FieldNodes
) -> ResolvedObject:
    """A refusal as a member of the field's union."""
    return fetch.resolve_refusal(*mutation_runner.describe_refusal(refusal, listed), nodes)
