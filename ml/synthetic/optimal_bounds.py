"""Upper bounds of any low-score forecast: from all latents, and from scores alone."""

import numpy as np
from scipy import special

from ml.synthetic import parameters as p
from ml.synthetic.province import Floats
from ml.synthetic.quarter.hidden_states import MOOD_INNOVATION_SD

NEXT_SCORE_SD = float(
    p.POINTS
    * np.sqrt(
        p.SCORE_PERFORMANCE**2 * MOOD_INNOVATION_SD**2 * (1 - p.EARLY_SHARE)
        + (p.WEIGHT_RESULTS * p.SD_RESULTS) ** 2
        + (p.WEIGHT_BEHAVIOUR * p.SD_BEHAVIOUR) ** 2
    )
)
"""Unforeseeable standard deviation of the next score in points, shocks apart."""

SHOCK_SIZES = p.SHOCK_SCALE * special.gammaincinv(
    p.SHOCK_SHAPE, (np.arange(p.ORACLE_QUANTILES) + 0.5) / p.ORACLE_QUANTILES
)
"""Twelve equally likely sizes of a new shock, z units."""


SHOCK_MOMENTS = (
    p.SHOCK_RATE * p.SHOCK_SHAPE * p.SHOCK_SCALE,
    p.SHOCK_RATE * p.SHOCK_SHAPE * (1 + p.SHOCK_SHAPE) * p.SHOCK_SCALE**2,
)
"""First and second moment of a quarter's new shock, mostly none."""
SCORE_NOISE_VARIANCE = (p.WEIGHT_RESULTS * p.SD_RESULTS) ** 2 + (p.WEIGHT_BEHAVIOUR * p.SD_BEHAVIOUR) ** 2
"""Variance of one score's noise, z units."""


def forecast_from_latents(expected: Floats) -> Floats:
    """P(low in the next quarter) from the expected next score given all latents.

    `expected` is E[next score | all latents, no new shock], any shape, points of score.
    """
    z = (p.LOW - expected) / NEXT_SCORE_SD
    hit = np.zeros_like(z)
    for size in SHOCK_SIZES:
        hit += special.ndtr(z + p.POINTS * p.SCORE_PERFORMANCE * size / NEXT_SCORE_SD)
    return np.asarray((1 - p.SHOCK_RATE) * special.ndtr(z) + p.SHOCK_RATE * hit / len(SHOCK_SIZES))


def forecast_by_kalman_filter(score: Floats, season: Floats) -> Floats:
    """P(low in the next quarter) from scores alone: Kalman filter with the true parameters.

    `score` is n × q. State per person, in z units of score: the lasting part (ability, unit, subunit, leniency), the
    mood and the shock, all started at their stationary moments; a missing score updates nothing. New shocks count as
    Gaussian in the filter and with their true distribution in the forecast. `season` holds q + 1 values. For a world
    without training, drift or bias.
    """
    n, quarters = score.shape
    mean, cov = _build_initial_state(n)
    move = np.array([1.0, p.MOOD_MEMORY, p.SHOCK_MEMORY])
    out = np.empty_like(score)
    for t in range(quarters):
        seen = (score[:, t] - 100) / p.POINTS - p.SCORE_PERFORMANCE * season[t]
        mean, cov = _update_state(mean, cov, seen)
        mean, cov = mean * move, cov * np.outer(move, move)
        cov[:, 1, 1] += (p.SCORE_PERFORMANCE * MOOD_INNOVATION_SD) ** 2
        out[:, t] = _forecast_low_score(mean.sum(axis=1) + p.SCORE_PERFORMANCE * season[t + 1], cov.sum(axis=(1, 2)))
        mean[:, 2] -= p.SCORE_PERFORMANCE * SHOCK_MOMENTS[0]
        cov[:, 2, 2] += p.SCORE_PERFORMANCE**2 * (SHOCK_MOMENTS[1] - SHOCK_MOMENTS[0] ** 2)
    return out


def _build_initial_state(n: int) -> tuple[Floats, Floats]:
    """Mean (n × 3) and covariance (n × 3 × 3) before the first score.

    Its shock is one quarter old.
    """
    first, second = SHOCK_MOMENTS
    lasting = p.SCORE_PERFORMANCE**2 * (p.SD_ABILITY**2 + p.SD_UNIT**2 + p.SD_SUBUNIT**2)
    variances = (
        lasting + (p.SCORE_LENIENCY * p.SD_LENIENCY) ** 2,
        (p.SCORE_PERFORMANCE * p.SD_MOOD) ** 2,
        p.SCORE_PERFORMANCE**2 * (second - first**2),
    )
    mean = np.tile([0.0, 0.0, -p.SCORE_PERFORMANCE * first], (n, 1))
    return mean, np.tile(np.diag(variances), (n, 1, 1))


def _update_state(mean: Floats, cov: Floats, scores: Floats) -> tuple[Floats, Floats]:
    """Condition on the observed scores; NaN updates nothing."""
    row = cov.sum(axis=2)
    surprise = np.where(np.isnan(scores), 0.0, scores - mean.sum(axis=1))
    gain = np.where(np.isnan(scores)[:, None], 0.0, row / (row.sum(axis=1) + SCORE_NOISE_VARIANCE)[:, None])
    return mean + gain * surprise[:, None], cov - gain[:, :, None] * row[:, None, :]


def _forecast_low_score(mean: Floats, variance: Floats) -> Floats:
    sd = np.sqrt(variance + SCORE_NOISE_VARIANCE)
    z = ((p.LOW - 100) / p.POINTS - mean) / sd
    hit = np.zeros_like(z)
    for size in SHOCK_SIZES:
        hit += special.ndtr(z + p.SCORE_PERFORMANCE * size / sd)
    return np.asarray((1 - p.SHOCK_RATE) * special.ndtr(z) + p.SHOCK_RATE * hit / len(SHOCK_SIZES))
