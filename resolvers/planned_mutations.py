"""Planned mutations: a transaction for each command, its payload by one SQL before commit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from graphql import (
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    get_argument_values,
    located_error,
)

from domain.ports import CommandContext
from domain.refusals import Refusal
from resolvers import mutation_runner, variable_values
from resolvers.graph import global_ids, model
from resolvers.mutation_runner import IdempotentRunner
from resolvers.operations import Operation
from resolvers.planner import python_fields
from resolvers.planner.plan_cache import Planner, QueryPlan
from resolvers.planner.request_values import FallbackToReference, RequestValues
from resolvers.planner.selections import FieldNodes, Selections
from resolvers.ports import ExecutionContext
from resolvers.reference import execute


@dataclass(frozen=True, slots=True)
class MutationResult:
    """The result of a mutation: JSON text of `data`, and errors of failed fields."""

    data: bytes
    errors: tuple[GraphQLError, ...]


@dataclass(frozen=True, slots=True)
class FieldPayload:
    """The payload of one mutation field as JSON text, with its errors."""

    text: str
    errors: tuple[GraphQLError, ...] = ()


@dataclass(frozen=True, slots=True)
class _MutationRequest:
    """One mutation being run."""

    operation: Operation
    variables: Mapping[str, Any]
    selections: Selections
    values: RequestValues
    context: ExecutionContext


@dataclass(frozen=True, slots=True)
class _MutationField:
    """One field of a mutation, ready to run."""

    response_name: str
    field_name: str
    command: model.CommandSource
    input_values: Mapping[str, Any]
    nodes: FieldNodes
    plan: QueryPlan


class PlannedMutations:
    """Runs mutations, if the payloads of all fields can be planned."""

    def __init__(
        self, graph: model.Graph, schema: GraphQLSchema, planner: Planner, run_once: IdempotentRunner
    ) -> None:
        self._graph = graph
        self._schema = schema
        self._planner = planner
        self._run_once = run_once

    async def run_mutation(
        self, operation: Operation, variables: Mapping[str, Any], values: RequestValues, context: ExecutionContext
    ) -> MutationResult:
        """Run the fields of a mutation in order, each even after a failed one.

        Raises:
            FallbackToReference: the planner cannot plan the mutation; nothing has been changed yet.
        """
        document = Selections(
            self._schema, operation.fragments, lambda name: variable_values.read_condition(values.variables, name)
        )
        request = _MutationRequest(operation, variables, document, values, context)
        cells: list[str] = []
        errors: list[GraphQLError] = []
        for name, step in self._plan_fields(operation, document, values).items():
            shown = step if isinstance(step, FieldPayload) else await self._run_field(step, request)
            cells.append(f'"{name}":{shown.text}')
            errors += shown.errors
        return MutationResult(f"{{{','.join(cells)}}}".encode(), tuple(errors))

    async def _run_field(self, step: _MutationField, request: _MutationRequest) -> FieldPayload:
        try:
            return await self._run_field_command(step, request)
        except Exception as error:  # noqa: BLE001 - becomes the field's error, as in graphql-core
            return FieldPayload("null", (located_error(error, list(step.nodes), [step.response_name]),))

    def _plan_fields(
        self, operation: Operation, document: Selections, values: RequestValues
    ) -> dict[str, _MutationField | FieldPayload]:
        """The fields by response name; `__typename` and the like as finished payloads."""
        try:
            asked = document.collect_fields("Mutation", [operation.node])
            return {name: self._plan_field(operation, name, nodes, values) for name, nodes in asked.items()}
        except GraphQLError as error:
            raise FallbackToReference("an argument that is refused") from error

    def _plan_field(
        self, operation: Operation, name: str, nodes: FieldNodes, values: RequestValues
    ) -> _MutationField | FieldPayload:
        field_name = nodes[0].name.value
        if field_name.startswith("__"):
            return FieldPayload('"Mutation"')
        command = cast(
            "model.CommandSource", cast("model.ObjectType", self._graph.mutation).fields[field_name].source
        )
        definition = cast("GraphQLObjectType", self._schema.mutation_type).fields[field_name]
        given = get_argument_values(definition, nodes[0], values.variables)["input"]
        plan = self._planner.plan_payload(operation, command.type_name, nodes, values)
        return _MutationField(name, field_name, command, given, nodes, plan)

    async def _run_field_command(self, step: _MutationField, request: _MutationRequest) -> FieldPayload:
        table = str(self._graph.object_types[step.command.type_name].table)

        async def show(_act: CommandContext, key: int) -> FieldPayload | None:
            request.values.row_key = key
            found = await request.context.fetch_payload(step.plan.build_payload_query(table, request.values))
            if not found:
                return None
            try:
                return FieldPayload(step.plan.render_json(found[0], request.values))
            except FallbackToReference:
                return await self._load_payload_by_reference(step, key, request)

        outcome = await mutation_runner.run_command(
            request.context, step.field_name, step.command, step.input_values, self._run_once, show
        )
        if outcome is None:
            raise mutation_runner.build_not_visible_error(step.field_name, step.command)
        if isinstance(outcome, Refusal):
            return FieldPayload(_render_refusal(request.selections, step, outcome))
        return outcome

    async def _load_payload_by_reference(
        self, step: _MutationField, key: int, request: _MutationRequest
    ) -> FieldPayload:
        """The payload and its errors by the reference executor, without running the command again."""
        code = str(self._graph.object_types[step.command.type_name].code)
        result = await execute.execute_row(
            self._schema,
            request.operation,
            step.response_name,
            step.nodes,
            global_ids.format_global_id(code, key),
            request.variables,
            request.context,
        )
        return FieldPayload(
            python_fields.encode_json((result.data or {}).get(step.response_name)), tuple(result.errors or ())
        )


def _render_refusal(document: Selections, step: _MutationField, refusal: Refusal) -> str:
    of, values = mutation_runner.describe_refusal(refusal, step.command.refusals)
    known = {**values, "__typename": of}
    asked = document.collect_fields(of, step.nodes)
    cells = {name: known[under[0].name.value] for name, under in asked.items()}
    return python_fields.encode_json(cells)
