"""`make bench`: how many times as long the API takes as one hand-written SQL that gives the same data.

A temporary PostgreSQL is filled with a made-up province, and three questions are asked in turn of the served schema,
as the reference executor answers it (the whole request: HTTP in the process, token, parsing, snapshot), and of the
database directly, by one SQL through the driver. The SQL builds the JSON and applies the same rule of who may see
what; it pays for no HTTP, so the ratio counts all of that against the API. Medians of interleaved rounds count.

The next step, an executor that answers a document by one SQL, will be measured by this same bench.
"""

import argparse
import asyncio
import json
import platform
import statistics
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import uvloop
from rich.console import Console
from rich.table import Table

from bench import compare
from bench.questions import QUESTIONS
from kinerja import embedded, logs
from kinerja.failures import CannotRun
from ml.population.settings import Settings as Province

RESULTS: Final = Path(__file__).parent / "results" / "latest.json"
QUARTERS: Final = 12


async def measured(url: str, province: Province, rounds: int, seconds: float) -> list[compare.Figure]:
    """The figure of each question, over an empty database that is filled first."""
    await compare.fill(url, province)
    async with compare.ways(url) as (served, by_hand):
        share = seconds / len(QUESTIONS)
        return [await compare.figure(question, served, by_hand, rounds, share) for question in QUESTIONS]


def geomean(figures: Sequence[compare.Figure]) -> float:
    """The geometric mean of the ratios."""
    return statistics.geometric_mean([figure.ratio for figure in figures])


def show(figures: Sequence[compare.Figure], employees: int) -> None:
    """Print the table."""
    table = Table(title=f"Medians over {employees:,} people × {QUARTERS} quarters")
    table.add_column("question", no_wrap=True)
    for heading in ("API ms", "API SQL", "by hand ms", "by hand SQL", "ratio", "rounds"):
        table.add_column(heading, justify="right")
    for each in figures:
        table.add_row(
            each.name,
            f"{each.served_ms:.2f}",
            str(each.served_statements),
            f"{each.by_hand_ms:.2f}",
            "1",
            f"{each.ratio:.2f}",
            str(each.rounds),
        )
    table.add_section()
    table.add_row("geomean", "", "", "", "", f"{geomean(figures):.2f}", "")
    Console().print(table)


def write(path: Path, figures: Sequence[compare.Figure], employees: int) -> None:
    """Keep the ratios, and what they are of."""
    ratios = {each.name: round(each.ratio, 2) for each in figures}
    kept = {
        "ratio": {"hand_written": {**ratios, "geomean": round(geomean(figures), 2)}},
        "employees": employees,
        "python": platform.python_version(),
        "date": datetime.now(UTC).date().isoformat(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(kept, indent=1) + "\n")


def run(province: Province, rounds: int, seconds: float) -> list[compare.Figure]:
    """Measure on a PostgreSQL of our own, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="kinerja-bench-") as folder:
        cluster = embedded.Cluster(Path(folder))
        cluster.start()
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                return runner.run(measured(cluster.url(), province, rounds, seconds))
        finally:
            cluster.stop()


def main(arguments: Sequence[str]) -> int:
    """Run as a command; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Compare the API with hand-written SQL.")
    parser.add_argument("--employees", type=int, default=5000, help="people in the province")
    parser.add_argument("--rounds", type=int, default=500, help="most rounds of each question")
    parser.add_argument("--seconds", type=float, default=30.0, help="most seconds of all rounds together")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the ratios are kept")
    chosen = parser.parse_args(arguments)
    if chosen.rounds < 1:
        parser.error("--rounds must be 1 or more")
    try:
        province = Province(employees=chosen.employees, quarters=QUARTERS)
    except ValueError as error:
        parser.error(str(error))
    logs.set_up("error")
    try:
        figures = run(province, chosen.rounds, chosen.seconds)
    except (CannotRun, compare.NotTheSame) as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    show(figures, chosen.employees)
    write(chosen.results, figures, chosen.employees)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
