"""Queries of the parameters fixed by regulations."""

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
class Parameter:
    """A parameter in force, and its regulation."""

    value: Any
    regulation: str


async def load_parameters(db: Db, day: date) -> Mapping[str, Parameter]:
    """All parameters in force on a day, by code."""
    found = await db.fetch_one(_SELECT_PARAMETERS, {"on": day})
    return parse_parameters(found[0] if found else None)


def select_parameters_json(day: sa.ColumnElement[date]) -> sa.ScalarSelect[str | None]:
    """All parameters in force on a day as JSON text, a scalar subquery.

    It is read along with other columns and parsed by `parse_parameters`.
    """
    told = sa.func.json_build_array(col(ParameterRow.code), col(ParameterRow.value), col(ParameterRow.regulation))
    return (
        sa.select(sa.cast(sa.func.json_agg(aggregate_order_by(told, col(ParameterRow.id))), sa.Text))
        .where(
            col(ParameterRow.starts_on) <= day,
            (col(ParameterRow.ends_on) >= day) | col(ParameterRow.ends_on).is_(None),
        )
        .scalar_subquery()
    )


@functools.lru_cache(maxsize=16)
def parse_parameters(text: str | None) -> Mapping[str, Parameter]:
    """Parse the JSON text of `select_parameters_json`; equal texts are parsed once."""
    told = json.loads(text or "[]")
    return MappingProxyType({code: Parameter(value, regulation) for code, value, regulation in told})


_SELECT_PARAMETERS: Final = sa.select(select_parameters_json(sa.bindparam("on", type_=sa.Date)))
