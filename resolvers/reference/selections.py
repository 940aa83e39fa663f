"""Reference selections: selected fields of an object type, and the objects resolved from them."""

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

FieldNodes = tuple[FieldNode, ...]


@dataclass(frozen=True, slots=True)
class FailedCell:
    """A cell with an error in place of a value; its field raises the error."""

    error: Exception


@dataclass(slots=True)
class ResolvedObject:
    """One object of the answer: its type and its cells by response name."""

    type_name: str
    cells: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SelectedField:
    """One selected field: response name, arguments and sub-selections."""

    response_name: str
    field: model.ObjectField
    arguments: Mapping[str, Any] | FailedCell
    nodes: FieldNodes


@dataclass(frozen=True, slots=True)
class ObjectSelection:
    """The fields selected of one object type."""

    object_type: model.ObjectType
    fields: tuple[SelectedField, ...]


class ReferenceSelections:
    """The selections of a request, collected by graphql-core."""

    def __init__(self, info: GraphQLResolveInfo[Any]) -> None:
        self._info = info
        given: Any = info.variable_values
        # Strawberry's executor gives the coerced values alone; their sources are not needed here.
        self._variables = given if isinstance(given, VariableValues) else VariableValues({}, given)
        self._fragments = {name: FragmentDetails(definition, None) for name, definition in info.fragments.items()}

    def select_fields(self, of: model.ObjectType, nodes: FieldNodes) -> ObjectSelection:
        """The fields of an object type selected by the nodes, without `__typename`.

        The executor answers `__typename`.
        """
        definition = self._find_object_type(of.name)
        chosen = tuple(
            SelectedField(name, of.fields[field_name], self._coerce_field_arguments(definition, under[0]), under)
            for name, (field_name, under) in self.group_fields(of.name, nodes).items()
            if field_name in of.fields
        )
        return ObjectSelection(of, chosen)

    def group_fields(self, type_name: str, nodes: FieldNodes) -> dict[str, tuple[str, FieldNodes]]:
        """Field names and nodes by response name, in document order, with fragments expanded."""
        details = [FieldDetails(node, None) for node in nodes]
        found = collect_subfields(
            self._info.schema,
            self._fragments,
            self._variables,
            self._info.operation,
            self._find_object_type(type_name),
            details,
        )
        return {
            name: (group[0].node.name.value, tuple(detail.node for detail in group))
            for name, group in found.grouped_field_set.items()
        }

    def _find_object_type(self, name: str) -> GraphQLObjectType:
        return cast("GraphQLObjectType", self._info.schema.get_type(name))

    def _coerce_field_arguments(
        self, definition: GraphQLObjectType, node: FieldNode
    ) -> Mapping[str, Any] | FailedCell:
        named = definition.fields.get(node.name.value)
        if named is None:
            return {}
        try:
            return get_argument_values(named, node, self._variables)
        except GraphQLError as error:
            return FailedCell(error)


def collect_columns(selections: Iterable[ObjectSelection]) -> list[model.ColumnSource]:
    """The columns needed by selections, each once."""
    found: dict[int, model.ColumnSource] = {}
    for selection in selections:
        for chosen in selection.fields:
            for column in _list_source_columns(chosen.field.source):
                found.setdefault(id(column), column)
    return list(found.values())


def _list_source_columns(source: model.FieldSource) -> list[model.ColumnSource]:
    match source:
        case model.ColumnSource():
            return [source]
        case model.ComputedSource(values=values, visibility=seen):
            asked = [*values, seen]
        case model.ReferenceSource(key):
            asked = [key]
        case _:
            return []
    return [each for each in asked if isinstance(each, model.ColumnSource)]
