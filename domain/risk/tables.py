"""Tables of models, scoring runs, scores and reasons."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

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
    json_column,
    numeric_column,
    sorted_text_column,
    table_scope,
    text_column,
    timestamp_column,
)
from domain.risk.facts import Abstention, Band, Help, Label, ModelKind, ModelStatus


class ModelRow(SQLModel, table=True):
    """A model of the registry: training data, artefact, validation and approval."""

    __tablename__ = "model"
    __table_args__ = (
        enum_check("kind", ModelKind),
        enum_check("label", Label),
        enum_check("status", ModelStatus),
        sa.Index("uq_model__champion", "label", unique=True, postgresql_where=sa.text("status = 'CHAMPION'")),
        table_scope("public"),
    )

    id: int = id_column()
    kind: ModelKind = text_column()
    label: Label = text_column()
    status: ModelStatus = text_column()
    artefact: Any = json_column()
    sha256: str = sorted_text_column(unique=True)
    data_from: date = date_column()
    data_to: date = date_column()
    data_sha256: str = text_column()
    code_version: str = text_column()
    card: Any = json_column()
    gate: str = text_column()
    trained_at: datetime = timestamp_column()
    approved_by: int | None = foreign_key_column("person.id", null=True)
    approved_at: datetime | None = timestamp_column(null=True)


class ModelMetricRow(SQLModel, table=True):
    """A metric of a model, with its interval: `AUC`, `PRECISION_AT_CAPACITY`, `BASE_RATE`…"""

    __tablename__ = "model_metric"
    __table_args__ = (sa.UniqueConstraint("model_id", "name"), table_scope("public"))

    id: int = id_column()
    model_id: int = foreign_key_column("model.id")
    name: str = sorted_text_column()
    value: Decimal = numeric_column(9, 6)
    low: Decimal | None = numeric_column(9, 6, null=True)
    high: Decimal | None = numeric_column(9, 6, null=True)


class ScoringRunRow(SQLModel, table=True):
    """A scoring of everybody as of a cut-off, invisible until published."""

    __tablename__ = "scoring_run"
    __table_args__ = (
        enum_check("label", Label),
        date_order_check(),
        sa.UniqueConstraint("model_id", "cutoff_on", "inputs_sha256"),
        table_scope("public"),
    )

    id: int = id_column()
    model_id: int = foreign_key_column("model.id")
    label: Label = text_column()
    cutoff_on: date = date_column()
    starts_on: date = date_column()
    ends_on: date = date_column()
    people: int = integer_column()
    scored: int = integer_column()
    abstained: int = integer_column()
    seed: int = integer_column()
    inputs_sha256: str = text_column()
    finished_at: datetime = timestamp_column()


class PublishedRunRow(SQLModel, table=True):
    """The published run of each label: the pointer to its risk list."""

    __tablename__ = "published_run"
    __table_args__ = (enum_check("label", Label), table_scope("public"))

    label: Label = sorted_text_column(primary=True)
    run_id: int = foreign_key_column("scoring_run.id")
    published_at: datetime = timestamp_column()


class RiskScoreRow(SQLModel, table=True):
    """Risk score of a person in a run: probability and its interval.

    The probability is of a low next period without intervention. `rank` is 1 for the highest, ties ordered by the
    run's seeded lottery; people without a score come last.
    """

    __tablename__ = "risk_score"
    __table_args__ = (
        enum_check("band", Band),
        enum_check("abstained", Abstention),
        sa.CheckConstraint("(probability IS NULL) = (abstained IS NOT NULL)", name="abstained_or_scored"),
        sa.CheckConstraint("probability BETWEEN 0 AND 1", name="probability"),
        sa.UniqueConstraint("person_id", "run_id"),
        sa.UniqueConstraint("run_id", "rank"),
        # With the person, so that a list without one's own score is counted from the index alone.
        sa.Index("ix_risk_score__unit_path", "run_id", "unit_path", postgresql_include=["person_id"]),
        sa.Index("ix_risk_score__appraiser_id", "run_id", "appraiser_id", "rank"),
        table_scope("risk"),
    )

    id: int = id_column()
    run_id: int = foreign_key_column("scoring_run.id")
    person_id: int = foreign_key_column("person.id")
    unit_path: str | None = sorted_text_column(null=True)
    appraiser_id: int | None = foreign_key_column("person.id", null=True)
    rank: int = integer_column()
    probability: Decimal | None = numeric_column(7, 6, null=True)
    low: Decimal | None = numeric_column(7, 6, null=True)
    high: Decimal | None = numeric_column(7, 6, null=True)
    logit: Decimal | None = numeric_column(9, 6, null=True)
    band: Band = text_column()
    hindered: bool = boolean_column()
    evaluations_known: int = integer_column()
    abstained: Abstention | None = text_column(null=True)


class RiskCountRow(SQLModel, table=True):
    """Number of scores per run and unit path, to avoid counting a list.

    Updated by a trigger on the scores; people who have left belong to no unit.
    """

    __tablename__ = "risk_count"
    __table_args__ = (table_scope("summary"),)

    run_id: int = foreign_key_column("scoring_run.id", primary=True)
    unit_path: str = sorted_text_column(primary=True)
    scores: int = integer_column()


class RiskReasonRow(SQLModel, table=True):
    """An additive term of a score's logit, as a code and parameters.

    The terms of a score sum to its logit.
    """

    __tablename__ = "risk_reason"
    __table_args__ = (
        enum_check("help", Help),
        sa.UniqueConstraint("score_id", "ordinal"),
        table_scope("risk"),
    )

    id: int = id_column()
    score_id: int = foreign_key_column("risk_score.id")
    person_id: int = foreign_key_column("person.id")
    unit_path: str | None = sorted_text_column(null=True)
    appraiser_id: int | None = current_appraiser_column()
    ordinal: int = integer_column()
    code: str = text_column()
    term: Decimal = numeric_column(9, 6)
    help: Help | None = text_column(null=True)
    changeable: bool = boolean_column()
    params: Any = json_column()
