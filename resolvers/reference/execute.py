"""Operations run by graphql-core over the reference's resolvers."""

import inspect
from collections.abc import Mapping
from typing import Any

from graphql import ExecutionResult, GraphQLSchema
from graphql import execute as graphql_execute

from resolvers.operations import Operation
from resolvers.ports import Asking
from resolvers.reference.stragglers import awaited


async def run(
    schema: GraphQLSchema, operation: Operation, variables: Mapping[str, Any], asking: Asking
) -> ExecutionResult:
    """Run a query or a mutation to its end."""
    async with awaited():
        result = graphql_execute(
            schema,
            operation.document,
            context_value=asking,
            variable_values=dict(variables),
            operation_name=operation.name,
        )
        done = await result if inspect.isawaitable(result) else result
    if not isinstance(done, ExecutionResult):
        raise TypeError("a subscription is run elsewhere")
    return done
