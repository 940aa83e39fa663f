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
from bench import province_database
from bench.contenders import load_generator, node
from bench.contenders.contender import LIMIT, OURS, PEER, PLAIN
from bench.contenders.servers import plain
from bench.report import report, rounds
from bench.report.deep_paging import DeepPageTiming
from bench.report.rounds import Measurements, Turn, TurnKey
from bench.workload import request_builders
from bench.workload.material import RecordablePlan, WorkloadMaterial
from bench.workload.questions import (
    MUTATION,
    POSITION,
    POSITION_PARTS,
    QUESTIONS,
    RISK_PAGE,
    UNSEEN,
    Question,
    QuestionKind,
)
from bench.workload.request_builders import (
    AnswersDiffer,
    HandwrittenRequests,
    KinerjaRequests,
    PostGraphileRequests,
    RequestBuilder,
    StrawberryRequests,
)
from domain.actor import Role
from schema.schema import SCHEMA

ROOT = Path(__file__).parent.parent.parent
MATERIAL = WorkloadMaterial(
    run=3,
    positions=[11, 12, 13],
    plans=[RecordablePlan(7, 70), RecordablePlan(8, 80), RecordablePlan(9, 70)],
    people=1000,
)
ALL_BUILDERS: list[RequestBuilder] = [
    KinerjaRequests("service", {(Role.SUPERVISOR, 70, None): "seventy", (Role.SUPERVISOR, 80, None): "eighty"}),
    PostGraphileRequests(),
    StrawberryRequests(),
    HandwrittenRequests(),
]

KINERJA_SCHEMA: GraphQLSchema = build_schema(SCHEMA.as_str())
STRAWBERRY_SCHEMA: GraphQLSchema = build_schema(plain.SCHEMA.as_str())


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_documents_are_valid_in_the_schema_that_is_served(question: Question) -> None:
    assert validate(KINERJA_SCHEMA, parse(question.kinerja_document)) == []


@pytest.mark.parametrize("words", [ALL_BUILDERS[0], ALL_BUILDERS[2]])
def test_unseen_documents_are_valid_too(words: RequestBuilder) -> None:
    for request in request_builders.build_turn_requests(UNSEEN, words, MATERIAL, 20):
        assert validate(KINERJA_SCHEMA, parse(json.loads(request.body)["query"])) == []


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_the_plain_server_understands_the_same_documents(question: Question) -> None:
    assert validate(STRAWBERRY_SCHEMA, parse(question.kinerja_document)) == []


def test_no_two_unseen_documents_are_the_same() -> None:
    for words in ALL_BUILDERS[:3]:
        bodies = [
            json.loads(request.body)["query"]
            for request in request_builders.build_turn_requests(UNSEEN, words, MATERIAL, 200)
        ]
        assert len(set(bodies)) == 200
        assert len({re.sub(r"seen_\w+", "", body) for body in bodies}) > 10  # the parts change places too
    assert request_builders.build_turn_requests(UNSEEN, HandwrittenRequests(), MATERIAL, 5) == []


def test_shuffling_loses_nothing() -> None:
    for words, parts in POSITION_PARTS.items():
        shown, alias = request_builders.shuffle_fields(words, 5)
        assert sorted(" ".join(parts)) == sorted(shown)
        assert re.fullmatch(r"[a-z][a-z0-9_]*", alias)


def test_each_mutation_records_another_plan_under_another_key() -> None:
    asked = request_builders.build_turn_requests(MUTATION, ALL_BUILDERS[0], MATERIAL, 10)
    inputs = [json.loads(request.body)["variables"]["input"] for request in asked]
    assert [each["plan"] for each in inputs] == ["pl7", "pl8", "pl9"]
    assert len({each["clientMutationKey"] for each in inputs}) == 3
    assert [request.headers["authorization"] for request in asked] == [
        "Bearer seventy",
        "Bearer eighty",
        "Bearer seventy",
    ]
    again = request_builders.build_turn_requests(MUTATION, ALL_BUILDERS[0], MATERIAL, 1)
    assert json.loads(again[0].body)["variables"]["input"]["clientMutationKey"] not in {
        each["clientMutationKey"] for each in inputs
    }


def test_all_record_the_same_evaluation() -> None:
    ours, peer, usual, by_hand = (
        request_builders.build_turn_requests(MUTATION, words, MATERIAL, 1)[0] for words in ALL_BUILDERS
    )
    wanted = json.loads(ours.body)["variables"]["input"]
    for request in (peer, usual):
        given = json.loads(request.body)["variables"]["input"]
        assert all(given[name] == wanted[name] for name in ("period", "resultsIndex", "behaviourIndex", "evidence"))
    given = dict(zip(MUTATION.parameters, json.loads(by_hand.body), strict=True))
    assert (given["planId"], given["appraiserId"]) == (7, 70)
    assert all(given[name] == wanted[name] for name in ("period", "resultsIndex", "behaviourIndex", "evidence"))


def test_a_read_by_key_has_as_many_variants_as_there_are_keys() -> None:
    ours, peer, usual, by_hand = (
        request_builders.build_turn_requests(POSITION, words, MATERIAL, 1) for words in ALL_BUILDERS
    )
    assert [json.loads(request.body)["variables"] for request in ours] == [{"id": f"po{key}"} for key in (11, 12, 13)]
    assert [json.loads(request.body)["variables"] for request in peer] == [{"id": str(key)} for key in (11, 12, 13)]
    assert [json.loads(request.body)["variables"] for request in usual] == [{"id": str(key)} for key in (11, 12, 13)]
    assert [json.loads(request.body) for request in by_hand] == [[11], [12], [13]]
    assert [
        json.loads(each.body)
        for each in request_builders.build_turn_requests(RISK_PAGE, HandwrittenRequests(), MATERIAL, 1)
    ] == [[3]]


def test_questions_by_hand_take_the_parameters_they_name() -> None:
    for question in QUESTIONS:
        places = {int(place) for place in re.findall(r"\$(\d+)", question.sql)}
        assert places == set(range(1, len(question.parameters) + 1)) or not question.sql


KINERJA_ANSWER = {
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
PEER_ANSWER = {
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


def encode_answer(data: Any) -> bytes:
    return json.dumps({"data": data}).encode()


def test_content_is_the_same_whatever_the_form() -> None:
    request_builders.require_equal_answers(
        "three_levels", QuestionKind.READ, encode_answer(KINERJA_ANSWER), encode_answer(PEER_ANSWER)
    )


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
def test_other_content_is_reported(path: tuple[str], value: Any) -> None:
    changed = json.loads(json.dumps(PEER_ANSWER))
    changed["people"][0][path[0]] = value
    with pytest.raises(AnswersDiffer, match=f"three_levels: .*{path[0]}"):
        request_builders.require_equal_answers(
            "three_levels", QuestionKind.READ, encode_answer(KINERJA_ANSWER), encode_answer(changed)
        )


def test_the_order_of_a_list_counts() -> None:
    one = {"positions": {"nodes": [{"id": "po1"}, {"id": "po2"}]}}
    other = {"positions": [{"id": "2"}, {"id": "1"}]}
    with pytest.raises(AnswersDiffer):
        request_builders.require_equal_answers("flat", QuestionKind.READ, encode_answer(one), encode_answer(other))


@pytest.mark.parametrize(
    "body", [{"errors": [{"message": "no"}]}, {"data": None}, {"data": KINERJA_ANSWER, "errors": []}]
)
def test_an_error_is_no_answer(body: Any) -> None:
    with pytest.raises(AnswersDiffer, match="no data"):
        request_builders.require_equal_answers(
            "flat", QuestionKind.READ, json.dumps(body).encode(), json.dumps(body).encode()
        )


def test_each_records_a_row_of_its_own_and_that_is_no_difference() -> None:
    ours = {"recordEvaluation": {"id": "ev1", "score": "97.50"}}
    peer = {"recordEvaluation": {"evaluation": {"id": "2", "score": "97.50"}}}
    request_builders.require_equal_answers(
        "mutation", QuestionKind.MUTATION, encode_answer(ours), encode_answer(peer)
    )
    peer["recordEvaluation"]["evaluation"]["score"] = "97.51"
    with pytest.raises(AnswersDiffer, match=r"97\.50 and 97\.51"):
        request_builders.require_equal_answers(
            "mutation", QuestionKind.MUTATION, encode_answer(ours), encode_answer(peer)
        )


def test_an_alias_is_no_difference_in_an_unseen_document() -> None:
    request_builders.require_equal_answers(
        "unseen",
        QuestionKind.UNSEEN,
        encode_answer({"seen_1": {"id": "po1"}}),
        encode_answer({"seen_2": {"id": "1"}}),
    )


def test_wrong_answers_under_load_end_the_bench() -> None:
    told = {"requests": 10, "seconds": 2.0, "p50": 1.5, "p99": 9.0, "failed": 0, "wrong": ""}
    assert load_generator.parse_load_report("flat", told).rate == 5.0
    with pytest.raises(load_generator.LoadFailed, match="flat: 1 of 10 answers were wrong: no"):
        load_generator.parse_load_report("flat", {**told, "failed": 1, "wrong": "no"})
    with pytest.raises(load_generator.LoadFailed):
        load_generator.parse_load_report("flat", {**told, "requests": 0})


def build_turn(rate: float, p99: float = 1.0) -> Turn:
    return Turn(rate, 1000 / rate, p99, 1.0, 2.0)


def build_measurements(peer: dict[str, float]) -> Measurements:
    """Ours always at 100 requests a second, the peer as told."""
    made = Measurements(memory={OURS: 100.0, PEER: 200.0}, statements={"position": 1})
    for question, rate in peer.items():
        for connections in rounds.CLIENT_COUNTS:
            made.turns[TurnKey(OURS, question, connections)] = [build_turn(100, 3.0)]
            made.turns[TurnKey(PEER, question, connections)] = [build_turn(rate, 6.0)]
    return made


RATES = {"position": 50.0, "three_levels": 25.0, "flat": 50.0, "risk_page": 25.0, "mutation": 80.0, "unseen": 50.0}


def test_ratios_are_ours_over_theirs() -> None:
    figures = report.compute_ratios(build_measurements(RATES))
    assert set(figures) == {PEER}  # nothing is said of who was not measured
    of_peer = figures[PEER]
    assert of_peer["position"] == 2.0
    assert of_peer["reads_geomean"] == pytest.approx(8**0.5, abs=0.001)
    assert of_peer["reads_worst"] == 2.0
    assert of_peer["mutation"] == 1.25
    assert of_peer["unseen_time"] == 0.5
    assert of_peer["p99_64"] == 0.5


def test_the_slowest_p99_counts() -> None:
    made = build_measurements(RATES)
    made.turns[TurnKey(PEER, "flat", 64)] = [build_turn(50, 2.0)]
    assert report.compute_ratios(made)[PEER]["p99_64"] == 1.5


def test_medians_are_computed_by_figure() -> None:
    place = TurnKey(OURS, "flat", 1)
    made = Measurements(turns={place: [build_turn(10, 1.0), build_turn(30, 9.0), build_turn(20, 2.0)]})
    median = made.median_turn(place)
    assert median is not None
    assert (median.rate, median.p99) == (20, 2.0)
    assert made.median_turn(TurnKey(OURS, "flat", 2)) is None


def test_goals_are_judged_by_their_direction() -> None:
    at_least, at_most = report.RatioGoal("a", 3.3, 2.5), report.RatioGoal("b", 0.7, 1.0, at_most=True)
    assert [at_least.judge_ratio(figure) for figure in (3.3, 2.5, 2.49)] == ["goal met", "floor met", "missed"]
    assert [at_most.judge_ratio(figure) for figure in (0.7, 1.0, 1.01)] == ["goal met", "floor met", "missed"]


def test_a_page_far_down_is_judged_both_ways() -> None:
    for far in (1.25, 0.75):
        told = {goal.figure: verdict for goal, _, verdict in report.judge_goals({}, DeepPageTiming(500, 1.0, far))}
        assert told == {"pages.apart": "missed"}
    assert [verdict for _, _, verdict in report.judge_goals({}, DeepPageTiming(500, 1.0, 1.1))] == ["goal met"]


def test_results_are_written_and_printed(tmp_path: Path) -> None:
    made, pages = build_measurements(RATES), DeepPageTiming(500, 2.0, 2.2)
    report.write_results(tmp_path / "new" / "kept.json", report.build_results(made, pages, 70_000))
    kept = json.loads((tmp_path / "new" / "kept.json").read_text())
    assert kept["ratio"][PEER]["mutation"] == 1.25
    assert kept["verdict"]["postgraphile.mutation"] == "floor met"
    assert kept["figures"][PEER]["flat"]["16"]["rate"] == 50
    assert kept["employees"] == 70_000
    console = Console(width=120, record=True)
    report.print_report(console, made, pages, 70_000, [OURS, PEER, PLAIN, LIMIT])
    shown = console.export_text()
    assert "postgraphile.reads_geomean" in shown
    assert "page 500 2.20 ms (1.10)" in shown


def test_a_quick_run_is_small_and_a_usual_one_is_not() -> None:
    quick, usual = command.parse_arguments(["--quick"]), command.parse_arguments([])
    assert (quick.province.employees, usual.province.employees) == (2_000, 70_000)
    assert quick.length.rounds < usual.length.rounds
    assert (quick.results.name, usual.results.name) == ("quick.json", "latest.json")
    assert command.parse_arguments(["--quick", "--employees", "900"]).province.employees == 900


def test_too_few_people_is_one_sentence() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--employees", "5"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "employees must be at least 200, not 5" in done.stderr


def test_provinces_of_other_sizes_live_apart() -> None:
    small, large = command.parse_arguments(["--employees", "900"]), command.parse_arguments(["--employees", "901"])
    assert province_database.locate_province(small.province) != province_database.locate_province(large.province)
    assert province_database.locate_province(small.province).is_relative_to(ROOT / "var")


def test_npm_locks_hold_hashes_and_no_addresses() -> None:
    lock = json.loads((node.NPM_FOLDER / "package-lock.json").read_text())
    packages = {name: told for name, told in lock["packages"].items() if name}
    assert packages["node_modules/postgraphile"]["version"].startswith("5.")
    assert not any("resolved" in told for told in packages.values())
    assert all(told["integrity"].startswith("sha512-") for told in packages.values())
