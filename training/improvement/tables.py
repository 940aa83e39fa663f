"""Tables of what is known of a programme's effect."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from domain.columns import day, decimal, document, flag, instant, key, number, ref, scope, text


class EffectStudyRow(SQLModel, table=True):
    """An estimate of a programme's effect on the score one period after training, and whether to believe it.

    Points on the score's scale of 0…120. All figures are null below five people treated. `before_after` is the
    naive difference; `expected_after` what those treated would have reached without training.
    """

    __tablename__ = "effect_study"
    __table_args__ = (
        sa.CheckConstraint("verdict IN ('CREDIBLE', 'INCONCLUSIVE', 'NOT_CREDIBLE', 'TOO_FEW')", name="verdict"),
        sa.Index("uq_effect_study__current", "programme_id", unique=True, postgresql_where=sa.text("current")),
        scope("public"),
    )

    id: int = key()
    programme_id: int = ref("programme.id")
    as_of: date = day()
    current: bool = flag()
    verdict: str = text()
    grounds: Any = document()
    treated: int = number()
    controls: int = number()
    effect: Decimal | None = decimal(6, 3, null=True)
    effect_low: Decimal | None = decimal(6, 3, null=True)
    effect_high: Decimal | None = decimal(6, 3, null=True)
    before_after: Decimal | None = decimal(6, 3, null=True)
    mean_before: Decimal | None = decimal(6, 3, null=True)
    mean_after: Decimal | None = decimal(6, 3, null=True)
    expected_after: Decimal | None = decimal(6, 3, null=True)
    placebo: Decimal | None = decimal(6, 3, null=True)
    placebo_low: Decimal | None = decimal(6, 3, null=True)
    placebo_high: Decimal | None = decimal(6, 3, null=True)
    estimated_at: datetime = instant()


class EffectPeriodRow(SQLModel, table=True):
    """The effect in one period, counted from the training: 0 is the period of the training itself."""

    __tablename__ = "effect_period"
    __table_args__ = (sa.UniqueConstraint("study_id", "period"), scope("parent", owner="study_id"))

    id: int = key()
    study_id: int = ref("effect_study.id")
    period: int = number()
    treated: int = number()
    controls: int = number()
    effect: Decimal | None = decimal(6, 3, null=True)
    effect_low: Decimal | None = decimal(6, 3, null=True)
    effect_high: Decimal | None = decimal(6, 3, null=True)
