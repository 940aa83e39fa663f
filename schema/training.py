"""Training programmes, sessions, assignments, records and effects."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from domain.audit.facts import ViewKind
from domain.risk.facts import Band, Help
from resolvers.graph.declarations import (
    ID,
    Connection,
    MatchKind,
    Node,
    attribute,
    bounded_list,
    column,
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
from training.assignment.facts import AssignmentSource, AssignmentStatus
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
    """Filter of programmes; all given conditions must hold."""

    kind: ProgrammeKind | None = filter_field(ProgrammeRow.kind, MatchKind.EQUALS)
    """Form of development (jenis diklat)."""
    addresses: Help | None = filter_field(ProgrammeRow.addresses, MatchKind.EQUALS)
    """Kind of driver addressed by the programme."""


@key_input(ProgrammeRow)
class ProgrammeBy:
    """Key of a programme: exactly one."""

    id: ID | None
    """Global ID of the programme."""
    code: str | None
    """Code of the programme in the catalogue (kode program)."""


@order_enum(ProgrammeRow)
class ProgrammeOrder:
    """Orders of programmes."""

    NAME = reads.PROGRAMME_NAME
    """By name (nama program)."""


@filter_input(SessionRow)
class SessionWhere:
    """Filter of sessions; all given conditions must hold."""

    programme: ID | None = filter_field(SessionRow.programme_id, MatchKind.REFERENCE)
    """Programme of the session."""
    status: SessionStatus | None = filter_field(SessionRow.status, MatchKind.EQUALS)
    """Status of the session."""
    starts_from: date | None = filter_field(SessionRow.starts_on, MatchKind.AT_LEAST)
    """Earliest first day of the session, inclusive."""


@key_input(SessionRow)
class SessionBy:
    """Key of a session."""

    id: ID | None
    """Global ID of the session."""


@order_enum(SessionRow)
class SessionOrder:
    """Orders of sessions."""

    NEXT = reads.SESSION_NEXT
    """By first day, earliest first."""
    NEWEST = reads.SESSION_NEWEST
    """By first day, latest first."""


@filter_input(AssignmentRow)
class AssignmentWhere:
    """Filter of assignments; all given conditions must hold."""

    status: AssignmentStatus | None = filter_field(AssignmentRow.status, MatchKind.EQUALS)
    """Status of the assignment."""


@order_enum(AssignmentRow)
class AssignmentOrder:
    """Orders of the assignments of a batch."""

    DRAW = reads.DRAW_ORDER
    """By place in the lottery: seats first, then the waiting list."""


@key_input(AssignmentBatchRow)
class AssignmentBatchBy:
    """Key of an assignment batch."""

    id: ID | None
    """Global ID of the assignment batch."""


@order_enum(AssignmentBatchRow)
class AssignmentBatchOrder:
    """Orders of assignment batches."""

    NEWEST = reads.BATCH_NEWEST
    """By time of the decision, latest first."""


@row_type(EffectPeriodRow)
class EffectQuarter:
    """Effect of a programme in one quarter, relative to the training."""

    quarters_since_training: int = column(EffectPeriodRow.period)
    """Number of quarters since the training: 0 for its own quarter, negative for placebo quarters before it."""
    treated_count: int = column(EffectPeriodRow.treated)
    """Number of trained people in the comparison."""
    control_count: int = column(EffectPeriodRow.controls)
    """Number of untrained people in the comparison, eligible at the same time."""
    effect: Decimal | None
    """Effect in points of the evaluation score; null for fewer than five people."""
    effect_low: Decimal | None
    """Lower bound of the effect's 95 % confidence interval."""
    effect_high: Decimal | None
    """Upper bound of the effect's 95 % confidence interval."""


@row_type(EffectStudyRow)
class EffectStudy:
    """Effect of a programme one quarter after training, with its placebo check and the naive comparison."""

    as_of: date
    """Cut-off date: last day of recording of the input data (tanggal acuan)."""
    verdict: Verdict
    """Credibility of the estimate."""
    treated_count: int = column(EffectStudyRow.treated)
    """Number of trained people in the comparison."""
    control_count: int = column(EffectStudyRow.controls)
    """Number of untrained people in the comparison, eligible at the same time."""
    effect: Decimal | None
    """Effect in points of the evaluation score; null for fewer than five people."""
    effect_low: Decimal | None
    """Lower bound of the effect's 95 % confidence interval."""
    effect_high: Decimal | None
    """Upper bound of the effect's 95 % confidence interval."""
    before_after: Decimal | None
    """Naive difference, mean after minus mean before, in points; biased by regression to the mean."""
    mean_before: Decimal | None
    """Mean score of the trained people one quarter before, in points."""
    mean_after: Decimal | None
    """Mean score of the trained people one quarter after, in points."""
    expected_after: Decimal | None
    """Counterfactual mean score one quarter after: mean after minus effect, in points."""
    placebo: Decimal | None
    """Placebo effect two quarters before the training, in points; near zero for a sound comparison."""
    placebo_low: Decimal | None
    """Lower bound of the placebo effect's 90 % confidence interval."""
    placebo_high: Decimal | None
    """Upper bound of the placebo effect's 90 % confidence interval."""
    quarters: list[EffectQuarter] = bounded_list(EffectPeriodRow.study_id, order=reads.EFFECT_PERIODS, max_rows=30)
    """Effects by quarter, earliest first (event study)."""


@node(ProgrammeRow, "pg")
class Programme(Node):
    """Programme of training or socialisation (program pengembangan kompetensi)."""

    code: str
    """Code in the catalogue (kode program)."""
    name: str
    """Name of the programme (nama program)."""
    kind: ProgrammeKind
    """Form of development (jenis diklat)."""
    addresses: Help
    """Kind of driver addressed by the programme."""
    jp: int
    """Learning hours of 45 minutes each (jam pelajaran, JP)."""
    organiser: str
    """Organiser of the programme (penyelenggara)."""
    description: str
    """Summary of the content (uraian)."""
    cost_per_person: Decimal
    """Cost per seat, in rupiah (biaya per peserta)."""
    starts_on: date
    """First day in the catalogue."""
    ends_on: date | None
    """Last day in the catalogue; null if open."""
    sessions: "Connection[Session]" = connection(
        SessionRow.programme_id, order_enum=SessionOrder, default_order=SessionOrder.NEXT, filter_input=SessionWhere
    )
    """Sessions of the programme (angkatan)."""
    effect_study: EffectStudy | None = single_row(
        EffectStudyRow.programme_id, order=reads.STUDY_NEWEST, predicate=reads.CURRENT_STUDY
    )
    """Latest effect study of the programme; null for none."""


@node(SessionRow, "se")
class Session(Node):
    """Session of a programme (angkatan)."""

    starts_on: date
    """First day of the session."""
    ends_on: date
    """Last day of the session."""
    place: str
    """Venue of the session (tempat)."""
    capacity: int = column(SessionRow.seats)
    """Number of seats (kapasitas)."""
    seats_taken: int = column(SessionRow.taken)
    """Number of assigned seats (kursi terisi)."""
    status: SessionStatus
    """Status of the session."""
    programme: Programme = single_row(SessionRow.programme_id)
    """Programme of the session."""


@node(AssignmentRow, "as")
class Assignment(Node):
    """Assignment of a person to a session or its waiting list (penugasan pelatihan)."""

    status: AssignmentStatus
    """Status of the assignment."""
    source: AssignmentSource
    """Source of the assignment."""
    draw: int
    """Place in the lottery, from 1 (nomor undian)."""
    waiting_place: int | None
    """Place on the waiting list, from 1; null with a seat (nomor daftar tunggu)."""
    reason: str
    """Reason for the decision, in the decider's words (alasan)."""
    decided_at: datetime
    """Time of the decision."""
    person: "Person | None" = single_row(AssignmentRow.person_id)
    """Person assigned; null for the decider after the person left their scope (pegawai)."""
    session: Session = single_row(AssignmentRow.session_id)
    """Session of the assignment (angkatan)."""
    programme: Programme = single_row(AssignmentRow.programme_id)
    """Programme of the session."""
    risk_score: "RiskScore | None" = single_row(AssignmentRow.score_id)
    """Risk score behind the decision, with its reasons; null for none, or outside your scope."""
    decided_by: "Person | None" = single_row(AssignmentRow.decided_by)
    """Person in charge of the decision; null outside your scope."""


@node(AssignmentBatchRow, "ab")
class AssignmentBatch(Node):
    """Decision on the seats of a session, with its reason and its lottery (keputusan penugasan)."""

    source: AssignmentSource
    """Source of the assignments of the batch."""
    seats: int
    """Number of seats to fill."""
    eligible_count: int = column(AssignmentBatchRow.eligible)
    """Number of eligible people in the lottery."""
    seated_count: int = column(AssignmentBatchRow.seated)
    """Number of people with a seat."""
    seed: int
    """Seed of the lottery: a ticket is the SHA-256 of `seed:person number`, lowest tickets win."""
    reason: str
    """Reason for the decision, in the decider's words (alasan)."""
    decided_at: datetime
    """Time of the decision."""
    programme: Programme = single_row(AssignmentBatchRow.programme_id)
    """Programme of the session."""
    session: Session = single_row(AssignmentBatchRow.session_id)
    """Session with the assigned seats (angkatan)."""
    unit: "Unit | None" = single_row(AssignmentBatchRow.unit_id)
    """Unit of the candidates, with all units below; null for the decider's whole scope."""
    scoring_run: "ScoringRun | None" = single_row(AssignmentBatchRow.run_id)
    """Scoring run of the risk list; null for none."""
    decided_by: "Person | None" = single_row(AssignmentBatchRow.decided_by)
    """Person in charge of the decision; null outside your scope."""
    assignments: Connection[Assignment] = connection(
        AssignmentRow.batch_id,
        order_enum=AssignmentOrder,
        default_order=AssignmentOrder.DRAW,
        filter_input=AssignmentWhere,
    )
    """Assignments of the batch: seats and waiting list."""


@node(TrainingRecordRow, "tr")
class TrainingRecord(Node):
    """Completed training of a person (riwayat diklat)."""

    completed_on: date
    """Last day of the training (tanggal selesai)."""
    jp: int
    """Credited learning hours (jam pelajaran, JP)."""
    outcome: Outcome
    """Result of the participant (hasil pelatihan)."""
    organiser: str
    """Organiser of the training (penyelenggara)."""
    certificate: str | None
    """Number of the certificate (nomor sertifikat)."""
    person: "Person" = single_row(TrainingRecordRow.person_id)
    """Person trained (pegawai)."""
    programme: Programme = single_row(TrainingRecordRow.programme_id)
    """Programme of the training."""
    session: Session | None = single_row(TrainingRecordRow.session_id)
    """Session of the training; null for an external one (angkatan)."""


@facts_type(assignments.PreviewedCandidate, view_kind=ViewKind.RISK)
class AssignmentCandidate:
    """Candidate for a seat, from the top of the risk list (calon peserta)."""

    rank: int
    """Rank in the scoring run, 1 for the highest risk (peringkat)."""
    band: Band
    """Band of the risk list (kategori risiko)."""
    eligible: bool
    """True for a participant in the lottery."""
    hindered: bool
    """True if the main driver is an obstacle outside the person; not eligible (terhambat)."""
    already_trained: bool
    """True after completion of the programme, or with an assignment to it; not eligible."""
    schedule_conflict: bool
    """True with a seat in another session on the same days; not eligible (bentrok jadwal)."""
    person: "Person | None" = single_row(attribute("person_id"))
    """Person considered for a seat (pegawai)."""


@facts_type(assignments.DrawPreview)
class AssignmentPreview:
    """Preview of an assignment of seats, without a lottery; nothing is written."""

    seats: int
    """Number of seats to fill."""
    eligible_count: int
    """Number of eligible people in the lottery."""
    seated_count: int
    """Number of people with a seat."""
    waiting_count: int
    """Number of people on the waiting list."""
    strata_count: int
    """Number of lottery strata, groups of people with similar risk."""
    hindered_count: int
    """Number of hindered candidates, not eligible."""
    already_trained_count: int
    """Number of already trained candidates, not eligible."""
    schedule_conflict_count: int
    """Number of candidates with a schedule conflict, not eligible."""
    cost: Decimal
    """Total cost, in rupiah (biaya)."""
    candidates: list[AssignmentCandidate]
    """Candidates from the top of the risk list, by rank."""
