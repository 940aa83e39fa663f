"""Programmes, sessions, assignments, records, and what training changed."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from domain.audit.facts import Looked
from domain.risk.facts import Band, Help
from resolvers.graph.declarations import (
    ID,
    Connection,
    MatchKind,
    Node,
    attribute,
    bounded_list,
    connection,
    facts_type,
    filter_field,
    filter_input,
    key_input,
    node,
    order_enum,
    row_type,
    single_row,
)
from resolvers.reads import training as reads
from training.assignment import facts as assignments
from training.assignment.facts import AssignmentStatus, Source
from training.assignment.tables import AssignmentBatchRow, AssignmentRow
from training.catalogue.facts import ProgrammeKind
from training.catalogue.tables import ProgrammeRow
from training.improvement.facts import Verdict
from training.improvement.tables import EffectPeriodRow, EffectStudyRow
from training.record.facts import Outcome
from training.record.tables import TrainingRecordRow
from training.session.facts import SessionStatus
from training.session.tables import SessionRow

if TYPE_CHECKING:
    from schema.organisation import Unit
    from schema.people import Person
    from schema.risk import RiskScore, ScoringRun


@filter_input(ProgrammeRow)
class ProgrammeWhere:
    """Which programmes to list; all that is given must hold."""

    kind: ProgrammeKind | None = filter_field(ProgrammeRow.kind, MatchKind.EQUALS)
    """Of this form (jenis diklat)."""
    addresses: Help | None = filter_field(ProgrammeRow.addresses, MatchKind.EQUALS)
    """That help against drivers of this kind."""


@key_input(ProgrammeRow)
class ProgrammeBy:
    """Which programme."""

    id: ID | None
    """The one of this global ID."""
    code: str | None
    """The one of this code in the catalogue."""


@order_enum(ProgrammeRow)
class ProgrammeOrder:
    """Orders of a list of programmes."""

    NAME = reads.PROGRAMME_NAME
    """By name."""


@filter_input(SessionRow)
class SessionWhere:
    """Which sessions to list; all that is given must hold."""

    programme: ID | None = filter_field(SessionRow.programme_id, MatchKind.REFERENCE)
    """Of this programme."""
    status: SessionStatus | None = filter_field(SessionRow.status, MatchKind.EQUALS)
    """With this status."""
    starts_from: date | None = filter_field(SessionRow.starts_on, MatchKind.AT_LEAST)
    """That start on this day or later."""


@order_enum(SessionRow)
class SessionOrder:
    """Orders of a list of sessions."""

    NEXT = reads.SESSION_NEXT
    """The earliest first."""
    NEWEST = reads.SESSION_NEWEST
    """The latest first."""


@filter_input(AssignmentRow)
class AssignmentWhere:
    """Which assignments to list; all that is given must hold."""

    status: AssignmentStatus | None = filter_field(AssignmentRow.status, MatchKind.EQUALS)
    """With this status."""


@order_enum(AssignmentRow)
class AssignmentOrder:
    """Orders of a batch's assignments."""

    DRAW = reads.DRAW_ORDER
    """By the lottery: seats first, then the waiting list."""


@order_enum(AssignmentBatchRow)
class AssignmentBatchOrder:
    """Orders of a list of batches."""

    NEWEST = reads.BATCH_NEWEST
    """The latest first."""


@row_type(EffectPeriodRow)
class EffectPeriod:
    """A programme's effect in one quarter, counted from the training."""

    period: int
    """Quarters since the training: 0 is its own quarter; negative ones are before it and should show nothing."""
    treated: int
    """Trained people compared."""
    controls: int
    """People eligible at the same time and not yet trained, whom they are compared with."""
    effect: Decimal | None
    """Points of the score that training changed; null below five people."""
    effect_low: Decimal | None
    """Lower end of its 95 % interval."""
    effect_high: Decimal | None
    """Upper end of its 95 % interval."""


@row_type(EffectStudyRow)
class EffectStudy:
    """What a programme changed one quarter after training, whether to believe it, and the chart that would lie."""

    as_of: date
    """Only what was recorded by this day was used."""
    verdict: Verdict
    """Whether the estimate may be believed."""
    treated: int
    """Trained people compared."""
    controls: int
    """People eligible at the same time and not yet trained, whom they are compared with."""
    effect: Decimal | None
    """Points of the score that training changed."""
    effect_low: Decimal | None
    """Lower end of its 95 % interval."""
    effect_high: Decimal | None
    """Upper end of its 95 % interval."""
    before_after: Decimal | None
    """The naive difference, after less before: people picked in a bad quarter get better anyway."""
    mean_before: Decimal | None
    """Mean score of those trained in the quarter before."""
    mean_after: Decimal | None
    """Mean score of those trained one quarter after."""
    expected_after: Decimal | None
    """What they would have reached without training: the mean after, less the effect."""
    placebo: Decimal | None
    """The same estimate two quarters before training, when nothing can have changed yet."""
    placebo_low: Decimal | None
    """Lower end of its 90 % interval."""
    placebo_high: Decimal | None
    """Upper end of its 90 % interval."""
    periods: list[EffectPeriod] = bounded_list(EffectPeriodRow.study_id, order=reads.EFFECT_PERIODS, max_rows=30)
    """The effect quarter by quarter."""


@node(ProgrammeRow, "pg")
class Programme(Node):
    """A programme of training or socialisation (program pengembangan kompetensi)."""

    code: str
    """Code in the catalogue."""
    name: str
    """Name (nama program)."""
    kind: ProgrammeKind
    """Form (jenis diklat)."""
    addresses: Help
    """The kind of driver that it helps against."""
    jp: int
    """Hours of learning, of 45 minutes each (jam pelajaran, JP)."""
    organiser: str
    """Who holds it (penyelenggara)."""
    description: str
    """What it is about."""
    cost_per_person: Decimal
    """Cost of a seat in rupiah."""
    starts_on: date
    """First day in the catalogue."""
    ends_on: date | None
    """Last day in the catalogue, if it has one."""
    sessions: "Connection[Session]" = connection(
        SessionRow.programme_id, order_enum=SessionOrder, default_order=SessionOrder.NEXT, filter_input=SessionWhere
    )
    """Its sessions."""
    effect: EffectStudy | None = single_row(
        EffectStudyRow.programme_id, order=reads.STUDY_NEWEST, predicate=reads.CURRENT_STUDY
    )
    """What it changed, by the latest estimate."""


@node(SessionRow, "se")
class Session(Node):
    """A session of a programme (angkatan)."""

    starts_on: date
    """First day."""
    ends_on: date
    """Last day."""
    place: str
    """Where."""
    seats: int
    """Seats (kapasitas)."""
    taken: int
    """Seats that are taken."""
    status: SessionStatus
    """Where it stands."""
    programme: Programme | None = single_row(SessionRow.programme_id)
    """The programme."""


@node(AssignmentRow, "as")
class Assignment(Node):
    """A person's place in a session or on its waiting list (penugasan)."""

    status: AssignmentStatus
    """Where it stands."""
    source: Source
    """How it came about."""
    draw: int
    """Place in the lottery, 1 is first."""
    waiting_place: int | None
    """Place on the waiting list."""
    reason: str
    """Why, in the words of who decided."""
    decided_at: datetime
    """When it was decided."""
    person: "Person | None" = single_row(AssignmentRow.person_id)
    """Who is assigned."""
    session: Session | None = single_row(AssignmentRow.session_id)
    """The session."""
    programme: Programme | None = single_row(AssignmentRow.programme_id)
    """The programme."""
    score: "RiskScore | None" = single_row(AssignmentRow.score_id)
    """The score that led to it, with its reasons."""
    decided_by: "Person | None" = single_row(AssignmentRow.decided_by)
    """The named human who decided, if you may see him."""


@node(AssignmentBatchRow, "ab")
class AssignmentBatch(Node):
    """One decision to fill seats of a session, with its reason and its lottery."""

    source: Source
    """Whether there was a lottery."""
    seats: int
    """Seats that were to be filled."""
    eligible: int
    """People who took part in the lottery."""
    seated: int
    """People who got a seat."""
    seed: int
    """Seed of the lottery: a person's ticket is SHA-256 of `seed:number of the person`, the lowest win."""
    reason: str
    """Why, in the words of who decided."""
    decided_at: datetime
    """When it was decided."""
    programme: Programme | None = single_row(AssignmentBatchRow.programme_id)
    """The programme."""
    session: Session | None = single_row(AssignmentBatchRow.session_id)
    """The session."""
    unit: "Unit | None" = single_row(AssignmentBatchRow.unit_id)
    """The unit that was looked at; null for all units of who decided."""
    run: "ScoringRun | None" = single_row(AssignmentBatchRow.run_id)
    """The risk list that it was taken from."""
    decided_by: "Person | None" = single_row(AssignmentBatchRow.decided_by)
    """The named human who decided, if you may see him."""
    assignments: Connection[Assignment] = connection(
        AssignmentRow.batch_id,
        order_enum=AssignmentOrder,
        default_order=AssignmentOrder.DRAW,
        filter_input=AssignmentWhere,
    )
    """Who got a seat, and who waits."""


@node(TrainingRecordRow, "tr")
class TrainingRecord(Node):
    """That a person completed a programme (riwayat diklat)."""

    completed_on: date
    """Last day."""
    jp: int
    """Hours of learning that count (JP)."""
    outcome: Outcome
    """How it ended."""
    organiser: str
    """Who held it (penyelenggara)."""
    certificate: str | None
    """Number of the certificate (nomor sertifikat)."""
    person: "Person | None" = single_row(TrainingRecordRow.person_id)
    """Who completed it."""
    programme: Programme | None = single_row(TrainingRecordRow.programme_id)
    """The programme."""
    session: Session | None = single_row(TrainingRecordRow.session_id)
    """The session, if it was one of ours."""


@facts_type(assignments.CandidatePreview, view_kind=Looked.RISK)
class Considered:
    """Somebody at the top of the list, and whether he takes part in the lottery for a seat."""

    rank: int
    """Place on the risk list."""
    band: Band
    """How sure it is that he is among the highest."""
    eligible: bool
    """Whether he takes part."""
    hindered: bool
    """Left out because something stands in his way: mend that instead."""
    taken: bool
    """Left out because he has had the programme, or is on his way to it."""
    clash: bool
    """Left out because he sits in another session on those days."""
    person: "Person | None" = single_row(attribute("person_id"))
    """Who it is."""


@facts_type(assignments.DrawPreview)
class AssignmentPreview:
    """What an assignment would do; nothing is written and no lot is drawn."""

    seats: int
    """Seats that would be filled."""
    eligible: int
    """People who would take part in the lottery."""
    seated: int
    """People who would get a seat."""
    waiting: int
    """People who would wait."""
    strata: int
    """Groups of like risk within which seats would be drawn."""
    hindered: int
    """People left out because something stands in their way."""
    taken: int
    """People left out because they have had the programme, or are on their way to it."""
    clash: int
    """People left out because they sit in another session on those days."""
    cost: Decimal
    """Cost in rupiah."""
    considered: list[Considered]
    """The top of the list, one by one."""
