"""Command on the business date."""

from datetime import date

from sqlalchemy.dialects.postgresql import insert

from domain.business_date.tables import BusinessDateRow
from domain.ports import Db


async def set_business_date(db: Db, today: date) -> None:
    """Set the business date and notify all processes on the channel `business_date`."""
    await db.execute(
        insert(BusinessDateRow)
        .values(id=1, today=today)
        .on_conflict_do_update(index_elements=["id"], set_={"today": today})
    )
    await db.notify("business_date", today.isoformat())
