"""Planned results and indicators by kind of work, cascading from leader to staff.

A leader's result is worded as the one supported by the staff's.
"""

from dataclasses import dataclass
from typing import Final

from domain.indicator.facts import Aggregation, Aspect, Direction

HIGHER, LOWER = Direction.HIGHER, Direction.LOWER
QUANTITY, QUALITY, TIME, COST = Aspect.KUANTITAS, Aspect.KUALITAS, Aspect.WAKTU, Aspect.BIAYA


@dataclass(frozen=True, slots=True)
class CatalogueIndicator:
    """An indicator of the catalogue with its usual target for a year, in `measure`."""

    code: str
    name: str
    aspect: Aspect
    direction: Direction
    measure: str
    target: float
    aggregation: Aggregation = Aggregation.AVERAGE
    source: str = "e-Kinerja"


@dataclass(frozen=True, slots=True)
class PlannedResult:
    """A planned work result (RHK) with the codes of its indicators."""

    title: str
    indicators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SectorResults:
    """Results of one field: the leader's, and those of the staff.

    The k-th of the staff's supports the k-th above.
    """

    leader_results: tuple[PlannedResult, ...]
    staff_results: tuple[PlannedResult, ...]


def _yearly(code: str, name: str, measure: str, target: float, source: str = "e-Kinerja") -> CatalogueIndicator:
    """Indicator of a number of pieces, adding up over the year."""
    return CatalogueIndicator(code, name, QUANTITY, HIGHER, measure, target, Aggregation.SUM, source)


def _percent(code: str, name: str, target: float, source: str, aspect: Aspect = QUALITY) -> CatalogueIndicator:
    return CatalogueIndicator(code, name, aspect, HIGHER, "%", target, source=source)


INDICATOR_CATALOGUE: Final = (
    _percent("EDU-LIT", "Murid mencapai kompetensi minimum literasi", 82, "Asesmen Nasional, tingkat sekolah"),
    _percent("EDU-NUM", "Murid mencapai kompetensi minimum numerasi", 74, "Asesmen Nasional, tingkat sekolah"),
    CatalogueIndicator(
        "EDU-RAP", "Kenaikan indikator prioritas Rapor Pendidikan", QUALITY, HIGHER, "poin", 3,
        Aggregation.LAST, "Rapor Pendidikan",
    ),
    CatalogueIndicator("EDU-OBS", "Nilai observasi praktik kinerja di kelas", QUALITY, HIGHER, "skala 1-4", 3.2,
              source="Observasi kelas"),
    _percent("EDU-APS", "Angka partisipasi sekolah usia 16-18 tahun", 98, "Data pokok pendidikan", QUANTITY),
    CatalogueIndicator("EDU-DO", "Angka putus sekolah", QUANTITY, LOWER, "%", 0.4, source="Data pokok pendidikan"),
    CatalogueIndicator("EDU-ABS", "Jam mengajar yang tidak terlaksana", TIME, LOWER, "jam", 4,
        source="Jurnal mengajar"),
    _yearly("EDU-HRS", "Jam tatap muka terlaksana", "jam", 960, "Jurnal mengajar"),
    _percent("HLT-TB", "Keberhasilan pengobatan tuberkulosis", 90, "Sistem informasi tuberkulosis"),
    CatalogueIndicator("HLT-AMB", "Waktu tanggap ambulans (median)", TIME, LOWER, "menit", 15,
        source="Pusat komando"),
    _percent("HLT-WAIT", "Kunjungan dengan waktu tunggu paling lama 60 menit", 85, "Rekam medis elektronik", TIME),
    CatalogueIndicator("HLT-STU", "Prevalensi stunting pada balita binaan", QUALITY, LOWER, "%", 14,
        source="Catatan gizi"),
    _percent("HLT-SPM", "Capaian standar pelayanan minimal kesehatan", 100, "Laporan SPM", QUANTITY),
    CatalogueIndicator("HLT-IKM", "Indeks kepuasan pasien", QUALITY, HIGHER, "indeks 25-100", 86, source="Survei"),
    _yearly("HLT-VIS", "Kunjungan pasien dilayani sesuai prosedur", "kunjungan", 3600, "Rekam medis elektronik"),
    _percent("CRM-RES", "Aduan warga diselesaikan", 96, "CRM", QUANTITY),
    CatalogueIndicator("CRM-HRS", "Waktu penyelesaian aduan (median)", TIME, LOWER, "jam", 40, source="CRM"),
    _percent("CRM-24H", "Aduan ditindaklanjuti dalam 24 jam", 95, "CRM", TIME),
    CatalogueIndicator("CRM-REO", "Aduan yang dibuka kembali oleh pelapor", QUALITY, LOWER, "%", 4, source="CRM"),
    _percent("DIG-UPT", "Ketersediaan layanan aplikasi", 99.5, "Pemantauan layanan"),
    _yearly("DIG-REL", "Perbaikan aplikasi yang dirilis", "rilis", 24, "Repositori kode"),
    _yearly("FLD-PAT", "Kegiatan lapangan terlaksana sesuai rencana", "kegiatan", 220, "Laporan lapangan"),
    CatalogueIndicator("FLD-RSP", "Waktu tanggap di lokasi (median)", TIME, LOWER, "menit", 12,
        source="Pusat komando"),
    _percent("FLD-FIX", "Kerusakan yang ditangani pada triwulan yang sama", 90, "CRM"),
    CatalogueIndicator("FLD-ACC", "Kecelakaan kerja", QUALITY, LOWER, "kejadian", 1, Aggregation.SUM,
        "Laporan keselamatan"),
    _percent("SVC-SLA", "Permohonan selesai sesuai standar waktu", 95, "Sistem perizinan", TIME),
    CatalogueIndicator("SVC-IKM", "Indeks kepuasan pemohon", QUALITY, HIGHER, "indeks 25-100", 88, source="Survei"),
    _yearly("SVC-VOL", "Permohonan diproses", "permohonan", 1400, "Sistem perizinan"),
    CatalogueIndicator("SVC-ERR", "Dokumen dikembalikan karena keliru", QUALITY, LOWER, "%", 2,
        source="Sistem perizinan"),
    _yearly("SOC-AST", "Warga penerima layanan yang didampingi", "orang", 240, "Data kesejahteraan sosial"),
    _percent("SOC-IND", "Penerima layanan yang kembali mandiri", 35, "Data kesejahteraan sosial"),
    CatalogueIndicator("SOC-DAY", "Waktu tindak lanjut laporan sosial", TIME, LOWER, "hari", 3, source="Data sosial"),
    _yearly("ANA-DOC", "Kajian atau telaahan yang dimanfaatkan", "dokumen", 24),
    _percent("ANA-TIM", "Dokumen selesai tepat waktu", 95, "e-Kinerja", TIME),
    _percent("ANA-REC", "Rekomendasi yang ditindaklanjuti", 80, "Pemantauan tindak lanjut"),
    _percent("ADM-TIM", "Surat dan berkas diproses tepat waktu", 97, "Sistem surat elektronik", TIME),
    _yearly("ADM-VOL", "Berkas diproses", "berkas", 1800, "Sistem surat elektronik"),
    CatalogueIndicator("ADM-ERR", "Berkas yang harus diperbaiki", QUALITY, LOWER, "%", 3,
        source="Sistem surat elektronik"),
    _percent("LED-IKU", "Capaian indikator kinerja utama unit", 100, "Perjanjian kinerja"),
    _percent("LED-BUD", "Penyerapan anggaran sesuai rencana kas", 96, "Sistem keuangan daerah", COST),
    _percent("LED-AUD", "Temuan pemeriksaan yang selesai ditindaklanjuti", 90, "Inspektorat", TIME),
)  # fmt: skip
"""Catalogue of all indicators.

Code, name and usual target are ours, the regulation leaves them to the office.
"""

INDICATORS_BY_CODE: Final = {indicator.code: indicator for indicator in INDICATOR_CATALOGUE}

RESULTS_BY_SECTOR: Final = {
    "education": SectorResults(
        leader_results=(
            PlannedResult("Meningkatnya mutu hasil belajar murid", ("EDU-LIT", "EDU-NUM")),
            PlannedResult("Terlaksananya pembelajaran yang berpusat pada murid", ("EDU-RAP", "EDU-DO")),
        ),
        staff_results=(
            PlannedResult("Meningkatnya literasi dan numerasi murid yang diampu", ("EDU-LIT", "EDU-NUM")),
            PlannedResult(
                "Terlaksananya praktik pembelajaran yang efektif di kelas", ("EDU-OBS", "EDU-HRS", "EDU-ABS")
            ),
        ),
    ),
    "health": SectorResults(
        leader_results=(
            PlannedResult("Meningkatnya derajat kesehatan masyarakat wilayah kerja", ("HLT-SPM", "HLT-STU")),
            PlannedResult("Meningkatnya mutu dan kecepatan pelayanan kesehatan", ("HLT-IKM", "HLT-AMB")),
        ),
        staff_results=(
            PlannedResult("Tuntasnya penanganan penyakit prioritas pada pasien binaan", ("HLT-TB", "HLT-VIS")),
            PlannedResult("Terlayaninya pasien secara cepat dan ramah", ("HLT-WAIT", "HLT-IKM")),
        ),
    ),
    "order": SectorResults(
        leader_results=(
            PlannedResult("Terjaganya ketenteraman, ketertiban dan keselamatan warga", ("FLD-RSP", "CRM-RES")),
            PlannedResult("Siapnya personel dan sarana setiap saat", ("FLD-ACC", "LED-BUD")),
        ),
        staff_results=(
            PlannedResult("Tertanganinya kejadian dan gangguan dengan cepat", ("FLD-RSP", "CRM-24H")),
            PlannedResult("Terlaksananya patroli dan pembinaan sesuai rencana", ("FLD-PAT", "FLD-ACC")),
        ),
    ),
    "works": SectorResults(
        leader_results=(
            PlannedResult("Berfungsinya sarana dan prasarana kota", ("FLD-FIX", "CRM-RES")),
            PlannedResult("Terlaksananya pekerjaan secara aman dan hemat", ("FLD-ACC", "LED-BUD")),
        ),
        staff_results=(
            PlannedResult("Tertanganinya kerusakan sarana di wilayah tugas", ("FLD-FIX", "CRM-HRS")),
            PlannedResult("Terlaksananya pemeliharaan sesuai rencana", ("FLD-PAT", "FLD-ACC")),
        ),
    ),
    "social": SectorResults(
        leader_results=(
            PlannedResult("Meningkatnya kemandirian warga penerima layanan", ("SOC-IND", "LED-IKU")),
            PlannedResult("Tertanganinya laporan sosial dengan cepat", ("SOC-DAY", "CRM-RES")),
        ),
        staff_results=(
            PlannedResult("Terdampinginya warga penerima layanan", ("SOC-AST", "SOC-IND")),
            PlannedResult("Ditindaklanjutinya laporan warga", ("SOC-DAY", "CRM-24H")),
        ),
    ),
    "digital": SectorResults(
        leader_results=(
            PlannedResult("Terselesaikannya aduan warga melalui kanal JAKI dan CRM", ("CRM-RES", "CRM-REO")),
            PlannedResult("Andalnya layanan digital pemerintah", ("DIG-UPT", "LED-IKU")),
        ),
        staff_results=(
            PlannedResult("Tertanganinya aduan warga secara cepat dan tuntas", ("CRM-HRS", "CRM-24H", "CRM-REO")),
            PlannedResult("Terpelihara dan berkembangnya aplikasi layanan", ("DIG-UPT", "DIG-REL")),
        ),
    ),
    "service": SectorResults(
        leader_results=(
            PlannedResult("Meningkatnya kepuasan warga atas pelayanan", ("SVC-IKM", "CRM-RES")),
            PlannedResult("Terlaksananya pelayanan sesuai standar waktu", ("SVC-SLA", "LED-BUD")),
        ),
        staff_results=(
            PlannedResult("Terlayaninya pemohon dengan ramah dan benar", ("SVC-IKM", "SVC-ERR")),
            PlannedResult("Selesainya permohonan sesuai standar waktu", ("SVC-SLA", "SVC-VOL")),
        ),
    ),
    "planning": SectorResults(
        leader_results=(
            PlannedResult("Tercapainya sasaran perangkat daerah", ("LED-IKU", "ANA-REC")),
            PlannedResult("Tertibnya tata kelola dan anggaran", ("LED-BUD", "LED-AUD")),
        ),
        staff_results=(
            PlannedResult("Tersusunnya kajian dan bahan kebijakan yang dimanfaatkan", ("ANA-DOC", "ANA-REC")),
            PlannedResult("Selesainya dokumen tata kelola tepat waktu", ("ANA-TIM", "LED-AUD")),
        ),
    ),
}
"""Planned results by field of work.

Territory is served like `service`, oversight like `planning`.
"""

CLERICAL_RESULTS: Final = (
    PlannedResult("Terlayaninya kebutuhan administrasi unit kerja", ("ADM-TIM", "ADM-ERR")),
    PlannedResult("Tertibnya pengelolaan berkas dan arsip", ("ADM-VOL", "ADM-ERR")),
)
"""Planned results of executors in every field of work.

The k-th supports their leader's k-th result.
"""

SECTOR_ALIASES: Final = {"territory": "service", "oversight": "planning"}


def select_planned_results(sector: str, *, leads: bool, clerical: bool) -> tuple[PlannedResult, ...]:
    """Select a person's planned results by sector and role.

    As appraiser, as executor (`clerical`), or in the trade of the sector.
    """
    field = RESULTS_BY_SECTOR[SECTOR_ALIASES.get(sector, sector)]
    if leads:
        return field.leader_results
    return CLERICAL_RESULTS if clerical else field.staff_results
