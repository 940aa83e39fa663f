"""The National Supported Work experiment, and the comparison that looks fine and is luck."""

import numpy as np
import pytest

from tests.training.improvement import public_datasets
from training.improvement import doubly_robust, rules
from training.improvement.facts import EffectSupport, Estimate, Judgement, Verdict, VerdictReason

Table = dict[str, public_datasets.Floats]


def adjusted_effect(table: Table) -> Estimate:
    return doubly_robust.doubly_robust_effect(
        table["re78"],
        table["treat"],
        public_datasets.column_matrix(table, *public_datasets.BACKGROUND, "re74", "re75"),
    )


def placebo_effect(table: Table) -> Estimate:
    return doubly_robust.doubly_robust_effect(
        table["re75"], table["treat"], public_datasets.column_matrix(table, *public_datasets.BACKGROUND, "re74")
    )


def judge_table(table: Table) -> Judgement:
    number = len(table["treat"])
    treated = int(table["treat"].sum())
    return rules.judge_effect(
        EffectSupport(treated, number - treated, number, 1.0), [placebo_effect(table)], float(table["re78"].std())
    )


def test_the_experiments_difference_of_means() -> None:
    found = doubly_robust.mean_difference(
        public_datasets.load_experiment()["re78"], public_datasets.load_experiment()["treat"]
    )
    assert (round(found.value, 2), round(found.error, 1)) == (1794.34, 671.0)


def test_the_experiment_adjusted_says_the_same() -> None:
    found = adjusted_effect(public_datasets.load_experiment())
    assert found.value == pytest.approx(1797, abs=1)
    assert found.error == pytest.approx(670, abs=1.5)


def test_the_experiments_placebo_is_small_but_too_wide_to_prove_anything() -> None:
    found = placebo_effect(public_datasets.load_experiment())
    assert (found.value, found.error) == pytest.approx((286, 221), abs=0.5)
    assert judge_table(public_datasets.load_experiment()) == Judgement(
        Verdict.INCONCLUSIVE, (VerdictReason.PLACEBO_TOO_WIDE,)
    )


def test_the_survey_men_seem_fine_when_adjusted() -> None:
    table = public_datasets.load_comparison()
    raw = doubly_robust.mean_difference(table["re78"], table["treat"])
    assert (round(raw.value, 2), round(raw.error)) == (-15204.78, 657)
    found = adjusted_effect(table)
    assert (found.value, found.error) == pytest.approx((2053, 878), abs=0.5)


def test_and_are_not_credible_for_their_placebo_is_far_from_zero() -> None:
    found = placebo_effect(public_datasets.load_comparison())
    assert (found.value, found.error) == pytest.approx((-2480, 523), abs=0.5)
    assert judge_table(public_datasets.load_comparison()) == Judgement(
        Verdict.NOT_CREDIBLE, (VerdictReason.PLACEBO_FAR_FROM_ZERO,)
    )


@pytest.mark.parametrize(("bent_outcome", "bent_chance"), [(False, False), (True, False), (False, True)])
def test_one_wrong_model_of_the_two_does_no_harm(bent_outcome: bool, bent_chance: bool) -> None:
    rng = np.random.default_rng(11)
    shown = rng.normal(size=(20_000, 2))
    bent = (shown[:, 0] + 0.5 * shown[:, 1]) ** 2 - 1.25
    straight = shown[:, 0] - 0.5 * shown[:, 1]
    logit = 0.6 * (bent if bent_chance else straight) - 1
    treated = (rng.random(20_000) < 1 / (1 + np.exp(-logit))).astype(float)
    outcome = 2 * (bent if bent_outcome else straight) + 3 * treated + rng.normal(size=20_000)
    found = doubly_robust.doubly_robust_effect(outcome, treated, shown)
    assert found.value == pytest.approx(3, abs=4 * found.error)
    assert found.error < 0.1


def test_both_models_wrong_is_wrong() -> None:
    rng = np.random.default_rng(11)
    shown = rng.normal(size=(20_000, 2))
    bent = (shown[:, 0] + 0.5 * shown[:, 1]) ** 2 - 1.25
    treated = (rng.random(20_000) < 1 / (1 + np.exp(1 - 0.6 * bent))).astype(float)
    found = doubly_robust.doubly_robust_effect(2 * bent + 3 * treated + rng.normal(size=20_000), treated, shown)
    assert found.value > 3 + 10 * found.error
