"""Operations of documents: parsed and validated once, executed many times."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import DocumentNode, FragmentDefinitionNode, OperationDefinitionNode, OperationType


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One operation of a valid document.

    `plans` holds the planner's plans of the operation, and `variable_coercers` the coercers of its variables, so all
    are released together.
    """

    node: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    document: DocumentNode
    name: str | None
    kind: OperationType
    plans: dict[Any, Any] = field(default_factory=dict)
    variable_coercers: dict[str, Any] = field(default_factory=dict)


def split_operations(document: DocumentNode) -> Mapping[str | None, Operation]:
    """The operations of a document by name; an unnamed one is under None."""
    fragments = {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    found = (
        Operation(node, fragments, document, node.name.value if node.name else None, node.operation)
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode)
    )
    return {operation.name: operation for operation in found}
