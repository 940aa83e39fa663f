"""Indicators as rules and commands know them."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Direction(StrEnum):
    """Which way an indicator is better."""

    HIGHER = "HIGHER"
    """More is better."""
    LOWER = "LOWER"
    """Less is better."""


class Aspect(StrEnum):
    """Aspect that an individual indicator measures (aspek IKI)."""

    KUANTITAS = "KUANTITAS"
    """Quantity (kuantitas)."""
    KUALITAS = "KUALITAS"
    """Quality (kualitas)."""
    WAKTU = "WAKTU"
    """Time (waktu)."""
    BIAYA = "BIAYA"
    """Cost (biaya)."""


class Aggregation(StrEnum):
    """How quarters make a year."""

    SUM = "SUM"
    """The quarters add up."""
    LAST = "LAST"
    """The last quarter counts."""
    AVERAGE = "AVERAGE"
    """The mean of the quarters."""


@dataclass(frozen=True, slots=True)
class Realisation:
    """What was reached, against its target, in the indicator's own unit of measure."""

    target: Decimal
    actual: Decimal
    direction: Direction
