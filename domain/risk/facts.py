"""Risk scores as rules and commands know them."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Label(StrEnum):
    """What a score speaks of."""

    LOW_NEXT_PERIOD = "LOW_NEXT_PERIOD"
    """Low in the next periodic evaluation: score under the threshold, or results below expectation."""


class ModelKind(StrEnum):
    """How a model computes."""

    LOGISTIC = "LOGISTIC"
    """Logistic regression: additive, so that its reasons are exact."""
    LAST_SCORE = "LAST_SCORE"
    """The rule: lowest last score first."""
    FOUR_QUARTER_MEAN = "FOUR_QUARTER_MEAN"
    """The rule: lowest mean of four quarters first."""


class ModelStatus(StrEnum):
    """Where a model stands in the registry."""

    SHADOW = "SHADOW"
    """Trained and measured, not in use."""
    CHAMPION = "CHAMPION"
    """In use."""
    RETIRED = "RETIRED"
    """Was in use."""
    REFUSED = "REFUSED"
    """Below its gate: cannot be used."""


class Band(StrEnum):
    """How sure it is that a person belongs to the list's top."""

    HIGH = "HIGH"
    """Surely among the highest."""
    ELEVATED = "ELEVATED"
    """Perhaps among the highest."""
    LOW = "LOW"
    """Surely not among the highest."""
    UNKNOWN = "UNKNOWN"
    """No score is given."""


class Abstention(StrEnum):
    """Why no score is given."""

    TOO_FEW_EVALUATIONS = "TOO_FEW_EVALUATIONS"
    """Fewer than two evaluations are known."""
    OUTSIDE_WHAT_THE_MODEL_SAW = "OUTSIDE_WHAT_THE_MODEL_SAW"
    """What is known lies outside what the model was trained on."""


class Help(StrEnum):
    """What helps against a driver of risk."""

    CANNOT = "CANNOT"
    """Skill is missing: training or coaching helps (pelatihan, bimbingan)."""
    UNAWARE = "UNAWARE"
    """Not known or not accepted: socialisation helps (sosialisasi)."""
    HINDERED = "HINDERED"
    """Something stands in the way: mend the system, do not train the person."""
    CONTEXT = "CONTEXT"
    """About the surroundings: shown, and not the person's to change."""


@dataclass(frozen=True, slots=True)
class Score:
    """A person's place on a published risk list; `probability` is None where the model abstained."""

    id: int
    person_id: int
    rank: int
    probability: Decimal | None
    band: Band
    hindered: bool
