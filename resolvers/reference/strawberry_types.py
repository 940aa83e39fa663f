"""Strawberry types built from the graph: the public schema without resolvers."""

from collections.abc import Iterable, Mapping
from enum import Enum, StrEnum
from functools import partial
from typing import Any, NewType

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.base import StrawberryList, StrawberryOptional, get_object_definition
from strawberry.types.enum import EnumValue, StrawberryEnumDefinition
from strawberry.types.field import StrawberryField
from strawberry.types.scalar import ScalarDefinition
from strawberry.types.union import StrawberryUnion
from strawberry.types.unset import UNSET

from resolvers.graph import model
from resolvers.graph.model import Argument, TypeRef
from resolvers.graph.scalars import Scalar
from resolvers.mutation_runner import CLIENT_MUTATION_KEY

BUILT_IN_TYPES: Mapping[str, Any] = {"ID": strawberry.ID, "Int": int, "String": str, "Boolean": bool}
NODE_INTERFACE = (
    "Node",
    "Object with a global ID, for `node` and `nodes`.",
    [
        model.ObjectField(
            "id", "Global ID: opaque, stable, unique among all types.", TypeRef("ID"), model.AttributeSource("id")
        )
    ],
)
REFUSAL_FIELDS = [
    model.ObjectField(
        "code", "Code of the refusal, such as `NOT_FOUND`; stable.", TypeRef("String"), model.AttributeSource("code")
    ),
    model.ObjectField(
        "message", "Message for developers, in English.", TypeRef("String"), model.AttributeSource("message")
    ),
    model.ObjectField(
        "path",
        "Path of the input field at fault, outermost first; empty for none.",
        TypeRef("", item_type=TypeRef("String")),
        model.AttributeSource("path"),
    ),
]
REFUSAL_INTERFACE = ("Refusal", "Refusal of a command, with its reason (penolakan).", REFUSAL_FIELDS)
PAGE_INFO_TYPE = (
    "PageInfo",
    "Limits of a page of a list.",
    [
        model.ObjectField(name, text, TypeRef(kind, nullable=kind == "String"), model.AttributeSource(name))
        for name, kind, text in (
            ("hasNextPage", "Boolean", "True with further rows after the page; with `last`, if `before` was given."),
            (
                "hasPreviousPage",
                "Boolean",
                "True with further rows before the page; with `first`, if `after` was given.",
            ),
            ("startCursor", "String", "Cursor of the first row; null on an empty page."),
            ("endCursor", "String", "Cursor of the last row; null on an empty page."),
        )
    ],
)
CURSOR_ATTRIBUTE = model.AttributeSource("cursor")
CLIENT_KEY_ARGUMENT = Argument(
    CLIENT_MUTATION_KEY,
    CLIENT_MUTATION_KEY,
    "Idempotency key chosen by the client: a repeated request with the same key and input changes nothing and"
    " returns the first result. 1 to 200 characters.",
    TypeRef("String"),
)


class StrawberryTypes:
    """All of Strawberry's types of a graph."""

    def __init__(self, graph: model.Graph) -> None:
        self._graph = graph
        self.scalars: dict[object, ScalarDefinition] = {}
        self._types_by_name: dict[str, Any] = dict(BUILT_IN_TYPES)
        for scalar in graph.scalars.values():
            if not scalar.built_in:
                self._add_scalar(scalar)
        for choices in graph.enums.values():
            self._add_enum(choices, choices.python_enum)
        for orders in graph.order_enums.values():
            named = StrEnum(orders.name, {name: name for name in orders.orders})  # type: ignore[misc]  # a name known at import
            self._add_enum(orders, named)
        self._add_inputs()
        self._add_objects()
        self.query = self._types_by_name["Query"]
        self.mutation = self._types_by_name.get("Mutation")
        self.subscription = self._types_by_name.get("Subscription")

    def list_unreferenced_types(self) -> list[Any]:
        """Types behind an interface, without a field naming them."""
        shown = [self._types_by_name[name] for name in self._graph.types_by_code.values()]
        return [*shown, *(self._types_by_name[refusal.__name__] for refusal in self._graph.refusals)]

    def _add_scalar(self, scalar: Scalar) -> None:
        marker = NewType(scalar.name, str)  # type: ignore[misc]  # a name known at import
        self._types_by_name[scalar.name] = marker
        self.scalars[marker] = strawberry.scalar(
            name=scalar.name,
            description=scalar.description,
            specified_by_url=scalar.specification_url,
            serialize=scalar.encode,
            parse_value=scalar.parse,
        )

    def _add_enum(self, of: model.EnumType | model.OrderEnum, python: type[Enum]) -> None:
        values = [
            EnumValue(value, value, of.deprecation_reasons.get(value), description=text)
            for value, text in of.descriptions.items()
        ]
        self._types_by_name[of.name] = StrawberryEnumDefinition(python, of.name, values, of.description)

    def _add_inputs(self) -> None:
        for filters in self._graph.filter_inputs.values():
            self._declare_type(strawberry.input, filters.name, filters.description)
        for keys in self._graph.key_inputs.values():
            self._declare_type(partial(strawberry.input, one_of=True), keys.name, keys.description)
        for asked in self._graph.input_types.values():
            self._declare_type(strawberry.input, asked.name, asked.description)
        for filters in (*self._graph.filter_inputs.values(), *self._graph.key_inputs.values()):
            self._fill_input_type(filters.name, map(_convert_to_argument, filters.fields.values()))
        commands = self._graph.mutation.fields.values() if self._graph.mutation else ()
        of_commands = {each.arguments[0].type_ref.name for each in commands}
        for asked in self._graph.input_types.values():
            own = [CLIENT_KEY_ARGUMENT] if asked.name in of_commands else []
            self._fill_input_type(asked.name, [*own, *asked.fields])

    def _add_objects(self) -> None:
        graph = self._graph
        roots = [root for root in (graph.query, graph.mutation, graph.subscription) if root]
        objects = [*self._graph.object_types.values(), *roots]
        node = self._declare_type(strawberry.interface, NODE_INTERFACE[0], NODE_INTERFACE[1])
        refusal = self._declare_type(strawberry.interface, REFUSAL_INTERFACE[0], REFUSAL_INTERFACE[1])
        for each in objects:
            self._declare_type(strawberry.type, each.name, each.description, *([node] if each.code else []))
        for refused, text in self._graph.refusals.items():
            self._declare_type(strawberry.type, refused.__name__, text, refusal)
        for union in self._graph.unions.values():
            members = tuple(StrawberryAnnotation(self._types_by_name[name]) for name in union.members)
            self._types_by_name[union.name] = StrawberryUnion(union.name, members, union.description)
        paged = sorted({source.node_type for source in _find_connection_sources(objects)})
        self._declare_type(strawberry.type, PAGE_INFO_TYPE[0], PAGE_INFO_TYPE[1])
        for name in paged:
            self._declare_type(
                strawberry.type, f"{name}Edge", f"Edge of a list of `{name}` objects: a row and its cursor."
            )
            self._declare_type(strawberry.type, f"{name}Connection", f"Page of a list of `{name}` objects.")
        for named, _, fields in (NODE_INTERFACE, REFUSAL_INTERFACE, PAGE_INFO_TYPE):
            self._fill_object_type(named, fields)
        self._add_event_types()
        for each in objects:
            self._fill_object_type(each.name, each.fields.values())
        for refused in self._graph.refusals:
            self._fill_object_type(refused.__name__, REFUSAL_FIELDS)
        for name in paged:
            self._fill_object_type(f"{name}Edge", _build_edge_fields(name))
            self._fill_object_type(f"{name}Connection", _build_connection_fields(name))

    def _add_event_types(self) -> None:
        for field in self._graph.subscription.fields.values() if self._graph.subscription else ():
            text = f"Event of `{field.name}`, with its object as at the time of delivery."
            self._declare_type(strawberry.type, field.type_ref.name, text)
            self._fill_object_type(field.type_ref.name, _build_event_fields(field.source))

    def _declare_type(self, kind: Any, name: str, description: str, *interfaces: type) -> type:
        if name in self._types_by_name:
            raise ValueError(f"the API has two types named {name}")
        made: type = kind(type(name, interfaces, {"__module__": __name__}), name=name, description=description)
        self._types_by_name[name] = made
        return made

    def _fill_object_type(self, name: str, fields: Iterable[model.ObjectField]) -> None:
        definition = get_object_definition(self._types_by_name[name], strict=True)
        definition.fields = [self._build_field(each, each.arguments) for each in fields]

    def _fill_input_type(self, name: str, fields: Iterable[Argument]) -> None:
        definition = get_object_definition(self._types_by_name[name], strict=True)
        definition.fields = []
        for each in fields:
            field = self._build_field(each)
            field.default_value = UNSET if each.default is model.NO_DEFAULT else each.default
            definition.fields.append(field)

    def _build_field(self, of: model.ObjectField | Argument, arguments: Iterable[Argument] = ()) -> StrawberryField:
        field = StrawberryField(
            python_name=of.name,
            graphql_name=of.name,
            type_annotation=StrawberryAnnotation(self._find_strawberry_type(of.type_ref)),
            description=of.description,
            deprecation_reason=of.deprecation_reason,
        )
        field.arguments = [self._build_strawberry_argument(each) for each in arguments]
        return field

    def _build_strawberry_argument(self, argument: Argument) -> StrawberryArgument:
        return StrawberryArgument(
            argument.name,
            argument.name,
            StrawberryAnnotation(self._find_strawberry_type(argument.type_ref)),
            description=argument.description,
            deprecation_reason=argument.deprecation_reason,
            default=UNSET if argument.default is model.NO_DEFAULT else argument.default,
        )

    def _find_strawberry_type(self, type_ref: TypeRef) -> Any:
        made = (
            StrawberryList(self._find_strawberry_type(type_ref.item_type))
            if type_ref.item_type
            else self._types_by_name[type_ref.name]
        )
        return StrawberryOptional(made) if type_ref.nullable else made


def _convert_to_argument(each: model.FilterField) -> Argument:
    return Argument(each.name, each.name, each.description, each.type_ref, deprecation_reason=each.deprecation_reason)


def _find_connection_sources(objects: Iterable[model.ObjectType]) -> Iterable[model.ConnectionSource]:
    return (
        field.source
        for each in objects
        for field in each.fields.values()
        if isinstance(field.source, model.ConnectionSource)
    )


def _build_event_fields(events: model.FieldSource) -> list[model.ObjectField]:
    if not isinstance(events, model.EventSource):
        raise TypeError("a field of Subscription tells of events")
    under = events.subject_field
    return [
        model.ObjectField("cursor", "Cursor of the event, for `after`.", TypeRef("String"), CURSOR_ATTRIBUTE),
        model.ObjectField("at", "Time of the event.", TypeRef("DateTime"), model.AttributeSource("at")),
        model.ObjectField(
            under,
            f"The `{events.type_name}` object of the event.",
            TypeRef(events.type_name),
            model.AttributeSource(under),
        ),
    ]


def _build_edge_fields(name: str) -> list[model.ObjectField]:
    return [
        model.ObjectField(
            "cursor", "Cursor of the row, for `after` and `before`.", TypeRef("String"), CURSOR_ATTRIBUTE
        ),
        model.ObjectField("node", f"The `{name}` object of the row.", TypeRef(name), model.AttributeSource("node")),
    ]


def _build_connection_fields(name: str) -> list[model.ObjectField]:
    return [
        model.ObjectField(
            "edges",
            "Rows of the page, with their cursors.",
            TypeRef("", item_type=TypeRef(f"{name}Edge")),
            model.AttributeSource("edges"),
        ),
        model.ObjectField(
            "nodes",
            "Rows of the page, without cursors.",
            TypeRef("", item_type=TypeRef(name)),
            model.AttributeSource("nodes"),
        ),
        model.ObjectField("pageInfo", "Limits of the page.", TypeRef("PageInfo"), model.AttributeSource("pageInfo")),
        model.ObjectField(
            "totalCount",
            "Number of rows of the whole list; computed only on request.",
            TypeRef("Int"),
            model.AttributeSource("totalCount"),
        ),
    ]
