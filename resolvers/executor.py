"""Executor of operations: by the planner if possible, else by the reference executor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import FieldNode, GraphQLError, OperationType
from graphql.execution.values import VariableValues

from resolvers import planned_mutations, variable_values
from resolvers.graph import model
from resolvers.mutation_runner import IdempotentRunner
from resolvers.operations import Operation
from resolvers.planner import field_arguments, python_fields
from resolvers.planner.plan_cache import Planner
from resolvers.planner.request_values import FallbackToReference, RequestValues
from resolvers.ports import ExecutionContext
from resolvers.reference import execute
from resolvers.reference.strawberry_schema import ServedSchema


@dataclass(frozen=True, slots=True)
class ExecutionResult:
    """The result of an operation.

    `data` is the JSON text of `data`, with its keys in the document's order; None if nothing could run, as with a
    variable refused by its type. `fallback_reason` is the planner's reason for the reference executor; empty without
    fallback.
    """

    data: bytes | None
    errors: tuple[GraphQLError, ...] = ()
    fallback_reason: str = ""

    @property
    def planned(self) -> bool:
        """True for an answer of the planner."""
        return not self.fallback_reason


class Executor:
    """Executes the operations of one schema.

    Args:
        graph: the graph behind the schema.
        schema: the schema of this graph, served by the reference executor.
        run_once: runs a command unless its `clientMutationKey` came before.
    """

    def __init__(self, graph: model.Graph, schema: ServedSchema, run_once: IdempotentRunner) -> None:
        self.schema = schema.graphql_schema
        """The schema as executed by graphql-core."""
        self._planner = Planner(graph, self.schema)
        self._planned_mutations = planned_mutations.PlannedMutations(graph, self.schema, self._planner, run_once)

    async def execute(
        self, operation: Operation, variables: Mapping[str, Any], context: ExecutionContext
    ) -> ExecutionResult:
        """Execute a query or a mutation."""
        try:
            facts = self._build_request_values(operation, variables, context)
            if operation.kind is OperationType.QUERY:
                return ExecutionResult(await self._execute_planned_query(operation, facts, context))
            changed = await self._planned_mutations.run_mutation(operation, variables, facts, context)
            return ExecutionResult(changed.data, changed.errors)
        except FallbackToReference as aside:
            return await self._execute_by_reference(operation, variables, context, aside.reason)

    async def execute_by_reference(
        self, operation: Operation, variables: Mapping[str, Any], context: ExecutionContext
    ) -> ExecutionResult:
        """Execute an operation by the reference executor, even if the planner could."""
        return await self._execute_by_reference(operation, variables, context, "asked for")

    async def render_payload(
        self,
        operation: Operation,
        nodes: Sequence[FieldNode],
        type_name: str,
        key: int,
        variables: Mapping[str, Any],
        context: ExecutionContext,
    ) -> bytes | None:
        """One row of a node type as JSON text; None if invisible to the actor.

        The fields are the selections of `nodes`.

        Raises:
            GraphQLError: an argument or a variable is refused.
        """
        try:
            facts = self._build_request_values(operation, variables, context)
            plan = self._planner.plan_payload(operation, type_name, nodes, facts)
            facts.row_key = key
            found = await context.fetch_without_snapshot(plan.sql, plan.resolve_parameters(facts))
            return plan.render_json(found[0], facts).encode() if found else None
        except FallbackToReference as aside:
            if isinstance(aside.__cause__, GraphQLError):
                raise aside.__cause__ from None
            raise

    async def _execute_planned_query(
        self, operation: Operation, values: RequestValues, context: ExecutionContext
    ) -> bytes:
        plan = self._planner.plan_query(operation, values)
        found = await context.fetch_without_snapshot(plan.sql, plan.resolve_parameters(values))
        return plan.render_json(found[0], values).encode()

    def _build_request_values(
        self, operation: Operation, variables: Mapping[str, Any], context: ExecutionContext
    ) -> RequestValues:
        coerced = variable_values.coerce_variables(self.schema, operation, variables)
        if not isinstance(coerced, VariableValues):
            raise FallbackToReference("a variable that is refused") from coerced[0]
        return RequestValues(
            field_arguments.build_query_context(context), coerced, viewed_people=context.viewed_people
        )

    async def _execute_by_reference(
        self, operation: Operation, variables: Mapping[str, Any], context: ExecutionContext, reason: str
    ) -> ExecutionResult:
        result = await execute.execute_operation(self.schema, operation, variables, context)
        errors = tuple(result.errors or ())
        if result.data is None and any(error.path is None for error in errors):
            return ExecutionResult(None, errors, reason)
        return ExecutionResult(python_fields.encode_json(result.data).encode(), errors, reason)
