"""Request values of a plan: the variables of one request, and its field arguments."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import FieldNode, GraphQLField, VariableNode, get_argument_values
from graphql.execution.values import VariableValues
from graphql.language import Node as Syntax

from domain.audit.facts import ViewedPeople
from resolvers.graph import model
from resolvers.planner import field_arguments
from resolvers.planner.field_arguments import FilterValue, PageRange, QueryContext


class FallbackToReference(Exception):
    """Leaves an operation to the reference executor; the reason is for metrics and tests."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, eq=False)
class FieldCall:
    """A field with arguments, at its place in a document.

    `fixed_arguments` are its arguments if they contain no variable. If each variable is a whole argument,
    `variable_arguments` are these arguments with their variables, and `literal_arguments` the others.
    """

    source: model.FieldSource
    definition: GraphQLField
    node: FieldNode
    fixed_arguments: Mapping[str, Any] | None
    variable_arguments: Sequence[tuple[str, str]] = ()
    literal_arguments: Mapping[str, Any] = field(default_factory=dict)

    def merge_arguments(self, coerced: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The arguments, if all of `variable_arguments` have values.

        None leaves defaults and refusals to graphql-core.
        """
        found = dict(self.literal_arguments)
        for name, variable in self.variable_arguments:
            value = coerced.get(variable)
            if value is None:
                return None
            found[name] = value
        return found if self.variable_arguments else None


def build_field_call(source: model.FieldSource, definition: GraphQLField, node: FieldNode) -> FieldCall:
    """The call of a field. Raises GraphQLError for literals of a wrong type."""
    moves = {each.name.value: each.value for each in node.arguments or () if _has_variable(each)}
    if not moves:
        return FieldCall(source, definition, node, get_argument_values(definition, node))
    whole = {name: value.name.value for name, value in moves.items() if isinstance(value, VariableNode)}
    if len(whole) < len(moves):
        return FieldCall(source, definition, node, None)
    others = {name: each for name, each in definition.args.items() if name not in whole}
    still = get_argument_values(GraphQLField(definition.type, others), node)
    moving = [(definition.args[name].out_name or name, variable) for name, variable in whole.items()]
    return FieldCall(source, definition, node, None, moving, still)


def _has_variable(node: Syntax) -> bool:
    if isinstance(node, VariableNode):
        return True
    below = [getattr(node, "value", None)]
    below += [*(getattr(node, "values", None) or ()), *(getattr(node, "fields", None) or ())]
    return any(_has_variable(each) for each in below if isinstance(each, Syntax))


@dataclass(slots=True)
class RequestValues:
    """The values of one request; methods raise GraphQLError for the client's mistakes.

    `row_key` is the key of a payload's row; `viewed_people` are the people with records in the answer.
    """

    context: QueryContext
    variables: VariableValues
    row_key: int | None = None
    viewed_people: ViewedPeople = field(default_factory=ViewedPeople)
    _arguments: dict[FieldCall, Mapping[str, Any]] = field(default_factory=dict)
    _page_ranges: dict[FieldCall, PageRange] = field(default_factory=dict)
    _filter_values: dict[FieldCall, tuple[FilterValue, ...]] = field(default_factory=dict)

    def coerce_arguments(self, of: FieldCall) -> Mapping[str, Any]:
        """The arguments of a field, coerced."""
        if of.fixed_arguments is not None:
            return of.fixed_arguments
        if of not in self._arguments:
            quick = of.merge_arguments(self.variables.coerced)
            self._arguments[of] = quick or get_argument_values(of.definition, of.node, self.variables)
        return self._arguments[of]

    def get_page_range(self, of: FieldCall) -> PageRange:
        """The page range of a list field."""
        if of not in self._page_ranges:
            match of.source:
                case model.ConnectionSource() as page:
                    made = field_arguments.parse_page_range(
                        page, self.coerce_arguments(of), self.context.max_page_size
                    )
                case model.BoundedListSource() as many:
                    made = field_arguments.parse_list_range(many, self.coerce_arguments(of))
                case _:
                    raise AssertionError("only lists have stretches")
            self._page_ranges[of] = made
        return self._page_ranges[of]

    def get_filter_values(
        self, of: FieldCall, filters: model.FilterInput | None, name: str = "where"
    ) -> tuple[FilterValue, ...]:
        """The values of a field's filter."""
        if of not in self._filter_values:
            self._filter_values[of] = field_arguments.parse_filter_values(filters, self.coerce_arguments(of), name)
        return self._filter_values[of]


@dataclass(frozen=True, slots=True)
class DeferredValue:
    """A parameter of a plan, computed for each request."""

    compute: Callable[[RequestValues], Any]
