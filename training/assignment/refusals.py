"""The ways in which an assignment is refused."""

from domain.refusals import Refusal


class SeatsTaken(Refusal):
    """The session has fewer free seats than were asked for."""

    code = "SEATS_TAKEN"


class SessionClosed(Refusal):
    """The session takes no more participants: it has begun, was closed or was cancelled."""

    code = "SESSION_CLOSED"


class NobodyEligible(Refusal):
    """No one on the list can be assigned: all are hindered, already trained, or engaged on those days."""

    code = "NOBODY_ELIGIBLE"
