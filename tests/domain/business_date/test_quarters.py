"""Quarters begin and end where the calendar says."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.business_date import quarters


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (date(2026, 1, 1), date(2026, 1, 1), date(2026, 3, 31)),
        (date(2026, 6, 30), date(2026, 4, 1), date(2026, 6, 30)),
        (date(2026, 12, 31), date(2026, 10, 1), date(2026, 12, 31)),
    ],
)
def test_the_quarter_of_a_day(day: date, first: date, last: date) -> None:
    assert quarters.quarter_bounds(day) == (first, last)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_quarters_follow_one_another_without_a_gap(day: date) -> None:
    first, last = quarters.quarter_bounds(day)
    assert first <= day <= last
    assert quarters.next_quarter_start(first) == last + timedelta(days=1)
    assert quarters.last_finished_quarter(quarters.next_quarter_start(first)) == (first, last)
