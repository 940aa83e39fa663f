"""When an effect may be shown, and when it may be believed."""

from collections.abc import Sequence

import numpy as np

from training.improvement import inference
from training.improvement.facts import (
    Estimate,
    Judgement,
    Panel,
    PeriodEffect,
    Reason,
    Study,
    Support,
    Verdict,
)
from training.improvement.trials import Trials

HEADLINE = 1
"""The effect that is spoken of: one period after the training, when it has had a whole period to work."""

PLACEBO = -2
"""The placebo that is shown: training cannot have changed the score two periods before it."""

PLACEBOS = (PLACEBO, -1)
"""The placebos that are judged. The last period before is where knowledge that no score shows leaves most trace."""

EARLIEST, LATEST = -3, 8
"""The first and last period of the event study."""

MARGIN = 0.05
"""How far from zero a placebo may be, in standard deviations of the score, and still count as zero."""

EQUIVALENCE = 0.90
"""The level of the placebo's interval that must lie inside the margin: two tests at 5 % (Schuirmann 1987)."""

FAR = 0.975
"""The level of the placebo's interval that must leave out zero to condemn: two placebos, 5 % in all."""

LEAST_SHOWN = 5
"""Below this number of treated people or controls nothing is shown (R-TRN-08)."""

LEAST_BELIEVED = 30
"""Below this number of treated people or effective controls no verdict is reached."""

LEAST_CLUSTERS = 10
"""Below this number of clusters a cluster-robust error is itself too uncertain (Cameron & Miller 2015)."""

LEAST_OVERLAP = 0.8
"""The share of treated people who must have had somebody to be compared with."""

LEAST_SPREAD = 0.05
"""Effective controls per control below which a few weights carry the figure, and it is not shown."""

BY_GRAVITY = (
    Reason.PLACEBO_FAR_FROM_ZERO,
    Reason.PLACEBO_MISSING,
    Reason.PLACEBO_TOO_WIDE,
    Reason.LITTLE_OVERLAP,
    Reason.FEW_TREATED,
    Reason.FEW_CONTROLS,
    Reason.FEW_CLUSTERS,
    Reason.PLACEBO_NEAR_ZERO,
)


def study(panel: Panel) -> Study:
    """Estimate, hold against its placebos, and judge the effect of one programme (R-TRN-07, R-TRN-08)."""
    found = Trials.of(panel).effects(EARLIEST, LATEST)
    shown = tuple(effect for effect in found if may_be_shown(effect))
    by_period = {effect.period: effect for effect in shown}
    headline = by_period.get(HEADLINE)
    counted = next((effect for effect in found if effect.period == HEADLINE), None)
    scores = panel.score[np.isfinite(panel.score)]
    spread = float(scores.std()) if len(scores) else 0.0
    placebos = [by_period[period].plain for period in PLACEBOS if period in by_period]
    return Study(
        shown,
        headline,
        by_period.get(PLACEBO),
        counted.treated if counted else 0,
        counted.controls if counted else 0,
        judge(headline.support, placebos, spread) if headline else _unseen(counted),
        spread,
    )


def may_be_shown(effect: PeriodEffect) -> bool:
    """Whether enough people, evenly enough weighted, stand behind an effect for it to be shown (R-TRN-08)."""
    enough = min(effect.treated, effect.controls) >= LEAST_SHOWN
    return enough and effect.effective >= max(LEAST_SHOWN, LEAST_SPREAD * effect.controls)


def judge(support: Support, placebos: Sequence[Estimate], spread: float) -> Judgement:
    """Whether an effect may be believed.

    Not credible: a placebo is clearly not zero. Credible: each placebo is clearly near zero, and the figure rests on
    enough. Everything else is inconclusive, which for a small programme is the usual and the honest answer.
    `spread` is the standard deviation of the score, in its points, as are the placebos.
    """
    if support.treated < LEAST_SHOWN:
        return Judgement(Verdict.TOO_FEW, (Reason.FEW_TREATED,))
    found = {weigh(placebo, MARGIN * spread) for placebo in placebos} or {Reason.PLACEBO_MISSING}
    against = (found - {Reason.PLACEBO_NEAR_ZERO}) | set(thin(support))
    reasons = tuple(sorted(against or found, key=BY_GRAVITY.index))
    if Reason.PLACEBO_FAR_FROM_ZERO in against:
        return Judgement(Verdict.NOT_CREDIBLE, reasons)
    return Judgement(Verdict.INCONCLUSIVE if against else Verdict.CREDIBLE, reasons)


def weigh(placebo: Estimate, margin: float) -> Reason:
    """What a placebo says: near zero, far from it, or too wide to tell. `margin` in points of the score."""
    low, high = inference.interval(placebo, EQUIVALENCE)
    if -margin < low and high < margin:
        return Reason.PLACEBO_NEAR_ZERO
    low, high = inference.interval(placebo, FAR)
    return Reason.PLACEBO_TOO_WIDE if low <= 0 <= high else Reason.PLACEBO_FAR_FROM_ZERO


def thin(support: Support) -> list[Reason]:
    """In what respects an effect rests on too little."""
    checks = {
        Reason.LITTLE_OVERLAP: support.overlap < LEAST_OVERLAP,
        Reason.FEW_TREATED: support.treated < LEAST_BELIEVED,
        Reason.FEW_CONTROLS: support.controls < LEAST_BELIEVED,
        Reason.FEW_CLUSTERS: support.clusters < LEAST_CLUSTERS,
    }
    return [reason for reason, applies in checks.items() if applies]


def _unseen(counted: PeriodEffect | None) -> Judgement:
    """The judgement when there is no headline to show: too few treated, or too few to compare them with."""
    if counted is None or counted.treated < LEAST_SHOWN:
        return Judgement(Verdict.TOO_FEW, (Reason.FEW_TREATED,))
    return Judgement(Verdict.TOO_FEW, (Reason.FEW_CONTROLS,))
