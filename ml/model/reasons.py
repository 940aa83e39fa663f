"""Explanation of a score: terms per driver, adding up with a base to the logit.

The sum is exact, to six decimals.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from domain.risk.drivers import DRIVER_MEANINGS, SYMPTOM_DRIVERS, Driver
from domain.risk.facts import Help
from ml.model.artefact import Artefact
from ml.model.features import Feature
from ml.panel import Bools, Floats, Ints, RiskPanel

MICROS_PER_LOGIT = 1_000_000
"""Unit of the terms: whole millionths of a logit, for exact sums."""
LEAST_PEERS = 30
"""Fewest peers of the same kind of position; with fewer, everybody is a peer."""
LEAST_TERM = 50_000
"""Smallest term of a named driver, in millionths of a logit."""
MOST_DRIVERS = 5

OBSERVED_FIGURES: Mapping[Driver, str] = {
    Driver.ATTENDANCE: "late_last_month",
    Driver.DAILY_LOG: "activity_last_month",
    Driver.TIME_IN_POSITION: "in_position",
}
"""Drivers with an observed figure for people, and its array in the panel."""

WORSE_ABOVE: Mapping[Driver, bool] = {
    driver: driver in {Driver.ATTENDANCE, Driver.CHANGE, Driver.RECORD} for driver in Driver
}
"""Direction of each driver's risk: true if it rises above the peers' figure.

True for days late, false for a score.
"""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Explanation of each person's logit (n) by driver (d), in the order of `drivers`.

    Terms, base and logit are millionths. `own_figures` and `peer_figures` are the figures for people, NaN for none.
    `base` is the logit of the person's peers: holders of the same kind of position.
    """

    drivers: Sequence[Driver]
    terms: Ints
    own_figures: Floats
    peer_figures: Floats
    base: Ints

    @property
    def logit(self) -> Ints:
        """The logit in millionths: the base and all terms."""
        return np.asarray(self.base + self.terms.sum(axis=1))

    def select_named_drivers(self) -> Bools:
        """Mask of the drivers to name, n × d.

        They are the greatest terms with figures in agreement: own and peer figure differ in the direction of the
        term.
        """
        gap = self.own_figures - self.peer_figures
        above = np.array([WORSE_ABOVE[driver] for driver in self.drivers])
        raised = np.where(above, gap > 0, gap < 0)
        lowered = np.where(above, gap < 0, gap > 0)
        agrees = np.where(self.terms > 0, raised, lowered)
        size = np.where(agrees & (np.abs(self.terms) >= LEAST_TERM), np.abs(self.terms), 0)
        place = np.argsort(np.argsort(-size, axis=1, kind="stable"), axis=1, kind="stable")
        return np.asarray((place < MOST_DRIVERS) & (size > 0))

    def select_hindered(self) -> Bools:
        """True for people hindered in their work, n.

        Their greatest named cause that raises risk is a hindrance; symptoms and context aside.
        """
        helps = [DRIVER_MEANINGS[driver].help for driver in self.drivers]
        causes = np.array(
            [
                help_ is not Help.CONTEXT and driver not in SYMPTOM_DRIVERS
                for driver, help_ in zip(self.drivers, helps, strict=True)
            ]
        )
        raising = np.where(self.select_named_drivers() & causes & (self.terms > 0), self.terms, 0)
        first = np.array([help_ is Help.HINDERED for help_ in helps])[np.argmax(raising, axis=1)]
        return np.asarray(first & (raising.max(axis=1) > 0))


def explain_logits(
    model: Artefact, registry: Sequence[Feature], panel: RiskPanel, column: int, inputs: Floats, people: Ints
) -> Explanation:
    """Explain the logits of `people` from their `inputs`.

    `people` are indices into the panel, `inputs` rows in the same order.
    """
    kind = panel.position_kind[people]
    usual = _mean_over_peers(inputs, kind)
    drivers = tuple(dict.fromkeys(feature.driver for feature in registry))
    member = np.array([[feature.driver is driver for driver in drivers] for feature in registry])
    terms = ((inputs - usual) * model.weights) @ member
    base = model.intercept + ((usual - np.array(model.means)) * model.weights).sum(axis=1)
    own = np.column_stack(
        [_compute_driver_figure(driver, model, registry, panel, column, inputs, people) for driver in drivers]
    )
    return Explanation(drivers, _to_micros(terms), own, _mean_over_peers(own, kind), _to_micros(base))


def _compute_driver_figure(
    driver: Driver,
    model: Artefact,
    registry: Sequence[Feature],
    panel: RiskPanel,
    column: int,
    inputs: Floats,
    people: Ints,
) -> Floats:
    if driver in OBSERVED_FIGURES:
        shown: Floats = getattr(panel, OBSERVED_FIGURES[driver])[people, column]
        return shown
    chosen = [place for place, feature in enumerate(registry) if feature.driver is driver and feature.headline]
    if not chosen:
        return np.full(len(inputs), np.nan)
    weight = model.weights[chosen]
    # With the model's weights, the figure lies above the peers' exactly when its share of the term has that sign.
    if abs(weight.sum()) < 0.5 * np.abs(weight).sum() or not weight.any():
        weight = np.ones(len(chosen))
    return np.asarray(inputs[:, chosen] @ (weight / weight.sum()))


def _mean_over_peers(values: Floats, kind: Ints) -> Floats:
    """Mean over each person's peers: holders of the same kind of position.

    NaN is left out; for a small kind the mean runs over all.
    """
    _, dense, sizes = np.unique(kind, return_inverse=True, return_counts=True)
    there = ~np.isnan(values)
    filled = np.where(there, values, 0.0)
    made = np.empty_like(values)
    for place in range(values.shape[1]):
        total = np.bincount(dense, weights=filled[:, place])
        count = np.bincount(dense, weights=there[:, place])
        overall = total.sum() / max(count.sum(), 1.0)
        mean = np.where((sizes >= LEAST_PEERS) & (count > 0), total / np.maximum(count, 1.0), overall)
        made[:, place] = mean[dense]
    return made


def _to_micros(values: Floats) -> Ints:
    return np.rint(values * MICROS_PER_LOGIT).astype(np.int64)
