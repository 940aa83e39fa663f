"""Performance plans as rules and commands know them."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class PlanStatus(StrEnum):
    """Where a plan stands (status SKP)."""

    DRAFT = "DRAFT"
    """Being written."""
    DIAJUKAN = "DIAJUKAN"
    """Submitted by the employee."""
    DIKEMBALIKAN = "DIKEMBALIKAN"
    """Returned with a reason."""
    DIREVIU = "DIREVIU"
    """Reviewed by the performance team (tim pengelola kinerja)."""
    DITETAPKAN = "DITETAPKAN"
    """Set by the appraiser."""
    BERJALAN = "BERJALAN"
    """Under way."""
    PERUBAHAN = "PERUBAHAN"
    """Being changed."""
    DIEVALUASI = "DIEVALUASI"
    """Being evaluated."""
    SELESAI = "SELESAI"
    """Finished."""
    DIHENTIKAN = "DIHENTIKAN"
    """Ended early, because the person moved."""
    DIGANTI = "DIGANTI"
    """Replaced by a later version."""


class Approach(StrEnum):
    """How results are worded (pendekatan)."""

    KUANTITATIF = "KUANTITATIF"
    """Indicators with measurable targets."""
    KUALITATIF = "KUALITATIF"
    """Expectations in words."""


class ResultKind(StrEnum):
    """Kind of planned work result (rencana hasil kerja)."""

    UTAMA = "UTAMA"
    """Main result, from the organisation's plan."""
    TAMBAHAN = "TAMBAHAN"
    """Extra result, from a special assignment."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan (SKP): whose, for which post and days, and whether it is the one in force."""

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
    """The year's target of an indicator and its quarters TW1…TW4."""

    year: Decimal
    quarters: tuple[Decimal, Decimal, Decimal, Decimal]
