"""Rows of the model: which cut-offs, which people, in which order."""

from dataclasses import replace

import numpy as np
import pytest

from domain.risk.facts import ModelKind
from ml import baselines, design, features, inputs, label
from ml.panel import Floats, Panel


@pytest.mark.parametrize(
    ("quarters", "expected"), [(12, range(3, 11)), (5, range(3, 4)), (3, range(1, 2)), (2, range(1)), (1, range(0))]
)
def test_cutoffs_wait_for_a_year_of_history_where_there_is_one(quarters: int, expected: range) -> None:
    assert list(design.cutoffs(quarters)) == list(expected)


def test_a_panel_without_any_outcome_is_refused(busy: Panel) -> None:
    with pytest.raises(ValueError, match="a panel of 1 quarters holds no cut-off"):
        design.rows(busy.as_of(0), design.cutoffs(1), 90.0)


def test_rows_are_the_known_outcomes_of_those_with_enough_history(busy: Panel) -> None:
    rows = design.rows(busy, [4, 3], 90.0)
    assert rows.cutoff.tolist() == sorted(rows.cutoff.tolist())
    at = rows.at(4)
    outcome = label.low_next(busy, 4, 90.0)
    expected = np.flatnonzero(outcome.known & (features.evaluations_known(busy, 4) >= 2))
    assert at.index.tolist() == expected.tolist()
    assert np.array_equal(at.low, outcome.low[expected])
    assert np.array_equal(at.inputs, features.build(busy, 4)[0][expected])
    assert rows.missing == outcome.missing + label.low_next(busy, 3, 90.0).missing
    assert rows.censored > 0


def test_a_rule_learns_from_a_single_evaluation_the_model_does_not(busy: Panel) -> None:
    two = busy.as_of(1)
    assert len(design.rows(two, design.cutoffs(2), 90.0).low) == 0
    made = design.rows(two, design.cutoffs(2), 90.0, ModelKind.LAST_SCORE)
    assert len(made.low) > 0.9 * label.low_next(two, 0, 90.0).known.sum()


def test_parts_by_cutoff(busy: Panel) -> None:
    rows = design.rows(busy, range(3, 7), 90.0)
    assert set(rows.up_to(4).cutoff.tolist()) == {3, 4}
    assert len(rows.up_to(2).low) == 0
    assert len(rows.up_to(4).low) + len(rows.at(5).low) + len(rows.at(6).low) == len(rows.low)


def test_the_last_score_skips_a_gap(busy: Panel) -> None:
    score = busy.score.copy()
    score[0, 2:6] = [70.0, 80.0, np.nan, np.nan]
    score[1, 2:6] = np.nan
    made = baselines.last_score(_with(busy, score), 5)
    assert made[0] == 80.0
    assert 90 < made[1] < 105
    assert baselines.four_quarter_mean(_with(busy, score), 5)[0] == 75.0


def test_rules_see_nothing_later(busy: Panel) -> None:
    score = busy.score.copy()
    score[:, 6:] = 0.0
    for rule in baselines.RULES.values():
        assert np.array_equal(rule(busy, 5), rule(_with(busy, score), 5))


def test_a_rule_is_a_model_with_one_input(busy: Panel) -> None:
    kind = ModelKind.LAST_SCORE
    assert inputs.names(kind) == ("last_score",)
    assert np.array_equal(inputs.build(kind, busy, 5)[:, 0], baselines.last_score(busy, 5))
    assert inputs.names(ModelKind.LOGISTIC) == features.NAMES


def _with(panel: Panel, score: Floats) -> Panel:
    return replace(panel, score=score)
