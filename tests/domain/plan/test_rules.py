"""Plans are late after January, and quarters make the year."""

from datetime import date
from decimal import Decimal

import pytest

from domain.indicator.facts import Aggregation
from domain.plan import rules
from domain.plan.facts import Target


@pytest.mark.parametrize(
    ("set_on", "late"), [(date(2025, 12, 20), False), (date(2026, 1, 31), False), (date(2026, 2, 1), True)]
)
def test_a_plan_is_late_from_february_on(set_on: date, late: bool) -> None:
    assert rules.is_plan_late(2026, set_on) is late


@pytest.mark.parametrize(
    ("aggregation", "year", "fits"),
    [
        (Aggregation.SUM, 100, True),
        (Aggregation.SUM, 99, False),
        (Aggregation.LAST, 40, True),
        (Aggregation.LAST, 100, False),
        (Aggregation.AVERAGE, 25, True),
        (Aggregation.AVERAGE, 40, False),
    ],
)
def test_quarters_make_the_year_by_their_aggregation(aggregation: Aggregation, year: int, fits: bool) -> None:
    quarters = (Decimal(10), Decimal(20), Decimal(30), Decimal(40))
    assert rules.targets_reconcile(Target(Decimal(year), quarters), aggregation) is fits
