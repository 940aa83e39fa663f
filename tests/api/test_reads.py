"""What a front-end reads, with what it costs, by role."""

from decimal import Decimal
from typing import Any

import pytest

from kinerja.demo import documents
from tests.api.conftest import ApiRequest
from tests.conftest import Reply

ROLES = ["employee", "supervisor", "hr", "leader", "auditor", "admin"]


def read_data(reply: Reply) -> dict[str, Any]:
    """The data of an answer without errors."""
    assert reply.status == 200, reply.body
    assert "errors" not in reply.body, reply.body["errors"]
    found: dict[str, Any] = reply.body["data"]
    return found


async def test_anybody_reads_positions_in_one_statement(ask: ApiRequest) -> None:
    reply = await ask(None, documents.POSITIONS, first=5)
    positions = read_data(reply)["positions"]
    assert len(positions["edges"]) == 5
    assert positions["totalCount"] > 100
    assert all(edge["node"]["unit"]["name"] for edge in positions["edges"])
    assert reply.statements == 1


@pytest.mark.parametrize("first", [1, 100])
async def test_the_number_of_statements_does_not_depend_on_the_number_of_rows(ask: ApiRequest, first: int) -> None:
    document = """query ($first: Int!) {
      people(first: $first) { nodes {
        name unit { name } position { title } appraiser { name }
        evaluations(last: 4) { period score } plan { year results { title indicators { name } } }
      } }
    }"""
    reply = await ask("hr", document, first=first)
    assert len(read_data(reply)["people"]["nodes"]) == first
    assert reply.statements == 1


async def test_gap_is_need_less_holders(ask: ApiRequest) -> None:
    nodes = read_data(await ask(None, "{ positions(first: 50) { nodes { need holders gap } } }"))["positions"][
        "nodes"
    ]
    assert all(node["gap"] == node["need"] - node["holders"] for node in nodes)
    assert any(node["gap"] > 0 for node in nodes)


async def test_the_sum_of_the_reasons_is_the_logit(ask: ApiRequest) -> None:
    listed = read_data(await ask("hr", documents.RISK_LIST, first=50, language="ID"))["riskList"]["edges"]
    assert len(listed) == 50
    for edge in listed:
        assert sum(Decimal(each["term"]) for each in edge["node"]["reasons"]) == Decimal(edge["node"]["logit"])


async def test_reasons_are_told_in_both_languages(ask: ApiRequest) -> None:
    document = """{ riskList(first: 20) { nodes { reasons(first: 20) {
      code ours: sentence theirs: sentence(language: EN) } } } }"""
    nodes = read_data(await ask("hr", document))["riskList"]["nodes"]
    reasons = [reason for node in nodes for reason in node["reasons"]]
    assert all(reason["ours"] and reason["theirs"] and reason["ours"] != reason["theirs"] for reason in reasons)


async def test_the_risk_list_begins_with_the_highest(ask: ApiRequest) -> None:
    nodes = read_data(await ask("hr", "{ riskList(first: 100) { nodes { rank probability } } }"))["riskList"]["nodes"]
    probabilities = [Decimal(node["probability"]) for node in nodes]
    assert probabilities == sorted(probabilities, reverse=True)
    assert [node["rank"] for node in nodes] == sorted(node["rank"] for node in nodes)


@pytest.mark.parametrize("role", [None, "employee", "leader", "admin"])
async def test_there_is_no_risk_list_for_those_who_do_not_act_on_it(ask: ApiRequest, role: str | None) -> None:
    found = read_data(await ask(role, "{ riskList(first: 10) { totalCount nodes { id } } }"))["riskList"]
    assert found == {"totalCount": 0, "nodes": []}


async def test_a_supervisor_has_the_list_of_his_line_and_of_nobody_else(ask: ApiRequest) -> None:
    me = read_data(await ask("supervisor", "{ me { id } }"))["me"]["id"]
    document = "{ riskList(first: 100) { totalCount nodes { person { id appraiser { id } } } } }"
    listed = read_data(await ask("supervisor", document))["riskList"]
    assert listed["totalCount"] == len(listed["nodes"]) > 0
    assert {node["person"]["appraiser"]["id"] for node in listed["nodes"]} == {me}


async def test_everybody_sees_his_own_page(ask: ApiRequest) -> None:
    for role in ROLES:
        me = read_data(await ask(role, "{ me { id nip evaluations(last: 1) { score } risk { band } } }"))["me"]
        assert me["nip"]
        assert me["evaluations"]


async def test_nobody_is_nobody(ask: ApiRequest) -> None:
    document = "{ me { id } people(first: 5) { totalCount nodes { id } } }"
    assert read_data(await ask(None, document)) == {"me": None, "people": {"totalCount": 0, "nodes": []}}


async def test_another_id_answers_like_a_missing_one(ask: ApiRequest) -> None:
    strangers = read_data(await ask("hr", "{ people(first: 50) { nodes { id } } }"))["people"]["nodes"]
    visible = read_data(await ask("employee", "{ people(first: 50) { nodes { id } } }"))["people"]["nodes"]
    stranger = next(node for node in strangers if node not in visible)["id"]
    for field in ("node(id: $id)", "person(by: {id: $id})"):
        document = f"query ($id: ID!) {{ found: {field} {{ id }} }}"
        of_another = await ask("employee", document, id=stranger)
        missing = await ask("employee", document, id="pe99999999")
        assert of_another.body == missing.body == {"data": {"found": None}}


async def test_a_nip_is_shown_whole_or_not_at_all(ask: ApiRequest) -> None:
    document = "{ people(first: 30) { nodes { id nip } } }"
    assert all(len(node["nip"]) == 18 for node in read_data(await ask("hr", document))["people"]["nodes"])
    for role in ("auditor", "admin"):
        nodes = read_data(await ask(role, document))["people"]["nodes"]
        assert len(nodes) == 30
        me = read_data(await ask(role, "{ me { id } }"))["me"]["id"]
        assert all(node["nip"] is None or node["id"] == me for node in nodes)


async def test_a_hidden_nip_cannot_be_found_by_asking_for_it(ask: ApiRequest) -> None:
    person = read_data(await ask("hr", "{ people(first: 1) { nodes { nip } } }"))["people"]["nodes"][0]
    document = "query ($nip: Nip!) { people(first: 1, where: { nip: $nip }) { totalCount } }"
    assert read_data(await ask("hr", document, nip=person["nip"]))["people"]["totalCount"] == 1
    assert read_data(await ask("auditor", document, nip=person["nip"]))["people"]["totalCount"] == 0


async def test_people_are_found_by_the_beginnings_of_their_names(ask: ApiRequest) -> None:
    name = read_data(await ask("hr", "{ people(first: 1) { nodes { name } } }"))["people"]["nodes"][0]["name"]
    word = name.split(",")[0].split()[-1][:4]
    document = "query ($name: String!) { people(first: 100, where: { name: $name }) { nodes { name } } }"
    found = [node["name"] for node in read_data(await ask("hr", document, name=word.upper()))["people"]["nodes"]]
    assert name in found
    assert all(
        any(part.lower().startswith(word.lower()) for part in each.replace(",", " ").split()) for each in found
    )


async def test_a_units_people_are_those_at_or_below_it(ask: ApiRequest) -> None:
    units = read_data(await ask("hr", "{ units(first: 100, where: { kind: DINAS }) { nodes { id } } }"))["units"][
        "nodes"
    ]
    document = "query ($unit: ID!) { people(first: 1, where: { unit: $unit }) { totalCount } }"
    counts = [read_data(await ask("hr", document, unit=unit["id"]))["people"]["totalCount"] for unit in units]
    everybody = read_data(await ask("hr", "{ people(first: 1) { totalCount } }"))["people"]["totalCount"]
    assert 0 < sum(counts) < everybody


async def test_pages_go_through_everybody_once(ask: ApiRequest) -> None:
    document = """query ($after: String) {
      people(first: 100, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } totalCount }
    }"""
    seen: list[str] = []
    after = None
    while True:
        page = read_data(await ask("hr", document, after=after))["people"]
        seen += [node["id"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert len(seen) == len(set(seen)) == page["totalCount"]


async def test_the_effect_stands_beside_the_chart_that_would_lie(ask: ApiRequest) -> None:
    study = read_data(await ask("hr", documents.EFFECT, id="pg1"))["programme"]["effectStudy"]
    assert study["verdict"] in {"CREDIBLE", "INCONCLUSIVE", "NOT_CREDIBLE"}
    assert Decimal(study["beforeAfter"]) > Decimal(study["effectHigh"])
    assert Decimal(study["expectedAfter"]) > Decimal(study["meanBefore"])
    assert (quarters := [each["quartersSinceTraining"] for each in study["quarters"]]) == sorted(quarters)


async def test_a_programme_that_nobody_had_shows_no_figure(ask: ApiRequest) -> None:
    study = read_data(await ask("hr", documents.EFFECT, id="pg2"))["programme"]["effectStudy"]
    assert study is None or (study["verdict"], study["effect"]) == ("TOO_FEW", None)


async def test_the_model_tells_how_good_it_is(ask: ApiRequest) -> None:
    model = read_data(
        await ask(
            None, "{ championModel { status publicationCheck sha256 metrics { name value valueLow valueHigh } } }"
        )
    )["championModel"]
    figures = {each["name"]: Decimal(each["value"]) for each in model["metrics"]}
    assert len(model["sha256"]) == 64
    assert Decimal("0.6") < figures["AUC"] < Decimal("0.97")
