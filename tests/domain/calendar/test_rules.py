"""Quarters begin and end where the calendar says."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import rules


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (date(2026, 1, 1), date(2026, 1, 1), date(2026, 3, 31)),
        (date(2026, 6, 30), date(2026, 4, 1), date(2026, 6, 30)),
        (date(2026, 12, 31), date(2026, 10, 1), date(2026, 12, 31)),
    ],
)
def test_the_quarter_of_a_day(day: date, first: date, last: date) -> None:
    assert rules.quarter_of(day) == (first, last)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_quarters_follow_each_other_without_a_gap(day: date) -> None:
    first, last = rules.quarter_of(day)
    assert first <= day <= last
    assert rules.next_quarter(first) == last + timedelta(days=1)
    assert rules.last_quarter(rules.next_quarter(first)) == (first, last)
