"""The risk list, its reasons, runs and models."""

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
    computed_field,
    filter_field,
    filter_input,
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
    """Which scores to list; all that is given must hold."""

    unit: ID | None = filter_field(RiskScoreRow.unit_path, MatchKind.UNDER, path_column=UnitRow.path)
    """Of people in this unit or below."""
    appraiser: ID | None = filter_field(RiskScoreRow.appraiser_id, MatchKind.REFERENCE)
    """Of people whom this person appraises today."""
    band: Band | None = filter_field(RiskScoreRow.band, MatchKind.EQUALS)
    """Of this band."""
    hindered: bool | None = filter_field(RiskScoreRow.hindered, MatchKind.EQUALS)
    """Of people whom something hinders, or of the others."""


@order_enum(RiskScoreRow)
class RiskOrder:
    """Orders of the risk list."""

    RISK = reads.RANK
    """Highest risk first; ties by the run's lottery."""


@row_type(RiskReasonRow)
class RiskReason:
    """One term of a score, in words; the terms of a score add up to its logit exactly."""

    code: str
    """What drives the score: stable, for icons and translations."""
    sentence: str = computed_field(
        reason_texts.render_reason,
        RiskReasonRow.code,
        RiskReasonRow.params,
        arguments={"language": "The language of the sentence."},
    )
    """The reason in plain words."""
    term: Decimal
    """What it adds to the logit; negative speaks for the person."""
    help: Help | None
    """What helps against it; null for the base and the rest."""
    changeable: bool
    """Whether the person can change it."""


@node(ModelRow, "mo")
class Model(Node):
    """A model of the registry."""

    kind: ModelKind
    """How it computes."""
    label: Label
    """What its scores speak of."""
    status: ModelStatus
    """Where it stands."""
    sha256: str
    """Hash of its weights: the same weights, the same hash."""
    data_from: date
    """First day of the data that it was trained on."""
    data_to: date
    """Last day of the data that it was trained on."""
    code_version: str
    """Version of the program that trained it."""
    gate: str
    """Whether it passed its gate, or where it failed."""
    trained_at: datetime
    """When it was trained."""
    approved_by: "Person | None" = single_row(ModelRow.approved_by)
    """Who approved it, if somebody had to and you may see him."""
    metrics: "list[ModelMetric]" = bounded_list(ModelMetricRow.model_id, order=reads.METRICS, max_rows=50)
    """How good it was on quarters that it had not seen."""


@row_type(ModelMetricRow)
class ModelMetric:
    """One figure of a model's report, with its interval."""

    name: str
    """Which figure: `AUC`, `AVERAGE_PRECISION`, `BASE_RATE`…"""
    value: Decimal
    """The figure."""
    low: Decimal | None
    """Lower end of its 95 % interval."""
    high: Decimal | None
    """Upper end of its 95 % interval."""


@node(ScoringRunRow, "ru")
class ScoringRun(Node):
    """One scoring of everybody as of a cut-off."""

    label: Label
    """What the scores speak of."""
    cutoff_on: date
    """Only what was recorded by this day was used."""
    period: Period = period_field(ScoringRunRow.starts_on, ScoringRunRow.ends_on)
    """The period that the scores speak of."""
    people: int
    """People considered."""
    scored: int
    """People with a score."""
    abstained: int
    """People for whom the model abstained."""
    seed: int
    """Seed of the lottery among ties."""
    finished_at: datetime
    """When it was finished."""
    model: Model | None = single_row(ScoringRunRow.model_id)
    """The model that scored."""


@node(RiskScoreRow, "rs")
class RiskScore(Node):
    """A person's risk of a low next period if nothing is done; people decide, a score never does."""

    rank: int
    """Place on the list, 1 is the highest risk."""
    probability: Decimal | None
    """Chance of a low next period; null where the model abstained."""
    low: Decimal | None
    """Lower end of the probability's interval."""
    high: Decimal | None
    """Upper end of the probability's interval."""
    logit: Decimal | None
    """Log-odds: the sum of the reasons' terms."""
    band: Band
    """How sure it is that the person is among the highest."""
    hindered: bool
    """Whether what drives it most is something that stands in the person's way: mend that, do not train."""
    evaluations_known: int
    """Evaluations that were known at the cut-off."""
    abstained: Abstention | None
    """Why no score is given."""
    person: "Person | None" = single_row(RiskScoreRow.person_id)
    """Whose score it is."""
    run: ScoringRun | None = single_row(RiskScoreRow.run_id)
    """The run that it comes from."""
    reasons: list[RiskReason] = bounded_list(RiskReasonRow.score_id, order=reads.REASONS, first=3, max_rows=20)
    """What drives the score: strongest first, then the rest and the base."""
