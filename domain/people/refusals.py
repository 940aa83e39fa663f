"""The ways in which it is refused to move people."""

from domain.refusals import Refusal


class PostHeld(Refusal):
    """Somebody else holds the structural post in that period; it has one definitive holder at most (R-POS-06)."""

    code = "POST_HELD"
