"""What was found: ratios, verdicts against the goals, tables to read and a file to keep."""

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

from bench import role_ratios
from bench.contenders import LIMIT, OURS, PEER, PLAIN, WALLED_PEER
from bench.pages import Pages
from bench.questions import QUESTIONS, Kind
from bench.role_questions import ROLE_QUESTIONS
from bench.rounds import CONNECTIONS, Found, Place, Turn

READS: Final = tuple(question.name for question in QUESTIONS if question.kind is Kind.READ)
USUAL: Final = 16
"""Clients at which ratios are taken, where nothing else is said."""

MANY: Final = 64


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure should reach and must: at least, or at most where less is better."""

    figure: str
    goal: float
    floor: float
    at_most: bool = False

    def verdict(self, found: float) -> str:
        """How a figure stands."""
        sign = -1 if self.at_most else 1
        if sign * found >= sign * self.goal:
            return "goal met"
        return "floor met" if sign * found >= sign * self.floor else "missed"


GOALS: Final = (
    Goal("postgraphile.reads_geomean", 3.3, 2.5),
    Goal("postgraphile.reads_worst", 2.3, 1.8),
    Goal("postgraphile.mutation", 1.4, 1.0),
    Goal("postgraphile.unseen_time", 0.7, 1.0, at_most=True),
    Goal("postgraphile.p99_64", 1.0, 1.0, at_most=True),
    Goal("limit.reads_geomean", 0.9, 0.75),
    Goal("postgraphile_rls.reads_geomean", 4.2, 3.0),
    Goal("postgraphile_rls.reads_geomean_1", 3.3, 2.5),
    Goal("postgraphile_rls.worst_role", 3.5, 2.5),
    Goal("postgraphile_rls.command", 1.7, 1.2),
    Goal("postgraphile_rls.hot_command", 2.2, 1.7),
    Goal("postgraphile_rls.p99_16", 0.5, 1.0, at_most=True),
    Goal("limit.roles_geomean", 0.85, 0.75),
    Goal("cost.rls_cpu", 1.1, 1.2, at_most=True),
    Goal("pages.apart", 0.2, 0.2, at_most=True),
)


def ratios(found: Found) -> dict[str, dict[str, float]]:
    """Ours against each other: requests per second, so that more is better; times where a name says so.

    `cost` is processor time of ours with a part over ours without it.
    """
    made = {other: _against(found, other) for other in (PEER, PLAIN, LIMIT)}
    made[LIMIT] |= _rounded(role_ratios.against_limit(found))
    made[WALLED_PEER] = _rounded(role_ratios.against_peer(found))
    made["cost"] = _rounded(role_ratios.costs(found))
    return {other: figures for other, figures in made.items() if figures}


def _against(found: Found, other: str) -> dict[str, float]:
    rates = {name: _ratio(found, other, name, USUAL, "rate") for name in (*READS, "mutation")}
    figures = {name: ratio for name, ratio in rates.items() if ratio}
    reads = [figures[name] for name in READS if name in figures]
    if reads:
        figures["reads_geomean"] = statistics.geometric_mean(reads)
        figures["reads_worst"] = min(reads)
    alone = [_ratio(found, other, name, 1, "rate") for name in READS]
    if all(alone) and alone:
        figures["reads_geomean_1"] = statistics.geometric_mean([ratio for ratio in alone if ratio])
    slowest = [_ratio(found, other, name, MANY, "p99") for name in READS]
    if any(slowest):
        figures["p99_64"] = max(ratio for ratio in slowest if ratio)
    unseen = _ratio(found, other, "unseen", 1, "p50")
    if unseen:
        figures["unseen_time"] = unseen
        figures["unseen"] = _ratio(found, other, "unseen", USUAL, "rate") or 0.0
    return _rounded(figures)


def _rounded(figures: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in figures.items()}


def _ratio(found: Found, other: str, question: str, connections: int, figure: str) -> float | None:
    ours = found.median(Place(OURS, question, connections))
    theirs = found.median(Place(other, question, connections))
    if ours is None or theirs is None:
        return None
    return float(getattr(ours, figure) / getattr(theirs, figure))


def verdicts(made: Mapping[str, Mapping[str, float]], pages: Pages) -> Iterator[tuple[Goal, float, str]]:
    """Each goal, the figure, and how it stands."""
    known = {**made, "pages": {"apart": round(abs(pages.ratio - 1), 3)}}
    for goal in GOALS:
        other, _, name = goal.figure.partition(".")
        figure = known.get(other, {}).get(name)
        if figure is not None:
            yield goal, figure, goal.verdict(figure)


def kept(found: Found, pages: Pages, employees: int) -> dict[str, Any]:
    """What is written down."""
    made = ratios(found)
    return {
        "ratio": made,
        "verdict": {goal.figure: told for goal, _, told in verdicts(made, pages)},
        "pages": {**asdict(pages), "ratio": round(pages.ratio, 3)},
        "statements": found.statements,
        "memory_mb": {name: round(size, 1) for name, size in found.memory.items()},
        "figures": _figures(found),
        "employees": employees,
        "python": platform.python_version(),
        "date": datetime.now(UTC).date().isoformat(),
    }


def _figures(found: Found) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for place in found.turns:
        turn = found.median(place)
        if turn is not None:
            told = {name: round(value, 3) for name, value in asdict(turn).items()}
            figures.setdefault(place.contender, {}).setdefault(place.question, {})[str(place.connections)] = told
    return figures


def write(path: Path, told: Mapping[str, Any]) -> None:
    """Keep it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told, indent=1) + "\n")


def show(console: Console, found: Found, pages: Pages, employees: int, contenders: Sequence[str]) -> None:
    """Print the tables."""
    for connections in CONNECTIONS:
        console.print(_table(found, connections, contenders, employees))
    console.print(_ratio_table(found))
    console.print(_role_table(found))
    memory = ", ".join(f"{name} {size:.0f} MB" for name, size in found.memory.items())
    console.print(f"Memory of each server (PSS): {memory}", highlight=False)
    statements = ", ".join(f"{name} {count}" for name, count in found.statements.items())
    console.print(f"SQL statements of ours per document: {statements}", highlight=False)
    console.print(
        f"Page 1 {pages.first_ms:.2f} ms, page {pages.number} {pages.far_ms:.2f} ms ({pages.ratio:.2f})",
        highlight=False,
    )
    verdict = Table(title="Verdict", title_justify="left")
    for heading in ("figure", "found", "goal", "floor", ""):
        verdict.add_column(heading, no_wrap=True)
    for goal, figure, told in verdicts(ratios(found), pages):
        sign = "≤" if goal.at_most else "≥"
        verdict.add_row(goal.figure, f"{figure:.2f}", f"{sign} {goal.goal}", f"{sign} {goal.floor}", told)
    console.print(verdict)


def _table(found: Found, connections: int, contenders: Sequence[str], employees: int) -> Table:
    table = Table(title=f"Clients: {connections}; people: {employees:,}", title_justify="left")
    table.add_column("question", no_wrap=True)
    table.add_column("server", no_wrap=True)
    for heading in ("requests/s", "p50 ms", "p99 ms", "CPU ms", "of it PostgreSQL"):
        table.add_column(heading, justify="right", no_wrap=True)
    for question in (*QUESTIONS, *ROLE_QUESTIONS):
        for name in contenders:
            turn = found.median(Place(name, question.name, connections))
            if turn is not None:
                table.add_row(question.name, name, *_cells(turn))
        table.add_section()
    return table


def _cells(turn: Turn) -> tuple[str, ...]:
    both = turn.server_ms + turn.database_ms
    return f"{turn.rate:,.0f}", f"{turn.p50:.2f}", f"{turn.p99:.2f}", f"{both:.2f}", f"{turn.database_ms:.2f}"


def _ratio_table(found: Found) -> Table:
    made = ratios(found)
    table = Table(
        title=f"Ours against each, requests/s at {USUAL} clients; times where it says so", title_justify="left"
    )
    table.add_column("figure", no_wrap=True)
    made = {other: made[other] for other in (PEER, PLAIN, LIMIT) if other in made}
    for other in made:
        table.add_column(other, justify="right")
    names = (*READS, "reads_geomean", "reads_worst", "reads_geomean_1", "mutation", "unseen", "unseen_time", "p99_64")
    for name in names:
        cells = [f"{figures[name]:.2f}" if name in figures else "" for figures in made.values()]
        table.add_row(name, *cells)
    return table


def _role_table(found: Found) -> Table:
    made = ratios(found)
    table = Table(title=f"With access on, at {USUAL} clients", title_justify="left")
    for heading in ("figure", "against", "found"):
        table.add_column(heading, no_wrap=True)
    for other in (WALLED_PEER, "cost"):
        for name, figure in made.get(other, {}).items():
            table.add_row(name, other, f"{figure:.2f}")
        table.add_section()
    return table
