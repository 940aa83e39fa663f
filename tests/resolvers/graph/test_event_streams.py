"""What a class of subscriptions may declare, and what becomes of it."""

from typing import Any

import pytest

from domain.event.facts import EventTopic
from resolvers.graph import compiler, model
from resolvers.graph.declarations import EventStream, Node, event_stream, lookup, node, single_row
from resolvers.graph.model import TypeRef
from tests.resolvers.graph.test_compiler import Card, expect_error
from tests.resolvers.miniature import BY_NAME, MiniatureAccess, MiniatureUnitRow

JOBS = EventTopic.JOB_PROGRESSED


@node(MiniatureUnitRow, "un")
class Unit(Node):
    """A unit."""

    name: str
    """What it is called."""


class Query:
    """Nothing much."""

    node: Node | None = lookup()
    """Anything."""


def test_a_field_tells_of_a_type_and_may_be_asked_about_one_thing() -> None:
    class Subscription:
        """What happens."""

        unit_changed: EventStream[Unit] = event_stream(JOBS, subject_argument=True)
        """A unit changed."""

    graph = compiler.compile_graph(Query, subscription=Subscription, types=(Unit,), access=MiniatureAccess())
    assert graph.subscription is not None
    field = graph.subscription.fields["unitChanged"]
    assert field.source == model.EventSource(JOBS, "Unit", "un", "unit", subject_argument=True)
    assert field.type_ref == TypeRef("UnitChanged")
    assert {each.name: each.type_ref for each in field.arguments} == {
        "after": TypeRef("String", nullable=True),
        "unit": TypeRef("ID", nullable=True),
    }


@pytest.mark.parametrize(
    ("annotation", "word", "reason"),
    [
        (EventStream[Unit], None, "tells of events, so it is `live(…)`"),
        (Unit, None, "is live(…)"),
        (Unit, event_stream(JOBS), "annotate it `Live[…]`"),
        (EventStream[Card], event_stream(JOBS), "things that have a global ID"),
        (EventStream[Unit], single_row(order=BY_NAME), "tells of events, so it is `live(…)`"),
    ],
)
def test_a_field_of_subscription_is_refused(annotation: Any, word: Any, reason: str) -> None:
    class Subscription:
        """Nothing much."""

        field: annotation = word
        """A field."""

    said = expect_error(Card, Unit, subscription=Subscription)
    assert said.startswith("Subscription.field: ")
    assert reason in said


def test_events_are_told_by_subscription_alone() -> None:
    class Asking:
        """Nothing much."""

        field: EventStream[Unit] = event_stream(JOBS)
        """A field."""

    assert "says not where it comes from" in expect_error(Unit, query=Asking)
