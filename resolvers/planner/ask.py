"""One request's facts, and its arguments made into values that SQL can take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from graphql import GraphQLError

from domain import scope
from domain.actor import Role
from domain.refusals import InvalidInput
from resolvers.graph import ids, model, scalars
from resolvers.graph.words import Match
from resolvers.planner import cursors
from resolvers.ports import Asking

MOST_LISTED = 100
"""The most values of one list in a filter."""


class BadArgument(GraphQLError):
    """An argument that its type allows and its field does not; `extensions.code` is `INVALID_INPUT`."""

    def __init__(self, message: str) -> None:
        super().__init__(message, extensions={"code": InvalidInput.code})


@dataclass(frozen=True, slots=True)
class Ask:
    """Who asks, when, and how much at once; `named` are the values that expressions may name.

    `wide` tells that many people are in the part of the tree that he sees.
    """

    role: Role | None
    today: date
    now: datetime
    largest: int
    named: Mapping[str, Any]
    wide: bool = False

    @property
    def sight(self) -> model.Sight:
        """How much he sees, as far as it shapes a statement."""
        return self.role, self.wide


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of an ordered list: between two cursors, `limit` rows from the start or the end.

    In a plan, limit and cursors are what each request gives later. `about` is a number of our own that `limit`
    never exceeds: PostgreSQL, which plans a prepared statement before it knows `limit`, plans for that many rows.
    Where the document itself says the limit, `about` is the same.
    """

    order: model.Order
    limit: Any
    backward: bool = False
    after: tuple[Any, ...] | None = None
    before: tuple[Any, ...] | None = None
    about: int | None = None

    @property
    def is_head(self) -> bool:
        """Whether it is the order's first rows."""
        return not self.backward and self.after is None and self.before is None


@dataclass(frozen=True, slots=True)
class Wanted:
    """One field of a filter and the value it must match, ready for SQL."""

    filter: model.Filter
    value: Any


def of(asking: Asking) -> Ask:
    """The facts of a request."""
    actor = asking.actor
    named = {**scope.values(actor), "today": asking.today, "now": asking.now}
    return Ask(
        role=actor.role if actor else None,
        today=asking.today,
        now=asking.now,
        largest=asking.largest,
        named=named,
        wide=actor is not None and actor.wide,
    )


def span(page: model.Page, arguments: Mapping[str, Any], largest: int) -> Span:
    """The stretch of a connection that arguments ask for. Raises BadArgument."""
    first, last = arguments.get("first"), arguments.get("last")
    if (first is None) == (last is None):
        raise BadArgument("give either `first` or `last`")
    limit = int(arguments["last" if first is None else "first"])
    if not 0 <= limit <= largest:
        name = "first" if first is not None else "last"
        raise BadArgument(f"`{name}` is from 0 to {largest}, not {limit}")
    order = page.orders[str(arguments["orderBy"])]
    return Span(
        order,
        limit,
        last is not None,
        _cursor(order, "after", arguments),
        _cursor(order, "before", arguments),
    )


def some(many: model.Many, arguments: Mapping[str, Any]) -> Span:
    """The stretch of a bounded list that arguments ask for. Raises BadArgument."""
    if many.argument is None:
        return Span(many.order, many.most)
    limit = arguments[many.argument]
    if not 0 <= limit <= many.most:
        raise BadArgument(f"`{many.argument}` is from 0 to {many.most}, not {limit}")
    return Span(many.order, limit, backward=many.argument == "last")


def wanted(filters: model.Filters | None, arguments: Mapping[str, Any], name: str = "where") -> tuple[Wanted, ...]:
    """What a filter, the argument of this name, asks for. Raises BadArgument."""
    where = arguments.get(name)
    if filters is None or not where:
        return ()
    return tuple(
        Wanted(filter_, _value(filter_, where[field]))
        for field, filter_ in filters.fields.items()
        if where.get(field) is not None
    )


def key(code: str, text: str) -> int:
    """The number of a global ID of the type of `code`. Raises BadArgument."""
    found = ids.read(text)
    if found is None or found[0] != code:
        raise BadArgument(f"{text!r} is not an ID that begins with {code!r}")
    return found[1]


def _cursor(order: model.Order, name: str, arguments: Mapping[str, Any]) -> tuple[Any, ...] | None:
    text = arguments.get(name)
    if text is None:
        return None
    try:
        return cursors.read(order, text)
    except ValueError as reason:
        raise BadArgument(f"`{name}`: {reason}") from None


def _value(filter_: model.Filter, value: Any) -> Any:
    match filter_.match:
        case Match.REFERENCE | Match.UNDER:
            return key(str(filter_.code), value)
        case Match.KEY:
            found = ids.read(value)
            # As in every look-up, the ID of another kind of thing finds nothing.
            return found[1] if found is not None and found[0] == filter_.code else None
        case Match.WITHIN:
            return scalars.days_of(value)
        case Match.WORDS:
            return _words(filter_.name, value)
        case Match.ANY:
            if len(value) > MOST_LISTED:
                raise BadArgument(f"`{filter_.name}` takes at most {MOST_LISTED} values, not {len(value)}")
            return [_plain(filter_.name, each) for each in value]
        case _:
            return _plain(filter_.name, value)


def _plain(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return scalars.STRING.parse(value)
    except ValueError as reason:
        raise BadArgument(f"`{name}`: {reason}") from None


def _words(name: str, value: str) -> str:
    """A tsquery of configuration `simple` in which each word stands by its beginning."""
    kept = "".join(letter if letter.isalnum() else " " for letter in value).split()
    if not kept:
        raise BadArgument(f"`{name}` needs a letter or a digit")
    return " & ".join(f"'{word}':*" for word in _bounded(name, kept))


def _bounded(name: str, kept: Sequence[str]) -> Sequence[str]:
    if len(kept) > 10 or max(map(len, kept)) > 100:
        raise BadArgument(f"`{name}` takes at most ten words of at most a hundred letters")
    return kept
