"""The bench's own reckoning: requests, equality of answers, ratios and verdicts. No server and no node is needed."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLSchema, build_schema, parse, validate
from rich.console import Console

from bench import __main__ as command
from bench import asking, load, node, province, report, rounds
from bench.asking import ByHand, NotTheSame, Ours, Peer, Plain, Words
from bench.contenders import LIMIT, OURS, PEER, PLAIN
from bench.material import Material, Plan
from bench.pages import Pages
from bench.questions import MUTATION, POSITION, QUESTIONS, RISK_PAGE, SHUFFLED, UNSEEN, Kind, Question
from bench.rounds import Found, Place, Turn
from bench.servers import plain
from domain.actor import Role
from schema.graph import SCHEMA

ROOT = Path(__file__).parent.parent.parent
KNOWN = Material(run=3, positions=[11, 12, 13], plans=[Plan(7, 70), Plan(8, 80), Plan(9, 70)], people=1000)
EVERYBODY: list[Words] = [
    Ours("service", {(Role.SUPERVISOR, 70, None): "seventy", (Role.SUPERVISOR, 80, None): "eighty"}),
    Peer(),
    Plain(),
    ByHand(),
]

OURS_SERVED: GraphQLSchema = build_schema(SCHEMA.as_str())
PLAIN_SERVED: GraphQLSchema = build_schema(plain.SCHEMA.as_str())


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_documents_are_valid_in_the_schema_that_is_served(question: Question) -> None:
    assert validate(OURS_SERVED, parse(question.ours)) == []


@pytest.mark.parametrize("words", [EVERYBODY[0], EVERYBODY[2]])
def test_unseen_documents_are_valid_too(words: Words) -> None:
    for request in asking.requests(UNSEEN, words, KNOWN, 20):
        assert validate(OURS_SERVED, parse(json.loads(request.body)["query"])) == []


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_the_plain_server_understands_the_same_documents(question: Question) -> None:
    assert validate(PLAIN_SERVED, parse(question.ours)) == []


def test_no_two_unseen_documents_are_the_same() -> None:
    for words in EVERYBODY[:3]:
        bodies = [json.loads(request.body)["query"] for request in asking.requests(UNSEEN, words, KNOWN, 200)]
        assert len(set(bodies)) == 200
        assert len({re.sub(r"seen_\w+", "", body) for body in bodies}) > 10  # the parts change places too
    assert asking.requests(UNSEEN, ByHand(), KNOWN, 5) == []


def test_shuffling_loses_nothing() -> None:
    for words, parts in SHUFFLED.items():
        shown, alias = asking.shuffled(words, 5)
        assert sorted(" ".join(parts)) == sorted(shown)
        assert re.fullmatch(r"[a-z][a-z0-9_]*", alias)


def test_each_mutation_records_another_plan_under_another_key() -> None:
    asked = asking.requests(MUTATION, EVERYBODY[0], KNOWN, 10)
    inputs = [json.loads(request.body)["variables"]["input"] for request in asked]
    assert [each["plan"] for each in inputs] == ["pl7", "pl8", "pl9"]
    assert len({each["clientMutationKey"] for each in inputs}) == 3
    assert [request.headers["authorization"] for request in asked] == [
        "Bearer seventy",
        "Bearer eighty",
        "Bearer seventy",
    ]
    again = asking.requests(MUTATION, EVERYBODY[0], KNOWN, 1)
    assert json.loads(again[0].body)["variables"]["input"]["clientMutationKey"] not in {
        each["clientMutationKey"] for each in inputs
    }


def test_all_are_asked_for_the_same_evaluation() -> None:
    ours, peer, usual, by_hand = (asking.requests(MUTATION, words, KNOWN, 1)[0] for words in EVERYBODY)
    wanted = json.loads(ours.body)["variables"]["input"]
    for request in (peer, usual):
        given = json.loads(request.body)["variables"]["input"]
        assert all(given[name] == wanted[name] for name in ("period", "resultsIndex", "behaviourIndex", "evidence"))
    given = dict(zip(MUTATION.parameters, json.loads(by_hand.body), strict=True))
    assert (given["planId"], given["appraiserId"]) == (7, 70)
    assert all(given[name] == wanted[name] for name in ("period", "resultsIndex", "behaviourIndex", "evidence"))


def test_a_read_by_key_has_as_many_variants_as_there_are_keys() -> None:
    ours, peer, usual, by_hand = (asking.requests(POSITION, words, KNOWN, 1) for words in EVERYBODY)
    assert [json.loads(request.body)["variables"] for request in ours] == [{"id": f"po{key}"} for key in (11, 12, 13)]
    assert [json.loads(request.body)["variables"] for request in peer] == [{"id": str(key)} for key in (11, 12, 13)]
    assert [json.loads(request.body)["variables"] for request in usual] == [{"id": str(key)} for key in (11, 12, 13)]
    assert [json.loads(request.body) for request in by_hand] == [[11], [12], [13]]
    assert [json.loads(each.body) for each in asking.requests(RISK_PAGE, ByHand(), KNOWN, 1)] == [[3]]


def test_questions_by_hand_take_the_parameters_they_name() -> None:
    for question in QUESTIONS:
        places = {int(place) for place in re.findall(r"\$(\d+)", question.by_hand)}
        assert places == set(range(1, len(question.parameters) + 1)) or not question.by_hand


OURS_SAYS = {
    "people": {
        "nodes": [
            {
                "id": "pe5",
                "name": "id",
                "lastEvaluation": {"id": "ev9"},
                "plan": None,
                "evaluations": [{"id": "ev8", "endsOn": "2025-01-31"}, {"id": "ev9", "endsOn": "2025-02-28"}],
            }
        ]
    }
}
PEER_SAYS = {
    "people": [
        {
            "id": "5",
            "name": "id",
            "lastEvaluation": [{"id": "9"}],
            "plan": [],
            "evaluations": [{"id": "9", "endsOn": "2025-02-28"}, {"id": "8", "endsOn": "2025-01-31"}],
        }
    ]
}


def answer(data: Any) -> bytes:
    return json.dumps({"data": data}).encode()


def test_content_is_the_same_whatever_the_form() -> None:
    asking.same("three_levels", Kind.READ, answer(OURS_SAYS), answer(PEER_SAYS))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("name",), "5"),
        (("id",), "6"),
        (("lastEvaluation",), []),
        (("plan",), [{"id": "1"}]),
        (("evaluations",), [{"id": "9", "endsOn": "2025-02-28"}]),
    ],
)
def test_other_content_is_told(path: tuple[str], value: Any) -> None:
    changed = json.loads(json.dumps(PEER_SAYS))
    changed["people"][0][path[0]] = value
    with pytest.raises(NotTheSame, match=f"three_levels: .*{path[0]}"):
        asking.same("three_levels", Kind.READ, answer(OURS_SAYS), answer(changed))


def test_the_order_of_a_list_counts() -> None:
    one = {"positions": {"nodes": [{"id": "po1"}, {"id": "po2"}]}}
    other = {"positions": [{"id": "2"}, {"id": "1"}]}
    with pytest.raises(NotTheSame):
        asking.same("flat", Kind.READ, answer(one), answer(other))


@pytest.mark.parametrize("body", [{"errors": [{"message": "no"}]}, {"data": None}, {"data": OURS_SAYS, "errors": []}])
def test_an_error_is_no_answer(body: Any) -> None:
    with pytest.raises(NotTheSame, match="no data"):
        asking.same("flat", Kind.READ, json.dumps(body).encode(), json.dumps(body).encode())


def test_each_records_a_row_of_its_own_and_that_is_no_difference() -> None:
    ours = {"recordEvaluation": {"id": "ev1", "score": "97.50"}}
    peer = {"recordEvaluation": {"evaluation": {"id": "2", "score": "97.50"}}}
    asking.same("mutation", Kind.MUTATION, answer(ours), answer(peer))
    peer["recordEvaluation"]["evaluation"]["score"] = "97.51"
    with pytest.raises(NotTheSame, match=r"97\.50 and 97\.51"):
        asking.same("mutation", Kind.MUTATION, answer(ours), answer(peer))


def test_an_alias_is_no_difference_in_an_unseen_document() -> None:
    asking.same("unseen", Kind.UNSEEN, answer({"seen_1": {"id": "po1"}}), answer({"seen_2": {"id": "1"}}))


def test_wrong_answers_under_load_end_the_bench() -> None:
    told = {"requests": 10, "seconds": 2.0, "p50": 1.5, "p99": 9.0, "failed": 0, "wrong": ""}
    assert load.read("flat", told).rate == 5.0
    with pytest.raises(load.LoadFailed, match="flat: 1 of 10 answers were wrong: no"):
        load.read("flat", {**told, "failed": 1, "wrong": "no"})
    with pytest.raises(load.LoadFailed):
        load.read("flat", {**told, "requests": 0})


def turn(rate: float, p99: float = 1.0) -> Turn:
    return Turn(rate, 1000 / rate, p99, 1.0, 2.0)


def found(peer: dict[str, float]) -> Found:
    """Ours always at 100 requests a second, the peer as told."""
    made = Found(memory={OURS: 100.0, PEER: 200.0}, statements={"position": 1})
    for question, rate in peer.items():
        for connections in rounds.CONNECTIONS:
            made.turns[Place(OURS, question, connections)] = [turn(100, 3.0)]
            made.turns[Place(PEER, question, connections)] = [turn(rate, 6.0)]
    return made


RATES = {"position": 50.0, "three_levels": 25.0, "flat": 50.0, "risk_page": 25.0, "mutation": 80.0, "unseen": 50.0}


def test_ratios_are_ours_over_theirs() -> None:
    figures = report.ratios(found(RATES))
    assert set(figures) == {PEER}  # nothing is said of who was not measured
    of_peer = figures[PEER]
    assert of_peer["position"] == 2.0
    assert of_peer["reads_geomean"] == pytest.approx(8**0.5, abs=0.001)
    assert of_peer["reads_worst"] == 2.0
    assert of_peer["mutation"] == 1.25
    assert of_peer["unseen_time"] == 0.5
    assert of_peer["p99_64"] == 0.5


def test_the_slowest_p99_counts() -> None:
    made = found(RATES)
    made.turns[Place(PEER, "flat", 64)] = [turn(50, 2.0)]
    assert report.ratios(made)[PEER]["p99_64"] == 1.5


def test_medians_are_taken_of_each_figure() -> None:
    place = Place(OURS, "flat", 1)
    made = Found(turns={place: [turn(10, 1.0), turn(30, 9.0), turn(20, 2.0)]})
    median = made.median(place)
    assert median is not None
    assert (median.rate, median.p99) == (20, 2.0)
    assert made.median(Place(OURS, "flat", 2)) is None


def test_goals_are_judged_by_their_direction() -> None:
    at_least, at_most = report.Goal("a", 3.3, 2.5), report.Goal("b", 0.7, 1.0, at_most=True)
    assert [at_least.verdict(figure) for figure in (3.3, 2.5, 2.49)] == ["goal met", "floor met", "missed"]
    assert [at_most.verdict(figure) for figure in (0.7, 1.0, 1.01)] == ["goal met", "floor met", "missed"]


def test_a_page_far_down_is_judged_both_ways() -> None:
    for far in (1.25, 0.75):
        told = {goal.figure: verdict for goal, _, verdict in report.verdicts({}, Pages(500, 1.0, far))}
        assert told == {"pages.apart": "missed"}
    assert [verdict for _, _, verdict in report.verdicts({}, Pages(500, 1.0, 1.1))] == ["goal met"]


def test_what_is_kept_and_shown(tmp_path: Path) -> None:
    made, pages = found(RATES), Pages(500, 2.0, 2.2)
    report.write(tmp_path / "new" / "kept.json", report.kept(made, pages, 70_000))
    kept = json.loads((tmp_path / "new" / "kept.json").read_text())
    assert kept["ratio"][PEER]["mutation"] == 1.25
    assert kept["verdict"]["postgraphile.mutation"] == "floor met"
    assert kept["figures"][PEER]["flat"]["16"]["rate"] == 50
    assert kept["employees"] == 70_000
    console = Console(width=120, record=True)
    report.show(console, made, pages, 70_000, [OURS, PEER, PLAIN, LIMIT])
    shown = console.export_text()
    assert "postgraphile.reads_geomean" in shown
    assert "page 500 2.20 ms (1.10)" in shown


def test_a_quick_run_is_small_and_a_usual_one_is_not() -> None:
    quick, usual = command.parsed(["--quick"]), command.parsed([])
    assert (quick.province.employees, usual.province.employees) == (2_000, 70_000)
    assert quick.length.rounds < usual.length.rounds
    assert (quick.results.name, usual.results.name) == ("quick.json", "latest.json")
    assert command.parsed(["--quick", "--employees", "900"]).province.employees == 900


def test_too_few_people_is_one_sentence() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--employees", "5"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "employees must be at least 200, not 5" in done.stderr


def test_provinces_of_other_sizes_live_apart() -> None:
    small, large = command.parsed(["--employees", "900"]), command.parsed(["--employees", "901"])
    assert province.folder(small.province) != province.folder(large.province)
    assert province.folder(small.province).is_relative_to(ROOT / "var")


def test_npm_locks_hold_hashes_and_no_addresses() -> None:
    lock = json.loads((node.FOLDER / "package-lock.json").read_text())
    packages = {name: told for name, told in lock["packages"].items() if name}
    assert packages["node_modules/postgraphile"]["version"].startswith("5.")
    assert not any("resolved" in told for told in packages.values())
    assert all(told["integrity"].startswith("sha512-") for told in packages.values())
