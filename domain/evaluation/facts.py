"""Facts of evaluations: ratings, predikat, periods and dated parameters."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class PeriodKind(StrEnum):
    """Kind of evaluation period (periodik SIASN, and the year)."""

    BULANAN = "BULANAN"
    """A month (bulanan)."""
    TRIWULAN = "TRIWULAN"
    """A quarter (triwulan)."""
    TAHUNAN = "TAHUNAN"
    """A year (tahunan)."""


class Rating(StrEnum):
    """Rating of work results or behaviour against expectation (rating), best first."""

    DI_ATAS = "DI_ATAS"
    """Above expectation (di atas ekspektasi)."""
    SESUAI = "SESUAI"
    """As expected (sesuai ekspektasi)."""
    DI_BAWAH = "DI_BAWAH"
    """Below expectation (di bawah ekspektasi)."""


class Predikat(StrEnum):
    """Performance predicate (predikat kinerja), best first."""

    SANGAT_BAIK = "SANGAT_BAIK"
    """Very good (sangat baik)."""
    BAIK = "BAIK"
    """Good (baik)."""
    BUTUH_PERBAIKAN = "BUTUH_PERBAIKAN"
    """Needs improvement (butuh perbaikan)."""
    KURANG = "KURANG"
    """Poor, or misconduct (kurang/misconduct)."""
    SANGAT_KURANG = "SANGAT_KURANG"
    """Very poor (sangat kurang)."""


PREDIKAT_RANKS: Mapping[Predikat, int] = {predikat: 5 - place for place, predikat in enumerate(Predikat)}
"""Rank of each predikat: 5 for SANGAT_BAIK down to 1 for SANGAT_KURANG."""


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """Cut-offs of an index: below expectation under `lower`, above it from `upper` on."""

    lower: Decimal
    upper: Decimal


@dataclass(frozen=True, slots=True)
class Regulation:
    """Parameters of an evaluation on a day, each a dated row of the parameter table.

    `results_weight` and `behaviour_weight` add up to 1; `stretch` undoes the widening of the two indices; a period
    with a score under `low_below` counts as low.
    """

    id: str
    matrix: Mapping[tuple[Rating, Rating], Predikat]
    results: Cutoffs
    behaviour: Cutoffs
    results_weight: Decimal
    behaviour_weight: Decimal
    stretch: Decimal
    low_below: Decimal


@dataclass(frozen=True, slots=True)
class Indices:
    """The two evidence-based indices, each 0…120."""

    results: Decimal
    behaviour: Decimal


@dataclass(frozen=True, slots=True)
class EvaluationOutcome:
    """Values derived from two indices, with the rule applied."""

    score: Decimal
    results_rating: Rating
    behaviour_rating: Rating
    predikat: Predikat
    low: bool
    rule: str


@dataclass(frozen=True, slots=True)
class Period:
    """An evaluation period: month, quarter or year, by its first and last day."""

    kind: PeriodKind
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class DatedParameters:
    """Dated parameters: days of recording after a period's end, and its regulation."""

    recording_days: int
    regulation: Regulation


@dataclass(frozen=True, slots=True)
class EvaluationBasis:
    """Basis of an evaluation: plan owner and days, today's unit and appraiser, parameters.

    `evaluation_id` is the key of the new evaluation.
    """

    person_id: int
    starts_on: date
    ends_on: date
    unit_path: str | None
    appraiser_id: int | None
    evaluation_id: int
    parameters: DatedParameters
