"""Declaration language of the schema: the source of each field of a class."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Any, Concatenate, Generic, Literal, TypeVar, cast, overload

from pydantic import BaseModel
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import SQLModel

from domain.audit.facts import ViewKind
from domain.deprecation import Deprecated
from domain.event.facts import EventTopic
from domain.ports import CommandContext
from resolvers.graph import scalars, specs
from resolvers.graph.specs import (
    AttributeSpec,
    ColumnSpec,
    CommandSpec,
    DeprecatedSpec,
    EventsSpec,
    FactsTypeSpec,
    FilterFieldSpec,
    FilterInputSpec,
    FunctionSpec,
    KeyInputSpec,
    LookupSpec,
    OrderEnumSpec,
    RowsSpec,
    RowTypeSpec,
    ServiceSpec,
    TypeSpec,
)
from resolvers.ports import ExecutionContext

ID = scalars.ID
Nip = scalars.Nip
Period = scalars.Period
MatchKind = specs.MatchKind
OrderSpec = specs.OrderSpec

T = TypeVar("T")
Result = TypeVar("Result")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")
F = TypeVar("F")
DeclaredClass = TypeVar("DeclaredClass", bound=type)
Request = TypeVar("Request", bound=BaseModel)


class Node:
    """Object with a global ID."""

    id: ID
    """Global ID: opaque, stable, unique among all types."""


NodeClass = TypeVar("NodeClass", bound=type[Node])


class Connection(Generic[T]):
    """Marks a field as a list paged by cursors."""


class EventStream(Generic[T]):
    """Marks a field of Subscription telling of things of a type as they happen."""


def _set_declaration(cls: Any, spec: TypeSpec) -> None:
    cls.__declared__ = spec


def node(table: type[SQLModel], code: str) -> Callable[[NodeClass], NodeClass]:
    """Show rows of `table` as an object type with a global ID of `code` and number, for example `pe1042`."""

    def decorate(cls: NodeClass) -> NodeClass:
        _set_declaration(cls, RowTypeSpec(table, code))
        return cls

    return decorate


def row_type(table: type[SQLModel]) -> Callable[[DeclaredClass], DeclaredClass]:
    """Show rows of `table` as an object type without an ID of its own."""

    def decorate(cls: DeclaredClass) -> DeclaredClass:
        _set_declaration(cls, RowTypeSpec(table, None))
        return cls

    return decorate


def facts_type(facts: type, *, view_kind: ViewKind | None = None) -> Callable[[DeclaredClass], DeclaredClass]:
    """Show the attributes of frozen facts, which a `service` returns, as an object type.

    `view_kind` says that they show something of the person whose number is their `person_id`, so it is recorded.
    """

    def decorate(cls: DeclaredClass) -> DeclaredClass:
        _set_declaration(cls, FactsTypeSpec(facts, view_kind))
        return cls

    return decorate


def filter_input(table: type[SQLModel]) -> Callable[[DeclaredClass], DeclaredClass]:
    """Make a class the `filter_input` input of lists of `table`; its fields are `matches(…)`."""

    def decorate(cls: DeclaredClass) -> DeclaredClass:
        _set_declaration(cls, FilterInputSpec(table))
        return cls

    return decorate


def key_input(table: type[SQLModel]) -> Callable[[DeclaredClass], DeclaredClass]:
    """Make a class the `key_input` input of look-ups of `table`: `id`, and columns that are unique."""

    def decorate(cls: DeclaredClass) -> DeclaredClass:
        _set_declaration(cls, KeyInputSpec(table))
        return cls

    return decorate


def order_enum(table: type[SQLModel]) -> Callable[[DeclaredClass], DeclaredClass]:
    """Make a class the `orderBy` enum of lists of `table`; its attributes are orders."""

    def decorate(cls: DeclaredClass) -> DeclaredClass:
        _set_declaration(cls, OrderEnumSpec(table))
        return cls

    return decorate


def order(*keys: Any) -> OrderSpec:
    """Name an order: columns, ascending as they are or with `.desc()`; not null, the last one the key."""
    return OrderSpec(keys)


@overload
def deprecate(*, reason: str, removed_on: date) -> Any: ...
@overload
def deprecate(what: T, *, reason: str, removed_on: date) -> T: ...
def deprecate(what: Any = None, *, reason: str, removed_on: date) -> Any:
    """Deprecate a field, an order or an argument.

    Args:
        what: the word of the field, the order, or the description of the argument; nothing for a bare field.
        reason: a sentence saying what to use instead.
        removed_on: the day on which it is removed.
    """
    return DeprecatedSpec(what, Deprecated(reason, removed_on))


@overload
def column(source: T) -> T: ...
@overload
def column(source: T, *, visible_to: str) -> T | None: ...
def column(source: Any, *, visible_to: str | None = None) -> Any:
    """Show a column under another name, or to some only: whom rule `visible_to` does not admit sees null."""
    return ColumnSpec(source, None, visible_to)


@overload
def expression(sql: ColumnElement[T], *, nullable: Literal[False]) -> T: ...
@overload
def expression(sql: ColumnElement[T], *, nullable: bool = True, visible_to: str | None = None) -> T | None: ...
def expression(sql: Any, *, nullable: bool = True, visible_to: str | None = None) -> Any:
    """Show a named SQL expression over columns of the row; `null=False` promises that it never is null."""
    return ColumnSpec(sql, nullable, visible_to)


@overload
def computed_field(
    function: Callable[Concatenate[A, ...], Result], a: A, /, *, arguments: Mapping[str, str] = ...
) -> Result: ...
@overload
def computed_field(
    function: Callable[Concatenate[A, ...], Result],
    a: A,
    /,
    *,
    visible_to: str,
    arguments: Mapping[str, str] = ...,
) -> Result | None: ...
@overload
def computed_field(
    function: Callable[Concatenate[A, B, ...], Result],
    a: A,
    b: B,
    /,
    *,
    visible_to: None = None,
    arguments: Mapping[str, str] = ...,
) -> Result: ...
@overload
def computed_field(
    function: Callable[Concatenate[A, B, C, ...], Result],
    a: A,
    b: B,
    c: C,
    /,
    *,
    visible_to: None = None,
    arguments: Mapping[str, str] = ...,
) -> Result: ...
@overload
def computed_field(
    function: Callable[Concatenate[A, B, C, D, ...], Result],
    a: A,
    b: B,
    c: C,
    d: D,
    /,
    *,
    visible_to: None = None,
    arguments: Mapping[str, str] = ...,
) -> Result: ...
@overload
def computed_field(
    function: Callable[Concatenate[A, B, C, D, E, ...], Result],
    a: A,
    b: B,
    c: C,
    d: D,
    e: E,
    /,
    *,
    visible_to: None = None,
    arguments: Mapping[str, str] = ...,
) -> Result: ...
@overload
def computed_field(
    function: Callable[Concatenate[A, B, C, D, E, F, ...], Result],
    a: A,
    b: B,
    c: C,
    d: D,
    e: E,
    f: F,
    /,
    *,
    visible_to: None = None,
    arguments: Mapping[str, str] = ...,
) -> Result: ...
@overload
def computed_field(
    function: Callable[..., Result],
    /,
    *columns: Any,
    visible_to: str,
    arguments: Mapping[str, str] = ...,
) -> Result | None: ...
def computed_field(
    function: Callable[..., Any],
    /,
    *columns: Any,
    visible_to: str | None = None,
    arguments: Mapping[str, str] | None = None,
) -> Any:
    """Show what a function makes of columns of the row, or of `expression(…)`s over it.

    Keyword-only parameters of the function are GraphQL arguments, described in `arguments`, but for `today`
    (the business date) and `now` (the instant), which the request gives.
    """
    return FunctionSpec(function, columns, visible_to, arguments or {})


def period_field(first: date, last: date) -> str:
    """Show a first and a last day as a Period."""
    return cast("str", FunctionSpec(scalars.format_period, (first, last), None, {}))


def attribute(name: str) -> Any:
    """Name an attribute of a view's facts, for `computed_field` and `single_row`."""
    return AttributeSpec(name)


def single_row(
    key: Any = None,
    *,
    predicate: Any = None,
    order: OrderSpec | None = None,
    visible_to: str | None = None,
    no_index_reason: str | None = None,
) -> Any:
    """Show one row of another table, or null.

    With a foreign key of this row: the row that it names. With a foreign key of another table: the first of
    its rows naming this one, by `order`, among those of predicate `predicate`. On Query, without a key: the
    first of all that the actor may see. On a view, with `fact(…)`: the row whose key the facts hold.
    `no_index_reason` says why there are always so few to choose from that no index needs to hold their order.
    """
    return RowsSpec("one", key, predicate, order, visible_to=visible_to, no_index_reason=no_index_reason)


def bounded_list(
    key: Any = None,
    *,
    order: OrderSpec,
    max_rows: int,
    predicate: Any = None,
    first: int | None = None,
    last: int | None = None,
    no_index_reason: str | None = None,
) -> Any:
    """Show a bounded list of rows of another table whose foreign key `key` names this row.

    With `first` (or `last`) the field takes that argument, with this default and at most `max_rows`; `last` gives
    the last rows of the order, still in the order. With neither it shows all, up to `max_rows`. `no_index_reason`
    says why there are always so few that no index needs to hold their order.
    """
    return RowsSpec("many", key, predicate, order, first, last, max_rows, no_index_reason=no_index_reason)


def connection(
    key: Any = None,
    *,
    order_enum: type,
    default_order: OrderSpec,
    filter_input: type | None = None,
    predicate: Any = None,
    total: Any = None,
    units_total: Any = None,
    no_index_reason: str | None = None,
) -> Any:
    """Show a list paged by cursors; on Query without a key.

    Args:
        key: foreign key of the other table naming this row.
        order_enum: the class of orders that clients may name.
        default_order: the order when they name none; a member of `order_enum`.
        filter_input: the class of the filter, if there is one.
        predicate: a predicate that always holds.
        total: on Query, a SQL expression over no row: how many rows there are for who sees all of the table.
        units_total: the same for who sees the rows of their units.
            Used where nothing filters, instead of counting.
        no_index_reason: why there are always so few that no index needs to hold their orders.
    """
    return RowsSpec(
        "connection",
        key,
        predicate,
        default_order,
        filter_input=filter_input,
        order_enum=order_enum,
        total=total,
        units_total=units_total,
        no_index_reason=no_index_reason,
    )


def lookup(*, key_input: type | None = None) -> Any:
    """Declare a look-up by `id`, by `ids` (a list), or by the keys of `key_input`.

    `key_input` is the class of the keys, of which the client gives exactly one.
    """
    return LookupSpec(key_input)


def filter_field(
    expression: Any,
    match: MatchKind,
    *,
    last_day: Any = None,
    path_column: Any = None,
    visible_to: str | None = None,
    key_function: str | None = None,
    ordered_key_function: tuple[str, specs.OrderSpec] | None = None,
) -> Any:
    """Compare an expression with the value of a field of a `filter_input` input.

    Args:
        expression: a column or SQL expression of the list's table.
        match: how.
        last_day: the last day, where a WITHIN period must be first and last day exactly.
        path_column: the path column of the other table, for UNDER.
        visible_to: the rule of the field showing the expression; who may not see it finds nothing by it.
        key_function: for WORDS, a function of PostgreSQL from a tsquery to the keys of the rows that match. Row
            security keeps the search of words from its index; who sees so many rows that each text would be taken
            apart finds keys by the function, and then those of their rows with them.
        ordered_key_function: beside `key_function`, a function that also takes a number, and an order: it gives the
            keys of the first so many rows in that order, of those in the scope that the settings of row security
            tell.
    """
    return FilterFieldSpec(expression, match, last_day, path_column, visible_to, key_function, ordered_key_function)


@overload
def service(function: Callable[[ExecutionContext], Awaitable[Any]]) -> Any: ...
@overload
def service(function: Callable[[ExecutionContext, Request], Awaitable[Any]], request: type[Request]) -> Any: ...
def service(function: Callable[..., Awaitable[Any]], request: type[BaseModel] | None = None) -> Any:
    """Answer a field of Query by a function of the request, whose fields become arguments."""
    return ServiceSpec(function, request)


def command(function: Callable[[CommandContext, Request], Awaitable[int]], request: type[Request]) -> Any:
    """Run a command in its own transaction; it returns the key of the row that the annotation's type shows."""
    return CommandSpec(function, request)


def event_stream(topic: EventTopic, *, subject_argument: bool = False) -> Any:
    """Tell of events of a topic, whose subject is the row that the annotation's type shows.

    Args:
        topic: which events.
        subject_argument: whether an argument, named as the type, asks for one thing alone.
    """
    return EventsSpec(topic, subject_argument)
