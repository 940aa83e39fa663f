"""Which summaries are shown."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from domain.summary.tables import PublishedSummaryRow, UnitSummaryRow
from resolvers.graph.declarations import order

NEWEST = order(UnitSummaryRow.id)

_PUBLISHED = col(UnitSummaryRow.summary_id) == sa.select(col(PublishedSummaryRow.summary_id)).scalar_subquery()

PUBLISHED_SUBTREE: Any = _PUBLISHED & ~col(UnitSummaryRow.own)
"""Of a unit with all below it, as published."""

PUBLISHED_UNIT_ITSELF: Any = _PUBLISHED & col(UnitSummaryRow.own)
"""Of those working in a unit itself, as published."""

FEW_ROWS_REASON = "a unit has one of each kind in a publication"
