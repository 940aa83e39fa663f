"""Benchmark `make bench`: Kinerja, PostGraphile, plain Strawberry and hand-written SQL compared.

All work over the same data and do the same work. README.md beside this file explains the comparison, its method and
its fairness.
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

from bench import province_database
from bench.contenders import contender, node
from bench.report import deep_paging, report, rounds
from bench.workload import material, request_builders
from bench.workload.role_questions import ALL_QUESTIONS
from kinerja.errors import OperatorError
from kinerja.observability import structured_logging
from ml.synthetic.settings import GeneratorSettings as Province

RESULTS: Final = Path(__file__).parent / "results"
QUARTERS: Final = 12

_FULL_LENGTH: Final = rounds.RoundLength(rounds=2, seconds=2.0, warm_seconds=1.5)
_QUICK_LENGTH: Final = rounds.RoundLength(rounds=1, seconds=0.4, warm_seconds=0.4)
_EMPLOYEES: Final = 70_000
_QUICK_EMPLOYEES: Final = 2_000
_PAGE_REQUESTS: Final = 300  # requests of each page, thrice
_CONSOLE_WIDTH: Final = 120


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the command line; ends the process for senseless arguments."""
    names = [question.name for question in ALL_QUESTIONS]
    parser = argparse.ArgumentParser(prog="python -m bench", description="Compare servers on the same work.")
    parser.add_argument("--employees", type=int, help=f"people in the province; {_EMPLOYEES} if nothing is said")
    parser.add_argument("--quick", action="store_true", help="short turns on a small province, to see that it runs")
    parser.add_argument("--rounds", type=int, help="turns of each server at each number of clients")
    parser.add_argument("--seconds", type=float, help="length of a turn")
    parser.add_argument("--only", nargs="+", choices=names, metavar="QUESTION", help=f"of {', '.join(names)}")
    parser.add_argument("--fresh", action="store_true", help="load the province anew")
    parser.add_argument("--results", type=Path, help="file for the figures; bench/results/latest.json, or quick.json")
    chosen = parser.parse_args(arguments)
    usual = _QUICK_LENGTH if chosen.quick else _FULL_LENGTH
    chosen.results = chosen.results or RESULTS / ("quick.json" if chosen.quick else "latest.json")
    chosen.length = rounds.RoundLength(
        chosen.rounds or usual.rounds, chosen.seconds or usual.seconds, usual.warm_seconds
    )
    try:
        employees = chosen.employees or (_QUICK_EMPLOYEES if chosen.quick else _EMPLOYEES)
        chosen.province = Province(employees=employees, quarters=QUARTERS)
    except ValueError as error:
        parser.error(str(error))
    return chosen


def run_benchmark(options: argparse.Namespace, console: Console) -> None:
    """Measure, print and store the results.

    Raises:
        OperatorError: something needed is unavailable, or a server answered wrongly.
        AnswersDiffer: two servers gave different data.
    """

    def say(line: str) -> None:
        console.print(line, highlight=False)

    questions = [question for question in ALL_QUESTIONS if not options.only or question.name in options.only]
    node.install_node(say)
    with ExitStack() as open_:
        cluster = open_.enter_context(
            province_database.open_province_cluster(options.province, say, fresh=options.fresh)
        )
        prefix = asyncio.run(material.install_database_objects(cluster.database_url()))
        known = asyncio.run(material.load_material(cluster.database_url()))
        secret = secrets.token_urlsafe(48)
        words = contender.sign_kinerja_requests(secret, known)
        everybody = contender.build_contenders(secret, words, known, prefix)
        match = rounds.Comparison(cluster, known, everybody, open_, say)
        found = rounds.Measurements(statements=match.check_answers(questions))
        say("bench: all give the same data")
        match.measure_questions(questions, options.length, found)
        far = deep_paging.time_deep_page(match.servers[contender.OURS], words, known.people, _PAGE_REQUESTS, say)
    report.print_report(console, found, far, known.people, [each.name for each in everybody])
    report.write_results(options.results, report.build_results(found, far, known.people))


def main(arguments: Sequence[str]) -> int:
    """Run the command; returns the exit code."""
    chosen = parse_arguments(arguments)
    structured_logging.configure_logging("error")
    console = Console() if sys.stdout.isatty() else Console(width=_CONSOLE_WIDTH)
    try:
        run_benchmark(chosen, console)
    except (OperatorError, request_builders.AnswersDiffer) as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
