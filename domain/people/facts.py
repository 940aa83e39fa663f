"""Civil servants as rules and commands know them."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Employment(StrEnum):
    """Kind of employment (jenis kepegawaian)."""

    PNS = "PNS"
    """Permanent civil servant (pegawai negeri sipil)."""
    PPPK = "PPPK"
    """Government employee on a work agreement (pegawai pemerintah dengan perjanjian kerja)."""


class IncumbencyKind(StrEnum):
    """Kind of appointment to a position (jenis penugasan SIASN)."""

    D = "D"
    """Definitive holder (definitif)."""
    PLT = "PLT"
    """Acting in a vacant position (pelaksana tugas)."""
    PLH = "PLH"
    """Acting in the absence of the holder (pelaksana harian)."""
    PJ = "PJ"
    """Holder, not definitive (pejabat non definitif)."""
    TT = "TT"
    """Additional task beside a functional position (tugas tambahan)."""


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
    unit_path: str | None
    appraiser_id: int | None
    left_on: date | None


@dataclass(frozen=True, slots=True)
class ActorContext:
    """Where somebody stands on a day.

    Who appraises them, for which appraisers they stand in, whether they have left.
    """

    appraiser_id: int | None
    delegator_ids: tuple[int, ...]
    has_left: bool = False


@dataclass(frozen=True, slots=True)
class AppraiserAssignment:
    """That somebody appraises a person from a day on, until `ends_on` if it is set."""

    appraiser_id: int
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class Post:
    """That a person holds a post of their own from a day on, until `ends_on` if it is set."""

    position_id: int
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class Delegation:
    """That an appraiser's line is another's in a period; `ended_early` if it was ended early."""

    id: int
    appraiser_id: int
    unit_path: str | None
    ends_on: date
    ended_early: bool
    version: int


@dataclass(frozen=True, slots=True)
class Nip:
    """What an 18-digit number says of itself."""

    digits: str
    born_on: date
    appointed_year: int
    sex: Sex
