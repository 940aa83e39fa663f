"""Training rows of the model: one per person and cut-off, with the outcome."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from domain.risk.facts import ModelKind
from ml.model import features, inputs, labels
from ml.panel import Bools, Floats, Ints, RiskPanel

HORIZON = 1
"""Quarters between a cut-off and its outcome.

Also the gap between training and test quarters.
"""

LEAST_EVALUATIONS_BY_KIND: Mapping[ModelKind, int] = {
    ModelKind.LOGISTIC: features.LEAST_EVALUATIONS,
    ModelKind.LAST_SCORE: 1,
    ModelKind.FOUR_QUARTER_MEAN: 1,
}
"""Fewest evaluations of a person in the training rows of each model kind.

A rule can learn from one, and so serves from quarter two.
"""


@dataclass(frozen=True, slots=True)
class FitRows:
    """Rows × inputs, oldest cut-off first, with outcome, panel index and cut-off.

    The index is that of the person in the panel. `missing_count` and `censored_count` count the people left out of
    the rows, because of a missing outcome or a training before it.
    """

    inputs: Floats
    low: Bools
    index: Ints
    cutoff: Ints
    missing_count: int
    censored_count: int

    def rows_up_to(self, column: int) -> "FitRows":
        """The rows of cut-offs up to `column`."""
        return self.select_fit_rows(slice(0, int(np.searchsorted(self.cutoff, column, side="right"))))

    def rows_at(self, column: int) -> "FitRows":
        """The rows of one cut-off."""
        first, last = np.searchsorted(self.cutoff, [column, column + 1])
        return self.select_fit_rows(slice(int(first), int(last)))

    def select_fit_rows(self, rows: slice | Bools) -> "FitRows":
        """Select some of the rows."""
        picked = (self.inputs[rows], self.low[rows], self.index[rows], self.cutoff[rows])
        return FitRows(*picked, self.missing_count, self.censored_count)


def list_cutoffs(quarters: int) -> range:
    """List the cut-offs of a panel with a known outcome and four quarters of history.

    `quarters` is the length of the panel. In a panel too short for that, the latest cut-off alone.
    """
    last = quarters - HORIZON
    return range(min(features.LAGS - 1, max(last - 1, 0)), last)


def collect_fit_rows(
    panel: RiskPanel, columns: Iterable[int], threshold: float, kind: ModelKind = ModelKind.LOGISTIC
) -> FitRows:
    """Collect the rows of these cut-offs; a score under `threshold` is low.

    Raises ValueError without a cut-off.
    """
    pieces, missing, censored = [], 0, 0
    for column in sorted(columns):
        outcome = labels.label_low_next(panel, column, threshold)
        known = outcome.observed & has_enough_evaluations(panel, column, LEAST_EVALUATIONS_BY_KIND[kind])
        made = inputs.build_inputs(kind, panel, column)[known]
        pieces.append((made, outcome.low[known], np.flatnonzero(known), np.full(known.sum(), column)))
        missing += outcome.missing_count
        censored += outcome.censored_count
    if not pieces:
        raise ValueError(f"a panel of {panel.quarter_count} quarters holds no cut-off with a later evaluation")
    table, low, index, cutoff = (np.concatenate(part) for part in zip(*pieces, strict=True))
    return FitRows(table, low, index, cutoff.astype(np.int64), missing, censored)


def has_enough_evaluations(panel: RiskPanel, column: int, least: int = features.LEAST_EVALUATIONS) -> Bools:
    """Mask of the people with enough evaluations by `column` for a score."""
    return features.count_recorded_evaluations(panel, column) >= least
