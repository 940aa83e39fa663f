"""Each period as a small trial: people eligible and trained now against people eligible and not trained yet."""

from dataclasses import dataclass, fields

import numpy as np

from training.improvement import inference, weights
from training.improvement.facts import UNTRAINED, Booleans, Floats, Integers, Panel, PeriodEffect

LAGS = 4
"""How many earlier scores the adjusted estimate holds equal."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Person-trials stacked: one row for each person in each trial he stood in.

    `outcome` and `before` (the last score known before the trial) are points; `lags` (rows × `LAGS`) are the scores
    of the periods before it; `weight` is what a control counts for: the odds of a seat in his lottery, over his
    chance of having stayed untrained.
    """

    person: Integers
    before: Floats
    outcome: Floats
    lags: Floats
    treated: Floats
    weight: Floats
    trial: Integers

    def only(self, chosen: Booleans) -> "Rows":
        """The chosen rows."""
        return Rows(*(getattr(self, field.name)[chosen] for field in fields(self)))


@dataclass(frozen=True, slots=True)
class Trials:
    """A panel with what each of its trials needs to know: who stays untrained, and the last score known before."""

    panel: Panel
    stay: Floats
    before: Floats

    @classmethod
    def of(cls, panel: Panel) -> "Trials":
        """Prepare a panel, once for all periods."""
        return cls(panel, weights.staying(panel), _known_before(panel.score))

    def effects(self, first: int, last: int) -> tuple[PeriodEffect, ...]:
        """The event study from `first` to `last` periods since training, without periods that no trial reaches."""
        found = (self.effect(period) for period in range(first, last + 1))
        return tuple(each for each in found if each is not None)

    def effect(self, period: int) -> PeriodEffect | None:
        """The effect `period` periods since training, all trials pooled by number treated.

        None when no trial has both trained people and controls. Sequential trials with inverse-probability-of-
        censoring weights: Hernán & Robins, "What If" (2020), chapters 21 and 22.
        """
        rows = self.rows(period)
        weight = weights.level(rows.weight, rows.treated, rows.trial)
        unmatched = int(rows.treated[weight == 0].sum())
        rows, weight = rows.only(weight > 0), weight[weight > 0]
        treated, controls = rows.treated == 1, weight[rows.treated == 0]
        if not treated.any():
            return None
        kept = float(rows.weight[rows.treated == 0].sum() / treated.sum())
        cluster = self.panel.cluster[rows.person]
        return PeriodEffect(
            period,
            inference.estimate(*compare(rows, weight, rows.lags[:, :0]), cluster),
            inference.estimate(*compare(rows, weight, rows.lags), cluster),
            treated=int(treated.sum()),
            controls=len(controls),
            effective=float(controls.sum() ** 2 / (controls @ controls)),
            unmatched=unmatched,
            kept=min(kept, 1.0),
            before=float(rows.before[treated].mean()),
            after=float(rows.outcome[treated].mean()),
        )

    def rows(self, period: int) -> Rows:
        """The rows of all trials that have a column `period` periods after them, and periods before them."""
        reached = [trial for trial in range(1, self.panel.periods) if 0 <= trial + period < self.panel.periods]
        parts = [self._trial(trial, trial + period) for trial in reached] or [self._trial(0, 0)]
        return Rows(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Rows)))

    def _trial(self, trial: int, column: int) -> Rows:
        """The people of one trial who have the outcome: its treated, and those untrained through `column`."""
        panel, trained = self.panel, self.panel.trained
        eligible = panel.eligible[:, trial] & np.isfinite(self.before[:, trial])
        stood = np.flatnonzero(eligible & ((trained == UNTRAINED) | (trained >= trial)))
        treated, counted = trained[stood] == trial, np.isfinite(panel.score[stood, column])
        weight = weights.odds(treated, counted, panel.lottery[stood, trial])
        weight[~treated] *= weights.until(self.stay[stood[~treated]], trial, column)
        still = (trained[stood] == UNTRAINED) | (trained[stood] > max(trial, column))
        kept = counted & (treated | still)
        person = stood[kept]
        return Rows(
            person,
            self.before[person, trial],
            panel.score[person, column],
            _lags(panel.score[person], trial, column),
            treated[kept].astype(float),
            weight[kept],
            np.full(len(person), trial),
        )


def _known_before(score: Floats) -> Floats:
    """The last score known before each column (n × q); NaN where there was none yet."""
    before = np.full_like(score, np.nan)
    for column in range(1, score.shape[1]):
        last = score[:, column - 1]
        before[:, column] = np.where(np.isfinite(last), last, before[:, column - 1])
    return before


def _lags(score: Floats, trial: int, column: int) -> Floats:
    """The scores before a trial (people × LAGS), never the outcome's own column.

    What is missing is the mean of the person's others, or of everybody's when there is none.
    """
    lags = np.full((len(score), LAGS), np.nan)
    for lag in range(1, min(LAGS, trial) + 1):
        if trial - lag != column:
            lags[:, lag - 1] = score[:, trial - lag]
    seen = np.isfinite(lags)
    filled, number = np.where(seen, lags, 0.0), seen.sum(axis=1)
    everybody = filled.sum() / max(int(seen.sum()), 1)
    own = np.where(number > 0, filled.sum(axis=1) / np.maximum(number, 1), everybody)
    return np.where(seen, lags, own[:, None])


def compare(rows: Rows, weight: Floats, covariates: Floats) -> tuple[float, Floats]:
    """The mean difference between treated and controls of the same trial, and each row's influence on it.

    `weight` comes from `weights.level`. With covariates (rows × k) their weighted within-trial regression among the
    controls is taken off first: augmented inverse probability weighting (Robins, Rotnitzky & Zhao 1994).
    """
    treated, number = rows.treated, rows.treated.sum()
    controls = weight * (1 - treated)
    apart = _within(covariates, controls, rows.trial)
    weighted = apart * controls[:, None]
    bread = np.linalg.pinv(weighted.T @ apart, hermitian=True)
    outcome = _within(rows.outcome[:, None], controls, rows.trial)[:, 0]
    rest = outcome - apart @ (bread @ (weighted.T @ outcome))
    value = float(treated @ rest / number)
    imbalance = treated @ apart
    slopes = 1 + apart @ (bread @ imbalance)
    influence: Floats = (treated * (rest - value) - controls * rest * slopes) / number
    return value, influence


def _within(columns: Floats, controls: Floats, trial: Integers) -> Floats:
    """Each column (rows × k) minus the controls' weighted mean in the row's trial."""
    total = np.bincount(trial, weights=controls)
    means = np.empty_like(columns)
    for column in range(columns.shape[1]):
        sums = np.bincount(trial, weights=controls * columns[:, column])
        means[:, column] = np.divide(sums, total, out=np.zeros_like(sums), where=total > 0)[trial]
    return columns - means
