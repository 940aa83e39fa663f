"""How much of a schema documents and their variables ask for."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graphql import (
    DirectiveNode,
    FieldNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    type_from_ast,
    value_from_ast_untyped,
    visit,
)

from domain.actor import Actor
from tests.corpus.document_draft import DocumentCase

ELEMENT_KINDS = ("type", "field", "argument", "input field", "enum value", "directive", "condition")


class SchemaCoverage:
    """What was asked for, and what there is to ask for; an element is its kind and its name."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self.requested: Counter[tuple[str, str]] = Counter()
        self.roles: Counter[str] = Counter()
        self.whole = set(_list_elements(schema))

    def count_case(self, case: DocumentCase, actors: Sequence[Actor | None]) -> None:
        """Count what a case asks for, and as whom."""
        self.roles.update("nobody" if each is None else each.role.value for each in actors)
        info = TypeInfo(self._schema)
        visit(case.document, TypeInfoVisitor(info, _CoverageVisitor(self, info)))
        for definition in case.document.definitions:
            if isinstance(definition, OperationDefinitionNode):
                for variable in definition.variable_definitions or ():
                    of = type_from_ast(self._schema, variable.type)
                    for run in case.runs:
                        self.count_value(of, run.variables.get(variable.variable.name.value))

    def count_value(self, of: Any, value: Any) -> None:
        """Count what a value of an input type holds."""
        named = get_named_type(of)
        if isinstance(value, list):
            for each in value:
                self.count_value(named, each)
        elif isinstance(named, GraphQLInputObjectType) and isinstance(value, Mapping):
            for name in value.keys() & named.fields.keys():
                self.requested["input field", f"{named.name}.{name}"] += 1
                self.count_value(named.fields[name].type, value[name])
        elif isinstance(named, GraphQLEnumType) and value is not None:
            self.requested["enum value", f"{named.name}.{value}"] += 1

    def list_uncovered(self) -> list[str]:
        """What nobody asked for."""
        return sorted(f"{kind} {name}" for kind, name in self.whole - self.requested.keys())

    def format_coverage(self) -> str:
        """Lines that tell of each kind how much of it was asked for."""
        lines = []
        for kind in ELEMENT_KINDS:
            whole = {each for each in self.whole if each[0] == kind}
            lines.append(f"  {kind:12} {len(whole & self.requested.keys()):4} of {len(whole):4}")
        roles = ", ".join(f"{name} {count}" for name, count in sorted(self.roles.items()))
        return "\n".join([*lines, f"  roles        {roles}"])


class _CoverageVisitor(Visitor):
    def __init__(self, coverage: SchemaCoverage, info: TypeInfo) -> None:
        super().__init__()
        self._coverage = coverage
        self._info = info

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        parent = self._info.get_parent_type()
        definition = self._info.get_field_def()
        if parent is None or definition is None:
            return
        asked = self._coverage.requested
        asked["type", parent.name] += 1
        asked["field", f"{parent.name}.{node.name.value}"] += 1
        for argument in node.arguments or ():
            asked["argument", f"{parent.name}.{node.name.value}({argument.name.value})"] += 1
            of = definition.args[argument.name.value].type
            self._coverage.count_value(of, value_from_ast_untyped(argument.value, _UnknownVariables()))

    def enter_inline_fragment(self, node: InlineFragmentNode, *_: Any) -> None:
        if node.type_condition:
            self._coverage.requested["condition", node.type_condition.name.value] += 1

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        self._coverage.requested["directive", node.name.value] += 1


class _UnknownVariables(dict[str, Any]):
    """Variables that stand for nothing: their values are counted by themselves."""

    def __missing__(self, name: str) -> None:
        return None


def _list_elements(schema: GraphQLSchema) -> Iterator[tuple[str, str]]:
    inputs: list[GraphQLInputType] = []
    for name, of in _find_reachable_types(schema).items():
        if isinstance(of, GraphQLObjectType | GraphQLInterfaceType):
            yield "type", name
            for field_name, field in of.fields.items():
                yield "field", f"{name}.{field_name}"
                for argument, definition in field.args.items():
                    yield "argument", f"{name}.{field_name}({argument})"
                    inputs.append(definition.type)
        if isinstance(of, GraphQLObjectType) and (of.interfaces or _is_union_member(schema, of)):
            yield "condition", name
    yield from (("directive", name) for name in ("include", "skip"))
    yield from _list_input_elements(inputs)


def _find_reachable_types(schema: GraphQLSchema) -> dict[str, GraphQLNamedType]:
    """Types that queries and mutations show."""
    found: dict[str, GraphQLNamedType] = {}
    left: list[GraphQLNamedType] = [each for each in (schema.query_type, schema.mutation_type) if each]
    while left:
        of = left.pop()
        if of.name in found:
            continue
        found[of.name] = of
        if isinstance(of, GraphQLInterfaceType | GraphQLUnionType):
            left += schema.get_possible_types(of)
        if isinstance(of, GraphQLObjectType | GraphQLInterfaceType):
            left += [*of.interfaces, *(get_named_type(field.type) for field in of.fields.values())]
    return found


def _is_union_member(schema: GraphQLSchema, of: GraphQLObjectType) -> bool:
    return any(isinstance(each, GraphQLUnionType) and of in each.types for each in schema.type_map.values())


def _list_input_elements(left: list[GraphQLInputType]) -> Iterator[tuple[str, str]]:
    done = set()
    while left:
        named = get_named_type(left.pop())
        if named in done:
            continue
        done.add(named)
        if isinstance(named, GraphQLEnumType):
            yield from (("enum value", f"{named.name}.{value}") for value in named.values)
        elif isinstance(named, GraphQLInputObjectType):
            for name, field in named.fields.items():
                yield "input field", f"{named.name}.{name}"
                left.append(field.type)
