"""Plan rules: lateness of a plan, and reconciliation of its targets."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

from domain.indicator.facts import Aggregation
from domain.plan.facts import Target

Quarters = tuple[Decimal, Decimal, Decimal, Decimal]

YEAR_TARGET_BY_AGGREGATION: Mapping[Aggregation, Callable[[Quarters], Decimal]] = {
    Aggregation.SUM: lambda quarters: sum(quarters, Decimal(0)),
    Aggregation.LAST: lambda quarters: quarters[3],
    Aggregation.AVERAGE: lambda quarters: (sum(quarters, Decimal(0)) / 4).quantize(Decimal("0.01")),
}


def is_plan_late(year: int, set_on: date) -> bool:
    """True if a plan was set after 31 January of its year: accepted, but TERLAMBAT.

    PermenPANRB 8/2021 annex E.4, upheld by 6/2022 (R-PLAN-02).
    """
    return set_on > date(year, 1, 31)


def targets_reconcile(target: Target, aggregation: Aggregation) -> bool:
    """True if the quarterly targets aggregate to the year's target (R-PLAN-15).

    The indicator's aggregation applies to TW1…TW4.
    """
    return YEAR_TARGET_BY_AGGREGATION[aggregation](target.quarters) == target.year
