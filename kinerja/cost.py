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
from resolvers.operations import Operation, operations

DEAR: Final = 10
"""What a command or a computed answer costs, beside what it shows."""

ABOUT_THE_SCHEMA: Final = 100
"""What `__schema` or `__type` costs; their own size has a limit of its own."""

_UNSAID: Final = 50  # rows of a list of facts, whose size no declaration tells
_FEW: Final = 5  # rows of a list that a rule bounds: its bound guards against faults and is far from what there is
_IN_THE_SCHEMA: Final = 10  # entries of a list in the schema, that of its types excepted

Given: TypeAlias = Mapping[str, Any]
Size: TypeAlias = int | Callable[[Given], int]
"""How many rows a list may give, where that depends on variables, by them."""


@dataclass(slots=True)
class Term:
    """What a selection costs on one thing: a number, and parts that depend on variables."""

    fixed: int = 0
    parts: list[tuple[Size, "Term"]] = field(default_factory=list)

    def add(self, size: Size, inner: "Term") -> None:
        """Add what `inner` costs, as many times as `size` says."""
        if isinstance(size, int) and not inner.parts:
            self.fixed += size * inner.fixed
        else:
            self.parts.append((size, inner))

    def value(self, given: Given) -> int:
        """The cost under these variables."""
        return self.fixed if not self.parts else self.shared(given, {})

    def shared(self, given: Given, known: dict[int, int]) -> int:
        """The same, working out only once what several terms share."""
        total = self.fixed
        for size, inner in self.parts:
            if id(inner) not in known:
                known[id(inner)] = inner.shared(given, known)
            total += (size if isinstance(size, int) else size(given)) * known[id(inner)]
        return total


@dataclass(frozen=True, slots=True)
class Cost:
    """What an operation costs: `of` its data, `schema` of what it asks about the schema."""

    of: Callable[[Given], int]
    schema: int


class Costs:
    """Works out costs under one schema and its graph.

    Args:
        schema: what documents are valid against.
        graph: what tells the sizes of lists.
        largest: the largest page that anybody may ask for.
    """

    def __init__(self, schema: GraphQLSchema, graph: model.Graph, largest: int) -> None:
        self.schema = schema
        self.graph = graph
        self.largest = largest
        (introspection,) = operations(parse(get_introspection_query(), no_location=True)).values()
        self.most_schema = 2 * self.cost(introspection).schema
        """The most that may be asked about the schema: twice what tools ask."""

    def cost(self, operation: Operation) -> Cost:
        """The cost of a valid operation."""
        compiling = _Compiling(self, operation)
        term = compiling.selections(operation.node.selection_set, _root(self.schema, operation))
        return Cost(term.value, compiling.schema)

    def source(self, type_name: str, name: str) -> model.Field | None:
        """What the graph says of a field; None of one that stands in no class of the schema."""
        roots = {"Query": self.graph.query, "Mutation": self.graph.mutation}
        shown = roots.get(type_name) or self.graph.objects.get(type_name)
        return shown.fields.get(name) if shown else None


def _root(schema: GraphQLSchema, operation: Operation) -> str:
    root = schema.get_root_type(operation.kind)
    return root.name if root else ""


class _Compiling:
    """One operation being compiled."""

    def __init__(self, costs: Costs, operation: Operation) -> None:
        self._costs = costs
        self._fragments = operation.fragments
        self._defaults = {
            each.variable.name.value: each.default_value for each in operation.node.variable_definitions or ()
        }
        self._known: dict[str, Term] = {}
        self.schema = 0

    def selections(self, selections: SelectionSetNode, parent: str) -> Term:
        """What is selected on one thing of a type."""
        term = Term()
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                self._field(term, selection, parent)
            elif isinstance(selection, InlineFragmentNode):
                narrowed = selection.type_condition
                term.add(1, self.selections(selection.selection_set, narrowed.name.value if narrowed else parent))
            elif isinstance(selection, FragmentSpreadNode):
                term.add(1, self._fragment(selection.name.value))
        return term

    def _fragment(self, name: str) -> Term:
        if name not in self._known:
            fragment = self._fragments[name]
            self._known[name] = self.selections(fragment.selection_set, fragment.type_condition.name.value)
        return self._known[name]

    def _field(self, term: Term, node: FieldNode, parent: str) -> None:
        name = node.name.value
        if name in {"__schema", "__type"}:
            term.fixed += ABOUT_THE_SCHEMA
            self.schema += _Described(self._costs.schema, self._fragments).field(node)
        elif node.selection_set is not None:
            shown, listed = self._type(parent, name)
            inner = self.selections(node.selection_set, shown)
            if parent.endswith("Edge") or name == "pageInfo":  # the row was counted with its edge
                term.add(1, inner)
                return
            found = self._costs.source(parent, name)
            row = Term(0 if found is not None and isinstance(found.source, model.Page) else 1)
            row.add(1, inner)
            extra, size = self._size(parent, node, found, listed=listed)
            term.fixed += extra
            term.add(size, row)

    def _type(self, parent: str, name: str) -> tuple[str, bool]:
        owner: Any = self._costs.schema.type_map[parent]
        type_ = owner.fields[name].type
        return get_named_type(type_).name, is_list_type(get_nullable_type(type_))

    def _size(self, parent: str, node: FieldNode, found: model.Field | None, *, listed: bool) -> tuple[int, Size]:
        """What a field costs of itself, and how many times what is below it."""
        match found.source if found else None:
            case model.Page():
                return 1, self._largest(node, ("first", "last"), self._costs.largest)
            case model.Many(argument=None, most=most):
                return 0, min(most, _FEW)
            case model.Many(argument=str(argument), most=most) if found:
                default = found.arguments[0].default
                return 0, self._largest(node, (argument,), most, default if isinstance(default, int) else most)
            case model.Lookup(many=True):
                return 0, self._count(node, "ids")
            case model.Command() | model.Service():
                return DEAR, 1
            case _:
                alone = not listed or parent.endswith("Connection")  # rows were counted with their connection
                return 0, 1 if alone else _UNSAID

    def _largest(self, node: FieldNode, names: tuple[str, ...], most: int, default: int = 0) -> Size:
        sizes = [self._number(value, most) for value in _arguments(node, names)]
        if not sizes:
            return min(default, most)
        numbers = [size for size in sizes if isinstance(size, int)]
        if len(numbers) == len(sizes):
            return max(numbers)
        return lambda given: max(size if isinstance(size, int) else size(given) for size in sizes)

    def _number(self, value: ValueNode, most: int) -> Size:
        """What a page size is at most; what is no number the field refuses."""
        if isinstance(value, IntValueNode):
            return max(0, min(int(value.value), most))
        if not isinstance(value, VariableNode):
            return 0
        name, default = value.name.value, self._defaults.get(value.name.value)
        unsaid = int(default.value) if isinstance(default, IntValueNode) else 0

        def asked(given: Given) -> int:
            found = given.get(name, unsaid)
            return max(0, min(int(found), most)) if isinstance(found, int | float) else 0

        return asked

    def _count(self, node: FieldNode, argument: str) -> Size:
        (value,) = _arguments(node, (argument,)) or (None,)
        if isinstance(value, ListValueNode):
            return len(value.values)
        if not isinstance(value, VariableNode):
            return 1
        name, default = value.name.value, self._defaults.get(value.name.value)
        unsaid = len(default.values) if isinstance(default, ListValueNode) else 1

        def asked(given: Given) -> int:
            found = given.get(name)
            return len(found) if isinstance(found, list) else unsaid

        return asked


class _Described:
    """Counts what is asked about the schema."""

    def __init__(self, schema: GraphQLSchema, fragments: Mapping[str, Any]) -> None:
        self._schema = schema
        self._fragments = fragments
        self._known: dict[str, int] = {}

    def field(self, node: FieldNode) -> int:
        """The entries that a field and what is below it may show."""
        if node.selection_set is None:
            return 0
        inner = 1 + self._selections(node.selection_set)
        match node.name.value:
            case "types":
                return len(self._schema.type_map) * inner
            case "__schema" | "__type" | "type" | "ofType" | "queryType" | "mutationType" | "subscriptionType":
                return inner
            case _:
                return _IN_THE_SCHEMA * inner

    def _selections(self, selections: SelectionSetNode) -> int:
        total = 0
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                total += self.field(selection)
            elif isinstance(selection, InlineFragmentNode):
                total += self._selections(selection.selection_set)
            elif isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                if name not in self._known:
                    self._known[name] = self._selections(self._fragments[name].selection_set)
                total += self._known[name]
        return total


def _arguments(node: FieldNode, names: tuple[str, ...]) -> list[ValueNode]:
    return [each.value for each in node.arguments or () if each.name.value in names]
