"""Baseline rules: every model is compared with these two one-line rankings.

They serve while there is little history.
"""

from collections.abc import Callable, Mapping

import numpy as np

from domain.risk.facts import ModelKind
from ml.model.features import compute_row_means, select_latest
from ml.panel import Floats, RiskPanel

BaselineRule = Callable[[RiskPanel, int], Floats]


def compute_last_score(panel: RiskPanel, column: int) -> Floats:
    """Last known score of each person in the four quarters up to `column`.

    The lower, the more at risk.
    """
    window = select_latest(panel.snapshot_at(column).score)
    newest = np.argmin(np.isnan(window), axis=1)
    return _fill_missing_scores(window[np.arange(len(window)), newest])


def compute_four_quarter_mean(panel: RiskPanel, column: int) -> Floats:
    """Mean score of each person over the four quarters up to `column`.

    The lower, the more at risk.
    """
    return _fill_missing_scores(compute_row_means(select_latest(panel.snapshot_at(column).score)))


BASELINE_RULES: Mapping[ModelKind, BaselineRule] = {
    ModelKind.LAST_SCORE: compute_last_score,
    ModelKind.FOUR_QUARTER_MEAN: compute_four_quarter_mean,
}


def _fill_missing_scores(score: Floats) -> Floats:
    there = ~np.isnan(score)
    return np.where(there, score, score[there].mean() if there.any() else 0.0)
