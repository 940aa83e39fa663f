"""Reading the figures that regulations fix."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from domain.ports import Db
from domain.regulation.tables import ParameterRow


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure in force, and the regulation that it comes from."""

    value: Any
    regulation: str


async def in_force(db: Db, on: date) -> Mapping[str, Figure]:
    """All figures in force on a day, by code."""
    rows = await db.fetch(
        sa.select(col(ParameterRow.code), col(ParameterRow.value), col(ParameterRow.regulation)).where(
            col(ParameterRow.starts_on) <= on,
            (col(ParameterRow.ends_on) >= on) | col(ParameterRow.ends_on).is_(None),
        )
    )
    return {code: Figure(value, regulation) for code, value, regulation in rows}
