"""Field arguments of one request, parsed into page ranges and filter values for SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from graphql import GraphQLError

from domain.access import scopes
from domain.actor import Role
from domain.refusals import InvalidInput
from resolvers.graph import global_ids, model, scalars
from resolvers.graph.declarations import MatchKind
from resolvers.planner import cursors
from resolvers.ports import ExecutionContext

MAX_LIST_VALUES = 100
"""The maximum number of values in one list of a filter."""


class InvalidArgument(GraphQLError):
    """An argument allowed by its type and refused by its field.

    `extensions.code` is `INVALID_INPUT`.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message, extensions={"code": InvalidInput.code})


@dataclass(frozen=True, slots=True)
class QueryContext:
    """Role, time and page limit of a request; `named_values` are available to expressions.

    `wide` is true for an actor with a wide scope: many people in the visible part of the tree.
    """

    role: Role | None
    today: date
    now: datetime
    max_page_size: int
    named_values: Mapping[str, Any]
    wide: bool = False

    @property
    def scope_key(self) -> model.ScopeKey:
        """The scope key: the actor's visibility, as far as it decides a statement's text."""
        return self.role, self.wide


@dataclass(frozen=True, slots=True)
class PageRange:
    """A page range of an ordered list: `limit` rows from the start or the end.

    The rows lie between two cursors. In a plan, limit and cursors are deferred to each request. `estimated_limit` is
    a number of ours, never exceeded by `limit`: PostgreSQL plans a prepared statement before `limit` is known, and
    plans for that many rows. With a limit in the document itself, `estimated_limit` is equal to it.
    """

    order: model.SortOrder
    limit: Any
    backward: bool = False
    after: tuple[Any, ...] | None = None
    before: tuple[Any, ...] | None = None
    estimated_limit: int | None = None

    @property
    def is_first_page(self) -> bool:
        """True for the first rows of the order."""
        return not self.backward and self.after is None and self.before is None


@dataclass(frozen=True, slots=True)
class FilterValue:
    """One field of a filter with the value to match, ready for SQL."""

    filter_field: model.FilterField
    value: Any


def build_query_context(context: ExecutionContext) -> QueryContext:
    """Build the query context of a request."""
    actor = context.actor
    named = {**scopes.actor_bind_values(actor), "today": context.today, "now": context.now}
    return QueryContext(
        role=actor.role if actor else None,
        today=context.today,
        now=context.now,
        max_page_size=context.max_page_size,
        named_values=named,
        wide=actor is not None and actor.wide,
    )


def parse_page_range(page: model.ConnectionSource, arguments: Mapping[str, Any], largest: int) -> PageRange:
    """The page range in the arguments of a connection. Raises InvalidArgument."""
    first, last = arguments.get("first"), arguments.get("last")
    if (first is None) == (last is None):
        raise InvalidArgument("give either `first` or `last`")
    limit = int(arguments["last" if first is None else "first"])
    if not 0 <= limit <= largest:
        name = "first" if first is not None else "last"
        raise InvalidArgument(f"`{name}` is from 0 to {largest}, not {limit}")
    order = page.orders[str(arguments["orderBy"])]
    return PageRange(
        order,
        limit,
        last is not None,
        _parse_cursor(order, "after", arguments),
        _parse_cursor(order, "before", arguments),
    )


def parse_list_range(many: model.BoundedListSource, arguments: Mapping[str, Any]) -> PageRange:
    """The page range in the arguments of a bounded list. Raises InvalidArgument."""
    if many.argument is None:
        return PageRange(many.order, many.max_rows)
    limit = arguments[many.argument]
    if not 0 <= limit <= many.max_rows:
        raise InvalidArgument(f"`{many.argument}` is from 0 to {many.max_rows}, not {limit}")
    return PageRange(many.order, limit, backward=many.argument == "last")


def parse_filter_values(
    filters: model.FilterInput | None, arguments: Mapping[str, Any], name: str = "where"
) -> tuple[FilterValue, ...]:
    """The filter values in the argument `name`. Raises InvalidArgument."""
    where = arguments.get(name)
    if filters is None or not where:
        return ()
    return tuple(
        FilterValue(filter_, _parse_filter_value(filter_, where[field]))
        for field, filter_ in filters.fields.items()
        if where.get(field) is not None
    )


def parse_node_key(code: str, text: str) -> int:
    """The key in a global ID of the type of `code`. Raises InvalidArgument."""
    found = global_ids.parse_global_id(text)
    if found is None or found[0] != code:
        raise InvalidArgument(f"{text!r} is not an ID that begins with {code!r}")
    return found[1]


def _parse_cursor(order: model.SortOrder, name: str, arguments: Mapping[str, Any]) -> tuple[Any, ...] | None:
    text = arguments.get(name)
    if text is None:
        return None
    try:
        return cursors.decode_cursor(order, text)
    except ValueError as reason:
        raise InvalidArgument(f"`{name}`: {reason}") from None


def _parse_filter_value(filter_: model.FilterField, value: Any) -> Any:
    match filter_.match:
        case MatchKind.REFERENCE | MatchKind.UNDER:
            return parse_node_key(str(filter_.code), value)
        case MatchKind.KEY:
            found = global_ids.parse_global_id(value)
            # As in every look-up, the ID of another type finds nothing.
            return found[1] if found is not None and found[0] == filter_.code else None
        case MatchKind.WITHIN:
            return scalars.parse_period_days(value)
        case MatchKind.WORDS:
            return _build_word_query(filter_.name, value)
        case MatchKind.ANY:
            if len(value) > MAX_LIST_VALUES:
                raise InvalidArgument(f"`{filter_.name}` takes at most {MAX_LIST_VALUES} values, not {len(value)}")
            return [_require_filter_text(filter_.name, each) for each in value]
        case _:
            return _require_filter_text(filter_.name, value)


def _require_filter_text(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return scalars.STRING.parse(value)
    except ValueError as reason:
        raise InvalidArgument(f"`{name}`: {reason}") from None


def _build_word_query(name: str, value: str) -> str:
    """A tsquery of configuration `simple` with each word as a prefix."""
    kept = "".join(letter if letter.isalnum() else " " for letter in value).split()
    if not kept:
        raise InvalidArgument(f"`{name}` needs a letter or a digit")
    return " & ".join(f"'{word}':*" for word in _check_word_count(name, kept))


def _check_word_count(name: str, kept: Sequence[str]) -> Sequence[str]:
    if len(kept) > 10 or max(map(len, kept)) > 100:
        raise InvalidArgument(f"`{name}` takes at most ten words of at most a hundred letters")
    return kept
