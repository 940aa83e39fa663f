"""The report looks forward only, meets its bars on a small province, and cannot be fooled by a leak unseen."""

from dataclasses import replace

import numpy as np
import pytest

from domain.risk.facts import ModelKind
from ml.model import artefact, baselines, features, fit_rows, logistic
from ml.panel import Floats, RiskPanel
from ml.synthetic import optimal_bounds
from ml.synthetic.province import Province
from ml.validation import metrics, publication_check, rolling_origin
from ml.validation.publication_check import PublicationAllowed
from ml.validation.rolling_origin import ValidationReport

TEST_COLUMN = 10
"""The cut-off that everything is compared at: learnt from outcomes up to quarter 10, tested on quarter 11."""
TOLERANCE = 0.01
"""Two standard errors of a difference of two AUCs of the same 5,400 people, about."""


@pytest.fixture(scope="module")
def report(busy: RiskPanel) -> ValidationReport:
    return rolling_origin.validate_rolling_origin(busy, 90.0, 0.05)


@pytest.fixture(scope="module")
def rows(quiet: RiskPanel) -> fit_rows.FitRows:
    return fit_rows.collect_fit_rows(quiet, fit_rows.list_cutoffs(12), 90.0)


@pytest.fixture(scope="module")
def predicted(rows: fit_rows.FitRows) -> Floats:
    model = logistic.fit_logistic(rows.rows_up_to(TEST_COLUMN - 1), features.FEATURE_NAMES, 0.01)
    return artefact.predict_probabilities(model, rows.rows_at(TEST_COLUMN).inputs)


def test_four_folds_each_learnt_before_they_are_tested(report: ValidationReport) -> None:
    assert [fold.cutoff for fold in report.folds] == [7, 8, 9, 10]
    assert report.missing_count > 0
    assert report.censored_count > 0


def test_a_fold_does_not_know_the_quarters_after_it(busy: RiskPanel, report: ValidationReport) -> None:
    score = busy.score.copy()
    score[:, 9:] = np.random.default_rng(1).permutation(score[:, 9:])
    other = rolling_origin.validate_rolling_origin(replace(busy, score=score), 90.0, 0.05)
    assert other.folds[0] == report.folds[0]
    assert other.folds[1].figures["BASE_RATE"] != report.folds[1].figures["BASE_RATE"]
    assert other.strength == report.strength


def test_a_shuffled_outcome_is_not_foretold(busy: RiskPanel) -> None:
    score = busy.score.copy()
    score[:, 11] = np.random.default_rng(2).permutation(score[:, 11])
    last = rolling_origin.validate_rolling_origin(replace(busy, score=score), 90.0, 0.05).folds[-1]
    assert abs(last.figures["AUC"].value - 0.5) < 0.08


def test_the_model_may_be_published_and_rules_are_reported(report: ValidationReport) -> None:
    assert publication_check.check_publication(report) == PublicationAllowed()
    assert set(report.rules) == {ModelKind.LAST_SCORE, ModelKind.FOUR_QUARTER_MEAN}
    kind, best = rolling_origin.find_best_rule(report)
    assert best.value == max(figures["AUC"].value for figures in report.rules.values())
    assert report.rules[kind]["AUC"] == best


def test_the_other_labels_are_always_reported(report: ValidationReport) -> None:
    assert set(report.secondary) == {"LOW_WITHIN_TWO", "BELOW_BAIK_NEXT"}
    assert report.secondary["LOW_WITHIN_TWO"]["BASE_RATE"].value > report.figures["BASE_RATE"].value
    assert report.secondary["BELOW_BAIK_NEXT"]["BASE_RATE"].value < 0.01


def test_an_unseen_unit_is_predicted_nearly_as_well(report: ValidationReport) -> None:
    assert report.unseen_unit is not None
    assert report.unseen_unit["AUC"].high > 0.75


def test_the_final_model_learns_from_every_outcome_and_keeps_the_drift(
    busy: RiskPanel, report: ValidationReport
) -> None:
    model = rolling_origin.fit_final_model(busy, 90.0, report)
    assert model.rows == len(fit_rows.collect_fit_rows(busy, range(3, 11), 90.0).low)
    assert model.drift == report.drift >= 0


def test_two_quarters_are_too_few(busy: RiskPanel) -> None:
    with pytest.raises(ValueError, match="2 quarters are too few to learn from one and test on another"):
        rolling_origin.validate_rolling_origin(busy.snapshot_at(1), 90.0, 0.05)
    with pytest.raises(ValueError, match="3 quarters are too few to learn from one and test on another"):
        rolling_origin.validate_rolling_origin(busy.snapshot_at(2), 90.0, 0.05)


def test_bars_on_a_small_province(
    quiet_province: Province, quiet: RiskPanel, rows: fit_rows.FitRows, predicted: Floats
) -> None:
    test = rows.rows_at(TEST_COLUMN)
    kalman = optimal_bounds.forecast_by_kalman_filter(quiet_province.observed.score, quiet_province.truth.season)[
        test.index, TEST_COLUMN
    ]
    oracle = quiet_province.truth.oracle[test.index, TEST_COLUMN]
    best = max(
        metrics.compute_auc(test.low, -rule(quiet, TEST_COLUMN)[test.index])
        for rule in baselines.BASELINE_RULES.values()
    )
    reached = metrics.compute_auc(test.low, predicted)
    assert reached >= metrics.compute_auc(test.low, kalman) - 0.003 - TOLERANCE
    assert reached >= best + 0.015 - TOLERANCE
    assert reached <= metrics.compute_auc(test.low, oracle) + 0.005
    # With 5,400 people chance alone makes an error of about .008.
    assert metrics.compute_calibration_error(test.low, predicted) <= 0.02 + 0.008


def test_a_feature_from_the_future_beats_the_oracle(
    quiet_province: Province, quiet: RiskPanel, rows: fit_rows.FitRows
) -> None:
    score = np.where(np.isnan(quiet.score), 100.0, quiet.score)
    noise = np.random.default_rng(3).normal(0.0, 6.0, score.shape)
    leak = (score + noise)[rows.index, rows.cutoff + 1]
    leaking = replace(rows, inputs=np.column_stack([rows.inputs, leak]))
    model = logistic.fit_logistic(leaking.rows_up_to(TEST_COLUMN - 1), (*features.FEATURE_NAMES, "leak"), 0.01)
    test = leaking.rows_at(TEST_COLUMN)
    reached = metrics.compute_auc(test.low, artefact.predict_probabilities(model, test.inputs))
    assert reached > metrics.compute_auc(test.low, quiet_province.truth.oracle[test.index, TEST_COLUMN]) + 0.005


def test_a_rule_as_a_model_ranks_as_the_rule_does_and_is_calibrated(busy: RiskPanel) -> None:
    kind = ModelKind.FOUR_QUARTER_MEAN
    report = rolling_origin.validate_rolling_origin(busy, 90.0, 0.05, kind)
    for fold in report.folds:
        assert fold.figures["AUC"].value == pytest.approx(fold.rules[kind], abs=1e-9)
    assert report.figures["CALIBRATION_ERROR"].value < 0.03
