"""Performance plans (SKP)."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from domain.indicator.facts import Aggregation, Aspect, Direction
from domain.plan.facts import Approach, PlanStatus, ResultKind
from domain.plan.tables import PlanIndicatorRow, PlanResultRow, PlanRow
from resolvers.graph.declarations import Node, bounded_list, node, row_type, single_row
from resolvers.reads import plan as reads

if TYPE_CHECKING:
    from schema.organisation import Indicator, Position
    from schema.people import Person


@row_type(PlanIndicatorRow)
class PlanIndicator:
    """Individual indicator of a planned result, with its targets (indikator kinerja individu, IKI)."""

    ordinal: int
    """Position within the result, from 1."""
    name: str
    """Name of the indicator (indikator)."""
    aspect: Aspect | None
    """Aspect, for administrative and functional positions (aspek)."""
    perspective: str | None
    """Perspective, for high leadership and heads of independent units (perspektif)."""
    direction: Direction
    """Direction of improvement."""
    measure: str
    """Unit of measure (satuan)."""
    aggregation: Aggregation
    """Aggregation of the quarters into the year."""
    target: Decimal
    """Target of the year, in the unit of measure (target)."""
    target_q1: Decimal
    """Target of the first quarter (TW1)."""
    target_q2: Decimal
    """Target of the second quarter (TW2)."""
    target_q3: Decimal
    """Target of the third quarter (TW3)."""
    target_q4: Decimal
    """Target of the fourth quarter (TW4)."""
    indicator: "Indicator | None" = single_row(PlanIndicatorRow.indicator_id)
    """Indicator of the catalogue; null for an indicator of the plan alone."""


@node(PlanResultRow, "pr")
class PlanResult(Node):
    """Planned work result (rencana hasil kerja, RHK)."""

    ordinal: int
    """Position within the plan, from 1."""
    kind: ResultKind
    """Kind of result (utama atau tambahan)."""
    title: str
    """Title of the result, worded as an outcome (rencana hasil kerja)."""
    supports: "PlanResult | None" = single_row(PlanResultRow.supports_id)
    """Result of the leader supported by this one; null outside your scope (RHK pimpinan yang diintervensi)."""
    plan: "Plan | None" = single_row(PlanResultRow.plan_id)
    """Plan of the result (SKP)."""
    indicators: list[PlanIndicator] = bounded_list(PlanIndicatorRow.result_id, order=reads.INDICATORS, max_rows=20)
    """Indicators of the result, with their targets (IKI)."""


@node(PlanRow, "pl")
class Plan(Node):
    """Version of a person's performance plan for a position and a year (sasaran kinerja pegawai, SKP)."""

    year: int
    """Calendar year of the plan (tahun)."""
    version: int
    """Version of the plan, from 1 (perubahan SKP)."""
    status: PlanStatus
    """Status of the plan (status SKP)."""
    active: bool
    """True for a plan in force: not replaced, not ended early."""
    approach: Approach
    """Approach of the plan (pendekatan)."""
    starts_on: date
    """First day of the plan."""
    ends_on: date
    """Last day of the plan."""
    set_on: date | None
    """Day of the appraiser's approval (tanggal penetapan)."""
    set_late: bool
    """True for an approval after 31 January (terlambat)."""
    person: "Person | None" = single_row(PlanRow.person_id)
    """Owner of the plan; null for a former appraiser of the person (pegawai)."""
    position: "Position" = single_row(PlanRow.position_id)
    """Position of the plan (jabatan)."""
    set_by: "Person | None" = single_row(PlanRow.set_by)
    """Appraiser in charge of the approval; null outside your scope (pejabat penilai kinerja)."""
    replaces: "Plan | None" = single_row(PlanRow.replaces_id)
    """Previous version of the plan; null for the first."""
    results: list[PlanResult] = bounded_list(PlanResultRow.plan_id, order=reads.RESULTS, max_rows=50)
    """Planned work results (RHK)."""
