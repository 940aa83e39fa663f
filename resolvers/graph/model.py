"""The graph: types of the API and the sources of their fields, as frozen data."""

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
"""Stands for a missing default."""


@dataclass(frozen=True, slots=True)
class TypeRef:
    """Type reference of a field or argument: a name, or a list of `item_type`.

    `nullable` is true if the value may be null.
    """

    name: str
    nullable: bool = False
    item_type: "TypeRef | None" = None

    @property
    def leaf_name(self) -> str:
        """The name of the innermost type in nested lists."""
        return self.item_type.leaf_name if self.item_type else self.name


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a field, or a field of an input type; `python_name` is its name in functions and requests."""

    name: str
    python_name: str
    description: str
    type_ref: TypeRef
    default: Any = NO_DEFAULT
    deprecation_reason: str | None = None


@dataclass(frozen=True, slots=True)
class ColumnSource:
    """A value of the row; JSON arrives as text.

    `visibility` is the field rule by role, None for a value visible to all.
    """

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
    """A Python function of values.

    `parameter_enums` are the enums expected by its parameters; `visibility` is, for a ruled field, the condition for
    showing the row's value.
    """

    function: Callable[..., Any]
    values: tuple[ColumnSource | AttributeSource, ...]
    parameter_enums: tuple[type[Enum] | None, ...]
    clock_parameters: frozenset[str]
    visibility: ColumnSource | None = None


@dataclass(frozen=True, slots=True)
class OrderKey:
    """One key of an order: a non-nullable column of SQL type `sql_type`."""

    column: str
    fragment: SqlFragment
    sql_type: str
    descending: bool


@dataclass(frozen=True, slots=True)
class SortOrder:
    """An order of rows; cursors carry its `tag`, and those of another order are refused."""

    tag: str
    keys: tuple[OrderKey, ...]


@dataclass(frozen=True, slots=True)
class RowSet:
    """A row set: the rows of `table` with a given `link_column` and of predicate `predicate`.

    `owned` is true for a link from the owner of rows of scope `parent`; they need no further scope condition.
    """

    table: str
    link_column: str | None = None
    predicate: SqlFragment | None = None
    owned: bool = False


@dataclass(frozen=True, slots=True)
class ReferenceSource:
    """The row referenced by a value of this row or by an attribute of facts."""

    key: ColumnSource | AttributeSource
    row_set: RowSet


@dataclass(frozen=True, slots=True)
class FirstRowSource:
    """The first row of a row set, by an order."""

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
    """A list paged by keyset cursors.

    `total` is the row count of the unfiltered list for a role seeing all rows of the table, and `units_total` for one
    seeing the rows of its units; they depend on no row. None if the rows are counted.
    """

    row_set: RowSet
    node_type: str
    orders: Mapping[str, SortOrder]
    filter_input: "FilterInput | None"
    total: SqlFragment | None = None
    units_total: SqlFragment | None = None


@dataclass(frozen=True, slots=True)
class LookupSource:
    """Objects by global ID: of one type, or of any type for `node_type` None.

    `is_list` is true for a list of IDs. With `key_input`, one object by exactly one of its fields: each is compared
    with a unique column or with the key.
    """

    node_type: str | None
    is_list: bool
    key_input: "FilterInput | None" = None


@dataclass(frozen=True, slots=True)
class InputType:
    """A request model as an input type, or as the arguments of a field.

    `id_codes` gives, by Python name, the ID code of a number received as a global ID; `nested_inputs` the input types
    of nested models.
    """

    name: str
    description: str
    request_model: type[BaseModel]
    fields: tuple[Argument, ...]
    id_codes: Mapping[str, str]
    nested_inputs: Mapping[str, "InputType"]


@dataclass(frozen=True, slots=True)
class ServiceSource:
    """A function answering a field; `refusals` are the members of its result union, if any."""

    function: Callable[..., Awaitable[Any]]
    request_input: InputType | None
    type_name: str
    refusals: tuple[type[Refusal], ...]


@dataclass(frozen=True, slots=True)
class CommandSource:
    """A command: a function returning the key of a row of type `type_name`."""

    function: Callable[..., Awaitable[int]]
    request_input: InputType
    type_name: str
    refusals: tuple[type[Refusal], ...]


@dataclass(frozen=True, slots=True)
class EventSource:
    """Events of a topic, each with its subject of type `type_name` under `subject_field`."""

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

    `view_kind` is for facts with personal data of the person in their `person_id`.
    """

    name: str
    description: str
    fields: Mapping[str, ObjectField]
    table: str | None = None
    code: str | None = None
    view_kind: ViewKind | None = None


@dataclass(frozen=True, slots=True)
class WordSearch:
    """Word search of a table: its key, and a PostgreSQL function finding matching keys.

    `ordered_function` gives the keys of the first so many rows in an order, if there is one.
    """

    key: SqlFragment
    function: str
    ordered_function: str | None = None
    order: SortOrder | None = None


@dataclass(frozen=True, slots=True)
class FilterField:
    """One field of a `where` or `by` input.

    `second_fragment` is the last day of WITHIN, or the path of UNDER in `table`. `word_search` finds the rows of
    WORDS for actors with a wide part of the tree.
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
    """A `where` input, or a `by` input with exactly one field given."""

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
    """A result union: an object type and its refusals."""

    name: str
    description: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OwnerLink:
    """The foreign key from rows of scope `parent` to their owner's table."""

    column: str
    table: str


ScopeKey = tuple[Role | None, bool]
"""Scope key: a role, and True for a wide part of the tree."""


@dataclass(frozen=True, slots=True)
class GraphTable:
    """A table with its quoted name and key, and its scope by role.

    Tables of scope `parent` have an `owner` instead.

    `unit_roles` are the roles seeing the rows of their units, and possibly their own.

    `view_kinds` is the kind of personal data in a row about the person in its `person_id`, by the roles seeing rows
    of others.
    """

    name: str
    key: str
    scope_by_key: Mapping[ScopeKey, SqlFragment]
    unit_roles: frozenset[Role]
    owner: OwnerLink | None
    view_kinds: Mapping[Role | None, ViewKind] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Graph:
    """The whole API as data.

    `key_inputs` are the `by` inputs of look-ups; `types_by_code` gives the type of each code; `refusals` the
    description of each refusal. A `deprecation_reason` anywhere gives reason and day of removal.
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
