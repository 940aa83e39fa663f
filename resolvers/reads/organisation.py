"""Orders and filters of units, positions and indicators."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from domain.columns import words
from domain.indicator.tables import IndicatorRow
from domain.organisation.tables import PositionIndicatorRow, PositionRow, UnitRow
from domain.people.facts import IncumbencyKind
from domain.people.tables import IncumbencyRow
from resolvers.graph.words import order

UNIT_NAME = order(UnitRow.name, UnitRow.id)
UNIT_PATH = order(UnitRow.path, UnitRow.id)
POSITION_TITLE = order(PositionRow.title, PositionRow.id)
POSITION_INDICATORS = order(PositionIndicatorRow.ordinal, PositionIndicatorRow.id)
INDICATOR_NAME = order(IndicatorRow.name, IndicatorRow.id)

UNIT_WORDS = words(col(UnitRow.name))
"""The words of a unit's name."""

TITLE_WORDS = words(col(PositionRow.title))
"""The words of a position's title."""

TODAY = sa.bindparam("today", type_=sa.Date)

HOLDERS: Any = (
    sa.select(sa.func.count())
    .where(
        col(IncumbencyRow.position_id) == col(PositionRow.id),
        col(IncumbencyRow.kind) == IncumbencyKind.D.value,
        col(IncumbencyRow.starts_on) <= TODAY,
        (col(IncumbencyRow.ends_on) >= TODAY) | col(IncumbencyRow.ends_on).is_(None),
    )
    .correlate(PositionRow)
    .scalar_subquery()
)
"""Those who hold a post definitively today (bezetting): a number about a post, so no scope of persons applies."""
