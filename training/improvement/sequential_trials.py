"""Sequential trials: newly trained people against eligible people not yet trained, in each period."""

from dataclasses import dataclass, fields

import numpy as np

from training.improvement import inference, ipw
from training.improvement.facts import UNTRAINED, Booleans, Floats, Integers, PeriodEffect, TrialPanel

LAG_COUNT = 4
"""Number of earlier scores held equal by the adjusted estimate."""


@dataclass(frozen=True, slots=True)
class TrialRows:
    """Person-trials stacked: one row for each person and trial.

    `outcome` and `score_before` (the last score known before the trial) are points; `lags` (rows × `LAG_COUNT`) are
    the scores of the periods before it; `weight` is the weight of a control: the odds of a seat in their lottery,
    over their chance of having stayed untrained.
    """

    person: Integers
    score_before: Floats
    outcome: Floats
    lags: Floats
    treated: Floats
    weight: Floats
    trial: Integers

    def select_rows(self, chosen: Booleans) -> "TrialRows":
        """The chosen rows."""
        return TrialRows(*(getattr(self, field.name)[chosen] for field in fields(self)))


@dataclass(frozen=True, slots=True)
class SequentialTrials:
    """A panel prepared for its trials: probability of staying untrained, last score before."""

    panel: TrialPanel
    stay_probabilities: Floats
    score_before: Floats

    @classmethod
    def from_panel(cls, panel: TrialPanel) -> "SequentialTrials":
        """Prepare a panel, once for all periods."""
        return cls(panel, ipw.stay_probabilities(panel), _last_score_before(panel.score))

    def event_study(self, first: int, last: int) -> tuple[PeriodEffect, ...]:
        """The event study from `first` to `last` periods since training.

        Periods out of reach of all trials are left out.
        """
        found = (self.pooled_effect(period) for period in range(first, last + 1))
        return tuple(each for each in found if each is not None)

    def pooled_effect(self, period: int) -> PeriodEffect | None:
        """The effect `period` periods since training, all trials pooled by number treated.

        None when no trial has both trained people and controls. Sequential trials with inverse-probability-of-
        censoring weights: Hernán & Robins, "What If" (2020), chapters 21 and 22.
        """
        rows = self.stack_rows(period)
        weight = ipw.balance_weights(rows.weight, rows.treated, rows.trial)
        unmatched = int(rows.treated[weight == 0].sum())
        rows, weight = rows.select_rows(weight > 0), weight[weight > 0]
        treated, controls = rows.treated == 1, weight[rows.treated == 0]
        if not treated.any():
            return None
        kept = float(rows.weight[rows.treated == 0].sum() / treated.sum())
        cluster = self.panel.cluster[rows.person]
        return PeriodEffect(
            period,
            inference.estimate_clustered(*compare_within_trials(rows, weight, rows.lags[:, :0]), cluster),
            inference.estimate_clustered(*compare_within_trials(rows, weight, rows.lags), cluster),
            treated=int(treated.sum()),
            controls=len(controls),
            effective=float(controls.sum() ** 2 / (controls @ controls)),
            unmatched=unmatched,
            retained_weight=min(kept, 1.0),
            mean_before=float(rows.score_before[treated].mean()),
            mean_after=float(rows.outcome[treated].mean()),
        )

    def stack_rows(self, period: int) -> TrialRows:
        """The rows of all trials with a column `period` periods after them, and periods before."""
        reached = [trial for trial in range(1, self.panel.periods) if 0 <= trial + period < self.panel.periods]
        parts = [self._trial_rows(trial, trial + period) for trial in reached] or [self._trial_rows(0, 0)]
        return TrialRows(
            *(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(TrialRows))
        )

    def _trial_rows(self, trial: int, column: int) -> TrialRows:
        """The people of one trial with the outcome: its treated, and those untrained through `column`."""
        panel, trained = self.panel, self.panel.trained
        eligible = panel.eligible[:, trial] & np.isfinite(self.score_before[:, trial])
        stood = np.flatnonzero(eligible & ((trained == UNTRAINED) | (trained >= trial)))
        treated, counted = trained[stood] == trial, np.isfinite(panel.score[stood, column])
        weight = ipw.odds_weights(treated, counted, panel.lottery[stood, trial])
        weight[~treated] *= ipw.inverse_stay_weights(self.stay_probabilities[stood[~treated]], trial, column)
        still = (trained[stood] == UNTRAINED) | (trained[stood] > max(trial, column))
        kept = counted & (treated | still)
        person = stood[kept]
        return TrialRows(
            person,
            self.score_before[person, trial],
            panel.score[person, column],
            _lagged_scores(panel.score[person], trial, column),
            treated[kept].astype(float),
            weight[kept],
            np.full(len(person), trial),
        )


def _last_score_before(score: Floats) -> Floats:
    """The last score known before each column (n × q); NaN without any."""
    before = np.full_like(score, np.nan)
    for column in range(1, score.shape[1]):
        last = score[:, column - 1]
        before[:, column] = np.where(np.isfinite(last), last, before[:, column - 1])
    return before


def _lagged_scores(score: Floats, trial: int, column: int) -> Floats:
    """The scores before a trial (people × LAGS), never the outcome's own column.

    A missing one is the mean of the person's others, or of everybody's when there is none.
    """
    lags = np.full((len(score), LAG_COUNT), np.nan)
    for lag in range(1, min(LAG_COUNT, trial) + 1):
        if trial - lag != column:
            lags[:, lag - 1] = score[:, trial - lag]
    seen = np.isfinite(lags)
    filled, number = np.where(seen, lags, 0.0), seen.sum(axis=1)
    everybody = filled.sum() / max(int(seen.sum()), 1)
    own = np.where(number > 0, filled.sum(axis=1) / np.maximum(number, 1), everybody)
    return np.where(seen, lags, own[:, None])


def compare_within_trials(rows: TrialRows, weight: Floats, covariates: Floats) -> tuple[float, Floats]:
    """Mean difference between treated and controls of a trial, with influences of rows.

    `weight` comes from `ipw.balance_weights`. With covariates (rows × k) their weighted within-trial regression among
    the controls is subtracted first: augmented inverse probability weighting (Robins, Rotnitzky & Zhao 1994).
    """
    treated, number = rows.treated, rows.treated.sum()
    controls = weight * (1 - treated)
    apart = _centre_within_trials(covariates, controls, rows.trial)
    weighted = apart * controls[:, None]
    bread = np.linalg.pinv(weighted.T @ apart, hermitian=True)
    outcome = _centre_within_trials(rows.outcome[:, None], controls, rows.trial)[:, 0]
    rest = outcome - apart @ (bread @ (weighted.T @ outcome))
    value = float(treated @ rest / number)
    imbalance = treated @ apart
    slopes = 1 + apart @ (bread @ imbalance)
    influence: Floats = (treated * (rest - value) - controls * rest * slopes) / number
    return value, influence


def _centre_within_trials(columns: Floats, controls: Floats, trial: Integers) -> Floats:
    """Each column (rows × k) minus the controls' weighted mean in the row's trial."""
    total = np.bincount(trial, weights=controls)
    means = np.empty_like(columns)
    for column in range(columns.shape[1]):
        sums = np.bincount(trial, weights=controls * columns[:, column])
        means[:, column] = np.divide(sums, total, out=np.zeros_like(sums), where=total > 0)[trial]
    return columns - means
