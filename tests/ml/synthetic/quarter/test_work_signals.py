"""What work leaves behind follows the hidden states as it was meant to."""

import numpy as np
import pytest

from ml.synthetic import parameters as p
from ml.synthetic.province import Province
from ml.synthetic.quarter import work_signals
from ml.synthetic.quarter.hidden_states import TransientStates

N = 40_000
ZERO = np.zeros(N)
LOW = np.full(N, -1.0)


def test_counts_have_their_rates() -> None:
    assert work_signals.draw_late_days(ZERO, ZERO, 1, 0).mean() == pytest.approx(np.exp(0.9), rel=0.02)
    assert work_signals.draw_late_days(LOW, ZERO, 1, 0).mean() == pytest.approx(np.exp(0.9 + 0.55), rel=0.02)
    assert work_signals.draw_late_days_last_month(LOW, ZERO, 1, 0).mean() == pytest.approx(
        np.exp(-0.2 + 0.75), rel=0.02
    )
    assert work_signals.draw_absence_days(LOW, LOW, 1, 0).mean() == pytest.approx(
        np.exp(-0.9 + 0.35 + 0.45), rel=0.02
    )
    assert work_signals.draw_late_days(ZERO, ZERO + 0.25, 1, 0).mean() == pytest.approx(np.exp(1.15), rel=0.02)


def test_activity_and_progress_have_their_means_and_spread() -> None:
    usual = work_signals.draw_activity(ZERO, ZERO, ZERO, 1, 0)
    assert usual.mean() == pytest.approx(np.exp(1.2), rel=0.01)
    assert usual.std() / usual.mean() == pytest.approx(1 / np.sqrt(6), rel=0.03)
    recent = work_signals.draw_activity_last_month(LOW, ZERO, ZERO, 1, 0)
    assert recent.mean() == pytest.approx(np.exp(0.9), rel=0.02)
    assert recent.std() / recent.mean() == pytest.approx(1 / np.sqrt(3), rel=0.03)
    assert work_signals.draw_progress(ZERO, 1, 0).mean() == pytest.approx(85, abs=0.3)
    assert work_signals.draw_progress(ZERO - 9, 1, 0).min() == 0


def test_the_last_month_shows_the_next_mood_early(province: Province) -> None:
    truth = province.truth
    lead = work_signals.compute_leading_mood(TransientStates(truth.mood, truth.early, truth.shock), 6)
    following = truth.mood[:, 7]
    assert np.corrcoef(lead, following)[0, 1] > np.corrcoef(truth.mood[:, 6], following)[0, 1] + 0.02


def test_scores_go_missing_with_bad_performance() -> None:
    usual = work_signals.draw_missing_scores(ZERO, 1, 0).mean()
    bad = work_signals.draw_missing_scores(ZERO - 2, 1, 0).mean()
    assert usual == pytest.approx(1 / (1 + np.exp(3.9)), rel=0.15)
    assert bad == pytest.approx(1 / (1 + np.exp(2.9)), rel=0.1)


def test_attendance_is_lost_by_whole_subunits(province: Province) -> None:
    lost = np.isnan(province.observed.late_days) & province.observed.active
    assert np.array_equal(lost, np.isnan(province.observed.absence) & province.observed.active)
    subunit = province.people.subunit
    for quarter in range(12):
        shares = np.bincount(subunit, lost[:, quarter]) / np.maximum(
            np.bincount(subunit, province.observed.active[:, quarter]), 1
        )
        assert set(np.unique(shares)) <= {0.0, 1.0}
    assert lost.mean() == pytest.approx(p.MISSING_ATTENDANCE, abs=0.02)


def test_who_left_stays_away_and_no_appraiser_leaves(province: Province) -> None:
    active = province.observed.active
    assert active[:, 0].all()
    assert (np.diff(active.astype(int), axis=1) <= 0).all()
    assert active[province.people.appraiser].all()
