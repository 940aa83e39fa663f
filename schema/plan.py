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
    """An individual indicator of a planned result, with its targets (IKI)."""

    ordinal: int
    """Place within the result, from 1."""
    name: str
    """What is measured (indikator kinerja individu)."""
    aspect: Aspect | None
    """Aspect (aspek); for administrative and functional posts."""
    perspective: str | None
    """Perspective (perspektif); for high leadership and heads of independent units."""
    direction: Direction
    """Which way is better."""
    measure: str
    """Unit of measure (satuan)."""
    aggregation: Aggregation
    """How the quarters make the year."""
    target: Decimal
    """Target of the year."""
    target_q1: Decimal
    """Target of the first quarter (TW1)."""
    target_q2: Decimal
    """Target of the second quarter (TW2)."""
    target_q3: Decimal
    """Target of the third quarter (TW3)."""
    target_q4: Decimal
    """Target of the fourth quarter (TW4)."""
    indicator: "Indicator | None" = single_row(PlanIndicatorRow.indicator_id)
    """The indicator of the catalogue, if it is one."""


@node(PlanResultRow, "pr")
class PlanResult(Node):
    """A planned work result (rencana hasil kerja, RHK)."""

    ordinal: int
    """Place within the plan, from 1."""
    kind: ResultKind
    """Main or extra (utama atau tambahan)."""
    title: str
    """The result, as an outcome (rencana hasil kerja)."""
    supports: "PlanResult | None" = single_row(PlanResultRow.supports_id)
    """The leader's result that it supports, if you may see it (RHK pimpinan yang diintervensi)."""
    plan: "Plan | None" = single_row(PlanResultRow.plan_id)
    """The plan that it belongs to."""
    indicators: list[PlanIndicator] = bounded_list(PlanIndicatorRow.result_id, order=reads.INDICATORS, max_rows=20)
    """Indicators and targets."""


@node(PlanRow, "pl")
class Plan(Node):
    """One version of a person's plan for a post and a calendar year (sasaran kinerja pegawai, SKP)."""

    year: int
    """Calendar year (tahun)."""
    version: int
    """Version, from 1; a change makes the next (perubahan SKP)."""
    status: PlanStatus
    """Where it stands (status)."""
    active: bool
    """Whether it is in force: not replaced, not ended early."""
    approach: Approach
    """How results are worded (pendekatan)."""
    starts_on: date
    """First day."""
    ends_on: date
    """Last day."""
    set_on: date | None
    """Day on which the appraiser set it (tanggal penetapan)."""
    set_late: bool
    """Whether that was after 31 January (terlambat)."""
    person: "Person | None" = single_row(PlanRow.person_id)
    """Whose plan it is."""
    position: "Position | None" = single_row(PlanRow.position_id)
    """The post that it is for (jabatan)."""
    set_by: "Person | None" = single_row(PlanRow.set_by)
    """Who set it, if you may see him (pejabat penilai)."""
    replaces: "Plan | None" = single_row(PlanRow.replaces_id)
    """The version that it replaces."""
    results: list[PlanResult] = bounded_list(PlanResultRow.plan_id, order=reads.RESULTS, max_rows=50)
    """Planned results."""
