"""What is read about people by commands, jobs and whoever must know where somebody stands."""

from datetime import date
from typing import Final

import sqlalchemy as sa
from sqlmodel import col

from domain import scope
from domain.people.facts import Standing
from domain.people.tables import PersonRow
from domain.ports import Db

CHANNEL: Final = "standing"
"""Whoever changes lines, units or delegations announces it on this channel."""

_STANDING: Final = sa.select(col(PersonRow.appraiser_id)).where(col(PersonRow.id) == sa.bindparam("person"))

_BELOW: Final = sa.select(sa.func.count()).select_from(
    sa.select(sa.literal(1))
    .where(
        col(PersonRow.unit_path) >= sa.bindparam("path", type_=sa.Text),
        col(PersonRow.unit_path) < sa.bindparam("path_end", type_=sa.Text),
    )
    .limit(sa.bindparam("most", type_=sa.BigInteger))
    .subquery()
)


async def standing(db: Db, person_id: int, today: date) -> Standing:
    """Who appraises a person today, and whose line he has been given."""
    found = await db.first(_STANDING, {"person": person_id})
    return Standing(appraiser_id=found[0] if found else None, stands_in_for=())


async def has_below(db: Db, path: str, most: int) -> bool:
    """Whether at least so many people are in the units at and below a path."""
    found = await db.first(_BELOW, {"path": path, "path_end": scope.path_end(path), "most": most})
    return found is not None and found[0] >= most
