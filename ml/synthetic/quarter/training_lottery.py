"""Training lottery of one quarter: eligibility, draw and attendance."""

from dataclasses import dataclass

import numpy as np

from ml.synthetic import parameters as p
from ml.synthetic.province import Codes, Flags, Floats, Ints, SeatSourceCode
from ml.synthetic.rng import create_random_stream


@dataclass(frozen=True, slots=True)
class LotteryRound:
    """Outcome of one quarter's lottery, n each.

    Eligible, lottery number (NaN if not eligible), seat (a `SeatSourceCode`), attended.
    """

    eligible: Flags
    draw: Floats
    seat: Codes
    attended: Flags


def select_eligible(last_score: Floats, trainable: Flags, seed: int, quarter: int) -> Flags:
    """Select the lowest 12 % by last observed score as eligible.

    Counted are `trainable` people (active, untrained) with a score. Equal scores are ordered by a seeded draw.
    """
    pool = np.flatnonzero(trainable & ~np.isnan(last_score))
    tie = create_random_stream(seed, "tie", quarter).random(len(last_score))
    order = pool[np.lexsort((tie[pool], last_score[pool]))]
    chosen = np.zeros(len(last_score), dtype=np.bool_)
    chosen[order[: round(p.ELIGIBLE_SHARE * len(pool))]] = True
    return chosen


def compute_seat_probability(trouble: Floats, hunch: float) -> Floats:
    """Probability of a seat.

    With a hunch κ > 0 it rises with trouble visible to insiders only.
    """
    logit = np.log(p.SEAT_CHANCE / (1 - p.SEAT_CHANCE)) - hunch * (trouble - p.HUNCH_CENTRE) / p.HUNCH_SCALE
    return np.asarray(1 / (1 + np.exp(-logit)))


def run_lottery(
    trainable: Flags, eligible: Flags, probabilities: Floats, ability: Floats, seed: int, quarter: int
) -> LotteryRound:
    """Draw the seats among the eligible, and add volunteers from the other trainable people."""
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
    """Train the named people, as far as trainable, instead of a draw."""
    seat = np.zeros(len(trainable), dtype=np.int8)
    seat[people] = SeatSourceCode.ASSIGNED
    seat[~trainable] = SeatSourceCode.NONE
    return LotteryRound(eligible, np.full(len(trainable), np.nan), seat, seat > 0)
