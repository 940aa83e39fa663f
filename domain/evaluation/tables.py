"""Table of periodic evaluations."""

from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import SQLModel

from domain.columns import (
    boolean_column,
    current_appraiser_column,
    date_column,
    date_order_check,
    enum_check,
    foreign_key_column,
    id_column,
    integer_column,
    numeric_column,
    sorted_text_column,
    table_scope,
    text_column,
    timestamp_column,
)
from domain.evaluation.facts import PeriodKind, Predikat, Rating


class EvaluationRow(SQLModel, table=True):
    """A version of a person's evaluation for a period.

    `evaluated_by` is the decider and never changes; `unit_path` and `appraiser_id` are today's, so history follows
    today's line. Score, ratings, predikat and `low` are derived by `rule`. `recorded_on`, the business date, decides
    if a row was known at a cut-off; `recorded_at` is the real instant.
    """

    __tablename__ = "evaluation"
    __table_args__ = (
        enum_check("kind", PeriodKind),
        enum_check("results_rating", Rating),
        enum_check("behaviour_rating", Rating),
        enum_check("predikat", Predikat),
        date_order_check(),
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
        table_scope("record", decided="evaluated_by"),
    )

    id: int = id_column()
    plan_id: int = foreign_key_column("plan.id")
    person_id: int = foreign_key_column("person.id")
    unit_path: str | None = sorted_text_column(null=True)
    appraiser_id: int | None = current_appraiser_column()
    kind: PeriodKind = text_column()
    starts_on: date = date_column()
    ends_on: date = date_column()
    results_index: Decimal = numeric_column(5, 2)
    behaviour_index: Decimal = numeric_column(5, 2)
    score: Decimal = numeric_column(5, 2)
    results_rating: Rating = text_column()
    behaviour_rating: Rating = text_column()
    predikat: Predikat = text_column()
    predikat_rank: int = integer_column()
    low: bool = boolean_column()
    rule: str = text_column()
    version: int = integer_column(default=1)
    current: bool = boolean_column(default=True)
    evidence: str | None = text_column(null=True)
    evidence_source: str | None = text_column(null=True)
    note: str | None = text_column(null=True)
    evaluated_by: int = foreign_key_column("person.id")
    evaluated_on: date = date_column()
    recorded_on: date = date_column()
    recorded_at: datetime = timestamp_column()
