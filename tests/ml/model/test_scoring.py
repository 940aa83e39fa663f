"""The list: same data same bytes, honest bands and abstentions, a lottery that anybody can repeat."""

import hashlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.risk.facts import Abstention, Band
from ml.model import artefact, features, fit_rows, logistic, scoring
from ml.model.artefact import Artefact
from ml.model.reasons import MICROS_PER_LOGIT
from ml.model.scoring import PanelScores
from ml.panel import RiskPanel


@pytest.fixture(scope="module")
def model(busy: RiskPanel) -> Artefact:
    return logistic.fit_logistic(fit_rows.collect_fit_rows(busy, range(3, 9), 90.0), features.FEATURE_NAMES, 0.01)


@pytest.fixture(scope="module")
def scores(busy: RiskPanel, model: Artefact) -> PanelScores:
    return scoring.score_panel(model, busy, 9, 0.05, seed=11)


def hash_scores(result: PanelScores) -> str:
    parts = (result.person, result.probability, result.low, result.high, result.rank, result.explanation.terms)
    return hashlib.sha256(b"".join(part.tobytes() for part in parts) + repr(result.band).encode()).hexdigest()


def test_everybody_active_is_scored_or_abstained_once(busy: RiskPanel, scores: PanelScores) -> None:
    assert scores.person.tolist() == busy.person[busy.active[:, 9]].tolist()
    assert sorted(scores.rank.tolist()) == list(range(1, len(scores.person) + 1))


def test_what_comes_after_the_cutoff_changes_no_byte(busy: RiskPanel, model: Artefact, scores: PanelScores) -> None:
    changed: dict[str, Any] = {}
    for name in ("score", "results", "behaviour", "late_days", "activity", "progress", "absence"):
        later = getattr(busy, name).copy()
        later[:, 10:] = 1.0
        changed[name] = later
    changed["trained"] = np.where(busy.trained > 9, 11, busy.trained)
    assert hash_scores(scoring.score_panel(model, replace(busy, **changed), 9, 0.05, seed=11)) == hash_scores(scores)
    earlier = busy.score.copy()
    earlier[0, 9] -= 0.01
    changed["score"] = earlier
    assert hash_scores(scoring.score_panel(model, replace(busy, **changed), 9, 0.05, seed=11)) != hash_scores(scores)


def test_probability_is_that_of_the_logit_which_is_the_sum_of_its_reasons(scores: PanelScores) -> None:
    logit = (scores.explanation.base + scores.explanation.terms.sum(axis=1)) / MICROS_PER_LOGIT
    assert np.abs(scores.probability / MICROS_PER_LOGIT - artefact.expit(logit)).max() <= 0.5e-6
    assert (scores.low <= scores.probability).all()
    assert (scores.probability <= scores.high).all()
    assert (scores.low < scores.high).any()


def test_a_higher_risk_ranks_before_a_lower_one(scores: PanelScores) -> None:
    known = np.array([reason is None for reason in scores.abstentions])
    by_rank = scores.probability[np.argsort(scores.rank)][: known.sum()]
    assert (np.diff(by_rank) <= 0).all()
    assert scores.rank[~known].min(initial=len(known)) >= known.sum()


def test_who_has_fewer_than_two_evaluations_gets_no_score(busy: RiskPanel, model: Artefact) -> None:
    blank = busy.score.copy()
    person = int(np.flatnonzero(busy.active[:, 9])[0])
    blank[person, :9] = np.nan
    made = scoring.score_panel(model, replace(busy, score=blank), 9, 0.05, seed=1)
    assert made.evaluation_counts[0] == 1
    assert made.abstentions[0] is Abstention.TOO_FEW_EVALUATIONS
    assert made.band[0] is Band.UNKNOWN


def test_people_unlike_the_fitted_rows_get_no_score(busy: RiskPanel, model: Artefact) -> None:
    odd = busy.progress.copy()
    person = int(np.flatnonzero(busy.active[:, 9])[3])
    odd[person, 9] = 900.0
    made = scoring.score_panel(model, replace(busy, progress=odd), 9, 0.05, seed=1)
    assert made.abstentions[3] is Abstention.OUTSIDE_TRAINING_RANGE
    assert made.rank[3] > len(made.rank) - 30


def test_few_abstain_in_ordinary_data(scores: PanelScores) -> None:
    strange = [reason is Abstention.OUTSIDE_TRAINING_RANGE for reason in scores.abstentions]
    assert np.mean(strange) < 0.01


@pytest.mark.parametrize(
    ("low", "probability", "high", "expected"),
    [
        (0.52, 0.60, 0.68, Band.HIGH),
        (0.49, 0.60, 0.68, Band.ELEVATED),
        (0.40, 0.45, 0.50, Band.ELEVATED),
        (0.20, 0.25, 0.30, Band.ELEVATED),
        (0.19, 0.25, 0.30, Band.LOW),
        (0.01, 0.02, 0.03, Band.LOW),
    ],
)
def test_bands(low: float, probability: float, high: float, expected: Band) -> None:
    # Ten people and two seats: the cut is the second highest probability, .50; the usual rate is .10.
    others = [0.50, 0.90, *[0.01] * 7] if probability < 0.5 else [0.50, *[0.01] * 8]
    micro = [round(value * MICROS_PER_LOGIT) for value in (probability, *others)]
    lows, highs = ([round(edge * MICROS_PER_LOGIT), *micro[1:]] for edge in (low, high))
    made = scoring.assign_bands(
        np.array(micro), np.array(lows), np.array(highs), np.ones(10, np.bool_), 0.2, base_rate=0.1
    )
    assert made[0] is expected


def test_without_seats_nobody_is_high(scores: PanelScores, busy: RiskPanel, model: Artefact) -> None:
    assert Band.HIGH in scores.band
    assert Band.HIGH not in scoring.score_panel(model, busy, 9, 0.0, seed=11).band
    assert scoring.find_capacity_threshold(np.array([], np.int64), 0.5) == float("inf")


def test_more_seats_never_make_a_band_lower(busy: RiskPanel, model: Artefact) -> None:
    order = [Band.LOW, Band.ELEVATED, Band.HIGH]
    few, many = (scoring.score_panel(model, busy, 9, capacity, seed=1) for capacity in (0.02, 0.3))
    for before, after in zip(few.band, many.band, strict=True):
        assert before is after or order.index(before) < order.index(after)


@settings(deadline=None)  # a busy machine is no failure
@given(st.lists(st.integers(0, 3), min_size=1, max_size=30), st.integers(0, 1000))
def test_ties_are_ordered_by_the_draw(probabilities: list[int], seed: int) -> None:
    draw = [scoring.draw_lottery_number(seed, person) for person in range(len(probabilities))]
    scored = np.array([value > 0 for value in probabilities])
    rank = scoring.rank_by_risk(np.array(probabilities), scored, draw)
    expected = sorted(range(len(draw)), key=lambda i: (-probabilities[i], draw[i]))
    assert [int(rank[person]) for person in expected] == list(range(1, len(draw) + 1))


def test_the_lottery_can_be_repeated_by_hand_and_favours_nobody() -> None:
    digest = hashlib.sha256(b"7:1042").hexdigest()
    assert scoring.draw_lottery_number(7, 1042) == int(digest[:16], 16)
    wins = sum(scoring.draw_lottery_number(seed, 1) < scoring.draw_lottery_number(seed, 2) for seed in range(2000))
    # Two standard errors of a fair coin are 45; five are never seen.
    assert abs(wins - 1000) < 112
