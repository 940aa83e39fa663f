"""Civil servants and the posts they hold."""

from datetime import date, datetime
from typing import TYPE_CHECKING

from domain.access.scopes import FieldRule
from domain.audit.tables import AccessSummaryRow
from domain.evaluation.tables import EvaluationRow
from domain.indicator.tables import MonitoringRow
from domain.organisation.tables import UnitRow
from domain.people import rules
from domain.people.facts import Employment, IncumbencyKind
from domain.people.tables import AppraiserLineRow, DelegationRow, IncumbencyRow, PersonRow
from domain.plan.tables import PlanRow
from domain.risk.tables import RiskScoreRow
from resolvers.graph.declarations import (
    ID,
    Connection,
    MatchKind,
    Nip,
    Node,
    bounded_list,
    column,
    computed_field,
    connection,
    filter_field,
    filter_input,
    key_input,
    node,
    order_enum,
    row_type,
    single_row,
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


@filter_input(PersonRow)
class PersonWhere:
    """Which people to list; all that is given must hold."""

    unit: ID | None = filter_field(PersonRow.unit_path, MatchKind.UNDER, path_column=UnitRow.path)
    """In this unit or below."""
    position: ID | None = filter_field(PersonRow.position_id, MatchKind.REFERENCE)
    """Who hold this post."""
    appraiser: ID | None = filter_field(PersonRow.appraiser_id, MatchKind.REFERENCE)
    """Whom this person appraises today."""
    employment: Employment | None = filter_field(PersonRow.employment, MatchKind.EQUALS)
    """Of this kind of employment (jenis kepegawaian)."""
    name: str | None = filter_field(
        reads.NAME_WORDS,
        MatchKind.WORDS,
        key_function="people_named",
        ordered_key_function=("people_first_named", reads.PERSON_NAME),
    )
    """Words of the name, each by its beginning."""
    nip: Nip | None = filter_field(PersonRow.nip, MatchKind.EQUALS, visible_to=FieldRule.OWN_LINE_OR_HR)
    """Exactly this number."""


@key_input(PersonRow)
class PersonBy:
    """Which person."""

    id: ID | None
    """The one of this global ID."""
    nip: Nip | None = column(PersonRow.nip, visible_to=FieldRule.OWN_LINE_OR_HR)
    """The one of this number, if it is one whose number you may see (NIP atau NI PPPK)."""


@order_enum(PersonRow)
class PersonOrder:
    """Orders of a list of people."""

    NAME = reads.PERSON_NAME
    """By name (nama)."""


@row_type(IncumbencyRow)
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
    position: "Position | None" = single_row(IncumbencyRow.position_id)
    """The post (jabatan)."""


@row_type(AppraiserLineRow)
class AppraiserLine:
    """Who appraises a person in a period (pejabat penilai kinerja)."""

    starts_on: date
    """First day."""
    ends_on: date | None
    """Last day, if it has one."""
    appraiser: "Person | None" = single_row(AppraiserLineRow.appraiser_id)
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
    appraiser: "Person | None" = single_row(DelegationRow.appraiser_id)
    """Whose line it is (pejabat penilai kinerja), if you may see him."""
    delegate: "Person | None" = single_row(DelegationRow.delegate_id)
    """Who stands in for him (Plh), if you may see him."""
    decided_by: "Person | None" = single_row(DelegationRow.decided_by)
    """Who delegated it, if you may see him."""
    decided_at: datetime
    """When that was decided."""
    ended_by: "Person | None" = single_row(DelegationRow.ended_by)
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
    initials: str = computed_field(rules.name_initials, PersonRow.name)
    """First letters of the name, for where no portrait is shown."""
    nip: Nip | None = column(PersonRow.nip, visible_to=FieldRule.OWN_LINE_OR_HR)
    """Civil service number; null for whom it is none of his business (NIP atau NI PPPK)."""
    employment: Employment
    """Kind of employment (jenis kepegawaian)."""
    rank: str | None
    """Rank and group (golongan ruang)."""
    joined_on: date
    """First day in the province's service."""
    left_on: date | None
    """Last day, for those who left."""
    position: "Position | None" = single_row(PersonRow.position_id)
    """The post held today (jabatan)."""
    unit: "Unit | None" = single_row(PersonRow.unit_id)
    """The unit worked in today (unit kerja)."""
    appraiser: "Person | None" = single_row(PersonRow.appraiser_id)
    """Today's appraiser, if you may see him (pejabat penilai kinerja)."""
    team: "Connection[Person]" = connection(
        PersonRow.appraiser_id, order_enum=PersonOrder, default_order=PersonOrder.NAME
    )
    """People whom this person appraises today, of those whom you may see."""
    incumbencies: list[Incumbency] = bounded_list(
        IncumbencyRow.person_id, order=reads.INCUMBENCY_NEWEST, first=10, max_rows=100
    )
    """Posts held, the latest first (riwayat jabatan)."""
    appraiser_lines: list[AppraiserLine] = bounded_list(
        AppraiserLineRow.person_id, order=reads.LINE_NEWEST, first=10, max_rows=200
    )
    """Appraisers, the latest first."""
    delegations: list[Delegation] = bounded_list(
        DelegationRow.appraiser_id, order=reads.DELEGATION_NEWEST, first=10, max_rows=100
    )
    """Periods in which this person's line is another's, the latest first (Plh)."""
    stands_in: list[Delegation] = bounded_list(
        DelegationRow.delegate_id, order=reads.DELEGATION_NEWEST, first=10, max_rows=100
    )
    """Periods in which this person stands in for an appraiser, the latest first (Plh)."""
    plan: "Plan | None" = single_row(PlanRow.person_id, order=plan_reads.NEWEST, predicate=plan_reads.PLAN_IN_FORCE)
    """The latest plan in force (SKP)."""
    plans: "list[Plan]" = bounded_list(PlanRow.person_id, order=plan_reads.NEWEST, first=5, max_rows=100)
    """Plans, the latest first, earlier versions included."""
    last_evaluation: "Evaluation | None" = single_row(
        EvaluationRow.person_id, order=evaluation_reads.NEWEST, predicate=evaluation_reads.CURRENT_VERSION
    )
    """The latest evaluation in force."""
    evaluations: "list[Evaluation]" = bounded_list(
        EvaluationRow.person_id,
        order=evaluation_reads.OLDEST,
        predicate=evaluation_reads.CURRENT_VERSION,
        last=4,
        max_rows=200,
    )
    """The latest evaluations in force, the oldest of them first (evaluasi kinerja periodik)."""
    monitoring: "list[Monitoring]" = bounded_list(
        MonitoringRow.person_id, order=evaluation_reads.MONITORING_OLDEST, last=4, max_rows=200
    )
    """What the systems of record know of the latest quarters, the oldest of them first."""
    risk: "RiskScore | None" = single_row(
        RiskScoreRow.person_id, order=risk_reads.RANK, predicate=risk_reads.PUBLISHED_SCORES
    )
    """The person's score in the published run: a suggestion to help, never a judgement."""
    assignments: "list[Assignment]" = bounded_list(
        AssignmentRow.person_id, order=training_reads.ASSIGNMENT_NEWEST, first=10, max_rows=200
    )
    """Places in training sessions and on waiting lists, the latest first."""
    training_records: "list[TrainingRecord]" = bounded_list(
        TrainingRecordRow.person_id, order=training_reads.RECORD_NEWEST, first=10, max_rows=200
    )
    """Completed training, the latest first (riwayat diklat)."""
    looks: "Connection[Look]" = connection(
        AccessSummaryRow.person_id, filter_input=LookWhere, order_enum=LookOrder, default_order=LookOrder.NEWEST
    )
    """Who was shown this person's record or risk, the latest day first; for the person himself, and for auditors."""
