"""When an effect may be shown, and when it may be believed."""

from collections.abc import Sequence

import numpy as np

from training.improvement import inference
from training.improvement.facts import (
    EffectSupport,
    Estimate,
    Judgement,
    PeriodEffect,
    Study,
    TrialPanel,
    Verdict,
    VerdictReason,
)
from training.improvement.sequential_trials import SequentialTrials

HEADLINE_PERIOD = 1
"""The headline effect: one period after the training, when it has had a whole period to work."""

PLACEBO_PERIOD = -2
"""The placebo shown: training cannot have changed the score two periods before it."""

PLACEBO_PERIODS = (PLACEBO_PERIOD, -1)
"""The placebos judged. Knowledge shown by no score leaves most trace in the last period before."""

FIRST_PERIOD, LAST_PERIOD = -3, 8
"""The first and last period of the event study."""

PLACEBO_MARGIN = 0.05
"""How far from zero a placebo may be, in standard deviations of the score, and still count as zero."""

EQUIVALENCE_LEVEL = 0.90
"""The level of the placebo's interval inside the margin: two tests at 5 % (Schuirmann 1987)."""

REJECTION_LEVEL = 0.975
"""The level of the placebo's interval that condemns by leaving out zero: two placebos, 5 % in all."""

MIN_PUBLISHED = 5
"""Below this number of treated people or controls nothing is shown (R-TRN-08)."""

MIN_FOR_VERDICT = 30
"""Below this number of treated people or effective controls no verdict is reached."""

MIN_CLUSTERS = 10
"""Below this number of clusters a cluster-robust error is itself too uncertain (Cameron & Miller 2015)."""

MIN_OVERLAP = 0.8
"""The required share of treated people with a control."""

MIN_EFFECTIVE_SHARE = 0.05
"""Effective controls per control below which a few weights carry the figure, and it is not shown."""

REASONS_BY_GRAVITY = (
    VerdictReason.PLACEBO_FAR_FROM_ZERO,
    VerdictReason.PLACEBO_MISSING,
    VerdictReason.PLACEBO_TOO_WIDE,
    VerdictReason.LITTLE_OVERLAP,
    VerdictReason.FEW_TREATED,
    VerdictReason.FEW_CONTROLS,
    VerdictReason.FEW_CLUSTERS,
    VerdictReason.PLACEBO_NEAR_ZERO,
)


def study_effect(panel: TrialPanel) -> Study:
    """Estimate, hold against its placebos, and judge the effect of one programme (R-TRN-07, R-TRN-08)."""
    found = SequentialTrials.from_panel(panel).event_study(FIRST_PERIOD, LAST_PERIOD)
    shown = tuple(effect for effect in found if is_publishable(effect))
    by_period = {effect.period: effect for effect in shown}
    headline = by_period.get(HEADLINE_PERIOD)
    counted = next((effect for effect in found if effect.period == HEADLINE_PERIOD), None)
    scores = panel.score[np.isfinite(panel.score)]
    spread = float(scores.std()) if len(scores) else 0.0
    placebos = [by_period[period].unadjusted for period in PLACEBO_PERIODS if period in by_period]
    return Study(
        shown,
        headline,
        by_period.get(PLACEBO_PERIOD),
        counted.treated if counted else 0,
        counted.controls if counted else 0,
        judge_effect(headline.support, placebos, spread) if headline else _judge_unpublished(counted),
        spread,
    )


def is_publishable(effect: PeriodEffect) -> bool:
    """True if an effect has enough people, evenly enough weighted, to be shown (R-TRN-08)."""
    enough = min(effect.treated, effect.controls) >= MIN_PUBLISHED
    return enough and effect.effective >= max(MIN_PUBLISHED, MIN_EFFECTIVE_SHARE * effect.controls)


def judge_effect(support: EffectSupport, placebos: Sequence[Estimate], spread: float) -> Judgement:
    """Verdict on an effect: credible or not.

    Not credible: a placebo is clearly not zero. Credible: each placebo is clearly near zero, and the figure rests on
    enough. Everything else is inconclusive, which for a small programme is the usual and the honest answer.
    `spread` is the standard deviation of the score, in its points, as are the placebos.
    """
    if support.treated < MIN_PUBLISHED:
        return Judgement(Verdict.TOO_FEW, (VerdictReason.FEW_TREATED,))
    found = {classify_placebo(placebo, PLACEBO_MARGIN * spread) for placebo in placebos} or {
        VerdictReason.PLACEBO_MISSING
    }
    against = (found - {VerdictReason.PLACEBO_NEAR_ZERO}) | set(weaknesses(support))
    reasons = tuple(sorted(against or found, key=REASONS_BY_GRAVITY.index))
    if VerdictReason.PLACEBO_FAR_FROM_ZERO in against:
        return Judgement(Verdict.NOT_CREDIBLE, reasons)
    return Judgement(Verdict.INCONCLUSIVE if against else Verdict.CREDIBLE, reasons)


def classify_placebo(placebo: Estimate, margin: float) -> VerdictReason:
    """Class of a placebo: near zero, far from it, or too wide to tell. `margin` in points of the score."""
    low, high = inference.confidence_interval(placebo, EQUIVALENCE_LEVEL)
    if -margin < low and high < margin:
        return VerdictReason.PLACEBO_NEAR_ZERO
    low, high = inference.confidence_interval(placebo, REJECTION_LEVEL)
    return VerdictReason.PLACEBO_TOO_WIDE if low <= 0 <= high else VerdictReason.PLACEBO_FAR_FROM_ZERO


def weaknesses(support: EffectSupport) -> list[VerdictReason]:
    """Weaknesses of the support of an effect."""
    checks = {
        VerdictReason.LITTLE_OVERLAP: support.overlap < MIN_OVERLAP,
        VerdictReason.FEW_TREATED: support.treated < MIN_FOR_VERDICT,
        VerdictReason.FEW_CONTROLS: support.controls < MIN_FOR_VERDICT,
        VerdictReason.FEW_CLUSTERS: support.clusters < MIN_CLUSTERS,
    }
    return [reason for reason, applies in checks.items() if applies]


def _judge_unpublished(counted: PeriodEffect | None) -> Judgement:
    """The judgement when there is no headline to show: too few treated, or too few to compare them with."""
    if counted is None or counted.treated < MIN_PUBLISHED:
        return Judgement(Verdict.TOO_FEW, (VerdictReason.FEW_TREATED,))
    return Judgement(Verdict.TOO_FEW, (VerdictReason.FEW_CONTROLS,))
