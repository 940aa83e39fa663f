"""Plan key: the properties of a request behind the text of its SQL."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from resolvers import variable_values
from resolvers.graph import model, sql_fragments
from resolvers.graph.declarations import MatchKind
from resolvers.planner.field_arguments import FilterValue, PageRange
from resolvers.planner.request_values import DeferredValue, FieldCall, RequestValues

Decision = TypeVar("Decision", bound=Hashable)
PlanQuestion = Callable[[RequestValues], Hashable]

ROW_ESTIMATES = (1, 10, 100, 1_000, 10_000)
"""Row counts used as estimated limits of plans."""

NAMED_VALUES: Mapping[str, DeferredValue] = {
    name: DeferredValue(lambda facts, name=name: facts.context.named_values[name])  # type: ignore[misc]  # mypy reads the default as an argument
    for name in sql_fragments.REQUEST_VALUES
}
"""The values of the request available to expressions."""


class PlanKey:
    """Records the decisions behind a statement, taken from its first request.

    `decisions` holds each plan question with its answer; a request with the same answers has the same SQL.
    """

    def __init__(self, values: RequestValues) -> None:
        self._values = values
        self.decisions: list[tuple[PlanQuestion, Hashable]] = []

    def add_decision(self, question: Callable[[RequestValues], Decision]) -> Decision:
        """Answer a plan question and record it."""
        answer = question(self._values)
        self.decisions.append((question, answer))
        return answer

    def decide_condition(self, name: str) -> bool:
        """The value of a variable of `@skip` or `@include`."""
        return self.add_decision(lambda facts: variable_values.read_condition(facts.variables, name))

    def decide_page_range(self, site: FieldCall) -> PageRange:
        """The page range of a list, with values deferred to each request."""
        now = self._values.get_page_range(site)
        if site.fixed_arguments is not None:
            return replace(now, estimated_limit=now.limit)
        self.add_decision(lambda facts: _summarize_page_range(facts.get_page_range(site)))
        return PageRange(
            now.order,
            DeferredValue(lambda facts: facts.get_page_range(site).limit),
            now.backward,
            _defer_cursor_keys(now.order, now.after, lambda facts: facts.get_page_range(site).after),
            _defer_cursor_keys(now.order, now.before, lambda facts: facts.get_page_range(site).before),
            _estimate_rows(now.limit),
        )

    def decide_filter_values(
        self, site: FieldCall, filters: model.FilterInput | None, name: str = "where"
    ) -> Sequence[FilterValue]:
        """The filter values of a field, with values deferred to each request."""
        now = self._values.get_filter_values(site, filters, name)
        if site.fixed_arguments is not None:
            return now
        self.add_decision(
            lambda facts: tuple(map(_summarize_filter_value, facts.get_filter_values(site, filters, name)))
        )

        def value(place: int) -> DeferredValue:
            return DeferredValue(lambda facts: facts.get_filter_values(site, filters, name)[place].value)

        return [_defer_filter_value(each, value(place)) for place, each in enumerate(now)]


def add_extra_row(limit: int | DeferredValue) -> int | DeferredValue:
    """The limit plus one row, to detect a next page."""
    if isinstance(limit, DeferredValue):
        return DeferredValue(lambda facts: limit.compute(facts) + 1)
    return limit + 1


def _estimate_rows(limit: int) -> int:
    return next((number for number in ROW_ESTIMATES if limit <= number), limit)


def _summarize_page_range(page_range: PageRange) -> Hashable:
    return (
        page_range.order.tag,
        page_range.backward,
        page_range.after is None,
        page_range.before is None,
        _estimate_rows(page_range.limit),
    )


def _defer_cursor_keys(
    order: model.SortOrder, now: tuple[Any, ...] | None, get: Callable[[RequestValues], Any]
) -> tuple[DeferredValue, ...] | None:
    if now is None:
        return None
    return tuple(DeferredValue(lambda facts, place=place: get(facts)[place]) for place in range(len(order.keys)))  # type: ignore[misc]  # as above


def _summarize_filter_value(filter_values: FilterValue) -> Hashable:
    return (
        filter_values.filter_field.name,
        filter_values.value if filter_values.filter_field.match is MatchKind.HOLDS else None,
    )


def _defer_filter_value(filter_values: FilterValue, value: DeferredValue) -> FilterValue:
    match filter_values.filter_field.match:
        case MatchKind.HOLDS:
            return filter_values
        case MatchKind.WITHIN:
            first = DeferredValue(lambda facts: value.compute(facts)[0])
            return FilterValue(
                filter_values.filter_field, (first, DeferredValue(lambda facts: value.compute(facts)[1]))
            )
        case _:
            return FilterValue(filter_values.filter_field, value)
