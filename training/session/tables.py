"""The table of training sessions."""

from datetime import date

import sqlalchemy as sa
from sqlmodel import SQLModel

from domain.columns import day, in_order, key, number, one_of, ref, scope, text
from training.session.facts import SessionStatus


class SessionRow(SQLModel, table=True):
    """A session of a programme: when, where, how many seats; it cannot be oversold."""

    __tablename__ = "session"
    __table_args__ = (
        one_of("status", SessionStatus),
        in_order(),
        sa.CheckConstraint("taken BETWEEN 0 AND seats", name="seats"),
        sa.Index("ix_session__programme_id", "programme_id", "starts_on", "id"),
        sa.Index("ix_session__starts_on", "starts_on", "id"),
        scope("public"),
    )

    id: int = key()
    programme_id: int = ref("programme.id")
    starts_on: date = day()
    ends_on: date = day()
    place: str = text()
    seats: int = number()
    taken: int = number(default=0)
    status: SessionStatus = text()
