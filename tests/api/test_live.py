"""What is told of each change: one event per command, whatever the number of rows, and none of what is refused."""

import pytest

from domain.event import store
from domain.event.facts import Place, Topic
from kinerja import database
from kinerja.demo import documents
from tests.api.conftest import Ask
from tests.api.test_mutations import assign, session
from tests.api.test_reads import data


async def told(db: database.Transaction) -> list[tuple[Topic, int]]:
    """What the test's own transaction has published: not yet to be told, so read from the table."""
    rows = await db.read("SELECT topic, subject_id FROM event WHERE xid = pg_current_xact_id()::text::bigint", [])
    return [(Topic(topic), subject) for topic, subject in rows]


async def test_an_assignment_of_many_is_told_once(ask: Ask, db: database.Transaction) -> None:
    batch = await assign(ask)
    assert batch["seated"] == 5
    assert await told(db) == [(Topic.ASSIGNMENT_CHANGED, int(batch["id"].removeprefix("ab")))]


async def test_what_is_asked_again_is_not_told_again(ask: Ask, db: database.Transaction) -> None:
    await assign(ask)
    await assign(ask)
    assert len(await told(db)) == 1


async def test_what_is_refused_is_not_told(ask: Ask, db: database.Transaction) -> None:
    assert (await assign(ask, seats=4000))["__typename"] == "SeatsTaken"
    await ask("hr", documents.PREVIEW, session=(await session(ask))["id"], seats=5)
    assert await told(db) == []


async def test_a_recorded_evaluation_is_told(ask: Ask, db: database.Transaction) -> None:
    team = data(await ask("supervisor", documents.TEAM))["me"]["team"]["edges"]
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
    recorded = data(await ask("supervisor", documents.RECORD, input=asked))["recordEvaluation"]
    assert await told(db) == [(Topic.EVALUATION_RECORDED, int(recorded["id"].removeprefix("ev")))]


async def test_a_requested_job_is_told(ask: Ask, db: database.Transaction) -> None:
    asked = {"clientMutationKey": "one", "kind": "SCORE_RISK"}
    document = "mutation ($input: RequestJobInput!) { requestJob(input: $input) { ... on Job { id } } }"
    job = data(await ask("hr", document, input=asked))["requestJob"]
    assert await told(db) == [(Topic.JOB_PROGRESSED, int(job["id"].removeprefix("jo")))]


async def test_the_published_list_was_told(ask: Ask, db: database.Transaction) -> None:
    run = data(await ask("hr", "{ riskRun { id } }"))["riskRun"]["id"]
    events = await store.after(db, Place(0, 0), 1_000)
    assert [event.subject for event in events if event.topic is Topic.RISK_LIST_PUBLISHED] == [
        int(run.removeprefix("ru"))
    ]


@pytest.mark.parametrize("field", ["evaluationRecorded", "riskListPublished", "assignmentChanged", "jobProgressed"])
async def test_a_subscription_is_not_answered_as_a_query(ask: Ask, field: str) -> None:
    reply = await ask("hr", f"subscription {{ {field} {{ cursor }} }}")
    assert [error["extensions"]["code"] for error in reply.body["errors"]] == ["BAD_REQUEST"]
