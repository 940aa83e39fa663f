"""Variable coercion: types looked up once for an operation, values coerced for each request."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import GraphQLError, GraphQLSchema, Undefined, VariableDefinitionNode, get_nullable_type, is_leaf_type
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values

from resolvers.operations import Operation

_PLAIN_TYPES: Final = frozenset({str, int, float, bool})


@dataclass(frozen=True, slots=True)
class _LeafCoercer:
    """Coercer of a scalar or enum variable; it may raise any exception."""

    signature: GraphQLVariableSignature
    coerce: Callable[[Any], Any]


def coerce_variables(
    schema: GraphQLSchema, operation: Operation, given: Mapping[str, Any]
) -> VariableValues | list[GraphQLError]:
    """The coerced values of an operation's variables, or the errors of the given ones."""
    definitions = operation.node.variable_definitions or ()
    if definitions and not operation.variable_coercers:
        operation.variable_coercers.update(
            (each.variable.name.value, _build_leaf_coercer(schema, each)) for each in definitions
        )
    return _coerce_plain_values(operation.variable_coercers, given) or get_variable_values(
        schema, definitions, dict(given)
    )


def read_condition(values: VariableValues, name: str) -> bool:
    """The value of a variable of `@skip` or `@include`. Raises GraphQLError if null."""
    found = values.coerced.get(name)
    if not isinstance(found, bool):
        raise GraphQLError(f"${name} is null, and decides what is shown")
    return found


def _build_leaf_coercer(schema: GraphQLSchema, definition: VariableDefinitionNode) -> _LeafCoercer | None:
    """The fast coercer of a variable; None for one left to graphql-core."""
    signature = get_variable_signature(schema, definition)
    if not isinstance(signature, GraphQLVariableSignature):
        return None
    type_ = get_nullable_type(signature.type)
    return _LeafCoercer(signature, type_.coerce_input_value) if is_leaf_type(type_) else None


def _coerce_plain_values(
    leaves: Mapping[str, _LeafCoercer | None], given: Mapping[str, Any]
) -> VariableValues | None:
    """The values, if all are given and plain; None leaves the rest to graphql-core.

    Every refusal is left to graphql-core too.
    """
    sources: dict[str, VariableValueSource] = {}
    coerced: dict[str, Any] = {}
    for name, leaf in leaves.items():
        value = given.get(name)
        if leaf is None or type(value) not in _PLAIN_TYPES:
            return None
        try:
            found = leaf.coerce(value)
        except Exception:  # noqa: BLE001 - graphql-core coerces it again and reports the error
            return None
        if found is Undefined:
            return None
        coerced[name] = found
        sources[name] = VariableValueSource(leaf.signature, value)
    return VariableValues(sources, coerced)
