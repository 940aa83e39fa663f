"""The panel hides what was not known at a cut-off."""

from dataclasses import replace

import numpy as np
import pytest

from ml.panel import EVALUATION_ARRAYS, MONITORING_ARRAYS, RiskPanel


def test_later_columns_are_gone(busy: RiskPanel) -> None:
    seen = busy.snapshot_at(4)
    assert seen.quarter_count == 5
    assert np.array_equal(seen.score, busy.score[:, :5], equal_nan=True)
    assert seen.trained.max() <= 4 < busy.trained.max()
    assert np.array_equal(seen.trained >= 0, (busy.trained >= 0) & (busy.trained <= 4))


@pytest.mark.parametrize("column", [-1, 12])
def test_a_column_outside_the_panel_is_refused(busy: RiskPanel, column: int) -> None:
    with pytest.raises(ValueError, match="lies outside the panel's 12 quarters"):
        busy.snapshot_at(column)


def test_what_came_on_record_later_is_hidden_until_then(busy: RiskPanel) -> None:
    late = busy.evaluated.copy()
    late[7, 3] = 5
    panel = replace(busy, evaluated=late)
    for name in EVALUATION_ARRAYS:
        assert np.isnan(getattr(panel.snapshot_at(4), name)[7, 3])
        assert np.array_equal(getattr(panel.snapshot_at(5), name), getattr(busy, name)[:, :6], equal_nan=True)
    for name in MONITORING_ARRAYS:
        assert np.array_equal(getattr(panel.snapshot_at(4), name), getattr(busy, name)[:, :5], equal_nan=True)


def test_an_array_of_another_shape_is_refused(busy: RiskPanel) -> None:
    with pytest.raises(ValueError, match=r"absence has shape \(3000, 11\); a panel of 3000 people needs"):
        replace(busy, absence=busy.absence[:, 1:])


def test_the_hash_is_that_of_the_data(busy: RiskPanel) -> None:
    changed = busy.progress.copy()
    changed[5, 5] += 0.01
    assert busy.content_hash() == replace(busy, score=busy.score.copy()).content_hash()
    assert busy.content_hash() != replace(busy, progress=changed).content_hash()


def test_seasons_follow_the_first_quarter(busy: RiskPanel) -> None:
    assert [busy.calendar_quarter(column) for column in (0, 3, 4, 12)] == [1, 4, 1, 1]
    assert replace(busy, first=(2024, 3)).calendar_quarter(2) == 1


def test_part_of_the_people_keeps_their_rows(busy: RiskPanel) -> None:
    some = busy.select_people(np.array([4, 2]))
    assert some.person.tolist() == [4, 2]
    assert np.array_equal(some.score, busy.score[[4, 2]], equal_nan=True)
