"""`make bench`: ours, PostGraphile, the usual way and the limit, over the same data and doing the same work.

README.md beside this file tells what is compared, how, and how fair that is.
"""

import argparse
import asyncio
import secrets
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from rich.console import Console

from bench import asking, contenders, material, node, pages, province, report, rounds
from bench.role_questions import ALL
from kinerja import logs
from kinerja.failures import CannotRun
from ml.population.settings import Settings as Province

RESULTS: Final = Path(__file__).parent / "results"
QUARTERS: Final = 12

_WHOLE: Final = rounds.Length(rounds=2, seconds=2.0, warm=1.5)
_QUICK: Final = rounds.Length(rounds=1, seconds=0.4, warm=0.4)
_EMPLOYEES: Final = 70_000
_FEW: Final = 2_000
_PAGES: Final = 300  # requests of each page, thrice
_WIDTH: Final = 120


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """What the command line asks for; ends the process where that makes no sense."""
    names = [question.name for question in ALL]
    parser = argparse.ArgumentParser(prog="python -m bench", description="Compare servers on the same work.")
    parser.add_argument("--employees", type=int, help=f"people in the province; {_EMPLOYEES} if nothing is said")
    parser.add_argument("--quick", action="store_true", help="short turns on a small province, to see that it runs")
    parser.add_argument("--rounds", type=int, help="turns of each server at each number of clients")
    parser.add_argument("--seconds", type=float, help="length of a turn")
    parser.add_argument("--only", nargs="+", choices=names, metavar="QUESTION", help=f"of {', '.join(names)}")
    parser.add_argument("--fresh", action="store_true", help="load the province anew")
    parser.add_argument("--results", type=Path, help="file for the figures; bench/results/latest.json, or quick.json")
    chosen = parser.parse_args(arguments)
    usual = _QUICK if chosen.quick else _WHOLE
    chosen.results = chosen.results or RESULTS / ("quick.json" if chosen.quick else "latest.json")
    chosen.length = rounds.Length(chosen.rounds or usual.rounds, chosen.seconds or usual.seconds, usual.warm)
    try:
        employees = chosen.employees or (_FEW if chosen.quick else _EMPLOYEES)
        chosen.province = Province(employees=employees, quarters=QUARTERS)
    except ValueError as error:
        parser.error(str(error))
    return chosen


def run(chosen: argparse.Namespace, console: Console) -> None:
    """Measure, print and keep.

    Raises:
        CannotRun: something that it needs cannot be had, or a server answered wrongly.
        NotTheSame: two servers gave different data.
    """

    def say(line: str) -> None:
        console.print(line, highlight=False)

    questions = [question for question in ALL if not chosen.only or question.name in chosen.only]
    node.prepare(say)
    with ExitStack() as open_:
        cluster = open_.enter_context(province.served(chosen.province, say, fresh=chosen.fresh))
        prefix = asyncio.run(material.install(cluster.url()))
        known = asyncio.run(material.read(cluster.url()))
        secret = secrets.token_urlsafe(48)
        words = contenders.signed(secret, known)
        everybody = contenders.all_of(secret, words, known, prefix)
        match = rounds.Match(cluster, known, everybody, open_, say)
        found = rounds.Found(statements=match.check(questions))
        say("bench: all give the same data")
        match.play(questions, chosen.length, found)
        far = pages.compare(match.running[contenders.OURS], words, known.people, _PAGES, say)
    report.show(console, found, far, known.people, [each.name for each in everybody])
    report.write(chosen.results, report.kept(found, far, known.people))


def main(arguments: Sequence[str]) -> int:
    """Run as a command; the exit code."""
    chosen = parsed(arguments)
    logs.set_up("error")
    console = Console() if sys.stdout.isatty() else Console(width=_WIDTH)
    try:
        run(chosen, console)
    except (CannotRun, asking.NotTheSame) as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
