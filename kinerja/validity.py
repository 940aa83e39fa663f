"""Whether a document fits the schema: mostly proven in one walk, else told by graphql-core, with its errors.

graphql-core visits every node with thirty rules, which is three quarters of what a new document costs. Nearly all
documents are plain, and for those one walk shows that no rule can have anything to say. It never says so of a
document that is not valid; where it cannot tell, the rules decide.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLError,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    OverlappingFieldsCanBeMergedRule,
    SelectionNode,
    SelectionSetNode,
    TypeNameMetaFieldDef,
    Undefined,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    assert_valid_schema,
    do_types_overlap,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_input_type,
    is_required_argument,
    type_from_ast,
    validate,
    validate_input_literal,
)
from graphql.validation.rules.variables_in_allowed_position import allowed_variable_usage

from kinerja import limits

_CONDITIONS: Final = frozenset({"skip", "include"})
_CONDITION: Final = GraphQLNonNull(GraphQLBoolean)
_SOURCES: Final = frozenset({OperationType.QUERY, OperationType.MUTATION})


class Unproven(Exception):
    """The walk cannot tell whether a document is valid."""


@dataclass(frozen=True, slots=True)
class _Field:
    """A field as documents ask for it; `below` is the type of its selections, None for a leaf."""

    type: str
    below: str | None
    arguments: Mapping[str, GraphQLArgument]
    required: frozenset[str]


Names = dict[str, tuple[str, str] | None]
"""Response names of what is selected of one thing, with field and type where it is a leaf without arguments."""


class Validity:
    """Tells whether documents fit one schema.

    Args:
        schema: the schema.
        most_errors: how many errors are told before it stops looking.
        suggests: whether errors may name fields that there are.
    """

    def __init__(self, schema: GraphQLSchema, *, most_errors: int, suggests: bool) -> None:
        assert_valid_schema(schema)
        self.schema = schema
        self.shown: Mapping[str, Mapping[str, _Field]] = {
            name: dict(_fields(type_)) for name, type_ in schema.type_map.items() if is_composite_type(type_)
        }
        """The fields of each type that can be selected from."""
        self._most_errors = most_errors
        self._suggests = suggests
        self._overlaps: dict[tuple[str, str], bool] = {}

    def errors(self, document: DocumentNode) -> Sequence[GraphQLError]:
        """What is wrong with a document that is within the limits; nothing where it is valid."""
        try:
            if not self.merges(document):
                return ()
            rules: Collection[Any] | None = (OverlappingFieldsCanBeMergedRule,)
        except Unproven:
            rules = None
        return validate(
            self.schema, document, rules, max_errors=self._most_errors, hide_suggestions=not self._suggests
        )

    def merges(self, document: DocumentNode) -> bool:
        """Whether a document, whose validity is proven else, gives a name to two fields that may differ.

        Raises:
            Unproven: it may not be valid.
        """
        return _Walk(self, document).merges

    def overlap(self, one: str, other: str) -> bool:
        """Whether something can be of both types."""
        if one == other:
            return True
        if (one, other) not in self._overlaps:
            types: Any = self.schema.type_map
            self._overlaps[one, other] = do_types_overlap(self.schema, types[one], types[other])
        return self._overlaps[one, other]


def _fields(
    of: GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType,
) -> Iterator[tuple[str, _Field]]:
    yield "__typename", _field(TypeNameMetaFieldDef)
    if not isinstance(of, GraphQLUnionType):
        for name, each in of.fields.items():
            yield name, _field(each)


def _field(of: GraphQLField) -> _Field:
    named = get_named_type(of.type)
    required = frozenset(name for name, each in of.args.items() if is_required_argument(each))
    return _Field(str(of.type), named.name if is_composite_type(named) else None, of.args, required)


@dataclass(slots=True)
class _Walk:
    """One document being looked at; what it cannot tell raises Unproven."""

    within: Validity
    document: DocumentNode
    merges: bool = False
    _fragments: dict[str, FragmentDefinitionNode] = field(default_factory=dict)
    _named: dict[str, Names] = field(default_factory=dict)
    _open: set[str] = field(default_factory=set)
    _variables: dict[str, tuple[Any, VariableDefinitionNode]] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        operation = self._only_operation()
        root = self.within.schema.get_root_type(operation.operation)
        if root is None or operation.operation not in _SOURCES or operation.directives:
            raise Unproven
        for each in operation.variable_definitions or ():
            self._declare(each)
        self._selections(operation.selection_set, root.name, {})
        if len(self._used) != len(self._variables) or len(self._named) != len(self._fragments):
            raise Unproven

    def _only_operation(self) -> OperationDefinitionNode:
        operations: list[OperationDefinitionNode] = []
        for each in self.document.definitions:
            if isinstance(each, OperationDefinitionNode):
                operations.append(each)
            elif isinstance(each, FragmentDefinitionNode) and each.name.value not in self._fragments:
                self._fragments[each.name.value] = each
            else:
                raise Unproven
        if len(operations) != 1:
            raise Unproven
        return operations[0]

    def _declare(self, variable: VariableDefinitionNode) -> None:
        name = variable.variable.name.value
        type_: Any = type_from_ast(self.within.schema, variable.type)
        if name in self._variables or variable.directives or not is_input_type(type_):
            raise Unproven
        if variable.default_value is not None:
            self._literal(variable.default_value, type_)
        self._variables[name] = type_, variable

    def _selections(self, selected: SelectionSetNode, of: str, names: Names) -> None:
        for each in selected.selections:
            if each.directives:
                self._conditions(each.directives)
            if isinstance(each, FieldNode):
                self._field(each, of, names)
            else:
                self._fragment(each, of, names)

    def _field(self, node: FieldNode, of: str, names: Names) -> None:
        name = node.name.value
        found = self.within.shown[of].get(name)
        if found is None or (node.selection_set is None) is not (found.below is None):
            raise Unproven
        if node.arguments or found.required:
            self._arguments(node, found)
        leaf = None if found.below or node.arguments else (name, found.type)
        self._show(names, node.alias.value if node.alias else name, leaf)
        if node.selection_set is not None and found.below is not None:
            self._selections(node.selection_set, found.below, {})

    def _show(self, names: Names, name: str, leaf: tuple[str, str] | None) -> None:
        if name not in names:
            names[name] = leaf
        elif leaf is None or names[name] != leaf:
            self.merges = True

    def _fragment(self, node: SelectionNode, of: str, names: Names) -> None:
        if isinstance(node, InlineFragmentNode):
            narrowed = node.type_condition.name.value if node.type_condition else of
            self._fits(narrowed, of)
            self._selections(node.selection_set, narrowed, names)
        elif isinstance(node, FragmentSpreadNode):
            for name, leaf in self._spread(node.name.value, of).items():
                self._show(names, name, leaf)

    def _spread(self, name: str, of: str) -> Names:
        """The response names of a fragment, which is looked at when it is first spread."""
        fragment = self._fragments.get(name)
        if fragment is None or fragment.directives or name in self._open:
            raise Unproven
        narrowed = fragment.type_condition.name.value
        self._fits(narrowed, of)
        if name not in self._named:
            self._open.add(name)
            if len(self._open) > limits.NESTING:
                raise Unproven  # a chain that the limits could not follow, since others go in circles
            names: Names = {}
            self._selections(fragment.selection_set, narrowed, names)
            self._open.remove(name)
            self._named[name] = names
        return self._named[name]

    def _fits(self, narrowed: str, of: str) -> None:
        if narrowed not in self.within.shown or not self.within.overlap(narrowed, of):
            raise Unproven

    def _conditions(self, directives: Sequence[DirectiveNode]) -> None:
        """Only `@skip` and `@include`, each once, with the one argument that they take."""
        names = {each.name.value for each in directives}
        if len(names) != len(directives) or not names <= _CONDITIONS:
            raise Unproven
        for each in directives:
            match each.arguments:
                case [only] if only.name.value == "if":
                    if isinstance(only.value, VariableNode):
                        self._use(only.value, _CONDITION, Undefined)
                    elif not isinstance(only.value, BooleanValueNode):
                        raise Unproven
                case _:
                    raise Unproven

    def _arguments(self, node: FieldNode, of: _Field) -> None:
        given = node.arguments or ()
        names = {each.name.value for each in given}
        if len(names) != len(given) or not of.required <= names:
            raise Unproven
        for each in given:
            argument = of.arguments.get(each.name.value)
            if argument is None:
                raise Unproven
            self._value(each.value, argument)

    def _value(self, node: ValueNode, to: GraphQLArgument) -> None:
        if isinstance(node, VariableNode):
            self._use(node, to.type, _default(to))
        else:
            self._literal(node, to.type)

    def _literal(self, node: ValueNode, type_: Any) -> None:
        validate_input_literal(node, type_, _not_valid)
        self._inside(node, type_)

    def _inside(self, node: ValueNode, type_: Any) -> None:
        """See to what is inside of a literal: variables, and that names differ; all else is known to be right."""
        if isinstance(node, ListValueNode):
            listed = get_nullable_type(type_)
            for each in node.values:
                self._below(each, listed.of_type if isinstance(listed, GraphQLList) else type_, Undefined)
        elif isinstance(node, ObjectValueNode):
            inner = get_named_type(type_)
            names = {each.name.value for each in node.fields}
            if not isinstance(inner, GraphQLInputObjectType) or len(names) != len(node.fields):
                raise Unproven
            for entry in node.fields:
                to = inner.fields[entry.name.value]
                if inner.is_one_of and isinstance(entry.value, VariableNode):
                    self._surely(entry.value)
                self._below(entry.value, to.type, _default(to))

    def _below(self, node: ValueNode, type_: Any, default: Any) -> None:
        if isinstance(node, VariableNode):
            self._use(node, type_, default)
        else:
            self._inside(node, type_)

    def _surely(self, node: VariableNode) -> None:
        """One of several fields must be given a variable that cannot be null."""
        found = self._variables.get(node.name.value)
        if found is None or not isinstance(found[0], GraphQLNonNull):
            raise Unproven

    def _use(self, node: VariableNode, type_: Any, default: Any) -> None:
        found = self._variables.get(node.name.value)
        if found is None:
            raise Unproven
        given, declared = found
        if not allowed_variable_usage(self.within.schema, given, declared.default_value, type_, default):
            raise Unproven
        self._used.add(node.name.value)


def _default(of: GraphQLArgument | GraphQLInputField) -> Any:
    return of.default_value if of.default is None else of.default


def _not_valid(error: GraphQLError, _path: list[str | int]) -> None:
    raise Unproven from error
