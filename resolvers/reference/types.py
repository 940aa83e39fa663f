"""Strawberry's types made from the graph: what clients see, without a resolver."""

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
from resolvers.graph.model import Argument, Shape
from resolvers.graph.scalars import Scalar
from resolvers.mutations import KEY

BUILT_IN: Mapping[str, Any] = {"ID": strawberry.ID, "Int": int, "String": str, "Boolean": bool}
NODE = (
    "Node",
    "A thing that can be fetched again by its global ID.",
    [model.Field("id", "The global ID.", Shape("ID"), model.Attribute("id"))],
)
REFUSAL_FIELDS = [
    model.Field("code", "What kind of refusal this is; stable.", Shape("String"), model.Attribute("code")),
    model.Field("message", "What is so, for developers.", Shape("String"), model.Attribute("message")),
    model.Field(
        "path",
        "The field of the input at fault, outermost first; empty where it is none.",
        Shape("", items=Shape("String")),
        model.Attribute("path"),
    ),
]
REFUSAL = ("Refusal", "Why a command did not do what was asked (penolakan).", REFUSAL_FIELDS)
PAGE_INFO = (
    "PageInfo",
    "Where a page of a list begins and ends.",
    [
        model.Field(name, text, Shape(kind, null=kind == "String"), model.Attribute(name))
        for name, kind, text in (
            ("hasNextPage", "Boolean", "Whether the list goes on; with `last`, whether `before` was given."),
            ("hasPreviousPage", "Boolean", "Whether there is more before; with `first`, whether `after` was given."),
            ("startCursor", "String", "The cursor of the first row; null on an empty page."),
            ("endCursor", "String", "The cursor of the last row; null on an empty page."),
        )
    ],
)
CURSOR = model.Attribute("cursor")
CLIENT_KEY = Argument(
    KEY,
    KEY,
    "A key of the client's choosing: sent again with the same input, nothing more is done and the answer is"
    " the same. 1 to 200 characters.",
    Shape("String"),
)


class Types:
    """All of Strawberry's types of a graph."""

    def __init__(self, graph: model.Graph) -> None:
        self._graph = graph
        self.scalars: dict[object, ScalarDefinition] = {}
        self._named: dict[str, Any] = dict(BUILT_IN)
        for scalar in graph.scalars.values():
            if not scalar.built_in:
                self._scalar(scalar)
        for choices in graph.enums.values():
            self._enum(choices, choices.python)
        for orders in graph.orders.values():
            named = StrEnum(orders.name, {name: name for name in orders.values})  # type: ignore[misc]  # a name known at import
            self._enum(orders, named)
        self._inputs()
        self._objects()
        self.query = self._named["Query"]
        self.mutation = self._named.get("Mutation")
        self.subscription = self._named.get("Subscription")

    def more(self) -> list[Any]:
        """Types that no field names, but that may stand behind an interface."""
        shown = [self._named[name] for name in self._graph.nodes.values()]
        return [*shown, *(self._named[refusal.__name__] for refusal in self._graph.refusals)]

    def _scalar(self, scalar: Scalar) -> None:
        marker = NewType(scalar.name, str)  # type: ignore[misc]  # a name known at import
        self._named[scalar.name] = marker
        self.scalars[marker] = strawberry.scalar(
            name=scalar.name,
            description=scalar.description,
            specified_by_url=scalar.specified_by,
            serialize=scalar.encode,
            parse_value=scalar.parse,
        )

    def _enum(self, of: model.Choices | model.Orders, python: type[Enum]) -> None:
        values = [
            EnumValue(value, value, of.deprecated.get(value), description=text)
            for value, text in of.descriptions.items()
        ]
        self._named[of.name] = StrawberryEnumDefinition(python, of.name, values, of.description)

    def _inputs(self) -> None:
        for filters in self._graph.filters.values():
            self._declare(strawberry.input, filters.name, filters.description)
        for keys in self._graph.keys.values():
            self._declare(partial(strawberry.input, one_of=True), keys.name, keys.description)
        for asked in self._graph.inputs.values():
            self._declare(strawberry.input, asked.name, asked.description)
        for filters in (*self._graph.filters.values(), *self._graph.keys.values()):
            self._fill_input(filters.name, map(_as_argument, filters.fields.values()))
        commands = self._graph.mutation.fields.values() if self._graph.mutation else ()
        of_commands = {each.arguments[0].shape.name for each in commands}
        for asked in self._graph.inputs.values():
            own = [CLIENT_KEY] if asked.name in of_commands else []
            self._fill_input(asked.name, [*own, *asked.fields])

    def _objects(self) -> None:
        graph = self._graph
        roots = [root for root in (graph.query, graph.mutation, graph.subscription) if root]
        objects = [*self._graph.objects.values(), *roots]
        node = self._declare(strawberry.interface, NODE[0], NODE[1])
        refusal = self._declare(strawberry.interface, REFUSAL[0], REFUSAL[1])
        for each in objects:
            self._declare(strawberry.type, each.name, each.description, *([node] if each.code else []))
        for refused, text in self._graph.refusals.items():
            self._declare(strawberry.type, refused.__name__, text, refusal)
        for union in self._graph.unions.values():
            members = tuple(StrawberryAnnotation(self._named[name]) for name in union.members)
            self._named[union.name] = StrawberryUnion(union.name, members, union.description)
        paged = sorted({source.node for source in _pages(objects)})
        self._declare(strawberry.type, PAGE_INFO[0], PAGE_INFO[1])
        for name in paged:
            self._declare(strawberry.type, f"{name}Edge", f"A {name} in a list, and where it stands.")
            self._declare(strawberry.type, f"{name}Connection", f"A page of a list: {name}.")
        for named, _, fields in (NODE, REFUSAL, PAGE_INFO):
            self._fill(named, fields)
        self._events()
        for each in objects:
            self._fill(each.name, each.fields.values())
        for refused in self._graph.refusals:
            self._fill(refused.__name__, REFUSAL_FIELDS)
        for name in paged:
            self._fill(f"{name}Edge", _edge(name))
            self._fill(f"{name}Connection", _connection(name))

    def _events(self) -> None:
        for field in self._graph.subscription.fields.values() if self._graph.subscription else ():
            text = f"An event of `{field.name}`; what it is about is shown as it is when you are told."
            self._declare(strawberry.type, field.shape.name, text)
            self._fill(field.shape.name, _event(field.source))

    def _declare(self, kind: Any, name: str, description: str, *interfaces: type) -> type:
        if name in self._named:
            raise ValueError(f"the API has two types named {name}")
        made: type = kind(type(name, interfaces, {"__module__": __name__}), name=name, description=description)
        self._named[name] = made
        return made

    def _fill(self, name: str, fields: Iterable[model.Field]) -> None:
        definition = get_object_definition(self._named[name], strict=True)
        definition.fields = [self._field(each, each.arguments) for each in fields]

    def _fill_input(self, name: str, fields: Iterable[Argument]) -> None:
        definition = get_object_definition(self._named[name], strict=True)
        definition.fields = []
        for each in fields:
            field = self._field(each)
            field.default_value = UNSET if each.default is model.ABSENT else each.default
            definition.fields.append(field)

    def _field(self, of: model.Field | Argument, arguments: Iterable[Argument] = ()) -> StrawberryField:
        field = StrawberryField(
            python_name=of.name,
            graphql_name=of.name,
            type_annotation=StrawberryAnnotation(self._type(of.shape)),
            description=of.description,
            deprecation_reason=of.deprecated,
        )
        field.arguments = [self._argument(each) for each in arguments]
        return field

    def _argument(self, argument: Argument) -> StrawberryArgument:
        return StrawberryArgument(
            argument.name,
            argument.name,
            StrawberryAnnotation(self._type(argument.shape)),
            description=argument.description,
            deprecation_reason=argument.deprecated,
            default=UNSET if argument.default is model.ABSENT else argument.default,
        )

    def _type(self, shape: Shape) -> Any:
        made = StrawberryList(self._type(shape.items)) if shape.items else self._named[shape.name]
        return StrawberryOptional(made) if shape.null else made


def _as_argument(each: model.Filter) -> Argument:
    return Argument(each.name, each.name, each.description, each.shape, deprecated=each.deprecated)


def _pages(objects: Iterable[model.Object]) -> Iterable[model.Page]:
    return (
        field.source for each in objects for field in each.fields.values() if isinstance(field.source, model.Page)
    )


def _event(events: model.Source) -> list[model.Field]:
    if not isinstance(events, model.Events):
        raise TypeError("a field of Subscription tells of events")
    under = events.under
    return [
        model.Field("cursor", "Where this event stands: give it as `after`.", Shape("String"), CURSOR),
        model.Field("at", "When it happened.", Shape("DateTime"), model.Attribute("at")),
        model.Field(under, "What it is about.", Shape(events.shows), model.Attribute(under)),
    ]


def _edge(name: str) -> list[model.Field]:
    return [
        model.Field("cursor", "Where this row stands in the list.", Shape("String"), CURSOR),
        model.Field("node", "The row.", Shape(name), model.Attribute("node")),
    ]


def _connection(name: str) -> list[model.Field]:
    return [
        model.Field(
            "edges", "Rows with their cursors.", Shape("", items=Shape(f"{name}Edge")), model.Attribute("edges")
        ),
        model.Field("nodes", "The rows.", Shape("", items=Shape(name)), model.Attribute("nodes")),
        model.Field("pageInfo", "Where this page begins and ends.", Shape("PageInfo"), model.Attribute("pageInfo")),
        model.Field(
            "totalCount",
            "How many rows the whole list has; counted only when asked.",
            Shape("Int"),
            model.Attribute("totalCount"),
        ),
    ]
