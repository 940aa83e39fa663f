"""Civil servants and the posts they hold."""

from datetime import date, datetime
from typing import TYPE_CHECKING

from domain.audit.tables import LookRow
from domain.evaluation.tables import EvaluationRow
from domain.indicator.tables import MonitoringRow
from domain.organisation.tables import UnitRow
from domain.people import rules
from domain.people.facts import Employment, IncumbencyKind
from domain.people.tables import AppraiserLineRow, DelegationRow, IncumbencyRow, PersonRow
from domain.plan.tables import PlanRow
from domain.risk.tables import RiskScoreRow
from domain.scope import Seen
from resolvers.graph.words import (
    ID,
    Connection,
    Match,
    Nip,
    Node,
    by,
    column,
    computed,
    connection,
    many,
    matches,
    node,
    one,
    orders,
    shown,
    where,
)
from resolvers.reads import evaluation as evaluation_reads
from resolvers.reads import people as reads
from resolvers.reads import plan as plan_reads
from resolvers.reads import risk as risk_reads
from resolvers.reads import training as training_reads
from schema.audit import LookOrder, LookWhere
from training.assignment.tables import AssignmentRow
from training.record.tables import TrainingRecordRow

if TYPE_CHECKING:
    from schema.audit import Look
    from schema.evaluation import Evaluation, Monitoring
    from schema.organisation import Position, Unit
    from schema.plan import Plan
    from schema.risk import RiskScore
    from schema.training import Assignment, TrainingRecord


@where(PersonRow)
class PersonWhere:
    """Which people to list; all that is given must hold."""

    unit: ID | None = matches(PersonRow.unit_path, Match.UNDER, of=UnitRow.path)
    """In this unit or below."""
    position: ID | None = matches(PersonRow.position_id, Match.REFERENCE)
    """Who hold this post."""
    appraiser: ID | None = matches(PersonRow.appraiser_id, Match.REFERENCE)
    """Whom this person appraises today."""
    employment: Employment | None = matches(PersonRow.employment, Match.EQUALS)
    """Of this kind of employment (jenis kepegawaian)."""
    name: str | None = matches(
        reads.NAME_WORDS, Match.WORDS, keys="people_named", first=("people_first_named", reads.NAME)
    )
    """Words of the name, each by its beginning."""
    nip: Nip | None = matches(PersonRow.nip, Match.EQUALS, seen_by=Seen.OWN_LINE_OR_HR)
    """Exactly this number."""


@by(PersonRow)
class PersonBy:
    """Which person."""

    id: ID | None
    """The one of this global ID."""
    nip: Nip | None = column(PersonRow.nip, seen_by=Seen.OWN_LINE_OR_HR)
    """The one of this number, if it is one whose number you may see (NIP atau NI PPPK)."""


@orders(PersonRow)
class PersonOrder:
    """Orders of a list of people."""

    NAME = reads.NAME
    """By name (nama)."""


@shown(IncumbencyRow)
class Incumbency:
    """That a person holds a post in a period (riwayat jabatan)."""

    kind: IncumbencyKind
    """How the post is held (jenis penugasan)."""
    starts_on: date
    """First day (TMT)."""
    ends_on: date | None
    """Last day, if it has one."""
    decree: str | None
    """Number of the decree (nomor SK)."""
    position: "Position | None" = one(IncumbencyRow.position_id)
    """The post (jabatan)."""


@shown(AppraiserLineRow)
class AppraiserLine:
    """Who appraises a person in a period (pejabat penilai kinerja)."""

    starts_on: date
    """First day."""
    ends_on: date | None
    """Last day, if it has one."""
    appraiser: "Person | None" = one(AppraiserLineRow.appraiser_id)
    """The appraiser, if you may see him."""


@node(DelegationRow, "de")
class Delegation(Node):
    """That an appraiser's line is another's in a period (pelaksana harian, Plh)."""

    starts_on: date
    """First day."""
    ends_on: date
    """Last day, unless it was ended early."""
    reason: str
    """Why the line was delegated."""
    appraiser: "Person | None" = one(DelegationRow.appraiser_id)
    """Whose line it is (pejabat penilai kinerja), if you may see him."""
    delegate: "Person | None" = one(DelegationRow.delegate_id)
    """Who stands in for him (Plh), if you may see him."""
    decided_by: "Person | None" = one(DelegationRow.decided_by)
    """Who delegated it, if you may see him."""
    decided_at: datetime
    """When that was decided."""
    ended_by: "Person | None" = one(DelegationRow.ended_by)
    """Who ended it early, if anybody did and you may see him."""
    ended_at: datetime | None
    """When it was ended early; from then on it does not hold."""
    version: int
    """Counts its changes; whoever ends it says which version he read."""


@node(PersonRow, "pe")
class Person(Node):
    """A civil servant (pegawai ASN)."""

    name: str
    """Name as in the register (nama)."""
    initials: str = computed(rules.initials, PersonRow.name)
    """First letters of the name, for where no portrait is shown."""
    nip: Nip | None = column(PersonRow.nip, seen_by=Seen.OWN_LINE_OR_HR)
    """Civil service number; null for whom it is none of his business (NIP atau NI PPPK)."""
    employment: Employment
    """Kind of employment (jenis kepegawaian)."""
    rank: str | None
    """Rank and group (golongan ruang)."""
    joined_on: date
    """First day in the province's service."""
    left_on: date | None
    """Last day, for those who left."""
    position: "Position | None" = one(PersonRow.position_id)
    """The post held today (jabatan)."""
    unit: "Unit | None" = one(PersonRow.unit_id)
    """The unit worked in today (unit kerja)."""
    appraiser: "Person | None" = one(PersonRow.appraiser_id)
    """Today's appraiser, if you may see him (pejabat penilai kinerja)."""
    team: "Connection[Person]" = connection(PersonRow.appraiser_id, orders=PersonOrder, default=PersonOrder.NAME)
    """People whom this person appraises today, of those whom you may see."""
    incumbencies: list[Incumbency] = many(IncumbencyRow.person_id, order=reads.INCUMBENCY_NEWEST, first=10, most=100)
    """Posts held, the latest first (riwayat jabatan)."""
    appraiser_lines: list[AppraiserLine] = many(
        AppraiserLineRow.person_id, order=reads.LINE_NEWEST, first=10, most=200
    )
    """Appraisers, the latest first."""
    delegations: list[Delegation] = many(
        DelegationRow.appraiser_id, order=reads.DELEGATION_NEWEST, first=10, most=100
    )
    """Periods in which this person's line is another's, the latest first (Plh)."""
    stands_in: list[Delegation] = many(DelegationRow.delegate_id, order=reads.DELEGATION_NEWEST, first=10, most=100)
    """Periods in which this person stands in for an appraiser, the latest first (Plh)."""
    plan: "Plan | None" = one(PlanRow.person_id, order=plan_reads.NEWEST, where=plan_reads.ACTIVE)
    """The latest plan in force (SKP)."""
    plans: "list[Plan]" = many(PlanRow.person_id, order=plan_reads.NEWEST, first=5, most=100)
    """Plans, the latest first, earlier versions included."""
    last_evaluation: "Evaluation | None" = one(
        EvaluationRow.person_id, order=evaluation_reads.NEWEST, where=evaluation_reads.CURRENT
    )
    """The latest evaluation in force."""
    evaluations: "list[Evaluation]" = many(
        EvaluationRow.person_id, order=evaluation_reads.OLDEST, where=evaluation_reads.CURRENT, last=4, most=200
    )
    """The latest evaluations in force, the oldest of them first (evaluasi kinerja periodik)."""
    monitoring: "list[Monitoring]" = many(MonitoringRow.person_id, order=evaluation_reads.MONITORED, last=4, most=200)
    """What the systems of record know of the latest quarters, the oldest of them first."""
    risk: "RiskScore | None" = one(RiskScoreRow.person_id, order=risk_reads.RANK, where=risk_reads.PUBLISHED)
    """The person's score in the published run: a suggestion to help, never a judgement."""
    assignments: "list[Assignment]" = many(
        AssignmentRow.person_id, order=training_reads.ASSIGNED_NEWEST, first=10, most=200
    )
    """Places in training sessions and on waiting lists, the latest first."""
    training_records: "list[TrainingRecord]" = many(
        TrainingRecordRow.person_id, order=training_reads.RECORD_NEWEST, first=10, most=200
    )
    """Completed training, the latest first (riwayat diklat)."""
    looks: "Connection[Look]" = connection(
        LookRow.person_id, where=LookWhere, orders=LookOrder, default=LookOrder.NEWEST
    )
    """Who was shown this person's record or risk, the latest day first; for the person himself, and for auditors."""
