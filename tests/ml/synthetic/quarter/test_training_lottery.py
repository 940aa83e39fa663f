"""One quarter of the programme: eligible, drawn, came."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.synthetic import parameters as p
from ml.synthetic.province import SeatSourceCode
from ml.synthetic.quarter import training_lottery

N = 20_000
EVERYONE = np.ones(N, dtype=np.bool_)
NOBODY = np.zeros(N, dtype=np.bool_)
FAIR = np.full(N, p.SEAT_CHANCE)
CALM = np.zeros(N)


def test_half_of_the_eligible_win_and_most_of_them_come() -> None:
    drawn = training_lottery.run_lottery(EVERYONE, EVERYONE, FAIR, CALM, 1, 5)
    won = drawn.seat == SeatSourceCode.LOTTERY
    assert won.mean() == pytest.approx(p.SEAT_CHANCE, abs=0.015)
    assert drawn.attended[won].mean() == pytest.approx(p.COMPLIANCE, abs=0.015)
    assert not drawn.attended[~won].any()


def test_volunteers_come_from_those_not_eligible_and_the_able_sooner() -> None:
    able = np.where(np.arange(N) % 2 == 0, 1.0, -1.0)
    many = [training_lottery.run_lottery(EVERYONE, NOBODY, FAIR, able, 1, quarter) for quarter in range(40)]
    seats = np.array([(one.seat == SeatSourceCode.VOLUNTEER) for one in many]).sum(axis=0)
    assert all(one.attended[one.seat > 0].all() for one in many)
    ratio = seats[able > 0].sum() / seats[able < 0].sum()
    assert ratio == pytest.approx(np.exp(2 * p.VOLUNTEER_ABILITY), rel=0.15)
    assert seats.mean() / 40 == pytest.approx(p.VOLUNTEER_RATE * np.cosh(p.VOLUNTEER_ABILITY), rel=0.1)
    assert all(np.isnan(one.draw).all() for one in many)


def test_a_hunch_favours_trouble_and_none_favours_nobody() -> None:
    trouble = np.array([-2.0, p.HUNCH_CENTRE, 1.0])
    assert np.allclose(training_lottery.compute_seat_probability(trouble, 0.0), p.SEAT_CHANCE)
    odds = training_lottery.compute_seat_probability(trouble, 1.5)
    assert odds[0] > 0.95
    assert odds[1] == pytest.approx(p.SEAT_CHANCE)
    assert odds[2] < 0.05


@given(st.lists(st.one_of(st.none(), st.integers(80, 84)), min_size=1, max_size=60), st.integers(0, 99))
def test_the_eligible_are_the_lowest_share_of_those_with_a_score(scores: list[int | None], seed: int) -> None:
    last = np.array([np.nan if one is None else float(one) for one in scores])
    open_ = np.arange(len(last)) % 5 != 0
    chosen = training_lottery.select_eligible(last, open_, seed, 4)
    pool = open_ & ~np.isnan(last)
    assert not chosen[~pool].any()
    assert chosen.sum() == round(p.ELIGIBLE_SHARE * pool.sum())
    if chosen.any() and (pool & ~chosen).any():
        assert last[chosen].max() <= last[pool & ~chosen].min()


def test_ties_are_broken_by_the_seed_and_not_by_the_order_of_people() -> None:
    equal = np.full(1000, 90.0)
    one, two = (training_lottery.select_eligible(equal, np.ones(1000, dtype=np.bool_), seed, 4) for seed in (1, 2))
    assert one.sum() == two.sum() == 120
    assert not np.array_equal(one, two)
    assert 40 < one[:500].sum() < 80


def test_who_is_named_twice_is_trained_once_and_the_others_stay() -> None:
    open_ = np.array([True, True, False, True])
    given_ = training_lottery.assign_people(open_, np.array([True, False, False, False]), np.array([1, 1, 2]))
    assert given_.attended.tolist() == [False, True, False, False]
    assert given_.seat.tolist() == [0, SeatSourceCode.ASSIGNED, 0, 0]
    assert given_.eligible.tolist() == [True, False, False, False]
