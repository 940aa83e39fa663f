"""Orders and filters of units, positions and indicators."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from domain.columns import search_vector
from domain.indicator.tables import IndicatorRow
from domain.organisation.tables import PositionIndicatorRow, PositionRow, UnitRow
from resolvers.graph.declarations import order

UNIT_NAME = order(UnitRow.name, UnitRow.id)
UNIT_PATH = order(UnitRow.path, UnitRow.id)
POSITION_TITLE = order(PositionRow.title, PositionRow.id)
POSITION_INDICATORS = order(PositionIndicatorRow.ordinal, PositionIndicatorRow.id)
INDICATOR_NAME = order(IndicatorRow.name, IndicatorRow.id)

UNIT_WORDS = search_vector(col(UnitRow.name))
"""The words of a unit's name."""

TITLE_WORDS = search_vector(col(PositionRow.title))
"""The words of a position's title."""

TODAY = sa.bindparam("today", type_=sa.Date)

HOLDER_COUNT: Any = sa.func.holders_of(col(PositionRow.id), TODAY, type_=sa.BigInteger)
"""The number of definitive holders of a post today (bezetting).

It is a number about a post, so no scope of persons applies. A database function counts them: under row-level security
each actor would count only the visible ones.
"""
