"""Queries of commands and jobs about risk."""

import sqlalchemy as sa
from sqlmodel import col

from domain.ports import Db
from domain.risk.facts import Label
from domain.risk.tables import PublishedRunRow


async def load_published_run_id(db: Db, label: Label = Label.LOW_NEXT_PERIOD) -> int | None:
    """The published run's key, the risk list of a label; None before the first."""
    found = await db.fetch_one(sa.select(col(PublishedRunRow.run_id)).where(col(PublishedRunRow.label) == label))
    return found[0] if found else None
