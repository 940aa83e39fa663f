"""What the service serves: the schema, the graph behind it and who answers from them."""

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
    """Whoever answers operations; `resolvers.executor.Answers` does."""

    async def execute(
        self, operation: Operation, variables: Mapping[str, Any], context: ExecutionContext
    ) -> ExecutionResult:
        """Answer a query or a mutation."""
        ...


@dataclass(frozen=True, slots=True)
class Api:
    """A schema, its graph and who answers; `subscriptions` understands its subscriptions, if it has any."""

    schema: ServedSchema
    graph: model.Graph
    executor: OperationExecutor
    subscriptions: SubscriptionExecutor | None = None

    @property
    def graphql_schema(self) -> GraphQLSchema:
        """The schema as graphql-core knows it."""
        return self.schema.graphql_schema
