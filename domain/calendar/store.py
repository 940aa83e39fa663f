"""Reading the business date."""

from datetime import date

import sqlalchemy as sa
from sqlmodel import col

from domain.calendar.tables import BusinessDateRow
from domain.ports import Db


async def set_day(db: Db) -> date | None:
    """The business date that was set, or None where the real day counts."""
    found = await db.first(sa.select(col(BusinessDateRow.today)))
    return found[0] if found else None
