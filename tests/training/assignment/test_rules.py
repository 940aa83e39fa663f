"""Seats fall by a lottery that is fair, complete, repeatable, and leaves the right people out."""

from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.risk.facts import Band
from training.assignment import rules
from training.assignment.facts import AssignmentSource, Candidate
from training.session.facts import Session, SessionStatus

SESSION = Session(1, 1, date(2026, 2, 1), date(2026, 2, 3), seats=500, taken=0, status=SessionStatus.OPEN)


def build_candidates(count: int) -> list[Candidate]:
    return [
        Candidate(100 + rank, 1000 + rank, rank, Band.HIGH, False, False, False, "1.2.", 7)
        for rank in range(1, count + 1)
    ]


@given(st.integers(0, 120), st.integers(1, 60), st.integers(1, 120), st.integers(0, 2**31 - 1))
def test_a_draw_seats_as_many_as_it_can_and_no_more(count: int, seats: int, most: int, seed: int) -> None:
    draw = rules.draw_lottery(SESSION, build_candidates(count), seats, most, seed)
    eligible = min(count, most)
    assert len(draw.places) == eligible
    assert sum(each.seated for each in draw.places) == min(seats, eligible)
    assert [each.draw for each in draw.places] == list(range(1, eligible + 1))
    assert draw.source is (AssignmentSource.LOTTERY if eligible > seats else AssignmentSource.ENOUGH_SEATS)
    seated = [each.seated for each in draw.places]
    assert seated == sorted(seated, reverse=True)


@given(st.permutations(build_candidates(40)), st.integers(0, 2**31 - 1))
def test_a_draw_does_not_depend_on_the_order_of_the_list(shuffled: list[Candidate], seed: int) -> None:
    listed = build_candidates(40)
    assert rules.draw_lottery(SESSION, shuffled, 11, 30, seed) == rules.draw_lottery(SESSION, listed, 11, 30, seed)


def test_everybody_in_a_stratum_has_the_same_chance() -> None:
    listed, draws = build_candidates(20), 4000
    seated: Counter[int] = Counter()
    for seed in range(draws):
        seated.update(
            each.candidate.person_id
            for each in rules.draw_lottery(SESSION, listed, 10, 20, seed).places
            if each.seated
        )
    # Binomial with p = 1/2: five standard deviations of 4,000 draws are 158.
    assert all(abs(seated[each.person_id] - draws / 2) < 158 for each in listed)


def test_seats_are_shared_over_strata_of_like_risk() -> None:
    draw = rules.draw_lottery(SESSION, build_candidates(80), 20, 80, seed=5)
    seats = Counter(each.stratum for each in draw.places if each.seated)
    assert seats == {0: 5, 1: 5, 2: 5, 3: 5}
    assert max(each.candidate.rank for each in draw.places if each.stratum == 0) == 20


@pytest.mark.parametrize(
    "first",
    [
        replace(build_candidates(1)[0], hindered=True),
        replace(build_candidates(1)[0], already_trained=True),
        replace(build_candidates(1)[0], schedule_conflict=True),
    ],
)
def test_who_cannot_be_helped_by_the_session_is_left_out_and_the_next_moves_up(first: Candidate) -> None:
    draw = rules.draw_lottery(SESSION, [first, *build_candidates(6)[1:]], 2, 4, seed=1)
    assert [each.person_id for each in draw.excluded] == [first.person_id]
    assert {each.candidate.rank for each in draw.places} == {2, 3, 4, 5}


@given(st.lists(st.integers(1, 50), min_size=1, max_size=6), st.integers(0, 300))
def test_shares_add_up_and_are_in_proportion(sizes: list[int], seats: int) -> None:
    shares = rules.allocate_seats(sizes, seats)
    assert sum(shares) == min(seats, sum(sizes))
    exact = [min(seats, sum(sizes)) * size / sum(sizes) for size in sizes]
    assert all(abs(share - fair) < 1 for share, fair in zip(shares, exact, strict=True))


def test_a_ticket_can_be_computed_by_anybody() -> None:
    # printf 42:107 | sha256sum
    assert rules.lottery_ticket(42, 107).hex().startswith("bf32925bdc725b7f4c956249085163")


@pytest.mark.parametrize(
    ("status", "today", "is_open"),
    [
        (SessionStatus.OPEN, date(2026, 2, 1), True),
        (SessionStatus.OPEN, date(2026, 2, 2), False),
        (SessionStatus.CLOSED, date(2026, 1, 1), False),
    ],
)
def test_a_session_takes_people_until_it_begins(status: SessionStatus, today: date, is_open: bool) -> None:
    assert rules.is_open(replace(SESSION, status=status), today) is is_open


def test_a_preview_counts_without_telling_on_whom_the_lot_fell() -> None:
    first, second, *others = build_candidates(10)
    listed = [replace(first, hindered=True), replace(second, schedule_conflict=True), *others]
    preview = rules.summarise_draw(rules.draw_lottery(SESSION, listed, 3, 6, seed=0), Decimal(2_500_000))
    assert (preview.seats, preview.eligible_count, preview.seated_count, preview.waiting_count) == (3, 6, 3, 3)
    assert (preview.hindered_count, preview.schedule_conflict_count, preview.already_trained_count) == (1, 1, 0)
    assert preview.cost == Decimal(7_500_000)
    assert [each.rank for each in preview.candidates] == list(range(1, 9))
    assert not any(hasattr(each, "seated") for each in preview.candidates)
