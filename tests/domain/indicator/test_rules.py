"""Attainment goes the way in which the indicator is better, within 0 and 120."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.indicator import rules
from domain.indicator.facts import Direction, Realisation

UP, DOWN = Direction.HIGHER, Direction.LOWER


@pytest.mark.parametrize(
    ("target", "real", "direction", "attained"),
    [
        (90, 45, UP, "50.00"),
        (90, 90, UP, "100.00"),
        (90, 200, UP, "120"),
        (10, 20, DOWN, "50.00"),
        (10, 8, DOWN, "120"),
        (3, 1, UP, "33.33"),
        (0, 0, UP, "100"),
        (0, 5, UP, "120"),
        (0, 0, DOWN, "100"),
        (0, 5, DOWN, "0.00"),
        (5, 0, DOWN, "120"),
        (5, 0, UP, "0.00"),
        (5, -1, UP, "0.00"),
    ],
)
def test_attainment_in_per_cent(target: int, real: int, direction: Direction, attained: str) -> None:
    reached = Realisation(Decimal(target), Decimal(real), direction)
    assert rules.attainment(reached) == Decimal(attained)


@given(st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 1000), st.sampled_from(Direction))
def test_doing_better_never_attains_less(target: int, one: int, other: int, direction: Direction) -> None:
    worse, better = sorted((one, other), reverse=direction is DOWN)
    attained = [rules.attainment(Realisation(Decimal(target), Decimal(real), direction)) for real in (worse, better)]
    assert Decimal(0) <= attained[0] <= attained[1] <= Decimal(120)
