"""Queries of commands and jobs about evaluations and their parameters."""

import functools
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

import sqlalchemy as sa
from sqlmodel import col

from domain.actor import Actor
from domain.columns import next_id
from domain.evaluation.facts import Cutoffs, DatedParameters, EvaluationBasis, Period, Predikat, Rating, Regulation
from domain.people.tables import AppraiserLineRow, PersonRow
from domain.plan.tables import PlanRow
from domain.ports import Db
from domain.regulation import store as figures
from domain.regulation.store import Parameter

_TODAY: Final = sa.bindparam("today", type_=sa.Date)


async def load_regulation(db: Db, day: date) -> Regulation:
    """The parameters of an evaluation on a day."""
    return build_regulation(await figures.load_parameters(db, day))


def build_regulation(in_force: Mapping[str, Parameter]) -> Regulation:
    """Build the evaluation parameters from loaded rows. Raises KeyError for a missing one."""
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

_SELECT_PLAN: Final = (
    sa.select(
        col(PlanRow.person_id),
        col(PlanRow.starts_on),
        col(PlanRow.ends_on),
        col(PersonRow.unit_path),
        col(PersonRow.appraiser_id),
        next_id("evaluation").label("evaluation_id"),
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

_SELECT_DATED_PARAMETERS: Final = sa.select(
    figures.select_parameters_json(_TODAY), figures.select_parameters_json(_ENDS_ON)
)

_SELECT_BASIS: Final = _SELECT_PLAN.add_columns(*_SELECT_DATED_PARAMETERS.selected_columns)

_SELECT_DEFERRED_BASIS: Final = _SELECT_PLAN.where(
    col(PlanRow.starts_on) <= sa.bindparam("starts_on", type_=sa.Date),
    col(PlanRow.ends_on) >= _ENDS_ON,
    col(PersonRow.unit_path).is_not(None),
)


async def load_evaluation_basis(
    db: Db, actor: Actor, plan_id: int, today: date, ends_on: date
) -> EvaluationBasis | None:
    """Load an evaluation's basis for a period ending on a day, in one query.

    None unless the plan is active and belongs to another person, in the actor's line today (R-EVAL-12).
    """
    asked = {"plan": plan_id, "me": actor.person_id, "line": actor.line, "today": today, "ends_on": ends_on}
    found = await db.fetch_one(_SELECT_BASIS, asked)
    if found is None:
        return None
    person, starts_on, plan_ends_on, path, appraiser, number, now, then = found
    return EvaluationBasis(
        person, starts_on, plan_ends_on, path, appraiser, number, _build_dated_parameters(now, then)
    )


async def read_cached_parameters(db: Db, today: date, ends_on: date) -> DatedParameters | None:
    """The cached parameters for a period ending on a day.

    None if `load_evaluation_basis` has to read them.
    """
    found = await db.read_cached(_SELECT_DATED_PARAMETERS, {"today": today, "ends_on": ends_on})
    return None if found is None else _build_dated_parameters(*found)


def read_deferred_basis(
    db: Db, actor: Actor, plan_id: int, today: date, period: Period, parameters: DatedParameters
) -> EvaluationBasis | None:
    """The evaluation basis as a deferred row, assuming a valid plan, owner and unit.

    If the assumption fails, nothing is written; see `domain.ports.Db.read_deferred`.
    """
    asked = {"plan": plan_id, "me": actor.person_id, "line": actor.line, "today": today}
    row = db.read_deferred(
        _SELECT_DEFERRED_BASIS, {**asked, "starts_on": period.starts_on, "ends_on": period.ends_on}
    )
    return None if row is None else EvaluationBasis(*row, parameters)


@functools.lru_cache(maxsize=16)
def _build_dated_parameters(now: str | None, then: str | None) -> DatedParameters:
    return DatedParameters(
        recording_days=int(figures.parse_parameters(now)["RECORDING_DAYS"].value),
        regulation=build_regulation(figures.parse_parameters(then)),
    )
