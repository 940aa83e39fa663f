"""Queries of commands: risk list and assignments."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import SQLModel, col

from domain.access import scopes
from domain.actor import Actor
from domain.business_date.quarters import quarter_bounds
from domain.ports import Db
from domain.risk.facts import Band
from domain.risk.tables import RiskScoreRow
from training.assignment.facts import AssignmentStatus, Candidate
from training.assignment.tables import AssignmentRow, EligibilityRow
from training.record.tables import TrainingRecordRow
from training.session.facts import Session
from training.session.tables import SessionRow

ACTIVE_STATUSES = (AssignmentStatus.ASSIGNED, AssignmentStatus.ATTENDED)


def row_table(row: type[SQLModel]) -> sa.Table:
    """The table of a row class."""
    return SQLModel.metadata.tables[str(row.__tablename__)]


def has_had_programme(session: Session) -> sa.ColumnElement[bool]:
    """Condition: completed the programme, assigned to it, or in its lottery this quarter."""
    completed = sa.exists().where(
        col(TrainingRecordRow.person_id) == col(RiskScoreRow.person_id),
        col(TrainingRecordRow.programme_id) == session.programme_id,
    )
    under_way = sa.exists().where(
        col(AssignmentRow.person_id) == col(RiskScoreRow.person_id),
        (
            (col(AssignmentRow.programme_id) == session.programme_id)
            & (col(AssignmentRow.status) == sa.any_(sa.literal(list(ACTIVE_STATUSES), sa.ARRAY(sa.Text))))
        )
        | (col(AssignmentRow.session_id) == session.id),
    )
    drawn = sa.exists().where(
        col(EligibilityRow.person_id) == col(RiskScoreRow.person_id),
        col(EligibilityRow.programme_id) == session.programme_id,
        col(EligibilityRow.starts_on) == quarter_bounds(session.starts_on)[0],
    )
    return completed | under_way | drawn


def has_schedule_conflict(session: Session) -> sa.ColumnElement[bool]:
    """Condition: assigned to another session on the days of this one."""
    other = sa.orm.aliased(SessionRow)
    return sa.exists().where(
        col(AssignmentRow.person_id) == col(RiskScoreRow.person_id),
        col(AssignmentRow.status) == AssignmentStatus.ASSIGNED,
        col(other.id) == col(AssignmentRow.session_id),
        col(other.id) != session.id,
        col(other.starts_on) <= session.ends_on,
        col(other.ends_on) >= session.starts_on,
    )


async def load_candidates(
    db: Db, actor: Actor, run_id: int, session: Session, path: str, limit: int
) -> Sequence[Candidate]:
    """Load the top of a run's risk list below a unit path.

    Only people visible to the actor, without the actor: nobody decides on themselves. `limit` eligible people are
    enough; the ineligible come on top, until as many are read.
    """
    taken, clash = has_had_programme(session).label("taken"), has_schedule_conflict(session).label("clash")
    listed = (
        sa.select(
            col(RiskScoreRow.person_id),
            col(RiskScoreRow.id),
            col(RiskScoreRow.rank),
            col(RiskScoreRow.band),
            col(RiskScoreRow.hindered),
            taken,
            clash,
            col(RiskScoreRow.unit_path),
            col(RiskScoreRow.appraiser_id),
        )
        .where(
            col(RiskScoreRow.run_id) == run_id,
            col(RiskScoreRow.person_id).is_distinct_from(actor.person_id),
            col(RiskScoreRow.probability).is_not(None),
            sa.func.starts_with(col(RiskScoreRow.unit_path), path),
            scopes.rows_visible_to(actor, row_table(RiskScoreRow)),
        )
        .order_by(col(RiskScoreRow.rank))
    )
    found: list[Candidate] = []
    eligible = 0
    async for rows in db.stream(listed, size=2 * limit):
        for person, score, rank, band, hindered, had, engaged, unit_path, appraiser in rows:
            each = Candidate(person, score, rank, Band(band), hindered, had, engaged, unit_path, appraiser)
            found.append(each)
            eligible += not (hindered or had or engaged)
        if eligible >= limit:
            break
    return found
