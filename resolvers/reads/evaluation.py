"""Orders and filters of evaluations and of monitoring."""

from sqlmodel import col

from domain.evaluation.tables import EvaluationRow
from domain.indicator.tables import MonitoringRow
from resolvers.graph.declarations import order

OLDEST = order(EvaluationRow.ends_on, EvaluationRow.id)
NEWEST = order(col(EvaluationRow.ends_on).desc(), col(EvaluationRow.id).desc())
MONITORING_OLDEST = order(MonitoringRow.starts_on, MonitoringRow.id)

CURRENT_VERSION = col(EvaluationRow.current)
"""Evaluations in force: not replaced by a later version."""
