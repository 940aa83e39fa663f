"""Execution of operations by graphql-core over the reference resolvers."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLSchema,
    NameNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    StringValueNode,
)
from graphql import execute as graphql_execute

from resolvers.operations import Operation
from resolvers.ports import ExecutionContext
from resolvers.reference.pending_tasks import await_pending_tasks


async def execute_operation(
    schema: GraphQLSchema, operation: Operation, variables: Mapping[str, Any], context: ExecutionContext
) -> ExecutionResult:
    """Execute a query or a mutation to its end."""
    async with await_pending_tasks():
        result = graphql_execute(
            schema,
            operation.document,
            context_value=context,
            variable_values=dict(variables),
            operation_name=operation.name,
        )
        done = await result if inspect.isawaitable(result) else result
    if not isinstance(done, ExecutionResult):
        raise TypeError("a subscription is run elsewhere")
    return done


async def execute_row(
    schema: GraphQLSchema,
    operation: Operation,
    name: str,
    nodes: Sequence[FieldNode],
    global_id: str,
    variables: Mapping[str, Any],
    context: ExecutionContext,
) -> ExecutionResult:
    """One row with a part of an operation's selections, under its response name.

    Errors have the same paths as in the operation itself.
    """
    below = tuple(each for node in nodes if node.selection_set for each in node.selection_set.selections)
    found = FieldNode(
        alias=NameNode(value=name),
        name=NameNode(value="node"),
        arguments=(ArgumentNode(name=NameNode(value="id"), value=StringValueNode(value=global_id)),),
        directives=(),
        selection_set=SelectionSetNode(selections=below),
    )
    node = OperationDefinitionNode(
        operation=OperationType.QUERY,
        variable_definitions=operation.node.variable_definitions,
        directives=(),
        selection_set=SelectionSetNode(selections=(found,)),
    )
    document = DocumentNode(definitions=(node, *operation.fragments.values()))
    asked = replace(operation, node=node, document=document, name=None, kind=OperationType.QUERY, plans={})
    return await execute_operation(schema, asked, variables, context)
