"""Search and look-ups over a province: words, numbers, codes, and the count that is stored."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from domain.actor import SYSTEM_ACTOR, Actor, Role
from domain.risk.facts import Band
from kinerja.postgres import database
from tests.api.conftest import ApiRequest
from tests.conftest import Reply

TOTAL = "query ($where: RiskWhere) { riskList(first: 1, where: $where) { totalCount } }"
Api = Callable[..., Awaitable[Reply]]


async def find_people(ask: ApiRequest, role: str | None, document: str, **variables: Any) -> Any:
    reply = await ask(role, document, **variables)
    assert "errors" not in reply.body, reply.body
    return reply.body["data"]


async def fetch_all_nodes(ask: ApiRequest, role: str | None, name: str, field: str) -> list[str]:
    found: list[str] = []
    after = None
    document = f"query ($after: String) {{ all: {name}(first: 100, after: $after) {{ nodes {{ {field} }} "
    document += "pageInfo { hasNextPage endCursor } } }"
    more = True
    while more:
        page = (await find_people(ask, role, document, after=after))["all"]
        found += [each[field] for each in page["nodes"]]
        more, after = page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]
    return found


def contains_text(text: str, *beginnings: str) -> bool:
    """Whether each beginning begins a word of the text, words being runs of letters and digits."""
    words = "".join(letter if letter.isalnum() else " " for letter in text.lower()).split()
    return all(any(word.startswith(beginning) for word in words) for beginning in beginnings)


@pytest.mark.parametrize(
    ("name", "where", "field", "text"),
    [
        ("units", "name", "name", "Dinas kes"),
        ("units", "name", "name", "sma neg"),
        ("positions", "title", "title", "analis"),
        ("positions", "title", "title", "guru AHLI"),
        ("positions", "title", "title", "kepala din"),
        ("people", "name", "name", "s"),
        ("people", "name", "name", "pd"),
        ("people", "name", "name", "S.Pd."),
        ("people", "name", "name", "m.si"),
        ("people", "name", "name", "nobody of this name"),
    ],
)
async def test_words_are_found_by_their_beginnings(
    ask: ApiRequest, name: str, where: str, field: str, text: str
) -> None:
    document = f"query ($text: String) {{ found: {name}(first: 100, where: {{{where}: $text}}) {{ "
    document += f"totalCount nodes {{ {field} }} }} }}"
    found = (await find_people(ask, "hr", document, text=text))["found"]
    beginnings = "".join(letter if letter.isalnum() else " " for letter in text.lower()).split()
    expected = [each for each in await fetch_all_nodes(ask, "hr", name, field) if contains_text(each, *beginnings)]
    assert found["totalCount"] == len(expected)
    assert [each[field] for each in found["nodes"]] == expected[:100]
    assert expected or "nobody" in text


async def test_a_search_pages_on_and_back(ask: ApiRequest) -> None:
    document = """query ($after: String, $before: String, $first: Int, $last: Int) {
      people(first: $first, last: $last, after: $after, before: $before, where: {name: "s"}) {
        totalCount nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
    pages = [(await find_people(ask, "hr", document, first=20))["people"]]
    while pages[-1]["pageInfo"]["hasNextPage"]:
        pages.append(
            (await find_people(ask, "hr", document, first=20, after=pages[-1]["pageInfo"]["endCursor"]))["people"]
        )
    found = [each["id"] for page in pages for each in page["nodes"]]
    assert len(set(found)) == len(found) == pages[0]["totalCount"]
    back = (await find_people(ask, "hr", document, last=20, before=pages[-1]["pageInfo"]["startCursor"]))["people"]
    assert back["nodes"] == pages[-2]["nodes"]


async def test_a_number_finds_whom_one_may_see_it_of(ask: ApiRequest, actors: Mapping[Role, Actor]) -> None:
    me = (await find_people(ask, "employee", "{ me { id nip name } }"))["me"]
    document = """query ($nip: Nip!) {
      person(by: {nip: $nip}) { id }
      people(first: 2, where: {nip: $nip}) { nodes { id } }
    }"""
    mine = {"person": {"id": me["id"]}, "people": {"nodes": [{"id": me["id"]}]}}
    nothing: dict[str, Any] = {"person": None, "people": {"nodes": []}}
    assert await find_people(ask, "employee", document, nip=me["nip"]) == mine
    assert await find_people(ask, None, document, nip=me["nip"]) == nothing
    # An administrator sees everybody's row, and nobody's number but their own.
    admin = actors[Role.ADMIN].person_id
    assert await find_people(ask, "admin", document, nip=me["nip"]) == (mine if me["id"] == f"pe{admin}" else nothing)


@pytest.mark.parametrize(
    ("field", "listed"), [("unit", "units"), ("indicator", "indicators"), ("programme", "programmes")]
)
async def test_a_code_finds_one(ask: ApiRequest, field: str, listed: str) -> None:
    some = (await find_people(ask, None, f"{{ {listed}(first: 3) {{ nodes {{ id code }} }} }}"))[listed]["nodes"]
    for each in some:
        by_code = f"query ($code: String!) {{ {field}(by: {{code: $code}}) {{ id code }} }}"
        by_id = f"query ($id: ID!) {{ {field}(by: {{id: $id}}) {{ id code }} }}"
        assert await find_people(ask, None, by_code, code=each["code"]) == {field: each}
        assert await find_people(ask, None, by_id, id=each["id"]) == {field: each}
    assert await find_people(ask, None, f'{{ {field}(by: {{code: "no such"}}) {{ id }} }}') == {field: None}


async def count_others(shared: database.Database, *, but: int | None) -> int:
    listed = "risk_score JOIN published_run USING (run_id)"
    sql = f"SELECT count(*) FROM {listed} WHERE person_id IS DISTINCT FROM $1::bigint"
    return int((await shared.fetch_without_snapshot(sql, [but]))[0][0])


async def test_the_stored_count_of_the_risk_list_is_the_count(api: Api, shared: database.Database) -> None:
    everybody = await count_others(shared, but=None)
    reply = await api(TOTAL, {}, SYSTEM_ACTOR)
    assert reply.body["data"]["riskList"]["totalCount"] == everybody > 1000
    # A service that stands for a person does not list them.
    person = (await shared.fetch_without_snapshot("SELECT person_id FROM risk_score ORDER BY id LIMIT 1", []))[0][0]
    reply = await api(TOTAL, {}, Actor(person, Role.SERVICE))
    assert reply.body["data"]["riskList"]["totalCount"] == await count_others(shared, but=person) == everybody - 1


IN_UNIT_SUBTREE = """SELECT count(*) FROM risk_score JOIN published_run USING (run_id)
    WHERE starts_with(unit_path, $1) AND person_id IS DISTINCT FROM $2::bigint"""
UNITS = """SELECT unit_path, min(person_id), count(*) FROM risk_score JOIN published_run USING (run_id)
    WHERE unit_path IS NOT NULL GROUP BY 1 ORDER BY 3 DESC LIMIT 3"""


async def test_the_count_of_ones_units_is_kept_when_people_move(api: Api, db: database.Transaction) -> None:
    units = await db.fetch_rows(UNITS, [])
    (here, person, _), (there, *_) = units[0], units[1]
    actors = [Actor(person, role, path) for role in (Role.HR, Role.AUDITOR) for path in ("1.", here, there)]
    actors.append(Actor(None, Role.UNIT_SERVICE, here))
    for _ in range(2):
        for actor in actors:
            found = (await db.fetch_rows(IN_UNIT_SUBTREE, [actor.unit_path, actor.person_id]))[0][0]
            reply = await api(TOTAL, {}, actor)
            assert reply.body["data"]["riskList"]["totalCount"] == found > 0
        some = "SELECT id FROM person WHERE unit_path = $2 ORDER BY id LIMIT 2"
        await db.connection.execute(f"UPDATE person SET unit_path = $1 WHERE id IN ({some})", there, here)


async def test_a_filter_is_counted(api: Api, ask: ApiRequest) -> None:
    replies = [await api(TOTAL, {"where": {"band": band}}, SYSTEM_ACTOR) for band in Band]
    parts = [reply.body["data"]["riskList"]["totalCount"] for reply in replies]
    whole = (await api(TOTAL, {}, SYSTEM_ACTOR)).body["data"]["riskList"]["totalCount"]
    assert 0 < max(parts) < whole == sum(parts)
    of_hr = (await ask("hr", TOTAL)).body["data"]["riskList"]["totalCount"]
    assert 0 < of_hr <= whole
