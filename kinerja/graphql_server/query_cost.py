"""Query cost: upper bound of the nodes in an answer, list sizes multiplied.

Compiled once for each operation, in linear time: a fragment is one term, however often it is spread. The parts
depending on variables are evaluated for each request.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_introspection_query,
    get_named_type,
    get_nullable_type,
    is_list_type,
    parse,
)

from resolvers.graph import model
from resolvers.operations import Operation, split_operations

COMMAND_COST: Final = 10
"""Cost of a command or a computed answer, beside the nodes shown."""

INTROSPECTION_COST: Final = 100
"""Cost of `__schema` or `__type`; their own size has a separate limit."""

_DEFAULT_LIST_SIZE: Final = 50  # rows of a list of facts, of undeclared size
_BOUNDED_LIST_SIZE: Final = (
    5  # rows of a list bounded by a rule: the bound is a safety limit, far above the usual number of rows
)
_SCHEMA_LIST_SIZE: Final = 10  # entries of a list in the schema, except the list of types

Variables: TypeAlias = Mapping[str, Any]
ListSize: TypeAlias = int | Callable[[Variables], int]
"""Rows of a list: a number, or a function of the variables."""


@dataclass(slots=True)
class CostTerm:
    """Cost of a selection on one object: a constant, and parts depending on variables."""

    fixed: int = 0
    parts: list[tuple[ListSize, "CostTerm"]] = field(default_factory=list)

    def add_repeated(self, size: ListSize, inner: "CostTerm") -> None:
        """Add the cost of `inner`, multiplied by `size`."""
        if isinstance(size, int) and not inner.parts:
            self.fixed += size * inner.fixed
        else:
            self.parts.append((size, inner))

    def evaluate(self, variables: Variables) -> int:
        """Evaluate the cost for given variables."""
        return self.fixed if not self.parts else self.evaluate_memoised(variables, {})

    def evaluate_memoised(self, variables: Variables, cache: dict[int, int]) -> int:
        """Evaluate the cost with each shared term computed only once."""
        total = self.fixed
        for size, inner in self.parts:
            if id(inner) not in cache:
                cache[id(inner)] = inner.evaluate_memoised(variables, cache)
            total += (size if isinstance(size, int) else size(variables)) * cache[id(inner)]
        return total


@dataclass(frozen=True, slots=True)
class OperationCost:
    """Cost of an operation: `data_cost` of its data, `schema_cost` of its introspection."""

    data_cost: Callable[[Variables], int]
    schema_cost: int


class CostModel:
    """Computes operation costs under one schema and its graph.

    Args:
        schema: the schema of the documents.
        graph: declares the sizes of lists.
        max_page_size: the largest page for any client.
    """

    def __init__(self, schema: GraphQLSchema, graph: model.Graph, max_page_size: int) -> None:
        self.schema = schema
        self.graph = graph
        self.max_page_size = max_page_size
        (introspection,) = split_operations(parse(get_introspection_query(), no_location=True)).values()
        self.max_schema_cost = 2 * self.compile_cost(introspection).schema_cost
        """Limit for introspection: twice the cost of the introspection query of tools."""

    def compile_cost(self, operation: Operation) -> OperationCost:
        """Compile the cost of a valid operation."""
        compiling = _CostCompiler(self, operation)
        term = compiling.compile_selections(operation.node.selection_set, _root_type_name(self.schema, operation))
        return OperationCost(term.evaluate, compiling.schema_cost)

    def find_field(self, type_name: str, name: str) -> model.ObjectField | None:
        """Find a field in the graph; None for a field declared in no schema class."""
        roots = {"Query": self.graph.query, "Mutation": self.graph.mutation}
        shown = roots.get(type_name) or self.graph.object_types.get(type_name)
        return shown.fields.get(name) if shown else None


def _root_type_name(schema: GraphQLSchema, operation: Operation) -> str:
    root = schema.get_root_type(operation.kind)
    return root.name if root else ""


class _CostCompiler:
    """Compiles the cost of one operation."""

    def __init__(self, cost_model: CostModel, operation: Operation) -> None:
        self._cost_model = cost_model
        self._fragments = operation.fragments
        self._defaults = {
            each.variable.name.value: each.default_value for each in operation.node.variable_definitions or ()
        }
        self._fragment_terms: dict[str, CostTerm] = {}
        self.schema_cost = 0

    def compile_selections(self, selections: SelectionSetNode, parent: str) -> CostTerm:
        """Compile the cost of selections on one object of a type."""
        term = CostTerm()
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                self._add_field(term, selection, parent)
            elif isinstance(selection, InlineFragmentNode):
                narrowed = selection.type_condition
                term.add_repeated(
                    1, self.compile_selections(selection.selection_set, narrowed.name.value if narrowed else parent)
                )
            elif isinstance(selection, FragmentSpreadNode):
                term.add_repeated(1, self._compile_fragment(selection.name.value))
        return term

    def _compile_fragment(self, name: str) -> CostTerm:
        if name not in self._fragment_terms:
            fragment = self._fragments[name]
            self._fragment_terms[name] = self.compile_selections(
                fragment.selection_set, fragment.type_condition.name.value
            )
        return self._fragment_terms[name]

    def _add_field(self, term: CostTerm, node: FieldNode, parent: str) -> None:
        name = node.name.value
        if name in {"__schema", "__type"}:
            term.fixed += INTROSPECTION_COST
            self.schema_cost += _IntrospectionCounter(self._cost_model.schema, self._fragments).count_field(node)
        elif node.selection_set is not None:
            shown, listed = self._field_type(parent, name)
            inner = self.compile_selections(node.selection_set, shown)
            if parent.endswith("Edge") or name == "pageInfo":  # the row was counted with its edge
                term.add_repeated(1, inner)
                return
            found = self._cost_model.find_field(parent, name)
            row = CostTerm(0 if found is not None and isinstance(found.source, model.ConnectionSource) else 1)
            row.add_repeated(1, inner)
            extra, size = self._list_size(parent, node, found, is_list=listed)
            term.fixed += extra
            term.add_repeated(size, row)

    def _field_type(self, parent_type: str, field_name: str) -> tuple[str, bool]:
        owner: Any = self._cost_model.schema.type_map[parent_type]
        type_ = owner.fields[field_name].type
        return get_named_type(type_).name, is_list_type(get_nullable_type(type_))

    def _list_size(
        self, parent: str, node: FieldNode, graph_field: model.ObjectField | None, *, is_list: bool
    ) -> tuple[int, ListSize]:
        """Return a field's own cost, and the multiplier for its selections."""
        match graph_field.source if graph_field else None:
            case model.ConnectionSource():
                return 1, self._max_page_argument(node, ("first", "last"), self._cost_model.max_page_size)
            case model.BoundedListSource(argument=None, max_rows=most):
                return 0, min(most, _BOUNDED_LIST_SIZE)
            case model.BoundedListSource(argument=str(argument), max_rows=most) if graph_field:
                default = graph_field.arguments[0].default
                return 0, self._max_page_argument(
                    node, (argument,), most, default if isinstance(default, int) else most
                )
            case model.LookupSource(is_list=True):
                return 0, self._count_ids(node, "ids")
            case model.CommandSource() | model.ServiceSource():
                return COMMAND_COST, 1
            case _:
                alone = not is_list or parent.endswith("Connection")  # rows were counted with their connection
                return 0, 1 if alone else _DEFAULT_LIST_SIZE

    def _max_page_argument(self, node: FieldNode, names: tuple[str, ...], most: int, default: int = 0) -> ListSize:
        sizes = [self._page_size(value, most) for value in _argument_values(node, names)]
        if not sizes:
            return min(default, most)
        numbers = [size for size in sizes if isinstance(size, int)]
        if len(numbers) == len(sizes):
            return max(numbers)
        return lambda given: max(size if isinstance(size, int) else size(given) for size in sizes)

    def _page_size(self, value: ValueNode, most: int) -> ListSize:
        """Return the upper bound of a page size; 0 for non-numbers, refused by the field."""
        if isinstance(value, IntValueNode):
            return max(0, min(int(value.value), most))
        if not isinstance(value, VariableNode):
            return 0
        name, default = value.name.value, self._defaults.get(value.name.value)
        unsaid = int(default.value) if isinstance(default, IntValueNode) else 0

        def read_page_size(given: Variables) -> int:
            found = given.get(name, unsaid)
            return max(0, min(int(found), most)) if isinstance(found, int | float) else 0

        return read_page_size

    def _count_ids(self, node: FieldNode, argument: str) -> ListSize:
        (value,) = _argument_values(node, (argument,)) or (None,)
        if isinstance(value, ListValueNode):
            return len(value.values)
        if not isinstance(value, VariableNode):
            return 1
        name, default = value.name.value, self._defaults.get(value.name.value)
        unsaid = len(default.values) if isinstance(default, ListValueNode) else 1

        def read_id_count(given: Variables) -> int:
            found = given.get(name)
            return len(found) if isinstance(found, list) else unsaid

        return read_id_count


class _IntrospectionCounter:
    """Counts the schema entries requested by introspection."""

    def __init__(self, schema: GraphQLSchema, fragments: Mapping[str, Any]) -> None:
        self._schema = schema
        self._fragments = fragments
        self._fragment_counts: dict[str, int] = {}

    def count_field(self, node: FieldNode) -> int:
        """Count the entries shown by a field and its selections."""
        if node.selection_set is None:
            return 0
        inner = 1 + self._count_selections(node.selection_set)
        match node.name.value:
            case "types":
                return len(self._schema.type_map) * inner
            case "__schema" | "__type" | "type" | "ofType" | "queryType" | "mutationType" | "subscriptionType":
                return inner
            case _:
                return _SCHEMA_LIST_SIZE * inner

    def _count_selections(self, selections: SelectionSetNode) -> int:
        total = 0
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                total += self.count_field(selection)
            elif isinstance(selection, InlineFragmentNode):
                total += self._count_selections(selection.selection_set)
            elif isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                if name not in self._fragment_counts:
                    self._fragment_counts[name] = self._count_selections(self._fragments[name].selection_set)
                total += self._fragment_counts[name]
        return total


def _argument_values(node: FieldNode, names: tuple[str, ...]) -> list[ValueNode]:
    return [each.value for each in node.arguments or () if each.name.value in names]
