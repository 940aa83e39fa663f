"""Facts of performance plans: status, approach, results and targets."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class PlanStatus(StrEnum):
    """Status of a performance plan (status SKP)."""

    DRAFT = "DRAFT"
    """Draft, not yet submitted (draf)."""
    DIAJUKAN = "DIAJUKAN"
    """Submitted by the employee (diajukan)."""
    DIKEMBALIKAN = "DIKEMBALIKAN"
    """Returned to the employee with a reason (dikembalikan)."""
    DIREVIU = "DIREVIU"
    """Reviewed by the performance team (tim pengelola kinerja)."""
    DITETAPKAN = "DITETAPKAN"
    """Set by the appraiser (ditetapkan)."""
    BERJALAN = "BERJALAN"
    """In progress (berjalan)."""
    PERUBAHAN = "PERUBAHAN"
    """Under revision (perubahan)."""
    DIEVALUASI = "DIEVALUASI"
    """Under evaluation (dievaluasi)."""
    SELESAI = "SELESAI"
    """Completed (selesai)."""
    DIHENTIKAN = "DIHENTIKAN"
    """Ended early after a change of position (dihentikan)."""
    DIGANTI = "DIGANTI"
    """Replaced by a later version (diganti)."""


class Approach(StrEnum):
    """Approach of a performance plan (pendekatan)."""

    KUANTITATIF = "KUANTITATIF"
    """Quantitative: indicators with measurable targets (kuantitatif)."""
    KUALITATIF = "KUALITATIF"
    """Qualitative: expectations in words (kualitatif)."""


class ResultKind(StrEnum):
    """Kind of planned work result (rencana hasil kerja)."""

    UTAMA = "UTAMA"
    """Main result, from the organisation's plan (utama)."""
    TAMBAHAN = "TAMBAHAN"
    """Additional result, from a special assignment (tambahan)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A performance plan (SKP): person, position, days and status.

    `active` is True for the version in force.
    """

    id: int
    person_id: int
    position_id: int
    year: int
    status: PlanStatus
    active: bool
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class Target:
    """The year's target of an indicator, and its quarterly targets TW1…TW4."""

    year: Decimal
    quarters: tuple[Decimal, Decimal, Decimal, Decimal]
