"""Fast validation of documents: one traversal proves most, graphql-core decides the rest.

graphql-core visits every node with thirty rules, three quarters of the cost of a new document. Nearly all documents
are plain, and for those one traversal proves the absence of errors. An invalid document is never declared valid; in
doubt the rules of graphql-core decide and report the errors.
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

from kinerja.graphql_server import query_limits

_CONDITION_DIRECTIVES: Final = frozenset({"skip", "include"})
_CONDITION_TYPE: Final = GraphQLNonNull(GraphQLBoolean)
_PROVABLE_OPERATIONS: Final = frozenset({OperationType.QUERY, OperationType.MUTATION})


class ValidityUnproven(Exception):
    """The traversal can prove neither validity nor invalidity of a document."""


@dataclass(frozen=True, slots=True)
class _SelectableField:
    """A field as selectable in documents.

    `selected_type` is the type of its selections, None for a leaf.
    """

    type: str
    selected_type: str | None
    arguments: Mapping[str, GraphQLArgument]
    required: frozenset[str]


ResponseNames = dict[str, tuple[str, str] | None]
"""Response names of a selection, with field and type for leaves without arguments, else None."""


class FastValidator:
    """Validates documents against one schema.

    Args:
        schema: the schema.
        max_errors: the number of reported errors after which validation stops.
        suggests_fields: allow field suggestions in errors.
    """

    def __init__(self, schema: GraphQLSchema, *, max_errors: int, suggests_fields: bool) -> None:
        assert_valid_schema(schema)
        self.schema = schema
        self.fields_by_type: Mapping[str, Mapping[str, _SelectableField]] = {
            name: dict(_selectable_fields(type_))
            for name, type_ in schema.type_map.items()
            if is_composite_type(type_)
        }
        """Selectable fields of each composite type."""
        self._max_errors = max_errors
        self._suggests_fields = suggests_fields
        self._overlap_cache: dict[tuple[str, str], bool] = {}

    def validate_document(self, document: DocumentNode) -> Sequence[GraphQLError]:
        """Return the validation errors of a document within the limits; empty if valid."""
        try:
            if not self.has_possible_conflict(document):
                return ()
            rules: Collection[Any] | None = (OverlappingFieldsCanBeMergedRule,)
        except ValidityUnproven:
            rules = None
        return validate(
            self.schema, document, rules, max_errors=self._max_errors, hide_suggestions=not self._suggests_fields
        )

    def has_possible_conflict(self, document: DocumentNode) -> bool:
        """Return true for a valid document giving one name to two possibly different fields.

        Raises:
            ValidityUnproven: the document may be invalid.
        """
        return _DocumentChecker(self, document).has_conflict

    def types_overlap(self, first: str, second: str) -> bool:
        """Return true if an object can be of both types."""
        if first == second:
            return True
        if (first, second) not in self._overlap_cache:
            types: Any = self.schema.type_map
            self._overlap_cache[first, second] = do_types_overlap(self.schema, types[first], types[second])
        return self._overlap_cache[first, second]


def _selectable_fields(
    graphql_type: GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType,
) -> Iterator[tuple[str, _SelectableField]]:
    yield "__typename", _selectable_field(TypeNameMetaFieldDef)
    if not isinstance(graphql_type, GraphQLUnionType):
        for name, each in graphql_type.fields.items():
            yield name, _selectable_field(each)


def _selectable_field(graphql_field: GraphQLField) -> _SelectableField:
    named = get_named_type(graphql_field.type)
    required = frozenset(name for name, each in graphql_field.args.items() if is_required_argument(each))
    return _SelectableField(
        str(graphql_field.type), named.name if is_composite_type(named) else None, graphql_field.args, required
    )


@dataclass(slots=True)
class _DocumentChecker:
    """Checks one document; raises ValidityUnproven in doubt."""

    validator: FastValidator
    document: DocumentNode
    has_conflict: bool = False
    _fragments: dict[str, FragmentDefinitionNode] = field(default_factory=dict)
    _fragment_names: dict[str, ResponseNames] = field(default_factory=dict)
    _open_fragments: set[str] = field(default_factory=set)
    _variables: dict[str, tuple[Any, VariableDefinitionNode]] = field(default_factory=dict)
    _used_variables: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        operation = self._single_operation()
        root = self.validator.schema.get_root_type(operation.operation)
        if root is None or operation.operation not in _PROVABLE_OPERATIONS or operation.directives:
            raise ValidityUnproven
        for each in operation.variable_definitions or ():
            self._declare_variable(each)
        self._check_selections(operation.selection_set, root.name, {})
        if len(self._used_variables) != len(self._variables) or len(self._fragment_names) != len(self._fragments):
            raise ValidityUnproven

    def _single_operation(self) -> OperationDefinitionNode:
        operations: list[OperationDefinitionNode] = []
        for each in self.document.definitions:
            if isinstance(each, OperationDefinitionNode):
                operations.append(each)
            elif isinstance(each, FragmentDefinitionNode) and each.name.value not in self._fragments:
                self._fragments[each.name.value] = each
            else:
                raise ValidityUnproven
        if len(operations) != 1:
            raise ValidityUnproven
        return operations[0]

    def _declare_variable(self, variable: VariableDefinitionNode) -> None:
        name = variable.variable.name.value
        type_: Any = type_from_ast(self.validator.schema, variable.type)
        if name in self._variables or variable.directives or not is_input_type(type_):
            raise ValidityUnproven
        if variable.default_value is not None:
            self._check_literal(variable.default_value, type_)
        self._variables[name] = type_, variable

    def _check_selections(self, selected: SelectionSetNode, parent_type: str, names: ResponseNames) -> None:
        for each in selected.selections:
            if each.directives:
                self._check_conditions(each.directives)
            if isinstance(each, FieldNode):
                self._check_field(each, parent_type, names)
            else:
                self._check_fragment(each, parent_type, names)

    def _check_field(self, node: FieldNode, parent_type: str, names: ResponseNames) -> None:
        name = node.name.value
        found = self.validator.fields_by_type[parent_type].get(name)
        if found is None or (node.selection_set is None) is not (found.selected_type is None):
            raise ValidityUnproven
        if node.arguments or found.required:
            self._check_arguments(node, found)
        leaf = None if found.selected_type or node.arguments else (name, found.type)
        self._add_response_name(names, node.alias.value if node.alias else name, leaf)
        if node.selection_set is not None and found.selected_type is not None:
            self._check_selections(node.selection_set, found.selected_type, {})

    def _add_response_name(self, names: ResponseNames, name: str, leaf: tuple[str, str] | None) -> None:
        if name not in names:
            names[name] = leaf
        elif leaf is None or names[name] != leaf:
            self.has_conflict = True

    def _check_fragment(self, node: SelectionNode, parent_type: str, names: ResponseNames) -> None:
        if isinstance(node, InlineFragmentNode):
            narrowed = node.type_condition.name.value if node.type_condition else parent_type
            self._check_type_condition(narrowed, parent_type)
            self._check_selections(node.selection_set, narrowed, names)
        elif isinstance(node, FragmentSpreadNode):
            for name, leaf in self._check_spread(node.name.value, parent_type).items():
                self._add_response_name(names, name, leaf)

    def _check_spread(self, name: str, parent_type: str) -> ResponseNames:
        """Return the response names of a fragment, checked at its first spread."""
        fragment = self._fragments.get(name)
        if fragment is None or fragment.directives or name in self._open_fragments:
            raise ValidityUnproven
        narrowed = fragment.type_condition.name.value
        self._check_type_condition(narrowed, parent_type)
        if name not in self._fragment_names:
            self._open_fragments.add(name)
            if len(self._open_fragments) > query_limits.MAX_NESTING:
                raise ValidityUnproven  # a chain too long for the limits: they skip cyclic fragments
            names: ResponseNames = {}
            self._check_selections(fragment.selection_set, narrowed, names)
            self._open_fragments.remove(name)
            self._fragment_names[name] = names
        return self._fragment_names[name]

    def _check_type_condition(self, narrowed: str, parent_type: str) -> None:
        if narrowed not in self.validator.fields_by_type or not self.validator.types_overlap(narrowed, parent_type):
            raise ValidityUnproven

    def _check_conditions(self, directives: Sequence[DirectiveNode]) -> None:
        """Accept only `@skip` and `@include`, each once, with their single argument `if`."""
        names = {each.name.value for each in directives}
        if len(names) != len(directives) or not names <= _CONDITION_DIRECTIVES:
            raise ValidityUnproven
        for each in directives:
            match each.arguments:
                case [only] if only.name.value == "if":
                    if isinstance(only.value, VariableNode):
                        self._use_variable(only.value, _CONDITION_TYPE, Undefined)
                    elif not isinstance(only.value, BooleanValueNode):
                        raise ValidityUnproven
                case _:
                    raise ValidityUnproven

    def _check_arguments(self, node: FieldNode, selectable: _SelectableField) -> None:
        given = node.arguments or ()
        names = {each.name.value for each in given}
        if len(names) != len(given) or not selectable.required <= names:
            raise ValidityUnproven
        for each in given:
            argument = selectable.arguments.get(each.name.value)
            if argument is None:
                raise ValidityUnproven
            self._check_argument(each.value, argument)

    def _check_argument(self, node: ValueNode, to: GraphQLArgument) -> None:
        if isinstance(node, VariableNode):
            self._use_variable(node, to.type, _argument_default(to))
        else:
            self._check_literal(node, to.type)

    def _check_literal(self, node: ValueNode, type_: Any) -> None:
        validate_input_literal(node, type_, _raise_unproven)
        self._check_nested_values(node, type_)

    def _check_nested_values(self, node: ValueNode, type_: Any) -> None:
        """Check the nested values of a literal: variables, and distinct names in objects.

        All else was validated before.
        """
        if isinstance(node, ListValueNode):
            listed = get_nullable_type(type_)
            for each in node.values:
                self._check_nested_value(
                    each, listed.of_type if isinstance(listed, GraphQLList) else type_, Undefined
                )
        elif isinstance(node, ObjectValueNode):
            inner = get_named_type(type_)
            names = {each.name.value for each in node.fields}
            if not isinstance(inner, GraphQLInputObjectType) or len(names) != len(node.fields):
                raise ValidityUnproven
            for entry in node.fields:
                to = inner.fields[entry.name.value]
                if inner.is_one_of and isinstance(entry.value, VariableNode):
                    self._require_non_null(entry.value)
                self._check_nested_value(entry.value, to.type, _argument_default(to))

    def _check_nested_value(self, node: ValueNode, type_: Any, default: Any) -> None:
        if isinstance(node, VariableNode):
            self._use_variable(node, type_, default)
        else:
            self._check_nested_values(node, type_)

    def _require_non_null(self, node: VariableNode) -> None:
        """Require a non-null variable for a field of a `@oneOf` input."""
        found = self._variables.get(node.name.value)
        if found is None or not isinstance(found[0], GraphQLNonNull):
            raise ValidityUnproven

    def _use_variable(self, node: VariableNode, type_: Any, default: Any) -> None:
        found = self._variables.get(node.name.value)
        if found is None:
            raise ValidityUnproven
        given, declared = found
        if not allowed_variable_usage(self.validator.schema, given, declared.default_value, type_, default):
            raise ValidityUnproven
        self._used_variables.add(node.name.value)


def _argument_default(argument: GraphQLArgument | GraphQLInputField) -> Any:
    return argument.default_value if argument.default is None else argument.default


def _raise_unproven(error: GraphQLError, _path: list[str | int]) -> None:
    raise ValidityUnproven from error
