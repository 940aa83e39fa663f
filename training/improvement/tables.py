"""Tables of effect studies."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from domain.columns import (
    boolean_column,
    date_column,
    foreign_key_column,
    id_column,
    integer_column,
    json_column,
    numeric_column,
    table_scope,
    text_column,
    timestamp_column,
)


class EffectStudyRow(SQLModel, table=True):
    """Effect study of a programme: estimate one period after training, and verdict.

    Points on the score's scale of 0…120. All figures are null below five people treated. `before_after` is the naive
    difference; `expected_after` the expected score of the treated without training.
    """

    __tablename__ = "effect_study"
    __table_args__ = (
        sa.CheckConstraint("verdict IN ('CREDIBLE', 'INCONCLUSIVE', 'NOT_CREDIBLE', 'TOO_FEW')", name="verdict"),
        sa.Index("uq_effect_study__current", "programme_id", unique=True, postgresql_where=sa.text("current")),
        table_scope("public"),
    )

    id: int = id_column()
    programme_id: int = foreign_key_column("programme.id")
    as_of: date = date_column()
    current: bool = boolean_column()
    verdict: str = text_column()
    grounds: Any = json_column()
    treated: int = integer_column()
    controls: int = integer_column()
    effect: Decimal | None = numeric_column(6, 3, null=True)
    effect_low: Decimal | None = numeric_column(6, 3, null=True)
    effect_high: Decimal | None = numeric_column(6, 3, null=True)
    before_after: Decimal | None = numeric_column(6, 3, null=True)
    mean_before: Decimal | None = numeric_column(6, 3, null=True)
    mean_after: Decimal | None = numeric_column(6, 3, null=True)
    expected_after: Decimal | None = numeric_column(6, 3, null=True)
    placebo: Decimal | None = numeric_column(6, 3, null=True)
    placebo_low: Decimal | None = numeric_column(6, 3, null=True)
    placebo_high: Decimal | None = numeric_column(6, 3, null=True)
    estimated_at: datetime = timestamp_column()


class EffectPeriodRow(SQLModel, table=True):
    """Effect in one period, counted from the training (0: its own period)."""

    __tablename__ = "effect_period"
    __table_args__ = (sa.UniqueConstraint("study_id", "period"), table_scope("parent", owner="study_id"))

    id: int = id_column()
    study_id: int = foreign_key_column("effect_study.id")
    period: int = integer_column()
    treated: int = integer_column()
    controls: int = integer_column()
    effect: Decimal | None = numeric_column(6, 3, null=True)
    effect_low: Decimal | None = numeric_column(6, 3, null=True)
    effect_high: Decimal | None = numeric_column(6, 3, null=True)
