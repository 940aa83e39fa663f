"""The long evidence: on 70,000 people the model is as good as it can be, and no better."""

from collections.abc import Mapping

import numpy as np
import pytest

from ml.model import artefact, baselines, features, fit_rows, logistic
from ml.panel import Floats
from ml.synthetic import generated_panel as seen
from ml.synthetic import generator, optimal_bounds
from ml.synthetic.settings import GeneratorSettings
from ml.validation import metrics

TEST_COLUMN = 10
TEST_CAPACITY = 0.05


def measure_bounds(seed: int) -> Mapping[str, float]:
    """Figures at cut-off 10, outcome in quarter 11, of a world in which nobody is trained."""
    province = generator.generate_province(GeneratorSettings(employees=70_000, seed=seed, training=False))
    panel = seen.build_generated_panel(province)
    rows = fit_rows.collect_fit_rows(panel, fit_rows.list_cutoffs(12), 90.0)
    strength = logistic.choose_strength(rows.rows_up_to(6), features.FEATURE_NAMES)
    model = logistic.fit_logistic(rows.rows_up_to(TEST_COLUMN - 1), features.FEATURE_NAMES, strength)
    test = rows.rows_at(TEST_COLUMN)
    predicted = artefact.predict_probabilities(model, test.inputs)
    kalman = optimal_bounds.forecast_by_kalman_filter(province.observed.score, province.truth.season)[
        test.index, TEST_COLUMN
    ]
    oracle = province.truth.oracle[test.index, TEST_COLUMN]
    rules = [-rule(panel, TEST_COLUMN)[test.index] for rule in baselines.BASELINE_RULES.values()]
    return {
        "model": metrics.compute_auc(test.low, predicted),
        "kalman": metrics.compute_auc(test.low, kalman),
        "oracle": metrics.compute_auc(test.low, oracle),
        "last": metrics.compute_auc(test.low, rules[0]),
        "mean": metrics.compute_auc(test.low, rules[1]),
        "model P": compute_precision_at_capacity(test, predicted),
        "kalman P": compute_precision_at_capacity(test, kalman),
        "error": metrics.compute_calibration_error(test.low, predicted),
    }


def compute_precision_at_capacity(test: fit_rows.FitRows, score: Floats) -> float:
    """Precision at capacity."""
    made = metrics.estimate_ranking_metrics(test.low, score, np.arange(len(score)), TEST_CAPACITY, replicates=0)
    return made["PRECISION_AT_CAPACITY"].value


@pytest.mark.long
@pytest.mark.parametrize("seed", [7, 8, 9])
def test_the_model_lies_between_its_bounds(seed: int) -> None:
    got = measure_bounds(seed)
    bars = {
        "AUC ≥ Kalman − .003": got["model"] - got["kalman"] + 0.003,
        "AUC ≥ best rule + .015": got["model"] - max(got["last"], got["mean"]) - 0.015,
        "AUC ≤ oracle + .005": got["oracle"] + 0.005 - got["model"],
        "P@5 % ≥ Kalman − .01": got["model P"] - got["kalman P"] + 0.01,
        "calibration error ≤ .02": 0.02 - got["error"],
    }
    print(f"\nrisk model, 70,000 people, seed {seed}")
    print("  " + "  ".join(f"{name} {value:.3f}" for name, value in got.items()))
    for bar, room in bars.items():
        print(f"  {bar}: {'met' if room >= 0 else 'MISSED'} (room {room:+.4f})")
    assert min(bars.values()) >= 0
