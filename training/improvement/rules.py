"""Thresholds and verdict of an effect study: publication and credibility."""

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
"""Period of the headline effect: one after the training.

The training has then had a whole period to work.
"""

PLACEBO_PERIOD = -2
"""Period of the published placebo: training cannot have changed the score two periods earlier."""

PLACEBO_PERIODS = (PLACEBO_PERIOD, -1)
"""Periods of the judged placebos.

Knowledge missing from the scores leaves most trace in the last period before the training.
"""

FIRST_PERIOD, LAST_PERIOD = -3, 8
"""The first and last period of the event study."""

PLACEBO_MARGIN = 0.05
"""Margin of a placebo counting as zero, in standard deviations of the score."""

EQUIVALENCE_LEVEL = 0.90
"""Level of the placebo's interval for equivalence: it must lie inside the margin.

Two tests at 5 % (Schuirmann 1987).
"""

REJECTION_LEVEL = 0.975
"""Level of the placebo's interval for rejection: it leaves out zero.

Two placebos, 5 % in all.
"""

MIN_PUBLISHED = 5
"""Below this number of treated people or controls nothing is shown (R-TRN-08)."""

MIN_FOR_VERDICT = 30
"""Below this number of treated people or effective controls no verdict is reached."""

MIN_CLUSTERS = 10
"""Fewest clusters for a verdict.

With fewer, a cluster-robust error is itself too uncertain (Cameron & Miller 2015).
"""

MIN_OVERLAP = 0.8
"""The required share of treated people with a control."""

MIN_EFFECTIVE_SHARE = 0.05
"""Smallest share of effective controls among the controls.

Below it a few weights dominate the figure, and it is not published.
"""

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
    """Estimate the effect of one programme, compare its placebos, and judge it (R-TRN-07, R-TRN-08)."""
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
    """True if an effect rests on enough people, evenly enough weighted, for publication (R-TRN-08)."""
    enough = min(effect.treated, effect.controls) >= MIN_PUBLISHED
    return enough and effect.effective >= max(MIN_PUBLISHED, MIN_EFFECTIVE_SHARE * effect.controls)


def judge_effect(support: EffectSupport, placebos: Sequence[Estimate], spread: float) -> Judgement:
    """Verdict on an effect: credible, not credible or inconclusive.

    Not credible: a placebo is clearly not zero. Credible: each placebo is clearly near zero, and the figure rests on
    enough. Everything else is inconclusive, for a small programme the usual and the honest answer. `spread` is the
    standard deviation of the score, in its points, as are the placebos.
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
    """Classify a placebo: near zero, far from it, or too wide to decide.

    `margin` in points of the score.
    """
    low, high = inference.confidence_interval(placebo, EQUIVALENCE_LEVEL)
    if -margin < low and high < margin:
        return VerdictReason.PLACEBO_NEAR_ZERO
    low, high = inference.confidence_interval(placebo, REJECTION_LEVEL)
    return VerdictReason.PLACEBO_TOO_WIDE if low <= 0 <= high else VerdictReason.PLACEBO_FAR_FROM_ZERO


def weaknesses(support: EffectSupport) -> list[VerdictReason]:
    """List the weaknesses in the support of an effect."""
    checks = {
        VerdictReason.LITTLE_OVERLAP: support.overlap < MIN_OVERLAP,
        VerdictReason.FEW_TREATED: support.treated < MIN_FOR_VERDICT,
        VerdictReason.FEW_CONTROLS: support.controls < MIN_FOR_VERDICT,
        VerdictReason.FEW_CLUSTERS: support.clusters < MIN_CLUSTERS,
    }
    return [reason for reason, applies in checks.items() if applies]


def _judge_unpublished(counted: PeriodEffect | None) -> Judgement:
    """Verdict without a headline: too few treated, or too few people for comparison."""
    if counted is None or counted.treated < MIN_PUBLISHED:
        return Judgement(Verdict.TOO_FEW, (VerdictReason.FEW_TREATED,))
    return Judgement(Verdict.TOO_FEW, (VerdictReason.FEW_CONTROLS,))
