"""Doubly robust estimator for two groups without a lottery: regression and odds weights."""

import numpy as np

from training.improvement import inference, logistic
from training.improvement.facts import Estimate, Floats


def doubly_robust_effect(outcome: Floats, treated: Floats, covariates: Floats) -> Estimate:
    """Average effect on the treated, doubly robust.

    Right if either the regression or the chance of treatment is. `outcome` (n), `treated` (n, 0 or 1), `covariates`
    (n × k, no constant) known before the treatment. The controls' regression is subtracted from everybody; the
    controls' residuals are weighted by the odds of treatment (Robins, Rotnitzky & Zhao 1994; Sant'Anna & Zhao 2020).
    To first order fitting the two models adds nothing to the error when both hold, so none is added. Raises
    ValueError when the two groups cannot be compared.
    """
    chance = logistic.fit_probabilities(covariates, treated)
    controls = treated == 0
    odds = np.where(controls, chance / (1 - chance), 0)
    design = np.column_stack([np.ones(len(outcome)), covariates])
    slopes = np.linalg.lstsq(design[controls], outcome[controls])[0]
    rest = outcome - design @ slopes
    of_treated, of_controls = float(rest @ treated / treated.sum()), float(rest @ odds / odds.sum())
    influence = treated * (rest - of_treated) / treated.sum() - odds * (rest - of_controls) / odds.sum()
    return inference.estimate_clustered(of_treated - of_controls, influence, np.arange(len(outcome)))


def mean_difference(outcome: Floats, treated: Floats) -> Estimate:
    """The plain difference of means with Welch's error: right in an experiment, and only there."""
    groups = outcome[treated == 1], outcome[treated == 0]
    variance = sum(float(group.var(ddof=1)) / len(group) for group in groups)
    return Estimate(float(groups[0].mean() - groups[1].mean()), float(np.sqrt(variance)), len(outcome))
