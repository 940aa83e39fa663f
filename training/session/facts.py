"""Sessions as rules and commands know them."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class SessionStatus(StrEnum):
    """Where a session stands."""

    OPEN = "OPEN"
    """Takes participants."""
    CLOSED = "CLOSED"
    """Takes no more participants."""
    HELD = "HELD"
    """Has taken place."""
    CANCELLED = "CANCELLED"
    """Will not take place."""


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
        """Seats that nobody has."""
        return self.seats - self.taken
