"""Logistic regression by Newton's method, for the chance of being treated."""

import numpy as np

from training.improvement.facts import Floats

MAX_STEPS = 50
TOLERANCE = 1e-8
"""Decrease of the mean deviance, relative to one, below which the fit has converged."""


def fit_probabilities(covariates: Floats, treated: Floats) -> Floats:
    """Fit the probability of treatment by maximum likelihood with an intercept.

    `treated` (n, 0 or 1), `covariates` (n × k, no constant); returns n probabilities between 0 and 1. Columns are
    scaled first, so money and years fit alike. Raises ValueError when the fit does not converge, for example when the
    covariates separate the two groups completely.
    """
    design = _standardised_design(covariates)
    coefficients = np.zeros(design.shape[1])
    deviance = _mean_deviance(design, treated, coefficients)
    for _ in range(MAX_STEPS):
        step = _newton_step(design, treated, coefficients)
        while (found := _mean_deviance(design, treated, coefficients + step)) > deviance + TOLERANCE:
            step = step / 2
        coefficients, gained, deviance = coefficients + step, deviance - found, found
        if abs(gained) < TOLERANCE:
            break
    else:
        raise ValueError("the chance of treatment does not settle: the covariates tell the groups apart")
    fitted = _predict_probabilities(design, coefficients)
    if deviance < 1e-4:
        raise ValueError("the covariates tell treated and controls wholly apart: nobody can be compared")
    return fitted


def _standardised_design(covariates: Floats) -> Floats:
    """Standardised columns beside a constant; a constant column becomes zero."""
    spread = covariates.std(axis=0)
    scaled = (covariates - covariates.mean(axis=0)) / np.where(spread > 0, spread, 1)
    return np.column_stack([np.ones(len(covariates)), scaled])


def _predict_probabilities(design: Floats, coefficients: Floats) -> Floats:
    """The logistic function of the linear score, without overflow."""
    fitted: Floats = 0.5 * (1 + np.tanh(0.5 * (design @ coefficients)))
    return fitted


def _mean_deviance(design: Floats, treated: Floats, coefficients: Floats) -> float:
    """The mean negative log-likelihood."""
    score = design @ coefficients
    return float((np.logaddexp(0, score) - treated * score).mean())


def _newton_step(design: Floats, treated: Floats, coefficients: Floats) -> Floats:
    """One Newton step; the pseudo-inverse passes over duplicate columns."""
    chance = _predict_probabilities(design, coefficients)
    curvature = (design * (chance * (1 - chance))[:, None]).T @ design
    step: Floats = np.linalg.pinv(curvature, hermitian=True) @ (design.T @ (treated - chance))
    return step
