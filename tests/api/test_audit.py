"""Who looked: written down as exactly what was shown, told to whoever was looked at, and open to auditors."""

from collections.abc import Mapping
from typing import Any

import pytest

from domain.actor import Actor, Role
from domain.audit import access_summary
from domain.audit.facts import ChainPosition, ChainTable
from kinerja.demo import documents
from kinerja.postgres import database
from resolvers.graph import global_ids
from tests.api.conftest import ApiRequest
from tests.api.test_reads import read_data
from tests.conftest import Reply

ACCESS_LOG = """query ($where: AccessSummaryWhere) { me { accessLog(first: 10, where: $where) { totalCount nodes {
  kind viewedOn viewCount office english: office(language: EN) actor { name } person { name }
} } } }"""
TRAIL = """query ($where: AuditWhere) { auditTrail(first: 10, where: $where) { totalCount nodes {
  action subject office reason origin actor { name } person { name }
} } }"""


async def accesses(db: database.Transaction) -> list[dict[str, Any]]:
    return [dict(row) for row in await db.connection.fetch("SELECT * FROM access_entry ORDER BY id")]


async def list_drawn_people(db: database.Transaction) -> None:
    """What the sealer makes of the accesses, in the same transaction."""
    await access_summary.update_access_summary(
        db, [ChainPosition(row["xid"], ChainTable.ACCESS, row["id"]) for row in await accesses(db)]
    )


def parse_key(global_id: str) -> int:
    read = global_ids.parse_global_id(global_id)
    assert read is not None
    return read[1]


async def test_the_risk_list_is_written_down_as_it_was_shown(
    ask: ApiRequest, db: database.Transaction, actors: Mapping[Role, Actor]
) -> None:
    reply = await ask("hr", "query Top { riskList(first: 20) { nodes { rank person { id } } } }")
    shown = {parse_key(node["person"]["id"]) for node in read_data(reply)["riskList"]["nodes"]}
    (only,) = await accesses(db)
    assert set(only["risk"]) == shown - {actors[Role.HR].person_id}
    assert only["record"] == []
    assert (only["principal"], only["operation"]) == (actors[Role.HR].principal, "Top")
    assert reply.statements == 1


async def test_what_stands_below_is_shown_too(ask: ApiRequest, db: database.Transaction) -> None:
    document = """{ people(first: 5) { nodes {
      id name evaluations(last: 2) { score } plan { results { title } } risk { reasons { term } }
    } } }"""
    people = read_data(await ask("hr", document))["people"]["nodes"]
    (only,) = await accesses(db)
    assert set(only["record"]) == {parse_key(each["id"]) for each in people if each["evaluations"] or each["plan"]}
    assert set(only["risk"]) == {parse_key(each["id"]) for each in people if each["risk"]}


@pytest.mark.parametrize(
    ("role", "document"),
    [
        ("hr", "{ people(first: 20) { nodes { name nip unit { name } position { title } } } }"),
        ("hr", "{ riskList(first: 0) { totalCount } }"),
        ("employee", "{ me { name evaluations { score } plan { year } risk { rank } } }"),
        ("supervisor", "{ me { evaluations { score } risk { rank } } }"),
        (None, "{ positions(first: 5) { nodes { title } } }"),
    ],
)
async def test_the_register_counts_and_oneself_are_nothing_to_write_down(
    ask: ApiRequest, db: database.Transaction, role: str | None, document: str
) -> None:
    read_data(await ask(role, document))
    assert await accesses(db) == []


async def test_a_preview_shows_risk(ask: ApiRequest, db: database.Transaction) -> None:
    sessions = read_data(await ask("hr", "{ sessions(first: 1, where: {status: OPEN}) { nodes { id } } }"))[
        "sessions"
    ]["nodes"]
    document = """query ($session: ID!) { previewAssignment(session: $session, seats: 5) {
      candidates { rank person { id } } } }"""
    preview = read_data(await ask("hr", document, session=sessions[0]["id"]))["previewAssignment"]
    shown = {parse_key(each["person"]["id"]) for each in preview["candidates"]}
    (only,) = await accesses(db)
    assert shown
    assert set(only["risk"]) == shown


async def looked_at(ask: ApiRequest, actors: Mapping[Role, Actor]) -> Reply:
    """The office looks at the demo's employee, and they ask who looked."""
    mine = global_ids.format_global_id("pe", actors[Role.EMPLOYEE].person_id or 0)
    document = "query ($id: ID!) { person(by: {id: $id}) { name risk { rank } evaluations { score } } }"
    assert read_data(await ask("hr", document, id=mine))["person"]["risk"]
    return await ask("hr", document, id=mine)


async def test_an_employee_sees_that_the_office_looked(
    ask: ApiRequest, db: database.Transaction, actors: Mapping[Role, Actor]
) -> None:
    await looked_at(ask, actors)
    await list_drawn_people(db)
    found = read_data(await ask("employee", ACCESS_LOG))["me"]["accessLog"]
    assert found["totalCount"] == 2
    risk = next(node for node in found["nodes"] if node["kind"] == "RISK")
    assert (risk["viewCount"], risk["office"]) == (2, "Pengelola kepegawaian (BKD)")
    assert risk["english"] == "Human resources (BKD)"
    assert risk["actor"] is None  # the name is not their to know; the office is
    assert risk["person"] is not None
    only = read_data(await ask("employee", ACCESS_LOG, where={"kind": "RISK"}))["me"]["accessLog"]
    assert only["nodes"] == [risk]


async def test_he_sees_the_name_of_whom_he_may_see(
    ask: ApiRequest, api: ApiRequest, db: database.Transaction, actors: Mapping[Role, Actor]
) -> None:
    boss = global_ids.format_global_id("pe", actors[Role.SUPERVISOR].person_id or 0)
    document = """query ($id: ID!) {
      person(by: {id: $id}) { name team(first: 1) { nodes { id evaluations { score } } } }
    }"""
    person = read_data(await ask("supervisor", document, id=boss))["person"]
    (member,) = person["team"]["nodes"]
    await list_drawn_people(db)
    looked = read_data(await api(ACCESS_LOG, {}, Actor(parse_key(member["id"]), Role.EMPLOYEE)))["me"]["accessLog"]
    assert [node["actor"] for node in looked["nodes"]] == [{"name": person["name"]}]


@pytest.mark.parametrize("role", ["hr", "supervisor", "leader", "admin", None])
async def test_nobody_else_sees_who_looked_at_him(
    ask: ApiRequest, db: database.Transaction, actors: Mapping[Role, Actor], role: str | None
) -> None:
    await looked_at(ask, actors)
    await list_drawn_people(db)
    mine = global_ids.format_global_id("pe", actors[Role.EMPLOYEE].person_id or 0)
    found = read_data(
        await ask(
            role,
            "query ($w: AccessSummaryWhere) { accessLog(first: 5, where: $w) { totalCount } }",
            w={"person": mine},
        )
    )
    assert found["accessLog"]["totalCount"] == 0


async def test_an_auditor_sees_who_looked_in_his_units(
    ask: ApiRequest, db: database.Transaction, actors: Mapping[Role, Actor]
) -> None:
    await looked_at(ask, actors)
    await list_drawn_people(db)
    where = {"person": global_ids.format_global_id("pe", actors[Role.EMPLOYEE].person_id or 0)}
    document = (
        "query ($w: AccessSummaryWhere) { accessLog(first: 5, where: $w) { nodes { kind viewedOn actor { name } } } }"
    )
    nodes = read_data(await ask("auditor", document, w=where))["accessLog"]["nodes"]
    assert {node["kind"] for node in nodes} == {"RISK", "RECORD"}
    later = {**where, "since": "2999-01-01"}
    assert read_data(await ask("auditor", document, w=later))["accessLog"]["nodes"] == []


async def test_auditors_read_the_trail_and_nobody_else(ask: ApiRequest) -> None:
    entries = read_data(await ask("auditor", TRAIL))["auditTrail"]
    assert entries["totalCount"] >= 2
    assert {"PUBLISH_RISK_LIST", "REGISTER_MODEL"} <= {node["action"] for node in entries["nodes"]}
    published = read_data(await ask("auditor", TRAIL, where={"action": "PUBLISH_RISK_LIST"}))["auditTrail"]
    assert {node["subject"].split()[0] for node in published["nodes"]} == {"scoring_run"}
    for role in ("employee", "supervisor", "hr", "leader", "admin", None):
        assert read_data(await ask(role, TRAIL))["auditTrail"] == {"totalCount": 0, "nodes": []}


async def test_what_somebody_did_says_where_it_came_from(
    ask: ApiRequest, db: database.Transaction, actors: Mapping[Role, Actor]
) -> None:
    job = """mutation { requestJob(input: {clientMutationKey: "audit-1", kind: SCORE_RISK}) { ... on Job { id } } }"""
    assert read_data(await ask("hr", job))["requestJob"]["id"]
    row = await db.connection.fetchrow("SELECT * FROM audit_entry ORDER BY id DESC LIMIT 1")
    assert row["origin"].endswith(" 127.0.0.1")
    assert row["unit_path"] == actors[Role.HR].unit_path
    (entry,) = read_data(await ask("auditor", TRAIL, where={"action": "REQUEST_JOB"}))["auditTrail"]["nodes"]
    assert entry["office"] == "Pengelola kepegawaian (BKD)"


async def test_whom_a_command_names_in_the_trail_is_not_written_down_again(
    ask: ApiRequest, db: database.Transaction
) -> None:
    team = "{ me { team(first: 20) { nodes { plan { id } } } } }"
    plans = read_data(await ask("supervisor", team))["me"]["team"]["nodes"]
    before = await accesses(db)
    recorded: dict[str, Any] = {}
    given: dict[str, Any] = {}
    asked = {"period": "2024-Q4", "resultsIndex": "84.50", "behaviourIndex": "79.25", "evidence": "Laporan."}
    asked["evidenceSource"] = "e-Kinerja"
    for number, node in enumerate(plans):
        given = {**asked, "plan": node["plan"]["id"], "clientMutationKey": f"noted-{number}"}
        recorded = read_data(await ask("supervisor", documents.RECORD, input=given))["recordEvaluation"]
        if recorded["__typename"] == "Evaluation":
            break
    assert recorded["__typename"] == "Evaluation"
    assert await accesses(db) == before
    # What came of the same key is shown again, and nothing else tells of that.
    replayed = read_data(await ask("supervisor", documents.RECORD, input=given))["recordEvaluation"]
    assert replayed == recorded
    assert len(await accesses(db)) == len(before) + 1
