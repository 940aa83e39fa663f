"""Queries of commands about programmes."""

from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import col

from domain.ports import Db
from training.catalogue.tables import ProgrammeRow


async def load_cost_per_person(db: Db, programme_id: int) -> Decimal:
    """Cost of a seat in a programme, in rupiah."""
    found = await db.fetch_one(
        sa.select(col(ProgrammeRow.cost_per_person)).where(col(ProgrammeRow.id) == programme_id)
    )
    return found[0] if found else Decimal(0)
