"""Assignments as rules and commands know them."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from domain.risk.facts import Band


class AssignmentSource(StrEnum):
    """Source of an assignment (sumber penugasan)."""

    LOTTERY = "LOTTERY"
    """Lottery, because there were more eligible people than seats (undian)."""
    ENOUGH_SEATS = "ENOUGH_SEATS"
    """Seats for all eligible people, without a lottery."""
    VOLUNTEER = "VOLUNTEER"
    """Request of the person (sukarela)."""


class AssignmentStatus(StrEnum):
    """Status of an assignment (status penugasan)."""

    ASSIGNED = "ASSIGNED"
    """Assigned a seat (ditugaskan)."""
    WAITING = "WAITING"
    """On the waiting list (daftar tunggu)."""
    ATTENDED = "ATTENDED"
    """Attended the session (hadir)."""
    ABSENT = "ABSENT"
    """Assigned a seat, and did not attend (tidak hadir)."""
    CANCELLED = "CANCELLED"
    """Seat cancelled (dibatalkan)."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Candidate from the risk list, with the reasons against an assignment.

    `hindered`: an obstacle outside the person is the main driver, so the system is to be improved, not the person
    trained. `already_trained`: they completed the programme, or are assigned to it. `schedule_conflict`: they have a
    seat in another session on the same days.
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
    """Place of an eligible candidate in the lottery.

    Stratum, draw within all candidates (1 is first), seat or waiting.
    """

    candidate: Candidate
    stratum: int
    draw: int
    seated: bool


@dataclass(frozen=True, slots=True)
class SeatDraw:
    """Outcome of a draw of seats over a risk list's top, not yet written.

    `excluded` are the ineligible candidates: hindered, already trained, or with a schedule conflict.
    """

    session_id: int
    programme_id: int
    seats: int
    seed: int
    source: AssignmentSource
    places: tuple[LotteryPlace, ...]
    excluded: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class PreviewedCandidate:
    """Person at the top of the risk list, with any reason for exclusion.

    The exclusion is one from the lottery.
    """

    person_id: int
    rank: int
    band: Band
    eligible: bool
    hindered: bool
    already_trained: bool
    schedule_conflict: bool


@dataclass(frozen=True, slots=True)
class DrawPreview:
    """Preview of an assignment: counts of people, and its cost in rupiah."""

    seats: int
    eligible_count: int
    seated_count: int
    waiting_count: int
    strata_count: int
    hindered_count: int
    already_trained_count: int
    schedule_conflict_count: int
    cost: Decimal
    candidates: tuple[PreviewedCandidate, ...]
