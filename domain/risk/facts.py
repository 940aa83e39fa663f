"""Facts of risk: models, bands, support and scores."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Label(StrEnum):
    """Outcome predicted by a risk score."""

    LOW_NEXT_PERIOD = "LOW_NEXT_PERIOD"
    """Low performance in the next evaluation period: score below the threshold, or results below expectation."""


class ModelKind(StrEnum):
    """Method of a risk model."""

    LOGISTIC = "LOGISTIC"
    """Logistic regression; the terms of its reasons add up to the logit exactly."""
    LAST_SCORE = "LAST_SCORE"
    """Rule: by the last score, lowest first."""
    FOUR_QUARTER_MEAN = "FOUR_QUARTER_MEAN"
    """Rule: by the mean score of four quarters, lowest first."""


class ModelStatus(StrEnum):
    """Status of a risk model in the registry."""

    SHADOW = "SHADOW"
    """Trained and validated, not in use."""
    CHAMPION = "CHAMPION"
    """In use."""
    RETIRED = "RETIRED"
    """Used before, replaced by a later model."""
    REFUSED = "REFUSED"
    """Failed the publication check; cannot be used."""


class Band(StrEnum):
    """Band of the risk list (kategori risiko)."""

    HIGH = "HIGH"
    """High risk: the whole interval is among the highest (risiko tinggi)."""
    ELEVATED = "ELEVATED"
    """Elevated risk: a part of the interval is among the highest (risiko meningkat)."""
    LOW = "LOW"
    """Low risk: no part of the interval is among the highest (risiko rendah)."""
    UNKNOWN = "UNKNOWN"
    """No score (belum ada skor)."""


class Abstention(StrEnum):
    """Reason for a missing risk score."""

    TOO_FEW_EVALUATIONS = "TOO_FEW_EVALUATIONS"
    """Fewer than two evaluations before the cut-off."""
    OUTSIDE_TRAINING_RANGE = "OUTSIDE_TRAINING_RANGE"
    """Inputs outside the range of the training data."""


class Help(StrEnum):
    """Kind of support against a driver of risk."""

    CANNOT = "CANNOT"
    """Lack of skill: training or coaching (pelatihan, bimbingan)."""
    UNAWARE = "UNAWARE"
    """Lack of awareness or acceptance: socialisation (sosialisasi)."""
    HINDERED = "HINDERED"
    """Obstacle outside the person: improve the system, do not train (hambatan sistem)."""
    CONTEXT = "CONTEXT"
    """Context of the person's work, not theirs to change (konteks)."""


@dataclass(frozen=True, slots=True)
class Score:
    """A person's score on a published risk list.

    `probability` is None if the model abstained.
    """

    id: int
    person_id: int
    rank: int
    probability: Decimal | None
    band: Band
    hindered: bool
