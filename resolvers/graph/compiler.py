"""Graph compiler: from the classes of a schema to the graph, or a startup error."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from types import ModuleType
from typing import Any

from domain import deprecation
from domain.refusals import Refusal
from resolvers.graph import access_rules, declarations, global_ids, inputs, list_compiler, model, scalars, specs
from resolvers.graph.class_reader import (
    ClassReader,
    DeclarationError,
    DeclaredField,
    find_type_spec,
    unwrap_deprecation,
)
from resolvers.graph.docstrings import read_docstrings
from resolvers.graph.field_compiler import FieldCompiler
from resolvers.graph.model import Argument, TypeRef
from resolvers.graph.scalars import Scalar


def compile_graph(
    query: type[Any],
    mutation: type[Any] | None = None,
    subscription: type[Any] | None = None,
    *,
    types: Iterable[type[Any] | ModuleType],
    access: access_rules.AccessRules,
    refusals: Sequence[type[Refusal]] = (),
    common_refusals: Sequence[type[Refusal]] = (),
    extra_scalars: Mapping[type[Any], Scalar] | None = None,
) -> model.Graph:
    """Compile a schema into the graph.

    Args:
        query: the class of Query.
        mutation: the class of Mutation.
        subscription: the class of Subscription.
        types: declared classes, or modules of them, named in annotations.
        access: the access rules: visible rows and visible fields by role.
        refusals: the refusals available to unions; name and docstring are public.
        common_refusals: the refusals in the union of every command.
        extra_scalars: scalars for further Python types of requests and facts; they take and give text.

    Raises:
        DeclarationError: the first declaration that cannot be compiled, by type, field and reason.
    """
    known = {**scalars.SCALARS_BY_TYPE, **(extra_scalars or {})}
    building = _GraphCompiler(
        ClassReader(types, known),
        access_rules.TableCompiler(access),
        known,
        (*refusals, *common_refusals),
        common_refusals,
    )
    return building.build_graph(query, mutation, subscription)


class _GraphCompiler:
    def __init__(
        self,
        class_reader: ClassReader,
        table_compiler: access_rules.TableCompiler,
        scalars_by_type: Mapping[Any, Scalar],
        refusals: Sequence[type[Refusal]],
        always: Sequence[type[Refusal]],
    ) -> None:
        self.class_reader = class_reader
        self.table_compiler = table_compiler
        self.refusals = {refusal: _read_refusal_description(refusal) for refusal in refusals}
        self.common_refusals = tuple(always)
        self.nodes_by_code = _collect_nodes(class_reader)
        codes = {table: code for code, (table, _) in self.nodes_by_code.items()}
        self.field_compiler = FieldCompiler(class_reader, table_compiler, codes)
        self.field_compiler.scalars_by_type = scalars_by_type
        self.input_compiler = inputs.InputCompiler(codes, scalars_by_type)
        self.input_types: dict[str, model.InputType] = {}
        self.key_inputs: dict[str, model.FilterInput] = {}
        self.unions: dict[str, model.ResultUnion] = {}

    def build_graph(
        self, query: type[Any], mutation: type[Any] | None, subscription: type[Any] | None
    ) -> model.Graph:
        objects = {
            name: made
            for name, cls in self.class_reader.classes_by_name.items()
            if (made := self.compile_object_type(cls))
        }
        asked = model.ObjectType(
            "Query",
            self.class_reader.read_descriptions(query).class_text,
            self.compile_root_fields(query, self.compile_query_field),
        )
        changed = None
        if mutation is not None:
            described = self.class_reader.read_descriptions(mutation).class_text
            changed = model.ObjectType(
                "Mutation", described, self.compile_root_fields(mutation, self.compile_mutation_field)
            )
        told = None
        if subscription is not None:
            described = self.class_reader.read_descriptions(subscription).class_text
            told = model.ObjectType(
                "Subscription", described, self.compile_root_fields(subscription, self.compile_subscription_field)
            )
        self.input_types |= {made.name: made for made in self.input_compiler.input_types.values()}
        made_enums = {**self.field_compiler.enums, **self.input_compiler.enums}
        return model.Graph(
            asked,
            changed,
            objects,
            self.field_compiler.filter_inputs,
            self.key_inputs,
            self.field_compiler.order_enums,
            {name: _compile_enum_type(cls) for name, cls in sorted(made_enums.items())},
            self.input_types,
            self.unions,
            {scalar.name: scalar for scalar in scalars.ALL_SCALARS},
            self.refusals,
            self.table_compiler.tables,
            {code: name for code, (_, name) in self.nodes_by_code.items()},
            told,
        )

    def compile_object_type(self, cls: type[Any]) -> model.ObjectType | None:
        match find_type_spec(cls):
            case specs.RowTypeSpec(table, code):
                rows = access_rules.get_table(table)
                self.table_compiler.compile_table(rows)
                fields = [
                    _add_deprecation(field, self.field_compiler.compile_row_field(field, rows, code))
                    for field in self.class_reader.read_fields(cls)
                ]
                return self._build_object_type(cls, fields, rows.name, code)
            case specs.FactsTypeSpec(facts, looked):
                fields = [
                    _add_deprecation(field, self.field_compiler.compile_facts_field(field, facts))
                    for field in self.class_reader.read_fields(cls)
                ]
                return replace(self._build_object_type(cls, fields), view_kind=looked)
            case _:
                return None

    def _build_object_type(
        self, cls: type[Any], fields: list[model.ObjectField], table: str | None = None, code: str | None = None
    ) -> model.ObjectType:
        described = self.class_reader.read_descriptions(cls).class_text
        named = {field.name: field for field in fields}
        if not named:
            raise DeclarationError(cls.__name__, "shows no field")
        return model.ObjectType(cls.__name__, described, named, table, code)

    def compile_root_fields(self, cls: type[Any], make: Any) -> Mapping[str, model.ObjectField]:
        fields = [_add_deprecation(field, make(field)) for field in self.class_reader.read_fields(cls)]
        return {field.name: field for field in fields}

    def compile_query_field(self, field: DeclaredField) -> model.ObjectField:
        match field.spec:
            case specs.RowsSpec() as word:
                return self.field_compiler.compile_root_list(field, word)
            case specs.LookupSpec(key_input=None):
                return self._compile_id_lookup(field)
            case specs.LookupSpec(by):
                return self._compile_key_lookup(field, by)
            case specs.ServiceSpec() as word:
                return self._compile_service(field, word)
            case _:
                raise field.build_error("says not where it comes from (lookup, one, many, connection, service)")

    def _compile_id_lookup(self, field: DeclaredField) -> model.ObjectField:
        shape = field.type_ref.item_type or field.type_ref
        if not shape.nullable or (field.type_ref.item_type and field.type_ref.nullable):
            raise field.build_error("finds nothing for an unknown ID, so annotate it `… | None`, or a list of such")
        node = None
        if field.annotation.python_type is not declarations.Node:
            self.field_compiler.find_target_table(field)
            node = shape.name
            if node not in {name for _, name in self.nodes_by_code.values()}:
                raise field.build_error(f"{node} has no global ID; declare it by @node(…)")
        if field.type_ref.item_type:
            text = "Global IDs of the objects."
            argument = Argument("ids", "ids", text, TypeRef("", item_type=TypeRef("ID")))
        else:
            argument = Argument("id", "id", "Global ID of the object.", TypeRef("ID"))
        source = model.LookupSource(node, is_list=field.type_ref.item_type is not None)
        return model.ObjectField(field.graphql_name, field.description, field.type_ref, source, (argument,))

    def _compile_key_lookup(self, field: DeclaredField, by: Any) -> model.ObjectField:
        if not field.type_ref.nullable or field.type_ref.item_type:
            raise field.build_error("finds one thing or nothing, so annotate it `… | None`")
        table = self.field_compiler.find_target_table(field)
        list_compiler.check_type_spec(by, specs.KeyInputSpec, table, field.location)
        codes = {table: code for code, (table, _) in self.nodes_by_code.items()}
        for declared in self.class_reader.read_fields(by):
            self.field_compiler.collect_enum(declared.annotation.python_type)
        self.key_inputs[by.__name__] = list_compiler.compile_key_input(
            by, table, self.class_reader, self.table_compiler, codes
        )
        argument = Argument("by", "by", "Key of the object.", TypeRef(by.__name__))
        source = model.LookupSource(field.type_ref.name, is_list=False, key_input=self.key_inputs[by.__name__])
        return model.ObjectField(field.graphql_name, field.description, field.type_ref, source, (argument,))

    def _compile_service(self, field: DeclaredField, spec: specs.ServiceSpec) -> model.ObjectField:
        asked = (
            None
            if spec.request is None
            else self._compile_request_input(field, spec.request, f"{_to_pascal_case(field)}Request")
        )
        shape, python, union = self._compile_result_union(field, ())
        if field.annotation.union_members and not isinstance(find_type_spec(python), specs.FactsTypeSpec):
            raise field.build_error(f"{getattr(python, '__name__', python)} is no view")
        if isinstance(find_type_spec(python), specs.RowTypeSpec):
            raise field.build_error("a service returns facts; show them by a view")
        self.field_compiler.collect_enum(python)
        shows = python.__name__ if isinstance(find_type_spec(python), specs.FactsTypeSpec) else ""
        source = model.ServiceSource(spec.function, asked, shows, union)
        return model.ObjectField(field.graphql_name, field.description, shape, source, asked.fields if asked else ())

    def compile_mutation_field(self, field: DeclaredField) -> model.ObjectField:
        word = field.spec
        if not isinstance(word, specs.CommandSpec):
            raise field.build_error("is a command(…)")
        asked = self._compile_request_input(field, word.request, f"{_to_pascal_case(field)}Input")
        if any(argument.name == "clientMutationKey" for argument in asked.fields):
            raise field.build_error("`clientMutationKey` is every command's own; the request may not have it")
        self.input_types[asked.name] = asked
        shape, python, union = self._compile_result_union(field, self.common_refusals)
        if not isinstance(find_type_spec(python), specs.RowTypeSpec):
            raise field.build_error("a command changes a row; show it by a node")
        source = model.CommandSource(word.function, asked, python.__name__, union)
        argument = Argument("input", "input", "Input of the command.", TypeRef(asked.name))
        return model.ObjectField(
            field.graphql_name, field.description, TypeRef(shape.name, nullable=True), source, (argument,)
        )

    def compile_subscription_field(self, field: DeclaredField) -> model.ObjectField:
        word, shows = field.spec, field.type_ref.name
        if not isinstance(word, specs.EventsSpec):
            raise field.build_error("is live(…)")
        codes = {name: code for code, (_, name) in self.nodes_by_code.items()}
        if not field.annotation.is_event_stream or shows not in codes:
            raise field.build_error("tells of things that have a global ID, so annotate it `Live[…]` of such a type")
        under = shows[:1].lower() + shows[1:]
        source = model.EventSource(word.topic, shows, codes[shows], under, word.subject_argument)
        return model.ObjectField(
            field.graphql_name,
            field.description,
            TypeRef(_to_pascal_case(field)),
            source,
            _build_event_arguments(under, chosen=word.subject_argument),
        )

    def _compile_request_input(self, field: DeclaredField, request: type[Any], name: str) -> model.InputType:
        try:
            return self.input_compiler.compile_input_type(request, name)
        except inputs.UnsupportedModel as reason:
            raise field.build_error(str(reason)) from None

    def _compile_result_union(
        self, field: DeclaredField, always: Sequence[type[Refusal]]
    ) -> tuple[TypeRef, Any, tuple[type[Refusal], ...]]:
        """The type, object class and refusals of a result."""
        thing, *listed = field.annotation.union_members or (field.annotation.python_type,)
        for refusal in listed:
            if refusal not in self.refusals:
                raise field.build_error(f"{getattr(refusal, '__name__', refusal)} is not among compile(refusals=…)")
        members = tuple(dict.fromkeys([*listed, *always]))
        if not members:
            return field.type_ref, thing, ()
        if field.annotation.type_ref.item_type:
            raise field.build_error("a union of a list and refusals is no type of GraphQL")
        name = f"{_to_pascal_case(field)}Result"
        text = f"Result of `{field.graphql_name}`: the `{thing.__name__}` object, or a refusal."
        names = (thing.__name__, *(member.__name__ for member in members))
        self.unions[name] = model.ResultUnion(name, text, names)
        return TypeRef(name), thing, members


def _build_event_arguments(under: str, *, chosen: bool) -> tuple[Argument, ...]:
    text = "Cursor of the last event received, to resume after it; if omitted, events from now on."
    after = Argument("after", "after", text, TypeRef("String", nullable=True))
    one = Argument(under, under, "Global ID of one object, to receive only its events.", TypeRef("ID", nullable=True))
    return (after, one) if chosen else (after,)


def _collect_nodes(class_reader: ClassReader) -> dict[str, tuple[str, str]]:
    """Table and type of each ID code. Raises DeclarationError for duplicates.

    Neither two types with one code nor two nodes of one table are allowed.
    """
    found: dict[str, tuple[str, str]] = {}
    shown: set[str] = set()
    for name, cls in class_reader.classes_by_name.items():
        declared = find_type_spec(cls)
        if not isinstance(declared, specs.RowTypeSpec) or declared.code is None:
            continue
        table = access_rules.get_table(declared.table).name
        if not global_ids.CODE_PATTERN.fullmatch(declared.code) or declared.code in found:
            raise DeclarationError(
                name, f"code {declared.code!r} is another type's, or not one to eight small letters"
            )
        if table in shown:
            raise DeclarationError(name, f"{table} already has a node; show it again by @shown(…)")
        if not issubclass(cls, declarations.Node):
            raise DeclarationError(name, "is a node, so it extends Node")
        shown.add(table)
        found[declared.code] = (table, name)
    return found


def _compile_enum_type(cls: type[StrEnum]) -> model.EnumType:
    described = read_docstrings(cls)
    if not described.class_text:
        raise DeclarationError(cls.__name__, "has no docstring, and so no description")
    for member in cls:
        if not described.attribute_texts.get(member.name):
            raise DeclarationError(
                f"{cls.__name__}.{member.name}", "has no docstring under it, and so no description"
            )
        if not member.value.isidentifier() or not member.value.isascii():
            raise DeclarationError(f"{cls.__name__}.{member.name}", f"{member.value!r} is no name of GraphQL")
    texts = {member.value: described.attribute_texts[member.name] for member in cls}
    return model.EnumType(cls.__name__, described.class_text, cls, texts, dict(_read_deprecated_members(cls)))


def _read_deprecated_members(cls: type[StrEnum]) -> Iterator[tuple[str, str]]:
    for name, why in deprecation.deprecated_members(cls).items():
        if name not in cls.__members__:
            raise DeclarationError(f"{cls.__name__}.{name}", "is deprecated and no member")
        _, text = unwrap_deprecation(specs.DeprecatedSpec(None, why), f"{cls.__name__}.{name}")
        yield cls[name].value, str(text)


def _add_deprecation(declared: DeclaredField, made: model.ObjectField) -> model.ObjectField:
    return replace(made, deprecation_reason=declared.deprecation_reason)


def _read_refusal_description(refusal: type[Refusal]) -> str:
    text = read_docstrings(refusal).class_text
    if not text:
        raise DeclarationError(refusal.__name__, "has no docstring, and so no description")
    return text


def _to_pascal_case(field: DeclaredField) -> str:
    return field.graphql_name[:1].upper() + field.graphql_name[1:]


__all__ = ["DeclarationError", "compile_graph"]
