"""Buckets of cost points."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinerja import rate


class Hands:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.at


def test_a_bucket_empties_and_fills_again() -> None:
    hands = Hands()
    rates = rate.Rate(60, hands)
    assert rates.spend("a", 50) == rate.Spent(10, 0)
    assert rates.spend("a", 20) == rate.Spent(10, 10)
    assert rates.spend("b", 20) == rate.Spent(40, 0)
    hands.at = 10.0
    assert rates.spend("a", 20) == rate.Spent(0, 0)


def test_whoever_waits_as_long_as_he_is_told_is_let_through() -> None:
    hands = Hands()
    rates = rate.Rate(7, hands)
    rates.spend("a", 7)
    for points in (1, 5, 7, 900):
        hands.at += rates.spend("a", points).wait
        assert rates.spend("a", points).wait == 0


@given(st.lists(st.tuples(st.floats(0, 30), st.integers(0, 200)), max_size=40))
def test_nobody_gets_more_than_a_bucket_and_what_flows_in(steps: list[tuple[float, int]]) -> None:
    hands = Hands()
    rates = rate.Rate(100, hands)
    got = 0
    for seconds, points in steps:
        hands.at += seconds
        got += 0 if rates.spend("a", points).wait else min(points, 100)
        assert got <= 100 + hands.at * 100 / 60 + 1e-6


def test_zero_lets_everybody_through() -> None:
    assert rate.Rate(0).spend("a", 10**9).wait == 0


def test_endless_principals_cost_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate, "_MOST_BUCKETS", 10)
    rates = rate.Rate(60)
    for n in range(100):
        rates.spend(str(n), 1)
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
    assert (rate.peer(one) == rate.peer(other)) is same
