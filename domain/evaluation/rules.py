"""Evaluation rules: from two indices to ratings, predikat and score."""

import re
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from domain.business_date.quarters import next_quarter_start
from domain.evaluation.facts import (
    Cutoffs,
    EvaluationOutcome,
    Indices,
    Period,
    PeriodKind,
    Predikat,
    Rating,
    Regulation,
)

HUNDRED = Decimal(100)
MAX_SCORE = Decimal(120)
HUNDREDTH = Decimal("0.01")

MATRIX_RULES = {
    (Rating.DI_ATAS, Rating.DI_ATAS): "R-EVAL-01",
    (Rating.DI_ATAS, Rating.SESUAI): "R-EVAL-02",
    (Rating.DI_ATAS, Rating.DI_BAWAH): "R-EVAL-03",
    (Rating.SESUAI, Rating.DI_ATAS): "R-EVAL-04",
    (Rating.SESUAI, Rating.SESUAI): "R-EVAL-05",
    (Rating.SESUAI, Rating.DI_BAWAH): "R-EVAL-06",
    (Rating.DI_BAWAH, Rating.DI_ATAS): "R-EVAL-07",
    (Rating.DI_BAWAH, Rating.SESUAI): "R-EVAL-08",
    (Rating.DI_BAWAH, Rating.DI_BAWAH): "R-EVAL-09",
}
"""The rule behind each cell of the matrix, by rating of results and of behaviour."""

PERIOD_PATTERN = re.compile(r"(?P<year>20\d\d)(?:-(?:Q(?P<quarter>[1-4])|(?P<month>0[1-9]|1[0-2])))?")


def rate_index(index: Decimal, cutoffs: Cutoffs) -> Rating:
    """The rating of an index of 0…120: below, at or above expectation.

    The cut-offs are the office's own, since PermenPANRB 6/2022 leaves the roll-up to judgement.
    """
    if index < cutoffs.lower:
        return Rating.DI_BAWAH
    return Rating.DI_ATAS if index >= cutoffs.upper else Rating.SESUAI


def predikat(results: Rating, behaviour: Rating, regulation: Regulation) -> Predikat:
    """The predikat of a pair of ratings: PermenPANRB 6/2022 art. 24-25 and annex (R-EVAL-01…09).

    It is not symmetric: good results with behaviour below expectation are KURANG, results below expectation with good
    behaviour BUTUH_PERBAIKAN.
    """
    return regulation.matrix[results, behaviour]


def score(indices: Indices, regulation: Regulation) -> Decimal:
    """The evidence-based score, 0…120 in hundredths, rounded half up before any threshold is applied.

    The weighted mean of the two indices is drawn towards 100 by `stretch`, because both indices spread wider than the
    performance they measure. The project's own rule; its figures are dated.
    """
    mean = indices.results * regulation.results_weight + indices.behaviour * regulation.behaviour_weight
    raw = HUNDRED + (mean - HUNDRED) / regulation.stretch
    return min(max(raw, Decimal(0)), MAX_SCORE).quantize(HUNDREDTH, rounding=ROUND_HALF_UP)


def is_low(reached: Decimal, results: Rating, regulation: Regulation) -> bool:
    """True if a period is low: score under the threshold, or results below expectation.

    The risk model predicts this. The annual predikat is no such signal: 0.27 % are below BAIK.
    """
    return reached < regulation.low_below or results is Rating.DI_BAWAH


def derive_outcome(indices: Indices, regulation: Regulation) -> EvaluationOutcome:
    """The outcome of two indices; the predikat is derived, never typed in (R-EVAL-10)."""
    results = rate_index(indices.results, regulation.results)
    behaviour = rate_index(indices.behaviour, regulation.behaviour)
    reached = score(indices, regulation)
    return EvaluationOutcome(
        score=reached,
        results_rating=results,
        behaviour_rating=behaviour,
        predikat=predikat(results, behaviour, regulation),
        low=is_low(reached, results, regulation),
        rule=f"{regulation.id}/{MATRIX_RULES[results, behaviour]}",
    )


def parse_period(written: object) -> Period:
    """Parse a period written `2026`, `2026-Q3` or `2026-09`; raises ValueError otherwise."""
    if isinstance(written, Period):
        return written
    found = PERIOD_PATTERN.fullmatch(written) if isinstance(written, str) else None
    if found is None:
        raise ValueError("A period is written 2026, 2026-Q3 or 2026-09.")
    year, quarter, month = int(found["year"]), found["quarter"], found["month"]
    if quarter:
        first = date(year, 3 * int(quarter) - 2, 1)
        return Period(PeriodKind.TRIWULAN, first, next_quarter_start(first) - timedelta(days=1))
    if month:
        first = date(year, int(month), 1)
        following = date(year + first.month // 12, first.month % 12 + 1, 1)
        return Period(PeriodKind.BULANAN, first, following - timedelta(days=1))
    return Period(PeriodKind.TAHUNAN, date(year, 1, 1), date(year, 12, 31))


def format_period(kind: PeriodKind, starts_on: date) -> str:
    """Format a period as text for `parse_period`."""
    if kind is PeriodKind.TRIWULAN:
        return f"{starts_on.year}-Q{(starts_on.month + 2) // 3}"
    return f"{starts_on.year}" if kind is PeriodKind.TAHUNAN else f"{starts_on.year}-{starts_on.month:02}"


def recording_window(period: Period, days: int) -> tuple[date, date]:
    """The first and last day for recording an evaluation of a period.

    It opens on the period's last day and stays open for `days` more, a figure of the office.
    """
    return period.ends_on, period.ends_on + timedelta(days=days)
