"""What commands and jobs read about evaluations."""

import functools
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

import sqlalchemy as sa
from sqlmodel import col

from domain.actor import Actor
from domain.columns import next_key
from domain.evaluation.facts import Cutoffs, Figures, Ground, Period, Predikat, Rating, Regulation
from domain.people.tables import AppraiserLineRow, PersonRow
from domain.plan.tables import PlanRow
from domain.ports import Db
from domain.regulation import store as figures
from domain.regulation.store import Figure

_TODAY: Final = sa.bindparam("today", type_=sa.Date)


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


_ENDS_ON: Final = sa.bindparam("ends_on", type_=sa.Date)

_OF_PLAN: Final = (
    sa.select(
        col(PlanRow.person_id),
        col(PlanRow.starts_on),
        col(PlanRow.ends_on),
        col(PersonRow.unit_path),
        col(PersonRow.appraiser_id),
        next_key("evaluation").label("evaluation_id"),
    )
    .join(AppraiserLineRow, col(AppraiserLineRow.person_id) == col(PlanRow.person_id))
    .join(PersonRow, col(PersonRow.id) == col(PlanRow.person_id))
    .where(
        col(PlanRow.id) == sa.bindparam("plan"),
        col(PlanRow.active),
        col(PlanRow.person_id) != sa.bindparam("me", type_=sa.BigInteger),
        col(AppraiserLineRow.appraiser_id) == sa.any_(sa.bindparam("line", type_=sa.ARRAY(sa.BigInteger))),
        col(AppraiserLineRow.starts_on) <= _TODAY,
        (col(AppraiserLineRow.ends_on) >= _TODAY) | col(AppraiserLineRow.ends_on).is_(None),
    )
)

_FIGURES: Final = sa.select(figures.written_in_force(_TODAY), figures.written_in_force(_ENDS_ON))

_GROUND: Final = _OF_PLAN.add_columns(*_FIGURES.selected_columns)

_ASSUMED: Final = _OF_PLAN.where(
    col(PlanRow.starts_on) <= sa.bindparam("starts_on", type_=sa.Date),
    col(PlanRow.ends_on) >= _ENDS_ON,
    col(PersonRow.unit_path).is_not(None),
)


async def ground(db: Db, actor: Actor, plan_id: int, today: date, ends_on: date) -> Ground | None:
    """What an evaluation of a period that ends on a day rests on, in one look.

    None unless the plan is active and of somebody else whose line is the actor's today (R-EVAL-12).
    """
    asked = {"plan": plan_id, "me": actor.person_id, "line": actor.line, "today": today, "ends_on": ends_on}
    found = await db.first(_GROUND, asked)
    if found is None:
        return None
    person, starts_on, plan_ends_on, path, appraiser, number, now, then = found
    return Ground(person, starts_on, plan_ends_on, path, appraiser, number, _figures(now, then))


async def recalled_figures(db: Db, today: date, ends_on: date) -> Figures | None:
    """The figures for a period that ends on a day, as they were read last; None where `ground` has to read them."""
    found = await db.recall(_FIGURES, {"today": today, "ends_on": ends_on})
    return None if found is None else _figures(*found)


def assume(db: Db, actor: Actor, plan_id: int, today: date, period: Period, by: Figures) -> Ground | None:
    """The same as `ground`, of a plan that the period lies within and whose owner has a unit, taken for granted.

    If there is none, nothing comes of it; see `domain.ports.Db.assume`.
    """
    asked = {"plan": plan_id, "me": actor.person_id, "line": actor.line, "today": today}
    row = db.assume(_ASSUMED, {**asked, "starts_on": period.starts_on, "ends_on": period.ends_on})
    return None if row is None else Ground(*row, by)


@functools.lru_cache(maxsize=16)
def _figures(now: str | None, then: str | None) -> Figures:
    return Figures(
        recording_days=int(figures.read(now)["RECORDING_DAYS"].value),
        regulation=read_regulation(figures.read(then)),
    )
