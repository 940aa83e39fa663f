"""The rows that a model learns from: one per person and cut-off, with what became of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from domain.risk.facts import ModelKind
from ml.model import features, inputs, labels
from ml.panel import Bools, Floats, Ints, RiskPanel

HORIZON = 1
"""Quarters between a cut-off and its outcome; also the gap between what is learnt from and what is tested."""

LEAST_EVALUATIONS_BY_KIND: Mapping[ModelKind, int] = {
    ModelKind.LOGISTIC: features.LEAST_EVALUATIONS,
    ModelKind.LAST_SCORE: 1,
    ModelKind.FOUR_QUARTER_MEAN: 1,
}
"""Evaluations of a person that each kind learns from; a rule can learn from one, and so serves from quarter two."""


@dataclass(frozen=True, slots=True)
class FitRows:
    """Rows × inputs, oldest cut-off first, their outcomes, and the person's index in the panel and the cut-off.

    `missing_count` and `censored_count` count people who are not among the rows, because their outcome is not there
    or because they were trained before it.
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
        """Some of the rows."""
        picked = (self.inputs[rows], self.low[rows], self.index[rows], self.cutoff[rows])
        return FitRows(*picked, self.missing_count, self.censored_count)


def list_cutoffs(quarters: int) -> range:
    """The cut-offs with a known outcome in a panel of so many quarters, once four quarters of history are there.

    In a panel too short for that, the latest one alone.
    """
    last = quarters - HORIZON
    return range(min(features.LAGS - 1, max(last - 1, 0)), last)


def collect_fit_rows(
    panel: RiskPanel, columns: Iterable[int], threshold: float, kind: ModelKind = ModelKind.LOGISTIC
) -> FitRows:
    """The rows of these cut-offs; a score under `threshold` is low. Raises ValueError when there is no cut-off."""
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
    """Who has enough evaluations by `column` for anything to be said."""
    return features.count_recorded_evaluations(panel, column) >= least
