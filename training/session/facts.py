"""Facts of training sessions: dates, status and seats."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class SessionStatus(StrEnum):
    """Status of a session (status angkatan)."""

    OPEN = "OPEN"
    """Open for participants (dibuka)."""
    CLOSED = "CLOSED"
    """Closed for participants (ditutup)."""
    HELD = "HELD"
    """Held (terlaksana)."""
    CANCELLED = "CANCELLED"
    """Cancelled (dibatalkan)."""


@dataclass(frozen=True, slots=True)
class Session:
    """A session of a programme, with its seats and how many of them are taken."""

    id: int
    programme_id: int
    starts_on: date
    ends_on: date
    seats: int
    taken: int
    status: SessionStatus

    @property
    def free_seats(self) -> int:
        """Number of free seats."""
        return self.seats - self.taken
