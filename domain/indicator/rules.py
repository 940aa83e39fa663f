"""How much of a target was reached."""

from decimal import ROUND_HALF_UP, Decimal

from domain.indicator.facts import Direction, Realisation

CAP = Decimal(120)
HUNDRED = Decimal(100)


def attainment(reached: Realisation) -> Decimal:
    """Per cent of the target, 0…120 in hundredths (R-IND-01, on the scale of PP 30/2019).

    Higher is better: real / target; lower is better: target / real. A target of nothing is reached in full by
    nothing and, where lower is better, missed by anything else; where higher is better anything exceeds it.
    """
    higher = reached.direction is Direction.HIGHER
    above, below = (reached.real, reached.target) if higher else (reached.target, reached.real)
    if below == 0:
        exceeded = above > 0
        return CAP if exceeded else HUNDRED
    share = min(max(above / below * HUNDRED, Decimal(0)), CAP)
    return share.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
