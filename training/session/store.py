"""Queries of commands about sessions, and the reservation of seats."""

import sqlalchemy as sa
from sqlmodel import col

from domain.ports import Db
from training.session.facts import Session, SessionStatus
from training.session.tables import SessionRow


async def load_training_session(db: Db, session_id: int) -> Session | None:
    """Load a session; None without one."""
    found = await db.fetch_one(
        sa.select(
            col(SessionRow.id),
            col(SessionRow.programme_id),
            col(SessionRow.starts_on),
            col(SessionRow.ends_on),
            col(SessionRow.seats),
            col(SessionRow.taken),
            col(SessionRow.status),
        ).where(col(SessionRow.id) == session_id)
    )
    if found is None:
        return None
    key, programme, starts_on, ends_on, seats, taken, status = found
    return Session(key, programme, starts_on, ends_on, seats, taken, SessionStatus(status))


async def reserve_seats(db: Db, session_id: int, seats: int) -> bool:
    """Reserve seats, if as many are free, by one conditional update.

    Two commands at once cannot oversell.
    """
    touched = await db.execute(
        sa.update(SessionRow)
        .where(
            col(SessionRow.id) == session_id,
            col(SessionRow.status) == SessionStatus.OPEN,
            col(SessionRow.taken) + seats <= col(SessionRow.seats),
        )
        .values(taken=col(SessionRow.taken) + seats)
    )
    return touched == 1
