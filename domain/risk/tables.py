"""Tables of models, scoring runs, scores and reasons."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from domain.columns import (
    day,
    decimal,
    document,
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
from domain.risk.facts import Abstention, Band, Help, Label, ModelKind, ModelStatus


class ModelRow(SQLModel, table=True):
    """A model of the registry: what it was made from, what it is, how good it was, who approved it."""

    __tablename__ = "model"
    __table_args__ = (
        one_of("kind", ModelKind),
        one_of("label", Label),
        one_of("status", ModelStatus),
        sa.Index("uq_model__champion", "label", unique=True, postgresql_where=sa.text("status = 'CHAMPION'")),
        scope("public"),
    )

    id: int = key()
    kind: ModelKind = text()
    label: Label = text()
    status: ModelStatus = text()
    artefact: Any = document()
    sha256: str = sorted_text(unique=True)
    data_from: date = day()
    data_to: date = day()
    data_sha256: str = text()
    code_version: str = text()
    card: Any = document()
    gate: str = text()
    trained_at: datetime = instant()
    approved_by: int | None = ref("person.id", null=True)
    approved_at: datetime | None = instant(null=True)


class ModelMetricRow(SQLModel, table=True):
    """One figure of a model's report, with its interval: `AUC`, `PRECISION_AT_CAPACITY`, `BASE_RATE`…"""

    __tablename__ = "model_metric"
    __table_args__ = (sa.UniqueConstraint("model_id", "name"), scope("public"))

    id: int = key()
    model_id: int = ref("model.id")
    name: str = sorted_text()
    value: Decimal = decimal(9, 6)
    low: Decimal | None = decimal(9, 6, null=True)
    high: Decimal | None = decimal(9, 6, null=True)


class ScoringRunRow(SQLModel, table=True):
    """One scoring of everybody as of a cut-off; seen by nobody until it is published."""

    __tablename__ = "scoring_run"
    __table_args__ = (
        one_of("label", Label),
        in_order(),
        sa.UniqueConstraint("model_id", "cutoff_on", "inputs_sha256"),
        scope("public"),
    )

    id: int = key()
    model_id: int = ref("model.id")
    label: Label = text()
    cutoff_on: date = day()
    starts_on: date = day()
    ends_on: date = day()
    people: int = number()
    scored: int = number()
    abstained: int = number()
    seed: int = number()
    inputs_sha256: str = text()
    finished_at: datetime = instant()


class PublishedRunRow(SQLModel, table=True):
    """The one pointer: which run is the risk list of a label."""

    __tablename__ = "published_run"
    __table_args__ = (one_of("label", Label), scope("public"))

    label: Label = sorted_text(primary=True)
    run_id: int = ref("scoring_run.id")
    published_at: datetime = instant()


class RiskScoreRow(SQLModel, table=True):
    """A person's risk in a run: probability of a low next period if nothing is done, and its interval.

    `rank` is 1 for the highest, ties ordered by the run's seeded lottery; those without a score come last.
    """

    __tablename__ = "risk_score"
    __table_args__ = (
        one_of("band", Band),
        one_of("abstained", Abstention),
        sa.CheckConstraint("(probability IS NULL) = (abstained IS NOT NULL)", name="abstained_or_scored"),
        sa.CheckConstraint("probability BETWEEN 0 AND 1", name="probability"),
        sa.UniqueConstraint("person_id", "run_id"),
        sa.UniqueConstraint("run_id", "rank"),
        # With the person, so that a list without one's own score is counted from the index alone.
        sa.Index("ix_risk_score__unit_path", "run_id", "unit_path", postgresql_include=["person_id"]),
        sa.Index("ix_risk_score__appraiser_id", "run_id", "appraiser_id", "rank"),
        scope("risk"),
    )

    id: int = key()
    run_id: int = ref("scoring_run.id")
    person_id: int = ref("person.id")
    unit_path: str | None = sorted_text(null=True)
    appraiser_id: int | None = ref("person.id", null=True)
    rank: int = number()
    probability: Decimal | None = decimal(7, 6, null=True)
    low: Decimal | None = decimal(7, 6, null=True)
    high: Decimal | None = decimal(7, 6, null=True)
    logit: Decimal | None = decimal(9, 6, null=True)
    band: Band = text()
    hindered: bool = flag()
    evaluations_known: int = number()
    abstained: Abstention | None = text(null=True)


class RiskCountRow(SQLModel, table=True):
    """How many scores of a run are of people at a unit's path, so that a list need not be counted.

    Kept by a trigger on the scores; those who left are of no unit.
    """

    __tablename__ = "risk_count"
    __table_args__ = (scope("summary"),)

    run_id: int = ref("scoring_run.id", primary=True)
    unit_path: str = sorted_text(primary=True)
    scores: int = number()


class RiskReasonRow(SQLModel, table=True):
    """One additive term of a score's logit, as a code and parameters; the terms of a score sum to its logit."""

    __tablename__ = "risk_reason"
    __table_args__ = (
        one_of("help", Help),
        sa.UniqueConstraint("score_id", "ordinal"),
        scope("risk"),
    )

    id: int = key()
    score_id: int = ref("risk_score.id")
    person_id: int = ref("person.id")
    unit_path: str | None = sorted_text(null=True)
    appraiser_id: int | None = todays_line()
    ordinal: int = number()
    code: str = text()
    term: Decimal = decimal(9, 6)
    help: Help | None = text(null=True)
    changeable: bool = flag()
    params: Any = document()
