"""Answers to operations: by the planner where it can, else by the reference executor."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import FieldNode, GraphQLError

from resolvers.graph import model
from resolvers.mutations import Once
from resolvers.operations import Operation
from resolvers.ports import Asking
from resolvers.reference import execute


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation came to.

    `data` is the JSON text of `data`, its keys in the document's order; None where nothing could run, as with
    a variable that its type refuses. `planned` tells by which executor.
    """

    data: bytes | None
    errors: tuple[GraphQLError, ...]
    planned: bool


class Answers:
    """Answers the operations of one schema.

    Args:
        graph: what is shown.
        schema: the same, served by the reference executor.
        once: runs a command unless its `clientMutationKey` came before.
    """

    def __init__(self, graph: model.Graph, schema: strawberry.Schema, once: Once) -> None:
        self._graph = graph
        self._schema = schema._schema  # noqa: SLF001 - Strawberry has no public way to the schema that it executes
        self._once = once

    async def answer(self, operation: Operation, variables: Mapping[str, Any], asking: Asking) -> Answer:
        """Answer a query or a mutation."""
        return await self.reference(operation, variables, asking)

    async def reference(self, operation: Operation, variables: Mapping[str, Any], asking: Asking) -> Answer:
        """The same by the reference executor, whatever the planner can."""
        result = await execute.run(self._schema, operation, variables, asking)
        errors = tuple(result.errors or ())
        if result.data is None and any(error.path is None for error in errors):
            return Answer(None, errors, planned=False)
        text = json.dumps(result.data, ensure_ascii=False, separators=(",", ":"))
        return Answer(text.encode(), errors, planned=False)

    async def payload(
        self,
        operation: Operation,
        nodes: Sequence[FieldNode],
        type_name: str,
        key: int,
        variables: Mapping[str, Any],
        asking: Asking,
    ) -> bytes | None:
        """One row of a node type as the selections of `nodes` ask, as JSON text; None where it is out of sight."""
        raise NotImplementedError
