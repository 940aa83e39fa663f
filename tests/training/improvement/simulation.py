"""A small world with a known effect: people who have bad quarters, recover, and are drawn by lottery while low."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.improvement.facts import TrialPanel

Floats = NDArray[np.float64]

FIRST_TRAINING = 4
PATH = (0.35, 1.0, 1.0, 0.9, 0.8, 0.7, 0.6, 0.5)
POINTS = 8.5 * 0.88
"""Score points for one unit of hidden performance."""


@dataclass(frozen=True, slots=True)
class SimulatedTraining:
    """A panel as HR would see it, and what the same quarters would have shown without any training."""

    panel: TrialPanel
    untreated: Floats

    def true_effect(self, period: int) -> float:
        """The mean effect on those trained by lottery, `period` quarters after they were trained."""
        column = self.panel.trained + period
        inside = np.flatnonzero((self.panel.trained >= 0) & (column < self.panel.score.shape[1]))
        drawn = inside[self.panel.eligible[inside, self.panel.trained[inside]]]
        column = column[drawn]
        return float(np.nanmean(self.panel.score[drawn, column] - self.untreated[drawn, column]))


def simulate_training(
    people: int = 8_000,
    seed: int = 1,
    *,
    quarters: int = 12,
    size: float = 0.45,
    hunch: float = 0.0,
    seats: tuple[float, ...] = (0.425,),
    missing: float = 0.02,
) -> SimulatedTraining:
    """Draw a world: `seats` is each stratum's chance of a seat, `hunch` how much private knowledge decides.

    People of later strata are weaker, so that who ignores the strata compares unlike with unlike.
    """
    rng = np.random.default_rng(seed)
    stratum = rng.integers(0, len(seats), people)
    chance = np.asarray(seats)[stratum]
    cluster = rng.integers(0, max(people // 60, 2), people)
    ability = rng.normal(0, 0.6, people) + rng.normal(0, 0.2, cluster.max() + 1)[cluster] - 0.5 * stratum
    gain = np.clip(size - 0.25 * ability / 0.6, 0, 1.2) if size else np.zeros(people)
    mood, shock = rng.normal(0, 0.5, people), np.zeros(people)
    trained = np.full(people, -1)
    score, untreated = np.full((people, quarters), np.nan), np.full((people, quarters), np.nan)
    eligible = np.zeros((people, quarters), bool)
    last = np.full(people, np.nan)
    for quarter in range(quarters):
        mood = 0.75 * mood + rng.normal(0, 0.5 * np.sqrt(1 - 0.75**2), people)
        shock = 0.5 * shock - rng.binomial(1, 0.03, people) * rng.gamma(2, 0.75, people)
        if quarter >= FIRST_TRAINING:
            open_to = trained < 0
            cut = np.nanquantile(last[open_to], 0.12)
            eligible[:, quarter] = open_to & (last <= cut)
            logit = np.log(chance / (1 - chance)) - hunch * (mood + shock + 0.3) / 0.6
            seated = eligible[:, quarter] & (rng.random(people) < 1 / (1 + np.exp(-logit)))
            trained[seated] = quarter
        since = np.where(trained >= 0, quarter - trained, 0)
        lift = gain * np.where(trained >= 0, np.asarray(PATH)[np.minimum(since, 7)], 0)
        noise = rng.normal(0, 8.5 * 0.43, people)
        seen = rng.random(people) >= missing
        untreated[:, quarter] = np.where(seen, 100 + POINTS * (ability + mood + shock) + noise, np.nan)
        score[:, quarter] = untreated[:, quarter] + POINTS * lift
        last = np.where(seen, score[:, quarter], last)
    return SimulatedTraining(
        TrialPanel(score, eligible, trained, cluster, np.where(eligible, 1 + stratum[:, None], 0)), untreated
    )
