"""What counts as low, who is censored, and that a missing evaluation is never fine."""

from dataclasses import replace

import numpy as np
import pytest

from ml import label
from ml.panel import Panel

NAN = np.nan


@pytest.fixture
def five(busy: Panel) -> Panel:
    """Five people, three quarters: low, fine, missing, trained, low by a work result."""
    score = np.array([[95, 89.99, 95], [95, 90.0, 80], [95, NAN, 80], [80, 85, 80], [95, 95, 95]], float)
    below = np.zeros((5, 3))
    below[4, 1] = 1
    three = busy.as_of(2).of(np.arange(5))
    return replace(
        three,
        score=score,
        work_below=np.where(np.isnan(score), NAN, below),
        below_baik=np.where(np.isnan(score), NAN, below),
        active=np.ones((5, 3), np.bool_),
        trained=np.array([-1, -1, -1, 1, -1]),
    )


def test_low_in_the_next_evaluation(five: Panel) -> None:
    made = label.low_next(five, 0, 90.0)
    assert made.known.tolist() == [True, True, False, False, True]
    assert made.low.tolist() == [True, False, False, False, True]
    assert (made.missing, made.censored) == (1, 1)


def test_training_before_the_cutoff_censors_nobody(five: Panel) -> None:
    made = label.low_next(five, 1, 90.0)
    assert made.known.all()
    assert made.censored == 0


def test_who_has_left_is_not_asked_about(five: Panel) -> None:
    active = five.active.copy()
    active[0, 0] = False
    assert not label.low_next(replace(five, active=active), 0, 90.0).known[0]


def test_low_in_either_of_two_needs_one_low_or_both_there(five: Panel) -> None:
    made = label.low_within(five, 0, 90.0, horizon=2)
    assert made.known.tolist() == [True, True, True, False, True]
    assert made.low.tolist() == [True, True, True, False, True]


def test_predikat_below_baik(five: Panel) -> None:
    made = label.below_baik_next(five, 0)
    assert made.low.tolist() == [False, False, False, False, True]
    assert made.missing == 1


def test_a_cutoff_without_a_later_quarter_is_refused(five: Panel) -> None:
    with pytest.raises(ValueError, match="has no 1 later quarters"):
        label.low_next(five, 2, 90.0)


def test_the_outcome_may_come_on_record_late(five: Panel) -> None:
    late = replace(five, evaluated=np.full((5, 3), 2))
    assert np.array_equal(label.low_next(late, 0, 90.0).low, label.low_next(five, 0, 90.0).low)
