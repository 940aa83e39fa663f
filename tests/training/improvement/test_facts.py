"""Panels that cannot be are refused, and what is shown beside an effect adds up."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.improvement.facts import Estimate, PeriodEffect, TrialPanel

POINTS = st.floats(0, 120)


def build_trial_panel(**changes: object) -> TrialPanel:
    parts = {
        "score": np.full((3, 4), 100.0),
        "eligible": np.zeros((3, 4), bool),
        "trained": np.array([-1, 2, 3]),
        "cluster": np.array([0, 0, 1]),
        "lottery": np.zeros((3, 4), int),
    }
    return TrialPanel(**(parts | changes))  # type: ignore[arg-type]  # wrong shapes are the point


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"eligible": np.zeros((3, 3), bool)}, "shape of score, 3 × 4"),
        ({"lottery": np.zeros(3, int)}, "shape of score, 3 × 4"),
        ({"trained": np.array([-1, 2])}, "each of the 3 people"),
        ({"cluster": np.array([0])}, "each of the 3 people"),
        ({"trained": np.array([-1, 2, 4])}, "a column from 0 to 3"),
        ({"trained": np.array([-2, 2, 3])}, "a column from 0 to 3"),
        ({"cluster": np.array([-1, 0, 0])}, "numbered from 0"),
        ({"lottery": np.full((3, 4), -1)}, "numbered from 0"),
        ({"eligible": np.ones((3, 4), bool)}, "stood in a lottery"),
    ],
)
def test_a_panel_whose_parts_disagree_is_refused_in_words(changes: dict[str, object], said: str) -> None:
    assert build_trial_panel().periods == 4
    with pytest.raises(ValueError, match=said):
        build_trial_panel(**changes)


@given(
    before=POINTS,
    after=POINTS,
    effect=st.floats(-30, 30),
    treated=st.integers(1, 50),
    left=st.integers(0, 50),
    kept=st.floats(0, 1),
)
def test_before_and_after_splits_into_what_would_have_come_anyway_and_the_effect(
    before: float, after: float, effect: float, treated: int, left: int, kept: float
) -> None:
    figure = Estimate(effect, 1.0, 12)
    shown = PeriodEffect(1, figure, figure, treated, 9, 7.5, left, kept, before, after)
    assert shown.change == after - before
    assert shown.expected_change + effect == pytest.approx(shown.change, abs=1e-9)
    assert shown.expected_after + effect == pytest.approx(after, abs=1e-9)
    assert shown.support.overlap == pytest.approx(kept * treated / (treated + left))
    assert (shown.support.treated, shown.support.controls, shown.support.clusters) == (treated, 7.5, 12)
