"""Answers to operations: by the planner where it can, else by the reference executor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import FieldNode, GraphQLError, OperationType
from graphql.execution.values import VariableValues

from resolvers import changes, coercion
from resolvers.graph import model
from resolvers.mutations import Once
from resolvers.operations import Operation
from resolvers.planner import ask, holes
from resolvers.planner.facts import Facts, StepAside
from resolvers.planner.plans import Planner
from resolvers.ports import Asking
from resolvers.reference import execute
from resolvers.reference.schema import Served


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation came to.

    `data` is the JSON text of `data`, its keys in the document's order; None where nothing could run, as with
    a variable that its type refuses. `aside` says why the planner left it to the reference executor; empty
    where it did not.
    """

    data: bytes | None
    errors: tuple[GraphQLError, ...] = ()
    aside: str = ""

    @property
    def planned(self) -> bool:
        """Whether the planner answered."""
        return not self.aside


class Answers:
    """Answers the operations of one schema.

    Args:
        graph: what is shown.
        schema: the same, served by the reference executor.
        once: runs a command unless its `clientMutationKey` came before.
    """

    def __init__(self, graph: model.Graph, schema: Served, once: Once) -> None:
        self.schema = schema.core
        """The schema as graphql-core executes it."""
        self._planner = Planner(graph, self.schema)
        self._changes = changes.Changes(graph, self.schema, self._planner, once)

    async def answer(self, operation: Operation, variables: Mapping[str, Any], asking: Asking) -> Answer:
        """Answer a query or a mutation."""
        try:
            facts = self._facts(operation, variables, asking)
            if operation.kind is OperationType.QUERY:
                return Answer(await self._query(operation, facts, asking))
            changed = await self._changes.run(operation, variables, facts, asking)
            return Answer(changed.data, changed.errors)
        except StepAside as aside:
            return await self._reference(operation, variables, asking, aside.reason)

    async def reference(self, operation: Operation, variables: Mapping[str, Any], asking: Asking) -> Answer:
        """The same by the reference executor, whatever the planner can."""
        return await self._reference(operation, variables, asking, "asked for")

    async def payload(
        self,
        operation: Operation,
        nodes: Sequence[FieldNode],
        type_name: str,
        key: int,
        variables: Mapping[str, Any],
        asking: Asking,
    ) -> bytes | None:
        """One row of a node type as the selections of `nodes` ask, as JSON text; None where it is out of sight.

        Raises:
            GraphQLError: an argument or a variable is refused.
        """
        try:
            facts = self._facts(operation, variables, asking)
            plan = self._planner.payload(operation, type_name, nodes, facts)
            facts.key = key
            found = await asking.read_once(plan.sql, plan.values(facts))
            return plan.text(found[0], facts).encode() if found else None
        except StepAside as aside:
            if isinstance(aside.__cause__, GraphQLError):
                raise aside.__cause__ from None
            raise

    async def _query(self, operation: Operation, facts: Facts, asking: Asking) -> bytes:
        plan = self._planner.query(operation, facts)
        found = await asking.read_once(plan.sql, plan.values(facts))
        return plan.text(found[0], facts).encode()

    def _facts(self, operation: Operation, variables: Mapping[str, Any], asking: Asking) -> Facts:
        coerced = coercion.variables(self.schema, operation, variables)
        if not isinstance(coerced, VariableValues):
            raise StepAside("a variable that is refused") from coerced[0]
        return Facts(ask.of(asking), coerced, seen=asking.seen)

    async def _reference(
        self, operation: Operation, variables: Mapping[str, Any], asking: Asking, reason: str
    ) -> Answer:
        result = await execute.run(self.schema, operation, variables, asking)
        errors = tuple(result.errors or ())
        if result.data is None and any(error.path is None for error in errors):
            return Answer(None, errors, reason)
        return Answer(holes.write(result.data).encode(), errors, reason)
