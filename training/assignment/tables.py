"""Tables of assignments: the decision, who was eligible, who got a seat."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import SQLModel

from domain.columns import day, flag, instant, key, number, one_of, ref, scope, sorted_text, text, todays_line
from training.assignment.facts import AssignmentStatus, Source


class AssignmentBatchRow(SQLModel, table=True):
    """One decision of a named human to fill seats of a session, with its reason and the seed of its lottery."""

    __tablename__ = "assignment_batch"
    __table_args__ = (
        one_of("source", Source),
        sa.CheckConstraint("seated BETWEEN 0 AND eligible", name="seated"),
        sa.Index("ix_assignment_batch__decided_at", "decided_at", "id"),
        scope("training"),
    )

    id: int = key()
    programme_id: int = ref("programme.id", index=True)
    session_id: int = ref("session.id", index=True)
    run_id: int | None = ref("scoring_run.id", null=True)
    unit_id: int | None = ref("unit.id", null=True)
    unit_path: str | None = sorted_text(null=True)
    source: Source = text()
    seats: int = number()
    eligible: int = number()
    seated: int = number()
    seed: int = number()
    reason: str = text()
    decided_by: int = ref("person.id")
    decided_at: datetime = instant()


class EligibilityRow(SQLModel, table=True):
    """That a person was eligible for a programme in a quarter, how the lottery fell, and whether it seated him.

    It cannot be reconstructed later, and the estimate of the programme's effect rests on it.
    """

    __tablename__ = "eligibility"
    __table_args__ = (
        sa.UniqueConstraint("programme_id", "person_id", "starts_on"),
        sa.UniqueConstraint("batch_id", "draw"),
        scope("nobody"),
    )

    id: int = key()
    batch_id: int = ref("assignment_batch.id")
    programme_id: int = ref("programme.id")
    person_id: int = ref("person.id", index=True)
    unit_path: str | None = sorted_text(null=True)
    appraiser_id: int | None = todays_line()
    score_id: int | None = ref("risk_score.id", null=True)
    starts_on: date = day()
    stratum: int = number()
    draw: int = number()
    seated: bool = flag()


class AssignmentRow(SQLModel, table=True):
    """A person's place in a session, or on its waiting list, with the score that led to it and who decided."""

    __tablename__ = "assignment"
    __table_args__ = (
        one_of("source", Source),
        one_of("status", AssignmentStatus),
        sa.CheckConstraint("(waiting_place IS NOT NULL) = (status = 'WAITING')", name="waiting_place"),
        sa.UniqueConstraint("session_id", "person_id"),
        sa.Index("ix_assignment__batch_id", "batch_id", "draw", "id"),
        sa.Index("ix_assignment__person_id", "person_id", "decided_at", "id"),
        scope("record", decided="decided_by"),
    )

    id: int = key()
    batch_id: int = ref("assignment_batch.id")
    programme_id: int = ref("programme.id")
    session_id: int = ref("session.id")
    person_id: int = ref("person.id")
    unit_path: str | None = sorted_text(null=True)
    appraiser_id: int | None = todays_line()
    score_id: int | None = ref("risk_score.id", null=True)
    source: Source = text()
    status: AssignmentStatus = text()
    draw: int = number()
    waiting_place: int | None = number(null=True)
    reason: str = text()
    decided_by: int = ref("person.id")
    decided_at: datetime = instant()
