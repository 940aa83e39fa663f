"""Risk scores, their reasons, scoring runs and models."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from domain.organisation.tables import UnitRow
from domain.risk import reason_texts
from domain.risk.facts import Abstention, Band, Help, Label, ModelKind, ModelStatus
from domain.risk.tables import ModelMetricRow, ModelRow, RiskReasonRow, RiskScoreRow, ScoringRunRow
from resolvers.graph.declarations import (
    ID,
    MatchKind,
    Node,
    Period,
    bounded_list,
    column,
    computed_field,
    filter_field,
    filter_input,
    key_input,
    node,
    order_enum,
    period_field,
    row_type,
    single_row,
)
from resolvers.reads import risk as reads

if TYPE_CHECKING:
    from schema.people import Person


@filter_input(RiskScoreRow)
class RiskWhere:
    """Filter of the risk list; all given conditions must hold."""

    unit: ID | None = filter_field(RiskScoreRow.unit_path, MatchKind.UNDER, path_column=UnitRow.path)
    """Unit of the person, with all units below."""
    appraiser: ID | None = filter_field(RiskScoreRow.appraiser_id, MatchKind.REFERENCE)
    """Appraiser of the person today."""
    band: Band | None = filter_field(RiskScoreRow.band, MatchKind.EQUALS)
    """Band of the risk list (kategori risiko)."""
    hindered: bool | None = filter_field(RiskScoreRow.hindered, MatchKind.EQUALS)
    """True for hindered people, false for all others."""


@order_enum(RiskScoreRow)
class RiskOrder:
    """Orders of the risk list."""

    RISK = reads.RANK
    """By risk, highest first; ties in the order of the run's lottery."""


@key_input(ModelRow)
class ModelBy:
    """Key of a risk model: exactly one."""

    id: ID | None
    """Global ID of the model."""
    sha256: str | None
    """SHA-256 of the model's weights, in hexadecimal digits."""


@key_input(ScoringRunRow)
class ScoringRunBy:
    """Key of a scoring run."""

    id: ID | None
    """Global ID of the scoring run."""


@row_type(RiskReasonRow)
class RiskReason:
    """Additive term of a risk score, with a sentence; all terms of a score add up to its logit."""

    code: str
    """Code of the driver, for icons and translations; stable."""
    sentence: str = computed_field(
        reason_texts.render_reason,
        RiskReasonRow.code,
        RiskReasonRow.params,
        arguments={"language": "Language of the sentence."},
    )
    """Reason as a sentence in plain words (alasan)."""
    term: Decimal
    """Contribution to the logit; negative for a lower risk."""
    help: Help | None
    """Kind of support against the driver; null for the base and the remainder."""
    changeable: bool
    """True for a driver under the person's control."""


@node(ModelRow, "mo")
class Model(Node):
    """Risk model of the registry (model risiko)."""

    kind: ModelKind
    """Method of the model."""
    label: Label
    """Outcome predicted by the model."""
    status: ModelStatus
    """Status of the model in the registry."""
    sha256: str
    """SHA-256 of the model's weights, in hexadecimal digits."""
    data_from: date
    """First day of the training data."""
    data_to: date
    """Last day of the training data."""
    code_version: str
    """Version of the training program."""
    publication_check: str = column(ModelRow.gate)
    """Result of the publication check: `PASSED`, `NOT_TESTED`, or the failed conditions."""
    trained_at: datetime
    """Time of the training."""
    approved_by: "Person | None" = single_row(ModelRow.approved_by)
    """Person in charge of the approval; null if none was needed, or outside your scope."""
    metrics: "list[ModelMetric]" = bounded_list(ModelMetricRow.model_id, order=reads.METRICS, max_rows=50)
    """Validation metrics on later quarters, outside the training data."""


@row_type(ModelMetricRow)
class ModelMetric:
    """Validation metric of a risk model, with its confidence interval."""

    name: str
    """Name of the metric: `AUC`, `AVERAGE_PRECISION`, `BASE_RATE`…"""
    value: Decimal
    """Value of the metric."""
    value_low: Decimal | None = column(ModelMetricRow.low)
    """Lower bound of the value's 95 % confidence interval."""
    value_high: Decimal | None = column(ModelMetricRow.high)
    """Upper bound of the value's 95 % confidence interval."""


@node(ScoringRunRow, "ru")
class ScoringRun(Node):
    """Scoring of all people by a model, from the data up to a cut-off date."""

    label: Label
    """Outcome predicted by the scores."""
    cutoff_on: date
    """Cut-off date: last day of recording of the input data (tanggal acuan)."""
    period: Period = period_field(ScoringRunRow.starts_on, ScoringRunRow.ends_on)
    """Period of the predicted outcome (periode)."""
    person_count: int = column(ScoringRunRow.people)
    """Number of people in the run."""
    scored_count: int = column(ScoringRunRow.scored)
    """Number of people with a score."""
    abstained_count: int = column(ScoringRunRow.abstained)
    """Number of people without a score, by abstention of the model."""
    seed: int
    """Seed of the lottery among ties."""
    finished_at: datetime
    """Time of the end of the run."""
    model: Model = single_row(ScoringRunRow.model_id)
    """Model of the run."""


@node(RiskScoreRow, "rs")
class RiskScore(Node):
    """Risk of low performance of a person in the next period; a suggestion for people's decisions (skor risiko)."""

    rank: int
    """Rank in the scoring run, 1 for the highest risk (peringkat)."""
    probability: Decimal | None
    """Probability of low performance, 0 to 1; null on abstention (peluang)."""
    probability_low: Decimal | None = column(RiskScoreRow.low)
    """Lower bound of the probability's interval; null on abstention."""
    probability_high: Decimal | None = column(RiskScoreRow.high)
    """Upper bound of the probability's interval; null on abstention."""
    logit: Decimal | None
    """Log-odds: sum of the terms of all reasons; null on abstention."""
    band: Band
    """Band of the risk list (kategori risiko)."""
    hindered: bool
    """True if the main driver is an obstacle outside the person; improve the system, do not train (terhambat)."""
    evaluations_known: int
    """Number of evaluations before the cut-off date."""
    abstention: Abstention | None = column(RiskScoreRow.abstained)
    """Reason for the missing score; null with a score."""
    person: "Person" = single_row(RiskScoreRow.person_id)
    """Person scored (pegawai)."""
    scoring_run: ScoringRun = single_row(RiskScoreRow.run_id)
    """Scoring run of the score."""
    reasons: list[RiskReason] = bounded_list(RiskReasonRow.score_id, order=reads.REASONS, first=3, max_rows=20)
    """Reasons of the score: strongest first, then the remainder and the base."""
