"""Buckets of cost points."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinerja.web import rate_limiter


class ManualClock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.seconds


def test_a_bucket_empties_and_fills_again() -> None:
    hands = ManualClock()
    rates = rate_limiter.RateLimiter(60, hands)
    assert rates.take_points("a", 50) == rate_limiter.RateDecision(10, 0)
    assert rates.take_points("a", 20) == rate_limiter.RateDecision(10, 10)
    assert rates.take_points("b", 20) == rate_limiter.RateDecision(40, 0)
    hands.seconds = 10.0
    assert rates.take_points("a", 20) == rate_limiter.RateDecision(0, 0)


def test_whoever_waits_as_long_as_he_is_told_is_let_through() -> None:
    hands = ManualClock()
    rates = rate_limiter.RateLimiter(7, hands)
    rates.take_points("a", 7)
    for points in (1, 5, 7, 900):
        hands.seconds += rates.take_points("a", points).wait_seconds
        assert rates.take_points("a", points).wait_seconds == 0


@given(st.lists(st.tuples(st.floats(0, 30), st.integers(0, 200)), max_size=40))
def test_nobody_gets_more_than_a_bucket_and_what_flows_in(steps: list[tuple[float, int]]) -> None:
    hands = ManualClock()
    rates = rate_limiter.RateLimiter(100, hands)
    got = 0
    for seconds, points in steps:
        hands.seconds += seconds
        got += 0 if rates.take_points("a", points).wait_seconds else min(points, 100)
        assert got <= 100 + hands.seconds * 100 / 60 + 1e-6


def test_zero_lets_everybody_through() -> None:
    assert rate_limiter.RateLimiter(0).take_points("a", 10**9).wait_seconds == 0


def test_endless_principals_cost_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limiter, "_MAX_BUCKETS", 10)
    rates = rate_limiter.RateLimiter(60)
    for n in range(100):
        rates.take_points(str(n), 1)
    assert len(rates) == 10


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("10.0.0.1", "10.0.0.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("not:an:address", "10.0.0.1", False),
    ],
)
def test_addresses_of_one_household_share_a_bucket(one: str, other: str, same: bool) -> None:
    assert (rate_limiter.anonymous_principal(one) == rate_limiter.anonymous_principal(other)) is same
