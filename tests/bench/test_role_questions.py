"""Questions with access on: who asks them, in whose name, and what is reckoned from the answers' times."""

import json
import re
from typing import Any

import pytest
from graphql import GraphQLSchema, build_schema, parse, validate
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlmodel import SQLModel

from bench import asking, contenders, peer_logins, role_ratios
from bench.askers import ROLES, Asker
from bench.asking import Ours, Peer, Request
from bench.contenders import LIMIT, OURS, SCOPE_ALONE, UNAUDITED, WALLED_PEER
from bench.material import FUNCTIONS, Material, Plan
from bench.questions import Kind, Question
from bench.role_questions import COMMAND, HOT_COMMAND, ROLE_QUESTIONS, ROLE_READS
from bench.rounds import Found, Place, Turn
from bench.servers import without
from domain.actor import Actor, Role
from kinerja import clock, database, logins, tokens
from kinerja.audit import accesses
from schema.graph import SCHEMA

SECRET = "a secret of a test, long enough for HS256"
SERVED: GraphQLSchema = build_schema(SCHEMA.as_str())


def asker(role: Role, person: int) -> Asker:
    path = "1.2." if role in {Role.HR, Role.AUDITOR} else None
    values = {"me": person, "member": person + 1, "run": 3, "words": "budi", "path": path, "end": "1.2/"}
    return Asker(Actor(person, role, path, appraiser_id=9), values)


KNOWN = Material(3, [11], [Plan(7, 70)], 1000, {role: [asker(role, 20), asker(role, 30)] for role in ROLES})


def variables(request: Request) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(request.body)["variables"]
    return told


def token_of(request: Request) -> str:
    return request.headers["authorization"].removeprefix("Bearer ")


@pytest.mark.parametrize("question", ROLE_QUESTIONS, ids=lambda question: question.name)
def test_documents_are_valid_in_the_schema_that_is_served(question: Question) -> None:
    assert validate(SERVED, parse(question.ours)) == []


def test_there_are_four_reads_of_each_kind_of_actor() -> None:
    for role in ROLES:
        assert len([question for question in ROLE_READS if question.asker is role]) == 4
    assert {question.name for questions in role_ratios.KINDS.values() for question in questions} == {
        question.name for question in ROLE_READS
    }


@pytest.mark.parametrize("question", ROLE_READS, ids=lambda question: question.name)
def test_a_document_is_given_just_the_variables_that_it_declares(question: Question) -> None:
    ours = contenders.signed(SECRET, KNOWN)
    peer = Peer(contenders.peers_tokens(SECRET, KNOWN, "kinerja"))
    for words, document in ((ours, question.ours), (peer, question.postgraphile)):
        declared = set(re.findall(r"\$(\w+):", document))
        for request in asking.requests(question, words, KNOWN, 1):
            assert set(variables(request)) == declared


@pytest.mark.parametrize("question", ROLE_READS, ids=lambda question: question.name)
def test_questions_by_hand_take_the_parameters_they_name(question: Question) -> None:
    places = {int(place) for place in re.findall(r"\$(\d+)", question.by_hand)}
    assert places == set(range(1, len(question.parameters) + 1))


@pytest.mark.parametrize("question", ROLE_READS, ids=lambda question: question.name)
def test_each_asks_in_his_own_name_and_role(question: Question) -> None:
    reader, now = tokens.Signer(SECRET), clock.now()
    told = [
        reader.read(token_of(request), now).actor
        for request in asking.requests(question, contenders.signed(SECRET, KNOWN), KNOWN, 1)
    ]
    assert [(actor.role, actor.person_id) for actor in told] == [(question.asker, 20), (question.asker, 30)]


def test_the_peer_is_told_role_and_settings_by_a_signed_token() -> None:
    peer = Peer(contenders.peers_tokens(SECRET, KNOWN, "kinerja"))
    by_role = {}
    for role in ROLES:
        question = next(each for each in ROLE_READS if each.asker is role)
        request = asking.requests(question, peer, KNOWN, 1)[0]
        claims = jwt.decode(token_of(request), OctKey.import_key(SECRET), algorithms=["HS256"]).claims
        assert claims["exp"] > clock.now().timestamp()
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


def test_commands_are_asked_in_the_appraisers_name() -> None:
    for question in (COMMAND, HOT_COMMAND):
        for words in (
            Ours("service", {(Role.SUPERVISOR, 70, None): "seventy"}),
            Peer({(Role.SUPERVISOR, 70, None): "seventy"}),
        ):
            (request,) = asking.requests(question, words, KNOWN, 1)
            assert token_of(request) == "seventy"
            assert variables(request)["input"]["evidence"]


def test_who_is_asked_what() -> None:
    everybody = {
        each.name: each for each in contenders.all_of(SECRET, contenders.signed(SECRET, KNOWN), KNOWN, "kinerja")
    }
    asked = {name: each.connections(COMMAND) for name, each in everybody.items() if each.connections(COMMAND)}
    assert set(asked) == {OURS, LIMIT, WALLED_PEER, SCOPE_ALONE, UNAUDITED}
    assert asked[WALLED_PEER] == asked[OURS]
    assert not everybody[WALLED_PEER].connections(Question("flat", Kind.READ, "", "", ""))


def turn(rate: float, cpu: float = 1.0) -> Turn:
    return Turn(rate, 1000 / rate, 2.0, cpu / 2, cpu / 2)


def played(rates: dict[str, float]) -> Found:
    """Ours at 100 requests a second in each question, the others as told, and twice as fast with one client."""
    made = Found()
    for question in ROLE_QUESTIONS:
        made.turns[Place(OURS, question.name, 16)] = [turn(100, 1.2)]
        made.turns[Place(OURS, question.name, 1)] = [turn(100)]
        for name, rate in rates.items():
            made.turns[Place(name, question.name, 16)] = [turn(rate)]
            made.turns[Place(name, question.name, 1)] = [turn(2 * rate)]
    return made


def test_figures_are_means_over_roles_and_reads() -> None:
    made = played({WALLED_PEER: 25.0, LIMIT: 125.0})
    for question in role_ratios.KINDS["hr"]:
        made.turns[Place(WALLED_PEER, question.name, 16)] = [turn(100)]
    figures = role_ratios.against_peer(made)
    assert figures["employee"] == pytest.approx(4)
    assert figures["hr"] == figures["worst_role"] == pytest.approx(1)
    assert figures["reads_geomean"] == pytest.approx(4 ** (3 / 4))
    assert figures["reads_geomean_1"] == pytest.approx(2)
    assert figures["command"] == figures["hot_command"] == pytest.approx(4)
    assert figures["p99_16"] == pytest.approx(1)
    assert role_ratios.against_limit(made) == {"roles_geomean": pytest.approx(0.8)}


def test_costs_are_processor_time_with_over_without() -> None:
    made = played({SCOPE_ALONE: 100.0, UNAUDITED: 100.0})
    made.turns[Place(UNAUDITED, "hr_risk", 16)] = [turn(100, 0.6)]
    figures = role_ratios.costs(made)
    assert figures["rls_cpu"] == figures["rls_cpu_worst"] == pytest.approx(1.2)
    assert figures["audit_cpu"] == pytest.approx(1.2 ** (15 / 16) * 2 ** (1 / 16))
    assert figures["audit_cpu_worst"] == pytest.approx(2)


def test_nothing_is_said_of_who_was_not_asked() -> None:
    assert role_ratios.against_peer(Found()) == {}
    assert role_ratios.against_limit(Found()) == {}
    assert role_ratios.costs(Found()) == {}


def test_a_part_is_taken_out_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logins, "opened", logins.opened)
    monkeypatch.setattr(accesses, "Accesses", accesses.Accesses)
    for take_out in without.PARTS.values():
        take_out()
    assert logins.opened is without.one_login
    assert accesses.Accesses is without.Unwritten


@pytest.fixture
async def installed(db: database.Transaction) -> database.Transaction:
    for path in FUNCTIONS:
        await db.connection.execute(path.read_text())
    return db


@pytest.mark.parametrize("question", ROLE_READS, ids=lambda question: question.name)
async def test_the_hand_written_sql_fits_the_tables(installed: database.Transaction, question: Question) -> None:
    statement = await installed.connection.prepare(question.by_hand)
    assert [attribute.type.name for attribute in statement.get_attributes()] == ["text"]


@pytest.mark.parametrize("call", ["risk_list()", "people_named('bu')", "people_found('bu')"])
async def test_what_the_peer_calls_is_inlined(installed: database.Transaction, call: str) -> None:
    lines = [row[0] for row in await installed.connection.fetch(f"EXPLAIN SELECT * FROM bench.{call} LIMIT 5")]
    assert not any("Function Scan" in line for line in lines)


def test_the_peer_has_the_policies_of_hr_in_their_narrow_form() -> None:
    made = list(peer_logins.policies(SQLModel.metadata.sorted_tables, '"narrow"'))
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
