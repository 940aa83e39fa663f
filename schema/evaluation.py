"""Periodic evaluations, and the monitoring between them."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from domain.evaluation.facts import PeriodKind, Predikat, Rating
from domain.evaluation.tables import EvaluationRow
from domain.indicator.tables import MonitoringRow
from resolvers.graph.declarations import Node, Period, column, node, period_field, row_type, single_row

if TYPE_CHECKING:
    from schema.people import Person
    from schema.plan import Plan


@node(EvaluationRow, "ev")
class Evaluation(Node):
    """Evaluation of a person's performance in a period (evaluasi kinerja periodik)."""

    kind: PeriodKind
    """Kind of the period (periodik)."""
    period: Period = period_field(EvaluationRow.starts_on, EvaluationRow.ends_on)
    """Period of the evaluation (periode)."""
    starts_on: date
    """First day of the period."""
    ends_on: date
    """Last day of the period."""
    results_index: Decimal
    """Index of work results from evidence, 0 to 120 (hasil kerja)."""
    behaviour_index: Decimal
    """Index of behaviour from evidence, 0 to 120 (perilaku kerja)."""
    score: Decimal
    """Weighted score of both indices, 0 to 120 (nilai)."""
    results_rating: Rating
    """Rating of work results, derived from the index (rating hasil kerja)."""
    behaviour_rating: Rating
    """Rating of behaviour, derived from the index (rating perilaku kerja)."""
    predikat: Predikat
    """Performance predicate, derived from both ratings by the matrix (predikat kinerja)."""
    low_performance: bool = column(EvaluationRow.low)
    """True for a score below the threshold, or for results below expectation (kinerja rendah)."""
    rule: str
    """Regulation and matrix cell of the predicate."""
    version: int
    """Version of the evaluation, from 1."""
    current: bool
    """True for the version in force."""
    evidence: str | None
    """Evidence for the indices, as a link or a text (bukti dukung)."""
    evidence_source: str | None
    """Data source of the evidence (sumber data)."""
    note: str | None
    """Feedback to the person evaluated (umpan balik)."""
    evaluated_on: date
    """Day of the evaluation (tanggal evaluasi)."""
    person: "Person | None" = single_row(EvaluationRow.person_id)
    """Person evaluated; null for a former appraiser of the person (pegawai yang dinilai)."""
    plan: "Plan | None" = single_row(EvaluationRow.plan_id)
    """Plan evaluated; null outside your scope (SKP)."""
    evaluated_by: "Person | None" = single_row(EvaluationRow.evaluated_by)
    """Appraiser in charge of the evaluation; null outside your scope (pejabat penilai kinerja)."""


@row_type(MonitoringRow)
class Monitoring:
    """Monitoring data of a person's quarter from the systems of record (pemantauan kinerja)."""

    period: Period = period_field(MonitoringRow.starts_on, MonitoringRow.ends_on)
    """Quarter of the data (triwulan)."""
    progress_percent: Decimal | None
    """Progress to the quarter's targets, in per cent; null if unknown (capaian)."""
    late_days: int | None
    """Days with a late start; null if unknown (hari terlambat)."""
    late_days_last_month: int | None
    """Days with a late start in the quarter's last month; null if unknown."""
    absent_days: int | None
    """Days of absence; null if unknown (hari tidak masuk)."""
    activity: Decimal | None
    """Mean number of daily log entries per day; null if unknown (progres harian)."""
    activity_last_month: Decimal | None
    """Mean number of daily log entries per day in the quarter's last month; null if unknown."""
