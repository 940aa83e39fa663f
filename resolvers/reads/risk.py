"""Orders and filters of the risk list and of its models."""

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import col

from domain.access import scopes
from domain.risk.facts import Label, ModelStatus
from domain.risk.tables import (
    ModelMetricRow,
    ModelRow,
    PublishedRunRow,
    RiskCountRow,
    RiskReasonRow,
    RiskScoreRow,
    ScoringRunRow,
)
from resolvers.graph.declarations import order

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

PUBLISHED_SCORES = col(RiskScoreRow.run_id) == PUBLISHED_RUN
"""Scores of the published run."""

RISK_LIST = PUBLISHED_SCORES & col(RiskScoreRow.person_id).is_distinct_from(
    sa.bindparam("actor_person", type_=sa.BigInteger)
)
"""The risk list: the published scores of others. Nobody decides on themselves.

The actor's own flag is on the actor's own page.
"""

MY_SCORE = aliased(RiskScoreRow, name="my_score")

RISK_LIST_TOTAL = (
    sa.select(
        col(ScoringRunRow.people)
        - sa.exists()
        .where(
            col(MY_SCORE.run_id) == PUBLISHED_RUN,
            col(MY_SCORE.person_id) == sa.bindparam("actor_person", type_=sa.BigInteger),
        )
        .cast(sa.Integer)
    )
    .where(col(ScoringRunRow.id) == PUBLISHED_RUN)
    .scalar_subquery()
)
"""Length of the full risk list: everybody of the run, less the actor.

It is for actors seeing all of the list.
"""

IN_ACTOR_UNITS = (col(RiskCountRow.unit_path) >= scopes.ACTOR_PATH) & (
    col(RiskCountRow.unit_path) < scopes.ACTOR_PATH_END
)

RISK_LIST_UNITS_TOTAL = (
    sa.select(
        sa.func.sum(col(RiskCountRow.scores))
        - sa.exists()
        .where(
            col(MY_SCORE.run_id) == PUBLISHED_RUN,
            col(MY_SCORE.person_id) == scopes.ACTOR_PERSON,
            col(MY_SCORE.unit_path) >= scopes.ACTOR_PATH,
            col(MY_SCORE.unit_path) < scopes.ACTOR_PATH_END,
        )
        .cast(sa.Integer)
    )
    .where(col(RiskCountRow.run_id) == PUBLISHED_RUN, IN_ACTOR_UNITS)
    .scalar_subquery()
)
"""Length of the risk list for the actor's units, less the actor if in them."""

IS_PUBLISHED_RUN = col(ScoringRunRow.id) == PUBLISHED_RUN
"""The published run, source of the risk list."""

IS_CHAMPION_MODEL = (col(ModelRow.status) == ModelStatus.CHAMPION.value) & (
    col(ModelRow.label) == Label.LOW_NEXT_PERIOD.value
)
"""The model in use (champion)."""
