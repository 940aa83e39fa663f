"""Moving people through the API: what HR, an administrator and a supervisor may, and what is seen of it."""

from collections.abc import Mapping
from typing import Any

from domain.actor import SYSTEM_ACTOR, Actor, Role
from domain.people import commands
from domain.ports import CommandContext
from kinerja import business_date
from kinerja.jobs import job_worker
from kinerja.postgres import database
from tests.api.conftest import TODAY, ApiRequest
from tests.api.test_reads import read_data

TEAM = "{ me { id appraiser { id } team(first: 3) { nodes { id appraiser { id } unit { id } position { id } } } } }"

ASSIGN = """mutation ($input: AssignAppraiserInput!) {
  assignAppraiser(input: $input) {
    __typename
    ... on Person { id appraiser { id } appraiserLines(first: 2) { startsOn endsOn appraiser { id } } }
    ... on Refusal { code path }
  }
}"""

MOVE = """mutation ($input: MovePersonInput!) {
  movePerson(input: $input) {
    __typename
    ... on Person { id position { id } unit { id } incumbencies(first: 2) { startsOn endsOn decree } }
    ... on Refusal { code path }
  }
}"""

DELEGATE = """mutation ($input: DelegateLineInput!) {
  delegateLine(input: $input) {
    __typename
    ... on Delegation { id startsOn endsOn version endedAt appraiser { id delegationsGiven(first: 1) { id } }
      delegate { id delegationsReceived(first: 1) { id } } decidedBy { id } }
    ... on Refusal { code path }
  }
}"""

END = """mutation ($input: EndDelegationInput!) {
  endDelegation(input: $input) {
    __typename
    ... on Delegation { id version endedAt endedBy { id } }
    ... on Refusal { code path }
  }
}"""

WHY = "Penataan pegawai."
DAY = TODAY.isoformat()


async def team(ask: ApiRequest) -> dict[str, Any]:
    """The supervisor, and three of their line."""
    found: dict[str, Any] = read_data(await ask("supervisor", TEAM))["me"]
    return found


async def test_the_dated_facts_of_a_province_are_where_everybody_is(db: database.Transaction) -> None:
    act = CommandContext(
        db=db, jobs=job_worker.JobQueue(), actor=SYSTEM_ACTOR, today=TODAY, now=business_date.utc_now()
    )
    assert await commands.apply_dated_facts(act) == 0


async def test_an_administrator_gives_a_person_another_appraiser(ask: ApiRequest) -> None:
    first, second, _ = (await team(ask))["team"]["nodes"]
    asked = {"clientMutationKey": "a", "person": first["id"], "appraiser": second["id"], "startsOn": DAY}
    found = read_data(await ask("admin", ASSIGN, input={**asked, "reason": WHY}))["assignAppraiser"]
    assert found["appraiser"] == {"id": second["id"]}
    now, before = found["appraiserLines"]
    assert (now["startsOn"], now["endsOn"], now["appraiser"]) == (DAY, None, {"id": second["id"]})
    assert before["endsOn"] < DAY
    members = (await team(ask))["team"]["nodes"]
    assert first["id"] not in {each["id"] for each in members}, "he is no longer of the former appraiser's line"


async def test_a_person_is_moved_and_works_there(ask: ApiRequest) -> None:
    first, *_ = (await team(ask))["team"]["nodes"]
    posts = read_data(await ask("admin", "{ positions(first: 2) { nodes { id unit { id } } } }"))["positions"][
        "nodes"
    ]
    to = next(each for each in posts if each["unit"] != first["unit"])
    asked = {"person": first["id"], "position": to["id"], "startsOn": DAY, "decree": "SK-1/BKD", "reason": WHY}
    found = read_data(await ask("admin", MOVE, input={"clientMutationKey": "m", **asked}))["movePerson"]
    assert (found["position"], found["unit"]) == ({"id": to["id"]}, to["unit"])
    assert found["incumbencies"][0]["decree"] == "SK-1/BKD"
    refused = read_data(await ask("supervisor", MOVE, input={"clientMutationKey": "m", **asked}))["movePerson"]
    assert refused["code"] == "NOT_ALLOWED"


async def test_a_supervisor_delegates_his_line_and_takes_it_back(
    ask: ApiRequest, api: ApiRequest, actors: Mapping[Role, Actor]
) -> None:
    me = await team(ask)
    delegate = me["team"]["nodes"][0]["id"]
    asked = {"delegate": delegate, "startsOn": DAY, "endsOn": DAY, "reason": "Cuti tahunan."}
    given = read_data(await ask("supervisor", DELEGATE, input={"clientMutationKey": "d", **asked}))["delegateLine"]
    assert (given["appraiser"], given["delegate"]) == (
        {"id": me["id"], "delegationsGiven": [{"id": given["id"]}]},
        {"id": delegate, "delegationsReceived": [{"id": given["id"]}]},
    )
    node = "query ($id: ID!) { node(id: $id) { id ... on Delegation { reason } } }"
    person = int(delegate[2:])
    his = Actor(person, Role.EMPLOYEE, appraiser_id=actors[Role.SUPERVISOR].person_id)
    assert read_data(await api(node, {"id": given["id"]}, his))["node"]["reason"] == "Cuti tahunan."
    other = me["team"]["nodes"][1]["id"]
    foreign = Actor(int(other[2:]), Role.EMPLOYEE, appraiser_id=actors[Role.SUPERVISOR].person_id)
    assert read_data(await api(node, {"id": given["id"]}, foreign))["node"] is None
    end = {"clientMutationKey": "e", "delegation": given["id"]}
    stale = read_data(await ask("supervisor", END, input={**end, "version": 2}))["endDelegation"]
    assert (stale["code"], stale["path"]) == ("CONFLICT", ["version"])
    ended = read_data(await ask("supervisor", END, input={**end, "version": 1}))["endDelegation"]
    assert (ended["version"], ended["endedBy"]) == (2, {"id": me["id"]})
    assert ended["endedAt"] is not None
