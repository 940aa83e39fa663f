"""The graph: what the API shows and where it comes from, as plain frozen data."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Any

from pydantic import BaseModel

from domain.actor import Role
from domain.audit.facts import Looked
from domain.event.facts import Topic
from domain.refusals import Refusal
from resolvers.graph.scalars import Scalar
from resolvers.graph.sql import Piece
from resolvers.graph.words import Match

ABSENT: Any = object()
"""Stands for a default that there is not."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The type of a field or argument: a name, or a list of `items`; `null` where it may be null."""

    name: str
    null: bool = False
    items: "Shape | None" = None

    @property
    def leaf(self) -> str:
        """The name at the bottom of all lists."""
        return self.items.leaf if self.items else self.name


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a field, or a field of an input; `python` is its name in functions and requests."""

    name: str
    python: str
    description: str
    shape: Shape
    default: Any = ABSENT
    deprecated: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A value of the row; `seen` says by role who may see it, None for all. JSON arrives as text."""

    piece: Piece
    kind: str
    seen: Mapping[Role | None, Piece] | None = None


@dataclass(frozen=True, slots=True)
class GlobalId:
    """The row's global ID."""

    code: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of facts."""

    name: str


@dataclass(frozen=True, slots=True)
class Computed:
    """What a Python function makes of values; `enums` are those that its parameters ask for.

    `seen` tells, for a ruled field, whether the row's value is shown at all.
    """

    function: Callable[..., Any]
    values: tuple[Column | Attribute, ...]
    enums: tuple[type[Enum] | None, ...]
    clock: frozenset[str]
    seen: Column | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """One key of an order: a column that is never null, of SQL type `kind`."""

    column: str
    piece: Piece
    kind: str
    descending: bool


@dataclass(frozen=True, slots=True)
class Order:
    """An order of rows; `tag` stands in cursors, so that a cursor of another order is refused."""

    tag: str
    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Which rows: those of `table` whose `link` equals something, of predicate `base`.

    `owned` where the link leads from the owner of rows of scope `parent`, so that they need no other proof.
    """

    table: str
    link: str | None = None
    base: Piece | None = None
    owned: bool = False


@dataclass(frozen=True, slots=True)
class ToOne:
    """The row that a value of this row, or an attribute of facts, names by its key."""

    key: Column | Attribute
    choice: Choice


@dataclass(frozen=True, slots=True)
class First:
    """The first row of a choice, by an order."""

    choice: Choice
    order: Order


@dataclass(frozen=True, slots=True)
class Many:
    """A bounded list: `argument` is `first`, `last` or None."""

    choice: Choice
    order: Order
    most: int
    argument: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """A list that is paged by cursors.

    `total` is how many rows it has for a role that sees all rows of the table, where nothing filters, and `below`
    for one that sees those of its units; they name no row. None where they are counted.
    """

    choice: Choice
    node: str
    orders: Mapping[str, Order]
    filters: "Filters | None"
    total: Piece | None = None
    below: Piece | None = None


@dataclass(frozen=True, slots=True)
class Lookup:
    """Things by global ID: of one type, or of any where `node` is None; a list where `many`.

    With `by` the one thing that exactly one of its fields names: each equals a column that is unique, or the key.
    """

    node: str | None
    many: bool
    by: "Filters | None" = None


@dataclass(frozen=True, slots=True)
class Input:
    """A request model as an input type, or as the arguments of a field.

    `refers` gives, by Python name, the code of the global ID that a number arrives as; `nested` the input of
    a nested model.
    """

    name: str
    description: str
    model: type[BaseModel]
    fields: tuple[Argument, ...]
    refers: Mapping[str, str]
    nested: Mapping[str, "Input"]


@dataclass(frozen=True, slots=True)
class Service:
    """An answer by a function; `refusals` are the members of its result union, none where it has no union."""

    function: Callable[..., Awaitable[Any]]
    asked: Input | None
    shows: str
    refusals: tuple[type[Refusal], ...]


@dataclass(frozen=True, slots=True)
class Command:
    """A change by a function that returns the key of a row of type `shows`."""

    function: Callable[..., Awaitable[int]]
    asked: Input
    shows: str
    refusals: tuple[type[Refusal], ...]


@dataclass(frozen=True, slots=True)
class Events:
    """Events of a topic, each with the row of type `shows` that it is about, under the name `under`."""

    topic: Topic
    shows: str
    code: str
    under: str
    chosen: bool


Source = Column | GlobalId | Attribute | Computed | ToOne | First | Many | Page | Lookup | Service | Command | Events


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an object type."""

    name: str
    description: str
    shape: Shape
    source: Source
    arguments: tuple[Argument, ...] = ()
    deprecated: str | None = None


@dataclass(frozen=True, slots=True)
class Object:
    """An object type; `table` for rows, `code` for those with a global ID.

    `looked` for facts that show something of the person in their `person_id`.
    """

    name: str
    description: str
    fields: Mapping[str, Field]
    table: str | None = None
    code: str | None = None
    looked: Looked | None = None


@dataclass(frozen=True, slots=True)
class Keys:
    """A table's key, and a function of PostgreSQL that gives the keys of the rows whose words a query finds.

    `first` gives those of the first so many in an order, if there is one.
    """

    key: Piece
    function: str
    first: str | None = None
    order: Order | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """One field of a `where` or `by` input.

    `last` is the last day of WITHIN, or the path of UNDER in `table`. `keys` finds the rows of WORDS for whoever sees
    a wide part of the tree.
    """

    name: str
    description: str
    shape: Shape
    match: Match
    piece: Piece
    kind: str
    last: Piece | None = None
    table: str | None = None
    code: str | None = None
    seen: Mapping[Role | None, Piece] | None = None
    deprecated: str | None = None
    keys: Keys | None = None


@dataclass(frozen=True, slots=True)
class Filters:
    """A `where` input, or a `by` input, of whose fields exactly one is given."""

    name: str
    description: str
    fields: Mapping[str, Filter]


@dataclass(frozen=True, slots=True)
class Orders:
    """An `orderBy` enum."""

    name: str
    description: str
    values: Mapping[str, Order]
    descriptions: Mapping[str, str]
    deprecated: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choices:
    """An enum of the API: the Python enum and the descriptions of its values."""

    name: str
    description: str
    python: type[StrEnum]
    descriptions: Mapping[str, str]
    deprecated: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Union:
    """A result union: a thing and the refusals beside it."""

    name: str
    description: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Owner:
    """By which column rows of scope `parent` belong to which table."""

    column: str
    table: str


Sight = tuple[Role | None, bool]
"""A role, and whether the part of the tree that it sees is wide."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its names quoted, its key, who may see which rows; `owner` instead for scope `parent`.

    `units` are the roles that see the rows of their units, and maybe of themselves.

    `looked` is what a row shows of the person in its `person_id`, by the roles that may see others' rows.
    """

    name: str
    key: str
    scope: Mapping[Sight, Piece]
    units: frozenset[Role]
    owner: Owner | None
    looked: Mapping[Role | None, Looked] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Graph:
    """All of the API.

    `keys` are the `by` inputs of look-ups; `nodes` gives the type of each code; `refusals` the name and
    description of each. What is `deprecated` says why and until when.
    """

    query: Object
    mutation: Object | None
    objects: Mapping[str, Object]
    filters: Mapping[str, Filters]
    keys: Mapping[str, Filters]
    orders: Mapping[str, Orders]
    enums: Mapping[str, Choices]
    inputs: Mapping[str, Input]
    unions: Mapping[str, Union]
    scalars: Mapping[str, Scalar]
    refusals: Mapping[type[Refusal], str]
    tables: Mapping[str, Table]
    nodes: Mapping[str, str]
    subscription: Object | None = None

    def __repr__(self) -> str:
        return f"<Graph of {len(self.objects)} types over {len(self.tables)} tables>"
