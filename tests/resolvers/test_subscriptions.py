"""Subscriptions: what they listen to, and what each who listens is shown of an event."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import pytest
from graphql import GraphQLError, parse, validate
from hypothesis import given
from hypothesis import strategies as st

from domain.actor import Actor, Role
from domain.event.facts import Event, EventPosition, EventTopic
from kinerja.graphql_server import request_context
from kinerja.postgres import database
from kinerja.served_api import API
from resolvers import operations, subscriptions
from tests import row_factory
from tests.conftest import NOW

Asking = Callable[..., request_context.RequestContext]

WHOLE_DOCUMENT = "subscription { evaluationRecorded { cursor at evaluation { id score } } }"
PLACE = EventPosition(77, 3)
PLACES = st.builds(EventPosition, st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1))


def parse_document(document: str, variables: dict[str, Any] | None = None) -> subscriptions.ActiveSubscription:
    assert API.subscriptions is not None
    parsed = parse(document)
    assert not validate(API.graphql_schema, parsed)
    (operation,) = operations.split_operations(parsed).values()
    return API.subscriptions.parse_subscription(operation, variables or {})


async def render_document(
    of: subscriptions.ActiveSubscription, subject: int, asking: request_context.RequestContext
) -> Any:
    assert API.subscriptions is not None
    event = Event(PLACE, EventTopic.EVALUATION_RECORDED, subject, NOW)
    found = await API.subscriptions.render_event(of, event, asking)
    return None if found is None else json.loads(found)


async def recorded(db: database.Transaction) -> tuple[int, int, int]:
    """An evaluation, whom it is of and who appraises them."""
    unit = await row_factory.insert_unit(db)
    position = await row_factory.insert_position(db, unit)
    supervisor = await row_factory.insert_person(db)
    person = await row_factory.insert_person(db)
    await row_factory.insert_line(db, person, supervisor)
    plan = await row_factory.insert_plan(db, person, position)
    evaluation = await row_factory.insert_evaluation(db, plan, person, supervisor, appraiser_id=supervisor)
    return evaluation, person, supervisor


async def test_an_event_shows_its_subject_and_itself(db: database.Transaction, asking: Asking) -> None:
    evaluation, _, supervisor = await recorded(db)
    shown = await render_document(
        parse_document(WHOLE_DOCUMENT), evaluation, asking(Actor(supervisor, Role.SUPERVISOR))
    )
    assert shown == {
        "evaluationRecorded": {
            "cursor": subscriptions.format_event_cursor(PLACE),
            "at": "2026-07-01T02:00:00.000000Z",
            "evaluation": {"id": f"ev{evaluation}", "score": "100.00"},
        }
    }


@pytest.mark.parametrize(
    "document",
    [
        WHOLE_DOCUMENT,
        "subscription { evaluationRecorded { cursor } }",
        "subscription { evaluationRecorded { __typename } }",
    ],
)
async def test_who_may_not_see_the_subject_is_told_nothing(
    db: database.Transaction, asking: Asking, document: str
) -> None:
    evaluation, person, supervisor = await recorded(db)
    other = await row_factory.insert_person(db)
    of = parse_document(document)
    for actor in (None, Actor(other, Role.SUPERVISOR), Actor(other, Role.EMPLOYEE), Actor(1, Role.HR, "99.")):
        assert await render_document(of, evaluation, asking(actor)) is None
    for actor in (Actor(person, Role.EMPLOYEE), Actor(supervisor, Role.SUPERVISOR)):
        assert await render_document(of, evaluation, asking(actor)) is not None


async def test_what_is_gone_is_told_to_nobody(db: database.Transaction, asking: Asking) -> None:
    assert await render_document(parse_document(WHOLE_DOCUMENT), 10**12, asking(Actor(1, Role.SERVICE))) is None


async def test_it_is_one_statement(db: database.Transaction, asking: Asking) -> None:
    evaluation, person, _ = await recorded(db)
    request = asking(Actor(person, Role.EMPLOYEE))
    assert await render_document(parse_document(WHOLE_DOCUMENT), evaluation, request)
    assert request.statement_count == 1


async def test_aliases_fragments_and_conditions_are_followed(db: database.Transaction, asking: Asking) -> None:
    evaluation, person, _ = await recorded(db)
    document = """
      subscription ($yes: Boolean!, $no: Boolean!) {
        news: evaluationRecorded {
          ... on EvaluationRecorded { where: cursor }
          ...About
          kind: __typename
          at @include(if: $no)
        }
      }
      fragment About on EvaluationRecorded {
        one: evaluation { id }
        other: evaluation { score @skip(if: $yes) predikat }
        one: evaluation { predikat }
      }
    """
    of = parse_document(document, {"yes": True, "no": False})
    shown = await render_document(of, evaluation, asking(Actor(person, Role.EMPLOYEE)))
    assert shown == {
        "news": {
            "where": subscriptions.format_event_cursor(PLACE),
            "one": {"id": f"ev{evaluation}", "predikat": "BAIK"},
            "other": {"predikat": "BAIK"},
            "kind": "EvaluationRecorded",
        }
    }
    assert list(shown["news"]) == ["where", "one", "other", "kind"]


async def test_variables_reach_what_is_below_the_subject(db: database.Transaction, asking: Asking) -> None:
    evaluation, person, _ = await recorded(db)
    inner = "evaluation { person { evaluations(last: $last) { id } } }"
    document = f"subscription ($last: Int!) {{ evaluationRecorded {{ {inner} }} }}"
    shown = await render_document(
        parse_document(document, {"last": 1}), evaluation, asking(Actor(person, Role.EMPLOYEE))
    )
    assert shown["evaluationRecorded"]["evaluation"] == {"person": {"evaluations": [{"id": f"ev{evaluation}"}]}}
    with pytest.raises(GraphQLError, match="last"):
        await render_document(
            parse_document(document, {"last": -1}), evaluation, asking(Actor(person, Role.EMPLOYEE))
        )


def test_it_says_what_it_listens_to() -> None:
    document = "subscription ($after: String, $job: ID) { jobProgressed(after: $after, job: $job) { cursor } }"
    every = parse_document(document)
    assert (every.topic, every.after, every.subject_id) == (EventTopic.JOB_PROGRESSED, None, None)
    one = parse_document(document, {"after": subscriptions.format_event_cursor(PLACE), "job": "jo9"})
    assert (one.after, one.subject_id) == (PLACE, 9)
    for topic, subject, taken in ((EventTopic.JOB_PROGRESSED, 9, True), (EventTopic.JOB_PROGRESSED, 8, False)):
        assert one.accepts_event(Event(PLACE, topic, subject, NOW)) is taken
        assert every.accepts_event(Event(PLACE, topic, subject, NOW))
    assert not every.accepts_event(Event(PLACE, EventTopic.ASSIGNMENT_CHANGED, 9, NOW))


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"after": "nonsense"}, "`after`: this is no cursor of an event"),
        ({"job": "pe3"}, "begins with 'jo'"),
        ({"after": 3}, "String cannot represent"),
    ],
)
def test_arguments_that_are_none_are_refused(variables: dict[str, Any], message: str) -> None:
    document = "subscription ($after: String, $job: ID) { jobProgressed(after: $after, job: $job) { cursor } }"
    with pytest.raises(GraphQLError) as refused:
        parse_document(document, variables)
    assert message in str(refused.value)


@given(PLACES)
def test_a_cursor_is_read_as_it_was_written(place: EventPosition) -> None:
    assert subscriptions.parse_event_cursor(subscriptions.format_event_cursor(place)) == place


@given(st.text(max_size=150))
def test_no_other_text_is_a_cursor(text: str) -> None:
    with pytest.raises(ValueError, match="no cursor"):
        subscriptions.parse_event_cursor(text)


@pytest.mark.parametrize("inner", ['["event",1]', '["event",-1,2]', '["event",1.5,2]', '["list",1,2]', "{}", "7"])
def test_neither_is_one_of_another_kind(inner: str) -> None:
    with pytest.raises(ValueError, match="no cursor"):
        subscriptions.parse_event_cursor(urlsafe_b64encode(inner.encode()).decode())


def test_every_field_of_a_subscription_tells_of_a_topic_of_its_own() -> None:
    assert API.graph.subscription is not None
    topics = [field.source.topic for field in API.graph.subscription.fields.values()]  # type: ignore[union-attr]  # it has no other source
    assert sorted(topics) == sorted(EventTopic)
