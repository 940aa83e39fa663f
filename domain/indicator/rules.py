"""Indicator rules: attainment of a target."""

from decimal import ROUND_HALF_UP, Decimal

from domain.indicator.facts import Direction, Realisation

MAX_ATTAINMENT = Decimal(120)
HUNDRED = Decimal(100)


def attainment(realisation: Realisation) -> Decimal:
    """Attainment in per cent of the target, 0…120 in hundredths (R-IND-01).

    On the scale of PP 30/2019. Higher is better: real / target; lower is better: target / real. A target of zero is
    attained in full by zero. Any other result misses it if lower is better, and exceeds it if higher is better.
    """
    higher = realisation.direction is Direction.HIGHER
    above, below = (realisation.actual, realisation.target) if higher else (realisation.target, realisation.actual)
    if below == 0:
        exceeded = above > 0
        return MAX_ATTAINMENT if exceeded else HUNDRED
    share = min(max(above / below * HUNDRED, Decimal(0)), MAX_ATTAINMENT)
    return share.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
