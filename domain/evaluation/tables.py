"""The table of periodic evaluations."""

from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import SQLModel

from domain.columns import (
    day,
    decimal,
    flag,
    in_order,
    instant,
    key,
    number,
    one_of,
    ref,
    scope,
    sorted_text,
    text,
    todays_line,
)
from domain.evaluation.facts import PeriodKind, Predikat, Rating


class EvaluationRow(SQLModel, table=True):
    """One version of a person's evaluation for a period.

    `evaluated_by` is who decided it and never changes; `unit_path` and `appraiser_id` are today's, so that
    history follows today's line. Score, ratings, predikat and `low` are derived by `rule`. What was known at a
    cut-off is told by `recorded_on`, the business date; `recorded_at` is the real instant.
    """

    __tablename__ = "evaluation"
    __table_args__ = (
        one_of("kind", PeriodKind),
        one_of("results_rating", Rating),
        one_of("behaviour_rating", Rating),
        one_of("predikat", Predikat),
        in_order(),
        sa.CheckConstraint("results_index BETWEEN 0 AND 120", name="results_index"),
        sa.CheckConstraint("behaviour_index BETWEEN 0 AND 120", name="behaviour_index"),
        sa.CheckConstraint("score BETWEEN 0 AND 120", name="score"),
        sa.Index(
            "uq_evaluation__current",
            "plan_id",
            "kind",
            "starts_on",
            unique=True,
            postgresql_where=sa.text("current"),
        ),
        sa.Index("ix_evaluation__person_id", "person_id", "ends_on", "id"),
        sa.Index("ix_evaluation__recorded_on", "recorded_on"),
        scope("record", decided="evaluated_by"),
    )

    id: int = key()
    plan_id: int = ref("plan.id")
    person_id: int = ref("person.id")
    unit_path: str | None = sorted_text(null=True)
    appraiser_id: int | None = todays_line()
    kind: PeriodKind = text()
    starts_on: date = day()
    ends_on: date = day()
    results_index: Decimal = decimal(5, 2)
    behaviour_index: Decimal = decimal(5, 2)
    score: Decimal = decimal(5, 2)
    results_rating: Rating = text()
    behaviour_rating: Rating = text()
    predikat: Predikat = text()
    predikat_rank: int = number()
    low: bool = flag()
    rule: str = text()
    version: int = number(default=1)
    current: bool = flag(default=True)
    evidence: str | None = text(null=True)
    evidence_source: str | None = text(null=True)
    note: str | None = text(null=True)
    evaluated_by: int = ref("person.id")
    evaluated_on: date = day()
    recorded_on: date = day()
    recorded_at: datetime = instant()
