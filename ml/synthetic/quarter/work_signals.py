"""Work signals besides ratings: attendance, activity, progress, exits and missing records."""

import numpy as np

from ml.synthetic import parameters as p
from ml.synthetic.province import Flags, Floats, Ints
from ml.synthetic.quarter.hidden_states import FixedStates, TransientStates
from ml.synthetic.rng import create_random_stream


def draw_late_days(mood: Floats, habit: Floats, seed: int, quarter: int) -> Floats:
    """Late days in the quarter."""
    rate = np.exp(0.9 - 0.55 * mood + habit)
    return create_random_stream(seed, "late", quarter).poisson(rate).astype(np.float64)


def draw_late_days_last_month(lead: Floats, habit: Floats, seed: int, quarter: int) -> Floats:
    """Late days in the quarter's last month, with the next mood already visible."""
    rate = np.exp(-0.2 - 0.75 * lead + habit)
    return create_random_stream(seed, "late-last", quarter).poisson(rate).astype(np.float64)


def draw_absence_days(mood: Floats, shock: Floats, seed: int, quarter: int) -> Floats:
    """Days of absence in the quarter."""
    return (
        create_random_stream(seed, "absence", quarter)
        .poisson(np.exp(-0.9 - 0.35 * mood - 0.45 * shock))
        .astype(np.float64)
    )


def draw_activity(state: Floats, ability: Floats, habit: Floats, seed: int, quarter: int) -> Floats:
    """Daily progress entries a day over the quarter; the gamma factor has mean 1."""
    rate = np.exp(1.2 + 0.22 * state + 0.12 * ability + habit)
    return create_random_stream(seed, "activity", quarter).gamma(6.0, 1 / 6, len(state)) * rate


def draw_activity_last_month(lead: Floats, ability: Floats, habit: Floats, seed: int, quarter: int) -> Floats:
    """Entries a day in the quarter's last month; the gamma factor has mean 1."""
    rate = np.exp(1.2 + 0.30 * lead + 0.12 * ability + habit)
    return create_random_stream(seed, "activity-last", quarter).gamma(3.0, 1 / 3, len(lead)) * rate


def draw_progress(state: Floats, seed: int, quarter: int) -> Floats:
    """Progress to target in per cent, 0…120.

    `state` is the sum of ability, mood, shock and effect.
    """
    noise = create_random_stream(seed, "progress", quarter).normal(0, 0.10, len(state))
    return np.clip(100 * (0.85 + 0.10 * state + noise), 0, 120)


def compute_leading_mood(transient_states: TransientStates, quarter: int) -> Floats:
    """Mood of the last month, with the part of the next one already there."""
    return np.asarray(transient_states.mood[:, quarter] + transient_states.early[:, quarter] / 0.8)


def draw_missing_scores(base: Floats, seed: int, quarter: int) -> Flags:
    """Draw the never recorded evaluations: more often of people doing badly."""
    constant, slope = p.MISSING_SCORE
    chance = 1 / (1 + np.exp(-(constant + slope * base)))
    return np.asarray(create_random_stream(seed, "score-missing", quarter).random(len(base)) < chance)


def draw_missing_attendance(subunit: Ints, fixed_states: FixedStates, seed: int, quarter: int) -> Flags:
    """Draw the subunits without attendance this quarter, per person."""
    lost = (
        create_random_stream(seed, "attendance-missing", quarter).random(len(fixed_states.subunit))
        < p.MISSING_ATTENDANCE
    )
    return np.asarray(lost[subunit])


def draw_active_service(appraiser: Flags, seed: int, quarters: int) -> Flags:
    """Draw the people in service, n × q; .8 % of all leave a quarter.

    No appraiser leaves, so each line stays whole.
    """
    n = len(appraiser)
    rate = p.EXIT_RATE * n / max(int((~appraiser).sum()), 1)
    serving = np.ones((quarters, n), dtype=np.bool_)
    for quarter in range(1, quarters):
        leaves = ~appraiser & (create_random_stream(seed, "exit", quarter).random(n) < rate)
        serving[quarter] = serving[quarter - 1] & ~leaves
    return serving.T
