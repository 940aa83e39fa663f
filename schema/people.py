"""Civil servants, their positions, appraisers and delegations."""

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
from schema.audit import AccessSummaryOrder, AccessSummaryWhere
from training.assignment.tables import AssignmentRow
from training.record.tables import TrainingRecordRow

if TYPE_CHECKING:
    from schema.audit import AccessSummary
    from schema.evaluation import Evaluation, Monitoring
    from schema.organisation import Position, Unit
    from schema.plan import Plan
    from schema.risk import RiskScore
    from schema.training import Assignment, TrainingRecord


@filter_input(PersonRow)
class PersonWhere:
    """Filter of people; all given conditions must hold."""

    unit: ID | None = filter_field(PersonRow.unit_path, MatchKind.UNDER, path_column=UnitRow.path)
    """Unit of the person, with all units below."""
    position: ID | None = filter_field(PersonRow.position_id, MatchKind.REFERENCE)
    """Position of the person today."""
    appraiser: ID | None = filter_field(PersonRow.appraiser_id, MatchKind.REFERENCE)
    """Appraiser of the person today."""
    employment: Employment | None = filter_field(PersonRow.employment, MatchKind.EQUALS)
    """Kind of employment (jenis kepegawaian)."""
    name: str | None = filter_field(
        reads.NAME_WORDS,
        MatchKind.WORDS,
        key_function="people_named",
        ordered_key_function=("people_first_named", reads.PERSON_NAME),
    )
    """Words of the name, each by its first letters."""
    nip: Nip | None = filter_field(PersonRow.nip, MatchKind.EQUALS, visible_to=FieldRule.OWN_LINE_OR_HR)
    """Civil service number, exact match (NIP atau NI PPPK)."""


@key_input(PersonRow)
class PersonBy:
    """Key of a person: exactly one."""

    id: ID | None
    """Global ID of the person."""
    nip: Nip | None = column(PersonRow.nip, visible_to=FieldRule.OWN_LINE_OR_HR)
    """Civil service number, if visible to you (NIP atau NI PPPK)."""


@order_enum(PersonRow)
class PersonOrder:
    """Orders of people."""

    NAME = reads.PERSON_NAME
    """By name (nama)."""


@row_type(IncumbencyRow)
class Incumbency:
    """Period of a person in a position (riwayat jabatan)."""

    kind: IncumbencyKind
    """Kind of appointment (jenis penugasan)."""
    starts_on: date
    """First day in the position (TMT)."""
    ends_on: date | None
    """Last day in the position; null if open."""
    decree: str | None
    """Number of the decree (nomor SK)."""
    position: "Position" = single_row(IncumbencyRow.position_id)
    """Position held (jabatan)."""


@row_type(AppraiserLineRow)
class AppraiserLine:
    """Period of a person under an appraiser (riwayat pejabat penilai kinerja)."""

    starts_on: date
    """First day under the appraiser."""
    ends_on: date | None
    """Last day under the appraiser; null if open."""
    appraiser: "Person | None" = single_row(AppraiserLineRow.appraiser_id)
    """Appraiser in the period; null outside your scope (pejabat penilai kinerja)."""


@node(DelegationRow, "de")
class Delegation(Node):
    """Delegation of an appraiser's line to another person for a period (pelaksana harian, Plh)."""

    starts_on: date
    """First day of the delegation."""
    ends_on: date
    """Last day of the delegation, as decided."""
    reason: str
    """Reason for the delegation (alasan)."""
    appraiser: "Person | None" = single_row(DelegationRow.appraiser_id)
    """Appraiser with the delegated line; null outside your scope (pejabat penilai kinerja)."""
    delegate: "Person | None" = single_row(DelegationRow.delegate_id)
    """Acting appraiser; null outside your scope (Plh)."""
    decided_by: "Person | None" = single_row(DelegationRow.decided_by)
    """Person in charge of the decision; null outside your scope."""
    decided_at: datetime
    """Time of the decision."""
    ended_by: "Person | None" = single_row(DelegationRow.ended_by)
    """Person in charge of the early end; null for none, or outside your scope."""
    ended_at: datetime | None
    """Time of the early end; null for none."""
    version: int
    """Version of the delegation, from 1; needed to end it."""


@node(PersonRow, "pe")
class Person(Node):
    """Civil servant (pegawai ASN)."""

    name: str
    """Full name (nama)."""
    initials: str = computed_field(rules.name_initials, PersonRow.name)
    """Initials of the name."""
    nip: Nip | None = column(PersonRow.nip, visible_to=FieldRule.OWN_LINE_OR_HR)
    """Civil service number; null except to the person, their appraiser and HR (NIP atau NI PPPK)."""
    employment: Employment
    """Kind of employment (jenis kepegawaian)."""
    grade: str | None = column(PersonRow.rank)
    """Rank and grade, such as `III/d` (pangkat, golongan ruang)."""
    joined_on: date
    """First day in the province's service."""
    left_on: date | None
    """Last day in the province's service; null if open."""
    position: "Position | None" = single_row(PersonRow.position_id)
    """Position held today; null after leaving (jabatan)."""
    unit: "Unit | None" = single_row(PersonRow.unit_id)
    """Unit of today; null after leaving (unit kerja)."""
    appraiser: "Person | None" = single_row(PersonRow.appraiser_id)
    """Appraiser of today; null for none, or outside your scope (pejabat penilai kinerja)."""
    team: "Connection[Person]" = connection(
        PersonRow.appraiser_id, order_enum=PersonOrder, default_order=PersonOrder.NAME
    )
    """People under this appraiser today, within your scope (pegawai yang dinilai)."""
    incumbencies: list[Incumbency] = bounded_list(
        IncumbencyRow.person_id, order=reads.INCUMBENCY_NEWEST, first=10, max_rows=100
    )
    """Positions held, latest first (riwayat jabatan)."""
    appraiser_lines: list[AppraiserLine] = bounded_list(
        AppraiserLineRow.person_id, order=reads.LINE_NEWEST, first=10, max_rows=200
    )
    """Appraisers of the person, latest first (riwayat pejabat penilai kinerja)."""
    delegations_given: list[Delegation] = bounded_list(
        DelegationRow.appraiser_id, order=reads.DELEGATION_NEWEST, first=10, max_rows=100
    )
    """Delegations of this person's line to others, latest first (Plh)."""
    delegations_received: list[Delegation] = bounded_list(
        DelegationRow.delegate_id, order=reads.DELEGATION_NEWEST, first=10, max_rows=100
    )
    """Delegations of other appraisers' lines to this person, latest first (Plh)."""
    plan: "Plan | None" = single_row(PlanRow.person_id, order=plan_reads.NEWEST, predicate=plan_reads.PLAN_IN_FORCE)
    """Latest plan in force; null for none, or outside your scope (SKP)."""
    plans: "list[Plan]" = bounded_list(PlanRow.person_id, order=plan_reads.NEWEST, first=5, max_rows=100)
    """Plans of the person in all versions, latest first (SKP)."""
    last_evaluation: "Evaluation | None" = single_row(
        EvaluationRow.person_id, order=evaluation_reads.NEWEST, predicate=evaluation_reads.CURRENT_VERSION
    )
    """Latest evaluation in force; null for none, or outside your scope."""
    evaluations: "list[Evaluation]" = bounded_list(
        EvaluationRow.person_id,
        order=evaluation_reads.OLDEST,
        predicate=evaluation_reads.CURRENT_VERSION,
        last=4,
        max_rows=200,
    )
    """Latest evaluations in force, oldest first (evaluasi kinerja periodik)."""
    monitoring: "list[Monitoring]" = bounded_list(
        MonitoringRow.person_id, order=evaluation_reads.MONITORING_OLDEST, last=4, max_rows=200
    )
    """Monitoring data of the latest quarters, oldest first (pemantauan kinerja)."""
    risk: "RiskScore | None" = single_row(
        RiskScoreRow.person_id, order=risk_reads.RANK, predicate=risk_reads.PUBLISHED_SCORES
    )
    """Risk score in the published scoring run, as a suggestion for support; null outside your scope (risiko)."""
    assignments: "list[Assignment]" = bounded_list(
        AssignmentRow.person_id, order=training_reads.ASSIGNMENT_NEWEST, first=10, max_rows=200
    )
    """Assignments to training sessions and waiting lists, latest first (penugasan pelatihan)."""
    training_records: "list[TrainingRecord]" = bounded_list(
        TrainingRecordRow.person_id, order=training_reads.RECORD_NEWEST, first=10, max_rows=200
    )
    """Completed training, latest first (riwayat diklat)."""
    access_log: "Connection[AccessSummary]" = connection(
        AccessSummaryRow.person_id,
        filter_input=AccessSummaryWhere,
        order_enum=AccessSummaryOrder,
        default_order=AccessSummaryOrder.NEWEST,
    )
    """Accesses to this person's data; visible to the person and to auditors (log akses)."""
