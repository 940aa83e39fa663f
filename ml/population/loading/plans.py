"""Rows of plans: each person's SKP of a year, its results and their indicators."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Final

import numpy as np

from domain.indicator.facts import Aggregation
from domain.plan import rules
from domain.plan.facts import Approach, PlanStatus, ResultKind
from domain.plan.tables import PlanIndicatorRow, PlanResultRow, PlanRow
from domain.ports import Db
from ml.population import parameters as p
from ml.population.indicators import BY_CODE
from ml.population.loading.frame import Frame, Row, copy, person_key, plan_key
from ml.population.loading.organisation import INDICATOR_KEY, results_of
from ml.population.loading.people import from_the_top, left_on
from ml.population.province import Ints, PositionType
from ml.population.streams import stream

PLAN: Final = (
    "id",
    "person_id",
    "position_id",
    "unit_path",
    "appraiser_id",
    "year",
    "status",
    "active",
    "approach",
    "starts_on",
    "ends_on",
    "set_on",
    "set_by",
    "set_late",
)
RESULT: Final = (
    "id",
    "plan_id",
    "person_id",
    "unit_path",
    "appraiser_id",
    "ordinal",
    "kind",
    "title",
    "supports_id",
)
INDICATOR: Final = (
    "result_id",
    "person_id",
    "unit_path",
    "appraiser_id",
    "ordinal",
    "indicator_id",
    "name",
    "aspect",
    "perspective",
    "direction",
    "measure",
    "aggregation",
    "target",
    "target_q1",
    "target_q2",
    "target_q3",
    "target_q4",
)
RESULTS: Final = 2
"""Planned results of each person."""
LATE: Final = 0.07
"""Share of plans set after the deadline."""


def years(quarters: int) -> range:
    """The calendar years in which some drawn quarter lies."""
    return range(p.FIRST_DAY.year, p.FIRST_DAY.year + -(-quarters // 4))


async def load(db: Db, made: Frame, year: int) -> int:
    """Write all plans of a year with results and indicators; the number of plans."""
    order = _planned(made, year)
    count = await copy(db, str(PlanRow.__tablename__), PLAN, _plans(made, year, order))
    await copy(db, str(PlanResultRow.__tablename__), RESULT, _results(made, year, order))
    await copy(db, str(PlanIndicatorRow.__tablename__), INDICATOR, _indicators(made, year, order))
    return count


def _first(year: int) -> int:
    return (year - p.FIRST_DAY.year) * 4


def _planned(made: Frame, year: int) -> Ints:
    """Who serves at the start of the year, each after his appraiser, whose results his own support."""
    seen = made.province.observed
    order = from_the_top(seen.appraiser[:, _first(year)])
    return np.asarray(order[seen.active[order, _first(year)]])


def _plans(made: Frame, year: int, order: Ints) -> Iterator[Row]:
    province = made.province
    n, boss, gone = len(province.people), province.observed.appraiser[:, _first(year)], left_on(province)
    rng = stream(province.settings.seed, "plan", _first(year))
    late, days = rng.random(n) < LATE, rng.integers(0, 21, n)
    over = PlanStatus.SELESAI if year < made.last.ends_on.year else PlanStatus.BERJALAN
    for i in order.tolist():
        left = gone[i]
        stopped = left is not None and left < date(year, 12, 31)
        set_on = date(year, 2 if late[i] else 1, 5) + timedelta(days=int(days[i]))
        yield (
            plan_key(n, year, i),
            person_key(i),
            int(made.position[i]),
            made.unit_path[i],
            made.appraiser[i],
            year,
            PlanStatus.DIHENTIKAN if stopped else over,
            not stopped,
            Approach.KUANTITATIF,
            date(year, 1, 1),
            left if stopped else date(year, 12, 31),
            set_on,
            person_key(int(boss[i])) if boss[i] >= 0 else None,
            rules.is_late(year, set_on),
        )


def _result_key(plan: int, ordinal: int) -> int:
    return (plan - 1) * RESULTS + ordinal


def _results(made: Frame, year: int, order: Ints) -> Iterator[Row]:
    n, boss = len(made.province.people), made.province.observed.appraiser[:, _first(year)].tolist()
    for i in order.tolist():
        plan = plan_key(n, year, i)
        for ordinal, result in enumerate(results_of(made.province, i), start=1):
            supports = _result_key(plan_key(n, year, boss[i]), ordinal) if boss[i] >= 0 else None
            here = person_key(i), made.unit_path[i], made.appraiser[i]
            yield _result_key(plan, ordinal), plan, *here, ordinal, ResultKind.UTAMA, result.title, supports


def _indicators(made: Frame, year: int, order: Ints) -> Iterator[Row]:
    n, held = len(made.province.people), made.province.people.position_type
    for i in order.tolist():
        plan, chief = plan_key(n, year, i), bool(held[i] == PositionType.JPT)
        for ordinal, result in enumerate(results_of(made.province, i), start=1):
            key = _result_key(plan, ordinal)
            for place, code in enumerate(result.indicators, start=1):
                yield key, person_key(i), made.unit_path[i], made.appraiser[i], place, *_worded(code, chief=chief)


@cache
def _worded(code: str, *, chief: bool) -> Row:
    """An indicator in a plan: high leadership names a perspective, all others an aspect (REFERENCE 2.1)."""
    one = BY_CODE[code]
    year, quarters = targets(Decimal(str(one.target)), one.aggregation)
    aspect, perspective = (None, "Penerima Layanan") if chief else (one.aspect, None)
    words = (INDICATOR_KEY[code], one.name, aspect, perspective, one.direction, one.measure)
    return (*words, one.aggregation, year, *quarters)


def targets(year: Decimal, aggregation: Aggregation) -> tuple[Decimal, rules.Quarters]:
    """A year's target and TW1…TW4 that make it by their aggregation (R-PLAN-15)."""
    if aggregation is Aggregation.AVERAGE:
        return year, (year, year, year, year)
    if aggregation is Aggregation.SUM:
        part = (year / 4).quantize(Decimal("0.01"))
        return part * 4, (part, part, part, part)
    first, second, third = ((year * step / 4).quantize(Decimal("0.01")) for step in (1, 2, 3))
    return year, (first, second, third, year)
