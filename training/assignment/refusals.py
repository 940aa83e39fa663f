"""The ways in which an assignment is refused."""

from domain.refusals import Refusal


class SeatsTaken(Refusal):
    """The session has fewer free seats than requested (kursi tidak cukup)."""

    code = "SEATS_TAKEN"


class SessionClosed(Refusal):
    """The session accepts no participants: it has begun, or was closed or cancelled."""

    code = "SESSION_CLOSED"


class NobodyEligible(Refusal):
    """No candidate is eligible: all are hindered, already trained, or in another session on those days."""

    code = "NOBODY_ELIGIBLE"
