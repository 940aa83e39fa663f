"""What is predicted: low in a coming periodic evaluation, if nothing is done."""

from dataclasses import dataclass

import numpy as np

from ml.panel import Bools, Floats, Panel


@dataclass(frozen=True, slots=True)
class Label:
    """Outcomes of everybody active at a cut-off; `low` is meant only where `known`.

    `missing` counts people whose evaluation is not there: they are neither low nor fine. `censored` counts
    those trained inside the horizon, whose outcome is no longer what would have happened untreated.
    """

    low: Bools
    known: Bools
    missing: int
    censored: int


def low_next(panel: Panel, column: int, threshold: float) -> Label:
    """Low in the next evaluation: its score under `threshold`, or a work result under expectation."""
    return low_within(panel, column, threshold, horizon=1)


def low_within(panel: Panel, column: int, threshold: float, horizon: int) -> Label:
    """Low in any of the next `horizon` evaluations; known when one is low or all are there."""
    later = slice(column + 1, column + 1 + horizon)
    low = (panel.score[:, later] < threshold) | (panel.work_below[:, later] == 1)
    return _label(panel, column, horizon, low, panel.score[:, later])


def below_baik_next(panel: Panel, column: int) -> Label:
    """Predikat under Baik in the next evaluation; too rare to aim at, reported beside the label."""
    later = slice(column + 1, column + 2)
    return _label(panel, column, 1, panel.below_baik[:, later] == 1, panel.below_baik[:, later])


def _label(panel: Panel, column: int, horizon: int, low: Bools, seen: Floats) -> Label:
    if column < 0 or column + horizon >= panel.quarters:
        raise ValueError(f"column {column} has no {horizon} later quarters in a panel of {panel.quarters}")
    trained = (panel.trained > column) & (panel.trained <= column + horizon)
    eligible = panel.active[:, column] & ~trained
    hit = low.any(axis=1)
    settled = hit | ~np.isnan(seen).any(axis=1)
    return Label(
        low=hit & eligible & settled,
        known=eligible & settled,
        missing=int((eligible & ~settled).sum()),
        censored=int((panel.active[:, column] & trained).sum()),
    )
