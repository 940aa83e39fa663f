"""Figures with access on: ours against PostGraphile under the same row security, and what the second wall costs."""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from bench.contenders import LIMIT, OURS, SCOPE_ALONE, UNAUDITED, WALLED_PEER
from bench.questions import Question
from bench.role_questions import AUDITOR, COMMAND, EMPLOYEE, HOT_COMMAND, HR, ROLE_READS, SUPERVISOR
from bench.rounds import Found, Place, Turn

USUAL: Final = 16
ALONE: Final = 1

KINDS: Final[Mapping[str, Sequence[Question]]] = {
    "employee": EMPLOYEE,
    "supervisor": SUPERVISOR,
    "hr": HR,
    "auditor": AUDITOR,
}

Figure = Callable[[Turn], float]


def ratio(found: Found, other: str, question: str, connections: int, figure: Figure) -> float | None:
    """A figure of ours over the other's; None where one of them was not asked."""
    ours, theirs = (found.median(Place(name, question, connections)) for name in (OURS, other))
    return None if ours is None or theirs is None else figure(ours) / figure(theirs)


def against_peer(found: Found) -> dict[str, float]:
    """Requests per second over PostGraphile's, each role's geometric mean, all roles' and the worst; p99 as times."""
    figures = _roles(found, WALLED_PEER)
    alone = _ratios(found, WALLED_PEER, ROLE_READS, ALONE, _rate)
    if alone:
        figures["reads_geomean_1"] = statistics.geometric_mean(alone)
    for question in (COMMAND, HOT_COMMAND):
        figures.update(_named(found, WALLED_PEER, question.name))
    slowest = _ratios(found, WALLED_PEER, ROLE_READS, USUAL, _p99)
    if slowest:
        figures["p99_16"] = max(slowest)
    return figures


def against_limit(found: Found) -> dict[str, float]:
    """Requests per second over those of the hand-written SQL, which asks nobody who he is."""
    figures = _roles(found, LIMIT)
    return {"roles_geomean": figures["reads_geomean"]} if figures else {}


def costs(found: Found) -> dict[str, float]:
    """Processor time of server and PostgreSQL per read, with a part over without it."""
    figures = {}
    for name, other in (("rls_cpu", SCOPE_ALONE), ("audit_cpu", UNAUDITED)):
        spent = _ratios(found, other, ROLE_READS, USUAL, _cpu)
        if spent:
            figures[name] = statistics.geometric_mean(spent)
            figures[f"{name}_worst"] = max(spent)
    return figures


def _roles(found: Found, other: str) -> dict[str, float]:
    figures: dict[str, float] = {}
    for question in ROLE_READS:
        figures.update(_named(found, other, question.name))
    kinds = {kind: _ratios(found, other, questions, USUAL, _rate) for kind, questions in KINDS.items()}
    means = {kind: statistics.geometric_mean(ratios) for kind, ratios in kinds.items() if ratios}
    if means:
        figures.update(means)
        figures["worst_role"] = min(means.values())
        figures["reads_geomean"] = statistics.geometric_mean(_ratios(found, other, ROLE_READS, USUAL, _rate))
    return figures


def _named(found: Found, other: str, question: str) -> dict[str, float]:
    told = ratio(found, other, question, USUAL, _rate)
    return {} if told is None else {question: told}


def _ratios(found: Found, other: str, questions: Iterable[Question], connections: int, figure: Figure) -> list[float]:
    ratios = (ratio(found, other, question.name, connections, figure) for question in questions)
    return [each for each in ratios if each is not None]


def _rate(turn: Turn) -> float:
    return turn.rate


def _p99(turn: Turn) -> float:
    return turn.p99


def _cpu(turn: Turn) -> float:
    return turn.server_ms + turn.database_ms
