"""What is shown, what is believed, and why."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.improvement import simulation
from training.improvement import rules
from training.improvement.facts import EffectSupport, Estimate, PeriodEffect, Verdict, VerdictReason

FIRM = EffectSupport(treated=400, controls=600, clusters=90, overlap=1.0)
NEAR, WIDE, FAR = Estimate(0.05, 0.1, 90), Estimate(0.2, 0.4, 90), Estimate(0.9, 0.1, 90)
SPREAD = 8.0


@pytest.mark.parametrize(
    ("support", "placebos", "verdict", "reasons"),
    [
        (FIRM, [NEAR, NEAR], Verdict.CREDIBLE, [VerdictReason.PLACEBO_NEAR_ZERO]),
        (FIRM, [NEAR, WIDE], Verdict.INCONCLUSIVE, [VerdictReason.PLACEBO_TOO_WIDE]),
        (FIRM, [FAR, NEAR], Verdict.NOT_CREDIBLE, [VerdictReason.PLACEBO_FAR_FROM_ZERO]),
        (
            FIRM,
            [WIDE, FAR],
            Verdict.NOT_CREDIBLE,
            [VerdictReason.PLACEBO_FAR_FROM_ZERO, VerdictReason.PLACEBO_TOO_WIDE],
        ),
        (FIRM, [], Verdict.INCONCLUSIVE, [VerdictReason.PLACEBO_MISSING]),
        (replace(FIRM, treated=4), [NEAR], Verdict.TOO_FEW, [VerdictReason.FEW_TREATED]),
        (replace(FIRM, treated=4), [FAR], Verdict.TOO_FEW, [VerdictReason.FEW_TREATED]),
        (replace(FIRM, treated=5), [NEAR], Verdict.INCONCLUSIVE, [VerdictReason.FEW_TREATED]),
        (replace(FIRM, treated=30), [NEAR], Verdict.CREDIBLE, [VerdictReason.PLACEBO_NEAR_ZERO]),
        (replace(FIRM, controls=29.5), [NEAR], Verdict.INCONCLUSIVE, [VerdictReason.FEW_CONTROLS]),
        (replace(FIRM, clusters=9), [NEAR], Verdict.INCONCLUSIVE, [VerdictReason.FEW_CLUSTERS]),
        (replace(FIRM, overlap=0.79), [NEAR], Verdict.INCONCLUSIVE, [VerdictReason.LITTLE_OVERLAP]),
        (
            EffectSupport(10, 6, 3, 0.5),
            [FAR],
            Verdict.NOT_CREDIBLE,
            [
                VerdictReason.PLACEBO_FAR_FROM_ZERO,
                VerdictReason.LITTLE_OVERLAP,
                VerdictReason.FEW_TREATED,
                VerdictReason.FEW_CONTROLS,
                VerdictReason.FEW_CLUSTERS,
            ],
        ),
    ],
)
def test_the_verdict_and_its_reasons(
    support: EffectSupport, placebos: list[Estimate], verdict: Verdict, reasons: list[VerdictReason]
) -> None:
    found = rules.judge_effect(support, placebos, SPREAD)
    assert (found.verdict, list(found.reasons)) == (verdict, reasons)


@pytest.mark.parametrize(
    ("value", "error", "reason"),
    [
        (0.0, 0.40 / 1.646, VerdictReason.PLACEBO_NEAR_ZERO),
        (0.0, 0.40 / 1.640, VerdictReason.PLACEBO_TOO_WIDE),
        (0.30, 0.05, VerdictReason.PLACEBO_NEAR_ZERO),
        (0.35, 0.05, VerdictReason.PLACEBO_FAR_FROM_ZERO),
        (-0.35, 0.05, VerdictReason.PLACEBO_FAR_FROM_ZERO),
        (0.35, 0.20, VerdictReason.PLACEBO_TOO_WIDE),
        (0.0, math.inf, VerdictReason.PLACEBO_TOO_WIDE),
    ],
)
def test_a_placebo_is_near_only_when_its_whole_interval_is(value: float, error: float, reason: VerdictReason) -> None:
    assert rules.classify_placebo(Estimate(value, error, 10_000), rules.PLACEBO_MARGIN * SPREAD) is reason


FIGURES = st.builds(Estimate, st.floats(-3, 3), st.floats(0.01, 3), st.integers(2, 500))
SUPPORTS = st.builds(EffectSupport, st.integers(0, 200), st.floats(0, 200), st.integers(1, 100), st.floats(0, 1))


@given(SUPPORTS, st.lists(FIGURES, max_size=2), st.floats(0, 20))
def test_only_what_rests_on_enough_and_passes_its_placebos_is_credible(
    support: EffectSupport, placebos: list[Estimate], spread: float
) -> None:
    found = rules.judge_effect(support, placebos, spread)
    near = [
        rules.classify_placebo(each, rules.PLACEBO_MARGIN * spread) is VerdictReason.PLACEBO_NEAR_ZERO
        for each in placebos
    ]
    firm = support.treated >= 5 and not rules.weaknesses(support)
    assert (found.verdict is Verdict.CREDIBLE) == (firm and bool(near) and all(near))
    assert found.reasons
    assert len(set(found.reasons)) == len(found.reasons)


@given(SUPPORTS, FIGURES, st.floats(0.1, 20))
def test_a_worse_placebo_never_makes_a_better_verdict(
    support: EffectSupport, placebo: Estimate, spread: float
) -> None:
    order = [Verdict.NOT_CREDIBLE, Verdict.INCONCLUSIVE, Verdict.CREDIBLE]
    here = rules.judge_effect(support, [placebo], spread).verdict
    further = rules.judge_effect(support, [replace(placebo, value=placebo.value * 2)], spread).verdict
    if Verdict.TOO_FEW not in {here, further}:
        assert order.index(further) <= order.index(here)


def test_every_reason_has_its_place() -> None:
    assert sorted(rules.REASONS_BY_GRAVITY) == sorted(VerdictReason)


@pytest.mark.parametrize(
    ("treated", "controls", "effective", "shown"),
    [(5, 5, 5.0, True), (4, 50, 50.0, False), (50, 4, 4.0, False), (50, 50, 4.9, False), (50, 1_000, 49.0, False)],
)
def test_which_effects_are_publishable(treated: int, controls: int, effective: float, shown: bool) -> None:
    figure = Estimate(1.0, 0.5, 20)
    effect = PeriodEffect(1, figure, figure, treated, controls, effective, 0, 1.0, 90.0, 95.0)
    assert rules.is_publishable(effect) is shown


def test_a_large_fair_lottery_is_credible_and_close_to_the_truth() -> None:
    world = simulation.simulate_training(30_000, 7)
    study = rules.study_effect(world.panel)
    assert study.judgement.verdict is Verdict.CREDIBLE
    assert study.headline is not None
    assert study.headline.unadjusted.value == pytest.approx(
        world.true_effect(1), abs=3 * study.headline.unadjusted.error
    )
    assert study.treated == study.headline.treated
    assert study.controls == study.headline.controls
    assert study.placebo is not None
    assert study.placebo.period == -2
    assert [effect.period for effect in study.effects] == list(range(-3, 8))
    assert study.spread == pytest.approx(np.nanstd(world.panel.score))


def test_a_large_lottery_without_effect_is_credible_too() -> None:
    study = rules.study_effect(simulation.simulate_training(30_000, 7, size=0).panel)
    assert study.judgement.verdict is Verdict.CREDIBLE
    assert study.headline is not None
    assert abs(study.headline.unadjusted.value) < 3 * study.headline.unadjusted.error


@pytest.mark.parametrize("hunch", [0.7, 1.5])
def test_nomination_by_hunch_is_not_credible(hunch: float) -> None:
    study = rules.study_effect(simulation.simulate_training(30_000, 7, hunch=hunch).panel)
    assert study.judgement.verdict is Verdict.NOT_CREDIBLE
    assert study.judgement.reasons[0] is VerdictReason.PLACEBO_FAR_FROM_ZERO


def test_a_slight_hunch_hides_from_the_earlier_placebo_and_not_from_the_last_one() -> None:
    study = rules.study_effect(simulation.simulate_training(30_000, 7, hunch=0.3).panel)
    assert study.placebo is not None
    assert (
        rules.classify_placebo(study.placebo.unadjusted, rules.PLACEBO_MARGIN * study.spread)
        is VerdictReason.PLACEBO_NEAR_ZERO
    )
    assert study.judgement.verdict is Verdict.NOT_CREDIBLE


def test_a_small_lottery_is_inconclusive_but_published() -> None:
    study = rules.study_effect(simulation.simulate_training(1_500, 3).panel)
    assert study.judgement.verdict is Verdict.INCONCLUSIVE
    assert VerdictReason.PLACEBO_TOO_WIDE in study.judgement.reasons
    assert study.headline is not None


def test_below_five_treated_nothing_is_published() -> None:
    panel = simulation.simulate_training(400, 5).panel
    inside = np.flatnonzero((panel.trained >= 0) & (panel.trained < 11))
    few = panel.trained.copy()
    few[np.setdiff1d(np.flatnonzero(panel.trained >= 0), inside[:4])] = -1
    study = rules.study_effect(replace(panel, trained=few))
    assert (study.effects, study.headline, study.placebo) == ((), None, None)
    assert study.judgement.verdict is Verdict.TOO_FEW
    assert study.judgement.reasons == (VerdictReason.FEW_TREATED,)
    assert study.treated <= 4


def test_where_everybody_got_a_seat_nobody_can_be_compared() -> None:
    panel = simulation.simulate_training(2_000, 5).panel
    everybody = replace(panel, eligible=panel.eligible & (panel.trained[:, None] == np.arange(12)))
    study = rules.study_effect(everybody)
    assert study.headline is None
    assert study.judgement.verdict is Verdict.TOO_FEW
    assert study.treated == 0


def test_an_empty_panel_is_too_few() -> None:
    panel = simulation.simulate_training(300, 1).panel
    blank = replace(panel, score=np.full_like(panel.score, np.nan))
    study = rules.study_effect(blank)
    assert study.judgement.verdict is Verdict.TOO_FEW
    assert study.spread == 0
