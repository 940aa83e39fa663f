"""When a plan is late, and whether its targets add up."""

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
    """True if a plan of a year was set after 31 January: still possible, but TERLAMBAT.

    PermenPANRB 8/2021 annex E.4, kept by 6/2022 (R-PLAN-02).
    """
    return set_on > date(year, 1, 31)


def targets_reconcile(target: Target, aggregation: Aggregation) -> bool:
    """True if the targets of TW1…TW4 make the year's target by the indicator's aggregation (R-PLAN-15)."""
    return YEAR_TARGET_BY_AGGREGATION[aggregation](target.quarters) == target.year
