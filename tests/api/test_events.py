"""What is told of each change: one event per command, whatever the number of rows, and none of what is refused."""

import pytest

from domain.event import store
from domain.event.facts import EventPosition, EventTopic
from kinerja.demo import documents
from kinerja.postgres import database
from tests.api.conftest import ApiRequest
from tests.api.test_mutations import assign, session
from tests.api.test_reads import read_data


async def told(db: database.Transaction) -> list[tuple[EventTopic, int]]:
    """What the test's own transaction has published: not yet to be told, so read from the table."""
    rows = await db.fetch_rows(
        "SELECT topic, subject_id FROM event WHERE xid = pg_current_xact_id()::text::bigint", []
    )
    return [(EventTopic(topic), subject) for topic, subject in rows]


async def test_an_assignment_of_many_is_told_once(ask: ApiRequest, db: database.Transaction) -> None:
    batch = await assign(ask)
    assert batch["seatedCount"] == 5
    assert await told(db) == [(EventTopic.ASSIGNMENT_CHANGED, int(batch["id"].removeprefix("ab")))]


async def test_what_is_asked_again_is_not_told_again(ask: ApiRequest, db: database.Transaction) -> None:
    await assign(ask)
    await assign(ask)
    assert len(await told(db)) == 1


async def test_what_is_refused_is_not_told(ask: ApiRequest, db: database.Transaction) -> None:
    assert (await assign(ask, seats=4000))["__typename"] == "SeatsTaken"
    await ask("hr", documents.PREVIEW, session=(await session(ask))["id"], seats=5)
    assert await told(db) == []


async def test_a_recorded_evaluation_is_told(ask: ApiRequest, db: database.Transaction) -> None:
    team = read_data(await ask("supervisor", documents.TEAM))["me"]["team"]["edges"]
    lacking = next(
        edge["node"]
        for edge in team
        if "2024-Q4" not in {each["period"] for each in edge["node"]["evaluations"]}
        and any(plan["year"] == 2024 and plan["active"] for plan in edge["node"]["plans"])
    )
    asked = {
        "clientMutationKey": "first",
        "plan": next(plan["id"] for plan in lacking["plans"] if plan["year"] == 2024),
        "period": "2024-Q4",
        "resultsIndex": "100",
        "behaviourIndex": "100",
        "evidence": "laporan",
        "evidenceSource": "e-Kinerja",
    }
    recorded = read_data(await ask("supervisor", documents.RECORD, input=asked))["recordEvaluation"]
    assert await told(db) == [(EventTopic.EVALUATION_RECORDED, int(recorded["id"].removeprefix("ev")))]


async def test_a_requested_job_is_told(ask: ApiRequest, db: database.Transaction) -> None:
    asked = {"clientMutationKey": "one", "kind": "SCORE_RISK"}
    document = "mutation ($input: RequestJobInput!) { requestJob(input: $input) { ... on Job { id } } }"
    job = read_data(await ask("hr", document, input=asked))["requestJob"]
    assert await told(db) == [(EventTopic.JOB_PROGRESSED, int(job["id"].removeprefix("jo")))]


async def test_the_published_list_was_told(ask: ApiRequest, db: database.Transaction) -> None:
    run = read_data(await ask("hr", "{ publishedScoringRun { id } }"))["publishedScoringRun"]["id"]
    events = await store.load_events_after(db, EventPosition(0, 0), 1_000)
    assert [event.subject for event in events if event.topic is EventTopic.RISK_LIST_PUBLISHED] == [
        int(run.removeprefix("ru"))
    ]


@pytest.mark.parametrize("field", ["evaluationRecorded", "riskListPublished", "assignmentChanged", "jobProgressed"])
async def test_a_subscription_is_not_answered_as_a_query(ask: ApiRequest, field: str) -> None:
    reply = await ask("hr", f"subscription {{ {field} {{ cursor }} }}")
    assert [error["extensions"]["code"] for error in reply.body["errors"]] == ["BAD_REQUEST"]
