"""Facts of indicators: direction, aspect, aggregation and realisation."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Direction(StrEnum):
    """Direction of improvement of an indicator."""

    HIGHER = "HIGHER"
    """Higher values are better."""
    LOWER = "LOWER"
    """Lower values are better."""


class Aspect(StrEnum):
    """Aspect measured by an individual indicator (aspek IKI)."""

    KUANTITAS = "KUANTITAS"
    """Quantity (kuantitas)."""
    KUALITAS = "KUALITAS"
    """Quality (kualitas)."""
    WAKTU = "WAKTU"
    """Time (waktu)."""
    BIAYA = "BIAYA"
    """Cost (biaya)."""


class Aggregation(StrEnum):
    """Aggregation of quarterly values into the year's value."""

    SUM = "SUM"
    """Sum of the quarters."""
    LAST = "LAST"
    """Value of the last quarter."""
    AVERAGE = "AVERAGE"
    """Mean of the quarters."""


@dataclass(frozen=True, slots=True)
class Realisation:
    """A result against its target, in the indicator's own unit of measure."""

    target: Decimal
    actual: Decimal
    direction: Direction
