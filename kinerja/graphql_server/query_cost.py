"""What an operation may cost at most, in nodes: every thing that it may show, list sizes multiplied.

It is compiled once for each operation, in time linear in it: a fragment is one term, however often it is spread.
What depends on variables is worked out for each request.
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
"""What a command or a computed answer costs, beside what it shows."""

INTROSPECTION_COST: Final = 100
"""What `__schema` or `__type` costs; their own size has a limit of its own."""

_DEFAULT_LIST_SIZE: Final = 50  # rows of a list of facts, whose size no declaration tells
_BOUNDED_LIST_SIZE: Final = (
    5  # rows of a list that a rule bounds: its bound guards against faults and is far from what there is
)
_SCHEMA_LIST_SIZE: Final = 10  # entries of a list in the schema, that of its types excepted

Variables: TypeAlias = Mapping[str, Any]
ListSize: TypeAlias = int | Callable[[Variables], int]
"""How many rows a list may give, where that depends on variables, by them."""


@dataclass(slots=True)
class CostTerm:
    """What a selection costs on one thing: a number, and parts that depend on variables."""

    fixed: int = 0
    parts: list[tuple[ListSize, "CostTerm"]] = field(default_factory=list)

    def add_repeated(self, size: ListSize, inner: "CostTerm") -> None:
        """Add what `inner` costs, as many times as `size` says."""
        if isinstance(size, int) and not inner.parts:
            self.fixed += size * inner.fixed
        else:
            self.parts.append((size, inner))

    def evaluate(self, variables: Variables) -> int:
        """The cost under these variables."""
        return self.fixed if not self.parts else self.evaluate_memoised(variables, {})

    def evaluate_memoised(self, variables: Variables, cache: dict[int, int]) -> int:
        """The same, working out only once what several terms share."""
        total = self.fixed
        for size, inner in self.parts:
            if id(inner) not in cache:
                cache[id(inner)] = inner.evaluate_memoised(variables, cache)
            total += (size if isinstance(size, int) else size(variables)) * cache[id(inner)]
        return total


@dataclass(frozen=True, slots=True)
class OperationCost:
    """What an operation costs: `data_cost` its data, `schema_cost` of what it asks about the schema."""

    data_cost: Callable[[Variables], int]
    schema_cost: int


class CostModel:
    """Works out costs under one schema and its graph.

    Args:
        schema: what documents are valid against.
        graph: what tells the sizes of lists.
        max_page_size: the largest page that anybody may ask for.
    """

    def __init__(self, schema: GraphQLSchema, graph: model.Graph, max_page_size: int) -> None:
        self.schema = schema
        self.graph = graph
        self.max_page_size = max_page_size
        (introspection,) = split_operations(parse(get_introspection_query(), no_location=True)).values()
        self.max_schema_cost = 2 * self.compile_cost(introspection).schema_cost
        """The most that may be asked about the schema: twice what tools ask."""

    def compile_cost(self, operation: Operation) -> OperationCost:
        """The cost of a valid operation."""
        compiling = _CostCompiler(self, operation)
        term = compiling.compile_selections(operation.node.selection_set, _root_type_name(self.schema, operation))
        return OperationCost(term.evaluate, compiling.schema_cost)

    def find_field(self, type_name: str, name: str) -> model.ObjectField | None:
        """What the graph says of a field; None of one that stands in no class of the schema."""
        roots = {"Query": self.graph.query, "Mutation": self.graph.mutation}
        shown = roots.get(type_name) or self.graph.object_types.get(type_name)
        return shown.fields.get(name) if shown else None


def _root_type_name(schema: GraphQLSchema, operation: Operation) -> str:
    root = schema.get_root_type(operation.kind)
    return root.name if root else ""


class _CostCompiler:
    """One operation being compiled."""

    def __init__(self, cost_model: CostModel, operation: Operation) -> None:
        self._cost_model = cost_model
        self._fragments = operation.fragments
        self._defaults = {
            each.variable.name.value: each.default_value for each in operation.node.variable_definitions or ()
        }
        self._fragment_terms: dict[str, CostTerm] = {}
        self.schema_cost = 0

    def compile_selections(self, selections: SelectionSetNode, parent: str) -> CostTerm:
        """What is selected on one thing of a type."""
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
        """What a field costs of itself, and how many times what is below it."""
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
        """What a page size is at most; what is no number the field refuses."""
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
    """Counts what is asked about the schema."""

    def __init__(self, schema: GraphQLSchema, fragments: Mapping[str, Any]) -> None:
        self._schema = schema
        self._fragments = fragments
        self._fragment_counts: dict[str, int] = {}

    def count_field(self, node: FieldNode) -> int:
        """The entries that a field and what is below it may show."""
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
