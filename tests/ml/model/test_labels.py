"""What counts as low, who is censored, and that a missing evaluation is never fine."""

from dataclasses import replace

import numpy as np
import pytest

from ml.model import labels
from ml.panel import RiskPanel

NAN = np.nan


@pytest.fixture
def five(busy: RiskPanel) -> RiskPanel:
    """Five people, three quarters: low, fine, missing, trained, low by a work result."""
    score = np.array([[95, 89.99, 95], [95, 90.0, 80], [95, NAN, 80], [80, 85, 80], [95, 95, 95]], float)
    below = np.zeros((5, 3))
    below[4, 1] = 1
    three = busy.snapshot_at(2).select_people(np.arange(5))
    return replace(
        three,
        score=score,
        work_below=np.where(np.isnan(score), NAN, below),
        below_baik=np.where(np.isnan(score), NAN, below),
        active=np.ones((5, 3), np.bool_),
        trained=np.array([-1, -1, -1, 1, -1]),
    )


def test_low_in_the_next_evaluation(five: RiskPanel) -> None:
    made = labels.label_low_next(five, 0, 90.0)
    assert made.observed.tolist() == [True, True, False, False, True]
    assert made.low.tolist() == [True, False, False, False, True]
    assert (made.missing_count, made.censored_count) == (1, 1)


def test_training_before_the_cutoff_censors_nobody(five: RiskPanel) -> None:
    made = labels.label_low_next(five, 1, 90.0)
    assert made.observed.all()
    assert made.censored_count == 0


def test_leavers_have_no_outcome(five: RiskPanel) -> None:
    active = five.active.copy()
    active[0, 0] = False
    assert not labels.label_low_next(replace(five, active=active), 0, 90.0).observed[0]


def test_low_in_either_of_two_needs_one_low_or_both_there(five: RiskPanel) -> None:
    made = labels.label_low_within(five, 0, 90.0, horizon=2)
    assert made.observed.tolist() == [True, True, True, False, True]
    assert made.low.tolist() == [True, True, True, False, True]


def test_predikat_below_baik(five: RiskPanel) -> None:
    made = labels.label_below_baik_next(five, 0)
    assert made.low.tolist() == [False, False, False, False, True]
    assert made.missing_count == 1


def test_a_cutoff_without_a_later_quarter_is_refused(five: RiskPanel) -> None:
    with pytest.raises(ValueError, match="has no 1 later quarters"):
        labels.label_low_next(five, 2, 90.0)


def test_the_outcome_may_come_on_record_late(five: RiskPanel) -> None:
    late = replace(five, evaluated=np.full((5, 3), 2))
    assert np.array_equal(labels.label_low_next(late, 0, 90.0).low, labels.label_low_next(five, 0, 90.0).low)
