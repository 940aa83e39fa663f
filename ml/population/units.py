"""The 42 organisations of the province, largest first, and how each is divided."""

from dataclasses import dataclass
from typing import Final

from ml.population.province import Unit


@dataclass(frozen=True, slots=True)
class Plan:
    """How a unit divides: its own office, divisions under it, then arms by regency, district and village.

    A name with `{}` takes the place; an empty one means that the unit has no such arm. `within` narrows the places
    to one regency. `dense` units (schools, health centres) keep most people in their smallest parts.
    """

    unit: Unit
    head: str
    office: str
    divisions: tuple[str, ...]
    arm: str = ""
    post: str = ""
    site: str = ""
    within: str | None = None
    dense: bool = False


def _dinas(short: str, field: str, sector: str, divisions: str, post: str = "", site: str = "") -> Plan:
    return Plan(
        unit=Unit(f"Dinas {field}", short, "DINAS", sector),
        head=f"Kepala Dinas {field}",
        office=f"Sekretariat Dinas {field}",
        divisions=tuple(f"Bidang {name}" for name in divisions.split("; ")),
        arm=f"Suku Dinas {field} {{}}",
        post=post,
        site=site,
    )


def _city(regency: str, full: str) -> Plan:
    island = regency == "Kepulauan Seribu"
    title = f"Bupati {regency}" if island else f"Wali Kota {regency}"
    return Plan(
        unit=Unit(full, regency, "KABUPATEN_ADMINISTRASI" if island else "KOTA_ADMINISTRASI", "territory"),
        head=title,
        office=f"Sekretariat {full}",
        divisions=tuple(
            f"Bagian {name} {regency}"
            for name in ("Pemerintahan", "Perekonomian dan Pembangunan", "Kesejahteraan Rakyat")
        ),
        post="Kecamatan {}",
        site="Kelurahan {}",
        within=regency,
    )


def _body(name: str, short: str, kind: str, head: str, sector: str, divisions: str) -> Plan:
    return Plan(
        unit=Unit(name, short, kind, sector),
        head=head,
        office=f"Sekretariat {name}" if kind in {"BADAN", "INSPEKTORAT"} else f"Tata Usaha {name}",
        divisions=tuple(divisions.split("; ")),
    )


def _badan(short: str, field: str, sector: str, divisions: str) -> Plan:
    named = "; ".join(f"Bidang {name}" for name in divisions.split("; "))
    return _body(f"Badan {field}", short, "BADAN", f"Kepala Badan {field}", sector, named)


PLANS: Final = (
    Plan(
        unit=Unit("Dinas Pendidikan", "Disdik", "DINAS", "education"),
        head="Kepala Dinas Pendidikan",
        office="Sekretariat Dinas Pendidikan",
        divisions=("Bidang Sekolah Dasar", "Bidang SMP dan SMA", "Bidang SMK", "Bidang PTK"),
        arm="Suku Dinas Pendidikan {}",
        post="Satuan Pelaksana Pendidikan Kecamatan {}",
        site="SD Negeri {}",
        dense=True,
    ),
    Plan(
        unit=Unit("Dinas Kesehatan", "Dinkes", "DINAS", "health"),
        head="Kepala Dinas Kesehatan",
        office="Sekretariat Dinas Kesehatan",
        divisions=("Bidang Kesehatan Masyarakat", "Bidang Pelayanan Kesehatan", "Ambulans Gawat Darurat"),
        arm="Suku Dinas Kesehatan {}",
        post="Puskesmas {}",
        site="Puskesmas Pembantu {}",
        dense=True,
    ),
    Plan(
        unit=Unit("Satuan Polisi Pamong Praja", "Satpol PP", "SATPOL_PP", "order"),
        head="Kepala Satuan Polisi Pamong Praja",
        office="Sekretariat Satuan Polisi Pamong Praja",
        divisions=("Bidang Ketenteraman dan Ketertiban Umum", "Bidang Penegakan Hukum"),
        arm="Satuan Polisi Pamong Praja {}",
        post="Satuan Polisi Pamong Praja Kecamatan {}",
        site="Regu Satuan Polisi Pamong Praja Kelurahan {}",
    ),
    _dinas(
        "Gulkarmat",
        "Penanggulangan Kebakaran dan Penyelamatan",
        "order",
        "Operasi; Pencegahan; Sarana Operasi",
        "Sektor Pemadam Kebakaran {}",
        "Pos Pemadam Kebakaran {}",
    ),
    _city("Jakarta Timur", "Kota Administrasi Jakarta Timur"),
    _city("Jakarta Selatan", "Kota Administrasi Jakarta Selatan"),
    _city("Jakarta Barat", "Kota Administrasi Jakarta Barat"),
    _city("Jakarta Utara", "Kota Administrasi Jakarta Utara"),
    _city("Jakarta Pusat", "Kota Administrasi Jakarta Pusat"),
    _dinas(
        "Dishub", "Perhubungan", "order", "Lalu Lintas; Angkutan Jalan; Pelayaran", "Satuan Pelaksana Perhubungan {}"
    ),
    _dinas(
        "DLH",
        "Lingkungan Hidup",
        "works",
        "Pengelolaan Kebersihan; Pengendalian Dampak Lingkungan",
        "Satuan Pelaksana Lingkungan Hidup {}",
    ),
    _dinas(
        "SDA",
        "Sumber Daya Air",
        "works",
        "Pengendalian Banjir; Air Bersih; Sungai dan Pantai",
        "Satuan Pelaksana Sumber Daya Air {}",
    ),
    _dinas(
        "Bina Marga",
        "Bina Marga",
        "works",
        "Jalan dan Jembatan; Kelengkapan Prasarana Jalan; Penerangan Jalan",
        "Satuan Pelaksana Bina Marga {}",
    ),
    _dinas(
        "Dinsos",
        "Sosial",
        "social",
        "Perlindungan dan Jaminan Sosial; Rehabilitasi Sosial; Pemberdayaan Sosial",
        "Satuan Pelaksana Sosial {}",
    ),
    Plan(
        unit=Unit("Badan Pendapatan Daerah", "Bapenda", "BADAN", "service"),
        head="Kepala Badan Pendapatan Daerah",
        office="Sekretariat Badan Pendapatan Daerah",
        divisions=("Bidang Perencanaan Pendapatan", "Bidang Pengendalian Pajak", "Pusat Data Pendapatan"),
        arm="Suku Badan Pendapatan Daerah {}",
        post="Unit Pelayanan Pemungutan Pajak Daerah {}",
    ),
    _dinas(
        "Distamhut",
        "Pertamanan dan Hutan Kota",
        "works",
        "Taman; Jalur Hijau dan Hutan Kota; Pemakaman",
        "Satuan Pelaksana Pertamanan {}",
    ),
    _dinas(
        "Dukcapil",
        "Kependudukan dan Pencatatan Sipil",
        "service",
        "Pendaftaran Penduduk; Pencatatan Sipil",
        "Satuan Pelaksana Dukcapil {}",
    ),
    _dinas("Citata", "Cipta Karya, Tata Ruang dan Pertanahan", "works", "Tata Ruang; Bangunan Gedung; Pertanahan"),
    _dinas(
        "Disnakertransgi",
        "Tenaga Kerja, Transmigrasi dan Energi",
        "social",
        "Pelatihan dan Penempatan Kerja; Hubungan Industrial; Energi",
    ),
    _dinas(
        "DPMPTSP",
        "Penanaman Modal dan Pelayanan Terpadu Satu Pintu",
        "service",
        "Penanaman Modal; Penyelenggaraan Perizinan; Pengaduan",
        "Unit Pelaksana PTSP Kecamatan {}",
    ),
    _dinas("DKPKP", "Ketahanan Pangan, Kelautan dan Pertanian", "works", "Ketahanan Pangan; Pertanian; Perikanan"),
    _dinas("DPRKP", "Perumahan Rakyat dan Kawasan Permukiman", "works", "Perumahan; Permukiman; Rumah Susun"),
    _dinas(
        "DPPKUKM",
        "Perindustrian, Perdagangan, Koperasi, Usaha Kecil dan Menengah",
        "social",
        "Perindustrian; Perdagangan; Koperasi dan UKM",
    ),
    _dinas("Disparekraf", "Pariwisata dan Ekonomi Kreatif", "social", "Destinasi; Pemasaran; Ekonomi Kreatif"),
    Plan(
        unit=Unit("Dinas Komunikasi, Informatika dan Statistik", "Diskominfotik", "DINAS", "digital"),
        head="Kepala Dinas Komunikasi, Informatika dan Statistik",
        office="Sekretariat Dinas Komunikasi, Informatika dan Statistik",
        divisions=(
            "Unit Pengelola Jakarta Smart City",
            "Bidang Informasi Publik",
            "Bidang Jaringan Komunikasi Data",
            "Pusat Data dan Statistik",
            "Bidang Siber dan Sandi",
        ),
        arm="Suku Dinas Komunikasi, Informatika dan Statistik {}",
    ),
    _dinas("Dispora", "Pemuda dan Olahraga", "social", "Pemuda; Olahraga Prestasi; Sarana Olahraga"),
    _dinas("Disbud", "Kebudayaan", "social", "Pelindungan Kebudayaan; Pembinaan Seni; Museum"),
    _dinas(
        "DPPAPP",
        "Pemberdayaan, Perlindungan Anak dan Pengendalian Penduduk",
        "social",
        "Perlindungan Perempuan dan Anak; Keluarga Berencana; Ketahanan Keluarga",
    ),
    _dinas("Dispusip", "Perpustakaan dan Kearsipan", "social", "Layanan Perpustakaan; Kearsipan"),
    _badan("BPKD", "Pengelolaan Keuangan Daerah", "planning", "Anggaran; Perbendaharaan; Akuntansi; Kas Daerah"),
    _badan("BPAD", "Pengelolaan Aset Daerah", "planning", "Perencanaan Aset; Penatausahaan Aset; Pemanfaatan Aset"),
    Plan(
        unit=Unit("Sekretariat Daerah", "Setda", "SEKRETARIAT_DAERAH", "planning"),
        head="Sekretaris Daerah",
        office="Kantor Sekretaris Daerah dan Asisten",
        divisions=("Biro Hukum", "Biro Umum dan Administrasi", "Biro Kepala Daerah", "Biro Kesejahteraan Sosial"),
    ),
    _city("Kepulauan Seribu", "Kabupaten Administrasi Kepulauan Seribu"),
    _badan("BPBD", "Penanggulangan Bencana Daerah", "order", "Kesiapsiagaan; Kedaruratan; Rehabilitasi"),
    _body(
        "Inspektorat",
        "Inspektorat",
        "INSPEKTORAT",
        "Inspektur",
        "oversight",
        "Inspektur Pembantu Wilayah I; Inspektur Pembantu Wilayah II; Inspektur Pembantu Investigasi",
    ),
    _badan(
        "Bappeda",
        "Perencanaan Pembangunan Daerah",
        "planning",
        "Pemerintahan; Perekonomian; Kesejahteraan Rakyat; Pembangunan",
    ),
    _badan("Kesbangpol", "Kesatuan Bangsa dan Politik", "planning", "Ketahanan Bangsa; Politik; Kewaspadaan"),
    _badan("BKD", "Kepegawaian Daerah", "planning", "Formasi dan Mutasi; Kinerja dan Disiplin; Data Kepegawaian"),
    _body(
        "Sekretariat Dewan Perwakilan Rakyat Daerah",
        "Setwan",
        "SEKRETARIAT_DPRD",
        "Sekretaris DPRD",
        "planning",
        "Bagian Persidangan; Bagian Perundang-undangan; Bagian Keuangan Sekretariat DPRD",
    ),
    _badan(
        "BPSDM",
        "Pengembangan Sumber Daya Manusia",
        "planning",
        "Kompetensi Teknis; Kompetensi Manajerial; Sertifikasi Kompetensi",
    ),
    _body(
        "Biro Organisasi dan Reformasi Birokrasi",
        "Biro Organisasi",
        "BIRO",
        "Kepala Biro Organisasi dan Reformasi Birokrasi",
        "planning",
        "Bagian Kelembagaan; Bagian Ketatalaksanaan; Bagian Reformasi Birokrasi",
    ),
    _body(
        "Biro Pemerintahan",
        "Biro Pemerintahan",
        "BIRO",
        "Kepala Biro Pemerintahan",
        "planning",
        "Bagian Otonomi Daerah; Bagian Pembinaan Wilayah; Bagian Kerja Sama",
    ),
)
"""All units, in the order of their sizes."""

SECRETARIAT: Final = next(i for i, plan in enumerate(PLANS) if plan.unit.kind == "SEKRETARIAT_DAERAH")
"""The Sekda's own unit."""
