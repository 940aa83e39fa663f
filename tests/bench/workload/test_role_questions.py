"""Questions with access on: who asks them, in whose name, and what is reckoned from the answers' times."""

import json
import re
from typing import Any

import pytest
from graphql import GraphQLSchema, build_schema, parse, validate
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlmodel import SQLModel

from bench.contenders import contender, peer_logins
from bench.contenders.contender import LIMIT, OURS, PEER_WITH_ROW_SECURITY, SCOPE_ALONE, UNAUDITED
from bench.contenders.servers import reduced_service
from bench.report import role_ratios
from bench.report.rounds import Measurements, Turn, TurnKey
from bench.workload import request_builders
from bench.workload.actors import MEASURED_ROLES, BenchActor
from bench.workload.material import SQL_FILES, RecordablePlan, WorkloadMaterial
from bench.workload.questions import Question, QuestionKind
from bench.workload.request_builders import BenchRequest, KinerjaRequests, PostGraphileRequests
from bench.workload.role_questions import COMMAND, HOT_COMMAND, ROLE_QUESTIONS, ROLE_READS
from domain.actor import Actor, Role
from kinerja import business_date
from kinerja.audit import access_log
from kinerja.auth import authenticator
from kinerja.postgres import database, role_pools
from schema.schema import SCHEMA

SECRET = "a secret of a test, long enough for HS256"
SERVED_SCHEMA: GraphQLSchema = build_schema(SCHEMA.as_str())


def build_actor(role: Role, person: int) -> BenchActor:
    path = "1.2." if role in {Role.HR, Role.AUDITOR} else None
    values = {"me": person, "member": person + 1, "run": 3, "words": "budi", "path": path, "end": "1.2/"}
    return BenchActor(Actor(person, role, path, appraiser_id=9), values)


ROLE_MATERIAL = WorkloadMaterial(
    3,
    [11],
    [RecordablePlan(7, 70)],
    1000,
    {role: [build_actor(role, 20), build_actor(role, 30)] for role in MEASURED_ROLES},
)


def parse_variables(request: BenchRequest) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(request.body)["variables"]
    return told


def parse_token(request: BenchRequest) -> str:
    return request.headers["authorization"].removeprefix("Bearer ")


@pytest.mark.parametrize("question", ROLE_QUESTIONS, ids=lambda question: question.name)
def test_documents_are_valid_in_the_schema_that_is_served(question: Question) -> None:
    assert validate(SERVED_SCHEMA, parse(question.kinerja_document)) == []


def test_there_are_four_reads_of_each_kind_of_actor() -> None:
    for role in MEASURED_ROLES:
        assert len([question for question in ROLE_READS if question.role is role]) == 4
    assert {question.name for questions in role_ratios.QUESTIONS_BY_ROLE.values() for question in questions} == {
        question.name for question in ROLE_READS
    }


@pytest.mark.parametrize("question", ROLE_READS, ids=lambda question: question.name)
def test_a_document_gets_just_the_variables_that_it_declares(question: Question) -> None:
    ours = contender.sign_kinerja_requests(SECRET, ROLE_MATERIAL)
    peer = PostGraphileRequests(contender.sign_peer_tokens(SECRET, ROLE_MATERIAL, "kinerja"))
    for words, document in ((ours, question.kinerja_document), (peer, question.postgraphile_document)):
        declared = set(re.findall(r"\$(\w+):", document))
        for request in request_builders.build_turn_requests(question, words, ROLE_MATERIAL, 1):
            assert set(parse_variables(request)) == declared


@pytest.mark.parametrize("question", ROLE_READS, ids=lambda question: question.name)
def test_questions_by_hand_take_the_parameters_they_name(question: Question) -> None:
    places = {int(place) for place in re.findall(r"\$(\d+)", question.sql)}
    assert places == set(range(1, len(question.parameters) + 1))


@pytest.mark.parametrize("question", ROLE_READS, ids=lambda question: question.name)
def test_actors_ask_in_their_own_name_and_role(question: Question) -> None:
    reader, now = authenticator.DemoTokens(SECRET), business_date.utc_now()
    told = [
        reader.authenticate(parse_token(request), now).actor
        for request in request_builders.build_turn_requests(
            question, contender.sign_kinerja_requests(SECRET, ROLE_MATERIAL), ROLE_MATERIAL, 1
        )
    ]
    assert [(actor.role, actor.person_id) for actor in told] == [(question.role, 20), (question.role, 30)]


def test_the_peer_gets_role_and_settings_by_a_signed_token() -> None:
    peer = PostGraphileRequests(contender.sign_peer_tokens(SECRET, ROLE_MATERIAL, "kinerja"))
    by_role = {}
    for role in MEASURED_ROLES:
        question = next(each for each in ROLE_READS if each.role is role)
        request = request_builders.build_turn_requests(question, peer, ROLE_MATERIAL, 1)[0]
        claims = jwt.decode(parse_token(request), OctKey.import_key(SECRET), algorithms=["HS256"]).claims
        assert claims["exp"] > business_date.utc_now().timestamp()
        by_role[role] = claims["settings"]
    assert by_role[Role.SUPERVISOR] == {
        "role": "kinerja_supervisor",
        "kinerja.person": "20",
        "kinerja.appraiser": "9",
        "kinerja.line": "20",
        "kinerja.principal": "supervisor:20",
    }
    assert by_role[Role.HR]["kinerja.path"] == by_role[Role.AUDITOR]["kinerja.path"] == "1.2."
    assert (by_role[Role.HR]["role"], by_role[Role.AUDITOR]["role"]) == ("kinerja_peer_narrow", "kinerja_auditor")


def test_commands_run_in_the_appraisers_name() -> None:
    for question in (COMMAND, HOT_COMMAND):
        for words in (
            KinerjaRequests("service", {(Role.SUPERVISOR, 70, None): "seventy"}),
            PostGraphileRequests({(Role.SUPERVISOR, 70, None): "seventy"}),
        ):
            (request,) = request_builders.build_turn_requests(question, words, ROLE_MATERIAL, 1)
            assert parse_token(request) == "seventy"
            assert parse_variables(request)["input"]["evidence"]


def test_contenders_answer_their_questions() -> None:
    everybody = {
        each.name: each
        for each in contender.build_contenders(
            SECRET, contender.sign_kinerja_requests(SECRET, ROLE_MATERIAL), ROLE_MATERIAL, "kinerja"
        )
    }
    asked = {
        name: each.list_client_counts(COMMAND) for name, each in everybody.items() if each.list_client_counts(COMMAND)
    }
    assert set(asked) == {OURS, LIMIT, PEER_WITH_ROW_SECURITY, SCOPE_ALONE, UNAUDITED}
    assert asked[PEER_WITH_ROW_SECURITY] == asked[OURS]
    assert not everybody[PEER_WITH_ROW_SECURITY].list_client_counts(Question("flat", QuestionKind.READ, "", "", ""))


def build_role_turn(rate: float, cpu: float = 1.0) -> Turn:
    return Turn(rate, 1000 / rate, 2.0, cpu / 2, cpu / 2)


def build_role_measurements(rates: dict[str, float]) -> Measurements:
    """Ours at 100 requests a second in each question, the others as told, and twice as fast with one client."""
    made = Measurements()
    for question in ROLE_QUESTIONS:
        made.turns[TurnKey(OURS, question.name, 16)] = [build_role_turn(100, 1.2)]
        made.turns[TurnKey(OURS, question.name, 1)] = [build_role_turn(100)]
        for name, rate in rates.items():
            made.turns[TurnKey(name, question.name, 16)] = [build_role_turn(rate)]
            made.turns[TurnKey(name, question.name, 1)] = [build_role_turn(2 * rate)]
    return made


def test_figures_are_means_over_roles_and_reads() -> None:
    made = build_role_measurements({PEER_WITH_ROW_SECURITY: 25.0, LIMIT: 125.0})
    for question in role_ratios.QUESTIONS_BY_ROLE["hr"]:
        made.turns[TurnKey(PEER_WITH_ROW_SECURITY, question.name, 16)] = [build_role_turn(100)]
    figures = role_ratios.compare_with_peer(made)
    assert figures["employee"] == pytest.approx(4)
    assert figures["hr"] == figures["worst_role"] == pytest.approx(1)
    assert figures["reads_geomean"] == pytest.approx(4 ** (3 / 4))
    assert figures["reads_geomean_1"] == pytest.approx(2)
    assert figures["command"] == figures["hot_command"] == pytest.approx(4)
    assert figures["p99_16"] == pytest.approx(1)
    assert role_ratios.compare_with_limit(made) == {"roles_geomean": pytest.approx(0.8)}


def test_costs_are_processor_time_with_over_without() -> None:
    made = build_role_measurements({SCOPE_ALONE: 100.0, UNAUDITED: 100.0})
    made.turns[TurnKey(UNAUDITED, "hr_risk", 16)] = [build_role_turn(100, 0.6)]
    figures = role_ratios.compute_access_costs(made)
    assert figures["rls_cpu"] == figures["rls_cpu_worst"] == pytest.approx(1.2)
    assert figures["audit_cpu"] == pytest.approx(1.2 ** (15 / 16) * 2 ** (1 / 16))
    assert figures["audit_cpu_worst"] == pytest.approx(2)


def test_contenders_without_turns_have_no_ratio() -> None:
    assert role_ratios.compare_with_peer(Measurements()) == {}
    assert role_ratios.compare_with_limit(Measurements()) == {}
    assert role_ratios.compute_access_costs(Measurements()) == {}


def test_a_part_is_disabled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(role_pools, "open_role_pools", role_pools.open_role_pools)
    monkeypatch.setattr(access_log, "AccessLogWriter", access_log.AccessLogWriter)
    for take_out in reduced_service.REMOVABLE_PARTS.values():
        take_out()
    assert role_pools.open_role_pools is reduced_service.open_as_owner
    assert access_log.AccessLogWriter is reduced_service.DisabledAccessLog


@pytest.fixture
async def installed(db: database.Transaction) -> database.Transaction:
    for path in SQL_FILES:
        await db.connection.execute(path.read_text())
    return db


@pytest.mark.parametrize("question", ROLE_READS, ids=lambda question: question.name)
async def test_the_hand_written_sql_fits_the_tables(installed: database.Transaction, question: Question) -> None:
    statement = await installed.connection.prepare(question.sql)
    assert [attribute.type.name for attribute in statement.get_attributes()] == ["text"]


@pytest.mark.parametrize("call", ["risk_list()", "people_named('bu')", "people_found('bu')"])
async def test_what_the_peer_calls_is_inlined(installed: database.Transaction, call: str) -> None:
    lines = [row[0] for row in await installed.connection.fetch(f"EXPLAIN SELECT * FROM bench.{call} LIMIT 5")]
    assert not any("Function Scan" in line for line in lines)


def test_the_peer_has_the_policies_of_hr_in_their_narrow_form() -> None:
    made = list(peer_logins.build_peer_policies(SQLModel.metadata.sorted_tables, '"narrow"'))
    policies = {statement.split(" ON ")[1].split(" ")[0]: statement for statement in made if "CREATE" in statement}
    assert {'"person"', '"evaluation"', '"risk_score"', '"plan_result"'} <= set(policies)
    assert not {'"person_attribute"', '"position"', '"command_key"', '"audit_seal"'} & set(policies)
    for statement in policies.values():
        if "unit_path" in statement:
            assert "unit_path >= " in statement
            assert "starts_with" not in statement
    granted = {statement.split(" ON ")[1].split(" ")[0] for statement in made if statement.startswith("GRANT")}
    assert '"position"' in granted
    assert "SELECT" in next(statement for statement in made if statement.startswith("GRANT"))
    assert not any(verb in statement for statement in made for verb in ("INSERT", "UPDATE", "DELETE", "FOR ALL"))
