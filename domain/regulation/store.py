"""Reading the figures that regulations fix."""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by
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
    found = await db.first(_IN_FORCE, {"on": on})
    return read(found[0] if found else None)


def written_in_force(on: sa.ColumnElement[date]) -> sa.ScalarSelect[str | None]:
    """All figures in force on a day as one text, to be read along with something else; `read` understands it."""
    told = sa.func.json_build_array(col(ParameterRow.code), col(ParameterRow.value), col(ParameterRow.regulation))
    return (
        sa.select(sa.cast(sa.func.json_agg(aggregate_order_by(told, col(ParameterRow.id))), sa.Text))
        .where(
            col(ParameterRow.starts_on) <= on,
            (col(ParameterRow.ends_on) >= on) | col(ParameterRow.ends_on).is_(None),
        )
        .scalar_subquery()
    )


@functools.lru_cache(maxsize=16)
def read(written: str | None) -> Mapping[str, Figure]:
    """The figures of such a text; the same text is taken apart once."""
    told = json.loads(written or "[]")
    return MappingProxyType({code: Figure(value, regulation) for code, value, regulation in told})


_IN_FORCE: Final = sa.select(written_in_force(sa.bindparam("on", type_=sa.Date)))
