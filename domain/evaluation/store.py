"""What commands and jobs read about evaluations."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import col

from domain.evaluation.facts import Cutoffs, Predikat, Rating, Regulation
from domain.people.tables import AppraiserLineRow
from domain.plan.facts import Plan, PlanStatus
from domain.plan.tables import PlanRow
from domain.ports import Db
from domain.regulation import store as figures
from domain.regulation.store import Figure


async def regulation(db: Db, on: date) -> Regulation:
    """The figures by which an evaluation is derived on a day."""
    return read_regulation(await figures.in_force(db, on))


def read_regulation(in_force: Mapping[str, Figure]) -> Regulation:
    """The same, from figures already read. Raises KeyError when one is missing."""
    matrix = in_force["EVALUATION_MATRIX"]
    results, behaviour = in_force["RESULTS_CUTOFFS"].value, in_force["BEHAVIOUR_CUTOFFS"].value
    weights = in_force["SCORE_WEIGHTS"].value
    return Regulation(
        id=matrix.regulation,
        matrix={
            (Rating(row), Rating(column)): Predikat(cell)
            for row, cells in matrix.value.items()
            for column, cell in cells.items()
        },
        results=Cutoffs(Decimal(results["below"]), Decimal(results["above"])),
        behaviour=Cutoffs(Decimal(behaviour["below"]), Decimal(behaviour["above"])),
        results_weight=Decimal(weights["results"]),
        behaviour_weight=Decimal(weights["behaviour"]),
        stretch=Decimal(weights["stretch"]),
        low_below=Decimal(in_force["LOW_SCORE"].value),
    )


async def recording_days(db: Db, on: date) -> int:
    """How many days after a period's end an evaluation may be recorded."""
    return int((await figures.in_force(db, on))["RECORDING_DAYS"].value)


async def plan_of_line(db: Db, plan_id: int, appraiser_id: int, on: date) -> Plan | None:
    """An active plan of somebody whom `appraiser_id` appraises on a day, or None (R-EVAL-12)."""
    found = await db.first(
        sa.select(
            col(PlanRow.id),
            col(PlanRow.person_id),
            col(PlanRow.position_id),
            col(PlanRow.year),
            col(PlanRow.status),
            col(PlanRow.active),
            col(PlanRow.starts_on),
            col(PlanRow.ends_on),
        )
        .join(AppraiserLineRow, col(AppraiserLineRow.person_id) == col(PlanRow.person_id))
        .where(
            col(PlanRow.id) == plan_id,
            col(PlanRow.active),
            col(AppraiserLineRow.appraiser_id) == appraiser_id,
            col(AppraiserLineRow.starts_on) <= on,
            (col(AppraiserLineRow.ends_on) >= on) | col(AppraiserLineRow.ends_on).is_(None),
        )
    )
    if found is None:
        return None
    key, person, position, year, status, active, starts_on, ends_on = found
    return Plan(key, person, position, year, PlanStatus(status), active, starts_on, ends_on)
