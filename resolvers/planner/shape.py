"""What decides how a statement reads: asked of each request once, kept as the key of its plan."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from resolvers import coercion
from resolvers.graph import model, sql
from resolvers.graph.words import Match
from resolvers.planner.ask import Span, Wanted
from resolvers.planner.facts import Facts, Later, Site

Decided = TypeVar("Decided", bound=Hashable)
Question = Callable[[Facts], Hashable]

ABOUT = (1, 10, 100, 1_000, 10_000)
"""The numbers of rows that plans are made for."""

NAMED: Mapping[str, Later] = {
    name: Later(lambda facts, name=name: facts.ask.named[name])  # type: ignore[misc]  # mypy reads the default as an argument
    for name in sql.VALUES
}
"""The values of the request that expressions may name."""


class Shape:
    """Asks what shapes a statement, of the request that it is first compiled for, and keeps the answers.

    `path` holds each question with its answer; another request that answers all of them alike has the same SQL.
    """

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self.path: list[tuple[Question, Hashable]] = []

    def decide(self, question: Callable[[Facts], Decided]) -> Decided:
        """The answer to a question."""
        answer = question(self._facts)
        self.path.append((question, answer))
        return answer

    def truth(self, name: str) -> bool:
        """The value of a variable of `@skip` or `@include`."""
        return self.decide(lambda facts: coercion.truth(facts.variables, name))

    def span(self, site: Site) -> Span:
        """The stretch that a list shows, its values left to each request."""
        now = self._facts.span(site)
        if site.fixed is not None:
            return replace(now, about=now.limit)
        self.decide(lambda facts: _form(facts.span(site)))
        return Span(
            now.order,
            Later(lambda facts: facts.span(site).limit),
            now.backward,
            _keys(now.order, now.after, lambda facts: facts.span(site).after),
            _keys(now.order, now.before, lambda facts: facts.span(site).before),
            _about(now.limit),
        )

    def wanted(self, site: Site, filters: model.Filters | None, name: str = "where") -> Sequence[Wanted]:
        """What a filter asks for, its values left to each request."""
        now = self._facts.wanted(site, filters, name)
        if site.fixed is not None:
            return now
        self.decide(lambda facts: tuple(map(_said, facts.wanted(site, filters, name))))

        def value(place: int) -> Later:
            return Later(lambda facts: facts.wanted(site, filters, name)[place].value)

        return [_later(each, value(place)) for place, each in enumerate(now)]


def one_more(limit: int | Later) -> int | Later:
    """One row more than asked for, which tells whether there are more."""
    if isinstance(limit, Later):
        return Later(lambda facts: limit.get(facts) + 1)
    return limit + 1


def _about(limit: int) -> int:
    return next((number for number in ABOUT if limit <= number), limit)


def _form(span: Span) -> Hashable:
    return span.order.tag, span.backward, span.after is None, span.before is None, _about(span.limit)


def _keys(order: model.Order, now: tuple[Any, ...] | None, get: Callable[[Facts], Any]) -> tuple[Later, ...] | None:
    if now is None:
        return None
    return tuple(Later(lambda facts, place=place: get(facts)[place]) for place in range(len(order.keys)))  # type: ignore[misc]  # as above


def _said(wanted: Wanted) -> Hashable:
    return wanted.filter.name, wanted.value if wanted.filter.match is Match.HOLDS else None


def _later(wanted: Wanted, value: Later) -> Wanted:
    match wanted.filter.match:
        case Match.HOLDS:
            return wanted
        case Match.WITHIN:
            first = Later(lambda facts: value.get(facts)[0])
            return Wanted(wanted.filter, (first, Later(lambda facts: value.get(facts)[1])))
        case _:
            return Wanted(wanted.filter, value)
