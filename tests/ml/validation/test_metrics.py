"""Figures agree with other implementations and with cases done by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from ml.model.artefact import expit
from ml.panel import Bools, Floats
from ml.validation import metrics

OUTCOMES = st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=2, max_size=40).filter(
    lambda rows: len({low for low, _ in rows}) == 2
)


def draw_forecasts(n: int, seed: int, slope: float = 1.0) -> tuple[Bools, Floats]:
    """Outcomes of n people, and the probabilities that a forecast `slope` times too timid gives them."""
    random = np.random.default_rng(seed)
    logit = random.normal(-2.0, 1.5, n)
    return random.random(n) < expit(logit), expit(logit / slope)


@settings(deadline=None)  # a busy machine is no failure
@given(OUTCOMES)
def test_areas_agree_with_scikit_learn_ties_included(rows: list[tuple[bool, int]]) -> None:
    low = np.array([row[0] for row in rows])
    score = np.array([float(row[1]) for row in rows])
    made = metrics.estimate_ranking_metrics(low, score, np.arange(len(low)), capacity=0.5, replicates=0)
    assert made["AUC"].value == pytest.approx(roc_auc_score(low, score))
    assert made["AVERAGE_PRECISION"].value == pytest.approx(average_precision_score(low, score))


@settings(deadline=None)  # a busy machine is no failure
@given(OUTCOMES, st.floats(0.05, 1.0))
def test_at_capacity_ties_share_the_seats_as_a_lottery_would(rows: list[tuple[bool, int]], capacity: float) -> None:
    low = np.array([row[0] for row in rows])
    score = np.array([float(row[1]) for row in rows])
    seats, caught = capacity * len(low), 0.0
    for value in sorted(set(score.tolist()), reverse=True):
        tied = score == value
        taken = min(seats, float(tied.sum()))
        caught += taken * low[tied].mean()
        seats -= taken
    made = metrics.estimate_ranking_metrics(low, score, np.arange(len(low)), capacity, replicates=0)
    assert made["RECALL_AT_CAPACITY"].value == pytest.approx(caught / low.sum())
    assert made["PRECISION_AT_CAPACITY"].value == pytest.approx(caught / (capacity * len(low)))
    assert made["LIFT_AT_CAPACITY"].value == pytest.approx(caught / (capacity * len(low)) / low.mean())


@pytest.mark.parametrize("low", [[True, True], [False, False]])
def test_one_outcome_cannot_be_judged(low: list[bool]) -> None:
    with pytest.raises(ValueError, match="some people are low and some are not"):
        metrics.estimate_ranking_metrics(np.array(low), np.array([0.1, 0.2]), np.arange(2), 0.5)


def test_calibration_error_by_hand() -> None:
    probability = np.repeat(np.linspace(0.05, 0.95, 10), 20)
    low = np.concatenate([np.arange(20) < round(20 * share) for share in np.linspace(0.05, 0.95, 10)])
    assert metrics.compute_calibration_error(low, probability) == pytest.approx(0.0, abs=1e-12)
    assert metrics.compute_calibration_error(low, np.minimum(probability + 0.05, 1.0)) == pytest.approx(0.05)


def test_brier_and_base_rate_by_hand() -> None:
    low, probability = np.array([True, False, False, False]), np.array([0.7, 0.4, 0.1, 0.0])
    made = metrics.estimate_probability_metrics(low, probability, np.arange(4), capacity=0.25)
    assert made["BRIER"].value == pytest.approx((0.09 + 0.16 + 0.01) / 4)
    assert made["BASE_RATE"].value == 0.25


@pytest.mark.parametrize("slope", [0.5, 1.0, 2.0])
def test_the_slope_tells_a_timid_forecast_from_a_bold_one(slope: float) -> None:
    low, probability = draw_forecasts(8_000, 1, slope)
    made = metrics.estimate_probability_metrics(low, probability, np.arange(8_000), 0.05)["CALIBRATION_SLOPE"]
    assert made.low < slope < made.high
    assert made.high - made.low < 0.25 * slope


def test_net_benefit_by_hand() -> None:
    low = np.array([True, False, True, False])
    made = metrics.estimate_probability_metrics(low, np.array([0.9, 0.5, 0.4, 0.1]), np.arange(4), capacity=0.5)
    odds = (threshold := float(np.quantile([0.9, 0.5, 0.4, 0.1], 0.5))) / (1 - threshold)
    assert made["NET_BENEFIT"].value == pytest.approx((1 - odds) / 4)


def test_intervals_cover_as_often_as_they_say() -> None:
    truth_low, truth = draw_forecasts(400_000, 99)
    auc, brier = metrics.compute_auc(truth_low, truth), float(((truth_low - truth) ** 2).mean())
    hits = np.zeros(2)
    for seed in range(40):
        low, probability = draw_forecasts(1500, seed)
        made = metrics.estimate_probability_metrics(low, probability, np.arange(1500), 0.05)
        hits += [
            made["AUC"].low <= auc <= made["AUC"].high,
            made["BRIER"].low <= brier <= made["BRIER"].high,
        ]
    # 40 intervals of 95 %: fewer than 33 hits would happen once in 6,000 such tests.
    assert (hits >= 33).all(), hits


def test_rows_of_one_person_widen_the_interval() -> None:
    low, probability = draw_forecasts(1000, 5)
    alone = metrics.estimate_ranking_metrics(low, probability, np.arange(1000), 0.05)["AUC"]
    four = metrics.estimate_ranking_metrics(
        np.tile(low, 4), np.tile(probability, 4), np.tile(np.arange(1000), 4), 0.05
    )["AUC"]
    naive = metrics.estimate_ranking_metrics(np.tile(low, 4), np.tile(probability, 4), np.arange(4000), 0.05)["AUC"]
    assert four.high - four.low == pytest.approx(alone.high - alone.low, rel=0.05)
    assert naive.high - naive.low < 0.7 * (four.high - four.low)


def test_the_same_seed_draws_the_same_interval() -> None:
    low, probability = draw_forecasts(500, 2)
    first, second = (
        metrics.estimate_ranking_metrics(low, probability, np.arange(500), 0.05, seed=4) for _ in range(2)
    )
    assert first == second
    assert first != metrics.estimate_ranking_metrics(low, probability, np.arange(500), 0.05, seed=5)
