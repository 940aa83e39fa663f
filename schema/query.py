"""Queries of the API."""

from resolvers import services
from resolvers.graph.declarations import Connection, Node, connection, lookup, service, single_row
from resolvers.reads import people, risk
from schema.audit import (
    AccessSummary,
    AccessSummaryOrder,
    AccessSummaryWhere,
    AuditEntry,
    AuditOrder,
    AuditWhere,
)
from schema.job import Job, JobBy, JobOrder
from schema.organisation import (
    Indicator,
    IndicatorBy,
    IndicatorOrder,
    Position,
    PositionBy,
    PositionOrder,
    PositionWhere,
    Unit,
    UnitBy,
    UnitOrder,
    UnitWhere,
)
from schema.people import Person, PersonBy, PersonOrder, PersonWhere
from schema.risk import Model, ModelBy, RiskOrder, RiskScore, RiskWhere, ScoringRun, ScoringRunBy
from schema.training import (
    AssignmentBatch,
    AssignmentBatchBy,
    AssignmentBatchOrder,
    AssignmentPreview,
    Programme,
    ProgrammeBy,
    ProgrammeOrder,
    ProgrammeWhere,
    Session,
    SessionBy,
    SessionOrder,
    SessionWhere,
)
from training.assignment.requests import PreviewAssignment


class Query:
    """Reads of the API. A list holds the objects in your scope; all others are absent, without an error."""

    node: Node | None = lookup()
    """Object with a global ID; null for none in your scope."""
    nodes: list[Node | None] = lookup()
    """Objects with global IDs, in the order of the IDs; null for none in your scope."""
    me: Person | None = single_row(order=people.PERSON_NAME, predicate=people.ACTOR_PERSON)
    """Person of the access token; null for a service account."""
    unit: Unit | None = lookup(key_input=UnitBy)
    """Unit with a global ID or a code (unit organisasi)."""
    units: Connection[Unit] = connection(filter_input=UnitWhere, order_enum=UnitOrder, default_order=UnitOrder.NAME)
    """Units of the province (unit organisasi)."""
    position: Position | None = lookup(key_input=PositionBy)
    """Position with a global ID (jabatan)."""
    positions: Connection[Position] = connection(
        filter_input=PositionWhere, order_enum=PositionOrder, default_order=PositionOrder.TITLE
    )
    """Positions of the province (jabatan)."""
    indicator: Indicator | None = lookup(key_input=IndicatorBy)
    """Indicator of the catalogue with a global ID or a code (indikator kinerja)."""
    indicators: Connection[Indicator] = connection(order_enum=IndicatorOrder, default_order=IndicatorOrder.NAME)
    """Indicators of the catalogue (indikator kinerja)."""
    person: Person | None = lookup(key_input=PersonBy)
    """Person in your scope with a global ID or a civil service number (pegawai)."""
    people: Connection[Person] = connection(
        filter_input=PersonWhere, order_enum=PersonOrder, default_order=PersonOrder.NAME
    )
    """People in your scope (pegawai)."""
    risk_list: Connection[RiskScore] = connection(
        filter_input=RiskWhere,
        order_enum=RiskOrder,
        default_order=RiskOrder.RISK,
        predicate=risk.RISK_LIST,
        total=risk.RISK_LIST_TOTAL,
        units_total=risk.RISK_LIST_UNITS_TOTAL,
    )
    """Risk scores of the published scoring run in your scope, highest risk first (daftar risiko).

    Your own score is not on the list; it is at `me { risk }`.
    """
    scoring_run: ScoringRun | None = lookup(key_input=ScoringRunBy)
    """Scoring run with a global ID."""
    published_scoring_run: ScoringRun | None = single_row(order=risk.RUN_NEWEST, predicate=risk.IS_PUBLISHED_RUN)
    """Scoring run of the published risk list; null before the first publication."""
    model: Model | None = lookup(key_input=ModelBy)
    """Risk model with a global ID or a hash."""
    champion_model: Model | None = single_row(order=risk.MODEL_NEWEST, predicate=risk.IS_CHAMPION_MODEL)
    """Risk model in use, with status `CHAMPION`; null before the first."""
    programme: Programme | None = lookup(key_input=ProgrammeBy)
    """Training programme with a global ID or a code (program pengembangan kompetensi)."""
    programmes: Connection[Programme] = connection(
        filter_input=ProgrammeWhere, order_enum=ProgrammeOrder, default_order=ProgrammeOrder.NAME
    )
    """Programmes of training and socialisation (program pengembangan kompetensi)."""
    session: Session | None = lookup(key_input=SessionBy)
    """Session with a global ID (angkatan)."""
    sessions: Connection[Session] = connection(
        filter_input=SessionWhere, order_enum=SessionOrder, default_order=SessionOrder.NEXT
    )
    """Sessions of all programmes (angkatan)."""
    assignment_batch: AssignmentBatch | None = lookup(key_input=AssignmentBatchBy)
    """Assignment batch in your scope with a global ID."""
    assignment_batches: Connection[AssignmentBatch] = connection(
        order_enum=AssignmentBatchOrder, default_order=AssignmentBatchOrder.NEWEST
    )
    """Assignment batches in your scope: your decisions, and those for your units."""
    preview_assignment: AssignmentPreview = service(services.preview_assignment, PreviewAssignment)
    """Preview of an assignment of seats; nothing is written."""
    job: Job | None = lookup(key_input=JobBy)
    """Background job with a global ID."""
    jobs: Connection[Job] = connection(order_enum=JobOrder, default_order=JobOrder.NEWEST)
    """Background jobs, latest first."""
    access_log: Connection[AccessSummary] = connection(
        filter_input=AccessSummaryWhere, order_enum=AccessSummaryOrder, default_order=AccessSummaryOrder.NEWEST
    )
    """Accesses to your data; for auditors, to the data of the people in their units (log akses)."""
    audit_trail: Connection[AuditEntry] = connection(
        filter_input=AuditWhere, order_enum=AuditOrder, default_order=AuditOrder.NEWEST
    )
    """Actions in the units of an auditor, and of the service itself; empty for all other roles (jejak audit)."""
