"""Queries of the publication: units, and counts of their people."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col

from domain.evaluation.facts import PeriodKind
from domain.evaluation.tables import EvaluationRow
from domain.organisation.tables import UnitRow
from domain.people.tables import PersonRow
from domain.ports import Db
from domain.risk.tables import RiskScoreRow
from domain.summary.facts import TrainingProgress
from domain.summary.tables import SummaryRow
from training.assignment.facts import AssignmentStatus
from training.assignment.tables import AssignmentRow
from training.record.facts import Outcome
from training.record.tables import TrainingRecordRow
from training.session.tables import SessionRow

UnitNode = tuple[int, str, int | None]
"""A unit's key, its path, and the key of the unit above it."""

CategoryCount = tuple[int, str | None, str | None, str | None, int]
"""Unit, predikat, band, furthest step of training (None: none), and number of own people."""


async def find_summary_id(db: Db, starts_on: date) -> int | None:
    """Find the publication about a quarter; None without one."""
    found = await db.fetch_one(sa.select(col(SummaryRow.id)).where(col(SummaryRow.starts_on) == starts_on))
    return found[0] if found else None


async def load_unit_tree(db: Db) -> list[UnitNode]:
    """All units, each after the one above it."""
    rows = await db.fetch_all(
        sa.select(col(UnitRow.id), col(UnitRow.path), col(UnitRow.parent_id)).order_by(
            col(UnitRow.depth), col(UnitRow.path)
        )
    )
    return [(unit, path, parent) for unit, path, parent in rows]


async def count_people(db: Db, quarter: tuple[date, date], run_id: int | None, year: int) -> list[CategoryCount]:
    """Count the active people of each unit by predikat, band and training.

    One pass over the people, joined to the facts of each.
    """
    rated, scored, trained = _select_predikat(quarter), _select_band(run_id), _select_training_progress(year)
    keys = (col(PersonRow.unit_id), rated.c.predikat, scored.c.band, trained.c.step)
    rows = await db.fetch_all(
        sa.select(*keys, sa.func.count())
        .outerjoin_from(PersonRow, rated, rated.c.person_id == col(PersonRow.id))
        .outerjoin(scored, scored.c.person_id == col(PersonRow.id))
        .outerjoin(trained, trained.c.person_id == col(PersonRow.id))
        .where(col(PersonRow.left_on).is_(None), col(PersonRow.unit_id).is_not(None))
        .group_by(*keys)
    )
    return [(int(unit or 0), predikat, band, step, people) for unit, predikat, band, step, people in rows]


def _select_predikat(quarter: tuple[date, date]) -> sa.Subquery:
    """Select each person's predikat of the quarter; of two plans, the later evaluation."""
    person = col(EvaluationRow.person_id)
    return (
        sa.select(person, col(EvaluationRow.predikat))
        .ext(distinct_on(person))
        .where(
            col(EvaluationRow.kind) == PeriodKind.TRIWULAN,
            col(EvaluationRow.starts_on) == quarter[0],
            col(EvaluationRow.ends_on) == quarter[1],
            col(EvaluationRow.current),
        )
        .order_by(person, col(EvaluationRow.id).desc())
        .subquery("rated")
    )


def _select_band(run_id: int | None) -> sa.Subquery:
    return (
        sa.select(col(RiskScoreRow.person_id), col(RiskScoreRow.band))
        .where(col(RiskScoreRow.run_id) == sa.literal(run_id, sa.BigInteger))
        .subquery("scored")
    )


def _select_training_progress(year: int) -> sa.Subquery:
    """Select each person's training progress of a year.

    It is the first step of `TrainingProgress` reached by any of their sessions.
    """
    steps = list(TrainingProgress)
    step = sa.case(
        (col(TrainingRecordRow.outcome) == Outcome.PASSED, steps.index(TrainingProgress.PASSED)),
        (col(AssignmentRow.status) == AssignmentStatus.ATTENDED, steps.index(TrainingProgress.ATTENDED)),
        (col(AssignmentRow.status) == AssignmentStatus.ASSIGNED, steps.index(TrainingProgress.ASSIGNED)),
        (col(AssignmentRow.status) == AssignmentStatus.WAITING, steps.index(TrainingProgress.WAITING)),
        (col(AssignmentRow.status) == AssignmentStatus.ABSENT, steps.index(TrainingProgress.ABSENT)),
        else_=steps.index(TrainingProgress.NONE),
    )
    person = col(AssignmentRow.person_id)
    furthest = (
        sa.select(person, sa.func.min(step).label("step"))
        .join(SessionRow, col(SessionRow.id) == col(AssignmentRow.session_id))
        .outerjoin(TrainingRecordRow, col(TrainingRecordRow.assignment_id) == col(AssignmentRow.id))
        .where(col(SessionRow.starts_on).between(date(year, 1, 1), date(year, 12, 31)))
        .group_by(person)
        .subquery("furthest")
    )
    name = sa.case({place: str(each) for place, each in enumerate(steps)}, value=furthest.c.step)
    return sa.select(furthest.c.person_id, name.label("step")).subquery("trained")
