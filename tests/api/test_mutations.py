"""What HR and supervisors do through the API, and how it says no."""

from typing import Any

import pytest

from domain.actor import Role
from kinerja.demo import documents
from tests.api.conftest import ApiRequest
from tests.api.test_reads import read_data

REASON = "Pendampingan bagi pegawai yang memerlukan dukungan."


async def session(ask: ApiRequest) -> dict[str, Any]:
    found = read_data(await ask("hr", documents.SESSIONS, today="2025-01-01"))["sessions"]["edges"]
    first: dict[str, Any] = found[0]["node"]
    return first


async def assign(ask: ApiRequest, role: str | None = "hr", **values: Any) -> dict[str, Any]:
    asked = {"clientMutationKey": "one", "session": (await session(ask))["id"], "seats": 5, "reason": REASON}
    result: dict[str, Any] = read_data(await ask(role, documents.ASSIGN, input={**asked, **values}))["assignTraining"]
    return result


async def test_hr_assigns_from_the_risk_list(ask: ApiRequest) -> None:
    before = await session(ask)
    batch = await assign(ask)
    assert (batch["seatedCount"], batch["eligibleCount"], batch["source"]) == (5, 10, "LOTTERY")
    assert (await session(ask))["seatsTaken"] == before["seatsTaken"] + 5
    assert [edge["node"]["draw"] for edge in batch["assignments"]["edges"]] == [1, 2, 3, 4, 5]
    me = read_data(await ask("hr", "{ me { name } }"))["me"]
    assert batch["decidedBy"] == me


async def test_the_person_sees_his_assignment_and_why(ask: ApiRequest) -> None:
    batch = await assign(ask)
    shown = read_data(await ask("hr", documents.BATCH, id=batch["id"]))["node"]["assignments"]["edges"]
    person = shown[0]["node"]["person"]["id"]
    document = """query ($id: ID!) {
      person(by: {id: $id}) { assignments { status reason riskScore { rank } session { startsOn } } }
    }"""
    assignment, *_ = read_data(await ask("hr", document, id=person))["person"]["assignments"]
    assert (assignment["status"], assignment["reason"]) == ("ASSIGNED", REASON)
    assert assignment["riskScore"]["rank"] >= 1


async def test_the_same_key_answers_with_the_same_batch(ask: ApiRequest) -> None:
    assert (await assign(ask))["id"] == (await assign(ask))["id"]


async def test_the_same_key_with_other_arguments_is_refused(ask: ApiRequest) -> None:
    await assign(ask)
    refused = await assign(ask, seats=4)
    assert (refused["__typename"], refused["code"], refused["path"]) == (
        "KeyReused",
        "KEY_REUSED",
        ["clientMutationKey"],
    )


async def test_a_session_is_not_oversold(ask: ApiRequest) -> None:
    refused = await assign(ask, seats=4000)
    assert (refused["__typename"], refused["path"]) == ("SeatsTaken", ["seats"])


@pytest.mark.parametrize("role", [role.value for role in Role if role not in {Role.HR, Role.SERVICE}])
async def test_no_other_role_assigns(ask: ApiRequest, role: str) -> None:
    assert (await assign(ask, role))["code"] == "NOT_ALLOWED"


async def test_every_mutation_needs_somebody_who_is_signed_in(ask: ApiRequest) -> None:
    assert (await assign(ask, None))["code"] == "NOT_SIGNED_IN"
    asked = {"clientMutationKey": "one", "kind": "SCORE_RISK"}
    document = "mutation ($input: RequestJobInput!) { requestJob(input: $input) { ... on Refusal { code } } }"
    assert read_data(await ask(None, document, input=asked))["requestJob"]["code"] == "NOT_SIGNED_IN"


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"seats": 0}, ["seats"]),
        ({"reason": "kurang"}, ["reason"]),
        ({"session": "pe1"}, ["session"]),
        ({"clientMutationKey": ""}, ["clientMutationKey"]),
    ],
)
async def test_input_that_breaks_a_limit_names_its_field(
    ask: ApiRequest, values: dict[str, Any], path: list[str]
) -> None:
    refused = await assign(ask, **values)
    assert (refused["code"], refused["path"]) == ("INVALID_INPUT", path)


async def test_a_preview_tells_what_would_happen_and_changes_nothing(ask: ApiRequest) -> None:
    before = await session(ask)
    preview = read_data(await ask("hr", documents.PREVIEW, session=before["id"], seats=5))["previewAssignment"]
    assert (preview["seatedCount"], preview["eligibleCount"], preview["waitingCount"]) == (5, 10, 5)
    assert len([each for each in preview["candidates"] if each["eligible"]]) == 10
    assert all(each["person"]["name"] for each in preview["candidates"])
    assert await session(ask) == before


async def test_a_preview_is_not_for_others(ask: ApiRequest) -> None:
    reply = await ask("employee", documents.PREVIEW, session=(await session(ask))["id"], seats=5)
    (error,) = reply.body["errors"]
    assert error["extensions"]["code"] == "NOT_ALLOWED"
    assert error["extensions"]["requestId"]


async def test_a_supervisor_records_what_is_missing_and_only_once(ask: ApiRequest) -> None:
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
        "resultsIndex": "60.00",
        "behaviourIndex": "110",
        "evidence": "laporan",
        "evidenceSource": "e-Kinerja",
    }
    recorded = read_data(await ask("supervisor", documents.RECORD, input=asked))["recordEvaluation"]
    assert (recorded["score"], recorded["predikat"]) == ("82.61", "BUTUH_PERBAIKAN")
    assert recorded["rule"] == "PERMENPANRB-6-2022/R-EVAL-07"
    again = {**asked, "clientMutationKey": "second"}
    refused = read_data(await ask("supervisor", documents.RECORD, input=again))["recordEvaluation"]
    assert refused["code"] == "ALREADY_EVALUATED"
    by_hr = read_data(await ask("hr", documents.RECORD, input=again))["recordEvaluation"]
    assert by_hr["code"] == "NOT_ALLOWED"


async def test_a_job_can_be_requested_and_followed(ask: ApiRequest) -> None:
    asked = {"clientMutationKey": "one", "kind": "SCORE_RISK"}
    document = "mutation ($input: RequestJobInput!) { requestJob(input: $input) { ... on Job { id status kind } } }"
    job = read_data(await ask("hr", document, input=asked))["requestJob"]
    assert (job["status"], job["kind"]) == ("QUEUED", "SCORE_RISK")
    assert read_data(await ask("hr", documents.JOB, id=job["id"]))["job"]["status"] == "QUEUED"
    assert read_data(await ask("employee", documents.JOB, id=job["id"]))["job"] is None
