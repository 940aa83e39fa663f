"""Facts of the organisation: kinds of units and attributes of positions."""

from dataclasses import dataclass
from enum import StrEnum


class UnitKind(StrEnum):
    """Kind of unit (jenis perangkat daerah atau unit kerja)."""

    PROVINSI = "PROVINSI"
    """Provincial government, the root of the tree (pemerintah provinsi)."""
    SEKRETARIAT_DAERAH = "SEKRETARIAT_DAERAH"
    """Regional secretariat (sekretariat daerah)."""
    SEKRETARIAT_DPRD = "SEKRETARIAT_DPRD"
    """Secretariat of the regional council (sekretariat DPRD)."""
    BIRO = "BIRO"
    """Bureau of the secretariat (biro)."""
    INSPEKTORAT = "INSPEKTORAT"
    """Inspectorate (inspektorat)."""
    DINAS = "DINAS"
    """Agency for public services (dinas)."""
    BADAN = "BADAN"
    """Agency for support functions (badan)."""
    SATPOL_PP = "SATPOL_PP"
    """Civil service police (satuan polisi pamong praja)."""
    KOTA_ADMINISTRASI = "KOTA_ADMINISTRASI"
    """Administrative city (kota administrasi), no government of its own."""
    KABUPATEN_ADMINISTRASI = "KABUPATEN_ADMINISTRASI"
    """Administrative regency (kabupaten administrasi)."""
    SUKU_DINAS = "SUKU_DINAS"
    """Arm of a dinas in a city (suku dinas)."""
    SUKU_BADAN = "SUKU_BADAN"
    """Arm of a badan in a city (suku badan)."""
    KECAMATAN = "KECAMATAN"
    """District (kecamatan)."""
    KELURAHAN = "KELURAHAN"
    """Urban village (kelurahan)."""
    UPT = "UPT"
    """Technical unit (unit pelaksana teknis)."""
    SEKOLAH = "SEKOLAH"
    """School (sekolah)."""
    PUSKESMAS = "PUSKESMAS"
    """Community health centre (puskesmas)."""
    RUMAH_SAKIT = "RUMAH_SAKIT"
    """Hospital (rumah sakit)."""
    BIDANG = "BIDANG"
    """Division of an agency (bidang)."""
    BAGIAN = "BAGIAN"
    """Section of a secretariat (bagian)."""
    SEKSI = "SEKSI"
    """Section of a division (seksi)."""


class PositionType(StrEnum):
    """Type of position (jenis jabatan)."""

    PIMPINAN_TINGGI = "PIMPINAN_TINGGI"
    """High leadership (jabatan pimpinan tinggi, JPT)."""
    ADMINISTRASI = "ADMINISTRASI"
    """Administrative (jabatan administrasi, JA)."""
    FUNGSIONAL = "FUNGSIONAL"
    """Functional (jabatan fungsional, JF)."""


class PositionLevel(StrEnum):
    """Level of position (jenjang), highest first within its type."""

    JPT_UTAMA = "JPT_UTAMA"
    """Highest of high leadership (JPT utama)."""
    JPT_MADYA = "JPT_MADYA"
    """Middle of high leadership (JPT madya)."""
    JPT_PRATAMA = "JPT_PRATAMA"
    """First of high leadership (JPT pratama)."""
    ADMINISTRATOR = "ADMINISTRATOR"
    """Administrator, eselon III (administrator)."""
    PENGAWAS = "PENGAWAS"
    """Supervisor of executors (pengawas), eselon IV."""
    PELAKSANA = "PELAKSANA"
    """Executor (pelaksana)."""
    AHLI_UTAMA = "AHLI_UTAMA"
    """Expert, highest (ahli utama)."""
    AHLI_MADYA = "AHLI_MADYA"
    """Expert, senior (ahli madya)."""
    AHLI_MUDA = "AHLI_MUDA"
    """Expert, junior (ahli muda)."""
    AHLI_PERTAMA = "AHLI_PERTAMA"
    """Expert, first (ahli pertama)."""
    PENYELIA = "PENYELIA"
    """Skilled, highest (penyelia)."""
    MAHIR = "MAHIR"
    """Skilled, proficient (mahir)."""
    TERAMPIL = "TERAMPIL"
    """Skilled (terampil)."""
    PEMULA = "PEMULA"
    """Skilled, beginner (pemula)."""


class ExecutorClass(StrEnum):
    """Class of an executor's position (klasifikasi jabatan pelaksana)."""

    KLEREK = "KLEREK"
    """Clerical work (klerek)."""
    OPERATOR = "OPERATOR"
    """Operating work (operator)."""
    TEKNISI = "TEKNISI"
    """Technical work (teknisi)."""


class Eselon(StrEnum):
    """Echelon of a structural position (eselon)."""

    I_A = "I_A"
    """Eselon I.a."""
    I_B = "I_B"
    """Eselon I.b."""
    II_A = "II_A"
    """Eselon II.a."""
    II_B = "II_B"
    """Eselon II.b."""
    III_A = "III_A"
    """Eselon III.a."""
    III_B = "III_B"
    """Eselon III.b."""
    IV_A = "IV_A"
    """Eselon IV.a."""
    IV_B = "IV_B"
    """Eselon IV.b."""


@dataclass(frozen=True, slots=True)
class Position:
    """A position: the attributes bound by the consistency rules."""

    type: PositionType
    level: PositionLevel
    job_class: int
    eselon: Eselon | None = None
    executor_class: ExecutorClass | None = None
