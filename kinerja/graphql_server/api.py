"""The served API: schema, its graph, operation and subscription executors."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from graphql import GraphQLSchema

from resolvers.executor import ExecutionResult
from resolvers.graph import model
from resolvers.operations import Operation
from resolvers.ports import ExecutionContext
from resolvers.reference.strawberry_schema import ServedSchema
from resolvers.subscriptions import SubscriptionExecutor


class OperationExecutor(Protocol):
    """Executes operations; implemented by `resolvers.executor.Executor`."""

    async def execute(
        self, operation: Operation, variables: Mapping[str, Any], context: ExecutionContext
    ) -> ExecutionResult:
        """Execute a query or a mutation."""
        ...


@dataclass(frozen=True, slots=True)
class Api:
    """A schema, its graph and executors; `subscriptions` is None without subscriptions."""

    schema: ServedSchema
    graph: model.Graph
    executor: OperationExecutor
    subscriptions: SubscriptionExecutor | None = None

    @property
    def graphql_schema(self) -> GraphQLSchema:
        """The schema as a graphql-core object."""
        return self.schema.graphql_schema
