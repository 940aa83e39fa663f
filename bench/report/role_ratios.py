"""Ratios with access on: ours over PostGraphile, and the cost of row-level security.

PostGraphile has the same row security; ours has it as a second protection beside the scopes of plans.
"""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from bench.contenders.contender import LIMIT, OURS, PEER_WITH_ROW_SECURITY, SCOPE_ALONE, UNAUDITED
from bench.report.rounds import Measurements, Turn, TurnKey
from bench.workload.questions import Question
from bench.workload.role_questions import AUDITOR, COMMAND, EMPLOYEE, HOT_COMMAND, HR, ROLE_READS, SUPERVISOR

ROLE_CONNECTIONS: Final = 16
SINGLE_CONNECTION: Final = 1

QUESTIONS_BY_ROLE: Final[Mapping[str, Sequence[Question]]] = {
    "employee": EMPLOYEE,
    "supervisor": SUPERVISOR,
    "hr": HR,
    "auditor": AUDITOR,
}

TurnFigure = Callable[[Turn], float]


def compute_role_ratio(
    measurements: Measurements, other: str, question: str, connections: int, figure: TurnFigure
) -> float | None:
    """Ratio of a figure of ours over the other's; None without one of them."""
    ours, theirs = (measurements.median_turn(TurnKey(name, question, connections)) for name in (OURS, other))
    return None if ours is None or theirs is None else figure(ours) / figure(theirs)


def compare_with_peer(measurements: Measurements) -> dict[str, float]:
    """Requests per second over PostGraphile's, p99 as times.

    Each role's geometric mean, that of all roles, and the worst.
    """
    figures = _compare_roles(measurements, PEER_WITH_ROW_SECURITY)
    alone = _collect_ratios(measurements, PEER_WITH_ROW_SECURITY, ROLE_READS, SINGLE_CONNECTION, _get_rate)
    if alone:
        figures["reads_geomean_1"] = statistics.geometric_mean(alone)
    for question in (COMMAND, HOT_COMMAND):
        figures.update(_ratio_by_name(measurements, PEER_WITH_ROW_SECURITY, question.name))
    slowest = _collect_ratios(measurements, PEER_WITH_ROW_SECURITY, ROLE_READS, ROLE_CONNECTIONS, _get_p99)
    if slowest:
        figures["p99_16"] = max(slowest)
    return figures


def compare_with_limit(measurements: Measurements) -> dict[str, float]:
    """Requests per second over those of the hand-written SQL, without any access check."""
    figures = _compare_roles(measurements, LIMIT)
    return {"roles_geomean": figures["reads_geomean"]} if figures else {}


def compute_access_costs(measurements: Measurements) -> dict[str, float]:
    """Processor time per read, with a part over without it.

    Of server and PostgreSQL together.
    """
    figures = {}
    for name, other in (("rls_cpu", SCOPE_ALONE), ("audit_cpu", UNAUDITED)):
        spent = _collect_ratios(measurements, other, ROLE_READS, ROLE_CONNECTIONS, _get_cpu_time)
        if spent:
            figures[name] = statistics.geometric_mean(spent)
            figures[f"{name}_worst"] = max(spent)
    return figures


def _compare_roles(measurements: Measurements, other: str) -> dict[str, float]:
    figures: dict[str, float] = {}
    for question in ROLE_READS:
        figures.update(_ratio_by_name(measurements, other, question.name))
    kinds = {
        kind: _collect_ratios(measurements, other, questions, ROLE_CONNECTIONS, _get_rate)
        for kind, questions in QUESTIONS_BY_ROLE.items()
    }
    means = {kind: statistics.geometric_mean(ratios) for kind, ratios in kinds.items() if ratios}
    if means:
        figures.update(means)
        figures["worst_role"] = min(means.values())
        figures["reads_geomean"] = statistics.geometric_mean(
            _collect_ratios(measurements, other, ROLE_READS, ROLE_CONNECTIONS, _get_rate)
        )
    return figures


def _ratio_by_name(measurements: Measurements, other: str, question: str) -> dict[str, float]:
    told = compute_role_ratio(measurements, other, question, ROLE_CONNECTIONS, _get_rate)
    return {} if told is None else {question: told}


def _collect_ratios(
    measurements: Measurements, other: str, questions: Iterable[Question], connections: int, figure: TurnFigure
) -> list[float]:
    ratios = (compute_role_ratio(measurements, other, question.name, connections, figure) for question in questions)
    return [each for each in ratios if each is not None]


def _get_rate(turn: Turn) -> float:
    return turn.rate


def _get_p99(turn: Turn) -> float:
    return turn.p99


def _get_cpu_time(turn: Turn) -> float:
    return turn.server_ms + turn.database_ms
