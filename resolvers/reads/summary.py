"""Filters of the published unit summaries."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from domain.summary.tables import PublishedSummaryRow, UnitSummaryRow
from resolvers.graph.declarations import order

NEWEST = order(UnitSummaryRow.id)

_PUBLISHED = col(UnitSummaryRow.summary_id) == sa.select(col(PublishedSummaryRow.summary_id)).scalar_subquery()

PUBLISHED_SUBTREE: Any = _PUBLISHED & ~col(UnitSummaryRow.own)
"""Published summaries of a unit with all units below it."""

PUBLISHED_UNIT_ITSELF: Any = _PUBLISHED & col(UnitSummaryRow.own)
"""Published summaries of the people working in a unit itself."""

FEW_ROWS_REASON = "a unit has one of each kind in a publication"
