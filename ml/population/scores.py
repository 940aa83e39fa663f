"""What appraisers write down: the score and the two indices, from performance, leniency, bias and noise."""

from dataclasses import dataclass

import numpy as np

from ml.population import parameters as p
from ml.population.province import Floats
from ml.population.settings import Settings
from ml.population.streams import stream


@dataclass(frozen=True, slots=True)
class Lens:
    """How one quarter's performance is seen: the appraiser's leniency, the bias, and the noise of both indices."""

    leniency: Floats
    bias: Floats
    results_noise: Floats
    behaviour_noise: Floats
    points: float
    spread: float


def lens(settings: Settings, quarter: int, leniency: Floats, bias: Floats) -> Lens:
    """The lens of a quarter; `points` are those of the indices per z, `spread` how much the score narrows them."""
    drift, broken = settings.drift, settings.policy_break
    scale = p.DRIFT_SCALE if drift and drift.kind == "scale" and quarter >= drift.quarter else 1.0
    n = len(leniency)
    return Lens(
        leniency=leniency,
        bias=bias,
        results_noise=stream(settings.seed, "results", quarter).normal(0, p.SD_RESULTS, n),
        behaviour_noise=stream(settings.seed, "behaviour", quarter).normal(0, p.SD_BEHAVIOUR, n),
        points=p.POINTS * p.INDEX_SPREAD * scale,
        spread=1.0 if broken is not None and quarter >= broken else p.INDEX_SPREAD,
    )


def results(performance: Floats, seen: Lens) -> Floats:
    """The index of work results, 0…120."""
    deviation = performance + p.RESULTS_LENIENCY * seen.leniency + seen.bias + seen.results_noise
    return np.clip(100 + seen.points * deviation, *p.SCORE_RANGE)


def behaviour(performance: Floats, seen: Lens) -> Floats:
    """The index of behaviour, 0…120: less of performance, more of the appraiser."""
    deviation = (
        p.BEHAVIOUR_PERFORMANCE * performance
        + p.BEHAVIOUR_LENIENCY * seen.leniency
        + seen.bias
        + seen.behaviour_noise
    )
    return np.clip(100 + seen.points * deviation, *p.SCORE_RANGE)


def score(performance: Floats, seen: Lens) -> Floats:
    """The score, 0…120: the weighted deviations of both indices before either is clipped."""
    noise = p.WEIGHT_RESULTS * seen.results_noise + p.WEIGHT_BEHAVIOUR * seen.behaviour_noise
    deviation = p.SCORE_PERFORMANCE * performance + p.SCORE_LENIENCY * seen.leniency + seen.bias + noise
    return np.clip(100 + seen.points / seen.spread * deviation, *p.SCORE_RANGE)
