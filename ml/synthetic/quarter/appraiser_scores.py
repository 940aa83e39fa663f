"""Appraisers' score and two indices, from performance, leniency, bias and noise."""

from dataclasses import dataclass

import numpy as np

from ml.synthetic import parameters as p
from ml.synthetic.province import Floats
from ml.synthetic.rng import create_random_stream
from ml.synthetic.settings import GeneratorSettings


@dataclass(frozen=True, slots=True)
class AppraisalModel:
    """Appraisal of one quarter's performance.

    The appraiser's leniency, the bias, and the noise of both indices.
    """

    leniency: Floats
    bias: Floats
    results_noise: Floats
    behaviour_noise: Floats
    points: float
    spread: float


def build_appraisal_model(
    settings: GeneratorSettings, quarter: int, leniency: Floats, bias: Floats
) -> AppraisalModel:
    """Build the appraisal model of a quarter.

    `points` are those of the indices per z, `spread` the factor by which the score narrows them.
    """
    drift, broken = settings.drift, settings.policy_break
    scale = p.DRIFT_SCALE if drift and drift.kind == "scale" and quarter >= drift.quarter else 1.0
    n = len(leniency)
    return AppraisalModel(
        leniency=leniency,
        bias=bias,
        results_noise=create_random_stream(settings.seed, "results", quarter).normal(0, p.SD_RESULTS, n),
        behaviour_noise=create_random_stream(settings.seed, "behaviour", quarter).normal(0, p.SD_BEHAVIOUR, n),
        points=p.POINTS * p.INDEX_SPREAD * scale,
        spread=1.0 if broken is not None and quarter >= broken else p.INDEX_SPREAD,
    )


def compute_results_index(performance: Floats, appraisal: AppraisalModel) -> Floats:
    """Index of work results, 0…120."""
    deviation = performance + p.RESULTS_LENIENCY * appraisal.leniency + appraisal.bias + appraisal.results_noise
    return np.clip(100 + appraisal.points * deviation, *p.SCORE_RANGE)


def compute_behaviour_index(performance: Floats, appraisal: AppraisalModel) -> Floats:
    """Index of behaviour, 0…120: less of performance, more of the appraiser."""
    deviation = (
        p.BEHAVIOUR_PERFORMANCE * performance
        + p.BEHAVIOUR_LENIENCY * appraisal.leniency
        + appraisal.bias
        + appraisal.behaviour_noise
    )
    return np.clip(100 + appraisal.points * deviation, *p.SCORE_RANGE)


def compute_appraised_score(performance: Floats, appraisal: AppraisalModel) -> Floats:
    """Score, 0…120: the weighted deviations of both indices before either is clipped."""
    noise = p.WEIGHT_RESULTS * appraisal.results_noise + p.WEIGHT_BEHAVIOUR * appraisal.behaviour_noise
    deviation = p.SCORE_PERFORMANCE * performance + p.SCORE_LENIENCY * appraisal.leniency + appraisal.bias + noise
    return np.clip(100 + appraisal.points / appraisal.spread * deviation, *p.SCORE_RANGE)
