"""Assignments as rules and commands know them."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from domain.risk.facts import Band


class Source(StrEnum):
    """How a person came to be assigned, or not."""

    LOTTERY = "LOTTERY"
    """More people than seats: by a lottery whose seed is on record."""
    ENOUGH_SEATS = "ENOUGH_SEATS"
    """There was a seat for each."""
    VOLUNTEER = "VOLUNTEER"
    """On the person's own request."""


class AssignmentStatus(StrEnum):
    """Where an assignment stands."""

    ASSIGNED = "ASSIGNED"
    """Has a seat."""
    WAITING = "WAITING"
    """On the waiting list."""
    ATTENDED = "ATTENDED"
    """Attended."""
    ABSENT = "ABSENT"
    """Had a seat and did not come."""
    CANCELLED = "CANCELLED"
    """Gave the seat back, or lost it."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody on the risk list who may be assigned, with what speaks against it.

    `stratum` groups people of like risk for the lottery; `hindered` means that the system is to be mended,
    not the person trained; `already_trained` that he has had the programme or is on his way to it;
    `schedule_conflict` that he is in another session on those days.
    """

    person_id: int
    score_id: int
    rank: int
    band: Band
    hindered: bool
    already_trained: bool
    schedule_conflict: bool
    unit_path: str | None
    appraiser_id: int | None


@dataclass(frozen=True, slots=True)
class LotteryPlace:
    """An eligible candidate's place in the lottery: stratum, draw within all (1 is first), seat or waiting."""

    candidate: Candidate
    stratum: int
    draw: int
    seated: bool


@dataclass(frozen=True, slots=True)
class SeatDraw:
    """The outcome of splitting a risk list's top over the seats; nothing in it is written yet.

    `excluded` are candidates that are not eligible: hindered, already trained, or clashing.
    """

    session_id: int
    programme_id: int
    seats: int
    seed: int
    source: Source
    places: tuple[LotteryPlace, ...]
    excluded: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class CandidatePreview:
    """Somebody at the top of the list, and what keeps him out of the lottery if anything does."""

    person_id: int
    rank: int
    band: Band
    eligible: bool
    hindered: bool
    taken: bool
    clash: bool


@dataclass(frozen=True, slots=True)
class DrawPreview:
    """What an assignment would do: counts of people, and its cost in rupiah."""

    seats: int
    eligible: int
    seated: int
    waiting: int
    strata: int
    hindered: int
    taken: int
    clash: int
    cost: Decimal
    considered: tuple[CandidatePreview, ...]
