"""Report of a benchmark: ratios, verdicts against the goals, tables and results file."""

import json
import platform
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from bench.contenders.contender import LIMIT, OURS, PEER, PEER_WITH_ROW_SECURITY, PLAIN
from bench.report import role_ratios
from bench.report.deep_paging import DeepPageTiming
from bench.report.rounds import CLIENT_COUNTS, Measurements, Turn, TurnKey
from bench.workload.questions import QUESTIONS, QuestionKind
from bench.workload.role_questions import ROLE_QUESTIONS

READ_NAMES: Final = tuple(question.name for question in QUESTIONS if question.kind is QuestionKind.READ)
USUAL_CONNECTIONS: Final = 16
"""Default number of clients of the ratios."""

MANY_CONNECTIONS: Final = 64


@dataclass(frozen=True, slots=True)
class RatioGoal:
    """Goal of a ratio: the desired and the required value.

    At least, or at most if less is better.
    """

    figure: str
    goal: float
    floor: float
    at_most: bool = False

    def judge_ratio(self, ratio: float) -> str:
        """Judge a ratio against the goal."""
        sign = -1 if self.at_most else 1
        if sign * ratio >= sign * self.goal:
            return "goal met"
        return "floor met" if sign * ratio >= sign * self.floor else "missed"


RATIO_GOALS: Final = (
    RatioGoal("postgraphile.reads_geomean", 3.3, 2.5),
    RatioGoal("postgraphile.reads_worst", 2.3, 1.8),
    RatioGoal("postgraphile.mutation", 1.4, 1.0),
    RatioGoal("postgraphile.unseen_time", 0.7, 1.0, at_most=True),
    RatioGoal("postgraphile.p99_64", 1.0, 1.0, at_most=True),
    RatioGoal("limit.reads_geomean", 0.9, 0.75),
    RatioGoal("postgraphile_rls.reads_geomean", 4.2, 3.0),
    RatioGoal("postgraphile_rls.reads_geomean_1", 3.3, 2.5),
    RatioGoal("postgraphile_rls.worst_role", 3.5, 2.5),
    RatioGoal("postgraphile_rls.command", 1.7, 1.2),
    RatioGoal("postgraphile_rls.hot_command", 2.2, 1.7),
    RatioGoal("postgraphile_rls.p99_16", 0.5, 1.0, at_most=True),
    RatioGoal("limit.roles_geomean", 0.85, 0.75),
    RatioGoal("cost.rls_cpu", 1.1, 1.2, at_most=True),
    RatioGoal("pages.apart", 0.2, 0.2, at_most=True),
)


def compute_ratios(measurements: Measurements) -> dict[str, dict[str, float]]:
    """Compute the ratios of ours over each other contender.

    Requests per second, so more is better; times for names with a time. `cost` is processor time of ours with a part
    over ours without it.
    """
    made = {other: _compare_with(measurements, other) for other in (PEER, PLAIN, LIMIT)}
    made[LIMIT] |= _round_ratios(role_ratios.compare_with_limit(measurements))
    made[PEER_WITH_ROW_SECURITY] = _round_ratios(role_ratios.compare_with_peer(measurements))
    made["cost"] = _round_ratios(role_ratios.compute_access_costs(measurements))
    return {other: figures for other, figures in made.items() if figures}


def _compare_with(measurements: Measurements, other: str) -> dict[str, float]:
    rates = {
        name: _compute_ratio(measurements, other, name, USUAL_CONNECTIONS, "rate")
        for name in (*READ_NAMES, "mutation")
    }
    figures = {name: ratio for name, ratio in rates.items() if ratio}
    reads = [figures[name] for name in READ_NAMES if name in figures]
    if reads:
        figures["reads_geomean"] = statistics.geometric_mean(reads)
        figures["reads_worst"] = min(reads)
    alone = [_compute_ratio(measurements, other, name, 1, "rate") for name in READ_NAMES]
    if all(alone) and alone:
        figures["reads_geomean_1"] = statistics.geometric_mean([ratio for ratio in alone if ratio])
    slowest = [_compute_ratio(measurements, other, name, MANY_CONNECTIONS, "p99") for name in READ_NAMES]
    if any(slowest):
        figures["p99_64"] = max(ratio for ratio in slowest if ratio)
    unseen = _compute_ratio(measurements, other, "unseen", 1, "p50")
    if unseen:
        figures["unseen_time"] = unseen
        figures["unseen"] = _compute_ratio(measurements, other, "unseen", USUAL_CONNECTIONS, "rate") or 0.0
    return _round_ratios(figures)


def _round_ratios(figures: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in figures.items()}


def _compute_ratio(
    measurements: Measurements, other: str, question: str, connections: int, figure: str
) -> float | None:
    ours = measurements.median_turn(TurnKey(OURS, question, connections))
    theirs = measurements.median_turn(TurnKey(other, question, connections))
    if ours is None or theirs is None:
        return None
    return float(getattr(ours, figure) / getattr(theirs, figure))


def judge_goals(
    ratios: Mapping[str, Mapping[str, float]], pages: DeepPageTiming
) -> Iterator[tuple[RatioGoal, float, str]]:
    """Judge all goals: each with its figure and verdict."""
    known = {**ratios, "pages": {"apart": round(abs(pages.ratio - 1), 3)}}
    for goal in RATIO_GOALS:
        other, _, name = goal.figure.partition(".")
        figure = known.get(other, {}).get(name)
        if figure is not None:
            yield goal, figure, goal.judge_ratio(figure)


def build_results(measurements: Measurements, pages: DeepPageTiming, employees: int) -> dict[str, Any]:
    """Build the document of the results file."""
    made = compute_ratios(measurements)
    return {
        "ratio": made,
        "verdict": {goal.figure: told for goal, _, told in judge_goals(made, pages)},
        "pages": {**asdict(pages), "ratio": round(pages.ratio, 3)},
        "statements": measurements.statements,
        "memory_mb": {name: round(size, 1) for name, size in measurements.memory.items()},
        "figures": _collect_medians(measurements),
        "employees": employees,
        "python": platform.python_version(),
        "date": datetime.now(UTC).date().isoformat(),
    }


def _collect_medians(measurements: Measurements) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for place in measurements.turns:
        turn = measurements.median_turn(place)
        if turn is not None:
            told = {name: round(value, 3) for name, value in asdict(turn).items()}
            figures.setdefault(place.contender, {}).setdefault(place.question, {})[str(place.connections)] = told
    return figures


def write_results(path: Path, results: Mapping[str, Any]) -> None:
    """Write the results file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=1) + "\n")


def print_report(
    console: Console, measurements: Measurements, pages: DeepPageTiming, employees: int, contenders: Sequence[str]
) -> None:
    """Print the tables."""
    for connections in CLIENT_COUNTS:
        console.print(_build_turn_table(measurements, connections, contenders, employees))
    console.print(_build_ratio_table(measurements))
    console.print(_build_role_table(measurements))
    memory = ", ".join(f"{name} {size:.0f} MB" for name, size in measurements.memory.items())
    console.print(f"Memory of each server (PSS): {memory}", highlight=False)
    statements = ", ".join(f"{name} {count}" for name, count in measurements.statements.items())
    console.print(f"SQL statements of ours per document: {statements}", highlight=False)
    console.print(
        f"Page 1 {pages.first_ms:.2f} ms, page {pages.number} {pages.far_ms:.2f} ms ({pages.ratio:.2f})",
        highlight=False,
    )
    verdict = Table(title="Verdict", title_justify="left")
    for heading in ("figure", "found", "goal", "floor", ""):
        verdict.add_column(heading, no_wrap=True)
    for goal, figure, told in judge_goals(compute_ratios(measurements), pages):
        sign = "≤" if goal.at_most else "≥"
        verdict.add_row(goal.figure, f"{figure:.2f}", f"{sign} {goal.goal}", f"{sign} {goal.floor}", told)
    console.print(verdict)


def _build_turn_table(
    measurements: Measurements, connections: int, contenders: Sequence[str], employees: int
) -> Table:
    table = Table(title=f"Clients: {connections}; people: {employees:,}", title_justify="left")
    table.add_column("question", no_wrap=True)
    table.add_column("server", no_wrap=True)
    for heading in ("requests/s", "p50 ms", "p99 ms", "CPU ms", "of it PostgreSQL"):
        table.add_column(heading, justify="right", no_wrap=True)
    for question in (*QUESTIONS, *ROLE_QUESTIONS):
        for name in contenders:
            turn = measurements.median_turn(TurnKey(name, question.name, connections))
            if turn is not None:
                table.add_row(question.name, name, *_format_turn(turn))
        table.add_section()
    return table


def _format_turn(turn: Turn) -> tuple[str, ...]:
    both = turn.server_ms + turn.database_ms
    return f"{turn.rate:,.0f}", f"{turn.p50:.2f}", f"{turn.p99:.2f}", f"{both:.2f}", f"{turn.database_ms:.2f}"


def _build_ratio_table(measurements: Measurements) -> Table:
    made = compute_ratios(measurements)
    table = Table(
        title=f"Ours against each, requests/s at {USUAL_CONNECTIONS} clients; times where it says so",
        title_justify="left",
    )
    table.add_column("figure", no_wrap=True)
    made = {other: made[other] for other in (PEER, PLAIN, LIMIT) if other in made}
    for other in made:
        table.add_column(other, justify="right")
    names = (
        *READ_NAMES,
        "reads_geomean",
        "reads_worst",
        "reads_geomean_1",
        "mutation",
        "unseen",
        "unseen_time",
        "p99_64",
    )
    for name in names:
        cells = [f"{figures[name]:.2f}" if name in figures else "" for figures in made.values()]
        table.add_row(name, *cells)
    return table


def _build_role_table(measurements: Measurements) -> Table:
    made = compute_ratios(measurements)
    table = Table(title=f"With access on, at {USUAL_CONNECTIONS} clients", title_justify="left")
    for heading in ("figure", "against", "found"):
        table.add_column(heading, no_wrap=True)
    for other in (PEER_WITH_ROW_SECURITY, "cost"):
        for name, figure in made.get(other, {}).items():
            table.add_row(name, other, f"{figure:.2f}")
        table.add_section()
    return table
