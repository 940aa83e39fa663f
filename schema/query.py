"""What may be asked."""

from resolvers import services
from resolvers.graph.declarations import Connection, Node, connection, lookup, service, single_row
from resolvers.reads import people, risk
from schema.audit import AuditEntry, AuditOrder, AuditWhere, Look, LookOrder, LookWhere
from schema.job import Job, JobOrder
from schema.organisation import (
    Indicator,
    IndicatorBy,
    IndicatorOrder,
    Position,
    PositionOrder,
    PositionWhere,
    Unit,
    UnitBy,
    UnitOrder,
    UnitWhere,
)
from schema.people import Person, PersonBy, PersonOrder, PersonWhere
from schema.risk import Model, RiskOrder, RiskScore, RiskWhere, ScoringRun
from schema.training import (
    AssignmentBatch,
    AssignmentBatchOrder,
    AssignmentPreview,
    Programme,
    ProgrammeBy,
    ProgrammeOrder,
    ProgrammeWhere,
    Session,
    SessionOrder,
    SessionWhere,
)
from training.assignment.requests import PreviewAssignment


class Query:
    """What may be asked. A list shows what you may see; the rest is absent, never forbidden."""

    node: Node | None = lookup()
    """One thing by its global ID."""
    nodes: list[Node | None] = lookup()
    """Things by their global IDs, in the same order; null for what there is not."""
    me: Person | None = single_row(order=people.PERSON_NAME, predicate=people.ACTOR_PERSON)
    """The person who is signed in."""
    unit: Unit | None = lookup(key_input=UnitBy)
    """A unit by its ID or its code."""
    units: Connection[Unit] = connection(filter_input=UnitWhere, order_enum=UnitOrder, default_order=UnitOrder.NAME)
    """Units of the province (unit organisasi)."""
    position: Position | None = lookup()
    """A position by its ID."""
    positions: Connection[Position] = connection(
        filter_input=PositionWhere, order_enum=PositionOrder, default_order=PositionOrder.TITLE
    )
    """Positions of the province (jabatan)."""
    indicator: Indicator | None = lookup(key_input=IndicatorBy)
    """An indicator of the catalogue by its ID or its code."""
    indicators: Connection[Indicator] = connection(order_enum=IndicatorOrder, default_order=IndicatorOrder.NAME)
    """The indicator catalogue (indikator kinerja)."""
    person: Person | None = lookup(key_input=PersonBy)
    """A person by his or her ID or NIP."""
    people: Connection[Person] = connection(
        filter_input=PersonWhere, order_enum=PersonOrder, default_order=PersonOrder.NAME
    )
    """People whom you may see (pegawai)."""
    risk_list: Connection[RiskScore] = connection(
        filter_input=RiskWhere,
        order_enum=RiskOrder,
        default_order=RiskOrder.RISK,
        predicate=risk.RISK_LIST,
        total=risk.RISK_LIST_TOTAL,
        units_total=risk.RISK_LIST_UNITS_TOTAL,
    )
    """The published risk list, of others whom you may see; take as many as there is capacity to help.

    Nobody is on his own list: one's own score is at `me { risk }`.
    """
    risk_run: ScoringRun | None = single_row(order=risk.RUN_NEWEST, predicate=risk.IS_PUBLISHED_RUN)
    """The run that the risk list shows."""
    model: Model | None = single_row(order=risk.MODEL_NEWEST, predicate=risk.IS_CHAMPION_MODEL)
    """The model in use."""
    programme: Programme | None = lookup(key_input=ProgrammeBy)
    """A programme by its ID or its code."""
    programmes: Connection[Programme] = connection(
        filter_input=ProgrammeWhere, order_enum=ProgrammeOrder, default_order=ProgrammeOrder.NAME
    )
    """Programmes of training and socialisation."""
    sessions: Connection[Session] = connection(
        filter_input=SessionWhere, order_enum=SessionOrder, default_order=SessionOrder.NEXT
    )
    """Sessions of all programmes."""
    assignment_batches: Connection[AssignmentBatch] = connection(
        order_enum=AssignmentBatchOrder, default_order=AssignmentBatchOrder.NEWEST
    )
    """Decisions to assign training, of yours and of your units."""
    preview_assignment: AssignmentPreview = service(services.preview_assignment, PreviewAssignment)
    """What an assignment would do; nothing is written."""
    job: Job | None = lookup()
    """A job by its ID."""
    jobs: Connection[Job] = connection(order_enum=JobOrder, default_order=JobOrder.NEWEST)
    """Long work, the latest first."""
    looks: Connection[Look] = connection(filter_input=LookWhere, order_enum=LookOrder, default_order=LookOrder.NEWEST)
    """Who looked at your record or your risk; for auditors, at those of their units."""
    audit_trail: Connection[AuditEntry] = connection(
        filter_input=AuditWhere, order_enum=AuditOrder, default_order=AuditOrder.NEWEST
    )
    """What was done, for auditors: in their units, and by the service itself."""
