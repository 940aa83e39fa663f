"""Facts of an effect study: panels, estimates, verdicts."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

UNTRAINED = -1
"""Value of `TrialPanel.trained` for people not trained inside the panel."""


@dataclass(frozen=True, slots=True)
class TrialPanel:
    """Panel of n people in q periods: scores, eligibility, training.

    `score` (n × q, points 0…120) is NaN for a missing evaluation. `eligible` (n × q) is true for people eligible for
    a seat in a period. `trained` (n) is the column of the first training or `UNTRAINED`; once trained, always
    trained. `cluster` (n) groups people with scores moving together, for example by subunit. `lottery` (n × q)
    numbers the draw of a person, 0 for none: within one period all people of one draw had the same chance. A draw of
    another programme counts too: people trained elsewhere have left the comparison. Raises ValueError when the shapes
    disagree or a column lies outside the panel.
    """

    score: Floats
    eligible: Booleans
    trained: Integers
    cluster: Integers
    lottery: Integers

    def __post_init__(self) -> None:
        people, periods = self.score.shape
        if self.eligible.shape != (people, periods) or self.lottery.shape != (people, periods):
            raise ValueError(f"eligible and lottery must have the shape of score, {people} × {periods}")
        if self.trained.shape != (people,) or self.cluster.shape != (people,):
            raise ValueError(f"trained and cluster must have one entry for each of the {people} people")
        if people and (self.trained.min() < UNTRAINED or self.trained.max() >= periods):
            raise ValueError(f"trained must be {UNTRAINED} or a column from 0 to {periods - 1}")
        if people and (self.cluster.min() < 0 or self.lottery.min() < 0):
            raise ValueError("cluster and lottery must be numbered from 0")
        if np.any(self.eligible & (self.lottery == 0)):
            raise ValueError("whoever was eligible stood in a lottery: its number must be 1 or more")

    @property
    def periods(self) -> int:
        """The number of columns."""
        return int(self.score.shape[1])


@dataclass(frozen=True, slots=True)
class Estimate:
    """Estimate in points of the score, with cluster-robust standard error.

    It also holds the number of clusters behind it.
    """

    value: float
    error: float
    clusters: int


@dataclass(frozen=True, slots=True)
class PeriodEffect:
    """Effect of training after `period` periods (negative: before it, a placebo).

    `unadjusted` compares scores as they are; `adjusted` also holds earlier scores equal. `treated` and `controls`
    count the person-trials compared, `effective` is the effective number of controls: as many equally weighted ones
    are worth as much; `unmatched` are trained people without anybody left in their lottery for comparison;
    `retained_weight` (0…1) is the part of the controls' weight left after the departure of those trained later.
    `mean_before` is the mean of the last score known before the training and `mean_after` that of the period itself,
    both among the trained, points.
    """

    period: int
    unadjusted: Estimate
    adjusted: Estimate
    treated: int
    controls: int
    effective: float
    unmatched: int
    retained_weight: float
    mean_before: float
    mean_after: float

    @property
    def change(self) -> float:
        """Change among the trained: after minus before, points.

        The usual chart shows it, and mistakes it for an effect.
        """
        return self.mean_after - self.mean_before

    @property
    def expected_after(self) -> float:
        """Expected mean score of the trained without training, points."""
        return self.mean_after - self.unadjusted.value

    @property
    def expected_change(self) -> float:
        """Expected part of `change` without training, points."""
        return self.expected_after - self.mean_before

    @property
    def support(self) -> "EffectSupport":
        """Support of the effect: people, effective controls, clusters, overlap."""
        overlap = self.retained_weight * self.treated / max(self.treated + self.unmatched, 1)
        return EffectSupport(self.treated, self.effective, self.unadjusted.clusters, overlap)


class Verdict(StrEnum):
    """Credibility of an estimated effect."""

    CREDIBLE = "CREDIBLE"
    """The comparison passed its placebo check; the effect is credible."""
    INCONCLUSIVE = "INCONCLUSIVE"
    """Too few data to check the comparison."""
    NOT_CREDIBLE = "NOT_CREDIBLE"
    """The comparison failed its placebo check; the effect is not credible."""
    TOO_FEW = "TOO_FEW"
    """Fewer than five people, no quarter since the training, or no comparison group; no estimate."""


class VerdictReason(StrEnum):
    """Why a verdict is what it is."""

    PLACEBO_NEAR_ZERO = "PLACEBO_NEAR_ZERO"
    PLACEBO_FAR_FROM_ZERO = "PLACEBO_FAR_FROM_ZERO"
    PLACEBO_TOO_WIDE = "PLACEBO_TOO_WIDE"
    PLACEBO_MISSING = "PLACEBO_MISSING"
    LITTLE_OVERLAP = "LITTLE_OVERLAP"
    FEW_TREATED = "FEW_TREATED"
    FEW_CONTROLS = "FEW_CONTROLS"
    FEW_CLUSTERS = "FEW_CLUSTERS"


@dataclass(frozen=True, slots=True)
class EffectSupport:
    """Support of an effect: people treated, effective controls, clusters, overlap.

    `overlap` (0…1) is the comparable part: the share of trained people with controls, times the weight retained by
    these.
    """

    treated: int
    controls: float
    clusters: int
    overlap: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """Verdict with all its reasons, the gravest first."""

    verdict: Verdict
    reasons: tuple[VerdictReason, ...]


@dataclass(frozen=True, slots=True)
class Study:
    """Effect study of one programme: "did it help?".

    `effects` is the event study in order of period, without periods of too little support (R-TRN-08); `headline` is
    the effect judged and `placebo` the one two periods before the training; either is None if it may not be shown.
    `treated` and `controls` count the headline's person-trials even then. `spread` is the standard deviation of all
    scores, points: the unit of the placebo's margin.
    """

    effects: tuple[PeriodEffect, ...]
    headline: PeriodEffect | None
    placebo: PeriodEffect | None
    treated: int
    controls: int
    judgement: Judgement
    spread: float
