"""Ratings, predikat and score follow the regulation cell by cell."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.evaluation import rules
from domain.evaluation.facts import Cutoffs, Indices, Period, PeriodKind, Predikat, Rating, Regulation

ABOVE, MEETS, BELOW = Rating.DI_ATAS, Rating.SESUAI, Rating.DI_BAWAH

MATRIX = {
    (ABOVE, ABOVE): Predikat.SANGAT_BAIK,
    (ABOVE, MEETS): Predikat.BAIK,
    (ABOVE, BELOW): Predikat.KURANG,
    (MEETS, ABOVE): Predikat.BAIK,
    (MEETS, MEETS): Predikat.BAIK,
    (MEETS, BELOW): Predikat.KURANG,
    (BELOW, ABOVE): Predikat.BUTUH_PERBAIKAN,
    (BELOW, MEETS): Predikat.BUTUH_PERBAIKAN,
    (BELOW, BELOW): Predikat.SANGAT_KURANG,
}

REGULATION = Regulation(
    id="PERMENPANRB-6-2022",
    matrix=MATRIX,
    results=Cutoffs(Decimal(66), Decimal(109)),
    behaviour=Cutoffs(Decimal(65), Decimal(107)),
    results_weight=Decimal("0.6"),
    behaviour_weight=Decimal("0.4"),
    stretch=Decimal("1.15"),
    low_below=Decimal(90),
)

indices = st.decimals(min_value=0, max_value=120, places=2)


@pytest.mark.parametrize(
    ("index", "rating"),
    [("0", BELOW), ("65.99", BELOW), ("66", MEETS), ("108.99", MEETS), ("109", ABOVE), ("120", ABOVE)],
)
def test_an_index_is_rated_by_its_cutoffs(index: str, rating: Rating) -> None:
    assert rules.rate_index(Decimal(index), REGULATION.results) is rating


@pytest.mark.parametrize(("pair", "predikat"), MATRIX.items())
def test_every_cell_of_the_matrix_gives_its_predikat(pair: tuple[Rating, Rating], predikat: Predikat) -> None:
    assert rules.predikat(*pair, REGULATION) is predikat


def test_the_matrix_is_not_symmetric() -> None:
    good_work_bad_behaviour = rules.derive_outcome(Indices(Decimal(110), Decimal(60)), REGULATION)
    bad_work_good_behaviour = rules.derive_outcome(Indices(Decimal(60), Decimal(110)), REGULATION)
    assert good_work_bad_behaviour.predikat is Predikat.KURANG
    assert bad_work_good_behaviour.predikat is Predikat.BUTUH_PERBAIKAN


@pytest.mark.parametrize(
    ("results", "behaviour", "score"),
    [
        ("100", "100", "100.00"),
        ("120", "120", "117.39"),
        ("0", "0", "13.04"),
        ("88.50", "88.50", "90.00"),
        ("88.49", "88.49", "89.99"),
        ("90", "70", "84.35"),
    ],
)
def test_the_score_is_the_weighted_mean_drawn_towards_a_hundred(results: str, behaviour: str, score: str) -> None:
    assert rules.score(Indices(Decimal(results), Decimal(behaviour)), REGULATION) == Decimal(score)


def test_a_score_of_ninety_is_not_low_and_a_hundredth_less_is() -> None:
    assert not rules.derive_outcome(Indices(Decimal("88.50"), Decimal("88.50")), REGULATION).low
    assert rules.derive_outcome(Indices(Decimal("88.49"), Decimal("88.49")), REGULATION).low


def test_results_below_expectation_are_low_whatever_the_score() -> None:
    assert rules.is_low(Decimal(100), BELOW, REGULATION)
    assert not rules.is_low(Decimal(100), MEETS, REGULATION)


def test_the_outcome_names_the_regulation_and_the_cell() -> None:
    assert (
        rules.derive_outcome(Indices(Decimal(100), Decimal(100)), REGULATION).rule == "PERMENPANRB-6-2022/R-EVAL-05"
    )


@given(indices, indices, st.decimals(min_value=0, max_value=20, places=2))
def test_better_indices_never_give_less(results: Decimal, behaviour: Decimal, more: Decimal) -> None:
    before = rules.derive_outcome(Indices(results, behaviour), REGULATION)
    after = rules.derive_outcome(Indices(min(results + more, Decimal(120)), behaviour), REGULATION)
    assert after.score >= before.score
    assert list(Rating).index(after.results_rating) <= list(Rating).index(before.results_rating)
    assert Decimal(0) <= after.score <= Decimal(120)
    assert after.score == after.score.quantize(Decimal("0.01"))


@pytest.mark.parametrize(
    ("written", "period"),
    [
        ("2026", Period(PeriodKind.TAHUNAN, date(2026, 1, 1), date(2026, 12, 31))),
        ("2026-Q1", Period(PeriodKind.TRIWULAN, date(2026, 1, 1), date(2026, 3, 31))),
        ("2026-Q4", Period(PeriodKind.TRIWULAN, date(2026, 10, 1), date(2026, 12, 31))),
        ("2024-02", Period(PeriodKind.BULANAN, date(2024, 2, 1), date(2024, 2, 29))),
        ("2026-12", Period(PeriodKind.BULANAN, date(2026, 12, 1), date(2026, 12, 31))),
    ],
)
def test_a_period_is_read_and_written(written: str, period: Period) -> None:
    assert rules.parse_period(written) == period
    assert rules.format_period(period.kind, period.starts_on) == written


@pytest.mark.parametrize("written", ["", "26", "2026-Q5", "2026-13", "2026-1", "2026-Q1-", 2026, None, "1999"])
def test_what_is_no_period_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="2026-Q3"):
        rules.parse_period(written)


def test_an_evaluation_can_be_recorded_from_the_last_day_on() -> None:
    period = rules.parse_period("2026-Q1")
    assert rules.recording_window(period, 45) == (date(2026, 3, 31), date(2026, 5, 15))
