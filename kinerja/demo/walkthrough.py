"""Walkthrough: the whole loop played over HTTP, step by step.

Played as by a front-end, HR, a supervisor and an employee.
"""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from kinerja.demo import documents
from kinerja.demo.client import DemoClient, StepFailed
from kinerja.demo.printer import StepReport

MAX_SEATS: Final = 20
"""Seats filled by HR, fewer in a small province."""

POLL_SECONDS: Final = 0.3
PATIENCE_SECONDS: Final = 280

WalkthroughStep = Callable[[DemoClient, dict[str, Any]], Awaitable[StepReport]]


def require_condition(condition: object, message: str) -> None:
    """Require an expected condition of a step.

    Raises:
        StepFailed: the condition is false.
    """
    if not condition:
        raise StepFailed(message)


async def list_positions(client: DemoClient, _state: dict[str, Any]) -> StepReport:
    """The front-end lists positions, without signing in."""
    page = (await client.send_operation(None, documents.POSITIONS, first=5))["positions"]
    require_condition(page["edges"], "there are no positions")
    rows = [
        (node["title"], node["unit"]["name"], f"kelas {node['jobClass']}", f"{node['holders']} of {node['need']}")
        for node in (edge["node"] for edge in page["edges"])
    ]
    return StepReport(f"{page['totalCount']:,} positions; the first of them", rows)


async def open_own_page(client: DemoClient, state: dict[str, Any]) -> StepReport:
    """An employee opens their own page: plan, evaluations, own flag."""
    me = (await client.send_operation("employee", documents.ME))["me"]
    require_condition(me and me["plan"] and me["evaluations"], "the employee has no plan or no evaluations")
    listed = await client.send_operation("employee", documents.RISK_LIST, first=5, language="ID")
    require_condition(not listed["riskList"]["edges"], "an ordinary employee sees a risk list")
    state["employee"] = me["id"]
    results = [("planned result", each["title"], "", "") for each in me["plan"]["results"]]
    scores = [("evaluation", each["period"], each["score"], each["predikat"]) for each in me["evaluations"]]
    flag = [("own flag", me["risk"]["band"], me["risk"]["reasons"][0]["sentence"], "")] if me["risk"] else []
    return StepReport(
        f"{me['name']}, {me['position']['title']}: own page, and no risk list", [*results, *scores, *flag]
    )


async def record_missing_evaluation(client: DemoClient, state: dict[str, Any]) -> StepReport:
    """A supervisor records an evaluation missing in their team.

    A second attempt is refused with the type `AlreadyEvaluated`.
    """
    me = (await client.send_operation("supervisor", documents.TEAM))["me"]
    period = state["period"]
    team = [edge["node"] for edge in me["team"]["edges"]]
    lacking = [
        each
        for each in team
        if each["plans"] and period not in {evaluation["period"] for evaluation in each["evaluations"]}
    ]
    rows: list[tuple[str, ...]] = [(each["name"], each["position"]["title"], "", "") for each in team[:3]]
    if not lacking:
        return StepReport(f"{me['name']} has {len(team)} people, all evaluated for {period}", rows)
    year = int(period[:4])
    plan = next(plan for plan in lacking[0]["plans"] if plan["year"] == year and plan["active"])
    asked = {
        "clientMutationKey": str(uuid.uuid4()),
        "plan": plan["id"],
        "period": period,
        "resultsIndex": "97.50",
        "behaviourIndex": "101.00",
        "evidence": "Laporan capaian triwulan dan buku kerja harian",
        "evidenceSource": "e-Kinerja",
    }
    first = (await client.send_operation("supervisor", documents.RECORD, input=asked))["recordEvaluation"]
    require_condition(first["__typename"] == "Evaluation", f"the evaluation was refused: {first.get('message')}")
    again = (await client.send_operation("supervisor", documents.RECORD, input=asked))["recordEvaluation"]
    require_condition(again["id"] == first["id"], "the same request under the same key made another evaluation")
    asked["clientMutationKey"] = str(uuid.uuid4())
    twice = (await client.send_operation("supervisor", documents.RECORD, input=asked))["recordEvaluation"]
    require_condition(twice["__typename"] == "AlreadyEvaluated", "an evaluation was recorded twice")
    rows += [
        ("recorded", lacking[0]["name"], first["score"], first["predikat"]),
        ("repeated under its key", "the same evaluation", "", ""),
        ("asked for anew", twice["code"], "", ""),
    ]
    return StepReport(f"{me['name']} has {len(team)} people and records {period}", rows)


async def open_risk_list(client: DemoClient, state: dict[str, Any]) -> StepReport:
    """HR reads the risk list with its reasons, in Indonesian."""
    data = await client.send_operation("hr", documents.RISK_LIST, first=5, language="ID")
    edges = data["riskList"]["edges"]
    require_condition(edges, "the risk list is empty")
    for edge in edges:
        reasons, logit = edge["node"]["reasons"], Decimal(edge["node"]["logit"])
        require_condition(
            sum(Decimal(each["term"]) for each in reasons) == logit, "the reasons do not add up to the logit"
        )
    rows = [
        (
            f"{edge['node']['rank']}. {edge['node']['person']['name']}",
            format_probability(edge["node"]),
            *top_reasons(edge["node"]),
        )
        for edge in edges
    ]
    model = {each["name"]: each["value"] for each in data["championModel"]["metrics"]}
    run = data["publishedScoringRun"]
    state["scored"] = run["scoredCount"]
    return StepReport(
        f"{run['scoredCount']:,} people scored for {run['period']}, AUC {model['AUC'][:5]};"
        f" {data['riskList']['totalCount']:,} on HR's list",
        rows,
    )


def format_probability(score: dict[str, Any]) -> str:
    """Format a probability with its interval, in per cent."""
    low, at, high = (100 * Decimal(score[each]) for each in ("probabilityLow", "probability", "probabilityHigh"))
    return f"{at:.0f} % ({low:.0f}–{high:.0f})"


def top_reasons(score: dict[str, Any]) -> tuple[str, str]:
    """Return the sentences of the two strongest risk-raising reasons with a form of help."""
    drivers = [each["sentence"] for each in score["reasons"] if Decimal(each["term"]) > 0 and each["help"]]
    return (drivers[0] if drivers else "", drivers[1] if len(drivers) > 1 else "")


async def preview_seats(client: DemoClient, state: dict[str, Any]) -> StepReport:
    """HR finds a session with free seats and previews an assignment."""
    sessions = (await client.send_operation("hr", documents.SESSIONS, today=state["today"]))["sessions"]["edges"]
    open_ = [edge["node"] for edge in sessions if edge["node"]["capacity"] > edge["node"]["seatsTaken"]]
    require_condition(open_, "there is no session with free seats")
    state["session"] = open_[0]
    state["seats"] = min(MAX_SEATS, open_[0]["capacity"] - open_[0]["seatsTaken"], max(1, state["scored"] // 50))
    asked = {"session": open_[0]["id"], "seats": state["seats"]}
    seen = (await client.send_operation("hr", documents.PREVIEW, **asked))["previewAssignment"]
    require_condition(seen["seatedCount"] <= state["seats"], "the preview seats more than there are seats")
    return StepReport(
        f"{open_[0]['programme']['name']}, {open_[0]['startsOn']}: {state['seats']} of {open_[0]['capacity']} seats",
        [
            (
                "take part in the lottery",
                str(seen["eligibleCount"]),
                f"within {seen['strataCount']} groups of like risk",
                "",
            ),
            ("would get a seat", str(seen["seatedCount"]), "would wait", str(seen["waitingCount"])),
            ("left out: hindered", str(seen["hinderedCount"]), "mend what stands in their way", ""),
            (
                "left out: already trained",
                str(seen["alreadyTrainedCount"]),
                "schedule conflict",
                str(seen["scheduleConflictCount"]),
            ),
            ("cost", f"Rp {Decimal(seen['cost']):,.0f}", "", ""),
        ],
    )


async def assign_seats(client: DemoClient, state: dict[str, Any]) -> StepReport:
    """HR assigns training with a stated reason.

    Idempotent under its key, and never over capacity.
    """
    asked = {
        "clientMutationKey": str(uuid.uuid4()),
        "session": state["session"]["id"],
        "seats": state["seats"],
        "reason": "Pendampingan bagi pegawai yang menurut daftar risiko paling memerlukan dukungan.",
    }
    batch = (await client.send_operation("hr", documents.ASSIGN, input=asked))["assignTraining"]
    require_condition(batch["__typename"] == "AssignmentBatch", f"the assignment was refused: {batch.get('message')}")
    again = (await client.send_operation("hr", documents.ASSIGN, input=asked))["assignTraining"]
    require_condition(again["id"] == batch["id"], "the same request under the same key assigned twice")
    greedy = {**asked, "clientMutationKey": str(uuid.uuid4()), "seats": 5000}
    refused = (await client.send_operation("hr", documents.ASSIGN, input=greedy))["assignTraining"]
    require_condition(refused["__typename"] == "SeatsTaken", "seats were given that are not there")
    denied = (await client.send_operation("employee", documents.ASSIGN, input=asked))["assignTraining"]
    require_condition(denied["__typename"] == "NotAllowed", "an employee could assign training")
    state["batch"] = batch["id"]
    rows = [
        (edge["node"]["person"]["name"], edge["node"]["status"], f"draw {edge['node']['draw']}", "")
        for edge in batch["assignments"]["edges"]
    ]
    rows += [
        ("repeated under its key", "the same batch", "", ""),
        ("5,000 seats at once", refused["code"], refused["message"], ""),
        ("asked by an employee", denied["code"], "", ""),
    ]
    seated, eligible = batch["seatedCount"], batch["eligibleCount"]
    title = f"{seated} of {eligible} seated by {batch['decidedBy']['name']}, seed {batch['seed']}"
    return StepReport(title, rows)


async def request_next_quarter(client: DemoClient, state: dict[str, Any]) -> StepReport:
    """An admin advances the quarter by a job.

    The session is held, scores are generated, everybody is scored again, and effects are estimated.
    """
    denied = (await client.send_operation("hr", documents.NEXT_QUARTER, key=str(uuid.uuid4())))["requestJob"]
    require_condition(denied["__typename"] == "NotAllowed", "HR could let a quarter pass")
    asked = (await client.send_operation("admin", documents.NEXT_QUARTER, key=str(uuid.uuid4())))["requestJob"]
    require_condition(asked["__typename"] == "Job", f"the job was refused: {asked.get('message')}")
    seconds = await wait_for_job(client, asked["id"])
    jobs = (await client.send_operation("admin", documents.JOBS))["jobs"]["edges"]
    rows: list[tuple[str, ...]] = [("ADVANCE_QUARTER", "DONE", f"{seconds:.1f} s", "")]
    for edge in reversed(jobs):
        job = edge["node"]
        if int(job["id"][2:]) > int(asked["id"][2:]):
            rows.append((job["kind"], "DONE", f"{await wait_for_job(client, job['id']):.1f} s", ""))
    batch = (await client.send_operation("hr", documents.BATCH, id=state["batch"]))["node"]
    statuses = [edge["node"]["status"] for edge in batch["assignments"]["edges"]]
    require_condition("ATTENDED" in statuses, "nobody attended the session")
    came = ", ".join(f"{statuses.count(each)} {each}" for each in sorted(set(statuses)))
    return StepReport("a quarter passes", [*rows, ("the batch", came, "", "")])


async def wait_for_job(client: DemoClient, job: str) -> float:
    """Wait for a job's end; returns the waiting time in seconds."""
    waited = 0.0
    while waited < PATIENCE_SECONDS:
        seen = (await client.send_operation("admin", documents.JOB, id=job))["job"]
        require_condition(seen["status"] != "FAILED", f"the job {seen['kind']} failed: {seen['error']}")
        if seen["status"] == "DONE":
            return waited
        await asyncio.sleep(POLL_SECONDS)
        waited += POLL_SECONDS
    raise StepFailed(f"the job {job} did not end within {PATIENCE_SECONDS} s")


async def show_improvement(client: DemoClient, state: dict[str, Any]) -> StepReport:
    """HR sees the training effect with its interval.

    Beside it stand the misleading before-after comparison, and the truth known to the demo alone.
    """
    programme = (await client.send_operation("hr", documents.EFFECT, id=state["session"]["programme"]["id"]))[
        "programme"
    ]
    study = programme["effectStudy"]
    require_condition(study, "there is no estimate of the programme's effect")
    truth = json.loads((state["folder"] / "truth.json").read_text())
    rows: list[tuple[str, ...]] = [
        (
            "verdict",
            study["verdict"],
            f"{study['treatedCount']:,} trained",
            f"{study['controlCount']:,} eligible, not yet trained",
        )
    ]
    if study["effect"] is None:
        return StepReport(f"{programme['name']}: too few to say", rows)
    rows += [
        ("effect after one quarter", format_effect(study, "effect"), "true effect", f"{truth['1']:+.2f}"),
        ("before against after", f"{Decimal(study['beforeAfter']):+.2f}", "what the usual chart would claim", ""),
        (
            "mean score",
            f"{Decimal(study['meanBefore']):.2f} → {Decimal(study['meanAfter']):.2f}",
            "expected without training",
            f"{Decimal(study['expectedAfter']):.2f}",
        ),
        ("placebo, two quarters before", format_effect(study, "placebo"), "true effect", "+0.00"),
    ]
    rows += [
        (f"{number:+d} quarters", format_effect(each, "effect"), "true effect", f"{truth[str(number)]:+.2f}")
        for each in study["quarters"]
        if each["effect"] is not None and str(number := each["quartersSinceTraining"]) in truth
    ]
    return StepReport(f"{programme['name']}: did it help?", rows)


def format_effect(figures: dict[str, Any], name: str) -> str:
    """Format a figure in score points, with its interval."""
    at, low, high = (Decimal(figures[each]) for each in (name, f"{name}Low", f"{name}High"))
    return f"{at:+.2f} ({low:+.2f} to {high:+.2f})"


async def show_score_series(client: DemoClient, state: dict[str, Any]) -> StepReport:
    """HR sees the score series of an attendee, with their training on the chart."""
    batch = (await client.send_operation("hr", documents.BATCH, id=state["batch"]))["node"]
    attended = [edge["node"] for edge in batch["assignments"]["edges"] if edge["node"]["status"] == "ATTENDED"]
    person = (await client.send_operation("hr", documents.SERIES, id=attended[0]["person"]["id"]))["person"]
    require_condition(person["trainingRecords"], "who attended has no training record")
    require_condition(person["evaluations"], "who attended has no evaluations")
    record = person["trainingRecords"][0]
    rows: list[tuple[str, ...]] = [
        (each["period"], each["score"], each["predikat"], "") for each in person["evaluations"]
    ]
    rows.append((f"trained, {record['completedOn']}", f"{record['jp']} JP", record["certificate"], ""))
    return StepReport(f"{person['name']} after the training", rows)


STEPS: Final[tuple[WalkthroughStep, ...]] = (
    list_positions,
    open_own_page,
    record_missing_evaluation,
    open_risk_list,
    preview_seats,
    assign_seats,
    request_next_quarter,
    show_improvement,
    show_score_series,
)


async def play_steps(
    client: DemoClient,
    folder: Path,
    today: str,
    period: str,
    print_report: Callable[[int, StepReport, DemoClient], None],
) -> None:
    """Play all steps in order, printing each report.

    Raises:
        StepFailed: a step did not find the expected data; the message names the step.
    """
    known: dict[str, Any] = {"folder": folder, "today": today, "period": period}
    for number, step in enumerate(STEPS, start=1):
        try:
            chapter = await step(client, known)
        except StepFailed as failed:
            raise StepFailed(f"step {number}, {step.__name__}: {failed}") from failed
        except (KeyError, IndexError, TypeError) as missing:
            raise StepFailed(f"step {number}, {step.__name__}: the answer lacks {missing}") from missing
        print_report(number, chapter, client)
