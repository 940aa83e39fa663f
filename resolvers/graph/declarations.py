"""Declarations of schema classes: the source of each field, as a small DSL."""

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
    """Marks a field of Subscription as a stream of events about objects of a type."""


def _set_declaration(cls: Any, spec: TypeSpec) -> None:
    cls.__declared__ = spec


def node(table: type[SQLModel], code: str) -> Callable[[NodeClass], NodeClass]:
    """Declare rows of `table` as an object type with a global ID.

    The ID is `code` and number, for example `pe1042`.
    """

    def decorate(cls: NodeClass) -> NodeClass:
        _set_declaration(cls, RowTypeSpec(table, code))
        return cls

    return decorate


def row_type(table: type[SQLModel]) -> Callable[[DeclaredClass], DeclaredClass]:
    """Declare rows of `table` as an object type without an ID of its own."""

    def decorate(cls: DeclaredClass) -> DeclaredClass:
        _set_declaration(cls, RowTypeSpec(table, None))
        return cls

    return decorate


def facts_type(facts: type, *, view_kind: ViewKind | None = None) -> Callable[[DeclaredClass], DeclaredClass]:
    """Declare the attributes of frozen facts, returned by a `service`, as an object type.

    `view_kind` is the kind of personal data they show about the person in `person_id`, for the access log.
    """

    def decorate(cls: DeclaredClass) -> DeclaredClass:
        _set_declaration(cls, FactsTypeSpec(facts, view_kind))
        return cls

    return decorate


def filter_input(table: type[SQLModel]) -> Callable[[DeclaredClass], DeclaredClass]:
    """Declare a class as the `where` input of lists of `table`.

    Its fields are `filter_field(…)`.
    """

    def decorate(cls: DeclaredClass) -> DeclaredClass:
        _set_declaration(cls, FilterInputSpec(table))
        return cls

    return decorate


def key_input(table: type[SQLModel]) -> Callable[[DeclaredClass], DeclaredClass]:
    """Declare a class as the `by` input of look-ups of `table`.

    Its fields are `id` and unique columns.
    """

    def decorate(cls: DeclaredClass) -> DeclaredClass:
        _set_declaration(cls, KeyInputSpec(table))
        return cls

    return decorate


def order_enum(table: type[SQLModel]) -> Callable[[DeclaredClass], DeclaredClass]:
    """Declare a class as the `orderBy` enum of lists of `table`; its attributes are orders."""

    def decorate(cls: DeclaredClass) -> DeclaredClass:
        _set_declaration(cls, OrderEnumSpec(table))
        return cls

    return decorate


def order(*keys: Any) -> OrderSpec:
    """Declare an order: columns, ascending or with `.desc()`.

    No column is nullable, and the last one is the key.
    """
    return OrderSpec(keys)


@overload
def deprecate(*, reason: str, removed_on: date) -> Any: ...
@overload
def deprecate(what: T, *, reason: str, removed_on: date) -> T: ...
def deprecate(what: Any = None, *, reason: str, removed_on: date) -> Any:
    """Declare the deprecation of a field, an order or an argument.

    Args:
        what: the declaration of the field, the order, or the description of the argument; nothing for a bare field.
        reason: a sentence naming the replacement.
        removed_on: the day of its removal.
    """
    return DeprecatedSpec(what, Deprecated(reason, removed_on))


@overload
def column(source: T) -> T: ...
@overload
def column(source: T, *, visible_to: str) -> T | None: ...
def column(source: Any, *, visible_to: str | None = None) -> Any:
    """Declare a field as a column, under another name or with a field rule.

    Actors not admitted by rule `visible_to` see null.
    """
    return ColumnSpec(source, None, visible_to)


@overload
def expression(sql: ColumnElement[T], *, nullable: Literal[False]) -> T: ...
@overload
def expression(sql: ColumnElement[T], *, nullable: bool = True, visible_to: str | None = None) -> T | None: ...
def expression(sql: Any, *, nullable: bool = True, visible_to: str | None = None) -> Any:
    """Declare a field as a named SQL expression over columns of the row.

    `nullable=False` promises a value in every row.
    """
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
    """Declare a field as a Python function of columns, or of `expression(…)`s over the row.

    Keyword-only parameters of the function are GraphQL arguments, described in `arguments`, except `today` (the
    business date) and `now` (the instant), supplied by the request.
    """
    return FunctionSpec(function, columns, visible_to, arguments or {})


def period_field(first: date, last: date) -> str:
    """Declare a first and a last day as a Period."""
    return cast("str", FunctionSpec(scalars.format_period, (first, last), None, {}))


def attribute(name: str) -> Any:
    """Name an attribute of a facts type, for `computed_field` and `single_row`."""
    return AttributeSpec(name)


def single_row(
    key: Any = None,
    *,
    predicate: Any = None,
    order: OrderSpec | None = None,
    visible_to: str | None = None,
    no_index_reason: str | None = None,
) -> Any:
    """Declare a field as one row of another table, or null.

    With a foreign key of this row: the referenced row. With a foreign key of another table: the first by `order` of
    its rows referencing this one, among those of predicate `predicate`. On Query, without a key: the first of all
    rows visible to the actor. On a facts type, with `attribute(…)`: the row with the key held by the facts.
    `no_index_reason` says why the candidates are always too few to need an index with their order.
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
    """Declare a bounded list of rows with foreign key `key` to this row.

    With `first` (or `last`) the field takes this argument, with this default and at most `max_rows`; `last` gives the
    last rows of the order, still in the order. With neither it shows all, up to `max_rows`. `no_index_reason` says
    why there are always too few to need an index with their order.
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
    """Declare a list paged by keyset cursors; on Query without a key.

    Args:
        key: foreign key of the other table to this row.
        order_enum: the class of orders available to clients.
        default_order: the order without `orderBy`; a member of `order_enum`.
        filter_input: the class of the filter, if there is one.
        predicate: a fixed predicate on the rows.
        total: on Query, a SQL expression over no row: the number of rows for actors seeing all of the table. Used for
            unfiltered lists, instead of counting.
        units_total: the number of rows for actors seeing the rows of their units. Used as `total`.
        no_index_reason: why there are always too few rows to need an index with their orders.
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

    `key_input` is the class of the keys; the client gives exactly one of them.
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
    """Declare a filter field: an expression compared with the value of an input field.

    Args:
        expression: a column or SQL expression of the list's table.
        match: the kind of comparison.
        last_day: the last day, for a WITHIN period equal to first and last day exactly.
        path_column: the path column of the other table, for UNDER.
        visible_to: the rule of the field with the same expression; the filter matches nothing for actors not
            admitted.
        key_function: for WORDS, a function of PostgreSQL from a tsquery to the keys of matching rows. Row-level
            security keeps the word search from its index, so the text of each visible row would be parsed. Actors
            with a wide scope find keys by the function instead, and then the visible rows with these keys.
        ordered_key_function: beside `key_function`, a function with a further number, and an order: it gives the keys
            of the first so many rows in this order, within the scope in the settings of row-level security.
    """
    return FilterFieldSpec(expression, match, last_day, path_column, visible_to, key_function, ordered_key_function)


@overload
def service(function: Callable[[ExecutionContext], Awaitable[Any]]) -> Any: ...
@overload
def service(function: Callable[[ExecutionContext, Request], Awaitable[Any]], request: type[Request]) -> Any: ...
def service(function: Callable[..., Awaitable[Any]], request: type[BaseModel] | None = None) -> Any:
    """Declare a field of Query as a function of the request; its fields become arguments."""
    return ServiceSpec(function, request)


def command(function: Callable[[CommandContext, Request], Awaitable[int]], request: type[Request]) -> Any:
    """Declare a field of Mutation as a command in a transaction of its own.

    The command returns the key of a row of the annotated type.
    """
    return CommandSpec(function, request)


def event_stream(topic: EventTopic, *, subject_argument: bool = False) -> Any:
    """Declare a field of Subscription: events of a topic about subjects of the annotated type.

    Args:
        topic: the topic of the events.
        subject_argument: True for an argument, named as the type, to select the events of one subject.
    """
    return EventsSpec(topic, subject_argument)
