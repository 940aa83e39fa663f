"""The two one-line rules that every model is held against, and that serve while there is little history."""

from collections.abc import Callable, Mapping

import numpy as np

from domain.risk.facts import ModelKind
from ml.features import latest, mean
from ml.panel import Floats, Panel

Rule = Callable[[Panel, int], Floats]


def last_score(panel: Panel, column: int) -> Floats:
    """The last score known of each person in the four quarters up to `column`; the lower, the more at risk."""
    window = latest(panel.as_of(column).score)
    newest = np.argmin(np.isnan(window), axis=1)
    return _filled(window[np.arange(len(window)), newest])


def four_quarter_mean(panel: Panel, column: int) -> Floats:
    """The mean score of each person over the four quarters up to `column`; the lower, the more at risk."""
    return _filled(mean(latest(panel.as_of(column).score)))


RULES: Mapping[ModelKind, Rule] = {
    ModelKind.LAST_SCORE: last_score,
    ModelKind.FOUR_QUARTER_MEAN: four_quarter_mean,
}


def _filled(score: Floats) -> Floats:
    there = ~np.isnan(score)
    return np.where(there, score, score[there].mean() if there.any() else 0.0)
