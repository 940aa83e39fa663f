"""Eligible trials against worlds whose truth is known, by hand, and with faults planted."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.improvement import worlds
from training.improvement import group_time, inference, trials, weights
from training.improvement.facts import UNTRAINED, Floats, Integers, Panel, PeriodEffect
from training.improvement.trials import Trials


@pytest.fixture(scope="module")
def lottery() -> worlds.World:
    return worlds.draw(30_000, 7)


def effect(panel: Panel, period: int = 1) -> PeriodEffect:
    found = Trials.of(panel).effect(period)
    assert found is not None
    return found


def by_hand() -> Panel:
    """Five eligible in period 1: two trained; one control trained in period 2, out of two eligible then."""
    score = np.array([[80, 84, 96], [82, 88, 94], [81, 83, 90], [79, 81, 86], [83, 85, np.nan]], float)
    eligible = np.array([[0, 1, 0], [0, 1, 0], [0, 1, 1], [0, 1, 1], [0, 1, 0]], bool)
    trained = np.array([1, 1, -1, 2, -1])
    return Panel(score, eligible, trained, np.arange(5), eligible.astype(int))


def test_two_trials_by_hand_pooled_by_number_treated() -> None:
    found = effect(by_hand(), 0)
    first, second = (84 + 88) / 2 - (83 + 81 + 85) / 3, 86 - 90
    assert found.plain.value == pytest.approx((2 * first + second) / 3)
    assert (found.treated, found.controls, found.unmatched) == (3, 4, 0)
    assert found.effective == pytest.approx(3**2 / (3 * (2 / 3) ** 2 + 1))
    assert (found.before, found.after, found.change) == (81, 86, 5)
    assert found.expected == pytest.approx(86 - 2 / 3)


def test_a_control_trained_later_leaves_and_his_like_stands_for_him() -> None:
    later = Trials.of(by_hand()).rows(1)
    assert later.person.tolist() == [0, 1, 2]
    odds, stayed = 2 / 3, 1 / 2
    assert later.weight.tolist() == pytest.approx([1.0, 1.0, odds / stayed])
    assert later.outcome.tolist() == [96, 94, 90]


def test_volunteers_stood_in_no_lottery_and_are_neither_compared_nor_missed() -> None:
    panel = by_hand()
    one_more = Panel(
        np.vstack([panel.score, [[70.0, 99.0, 99.0]]]),
        np.vstack([panel.eligible, np.zeros((1, 3), bool)]),
        np.append(panel.trained, 1),
        np.arange(6),
        np.vstack([panel.lottery, np.zeros((1, 3), int)]),
    )
    assert effect(one_more, 0).plain.value == effect(panel, 0).plain.value
    assert effect(one_more, 0).treated == effect(panel, 0).treated
    assert effect(one_more, 0).unmatched == 0


def test_who_missed_the_last_evaluation_counts_with_the_one_before() -> None:
    panel = by_hand()
    score = np.insert(panel.score, 1, np.nan, axis=1)
    eligible = np.insert(panel.eligible, 0, values=False, axis=1)
    lottery = np.insert(panel.lottery, 0, 0, axis=1)
    later = Panel(score, eligible, np.where(panel.trained > 0, panel.trained + 1, UNTRAINED), np.arange(5), lottery)
    assert effect(later, 0).plain == effect(panel, 0).plain
    assert effect(later, 0).before == effect(panel, 0).before


def test_weight_that_nobody_is_left_to_carry_is_told() -> None:
    """Two draws of one seat each in period 1; in period 2 those who lost the second draw are all seated."""
    score = np.full((8, 3), 90.0) + np.arange(8.0)[:, None]
    eligible, lottery = np.zeros((8, 3), bool), np.zeros((8, 3), int)
    eligible[:, 1], lottery[:4, 1], lottery[4:, 1] = True, 1, 2
    eligible[5:, 2], lottery[5:, 2] = True, 3
    trained = np.array([1, UNTRAINED, UNTRAINED, UNTRAINED, 1, 2, 2, 2])
    panel = Panel(score, eligible, trained, np.arange(8), lottery)
    assert effect(panel, 0).kept == pytest.approx(1)
    assert effect(panel, 1).kept == pytest.approx(0.5)
    assert effect(panel, 1).support.overlap == pytest.approx(0.5)


def test_the_clusters_are_the_panels(lottery: worlds.World) -> None:
    assert effect(lottery.panel).plain.clusters == len(np.unique(lottery.panel.cluster)) == 500


def jackknife(rows: trials.Rows, weight: Floats, cluster: Integers) -> float:
    """The error of the adjusted difference by leaving out one cluster at a time."""
    left_out = []
    for name in np.unique(cluster):
        rest = rows.only(cluster != name)
        again = weights.level(weight[cluster != name], rest.treated, rest.trial)
        left_out.append(trials.compare(rest, again, rest.lags)[0])
    return float(np.sqrt((len(left_out) - 1) * np.var(left_out)))


@pytest.mark.parametrize("hunch", [0.0, 1.5])
@pytest.mark.parametrize("lags", [0, trials.LAGS])
def test_errors_are_those_of_a_jackknife_over_clusters(hunch: float, lags: int) -> None:
    panel = worlds.draw(3_000, 5, hunch=hunch).panel
    found = Trials.of(panel).rows(1)
    rows = replace(found, lags=found.lags[:, :lags])
    weight = weights.level(rows.weight, rows.treated, rows.trial)
    rows, weight = rows.only(weight > 0), weight[weight > 0]
    cluster = panel.cluster[rows.person]
    figure = inference.estimate(*trials.compare(rows, weight, rows.lags), cluster)
    assert figure.error == pytest.approx(jackknife(rows, weight, cluster), rel=0.08)


def test_the_error_knows_that_slopes_are_estimated_where_the_groups_differ() -> None:
    rng = np.random.default_rng(4)
    treated = (np.arange(2_000) % 2).astype(float)
    earlier = rng.normal(size=(2_000, 1)) + 1.5 * treated[:, None]
    outcome = earlier[:, 0] * 2 + rng.normal(size=2_000)
    rows = trials.Rows(np.arange(2_000), outcome, outcome, earlier, treated, np.ones(2_000), np.zeros(2_000, int))
    weight = weights.level(rows.weight, rows.treated, rows.trial)
    value, influence = trials.compare(rows, weight, rows.lags)
    figure = inference.estimate(value, influence, np.arange(2_000) // 10)
    assert figure.value == pytest.approx(0, abs=4 * figure.error)
    assert figure.error == pytest.approx(jackknife(rows, weight, np.arange(2_000) // 10), rel=0.05)


@pytest.mark.parametrize("period", [0, 1, 2, 3, 4])
def test_it_finds_the_true_effect(lottery: worlds.World, period: int) -> None:
    found, truth = effect(lottery.panel, period), lottery.truth(period)
    assert found.plain.value == pytest.approx(truth, abs=3 * found.plain.error)
    assert found.adjusted.value == pytest.approx(truth, abs=3 * found.adjusted.error)
    assert found.plain.error < 0.25
    assert found.adjusted.error < found.plain.error


@pytest.mark.parametrize("period", [-3, -2, -1])
def test_a_fair_lottery_shows_no_effect_before_it_was_drawn(lottery: worlds.World, period: int) -> None:
    placebo = effect(lottery.panel, period)
    assert abs(placebo.plain.value) < 3 * placebo.plain.error
    assert abs(placebo.adjusted.value) < 3 * placebo.adjusted.error


@pytest.mark.parametrize("period", [0, 1, 2, 3])
def test_no_effect_is_found_where_there_is_none_though_everybody_gets_better(period: int) -> None:
    found = effect(worlds.draw(30_000, 8, size=0).panel, period)
    assert abs(found.plain.value) < 3 * found.plain.error
    assert abs(found.adjusted.value) < 3 * found.adjusted.error
    assert found.change > 4
    assert found.anyway == pytest.approx(found.change, abs=3 * found.plain.error)


def test_lotteries_with_unequal_seats_are_compared_each_with_itself() -> None:
    world = worlds.draw(40_000, 9, seats=(0.6, 0.3))
    for period in (-2, 0, 1):
        truth = world.truth(period) if period >= 0 else 0
        found = effect(world.panel, period).plain
        assert found.value == pytest.approx(truth, abs=3 * found.error)
    unstratified = effect(replace(world.panel, lottery=world.panel.eligible.astype(int)), -2).plain
    assert unstratified.value > 5 * unstratified.error


@pytest.mark.parametrize("period", [-2, 0, 1, 3])
def test_many_small_lotteries_are_as_good_as_one_large_one(lottery: worlds.World, period: int) -> None:
    split = np.where(lottery.panel.eligible, 1 + lottery.panel.cluster[:, None] % 300, 0)
    found = effect(replace(lottery.panel, lottery=split), period)
    truth = lottery.truth(period) if period >= 0 else 0
    assert found.plain.value == pytest.approx(truth, abs=3 * found.plain.error)
    assert found.kept > 0.9


def test_intervals_cover_the_truth_as_often_as_they_promise() -> None:
    covered = []
    for seed in range(60):
        world = worlds.draw(2_000, seed)
        low, high = inference.interval(effect(world.panel, 1).plain)
        covered.append(low <= world.truth(1) <= high)
    assert np.mean(covered) >= 0.88


def test_without_the_weights_later_effects_are_wrong(lottery: worlds.World) -> None:
    bare = replace(Trials.of(lottery.panel), stay=np.ones_like(lottery.panel.score))
    unweighted, right = bare.effect(3), effect(lottery.panel, 3)
    assert unweighted is not None
    assert abs(unweighted.plain.value - lottery.truth(3)) > 5 * right.plain.error


def test_never_trained_controls_are_known_to_have_recovered(lottery: worlds.World) -> None:
    rows = Trials.of(lottery.panel).rows(1)
    never = rows.only((rows.treated == 1) | (lottery.panel.trained[rows.person] == UNTRAINED))
    weight = weights.level(np.ones_like(never.weight), never.treated, never.trial)
    value, _ = trials.compare(never.only(weight > 0), weight[weight > 0], never.lags[weight > 0])
    assert value < lottery.truth(1) - 1


def test_before_and_after_is_wrong_by_more_than_four_points(lottery: worlds.World) -> None:
    assert effect(lottery.panel, 1).change > lottery.truth(1) + 4


def test_textbook_differences_in_differences_err_as_much(lottery: worlds.World) -> None:
    panel = lottery.panel
    found = group_time.effects(panel.score, panel.trained, panel.cluster)
    assert group_time.dynamic(found)[1] > lottery.truth(1) + 4


def test_a_hunch_shows_in_the_placebos() -> None:
    panel = worlds.draw(30_000, 7, hunch=1.5).panel
    for period in (-2, -1):
        placebo = effect(panel, period).plain
        assert abs(placebo.value) > 5 * placebo.error


@given(seed=st.integers(0, 50), shift=st.floats(-20, 10), stretch=st.floats(0.2, 1))
@settings(max_examples=15, deadline=None)
def test_the_effect_moves_with_the_scale_of_the_score_alone(seed: int, shift: float, stretch: float) -> None:
    panel = worlds.draw(600, seed, quarters=8).panel
    moved = effect(replace(panel, score=panel.score * stretch + shift))
    stays = effect(panel)
    assert moved.plain.value == pytest.approx(stays.plain.value * stretch, abs=1e-8)
    assert moved.adjusted.value == pytest.approx(stays.adjusted.value * stretch, abs=1e-6)
    assert moved.plain.error == pytest.approx(stays.plain.error * stretch, abs=1e-8)


@given(seed=st.integers(0, 50))
@settings(max_examples=10, deadline=None)
def test_the_order_of_people_does_not_matter(seed: int) -> None:
    panel = worlds.draw(600, seed, quarters=8).panel
    order = np.random.default_rng(seed).permutation(600)
    mixed = Panel(
        panel.score[order],
        panel.eligible[order],
        panel.trained[order],
        panel.cluster[order],
        panel.lottery[order],
    )
    assert effect(mixed).plain.value == pytest.approx(effect(panel).plain.value, abs=1e-9)
    assert effect(mixed).adjusted.error == pytest.approx(effect(panel).adjusted.error, abs=1e-9)


def test_scores_after_the_period_change_nothing() -> None:
    panel = worlds.draw(3_000, 3).panel
    other = replace(panel, score=np.where(np.arange(12) > 9, 0.0, panel.score))
    kept = [rows.only(rows.trial <= 8) for rows in (Trials.of(panel).rows(1), Trials.of(other).rows(1))]
    assert len(kept[0].person) > 500
    for name in ("person", "outcome", "lags", "before", "weight"):
        assert getattr(kept[0], name).tolist() == getattr(kept[1], name).tolist()


def test_covariates_never_hold_the_placebos_own_outcome() -> None:
    rows = Trials.of(worlds.draw(2_000, 4, missing=0).panel).rows(-2)
    assert not np.any(rows.lags == rows.outcome[:, None])


def test_missing_scores_are_left_out_and_not_taken_for_zero() -> None:
    found = effect(worlds.draw(20_000, 6, missing=0.3).panel)
    assert found.plain.value == pytest.approx(worlds.draw(20_000, 6, missing=0.3).truth(1), abs=3 * found.plain.error)


def test_nobody_trained_or_nobody_left_gives_no_figure() -> None:
    panel = worlds.draw(500, 1).panel
    assert Trials.of(replace(panel, trained=np.full(500, UNTRAINED))).effects(-3, 8) == ()
    everybody = replace(panel, eligible=panel.eligible & (panel.trained[:, None] == np.arange(12)))
    assert Trials.of(everybody).effects(-3, 8) == ()
    assert Trials.of(panel).effect(11) is None
