"""Evaluations as rules and commands know them."""

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
"""Predikat as a number that orders it: 5 for SANGAT_BAIK down to 1 for SANGAT_KURANG."""


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """An index below `lower` is under expectation; from `upper` on it is over it."""

    lower: Decimal
    upper: Decimal


@dataclass(frozen=True, slots=True)
class Regulation:
    """The figures of an evaluation on a day; each is a dated row of the parameter table.

    `results_weight` and `behaviour_weight` add up to 1; `stretch` undoes the widening of the two indices;
    `low_below` is the score under which a period counts as low.
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
    """The two indices from evidence, each 0…120."""

    results: Decimal
    behaviour: Decimal


@dataclass(frozen=True, slots=True)
class EvaluationOutcome:
    """Values derived from two indices, with the rules of each."""

    score: Decimal
    results_rating: Rating
    behaviour_rating: Rating
    predikat: Predikat
    low: bool
    rule: str


@dataclass(frozen=True, slots=True)
class Period:
    """A month, a quarter or a year, by its first and last day."""

    kind: PeriodKind
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class DatedParameters:
    """How many days a period stays open after its end, and by what it is evaluated."""

    recording_days: int
    regulation: Regulation


@dataclass(frozen=True, slots=True)
class EvaluationBasis:
    """Basis of an evaluation: owner and days of the plan, unit and appraiser of today, parameters.

    `evaluation_id` is the key of the evaluation to be written.
    """

    person_id: int
    starts_on: date
    ends_on: date
    unit_path: str | None
    appraiser_id: int | None
    evaluation_id: int
    parameters: DatedParameters
