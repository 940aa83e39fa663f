"""The words in which a schema class says where each of its fields comes from."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Any, Concatenate, Generic, Literal, TypeVar, cast, overload

from pydantic import BaseModel
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import SQLModel

from domain.audit.facts import Looked
from domain.deprecation import Deprecated
from domain.event.facts import Topic
from domain.ports import Act
from resolvers.graph import said, scalars
from resolvers.graph.said import (
    Declared,
    FromColumn,
    FromCommand,
    FromEvents,
    FromFacts,
    FromFunction,
    FromLookup,
    FromMatch,
    FromRows,
    FromService,
    Leaving,
    OfFacts,
    OfFilter,
    OfKeys,
    OfOrders,
    OfTable,
)
from resolvers.ports import Asking

ID = scalars.ID
Nip = scalars.Nip
Period = scalars.Period
Match = said.Match
Order = said.Order

T = TypeVar("T")
Result = TypeVar("Result")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")
F = TypeVar("F")
Class = TypeVar("Class", bound=type)
Asked = TypeVar("Asked", bound=BaseModel)


class Node:
    """A thing that can be fetched again by its global ID."""

    id: ID
    """The global ID: opaque, stable, unique among all things."""


NodeClass = TypeVar("NodeClass", bound=type[Node])


class Connection(Generic[T]):
    """Marks a field as a list that is paged by cursors."""


class Live(Generic[T]):
    """Marks a field of Subscription that tells of things of a type as they happen."""


def _mark(cls: Any, what: Declared) -> None:
    cls.__declared__ = what


def node(table: type[SQLModel], code: str) -> Callable[[NodeClass], NodeClass]:
    """Show rows of `table` as an object type with a global ID of `code` and number, for example `pe1042`."""

    def mark(cls: NodeClass) -> NodeClass:
        _mark(cls, OfTable(table, code))
        return cls

    return mark


def shown(table: type[SQLModel]) -> Callable[[Class], Class]:
    """Show rows of `table` as an object type without an ID of its own."""

    def mark(cls: Class) -> Class:
        _mark(cls, OfTable(table, None))
        return cls

    return mark


def view(facts: type, *, looked: Looked | None = None) -> Callable[[Class], Class]:
    """Show the attributes of frozen facts, which a `service` returns, as an object type.

    `looked` says that they show something of the person whose number is their `person_id`, so that it is recorded.
    """

    def mark(cls: Class) -> Class:
        _mark(cls, OfFacts(facts, looked))
        return cls

    return mark


def where(table: type[SQLModel]) -> Callable[[Class], Class]:
    """Make a class the `where` input of lists of `table`; its fields are `matches(…)`."""

    def mark(cls: Class) -> Class:
        _mark(cls, OfFilter(table))
        return cls

    return mark


def by(table: type[SQLModel]) -> Callable[[Class], Class]:
    """Make a class the `by` input of look-ups of `table`: `id`, and columns that are unique."""

    def mark(cls: Class) -> Class:
        _mark(cls, OfKeys(table))
        return cls

    return mark


def orders(table: type[SQLModel]) -> Callable[[Class], Class]:
    """Make a class the `orderBy` enum of lists of `table`; its attributes are orders."""

    def mark(cls: Class) -> Class:
        _mark(cls, OfOrders(table))
        return cls

    return mark


def order(*keys: Any) -> Order:
    """Name an order: columns, ascending as they are or with `.desc()`; not null, the last one the key."""
    return Order(keys)


@overload
def deprecated(*, reason: str, removed_on: date) -> Any: ...
@overload
def deprecated(what: T, *, reason: str, removed_on: date) -> T: ...
def deprecated(what: Any = None, *, reason: str, removed_on: date) -> Any:
    """Say that a field, an order or an argument will be removed.

    Args:
        what: the word of the field, the order, or the description of the argument; nothing for a bare field.
        reason: a sentence that says what to use instead.
        removed_on: the day on which it is removed.
    """
    return Leaving(what, Deprecated(reason, removed_on))


@overload
def column(source: T) -> T: ...
@overload
def column(source: T, *, seen_by: str) -> T | None: ...
def column(source: Any, *, seen_by: str | None = None) -> Any:
    """Show a column under another name, or to some only: whom rule `seen_by` does not admit sees null."""
    return FromColumn(source, None, seen_by)


@overload
def expression(sql: ColumnElement[T], *, null: Literal[False]) -> T: ...
@overload
def expression(sql: ColumnElement[T], *, null: bool = True, seen_by: str | None = None) -> T | None: ...
def expression(sql: Any, *, null: bool = True, seen_by: str | None = None) -> Any:
    """Show a named SQL expression over columns of the row; `null=False` promises that it never is null."""
    return FromColumn(sql, null, seen_by)


@overload
def computed(
    function: Callable[Concatenate[A, ...], Result], a: A, /, *, arguments: Mapping[str, str] = ...
) -> Result: ...
@overload
def computed(
    function: Callable[Concatenate[A, ...], Result],
    a: A,
    /,
    *,
    seen_by: str,
    arguments: Mapping[str, str] = ...,
) -> Result | None: ...
@overload
def computed(
    function: Callable[Concatenate[A, B, ...], Result],
    a: A,
    b: B,
    /,
    *,
    seen_by: None = None,
    arguments: Mapping[str, str] = ...,
) -> Result: ...
@overload
def computed(
    function: Callable[Concatenate[A, B, C, ...], Result],
    a: A,
    b: B,
    c: C,
    /,
    *,
    seen_by: None = None,
    arguments: Mapping[str, str] = ...,
) -> Result: ...
@overload
def computed(
    function: Callable[Concatenate[A, B, C, D, ...], Result],
    a: A,
    b: B,
    c: C,
    d: D,
    /,
    *,
    seen_by: None = None,
    arguments: Mapping[str, str] = ...,
) -> Result: ...
@overload
def computed(
    function: Callable[Concatenate[A, B, C, D, E, ...], Result],
    a: A,
    b: B,
    c: C,
    d: D,
    e: E,
    /,
    *,
    seen_by: None = None,
    arguments: Mapping[str, str] = ...,
) -> Result: ...
@overload
def computed(
    function: Callable[Concatenate[A, B, C, D, E, F, ...], Result],
    a: A,
    b: B,
    c: C,
    d: D,
    e: E,
    f: F,
    /,
    *,
    seen_by: None = None,
    arguments: Mapping[str, str] = ...,
) -> Result: ...
@overload
def computed(
    function: Callable[..., Result],
    /,
    *columns: Any,
    seen_by: str,
    arguments: Mapping[str, str] = ...,
) -> Result | None: ...
def computed(
    function: Callable[..., Any],
    /,
    *columns: Any,
    seen_by: str | None = None,
    arguments: Mapping[str, str] | None = None,
) -> Any:
    """Show what a function makes of columns of the row, or of `expression(…)`s over it.

    Keyword-only parameters of the function are GraphQL arguments, described in `arguments`, but for `today`
    (the business date) and `now` (the instant), which the request gives.
    """
    return FromFunction(function, columns, seen_by, arguments or {})


def period(first: date, last: date) -> str:
    """Show a first and a last day as a Period."""
    return cast("str", FromFunction(scalars.show_period, (first, last), None, {}))


def fact(name: str) -> Any:
    """Name an attribute of a view's facts, for `computed` and `one`."""
    return FromFacts(name)


def one(
    key: Any = None,
    *,
    where: Any = None,
    order: Order | None = None,
    seen_by: str | None = None,
    few: str | None = None,
) -> Any:
    """Show one row of another table, or null.

    With a foreign key of this row: the row that it names. With a foreign key of another table: the first of
    its rows that name this one, by `order`, among those of predicate `where`. On Query, without a key: the
    first of all that the actor may see. On a view, with `fact(…)`: the row whose key the facts hold.
    `few` says why there are always so few to choose from that no index needs to hold their order.
    """
    return FromRows("one", key, where, order, seen_by=seen_by, few=few)


def many(
    key: Any = None,
    *,
    order: Order,
    most: int,
    where: Any = None,
    first: int | None = None,
    last: int | None = None,
    few: str | None = None,
) -> Any:
    """Show a bounded list of rows of another table whose foreign key `key` names this row.

    With `first` (or `last`) the field takes that argument, with this default and at most `most`; `last` gives
    the last rows of the order, still in the order. With neither it shows all, up to `most`. `few` says why there
    are always so few that no index needs to hold their order.
    """
    return FromRows("many", key, where, order, first, last, most, few=few)


def connection(
    key: Any = None,
    *,
    orders: type,
    default: Order,
    where: type | None = None,
    base: Any = None,
    total: Any = None,
    below: Any = None,
    few: str | None = None,
) -> Any:
    """Show a list that is paged by cursors; on Query without a key.

    Args:
        key: foreign key of the other table that names this row.
        orders: the class of orders that clients may name.
        default: the order when they name none; a member of `orders`.
        where: the class of the filter, if there is one.
        base: a predicate that always holds.
        total: on Query, a SQL expression over no row: how many rows there are for who sees all of the table.
        below: the same for who sees the rows of his units.
            Used where nothing filters, instead of counting.
        few: why there are always so few that no index needs to hold their orders.
    """
    return FromRows("connection", key, base, default, where=where, orders=orders, total=total, below=below, few=few)


def lookup(*, by: type | None = None) -> Any:
    """Find one thing by `id`, or a list of things by `ids`, as the annotation says; with `by` one by several keys.

    `by` is the class of the keys, of which the client gives exactly one.
    """
    return FromLookup(by)


def matches(
    expression: Any,
    match: Match,
    *,
    last: Any = None,
    of: Any = None,
    seen_by: str | None = None,
    keys: str | None = None,
    first: tuple[str, said.Order] | None = None,
) -> Any:
    """Compare an expression with the value of a field of a `where` input.

    Args:
        expression: a column or SQL expression of the list's table.
        match: how.
        last: the last day, where a WITHIN period must be first and last day exactly.
        of: the path column of the other table, for UNDER.
        seen_by: the rule of the field that shows the expression; who may not see it finds nothing by it.
        keys: for WORDS, a function of PostgreSQL from a tsquery to the keys of the rows that match. Row security
            keeps the search of words from its index; who sees so many rows that each text would be taken apart
            finds keys by the function, and then those of his rows that have them.
        first: beside `keys`, a function that also takes a number, and an order: it gives the keys of the first so
            many rows in that order, of those in the scope that the settings of row security tell.
    """
    return FromMatch(expression, match, last, of, seen_by, keys, first)


@overload
def service(function: Callable[[Asking], Awaitable[Any]]) -> Any: ...
@overload
def service(function: Callable[[Asking, Asked], Awaitable[Any]], request: type[Asked]) -> Any: ...
def service(function: Callable[..., Awaitable[Any]], request: type[BaseModel] | None = None) -> Any:
    """Answer a field of Query by a function of the request, whose fields become arguments."""
    return FromService(function, request)


def command(function: Callable[[Act, Asked], Awaitable[int]], request: type[Asked]) -> Any:
    """Run a command in its own transaction; it returns the key of the row that the annotation's type shows."""
    return FromCommand(function, request)


def live(topic: Topic, *, chosen: bool = False) -> Any:
    """Tell of events of a topic, whose subject is the row that the annotation's type shows.

    Args:
        topic: which events.
        chosen: whether an argument, named as the type, asks for one thing alone.
    """
    return FromEvents(topic, chosen)
