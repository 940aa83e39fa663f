"""What a request shows so far: objects with their cells, and the fields that a selection asks of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLResolveInfo,
    get_argument_values,
)
from graphql.execution.collect_fields import FieldDetails, FragmentDetails, collect_subfields
from graphql.execution.values import VariableValues

from resolvers.graph import model

Nodes = tuple[FieldNode, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """A cell whose value could not be made; its field raises the error."""

    error: Exception


@dataclass(slots=True)
class Shown:
    """One object of the answer: its type and its cells by response name."""

    type: str
    cells: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Chosen:
    """One selected field: under which response name, with which arguments and sub-selections."""

    name: str
    field: model.Field
    arguments: Mapping[str, Any] | Failure
    nodes: Nodes


@dataclass(frozen=True, slots=True)
class Selection:
    """The fields selected of one object type."""

    object: model.Object
    chosen: tuple[Chosen, ...]


class Document:
    """The document of a request, as graphql-core reads it."""

    def __init__(self, info: GraphQLResolveInfo[Any]) -> None:
        self._info = info
        given: Any = info.variable_values
        # Strawberry's executor gives the coerced values alone; whence each came is of no matter here.
        self._variables = given if isinstance(given, VariableValues) else VariableValues({}, given)
        self._fragments = {name: FragmentDetails(definition, None) for name, definition in info.fragments.items()}

    def selection(self, of: model.Object, nodes: Nodes) -> Selection:
        """What the nodes select of an object type; `__typename` is left to the executor."""
        definition = self._type(of.name)
        chosen = tuple(
            Chosen(name, of.fields[field_name], self._arguments(definition, under[0]), under)
            for name, (field_name, under) in self.fields(of.name, nodes).items()
            if field_name in of.fields
        )
        return Selection(of, chosen)

    def fields(self, type_name: str, nodes: Nodes) -> dict[str, tuple[str, Nodes]]:
        """Response name to field name and field nodes, in the document's order, fragments followed."""
        details = [FieldDetails(node, None) for node in nodes]
        found = collect_subfields(
            self._info.schema,
            self._fragments,
            self._variables,
            self._info.operation,
            self._type(type_name),
            details,
        )
        return {
            name: (group[0].node.name.value, tuple(detail.node for detail in group))
            for name, group in found.grouped_field_set.items()
        }

    def _type(self, name: str) -> GraphQLObjectType:
        return cast("GraphQLObjectType", self._info.schema.get_type(name))

    def _arguments(self, definition: GraphQLObjectType, node: FieldNode) -> Mapping[str, Any] | Failure:
        named = definition.fields.get(node.name.value)
        if named is None:
            return {}
        try:
            return get_argument_values(named, node, self._variables)
        except GraphQLError as error:
            return Failure(error)


def needed(selections: Iterable[Selection]) -> list[model.Column]:
    """The columns that selections need, each once."""
    found: dict[int, model.Column] = {}
    for selection in selections:
        for chosen in selection.chosen:
            for column in _needed(chosen.field.source):
                found.setdefault(id(column), column)
    return list(found.values())


def _needed(source: model.Source) -> list[model.Column]:
    match source:
        case model.Column():
            return [source]
        case model.Computed(values=values, seen=seen):
            asked = [*values, seen]
        case model.ToOne(key):
            asked = [key]
        case _:
            return []
    return [each for each in asked if isinstance(each, model.Column)]
