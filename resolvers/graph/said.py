"""What the words of a schema class say, as plain data."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel
from sqlmodel import SQLModel

from domain.audit.facts import Looked
from domain.deprecation import Deprecated
from domain.event.facts import Topic


class Match(StrEnum):
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
class OfTable:
    """Says that a class shows rows of a table; `code` begins its global IDs, None without them."""

    table: type[SQLModel]
    code: str | None


@dataclass(frozen=True, slots=True)
class OfFacts:
    """Says that a class shows the attributes of frozen facts, and what these show of the person in `person_id`."""

    facts: type
    looked: Looked | None = None


@dataclass(frozen=True, slots=True)
class OfFilter:
    """Says that a class is the `where` input of lists of a table."""

    table: type[SQLModel]


@dataclass(frozen=True, slots=True)
class OfOrders:
    """Says that a class names the orders of lists of a table."""

    table: type[SQLModel]


@dataclass(frozen=True, slots=True)
class OfKeys:
    """Says that a class is the `by` input of a look-up of rows of a table."""

    table: type[SQLModel]


Declared = OfTable | OfFacts | OfFilter | OfOrders | OfKeys


@dataclass(frozen=True, slots=True)
class Order:
    """Columns by which rows are ordered; each is not null, the last is the key.

    Args:
        keys: columns, ascending as they are or with `.desc()`.
    """

    keys: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class FromColumn:
    """A field that is a column, or an expression over columns of the same row."""

    source: Any
    null: bool | None
    seen_by: str | None


@dataclass(frozen=True, slots=True)
class FromFunction:
    """A field that a Python function makes of columns of the same row."""

    function: Callable[..., Any]
    columns: tuple[Any, ...]
    seen_by: str | None
    arguments: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FromRows:
    """A field that shows rows of another table: one, some or a page."""

    kind: Literal["one", "many", "connection"]
    key: Any = None
    base: Any = None
    order: Order | None = None
    first: int | None = None
    last: int | None = None
    most: int | None = None
    where: type | None = None
    orders: type | None = None
    seen_by: str | None = None
    total: Any = None
    below: Any = None
    few: str | None = None


@dataclass(frozen=True, slots=True)
class FromLookup:
    """A field of Query that finds things by their global IDs, or one thing by the class of its keys."""

    by: type | None = None


@dataclass(frozen=True, slots=True)
class FromMatch:
    """A field of a `where` input."""

    expression: Any
    match: Match
    last: Any = None
    of: Any = None
    seen_by: str | None = None
    keys: str | None = None
    first: "tuple[str, Order] | None" = None


@dataclass(frozen=True, slots=True)
class FromService:
    """A field of Query that a function answers."""

    function: Callable[..., Awaitable[Any]]
    request: type[BaseModel] | None


@dataclass(frozen=True, slots=True)
class FromCommand:
    """A field of Mutation."""

    function: Callable[..., Awaitable[int]]
    request: type[BaseModel]


@dataclass(frozen=True, slots=True)
class FromEvents:
    """A field of Subscription; `chosen` where a client may ask for one thing alone."""

    topic: Topic
    chosen: bool


@dataclass(frozen=True, slots=True)
class FromFacts:
    """An attribute of facts, by name."""

    name: str


@dataclass(frozen=True, slots=True)
class Leaving:
    """A field, an order or the description of an argument that is to be removed."""

    what: Any
    why: Deprecated


Word = FromColumn | FromFunction | FromRows | FromLookup | FromMatch | FromService | FromCommand | FromEvents
