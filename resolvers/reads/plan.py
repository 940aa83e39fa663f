"""Orders and filters of plans."""

from sqlmodel import col

from domain.plan.tables import PlanIndicatorRow, PlanResultRow, PlanRow
from resolvers.graph.declarations import order

OLDEST = order(PlanRow.starts_on, PlanRow.id)
NEWEST = order(col(PlanRow.starts_on).desc(), col(PlanRow.id).desc())
RESULTS = order(PlanResultRow.ordinal, PlanResultRow.id)
INDICATORS = order(PlanIndicatorRow.ordinal, PlanIndicatorRow.id)

PLAN_IN_FORCE = col(PlanRow.active)
"""Plans in force: neither replaced nor ended early."""
