"""Summaries of units: published counts with disclosure control."""

from datetime import date

from domain.summary.tables import UnitSummaryRow
from resolvers.graph.declarations import Period, column, period_field, row_type


@row_type(UnitSummaryRow)
class UnitSummary:
    """Counts of the people of a unit at a cut-off date (rekapitulasi unit kerja).

    Disclosure control: a count from 1 to 4 is null, as are further counts to prevent its reconstruction, and each
    breakdown with all people in one category. Null does not mean zero. Visible counts add up at every level.
    """

    cutoff_on: date
    """Cut-off date of the counts (tanggal acuan)."""
    period: Period = period_field(UnitSummaryRow.starts_on, UnitSummaryRow.ends_on)
    """Quarter of the evaluations counted (triwulan)."""
    year: int
    """Calendar year of the training counted (tahun)."""
    headcount: int | None
    """Number of people (jumlah pegawai)."""
    sangat_baik: int | None
    """Number of people evaluated as very good (sangat baik)."""
    baik: int | None
    """Number of people evaluated as good (baik)."""
    butuh_perbaikan: int | None
    """Number of people evaluated as in need of improvement (butuh perbaikan)."""
    kurang: int | None
    """Number of people evaluated as poor, or with misconduct (kurang/misconduct)."""
    sangat_kurang: int | None
    """Number of people evaluated as very poor (sangat kurang)."""
    not_evaluated: int | None
    """Number of people without an evaluation in the quarter (belum dievaluasi)."""
    high_risk: int | None = column(UnitSummaryRow.high)
    """Number of people in band `HIGH` of the risk list (risiko tinggi)."""
    elevated_risk: int | None = column(UnitSummaryRow.elevated)
    """Number of people in band `ELEVATED` of the risk list (risiko meningkat)."""
    low_risk: int | None = column(UnitSummaryRow.low)
    """Number of people in band `LOW` of the risk list (risiko rendah)."""
    unknown_risk: int | None = column(UnitSummaryRow.unknown)
    """Number of people without a risk score (belum ada skor)."""
    passed: int | None
    """Number of people with a passed programme, the last of six exclusive training stages (lulus)."""
    attended: int | None
    """Number of people with an attended session and no result yet (mengikuti)."""
    assigned: int | None
    """Number of people with a seat in a future session (ditugaskan)."""
    waiting: int | None
    """Number of people on a waiting list (daftar tunggu)."""
    absent: int | None
    """Number of people with a missed session (tidak hadir)."""
    untrained: int | None
    """Number of people without any training (belum ikut pelatihan)."""
