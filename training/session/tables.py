"""The table of training sessions."""

from datetime import date

import sqlalchemy as sa
from sqlmodel import SQLModel

from domain.columns import (
    date_column,
    date_order_check,
    enum_check,
    foreign_key_column,
    id_column,
    integer_column,
    table_scope,
    text_column,
)
from training.session.facts import SessionStatus


class SessionRow(SQLModel, table=True):
    """A session of a programme: dates, place, seats; it cannot be oversold."""

    __tablename__ = "session"
    __table_args__ = (
        enum_check("status", SessionStatus),
        date_order_check(),
        sa.CheckConstraint("taken BETWEEN 0 AND seats", name="seats"),
        sa.Index("ix_session__programme_id", "programme_id", "starts_on", "id"),
        sa.Index("ix_session__starts_on", "starts_on", "id"),
        table_scope("public"),
    )

    id: int = id_column()
    programme_id: int = foreign_key_column("programme.id")
    starts_on: date = date_column()
    ends_on: date = date_column()
    place: str = text_column()
    seats: int = integer_column()
    taken: int = integer_column(default=0)
    status: SessionStatus = text_column()
