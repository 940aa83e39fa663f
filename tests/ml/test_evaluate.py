"""The report looks forward only, meets its bars on a small province, and cannot be fooled by a leak unseen."""

from dataclasses import replace

import numpy as np
import pytest

from domain.risk.facts import ModelKind
from ml import artefact, baselines, design, evaluate, features, gate, logistic, metrics
from ml.evaluate import Report
from ml.gate import Passed
from ml.panel import Floats, Panel
from ml.population import bounds
from ml.population.province import Province

TEST = 10
"""The cut-off that everything is compared at: learnt from outcomes up to quarter 10, tested on quarter 11."""
ROOM = 0.01
"""Two standard errors of a difference of two AUCs of the same 5,400 people, about."""


@pytest.fixture(scope="module")
def report(busy: Panel) -> Report:
    return evaluate.rolling(busy, 90.0, 0.05)


@pytest.fixture(scope="module")
def rows(quiet: Panel) -> design.Rows:
    return design.rows(quiet, design.cutoffs(12), 90.0)


@pytest.fixture(scope="module")
def predicted(rows: design.Rows) -> Floats:
    model = logistic.fit(rows.up_to(TEST - 1), features.NAMES, 0.01)
    return artefact.predict(model, rows.at(TEST).inputs)


def test_four_folds_each_learnt_before_they_are_tested(report: Report) -> None:
    assert [fold.cutoff for fold in report.folds] == [7, 8, 9, 10]
    assert report.missing > 0
    assert report.censored > 0


def test_a_fold_does_not_know_the_quarters_after_it(busy: Panel, report: Report) -> None:
    score = busy.score.copy()
    score[:, 9:] = np.random.default_rng(1).permutation(score[:, 9:])
    other = evaluate.rolling(replace(busy, score=score), 90.0, 0.05)
    assert other.folds[0] == report.folds[0]
    assert other.folds[1].figures["BASE_RATE"] != report.folds[1].figures["BASE_RATE"]
    assert other.strength == report.strength


def test_a_shuffled_outcome_is_not_foretold(busy: Panel) -> None:
    score = busy.score.copy()
    score[:, 11] = np.random.default_rng(2).permutation(score[:, 11])
    last = evaluate.rolling(replace(busy, score=score), 90.0, 0.05).folds[-1]
    assert abs(last.figures["AUC"].value - 0.5) < 0.08


def test_the_model_passes_its_gate_and_the_rules_stand_beside_it(report: Report) -> None:
    assert gate.judge(report) == Passed()
    assert set(report.rules) == {ModelKind.LAST_SCORE, ModelKind.FOUR_QUARTER_MEAN}
    kind, best = evaluate.best_rule(report)
    assert best.value == max(figures["AUC"].value for figures in report.rules.values())
    assert report.rules[kind]["AUC"] == best


def test_the_other_labels_are_always_reported(report: Report) -> None:
    assert set(report.secondary) == {"LOW_WITHIN_TWO", "BELOW_BAIK_NEXT"}
    assert report.secondary["LOW_WITHIN_TWO"]["BASE_RATE"].value > report.figures["BASE_RATE"].value
    assert report.secondary["BELOW_BAIK_NEXT"]["BASE_RATE"].value < 0.01


def test_a_unit_never_seen_is_foretold_nearly_as_well(report: Report) -> None:
    assert report.unseen_unit is not None
    assert report.unseen_unit["AUC"].high > 0.75


def test_the_final_model_learns_from_every_outcome_and_keeps_the_drift(busy: Panel, report: Report) -> None:
    model = evaluate.final(busy, 90.0, report)
    assert model.rows == len(design.rows(busy, range(3, 11), 90.0).low)
    assert model.drift == report.drift >= 0


def test_two_quarters_are_too_few(busy: Panel) -> None:
    with pytest.raises(ValueError, match="2 quarters are too few to learn from one and test on another"):
        evaluate.rolling(busy.as_of(1), 90.0, 0.05)
    with pytest.raises(ValueError, match="3 quarters are too few to learn from one and test on another"):
        evaluate.rolling(busy.as_of(2), 90.0, 0.05)


def test_bars_on_a_small_province(
    quiet_province: Province, quiet: Panel, rows: design.Rows, predicted: Floats
) -> None:
    test = rows.at(TEST)
    kalman = bounds.kalman(quiet_province.observed.score, quiet_province.truth.season)[test.index, TEST]
    oracle = quiet_province.truth.oracle[test.index, TEST]
    best = max(metrics.auc(test.low, -rule(quiet, TEST)[test.index]) for rule in baselines.RULES.values())
    reached = metrics.auc(test.low, predicted)
    assert reached >= metrics.auc(test.low, kalman) - 0.003 - ROOM
    assert reached >= best + 0.015 - ROOM
    assert reached <= metrics.auc(test.low, oracle) + 0.005
    # With 5,400 people chance alone makes an error of about .008.
    assert metrics.calibration_error(test.low, predicted) <= 0.02 + 0.008


def test_a_feature_from_the_future_beats_the_oracle_and_is_found_out(
    quiet_province: Province, quiet: Panel, rows: design.Rows
) -> None:
    score = np.where(np.isnan(quiet.score), 100.0, quiet.score)
    noise = np.random.default_rng(3).normal(0.0, 6.0, score.shape)
    leak = (score + noise)[rows.index, rows.cutoff + 1]
    leaking = replace(rows, inputs=np.column_stack([rows.inputs, leak]))
    model = logistic.fit(leaking.up_to(TEST - 1), (*features.NAMES, "leak"), 0.01)
    test = leaking.at(TEST)
    reached = metrics.auc(test.low, artefact.predict(model, test.inputs))
    assert reached > metrics.auc(test.low, quiet_province.truth.oracle[test.index, TEST]) + 0.005


def test_a_rule_as_a_model_ranks_as_the_rule_does_and_is_calibrated(busy: Panel) -> None:
    kind = ModelKind.FOUR_QUARTER_MEAN
    report = evaluate.rolling(busy, 90.0, 0.05, kind)
    for fold in report.folds:
        assert fold.figures["AUC"].value == pytest.approx(fold.rules[kind], abs=1e-9)
    assert report.figures["CALIBRATION_ERROR"].value < 0.03
