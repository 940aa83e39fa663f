"""What one request gives to a plan: its variables, and the arguments of fields made of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import FieldNode, GraphQLField, VariableNode, get_argument_values
from graphql.execution.values import VariableValues
from graphql.language import Node as Syntax

from domain.audit.facts import Seen
from resolvers.graph import model
from resolvers.planner import ask
from resolvers.planner.ask import Ask, Span, Wanted


class StepAside(Exception):
    """The planner leaves an operation to the reference executor; the reason is for metrics and tests."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """A field with arguments, at its place in a document; `fixed` are they where no variable is in them.

    Where each variable is a whole argument, `moving` are these, each with its variable, and `still` the others.
    """

    source: model.Source
    definition: GraphQLField
    node: FieldNode
    fixed: Mapping[str, Any] | None
    moving: Sequence[tuple[str, str]] = ()
    still: Mapping[str, Any] = field(default_factory=dict)

    def quickly(self, coerced: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The arguments, if all of `moving` have values; None leaves defaults and refusals to graphql-core."""
        found = dict(self.still)
        for name, variable in self.moving:
            value = coerced.get(variable)
            if value is None:
                return None
            found[name] = value
        return found if self.moving else None


def site(source: model.Source, definition: GraphQLField, node: FieldNode) -> Site:
    """A field at its place. Raises GraphQLError where its literals are not of their types."""
    moves = {each.name.value: each.value for each in node.arguments or () if _has_variable(each)}
    if not moves:
        return Site(source, definition, node, get_argument_values(definition, node))
    whole = {name: value.name.value for name, value in moves.items() if isinstance(value, VariableNode)}
    if len(whole) < len(moves):
        return Site(source, definition, node, None)
    others = {name: each for name, each in definition.args.items() if name not in whole}
    still = get_argument_values(GraphQLField(definition.type, others), node)
    moving = [(definition.args[name].out_name or name, variable) for name, variable in whole.items()]
    return Site(source, definition, node, None, moving, still)


def _has_variable(node: Syntax) -> bool:
    if isinstance(node, VariableNode):
        return True
    below = [getattr(node, "value", None)]
    below += [*(getattr(node, "values", None) or ()), *(getattr(node, "fields", None) or ())]
    return any(_has_variable(each) for each in below if isinstance(each, Syntax))


@dataclass(slots=True)
class Facts:
    """One request. What is asked of it may raise GraphQLError, which says what the client did wrong.

    `key` is the key of the row that a payload shows; `seen` is whose records the answer shows.
    """

    ask: Ask
    variables: VariableValues
    key: int | None = None
    seen: Seen = field(default_factory=Seen)
    _arguments: dict[Site, Mapping[str, Any]] = field(default_factory=dict)
    _spans: dict[Site, Span] = field(default_factory=dict)
    _wanted: dict[Site, tuple[Wanted, ...]] = field(default_factory=dict)

    def arguments(self, of: Site) -> Mapping[str, Any]:
        """The arguments of a field, coerced."""
        if of.fixed is not None:
            return of.fixed
        if of not in self._arguments:
            quick = of.quickly(self.variables.coerced)
            self._arguments[of] = quick or get_argument_values(of.definition, of.node, self.variables)
        return self._arguments[of]

    def span(self, of: Site) -> Span:
        """The stretch of a list that a field asks for."""
        if of not in self._spans:
            match of.source:
                case model.Page() as page:
                    made = ask.span(page, self.arguments(of), self.ask.largest)
                case model.Many() as many:
                    made = ask.some(many, self.arguments(of))
                case _:
                    raise AssertionError("only lists have stretches")
            self._spans[of] = made
        return self._spans[of]

    def wanted(self, of: Site, filters: model.Filters | None, name: str = "where") -> tuple[Wanted, ...]:
        """What a field's filter asks for."""
        if of not in self._wanted:
            self._wanted[of] = ask.wanted(filters, self.arguments(of), name)
        return self._wanted[of]


@dataclass(frozen=True, slots=True)
class Later:
    """A value of a plan that each request gives anew."""

    get: Callable[[Facts], Any]
