"""Facts of people: employment, posts, appraisers and delegations."""

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
    """A civil servant with today's unit and line.

    `unit_path` and `appraiser_id` are None for people who have left.
    """

    id: int
    unit_path: str | None
    appraiser_id: int | None
    left_on: date | None


@dataclass(frozen=True, slots=True)
class ActorContext:
    """Context of an actor on a day: appraiser, delegators, and departure.

    `delegator_ids` are the appraisers with their line delegated to the actor.
    """

    appraiser_id: int | None
    delegator_ids: tuple[int, ...]
    has_left: bool = False


@dataclass(frozen=True, slots=True)
class AppraiserAssignment:
    """An appraiser assignment from a day on, until `ends_on` if set."""

    appraiser_id: int
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class Post:
    """A person's own post from a day on, until `ends_on` if set."""

    position_id: int
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class Delegation:
    """A delegation of an appraiser's line; `ended_early` if ended before its last day."""

    id: int
    appraiser_id: int
    unit_path: str | None
    ends_on: date
    ended_early: bool
    version: int


@dataclass(frozen=True, slots=True)
class Nip:
    """The parts of an 18-digit NIP."""

    digits: str
    born_on: date
    appointed_year: int
    sex: Sex
