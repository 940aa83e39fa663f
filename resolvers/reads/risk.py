"""Orders and filters of the risk list and of its models."""

import sqlalchemy as sa
from sqlmodel import col

from domain.risk.facts import Label, ModelStatus
from domain.risk.tables import ModelMetricRow, ModelRow, PublishedRunRow, RiskReasonRow, RiskScoreRow, ScoringRunRow
from resolvers.graph.words import order

RANK = order(RiskScoreRow.rank, RiskScoreRow.id)
REASONS = order(RiskReasonRow.ordinal, RiskReasonRow.id)
RUN_NEWEST = order(col(ScoringRunRow.cutoff_on).desc(), col(ScoringRunRow.id).desc())
MODEL_NEWEST = order(col(ModelRow.trained_at).desc(), col(ModelRow.id).desc())
METRICS = order(ModelMetricRow.name, ModelMetricRow.id)

PUBLISHED_RUN = (
    sa.select(col(PublishedRunRow.run_id))
    .where(col(PublishedRunRow.label) == Label.LOW_NEXT_PERIOD.value)
    .scalar_subquery()
)

PUBLISHED = col(RiskScoreRow.run_id) == PUBLISHED_RUN
"""Scores of the published run."""

LISTED = PUBLISHED & col(RiskScoreRow.person_id).is_distinct_from(sa.bindparam("actor_person", type_=sa.BigInteger))
"""The risk list: the published scores of others. Nobody decides on himself; one's own flag is on one's own page."""

IS_PUBLISHED = col(ScoringRunRow.id) == PUBLISHED_RUN
"""The run that is the risk list."""

IS_CHAMPION = col(ModelRow.status) == ModelStatus.CHAMPION.value
"""The model in use."""
