"""The ways in which it is refused to move people."""

from domain.refusals import Refusal


class PositionOccupied(Refusal):
    """Another person holds the structural position in the period; one definitive holder at most (R-POS-06)."""

    code = "POSITION_OCCUPIED"
