"""Who may be trained, who is drawn, and who comes: one quarter of the programme."""

from dataclasses import dataclass

import numpy as np

from ml.population import parameters as p
from ml.population.province import Codes, Flags, Floats, Ints, Source
from ml.population.streams import stream


@dataclass(frozen=True, slots=True)
class Round:
    """One quarter's outcome, n each: eligible, lottery number (NaN if not eligible), seat (a `Source`), attended."""

    eligible: Flags
    draw: Floats
    seat: Codes
    attended: Flags


def eligible(last_score: Floats, open_: Flags, seed: int, quarter: int) -> Flags:
    """The lowest 12 % by last observed score of those who have one and are `open_` (active, untrained).

    Equal scores are ordered by a seeded draw.
    """
    pool = np.flatnonzero(open_ & ~np.isnan(last_score))
    tie = stream(seed, "tie", quarter).random(len(last_score))
    order = pool[np.lexsort((tie[pool], last_score[pool]))]
    chosen = np.zeros(len(last_score), dtype=np.bool_)
    chosen[order[: round(p.ELIGIBLE_SHARE * len(pool))]] = True
    return chosen


def chance(trouble: Floats, hunch: float) -> Floats:
    """Chance of a seat; with a hunch κ > 0 it rises with the trouble that only insiders see."""
    logit = np.log(p.SEAT_CHANCE / (1 - p.SEAT_CHANCE)) - hunch * (trouble - p.HUNCH_CENTRE) / p.HUNCH_SCALE
    return np.asarray(1 / (1 + np.exp(-logit)))


def hold(open_: Flags, may: Flags, odds: Floats, ability: Floats, seed: int, quarter: int) -> Round:
    """Draw the seats among those who may, and let volunteers come from the rest of those open."""
    n = len(open_)
    number = stream(seed, "lottery", quarter).random(n)
    stays_away = stream(seed, "compliance", quarter).random(n) >= p.COMPLIANCE
    keen = stream(seed, "volunteer", quarter).random(n) < p.VOLUNTEER_RATE * np.exp(p.VOLUNTEER_ABILITY * ability)
    seat = np.zeros(n, dtype=np.int8)
    seat[may & (number < odds)] = Source.LOTTERY
    seat[open_ & ~may & keen] = Source.VOLUNTEER
    attended = (seat > 0) & ~((seat == Source.LOTTERY) & stays_away)
    return Round(may, np.where(may, number, np.nan), seat, attended)


def assign(open_: Flags, may: Flags, people: Ints) -> Round:
    """Train the people whom somebody named, as far as they are open, instead of drawing anybody."""
    seat = np.zeros(len(open_), dtype=np.int8)
    seat[people] = Source.ASSIGNED
    seat[~open_] = Source.NONE
    return Round(may, np.full(len(open_), np.nan), seat, seat > 0)
