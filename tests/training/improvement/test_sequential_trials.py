"""Eligible trials against worlds whose truth is known, by hand, and with faults planted."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.improvement import simulation
from training.improvement import group_time, inference, ipw, sequential_trials
from training.improvement.facts import UNTRAINED, Floats, Integers, PeriodEffect, TrialPanel
from training.improvement.sequential_trials import SequentialTrials


@pytest.fixture(scope="module")
def lottery() -> simulation.SimulatedTraining:
    return simulation.simulate_training(30_000, 7)


def period_effect(panel: TrialPanel, period: int = 1) -> PeriodEffect:
    found = SequentialTrials.from_panel(panel).pooled_effect(period)
    assert found is not None
    return found


def panel_by_hand() -> TrialPanel:
    """Five eligible in period 1: two trained; one control trained in period 2, out of two eligible then."""
    score = np.array([[80, 84, 96], [82, 88, 94], [81, 83, 90], [79, 81, 86], [83, 85, np.nan]], float)
    eligible = np.array([[0, 1, 0], [0, 1, 0], [0, 1, 1], [0, 1, 1], [0, 1, 0]], bool)
    trained = np.array([1, 1, -1, 2, -1])
    return TrialPanel(score, eligible, trained, np.arange(5), eligible.astype(int))


def test_two_trials_by_hand_pooled_by_number_treated() -> None:
    found = period_effect(panel_by_hand(), 0)
    first, second = (84 + 88) / 2 - (83 + 81 + 85) / 3, 86 - 90
    assert found.unadjusted.value == pytest.approx((2 * first + second) / 3)
    assert (found.treated, found.controls, found.unmatched) == (3, 4, 0)
    assert found.effective == pytest.approx(3**2 / (3 * (2 / 3) ** 2 + 1))
    assert (found.mean_before, found.mean_after, found.change) == (81, 86, 5)
    assert found.expected_after == pytest.approx(86 - 2 / 3)


def test_a_control_trained_later_leaves_and_similar_ones_weigh_more() -> None:
    later = SequentialTrials.from_panel(panel_by_hand()).stack_rows(1)
    assert later.person.tolist() == [0, 1, 2]
    odds, stayed = 2 / 3, 1 / 2
    assert later.weight.tolist() == pytest.approx([1.0, 1.0, odds / stayed])
    assert later.outcome.tolist() == [96, 94, 90]


def test_volunteers_stood_in_no_lottery_and_are_neither_compared_nor_missed() -> None:
    panel = panel_by_hand()
    one_more = TrialPanel(
        np.vstack([panel.score, [[70.0, 99.0, 99.0]]]),
        np.vstack([panel.eligible, np.zeros((1, 3), bool)]),
        np.append(panel.trained, 1),
        np.arange(6),
        np.vstack([panel.lottery, np.zeros((1, 3), int)]),
    )
    assert period_effect(one_more, 0).unadjusted.value == period_effect(panel, 0).unadjusted.value
    assert period_effect(one_more, 0).treated == period_effect(panel, 0).treated
    assert period_effect(one_more, 0).unmatched == 0


def test_who_missed_the_last_evaluation_counts_with_the_one_before() -> None:
    panel = panel_by_hand()
    score = np.insert(panel.score, 1, np.nan, axis=1)
    eligible = np.insert(panel.eligible, 0, values=False, axis=1)
    lottery = np.insert(panel.lottery, 0, 0, axis=1)
    later = TrialPanel(
        score, eligible, np.where(panel.trained > 0, panel.trained + 1, UNTRAINED), np.arange(5), lottery
    )
    assert period_effect(later, 0).unadjusted == period_effect(panel, 0).unadjusted
    assert period_effect(later, 0).mean_before == period_effect(panel, 0).mean_before


def test_lost_weight_is_reported() -> None:
    """Two draws of one seat each in period 1; in period 2 those who lost the second draw are all seated."""
    score = np.full((8, 3), 90.0) + np.arange(8.0)[:, None]
    eligible, lottery = np.zeros((8, 3), bool), np.zeros((8, 3), int)
    eligible[:, 1], lottery[:4, 1], lottery[4:, 1] = True, 1, 2
    eligible[5:, 2], lottery[5:, 2] = True, 3
    trained = np.array([1, UNTRAINED, UNTRAINED, UNTRAINED, 1, 2, 2, 2])
    panel = TrialPanel(score, eligible, trained, np.arange(8), lottery)
    assert period_effect(panel, 0).retained_weight == pytest.approx(1)
    assert period_effect(panel, 1).retained_weight == pytest.approx(0.5)
    assert period_effect(panel, 1).support.overlap == pytest.approx(0.5)


def test_the_clusters_are_the_panels(lottery: simulation.SimulatedTraining) -> None:
    assert period_effect(lottery.panel).unadjusted.clusters == len(np.unique(lottery.panel.cluster)) == 500


def jackknife(rows: sequential_trials.TrialRows, weight: Floats, cluster: Integers) -> float:
    """The error of the adjusted difference by leaving out one cluster at a time."""
    left_out = []
    for name in np.unique(cluster):
        rest = rows.select_rows(cluster != name)
        again = ipw.balance_weights(weight[cluster != name], rest.treated, rest.trial)
        left_out.append(sequential_trials.compare_within_trials(rest, again, rest.lags)[0])
    return float(np.sqrt((len(left_out) - 1) * np.var(left_out)))


@pytest.mark.parametrize("hunch", [0.0, 1.5])
@pytest.mark.parametrize("lags", [0, sequential_trials.LAG_COUNT])
def test_errors_are_those_of_a_jackknife_over_clusters(hunch: float, lags: int) -> None:
    panel = simulation.simulate_training(3_000, 5, hunch=hunch).panel
    found = SequentialTrials.from_panel(panel).stack_rows(1)
    rows = replace(found, lags=found.lags[:, :lags])
    weight = ipw.balance_weights(rows.weight, rows.treated, rows.trial)
    rows, weight = rows.select_rows(weight > 0), weight[weight > 0]
    cluster = panel.cluster[rows.person]
    figure = inference.estimate_clustered(*sequential_trials.compare_within_trials(rows, weight, rows.lags), cluster)
    assert figure.error == pytest.approx(jackknife(rows, weight, cluster), rel=0.08)


def test_the_error_knows_that_slopes_are_estimated_where_the_groups_differ() -> None:
    rng = np.random.default_rng(4)
    treated = (np.arange(2_000) % 2).astype(float)
    earlier = rng.normal(size=(2_000, 1)) + 1.5 * treated[:, None]
    outcome = earlier[:, 0] * 2 + rng.normal(size=2_000)
    rows = sequential_trials.TrialRows(
        np.arange(2_000), outcome, outcome, earlier, treated, np.ones(2_000), np.zeros(2_000, int)
    )
    weight = ipw.balance_weights(rows.weight, rows.treated, rows.trial)
    value, influence = sequential_trials.compare_within_trials(rows, weight, rows.lags)
    figure = inference.estimate_clustered(value, influence, np.arange(2_000) // 10)
    assert figure.value == pytest.approx(0, abs=4 * figure.error)
    assert figure.error == pytest.approx(jackknife(rows, weight, np.arange(2_000) // 10), rel=0.05)


@pytest.mark.parametrize("period", [0, 1, 2, 3, 4])
def test_it_finds_the_true_effect(lottery: simulation.SimulatedTraining, period: int) -> None:
    found, truth = period_effect(lottery.panel, period), lottery.true_effect(period)
    assert found.unadjusted.value == pytest.approx(truth, abs=3 * found.unadjusted.error)
    assert found.adjusted.value == pytest.approx(truth, abs=3 * found.adjusted.error)
    assert found.unadjusted.error < 0.25
    assert found.adjusted.error < found.unadjusted.error


@pytest.mark.parametrize("period", [-3, -2, -1])
def test_a_fair_lottery_shows_no_effect_before_it_was_drawn(
    lottery: simulation.SimulatedTraining, period: int
) -> None:
    placebo = period_effect(lottery.panel, period)
    assert abs(placebo.unadjusted.value) < 3 * placebo.unadjusted.error
    assert abs(placebo.adjusted.value) < 3 * placebo.adjusted.error


@pytest.mark.parametrize("period", [0, 1, 2, 3])
def test_no_effect_is_estimated_when_everybody_recovers_alike(period: int) -> None:
    found = period_effect(simulation.simulate_training(30_000, 8, size=0).panel, period)
    assert abs(found.unadjusted.value) < 3 * found.unadjusted.error
    assert abs(found.adjusted.value) < 3 * found.adjusted.error
    assert found.change > 4
    assert found.expected_change == pytest.approx(found.change, abs=3 * found.unadjusted.error)


def test_lotteries_with_unequal_seats_are_compared_within_themselves() -> None:
    world = simulation.simulate_training(40_000, 9, seats=(0.6, 0.3))
    for period in (-2, 0, 1):
        truth = world.true_effect(period) if period >= 0 else 0
        found = period_effect(world.panel, period).unadjusted
        assert found.value == pytest.approx(truth, abs=3 * found.error)
    unstratified = period_effect(replace(world.panel, lottery=world.panel.eligible.astype(int)), -2).unadjusted
    assert unstratified.value > 5 * unstratified.error


@pytest.mark.parametrize("period", [-2, 0, 1, 3])
def test_many_small_lotteries_are_as_good_as_one_large_one(
    lottery: simulation.SimulatedTraining, period: int
) -> None:
    split = np.where(lottery.panel.eligible, 1 + lottery.panel.cluster[:, None] % 300, 0)
    found = period_effect(replace(lottery.panel, lottery=split), period)
    truth = lottery.true_effect(period) if period >= 0 else 0
    assert found.unadjusted.value == pytest.approx(truth, abs=3 * found.unadjusted.error)
    assert found.retained_weight > 0.9


def test_intervals_cover_the_truth_as_often_as_they_promise() -> None:
    covered = []
    for seed in range(60):
        world = simulation.simulate_training(2_000, seed)
        low, high = inference.confidence_interval(period_effect(world.panel, 1).unadjusted)
        covered.append(low <= world.true_effect(1) <= high)
    assert np.mean(covered) >= 0.88


def test_without_the_weights_later_effects_are_wrong(lottery: simulation.SimulatedTraining) -> None:
    bare = replace(SequentialTrials.from_panel(lottery.panel), stay_probabilities=np.ones_like(lottery.panel.score))
    unweighted, right = bare.pooled_effect(3), period_effect(lottery.panel, 3)
    assert unweighted is not None
    assert abs(unweighted.unadjusted.value - lottery.true_effect(3)) > 5 * right.unadjusted.error


def test_never_trained_controls_are_biased_by_recovery(lottery: simulation.SimulatedTraining) -> None:
    rows = SequentialTrials.from_panel(lottery.panel).stack_rows(1)
    never = rows.select_rows((rows.treated == 1) | (lottery.panel.trained[rows.person] == UNTRAINED))
    weight = ipw.balance_weights(np.ones_like(never.weight), never.treated, never.trial)
    value, _ = sequential_trials.compare_within_trials(
        never.select_rows(weight > 0), weight[weight > 0], never.lags[weight > 0]
    )
    assert value < lottery.true_effect(1) - 1


def test_before_and_after_is_wrong_by_more_than_four_points(lottery: simulation.SimulatedTraining) -> None:
    assert period_effect(lottery.panel, 1).change > lottery.true_effect(1) + 4


def test_textbook_differences_in_differences_err_as_much(lottery: simulation.SimulatedTraining) -> None:
    panel = lottery.panel
    found = group_time.group_time_effects(panel.score, panel.trained, panel.cluster)
    assert group_time.dynamic_effects(found)[1] > lottery.true_effect(1) + 4


def test_a_hunch_shows_in_the_placebos() -> None:
    panel = simulation.simulate_training(30_000, 7, hunch=1.5).panel
    for period in (-2, -1):
        placebo = period_effect(panel, period).unadjusted
        assert abs(placebo.value) > 5 * placebo.error


@given(seed=st.integers(0, 50), shift=st.floats(-20, 10), stretch=st.floats(0.2, 1))
@settings(max_examples=15, deadline=None)
def test_the_effect_moves_with_the_scale_of_the_score_alone(seed: int, shift: float, stretch: float) -> None:
    panel = simulation.simulate_training(600, seed, quarters=8).panel
    moved = period_effect(replace(panel, score=panel.score * stretch + shift))
    stays = period_effect(panel)
    assert moved.unadjusted.value == pytest.approx(stays.unadjusted.value * stretch, abs=1e-8)
    assert moved.adjusted.value == pytest.approx(stays.adjusted.value * stretch, abs=1e-6)
    assert moved.unadjusted.error == pytest.approx(stays.unadjusted.error * stretch, abs=1e-8)


@given(seed=st.integers(0, 50))
@settings(max_examples=10, deadline=None)
def test_the_order_of_people_does_not_matter(seed: int) -> None:
    panel = simulation.simulate_training(600, seed, quarters=8).panel
    order = np.random.default_rng(seed).permutation(600)
    mixed = TrialPanel(
        panel.score[order],
        panel.eligible[order],
        panel.trained[order],
        panel.cluster[order],
        panel.lottery[order],
    )
    assert period_effect(mixed).unadjusted.value == pytest.approx(period_effect(panel).unadjusted.value, abs=1e-9)
    assert period_effect(mixed).adjusted.error == pytest.approx(period_effect(panel).adjusted.error, abs=1e-9)


def test_scores_after_the_period_change_nothing() -> None:
    panel = simulation.simulate_training(3_000, 3).panel
    other = replace(panel, score=np.where(np.arange(12) > 9, 0.0, panel.score))
    kept = [
        rows.select_rows(rows.trial <= 8)
        for rows in (
            SequentialTrials.from_panel(panel).stack_rows(1),
            SequentialTrials.from_panel(other).stack_rows(1),
        )
    ]
    assert len(kept[0].person) > 500
    for name in ("person", "outcome", "lags", "score_before", "weight"):
        assert getattr(kept[0], name).tolist() == getattr(kept[1], name).tolist()


def test_covariates_never_hold_the_placebos_own_outcome() -> None:
    rows = SequentialTrials.from_panel(simulation.simulate_training(2_000, 4, missing=0).panel).stack_rows(-2)
    assert not np.any(rows.lags == rows.outcome[:, None])


def test_missing_scores_are_left_out_and_not_counted_as_zero() -> None:
    found = period_effect(simulation.simulate_training(20_000, 6, missing=0.3).panel)
    assert found.unadjusted.value == pytest.approx(
        simulation.simulate_training(20_000, 6, missing=0.3).true_effect(1), abs=3 * found.unadjusted.error
    )


def test_nobody_trained_or_nobody_left_gives_no_figure() -> None:
    panel = simulation.simulate_training(500, 1).panel
    assert SequentialTrials.from_panel(replace(panel, trained=np.full(500, UNTRAINED))).event_study(-3, 8) == ()
    everybody = replace(panel, eligible=panel.eligible & (panel.trained[:, None] == np.arange(12)))
    assert SequentialTrials.from_panel(everybody).event_study(-3, 8) == ()
    assert SequentialTrials.from_panel(panel).pooled_effect(11) is None
