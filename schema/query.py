"""What may be asked."""

from resolvers import services
from resolvers.graph.words import Connection, Node, connection, lookup, one, service
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
    me: Person | None = one(order=people.NAME, where=people.ME)
    """The person who is signed in."""
    unit: Unit | None = lookup(by=UnitBy)
    """A unit by its ID or its code."""
    units: Connection[Unit] = connection(where=UnitWhere, orders=UnitOrder, default=UnitOrder.NAME)
    """Units of the province (unit organisasi)."""
    position: Position | None = lookup()
    """A position by its ID."""
    positions: Connection[Position] = connection(
        where=PositionWhere, orders=PositionOrder, default=PositionOrder.TITLE
    )
    """Positions of the province (jabatan)."""
    indicator: Indicator | None = lookup(by=IndicatorBy)
    """An indicator of the catalogue by its ID or its code."""
    indicators: Connection[Indicator] = connection(orders=IndicatorOrder, default=IndicatorOrder.NAME)
    """The indicator catalogue (indikator kinerja)."""
    person: Person | None = lookup(by=PersonBy)
    """A person by his or her ID or NIP."""
    people: Connection[Person] = connection(where=PersonWhere, orders=PersonOrder, default=PersonOrder.NAME)
    """People whom you may see (pegawai)."""
    risk_list: Connection[RiskScore] = connection(
        where=RiskWhere,
        orders=RiskOrder,
        default=RiskOrder.RISK,
        base=risk.LISTED,
        total=risk.LISTED_TOTAL,
        below=risk.LISTED_BELOW,
    )
    """The published risk list, of others whom you may see; take as many as there is capacity to help.

    Nobody is on his own list: one's own score is at `me { risk }`.
    """
    risk_run: ScoringRun | None = one(order=risk.RUN_NEWEST, where=risk.IS_PUBLISHED)
    """The run that the risk list shows."""
    model: Model | None = one(order=risk.MODEL_NEWEST, where=risk.IS_CHAMPION)
    """The model in use."""
    programme: Programme | None = lookup(by=ProgrammeBy)
    """A programme by its ID or its code."""
    programmes: Connection[Programme] = connection(
        where=ProgrammeWhere, orders=ProgrammeOrder, default=ProgrammeOrder.NAME
    )
    """Programmes of training and socialisation."""
    sessions: Connection[Session] = connection(where=SessionWhere, orders=SessionOrder, default=SessionOrder.NEXT)
    """Sessions of all programmes."""
    assignment_batches: Connection[AssignmentBatch] = connection(
        orders=AssignmentBatchOrder, default=AssignmentBatchOrder.NEWEST
    )
    """Decisions to assign training, of yours and of your units."""
    preview_assignment: AssignmentPreview = service(services.preview_assignment, PreviewAssignment)
    """What an assignment would do; nothing is written."""
    job: Job | None = lookup()
    """A job by its ID."""
    jobs: Connection[Job] = connection(orders=JobOrder, default=JobOrder.NEWEST)
    """Long work, the latest first."""
    looks: Connection[Look] = connection(where=LookWhere, orders=LookOrder, default=LookOrder.NEWEST)
    """Who looked at your record or your risk; for auditors, at those of their units."""
    audit_trail: Connection[AuditEntry] = connection(where=AuditWhere, orders=AuditOrder, default=AuditOrder.NEWEST)
    """What was done, for auditors: in their units, and by the service itself."""
