"""Labels: a low outcome in a coming periodic evaluation, without any intervention."""

from dataclasses import dataclass

import numpy as np

from ml.panel import Bools, Floats, RiskPanel


@dataclass(frozen=True, slots=True)
class CutoffOutcomes:
    """Outcomes of everybody active at a cut-off; `low` holds only for `observed` people.

    `missing_count` counts people without an evaluation: they are neither low nor fine. `censored_count` counts those
    trained inside the horizon: their outcome is no longer the untreated one.
    """

    low: Bools
    observed: Bools
    missing_count: int
    censored_count: int


def label_low_next(panel: RiskPanel, column: int, threshold: float) -> CutoffOutcomes:
    """Label: low in the next evaluation.

    Its score is under `threshold`, or a work result under expectation.
    """
    return label_low_within(panel, column, threshold, horizon=1)


def label_low_within(panel: RiskPanel, column: int, threshold: float, horizon: int) -> CutoffOutcomes:
    """Label: low in any of the next `horizon` evaluations.

    Known if one of them is low or all are there.
    """
    later = slice(column + 1, column + 1 + horizon)
    low = (panel.score[:, later] < threshold) | (panel.work_below[:, later] == 1)
    return _build_outcomes(panel, column, horizon, low, panel.score[:, later])


def label_below_baik_next(panel: RiskPanel, column: int) -> CutoffOutcomes:
    """Label: predikat under Baik in the next evaluation.

    Too rare as the target; reported beside the label.
    """
    later = slice(column + 1, column + 2)
    return _build_outcomes(panel, column, 1, panel.below_baik[:, later] == 1, panel.below_baik[:, later])


def _build_outcomes(panel: RiskPanel, column: int, horizon: int, low: Bools, later_values: Floats) -> CutoffOutcomes:
    if column < 0 or column + horizon >= panel.quarter_count:
        raise ValueError(f"column {column} has no {horizon} later quarters in a panel of {panel.quarter_count}")
    trained = (panel.trained > column) & (panel.trained <= column + horizon)
    eligible = panel.active[:, column] & ~trained
    hit = low.any(axis=1)
    settled = hit | ~np.isnan(later_values).any(axis=1)
    return CutoffOutcomes(
        low=hit & eligible & settled,
        observed=eligible & settled,
        missing_count=int((eligible & ~settled).sum()),
        censored_count=int((panel.active[:, column] & trained).sum()),
    )
