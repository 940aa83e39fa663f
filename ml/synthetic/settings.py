"""Settings of the generator: size, seed, and switches for tests."""

from dataclasses import dataclass
from typing import Literal, get_args

LEAST_EMPLOYEES = 200
"""Fewest employees: fewer people could not fill 42 units."""

DriftKind = Literal["season", "trend", "scale"]


@dataclass(frozen=True, slots=True)
class Drift:
    """Drift from quarter `quarter` on: of the season, the trend, or the score spread."""

    kind: DriftKind
    quarter: int

    def __post_init__(self) -> None:
        if self.kind not in get_args(DriftKind):
            raise ValueError(f"drift must be one of season, trend, scale, not {self.kind!r}")
        if self.quarter < 1:
            raise ValueError(f"drift must begin at quarter 1 or later, not {self.quarter}")


@dataclass(frozen=True, slots=True)
class GeneratorSettings:
    """Settings of a synthetic province; equal settings give equal bytes.

    `hunch` is κ: the strength with which seats follow private knowledge of a person's trouble (0 = a fair lottery).
    `effect` off is the null world, `training` off a world without any programme. `policy_break` is the first quarter
    with a score of the plain weighted mean of the two indices. Quarter 0 is January–March 2023.
    """

    employees: int = 5000
    quarters: int = 12
    seed: int = 1
    hunch: float = 0.0
    effect: bool = True
    training: bool = True
    rating_bias: bool = True
    missing: bool = True
    drift: Drift | None = None
    policy_break: int | None = None

    def __post_init__(self) -> None:
        if self.employees < LEAST_EMPLOYEES:
            raise ValueError(f"employees must be at least {LEAST_EMPLOYEES}, not {self.employees}")
        if self.quarters < 1:
            raise ValueError(f"quarters must be at least 1, not {self.quarters}")
        if self.seed < 0:
            raise ValueError(f"seed must be 0 or more, not {self.seed}")
        if not 0 <= self.hunch <= 10:
            raise ValueError(f"hunch must lie between 0 and 10, not {self.hunch}")
        if self.policy_break is not None and self.policy_break < 1:
            raise ValueError(f"policy_break must be quarter 1 or later, not {self.policy_break}")
