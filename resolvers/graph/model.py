"""The graph: types, fields and their sources, as plain frozen data."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Any

from pydantic import BaseModel

from domain.actor import Role
from domain.audit.facts import ViewKind
from domain.event.facts import EventTopic
from domain.refusals import Refusal
from resolvers.graph.declarations import MatchKind
from resolvers.graph.scalars import Scalar
from resolvers.graph.sql_fragments import SqlFragment

NO_DEFAULT: Any = object()
"""Stands for a default that there is not."""


@dataclass(frozen=True, slots=True)
class TypeRef:
    """The type of a field or argument: a name, or a list of `item_type`; `nullable` if it may be null."""

    name: str
    nullable: bool = False
    item_type: "TypeRef | None" = None

    @property
    def leaf_name(self) -> str:
        """The name at the bottom of all lists."""
        return self.item_type.leaf_name if self.item_type else self.name


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a field, or a field of an input; `python_name` is its name in functions and requests."""

    name: str
    python_name: str
    description: str
    type_ref: TypeRef
    default: Any = NO_DEFAULT
    deprecation_reason: str | None = None


@dataclass(frozen=True, slots=True)
class ColumnSource:
    """A value of the row; `visibility` says by role who may see it, None for all. JSON arrives as text."""

    fragment: SqlFragment
    sql_type: str
    visibility: Mapping[Role | None, SqlFragment] | None = None


@dataclass(frozen=True, slots=True)
class GlobalIdSource:
    """The row's global ID."""

    code: str


@dataclass(frozen=True, slots=True)
class AttributeSource:
    """An attribute of facts."""

    name: str


@dataclass(frozen=True, slots=True)
class ComputedSource:
    """What a Python function makes of values; `parameter_enums` are those that its parameters ask for.

    `visibility` tells, for a ruled field, whether the row's value is shown at all.
    """

    function: Callable[..., Any]
    values: tuple[ColumnSource | AttributeSource, ...]
    parameter_enums: tuple[type[Enum] | None, ...]
    clock_parameters: frozenset[str]
    visibility: ColumnSource | None = None


@dataclass(frozen=True, slots=True)
class OrderKey:
    """One key of an order: a column that is never null, of SQL type `sql_type`."""

    column: str
    fragment: SqlFragment
    sql_type: str
    descending: bool


@dataclass(frozen=True, slots=True)
class SortOrder:
    """An order of rows; `tag` stands in cursors, so a cursor of another order is refused."""

    tag: str
    keys: tuple[OrderKey, ...]


@dataclass(frozen=True, slots=True)
class RowSet:
    """Which rows: those of `table` whose `link_column` equals something, of predicate `predicate`.

    `owned` if the link leads from the owner of rows of scope `parent`, so they need no other proof.
    """

    table: str
    link_column: str | None = None
    predicate: SqlFragment | None = None
    owned: bool = False


@dataclass(frozen=True, slots=True)
class ReferenceSource:
    """The row that a value of this row, or an attribute of facts, names by its key."""

    key: ColumnSource | AttributeSource
    row_set: RowSet


@dataclass(frozen=True, slots=True)
class FirstRowSource:
    """The first row of a choice, by an order."""

    row_set: RowSet
    order: SortOrder


@dataclass(frozen=True, slots=True)
class BoundedListSource:
    """A bounded list: `argument` is `first`, `last` or None."""

    row_set: RowSet
    order: SortOrder
    max_rows: int
    argument: str | None


@dataclass(frozen=True, slots=True)
class ConnectionSource:
    """A list paged by cursors.

    `total` is how many rows it has for a role that sees all rows of the table, where nothing filters, and
    `units_total` for one seeing those of its units; they name no row. None if they are counted.
    """

    row_set: RowSet
    node_type: str
    orders: Mapping[str, SortOrder]
    filter_input: "FilterInput | None"
    total: SqlFragment | None = None
    units_total: SqlFragment | None = None


@dataclass(frozen=True, slots=True)
class LookupSource:
    """Things by global ID: of one type, or of any where `node_type` is None; a list where `is_list`.

    With `key_input` the one thing that exactly one of its fields names: each equals a column that is unique, or the
    key.
    """

    node_type: str | None
    is_list: bool
    key_input: "FilterInput | None" = None


@dataclass(frozen=True, slots=True)
class InputType:
    """A request model as an input type, or as the arguments of a field.

    `id_codes` gives, by Python name, the code of the global ID that a number arrives as; `nested_inputs` the input of
    a nested model.
    """

    name: str
    description: str
    request_model: type[BaseModel]
    fields: tuple[Argument, ...]
    id_codes: Mapping[str, str]
    nested_inputs: Mapping[str, "InputType"]


@dataclass(frozen=True, slots=True)
class ServiceSource:
    """An answer by a function; `refusals` are the members of its result union, none if it has no union."""

    function: Callable[..., Awaitable[Any]]
    request_input: InputType | None
    type_name: str
    refusals: tuple[type[Refusal], ...]


@dataclass(frozen=True, slots=True)
class CommandSource:
    """A change by a function returning the key of a row of type `type_name`."""

    function: Callable[..., Awaitable[int]]
    request_input: InputType
    type_name: str
    refusals: tuple[type[Refusal], ...]


@dataclass(frozen=True, slots=True)
class EventSource:
    """Events of a topic, each with the row of type `type_name` that it is about, under the name `subject_field`."""

    topic: EventTopic
    type_name: str
    code: str
    subject_field: str
    subject_argument: bool


FieldSource = (
    ColumnSource
    | GlobalIdSource
    | AttributeSource
    | ComputedSource
    | ReferenceSource
    | FirstRowSource
    | BoundedListSource
    | ConnectionSource
    | LookupSource
    | ServiceSource
    | CommandSource
    | EventSource
)


@dataclass(frozen=True, slots=True)
class ObjectField:
    """One field of an object type."""

    name: str
    description: str
    type_ref: TypeRef
    source: FieldSource
    arguments: tuple[Argument, ...] = ()
    deprecation_reason: str | None = None


@dataclass(frozen=True, slots=True)
class ObjectType:
    """An object type; `table` for rows, `code` for those with a global ID.

    `view_kind` for facts showing something of the person in their `person_id`.
    """

    name: str
    description: str
    fields: Mapping[str, ObjectField]
    table: str | None = None
    code: str | None = None
    view_kind: ViewKind | None = None


@dataclass(frozen=True, slots=True)
class WordSearch:
    """A table's key, and a function of PostgreSQL giving the keys of the rows whose words a query finds.

    `ordered_function` gives those of the first so many in an order, if there is one.
    """

    key: SqlFragment
    function: str
    ordered_function: str | None = None
    order: SortOrder | None = None


@dataclass(frozen=True, slots=True)
class FilterField:
    """One field of a `where` or `by` input.

    `second_fragment` is the last day of WITHIN, or the path of UNDER in `table`. `word_search` finds the rows of
    WORDS for whoever sees a wide part of the tree.
    """

    name: str
    description: str
    type_ref: TypeRef
    match: MatchKind
    fragment: SqlFragment
    sql_type: str
    second_fragment: SqlFragment | None = None
    table: str | None = None
    code: str | None = None
    visibility: Mapping[Role | None, SqlFragment] | None = None
    deprecation_reason: str | None = None
    word_search: WordSearch | None = None


@dataclass(frozen=True, slots=True)
class FilterInput:
    """A `where` input, or a `by` input, of whose fields exactly one is given."""

    name: str
    description: str
    fields: Mapping[str, FilterField]


@dataclass(frozen=True, slots=True)
class OrderEnum:
    """An `orderBy` enum."""

    name: str
    description: str
    orders: Mapping[str, SortOrder]
    descriptions: Mapping[str, str]
    deprecation_reasons: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EnumType:
    """An enum of the API: the Python enum and the descriptions of its values."""

    name: str
    description: str
    python_enum: type[StrEnum]
    descriptions: Mapping[str, str]
    deprecation_reasons: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ResultUnion:
    """A result union: a thing and the refusals beside it."""

    name: str
    description: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OwnerLink:
    """By which column rows of scope `parent` belong to which table."""

    column: str
    table: str


ScopeKey = tuple[Role | None, bool]
"""A role, and whether the part of the tree that it sees is wide."""


@dataclass(frozen=True, slots=True)
class GraphTable:
    """A table: its names quoted, its key, who may see which rows; `owner` instead for scope `parent`.

    `unit_roles` are the roles that see the rows of their units, and maybe of themselves.

    `view_kinds` is what a row shows of the person in its `person_id`, by the roles that may see others' rows.
    """

    name: str
    key: str
    scope_by_key: Mapping[ScopeKey, SqlFragment]
    unit_roles: frozenset[Role]
    owner: OwnerLink | None
    view_kinds: Mapping[Role | None, ViewKind] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Graph:
    """All of the API.

    `key_inputs` are the `by` inputs of look-ups; `types_by_code` gives the type of each code; `refusals` the name and
    description of each. What is `deprecated` says why and until when.
    """

    query: ObjectType
    mutation: ObjectType | None
    object_types: Mapping[str, ObjectType]
    filter_inputs: Mapping[str, FilterInput]
    key_inputs: Mapping[str, FilterInput]
    order_enums: Mapping[str, OrderEnum]
    enums: Mapping[str, EnumType]
    input_types: Mapping[str, InputType]
    unions: Mapping[str, ResultUnion]
    scalars: Mapping[str, Scalar]
    refusals: Mapping[type[Refusal], str]
    tables: Mapping[str, GraphTable]
    types_by_code: Mapping[str, str]
    subscription: ObjectType | None = None

    def __repr__(self) -> str:
        return f"<Graph of {len(self.object_types)} types over {len(self.tables)} tables>"
