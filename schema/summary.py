"""Summaries of units: counts that leaders see, and that reveal nobody."""

from datetime import date

from domain.summary.tables import UnitSummaryRow
from resolvers.graph.declarations import Period, column, period_field, row_type


@row_type(UnitSummaryRow)
class UnitSummary:
    """Counts of a unit's people as of one cut-off (rekapitulasi unit kerja); a unit is its own people and its parts.

    A count from 1 to 4 is not shown (null), nor are others by which one could be worked out, and none of a division
    that would say the same of everybody. Null is therefore not zero. What is shown adds up at every level.
    """

    cutoff_on: date
    """The day as of which people were counted (tanggal acuan)."""
    period: Period = period_field(UnitSummaryRow.starts_on, UnitSummaryRow.ends_on)
    """The quarter whose evaluations are counted (triwulan)."""
    year: int
    """The year whose training is counted (tahun)."""
    headcount: int | None
    """People (jumlah pegawai)."""
    sangat_baik: int | None
    """People evaluated as very good (sangat baik)."""
    baik: int | None
    """People evaluated as good (baik)."""
    butuh_perbaikan: int | None
    """People evaluated as in need of improvement (butuh perbaikan)."""
    kurang: int | None
    """People evaluated as poor, or with misconduct (kurang/misconduct)."""
    sangat_kurang: int | None
    """People evaluated as very poor (sangat kurang)."""
    not_evaluated: int | None
    """People without an evaluation for the quarter (belum dievaluasi)."""
    high_risk: int | None = column(UnitSummaryRow.high)
    """People surely among the highest on the risk list (risiko tinggi)."""
    elevated_risk: int | None = column(UnitSummaryRow.elevated)
    """People perhaps among the highest (risiko meningkat)."""
    low_risk: int | None = column(UnitSummaryRow.low)
    """People surely not among the highest (risiko rendah)."""
    unknown_risk: int | None = column(UnitSummaryRow.unknown)
    """People without a score (belum ada skor)."""
    passed: int | None
    """People who completed a programme and passed (lulus); everybody is counted once, at the furthest step."""
    attended: int | None
    """People who attended and have no result yet (mengikuti)."""
    assigned: int | None
    """People with a seat in a session to come (ditugaskan)."""
    waiting: int | None
    """People on a waiting list (daftar tunggu)."""
    absent: int | None
    """People who had a seat and did not come (tidak hadir)."""
    untrained: int | None
    """People who took no part so far (belum ikut pelatihan)."""
