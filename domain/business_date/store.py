"""Query of the business date."""

from datetime import date

import sqlalchemy as sa
from sqlmodel import col

from domain.business_date.tables import BusinessDateRow
from domain.ports import Db


async def load_business_date(db: Db) -> date | None:
    """The stored business date; None if the real day applies."""
    found = await db.fetch_one(sa.select(col(BusinessDateRow.today)))
    return found[0] if found else None
