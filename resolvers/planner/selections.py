"""Selections of a document: fragments expanded, conditions evaluated, equal response names merged."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import cast

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    VariableNode,
)

FieldNodes = Sequence[FieldNode]
SelectingNode = FieldNode | OperationDefinitionNode

CONDITION_DIRECTIVES: Mapping[str, bool] = {"skip": False, "include": True}


class Selections:
    """A valid document, read for one request.

    Args:
        schema: the schema of the document's validation.
        fragments: its named fragments.
        truth: the value of a Boolean variable, by name.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        truth: Callable[[str], bool],
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._truth = truth

    def collect_fields(self, type_name: str, nodes: Iterable[SelectingNode]) -> dict[str, list[FieldNode]]:
        """Field nodes by response name, in response order."""
        found: dict[str, list[FieldNode]] = {}
        visited: set[str] = set()
        of = cast("GraphQLObjectType", self._schema.get_type(type_name))
        for node in nodes:
            if node.selection_set is not None:
                self._collect_selections(of, node.selection_set.selections, found, visited)
        return found

    def _collect_selections(
        self,
        of: GraphQLObjectType,
        selections: Sequence[SelectionNode],
        found: dict[str, list[FieldNode]],
        visited: set[str],
    ) -> None:
        for selection in selections:
            if not self._is_included(selection):
                continue
            match selection:
                case FieldNode():
                    name = selection.alias.value if selection.alias else selection.name.value
                    found.setdefault(name, []).append(selection)
                case InlineFragmentNode():
                    self._collect_fragment(of, selection, found, visited)
                case FragmentSpreadNode() if selection.name.value not in visited:
                    visited.add(selection.name.value)
                    self._collect_fragment(of, self._fragments[selection.name.value], found, visited)

    def _collect_fragment(
        self,
        of: GraphQLObjectType,
        fragment: InlineFragmentNode | FragmentDefinitionNode,
        found: dict[str, list[FieldNode]],
        visited: set[str],
    ) -> None:
        condition = fragment.type_condition
        if condition is None or self._matches_type_condition(of, condition.name.value):
            self._collect_selections(of, fragment.selection_set.selections, found, visited)

    def _matches_type_condition(self, of: GraphQLObjectType, name: str) -> bool:
        if of.name == name:
            return True
        named = self._schema.get_type(name)
        return isinstance(named, GraphQLAbstractType) and self._schema.is_sub_type(named, of)

    def _is_included(self, node: SelectionNode) -> bool:
        return all(
            self._evaluate_condition(directive) == CONDITION_DIRECTIVES[directive.name.value]
            for directive in node.directives or ()
            if directive.name.value in CONDITION_DIRECTIVES
        )

    def _evaluate_condition(self, directive: DirectiveNode) -> bool:
        value = directive.arguments[0].value if directive.arguments else None
        match value:
            case VariableNode():
                return self._truth(value.name.value)
            case BooleanValueNode():
                return value.value
            case _:
                raise AssertionError("a valid condition is a Boolean or a variable")
