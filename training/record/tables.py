"""The table of completed training."""

from datetime import date

import sqlalchemy as sa
from sqlmodel import SQLModel

from domain.columns import (
    current_appraiser_column,
    date_column,
    enum_check,
    foreign_key_column,
    id_column,
    integer_column,
    sorted_text_column,
    table_scope,
    text_column,
)
from training.record.facts import Outcome


class TrainingRecordRow(SQLModel, table=True):
    """Completion of a programme by a person: hours of learning (jam pelajaran, JP) and certificate."""

    __tablename__ = "training_record"
    __table_args__ = (
        enum_check("outcome", Outcome),
        sa.CheckConstraint("jp >= 0", name="jp"),
        sa.UniqueConstraint("organiser", "year", "certificate"),
        sa.UniqueConstraint("assignment_id"),
        sa.Index("ix_training_record__person_id", "person_id", "completed_on", "id"),
        table_scope("record"),
    )

    id: int = id_column()
    person_id: int = foreign_key_column("person.id")
    unit_path: str | None = sorted_text_column(null=True)
    appraiser_id: int | None = current_appraiser_column()
    programme_id: int = foreign_key_column("programme.id", index=True)
    session_id: int | None = foreign_key_column("session.id", null=True)
    assignment_id: int | None = foreign_key_column("assignment.id", null=True)
    completed_on: date = date_column()
    year: int = integer_column()
    jp: int = integer_column()
    outcome: Outcome = text_column()
    organiser: str = sorted_text_column()
    certificate: str | None = sorted_text_column(null=True)
