"""What work leaves behind besides ratings: attendance, activity, progress, exits, and what goes missing."""

import numpy as np

from ml.population import parameters as p
from ml.population.province import Flags, Floats, Ints
from ml.population.states import Fixed, Passing
from ml.population.streams import stream


def late_days(mood: Floats, habit: Floats, seed: int, quarter: int) -> Floats:
    """Late days in the quarter."""
    rate = np.exp(0.9 - 0.55 * mood + habit)
    return stream(seed, "late", quarter).poisson(rate).astype(np.float64)


def late_last_month(lead: Floats, habit: Floats, seed: int, quarter: int) -> Floats:
    """Late days in the quarter's last month, where the next mood already shows."""
    rate = np.exp(-0.2 - 0.75 * lead + habit)
    return stream(seed, "late-last", quarter).poisson(rate).astype(np.float64)


def absence(mood: Floats, shock: Floats, seed: int, quarter: int) -> Floats:
    """Days of absence in the quarter."""
    return stream(seed, "absence", quarter).poisson(np.exp(-0.9 - 0.35 * mood - 0.45 * shock)).astype(np.float64)


def activity(state: Floats, ability: Floats, habit: Floats, seed: int, quarter: int) -> Floats:
    """Entries of daily progress a day over the quarter; the gamma factor has mean 1."""
    rate = np.exp(1.2 + 0.22 * state + 0.12 * ability + habit)
    return stream(seed, "activity", quarter).gamma(6.0, 1 / 6, len(state)) * rate


def activity_last_month(lead: Floats, ability: Floats, habit: Floats, seed: int, quarter: int) -> Floats:
    """Entries a day in the quarter's last month; the gamma factor has mean 1."""
    rate = np.exp(1.2 + 0.30 * lead + 0.12 * ability + habit)
    return stream(seed, "activity-last", quarter).gamma(3.0, 1 / 3, len(lead)) * rate


def progress(state: Floats, seed: int, quarter: int) -> Floats:
    """Progress to target in per cent, 0…120; `state` is the sum of ability, mood, shock and effect."""
    noise = stream(seed, "progress", quarter).normal(0, 0.10, len(state))
    return np.clip(100 * (0.85 + 0.10 * state + noise), 0, 120)


def lead(passing: Passing, quarter: int) -> Floats:
    """The mood as the last month shows it: with the part of the next one that is already there."""
    return np.asarray(passing.mood[:, quarter] + passing.early[:, quarter] / 0.8)


def score_missing(base: Floats, seed: int, quarter: int) -> Flags:
    """Whose evaluation was never recorded: those who do badly, more often."""
    constant, slope = p.MISSING_SCORE
    chance = 1 / (1 + np.exp(-(constant + slope * base)))
    return np.asarray(stream(seed, "score-missing", quarter).random(len(base)) < chance)


def attendance_missing(subunit: Ints, fixed: Fixed, seed: int, quarter: int) -> Flags:
    """Whose subunit sent no attendance this quarter."""
    lost = stream(seed, "attendance-missing", quarter).random(len(fixed.subunit)) < p.MISSING_ATTENDANCE
    return np.asarray(lost[subunit])


def active(appraiser: Flags, seed: int, quarters: int) -> Flags:
    """Who still serves, n × q; .8 % of all leave a quarter, none of them an appraiser, so each line stays whole."""
    n = len(appraiser)
    rate = p.EXIT_RATE * n / max(int((~appraiser).sum()), 1)
    serving = np.ones((quarters, n), dtype=np.bool_)
    for quarter in range(1, quarters):
        leaves = ~appraiser & (stream(seed, "exit", quarter).random(n) < rate)
        serving[quarter] = serving[quarter - 1] & ~leaves
    return serving.T
