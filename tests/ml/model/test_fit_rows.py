"""Rows of the model: which cut-offs, which people, in which order."""

from dataclasses import replace

import numpy as np
import pytest

from domain.risk.facts import ModelKind
from ml.model import baselines, features, fit_rows, inputs, labels
from ml.panel import Floats, RiskPanel


@pytest.mark.parametrize(
    ("quarters", "expected"), [(12, range(3, 11)), (5, range(3, 4)), (3, range(1, 2)), (2, range(1)), (1, range(0))]
)
def test_cutoffs_wait_for_a_year_of_history_where_there_is_one(quarters: int, expected: range) -> None:
    assert list(fit_rows.list_cutoffs(quarters)) == list(expected)


def test_a_panel_without_any_outcome_is_refused(busy: RiskPanel) -> None:
    with pytest.raises(ValueError, match="a panel of 1 quarters holds no cut-off"):
        fit_rows.collect_fit_rows(busy.snapshot_at(0), fit_rows.list_cutoffs(1), 90.0)


def test_rows_are_the_observed_outcomes_after_enough_history(busy: RiskPanel) -> None:
    rows = fit_rows.collect_fit_rows(busy, [4, 3], 90.0)
    assert rows.cutoff.tolist() == sorted(rows.cutoff.tolist())
    at = rows.rows_at(4)
    outcome = labels.label_low_next(busy, 4, 90.0)
    expected = np.flatnonzero(outcome.observed & (features.count_recorded_evaluations(busy, 4) >= 2))
    assert at.index.tolist() == expected.tolist()
    assert np.array_equal(at.low, outcome.low[expected])
    assert np.array_equal(at.inputs, features.build_features(busy, 4)[0][expected])
    assert rows.missing_count == outcome.missing_count + labels.label_low_next(busy, 3, 90.0).missing_count
    assert rows.censored_count > 0


def test_a_rule_learns_from_a_single_evaluation_the_model_does_not(busy: RiskPanel) -> None:
    two = busy.snapshot_at(1)
    assert len(fit_rows.collect_fit_rows(two, fit_rows.list_cutoffs(2), 90.0).low) == 0
    made = fit_rows.collect_fit_rows(two, fit_rows.list_cutoffs(2), 90.0, ModelKind.LAST_SCORE)
    assert len(made.low) > 0.9 * labels.label_low_next(two, 0, 90.0).observed.sum()


def test_rows_by_cutoff(busy: RiskPanel) -> None:
    rows = fit_rows.collect_fit_rows(busy, range(3, 7), 90.0)
    assert set(rows.rows_up_to(4).cutoff.tolist()) == {3, 4}
    assert len(rows.rows_up_to(2).low) == 0
    assert len(rows.rows_up_to(4).low) + len(rows.rows_at(5).low) + len(rows.rows_at(6).low) == len(rows.low)


def test_the_last_score_skips_a_gap(busy: RiskPanel) -> None:
    score = busy.score.copy()
    score[0, 2:6] = [70.0, 80.0, np.nan, np.nan]
    score[1, 2:6] = np.nan
    made = baselines.compute_last_score(_replace_scores(busy, score), 5)
    assert made[0] == 80.0
    assert 90 < made[1] < 105
    assert baselines.compute_four_quarter_mean(_replace_scores(busy, score), 5)[0] == 75.0


def test_rules_use_no_later_data(busy: RiskPanel) -> None:
    score = busy.score.copy()
    score[:, 6:] = 0.0
    for rule in baselines.BASELINE_RULES.values():
        assert np.array_equal(rule(busy, 5), rule(_replace_scores(busy, score), 5))


def test_a_rule_is_a_model_with_one_input(busy: RiskPanel) -> None:
    kind = ModelKind.LAST_SCORE
    assert inputs.list_input_names(kind) == ("last_score",)
    assert np.array_equal(inputs.build_inputs(kind, busy, 5)[:, 0], baselines.compute_last_score(busy, 5))
    assert inputs.list_input_names(ModelKind.LOGISTIC) == features.FEATURE_NAMES


def _replace_scores(panel: RiskPanel, score: Floats) -> RiskPanel:
    return replace(panel, score=score)
