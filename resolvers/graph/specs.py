"""Specifications of schema classes and fields: the declarations as plain data."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel
from sqlmodel import SQLModel

from domain.audit.facts import ViewKind
from domain.deprecation import Deprecated
from domain.event.facts import EventTopic


class MatchKind(StrEnum):
    """How a field of a `where` input compares its value with an expression."""

    EQUALS = "equals"
    ANY = "any"
    """The field is a list; the expression equals one of its members."""
    AT_LEAST = "at least"
    AT_MOST = "at most"
    PREFIX = "prefix"
    """Text that begins with the value, letter by letter."""
    WORDS = "words"
    """The expression is a tsvector of configuration `simple`; every word of the value begins a word of it."""
    REFERENCE = "reference"
    """The field is an ID; the expression is a foreign key."""
    UNDER = "under"
    """The field is the ID of a row with a path; the expression is a path at or below it."""
    HOLDS = "holds"
    """The field is a Boolean; the expression a predicate that then must be true, or must not be."""
    KEY = "key"
    """The field is the ID of the row itself; the expression is its key."""
    WITHIN = "within"
    """The field is a Period; the expression is a day in it, or a pair of days that are its first and last."""


@dataclass(frozen=True, slots=True)
class RowTypeSpec:
    """Declares a class as type of a table's rows.

    `code` begins its global IDs, None without them.
    """

    table: type[SQLModel]
    code: str | None


@dataclass(frozen=True, slots=True)
class FactsTypeSpec:
    """Declares a class as type of frozen facts.

    `view_kind` is the kind of personal data about the person in `person_id`.
    """

    facts: type
    view_kind: ViewKind | None = None


@dataclass(frozen=True, slots=True)
class FilterInputSpec:
    """Declares a class as the `where` input of lists of a table."""

    table: type[SQLModel]


@dataclass(frozen=True, slots=True)
class OrderEnumSpec:
    """Declares a class as the orders of lists of a table."""

    table: type[SQLModel]


@dataclass(frozen=True, slots=True)
class KeyInputSpec:
    """Declares a class as the `by` input of a look-up of rows of a table."""

    table: type[SQLModel]


TypeSpec = RowTypeSpec | FactsTypeSpec | FilterInputSpec | OrderEnumSpec | KeyInputSpec


@dataclass(frozen=True, slots=True)
class OrderSpec:
    """The columns of a sort order; none is nullable, the last is the key.

    Args:
        keys: columns, ascending as they are or with `.desc()`.
    """

    keys: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """A field from a column, or from an expression over columns of the same row."""

    source: Any
    nullable: bool | None
    visible_to: str | None


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """A field computed by a Python function of columns of the same row."""

    function: Callable[..., Any]
    columns: tuple[Any, ...]
    visible_to: str | None
    arguments: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RowsSpec:
    """A field with rows of another table: one, some or a page."""

    kind: Literal["one", "many", "connection"]
    key: Any = None
    predicate: Any = None
    order: OrderSpec | None = None
    first: int | None = None
    last: int | None = None
    max_rows: int | None = None
    filter_input: type | None = None
    order_enum: type | None = None
    visible_to: str | None = None
    total: Any = None
    units_total: Any = None
    no_index_reason: str | None = None


@dataclass(frozen=True, slots=True)
class LookupSpec:
    """A field of Query: objects by global IDs, or one object by a key class."""

    key_input: type | None = None


@dataclass(frozen=True, slots=True)
class FilterFieldSpec:
    """A field of a `where` input."""

    expression: Any
    match: MatchKind
    last_day: Any = None
    path_column: Any = None
    visible_to: str | None = None
    key_function: str | None = None
    ordered_key_function: "tuple[str, OrderSpec] | None" = None


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """A field of Query answered by a function."""

    function: Callable[..., Awaitable[Any]]
    request: type[BaseModel] | None


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """A field of Mutation."""

    function: Callable[..., Awaitable[int]]
    request: type[BaseModel]


@dataclass(frozen=True, slots=True)
class EventsSpec:
    """A field of Subscription; `subject_argument` allows clients to select one subject."""

    topic: EventTopic
    subject_argument: bool


@dataclass(frozen=True, slots=True)
class AttributeSpec:
    """An attribute of facts, by name."""

    name: str


@dataclass(frozen=True, slots=True)
class DeprecatedSpec:
    """A deprecated field, order or description of an argument."""

    spec: Any
    deprecation: Deprecated


FieldSpec = (
    ColumnSpec | FunctionSpec | RowsSpec | LookupSpec | FilterFieldSpec | ServiceSpec | CommandSpec | EventsSpec
)
