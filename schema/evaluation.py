"""Periodic evaluations and what is monitored between them."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from domain.evaluation.facts import PeriodKind, Predikat, Rating
from domain.evaluation.tables import EvaluationRow
from domain.indicator.tables import MonitoringRow
from resolvers.graph.declarations import Node, Period, node, period_field, row_type, single_row

if TYPE_CHECKING:
    from schema.people import Person
    from schema.plan import Plan


@node(EvaluationRow, "ev")
class Evaluation(Node):
    """A person's evaluation for a period (evaluasi kinerja periodik)."""

    kind: PeriodKind
    """Kind of period."""
    period: Period = period_field(EvaluationRow.starts_on, EvaluationRow.ends_on)
    """The period."""
    starts_on: date
    """First day of the period."""
    ends_on: date
    """Last day of the period."""
    results_index: Decimal
    """Work results from evidence, 0 to 120 (hasil kerja)."""
    behaviour_index: Decimal
    """Behaviour from evidence, 0 to 120 (perilaku kerja)."""
    score: Decimal
    """Evidence-based score, 0 to 120, derived from the two indices."""
    results_rating: Rating
    """Rating of work results, derived (rating hasil kerja)."""
    behaviour_rating: Rating
    """Rating of behaviour, derived (rating perilaku kerja)."""
    predikat: Predikat
    """Predicate, derived from the ratings by the matrix (predikat kinerja)."""
    low: bool
    """Whether the period is low: score under the threshold, or results below expectation."""
    rule: str
    """Regulation and cell of the matrix by which the predicate was derived."""
    version: int
    """Version, from 1."""
    current: bool
    """Whether it is in force."""
    evidence: str | None
    """What the indices rest on (bukti dukung)."""
    evidence_source: str | None
    """Where the evidence comes from (sumber data)."""
    note: str | None
    """A word to the person evaluated (umpan balik)."""
    evaluated_on: date
    """Day of the evaluation."""
    person: "Person | None" = single_row(EvaluationRow.person_id)
    """Who was evaluated."""
    plan: "Plan | None" = single_row(EvaluationRow.plan_id)
    """The plan that was evaluated (SKP)."""
    evaluated_by: "Person | None" = single_row(EvaluationRow.evaluated_by)
    """Who decided it, if you may see him (pejabat penilai)."""


@row_type(MonitoringRow)
class Monitoring:
    """What the systems of record know of a person's quarter (pemantauan kinerja)."""

    period: Period = period_field(MonitoringRow.starts_on, MonitoringRow.ends_on)
    """The quarter (triwulan)."""
    progress_percent: Decimal | None
    """Progress to the quarter's targets in per cent; null if not known."""
    late_days: int | None
    """Days begun late; null if not known (hari terlambat)."""
    late_days_last_month: int | None
    """Days begun late in the quarter's last month; null if not known."""
    absent_days: int | None
    """Days absent; null if not known (hari tidak masuk)."""
    activity: Decimal | None
    """Entries of the daily log a day, on average (progres harian)."""
    activity_last_month: Decimal | None
    """Entries of the daily log a day in the quarter's last month."""
