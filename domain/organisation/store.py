"""Queries of commands about units."""

import sqlalchemy as sa
from sqlmodel import col

from domain.organisation.tables import UnitRow
from domain.ports import Db


async def load_unit_path(db: Db, unit_id: int) -> str | None:
    """The materialised path of a unit, or None."""
    found = await db.fetch_one(sa.select(col(UnitRow.path)).where(col(UnitRow.id) == unit_id))
    return found[0] if found else None
