"""Tables of assignments: decision, eligible people, seats."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import SQLModel

from domain.columns import (
    boolean_column,
    current_appraiser_column,
    date_column,
    enum_check,
    foreign_key_column,
    id_column,
    integer_column,
    sorted_text_column,
    table_scope,
    text_column,
    timestamp_column,
)
from training.assignment.facts import AssignmentSource, AssignmentStatus


class AssignmentBatchRow(SQLModel, table=True):
    """One decision of a named human to fill seats of a session.

    It holds the reason and the seed of the lottery.
    """

    __tablename__ = "assignment_batch"
    __table_args__ = (
        enum_check("source", AssignmentSource),
        sa.CheckConstraint("seated BETWEEN 0 AND eligible", name="seated"),
        sa.Index("ix_assignment_batch__decided_at", "decided_at", "id"),
        table_scope("training"),
    )

    id: int = id_column()
    programme_id: int = foreign_key_column("programme.id", index=True)
    session_id: int = foreign_key_column("session.id", index=True)
    run_id: int | None = foreign_key_column("scoring_run.id", null=True)
    unit_id: int | None = foreign_key_column("unit.id", null=True)
    unit_path: str | None = sorted_text_column(null=True)
    source: AssignmentSource = text_column()
    seats: int = integer_column()
    eligible: int = integer_column()
    seated: int = integer_column()
    seed: int = integer_column()
    reason: str = text_column()
    decided_by: int = foreign_key_column("person.id")
    decided_at: datetime = timestamp_column()


class EligibilityRow(SQLModel, table=True):
    """A person eligible for a programme in a quarter, with the outcome of the lottery.

    It cannot be reconstructed later, and the estimate of the programme's effect rests on it.
    """

    __tablename__ = "eligibility"
    __table_args__ = (
        sa.UniqueConstraint("programme_id", "person_id", "starts_on"),
        sa.UniqueConstraint("batch_id", "draw"),
        table_scope("nobody"),
    )

    id: int = id_column()
    batch_id: int = foreign_key_column("assignment_batch.id")
    programme_id: int = foreign_key_column("programme.id")
    person_id: int = foreign_key_column("person.id", index=True)
    unit_path: str | None = sorted_text_column(null=True)
    appraiser_id: int | None = current_appraiser_column()
    score_id: int | None = foreign_key_column("risk_score.id", null=True)
    starts_on: date = date_column()
    stratum: int = integer_column()
    draw: int = integer_column()
    seated: bool = boolean_column()


class AssignmentRow(SQLModel, table=True):
    """A person's seat in a session, or place on its waiting list.

    With the score behind it and the deciding person.
    """

    __tablename__ = "assignment"
    __table_args__ = (
        enum_check("source", AssignmentSource),
        enum_check("status", AssignmentStatus),
        sa.CheckConstraint("(waiting_place IS NOT NULL) = (status = 'WAITING')", name="waiting_place"),
        sa.UniqueConstraint("session_id", "person_id"),
        sa.Index("ix_assignment__batch_id", "batch_id", "draw", "id"),
        sa.Index("ix_assignment__person_id", "person_id", "decided_at", "id"),
        table_scope("record", decided="decided_by"),
    )

    id: int = id_column()
    batch_id: int = foreign_key_column("assignment_batch.id")
    programme_id: int = foreign_key_column("programme.id")
    session_id: int = foreign_key_column("session.id")
    person_id: int = foreign_key_column("person.id")
    unit_path: str | None = sorted_text_column(null=True)
    appraiser_id: int | None = current_appraiser_column()
    score_id: int | None = foreign_key_column("risk_score.id", null=True)
    source: AssignmentSource = text_column()
    status: AssignmentStatus = text_column()
    draw: int = integer_column()
    waiting_place: int | None = integer_column(null=True)
    reason: str = text_column()
    decided_by: int = foreign_key_column("person.id")
    decided_at: datetime = timestamp_column()
