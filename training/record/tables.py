"""The table of completed training."""

from datetime import date

import sqlalchemy as sa
from sqlmodel import SQLModel

from domain.columns import day, key, number, one_of, ref, scope, sorted_text, text, todays_line
from training.record.facts import Outcome


class TrainingRecordRow(SQLModel, table=True):
    """That a person completed a programme: hours of learning (jam pelajaran, JP) and certificate."""

    __tablename__ = "training_record"
    __table_args__ = (
        one_of("outcome", Outcome),
        sa.CheckConstraint("jp >= 0", name="jp"),
        sa.UniqueConstraint("organiser", "year", "certificate"),
        sa.UniqueConstraint("assignment_id"),
        sa.Index("ix_training_record__person_id", "person_id", "completed_on", "id"),
        scope("record"),
    )

    id: int = key()
    person_id: int = ref("person.id")
    unit_path: str | None = sorted_text(null=True)
    appraiser_id: int | None = todays_line()
    programme_id: int = ref("programme.id", index=True)
    session_id: int | None = ref("session.id", null=True)
    assignment_id: int | None = ref("assignment.id", null=True)
    completed_on: date = day()
    year: int = number()
    jp: int = number()
    outcome: Outcome = text()
    organiser: str = sorted_text()
    certificate: str | None = sorted_text(null=True)
