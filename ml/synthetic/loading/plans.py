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
from ml.synthetic import parameters as p
from ml.synthetic.loading.frame import LoadFrame, Row, copy_rows, make_person_key, make_plan_key
from ml.synthetic.loading.organisation import INDICATOR_KEYS, list_planned_results
from ml.synthetic.loading.people import list_exit_days, order_top_down
from ml.synthetic.people.indicators import INDICATORS_BY_CODE
from ml.synthetic.province import Ints, PositionTypeCode
from ml.synthetic.rng import create_random_stream

PLAN_COLUMNS: Final = (
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
RESULT_COLUMNS: Final = (
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
PLAN_INDICATOR_COLUMNS: Final = (
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
RESULTS_PER_PLAN: Final = 2
"""Number of planned results of each person."""
LATE_SHARE: Final = 0.07
"""Share of late plans, set after the deadline."""


def list_plan_years(quarters: int) -> range:
    """Calendar years of the drawn quarters."""
    return range(p.FIRST_DAY.year, p.FIRST_DAY.year + -(-quarters // 4))


async def load_plans(db: Db, frame: LoadFrame, year: int) -> int:
    """Write all plans of a year with results and indicators; returns their number."""
    order = _order_planned_people(frame, year)
    count = await copy_rows(db, str(PlanRow.__tablename__), PLAN_COLUMNS, _build_plan_rows(frame, year, order))
    await copy_rows(db, str(PlanResultRow.__tablename__), RESULT_COLUMNS, _build_result_rows(frame, year, order))
    await copy_rows(
        db,
        str(PlanIndicatorRow.__tablename__),
        PLAN_INDICATOR_COLUMNS,
        _build_plan_indicator_rows(frame, year, order),
    )
    return count


def _find_first_quarter(year: int) -> int:
    return (year - p.FIRST_DAY.year) * 4


def _order_planned_people(frame: LoadFrame, year: int) -> Ints:
    """Order the people in service at the start of the year, each after their appraiser.

    A person's results support those of the appraiser.
    """
    seen = frame.province.observed
    order = order_top_down(seen.appraiser[:, _find_first_quarter(year)])
    return np.asarray(order[seen.active[order, _find_first_quarter(year)]])


def _build_plan_rows(frame: LoadFrame, year: int, order: Ints) -> Iterator[Row]:
    province = frame.province
    n, boss, gone = (
        len(province.people),
        province.observed.appraiser[:, _find_first_quarter(year)],
        list_exit_days(province),
    )
    rng = create_random_stream(province.settings.seed, "plan", _find_first_quarter(year))
    late, days = rng.random(n) < LATE_SHARE, rng.integers(0, 21, n)
    over = PlanStatus.SELESAI if year < frame.final_quarter.ends_on.year else PlanStatus.BERJALAN
    for i in order.tolist():
        left = gone[i]
        stopped = left is not None and left < date(year, 12, 31)
        set_on = date(year, 2 if late[i] else 1, 5) + timedelta(days=int(days[i]))
        yield (
            make_plan_key(n, year, i),
            make_person_key(i),
            int(frame.position_key[i]),
            frame.unit_path[i],
            frame.appraiser_key[i],
            year,
            PlanStatus.DIHENTIKAN if stopped else over,
            not stopped,
            Approach.KUANTITATIF,
            date(year, 1, 1),
            left if stopped else date(year, 12, 31),
            set_on,
            make_person_key(int(boss[i])) if boss[i] >= 0 else None,
            rules.is_plan_late(year, set_on),
        )


def _make_result_key(plan: int, ordinal: int) -> int:
    return (plan - 1) * RESULTS_PER_PLAN + ordinal


def _build_result_rows(frame: LoadFrame, year: int, order: Ints) -> Iterator[Row]:
    n, boss = len(frame.province.people), frame.province.observed.appraiser[:, _find_first_quarter(year)].tolist()
    for i in order.tolist():
        plan = make_plan_key(n, year, i)
        for ordinal, result in enumerate(list_planned_results(frame.province, i), start=1):
            supports = _make_result_key(make_plan_key(n, year, boss[i]), ordinal) if boss[i] >= 0 else None
            here = make_person_key(i), frame.unit_path[i], frame.appraiser_key[i]
            yield _make_result_key(plan, ordinal), plan, *here, ordinal, ResultKind.UTAMA, result.title, supports


def _build_plan_indicator_rows(frame: LoadFrame, year: int, order: Ints) -> Iterator[Row]:
    n, held = len(frame.province.people), frame.province.people.position_type
    for i in order.tolist():
        plan, chief = make_plan_key(n, year, i), bool(held[i] == PositionTypeCode.JPT)
        for ordinal, result in enumerate(list_planned_results(frame.province, i), start=1):
            key = _make_result_key(plan, ordinal)
            for place, code in enumerate(result.indicators, start=1):
                yield (
                    key,
                    make_person_key(i),
                    frame.unit_path[i],
                    frame.appraiser_key[i],
                    place,
                    *_describe_plan_indicator(code, chief=chief),
                )


@cache
def _describe_plan_indicator(code: str, *, chief: bool) -> Row:
    """Describe an indicator in a plan: perspective for high leadership, aspect for all others.

    Source: REFERENCE 2.1.
    """
    one = INDICATORS_BY_CODE[code]
    year, quarters = split_yearly_target(Decimal(str(one.target)), one.aggregation)
    aspect, perspective = (None, "Penerima Layanan") if chief else (one.aspect, None)
    words = (INDICATOR_KEYS[code], one.name, aspect, perspective, one.direction, one.measure)
    return (*words, one.aggregation, year, *quarters)


def split_yearly_target(year: Decimal, aggregation: Aggregation) -> tuple[Decimal, rules.Quarters]:
    """Split a year's target into itself and TW1…TW4 by its aggregation (R-PLAN-15)."""
    if aggregation is Aggregation.AVERAGE:
        return year, (year, year, year, year)
    if aggregation is Aggregation.SUM:
        part = (year / 4).quantize(Decimal("0.01"))
        return part * 4, (part, part, part, part)
    first, second, third = ((year * step / 4).quantize(Decimal("0.01")) for step in (1, 2, 3))
    return year, (first, second, third, year)
