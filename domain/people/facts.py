"""Civil servants as rules and commands know them."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Employment(StrEnum):
    """Kind of employment (jenis kepegawaian)."""

    PNS = "PNS"
    """Permanent civil servant (pegawai negeri sipil)."""
    PPPK = "PPPK"
    """On a work agreement (pegawai pemerintah dengan perjanjian kerja)."""


class IncumbencyKind(StrEnum):
    """How a person holds a post (jenis penugasan SIASN)."""

    D = "D"
    """Definitive holder (definitif)."""
    PLT = "PLT"
    """Acting while the post is vacant (pelaksana tugas)."""
    PLH = "PLH"
    """Acting while the holder is away (pelaksana harian)."""
    PJ = "PJ"
    """Holder, not definitive (pejabat non definitif)."""
    TT = "TT"
    """Additional task beside a functional post (tugas tambahan)."""


class Sex(StrEnum):
    """Sex as the register has it (jenis kelamin); kept for the fairness audit alone."""

    FEMALE = "FEMALE"
    """Female (perempuan)."""
    MALE = "MALE"
    """Male (laki-laki)."""


@dataclass(frozen=True, slots=True)
class Person:
    """A civil servant in today's unit and line; `unit_path` and `appraiser_id` are None for those who left."""

    id: int
    name: str
    employment: Employment
    position_id: int | None
    unit_id: int | None
    unit_path: str | None
    appraiser_id: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where somebody stands on a day: who appraises him, and for which appraisers he stands in."""

    appraiser_id: int | None
    stands_in_for: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Nip:
    """What an 18-digit number says of itself."""

    digits: str
    born_on: date
    appointed_year: int
    sex: Sex
