"""The 42 organisations of the province, largest first, and their division."""

from dataclasses import dataclass
from typing import Final

from ml.synthetic.province import SyntheticUnit


@dataclass(frozen=True, slots=True)
class UnitBlueprint:
    """Division of a unit: own office, divisions, arms by regency, district and village.

    A name with `{}` takes the place; an empty one means a unit without such an arm. `regency` narrows the places to
    one regency. `dense` units (schools, health centres) have most people in their smallest parts.
    """

    unit: SyntheticUnit
    head: str
    office: str
    divisions: tuple[str, ...]
    branch: str = ""
    post: str = ""
    site: str = ""
    regency: str | None = None
    dense: bool = False


def _build_dinas(
    short: str, field: str, sector: str, divisions: str, post: str = "", site: str = ""
) -> UnitBlueprint:
    return UnitBlueprint(
        unit=SyntheticUnit(f"Dinas {field}", short, "DINAS", sector),
        head=f"Kepala Dinas {field}",
        office=f"Sekretariat Dinas {field}",
        divisions=tuple(f"Bidang {name}" for name in divisions.split("; ")),
        branch=f"Suku Dinas {field} {{}}",
        post=post,
        site=site,
    )


def _build_city(regency: str, full: str) -> UnitBlueprint:
    island = regency == "Kepulauan Seribu"
    title = f"Bupati {regency}" if island else f"Wali Kota {regency}"
    return UnitBlueprint(
        unit=SyntheticUnit(full, regency, "KABUPATEN_ADMINISTRASI" if island else "KOTA_ADMINISTRASI", "territory"),
        head=title,
        office=f"Sekretariat {full}",
        divisions=tuple(
            f"Bagian {name} {regency}"
            for name in ("Pemerintahan", "Perekonomian dan Pembangunan", "Kesejahteraan Rakyat")
        ),
        post="Kecamatan {}",
        site="Kelurahan {}",
        regency=regency,
    )


def _build_body(name: str, short: str, kind: str, head: str, sector: str, divisions: str) -> UnitBlueprint:
    return UnitBlueprint(
        unit=SyntheticUnit(name, short, kind, sector),
        head=head,
        office=f"Sekretariat {name}" if kind in {"BADAN", "INSPEKTORAT"} else f"Tata Usaha {name}",
        divisions=tuple(divisions.split("; ")),
    )


def _build_badan(short: str, field: str, sector: str, divisions: str) -> UnitBlueprint:
    named = "; ".join(f"Bidang {name}" for name in divisions.split("; "))
    return _build_body(f"Badan {field}", short, "BADAN", f"Kepala Badan {field}", sector, named)


UNIT_BLUEPRINTS: Final = (
    UnitBlueprint(
        unit=SyntheticUnit("Dinas Pendidikan", "Disdik", "DINAS", "education"),
        head="Kepala Dinas Pendidikan",
        office="Sekretariat Dinas Pendidikan",
        divisions=("Bidang Sekolah Dasar", "Bidang SMP dan SMA", "Bidang SMK", "Bidang PTK"),
        branch="Suku Dinas Pendidikan {}",
        post="Satuan Pelaksana Pendidikan Kecamatan {}",
        site="SD Negeri {}",
        dense=True,
    ),
    UnitBlueprint(
        unit=SyntheticUnit("Dinas Kesehatan", "Dinkes", "DINAS", "health"),
        head="Kepala Dinas Kesehatan",
        office="Sekretariat Dinas Kesehatan",
        divisions=("Bidang Kesehatan Masyarakat", "Bidang Pelayanan Kesehatan", "Ambulans Gawat Darurat"),
        branch="Suku Dinas Kesehatan {}",
        post="Puskesmas {}",
        site="Puskesmas Pembantu {}",
        dense=True,
    ),
    UnitBlueprint(
        unit=SyntheticUnit("Satuan Polisi Pamong Praja", "Satpol PP", "SATPOL_PP", "order"),
        head="Kepala Satuan Polisi Pamong Praja",
        office="Sekretariat Satuan Polisi Pamong Praja",
        divisions=("Bidang Ketenteraman dan Ketertiban Umum", "Bidang Penegakan Hukum"),
        branch="Satuan Polisi Pamong Praja {}",
        post="Satuan Polisi Pamong Praja Kecamatan {}",
        site="Regu Satuan Polisi Pamong Praja Kelurahan {}",
    ),
    _build_dinas(
        "Gulkarmat",
        "Penanggulangan Kebakaran dan Penyelamatan",
        "order",
        "Operasi; Pencegahan; Sarana Operasi",
        "Sektor Pemadam Kebakaran {}",
        "Pos Pemadam Kebakaran {}",
    ),
    _build_city("Jakarta Timur", "Kota Administrasi Jakarta Timur"),
    _build_city("Jakarta Selatan", "Kota Administrasi Jakarta Selatan"),
    _build_city("Jakarta Barat", "Kota Administrasi Jakarta Barat"),
    _build_city("Jakarta Utara", "Kota Administrasi Jakarta Utara"),
    _build_city("Jakarta Pusat", "Kota Administrasi Jakarta Pusat"),
    _build_dinas(
        "Dishub", "Perhubungan", "order", "Lalu Lintas; Angkutan Jalan; Pelayaran", "Satuan Pelaksana Perhubungan {}"
    ),
    _build_dinas(
        "DLH",
        "Lingkungan Hidup",
        "works",
        "Pengelolaan Kebersihan; Pengendalian Dampak Lingkungan",
        "Satuan Pelaksana Lingkungan Hidup {}",
    ),
    _build_dinas(
        "SDA",
        "Sumber Daya Air",
        "works",
        "Pengendalian Banjir; Air Bersih; Sungai dan Pantai",
        "Satuan Pelaksana Sumber Daya Air {}",
    ),
    _build_dinas(
        "Bina Marga",
        "Bina Marga",
        "works",
        "Jalan dan Jembatan; Kelengkapan Prasarana Jalan; Penerangan Jalan",
        "Satuan Pelaksana Bina Marga {}",
    ),
    _build_dinas(
        "Dinsos",
        "Sosial",
        "social",
        "Perlindungan dan Jaminan Sosial; Rehabilitasi Sosial; Pemberdayaan Sosial",
        "Satuan Pelaksana Sosial {}",
    ),
    UnitBlueprint(
        unit=SyntheticUnit("Badan Pendapatan Daerah", "Bapenda", "BADAN", "service"),
        head="Kepala Badan Pendapatan Daerah",
        office="Sekretariat Badan Pendapatan Daerah",
        divisions=("Bidang Perencanaan Pendapatan", "Bidang Pengendalian Pajak", "Pusat Data Pendapatan"),
        branch="Suku Badan Pendapatan Daerah {}",
        post="Unit Pelayanan Pemungutan Pajak Daerah {}",
    ),
    _build_dinas(
        "Distamhut",
        "Pertamanan dan Hutan Kota",
        "works",
        "Taman; Jalur Hijau dan Hutan Kota; Pemakaman",
        "Satuan Pelaksana Pertamanan {}",
    ),
    _build_dinas(
        "Dukcapil",
        "Kependudukan dan Pencatatan Sipil",
        "service",
        "Pendaftaran Penduduk; Pencatatan Sipil",
        "Satuan Pelaksana Dukcapil {}",
    ),
    _build_dinas(
        "Citata", "Cipta Karya, Tata Ruang dan Pertanahan", "works", "Tata Ruang; Bangunan Gedung; Pertanahan"
    ),
    _build_dinas(
        "Disnakertransgi",
        "Tenaga Kerja, Transmigrasi dan Energi",
        "social",
        "Pelatihan dan Penempatan Kerja; Hubungan Industrial; Energi",
    ),
    _build_dinas(
        "DPMPTSP",
        "Penanaman Modal dan Pelayanan Terpadu Satu Pintu",
        "service",
        "Penanaman Modal; Penyelenggaraan Perizinan; Pengaduan",
        "Unit Pelaksana PTSP Kecamatan {}",
    ),
    _build_dinas(
        "DKPKP", "Ketahanan Pangan, Kelautan dan Pertanian", "works", "Ketahanan Pangan; Pertanian; Perikanan"
    ),
    _build_dinas("DPRKP", "Perumahan Rakyat dan Kawasan Permukiman", "works", "Perumahan; Permukiman; Rumah Susun"),
    _build_dinas(
        "DPPKUKM",
        "Perindustrian, Perdagangan, Koperasi, Usaha Kecil dan Menengah",
        "social",
        "Perindustrian; Perdagangan; Koperasi dan UKM",
    ),
    _build_dinas("Disparekraf", "Pariwisata dan Ekonomi Kreatif", "social", "Destinasi; Pemasaran; Ekonomi Kreatif"),
    UnitBlueprint(
        unit=SyntheticUnit("Dinas Komunikasi, Informatika dan Statistik", "Diskominfotik", "DINAS", "digital"),
        head="Kepala Dinas Komunikasi, Informatika dan Statistik",
        office="Sekretariat Dinas Komunikasi, Informatika dan Statistik",
        divisions=(
            "Unit Pengelola Jakarta Smart City",
            "Bidang Informasi Publik",
            "Bidang Jaringan Komunikasi Data",
            "Pusat Data dan Statistik",
            "Bidang Siber dan Sandi",
        ),
        branch="Suku Dinas Komunikasi, Informatika dan Statistik {}",
    ),
    _build_dinas("Dispora", "Pemuda dan Olahraga", "social", "Pemuda; Olahraga Prestasi; Sarana Olahraga"),
    _build_dinas("Disbud", "Kebudayaan", "social", "Pelindungan Kebudayaan; Pembinaan Seni; Museum"),
    _build_dinas(
        "DPPAPP",
        "Pemberdayaan, Perlindungan Anak dan Pengendalian Penduduk",
        "social",
        "Perlindungan Perempuan dan Anak; Keluarga Berencana; Ketahanan Keluarga",
    ),
    _build_dinas("Dispusip", "Perpustakaan dan Kearsipan", "social", "Layanan Perpustakaan; Kearsipan"),
    _build_badan(
        "BPKD", "Pengelolaan Keuangan Daerah", "planning", "Anggaran; Perbendaharaan; Akuntansi; Kas Daerah"
    ),
    _build_badan(
        "BPAD", "Pengelolaan Aset Daerah", "planning", "Perencanaan Aset; Penatausahaan Aset; Pemanfaatan Aset"
    ),
    UnitBlueprint(
        unit=SyntheticUnit("Sekretariat Daerah", "Setda", "SEKRETARIAT_DAERAH", "planning"),
        head="Sekretaris Daerah",
        office="Kantor Sekretaris Daerah dan Asisten",
        divisions=("Biro Hukum", "Biro Umum dan Administrasi", "Biro Kepala Daerah", "Biro Kesejahteraan Sosial"),
    ),
    _build_city("Kepulauan Seribu", "Kabupaten Administrasi Kepulauan Seribu"),
    _build_badan("BPBD", "Penanggulangan Bencana Daerah", "order", "Kesiapsiagaan; Kedaruratan; Rehabilitasi"),
    _build_body(
        "Inspektorat",
        "Inspektorat",
        "INSPEKTORAT",
        "Inspektur",
        "oversight",
        "Inspektur Pembantu Wilayah I; Inspektur Pembantu Wilayah II; Inspektur Pembantu Investigasi",
    ),
    _build_badan(
        "Bappeda",
        "Perencanaan Pembangunan Daerah",
        "planning",
        "Pemerintahan; Perekonomian; Kesejahteraan Rakyat; Pembangunan",
    ),
    _build_badan("Kesbangpol", "Kesatuan Bangsa dan Politik", "planning", "Ketahanan Bangsa; Politik; Kewaspadaan"),
    _build_badan(
        "BKD", "Kepegawaian Daerah", "planning", "Formasi dan Mutasi; Kinerja dan Disiplin; Data Kepegawaian"
    ),
    _build_body(
        "Sekretariat Dewan Perwakilan Rakyat Daerah",
        "Setwan",
        "SEKRETARIAT_DPRD",
        "Sekretaris DPRD",
        "planning",
        "Bagian Persidangan; Bagian Perundang-undangan; Bagian Keuangan Sekretariat DPRD",
    ),
    _build_badan(
        "BPSDM",
        "Pengembangan Sumber Daya Manusia",
        "planning",
        "Kompetensi Teknis; Kompetensi Manajerial; Sertifikasi Kompetensi",
    ),
    _build_body(
        "Biro Organisasi dan Reformasi Birokrasi",
        "Biro Organisasi",
        "BIRO",
        "Kepala Biro Organisasi dan Reformasi Birokrasi",
        "planning",
        "Bagian Kelembagaan; Bagian Ketatalaksanaan; Bagian Reformasi Birokrasi",
    ),
    _build_body(
        "Biro Pemerintahan",
        "Biro Pemerintahan",
        "BIRO",
        "Kepala Biro Pemerintahan",
        "planning",
        "Bagian Otonomi Daerah; Bagian Pembinaan Wilayah; Bagian Kerja Sama",
    ),
)
"""All units, in the order of their sizes."""

SECRETARIAT_UNIT: Final = next(i for i, plan in enumerate(UNIT_BLUEPRINTS) if plan.unit.kind == "SEKRETARIAT_DAERAH")
"""The Sekda's own unit."""
