"""What a class of subscriptions may declare, and what becomes of it."""

from typing import Any

import pytest

from domain.event.facts import Topic
from resolvers.graph import build, model
from resolvers.graph.model import Shape
from resolvers.graph.words import Live, Node, live, lookup, node, one
from tests.resolvers.miniature import BY_NAME, Access, UnitRow
from tests.resolvers.test_build import Card, fails

JOBS = Topic.JOB_PROGRESSED


@node(UnitRow, "un")
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

        unit_changed: Live[Unit] = live(JOBS, chosen=True)
        """A unit changed."""

    graph = build.compile(Query, subscription=Subscription, types=(Unit,), access=Access())
    assert graph.subscription is not None
    field = graph.subscription.fields["unitChanged"]
    assert field.source == model.Events(JOBS, "Unit", "un", "unit", chosen=True)
    assert field.shape == Shape("UnitChanged")
    assert {each.name: each.shape for each in field.arguments} == {
        "after": Shape("String", null=True),
        "unit": Shape("ID", null=True),
    }


@pytest.mark.parametrize(
    ("annotation", "word", "reason"),
    [
        (Live[Unit], None, "tells of events, so it is `live(…)`"),
        (Unit, None, "is live(…)"),
        (Unit, live(JOBS), "annotate it `Live[…]`"),
        (Live[Card], live(JOBS), "things that have a global ID"),
        (Live[Unit], one(order=BY_NAME), "tells of events, so it is `live(…)`"),
    ],
)
def test_a_field_of_subscription_is_refused(annotation: Any, word: Any, reason: str) -> None:
    class Subscription:
        """Nothing much."""

        field: annotation = word
        """A field."""

    said = fails(Card, Unit, subscription=Subscription)
    assert said.startswith("Subscription.field: ")
    assert reason in said


def test_events_are_told_by_subscription_alone() -> None:
    class Asking:
        """Nothing much."""

        field: Live[Unit] = live(JOBS)
        """A field."""

    assert "says not where it comes from" in fails(Unit, query=Asking)
