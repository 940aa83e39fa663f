"""The bounds: calibrated, in their order, and made of the generator's own numbers."""

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics

from ml.synthetic import generator, optimal_bounds
from ml.synthetic import parameters as p
from ml.synthetic.province import Floats, Province
from ml.synthetic.quarter import hidden_states
from ml.synthetic.settings import GeneratorSettings


@pytest.fixture(scope="module")
def untrained() -> Province:
    return generator.generate_province(GeneratorSettings(employees=12_000, seed=7, training=False))


def collect_recorded_outcomes(province: Province, column: int) -> tuple[Floats, Floats, Floats]:
    """Of those whose next score is known: low or not, the oracle's risk, the filter's risk."""
    score = province.observed.score
    seen = ~np.isnan(score[:, column + 1])
    filtered = optimal_bounds.forecast_by_kalman_filter(score, province.truth.season)
    low = (score[seen, column + 1] < p.LOW).astype(np.float64)
    return low, province.truth.oracle[seen, column], filtered[seen, column]


def test_the_oracle_is_calibrated_in_every_fifth(untrained: Province) -> None:
    low, oracle, _ = collect_recorded_outcomes(untrained, 10)
    for part in np.array_split(np.argsort(oracle), 5):
        expected, variance = oracle[part].mean(), (oracle[part] * (1 - oracle[part])).sum() / len(part) ** 2
        # Who does badly goes missing more often, which lowers what is left by at most a twentieth.
        assert abs(low[part].mean() - expected) < 4 * np.sqrt(variance) + 0.05 * expected


def test_the_filter_is_calibrated_over_all(untrained: Province) -> None:
    low, _, filtered = collect_recorded_outcomes(untrained, 10)
    assert filtered.mean() == pytest.approx(low.mean(), abs=0.01)


def test_more_knowledge_ranks_better(untrained: Province) -> None:
    low, oracle, filtered = collect_recorded_outcomes(untrained, 10)
    score = untrained.observed.score
    seen = ~np.isnan(score[:, 11])
    last = np.where(np.isnan(score[seen, 10]), 100, score[seen, 10])
    ranked = [float(metrics.roc_auc_score(low, risk)) for risk in (oracle, filtered, -last)]
    assert ranked[0] > ranked[1] + 0.01
    assert ranked[1] > ranked[2] + 0.01


def test_shocks_have_the_moments_of_their_law() -> None:
    drawn = hidden_states.draw_transient_states(3, 60_000, 2).shock
    new = 0.5 * drawn[:, 0] - drawn[:, 1]
    first, second = optimal_bounds.SHOCK_MOMENTS
    assert (new > 1e-12).mean() == pytest.approx(p.SHOCK_RATE, abs=0.003)
    assert new.mean() == pytest.approx(first, abs=0.005)
    assert (new**2).mean() == pytest.approx(second, abs=0.015)


def test_twelve_sizes_stand_for_the_gamma_law() -> None:
    law = stats.gamma(p.SHOCK_SHAPE, scale=p.SHOCK_SCALE)
    assert np.allclose(law.cdf(optimal_bounds.SHOCK_SIZES), (np.arange(12) + 0.5) / 12)


def test_without_shocks_ahead_the_oracle_is_the_normal_law() -> None:
    far = optimal_bounds.forecast_from_latents(np.array([-500.0, 90.0, 500.0]))
    assert far[0] == pytest.approx(1)
    assert far[1] == pytest.approx((1 - p.SHOCK_RATE) * 0.5 + p.SHOCK_RATE, abs=0.01)
    assert far[2] == pytest.approx(0)


def test_the_moods_of_a_person_keep_their_spread_and_memory() -> None:
    mood = hidden_states.draw_transient_states(1, 60_000, 6).mood
    assert mood.std(axis=0) == pytest.approx(np.full(6, p.SD_MOOD), abs=0.01)
    assert np.corrcoef(mood[:, 4], mood[:, 5])[0, 1] == pytest.approx(p.MOOD_MEMORY, abs=0.01)


def test_a_missing_score_leaves_the_filter_where_it_was() -> None:
    season = hidden_states.compute_season_effects(3, None)
    one = np.array([[95.0, np.nan, 80.0], [95.0, 95.0, 80.0]])
    risk = optimal_bounds.forecast_by_kalman_filter(one, season)
    assert risk[0, 0] == risk[1, 0]
    assert risk[0, 1] != risk[1, 1]
    nothing = optimal_bounds.forecast_by_kalman_filter(np.full((1, 3), np.nan), season)
    assert np.isfinite(nothing).all()
