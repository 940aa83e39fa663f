"""Who may be trained, who is drawn, and who comes: one quarter of the programme."""

from dataclasses import dataclass

import numpy as np

from ml.synthetic import parameters as p
from ml.synthetic.province import Codes, Flags, Floats, Ints, SeatSourceCode
from ml.synthetic.rng import create_random_stream


@dataclass(frozen=True, slots=True)
class LotteryRound:
    """One quarter's outcome, n each.

    Eligible, lottery number (NaN if not eligible), seat (a `ChainTable`), attended.
    """

    eligible: Flags
    draw: Floats
    seat: Codes
    attended: Flags


def select_eligible(last_score: Floats, trainable: Flags, seed: int, quarter: int) -> Flags:
    """The lowest 12 % by last observed score of those who have one and are `trainable` (active, untrained).

    Equal scores are ordered by a seeded draw.
    """
    pool = np.flatnonzero(trainable & ~np.isnan(last_score))
    tie = create_random_stream(seed, "tie", quarter).random(len(last_score))
    order = pool[np.lexsort((tie[pool], last_score[pool]))]
    chosen = np.zeros(len(last_score), dtype=np.bool_)
    chosen[order[: round(p.ELIGIBLE_SHARE * len(pool))]] = True
    return chosen


def compute_seat_probability(trouble: Floats, hunch: float) -> Floats:
    """Chance of a seat; with a hunch κ > 0 it rises with the trouble that only insiders see."""
    logit = np.log(p.SEAT_CHANCE / (1 - p.SEAT_CHANCE)) - hunch * (trouble - p.HUNCH_CENTRE) / p.HUNCH_SCALE
    return np.asarray(1 / (1 + np.exp(-logit)))


def run_lottery(
    trainable: Flags, eligible: Flags, probabilities: Floats, ability: Floats, seed: int, quarter: int
) -> LotteryRound:
    """Draw the seats among those who may, and let volunteers come from the rest of those open."""
    n = len(trainable)
    number = create_random_stream(seed, "lottery", quarter).random(n)
    stays_away = create_random_stream(seed, "compliance", quarter).random(n) >= p.COMPLIANCE
    keen = create_random_stream(seed, "volunteer", quarter).random(n) < p.VOLUNTEER_RATE * np.exp(
        p.VOLUNTEER_ABILITY * ability
    )
    seat = np.zeros(n, dtype=np.int8)
    seat[eligible & (number < probabilities)] = SeatSourceCode.LOTTERY
    seat[trainable & ~eligible & keen] = SeatSourceCode.VOLUNTEER
    attended = (seat > 0) & ~((seat == SeatSourceCode.LOTTERY) & stays_away)
    return LotteryRound(eligible, np.where(eligible, number, np.nan), seat, attended)


def assign_people(trainable: Flags, eligible: Flags, people: Ints) -> LotteryRound:
    """Train the people whom somebody named, as far as they are open, instead of drawing anybody."""
    seat = np.zeros(len(trainable), dtype=np.int8)
    seat[people] = SeatSourceCode.ASSIGNED
    seat[~trainable] = SeatSourceCode.NONE
    return LotteryRound(eligible, np.full(len(trainable), np.nan), seat, seat > 0)
