"""The long evidence: on 70,000 people the model is as good as it can be, and no better."""

from collections.abc import Mapping

import numpy as np
import pytest

from ml import artefact, baselines, design, features, logistic, metrics
from ml.panel import Floats
from ml.population import bounds, generator
from ml.population import panel as seen
from ml.population.settings import Settings

TEST = 10
CAPACITY = 0.05


def measured(seed: int) -> Mapping[str, float]:
    """Figures at cut-off 10, outcome in quarter 11, of a world in which nobody is trained."""
    province = generator.draw(Settings(employees=70_000, seed=seed, training=False))
    panel = seen.panel(province)
    rows = design.rows(panel, design.cutoffs(12), 90.0)
    strength = logistic.choose(rows.up_to(6), features.NAMES)
    model = logistic.fit(rows.up_to(TEST - 1), features.NAMES, strength)
    test = rows.at(TEST)
    predicted = artefact.predict(model, test.inputs)
    kalman = bounds.kalman(province.observed.score, province.truth.season)[test.index, TEST]
    oracle = province.truth.oracle[test.index, TEST]
    rules = [-rule(panel, TEST)[test.index] for rule in baselines.RULES.values()]
    return {
        "model": metrics.auc(test.low, predicted),
        "kalman": metrics.auc(test.low, kalman),
        "oracle": metrics.auc(test.low, oracle),
        "last": metrics.auc(test.low, rules[0]),
        "mean": metrics.auc(test.low, rules[1]),
        "model P": precision(test, predicted),
        "kalman P": precision(test, kalman),
        "error": metrics.calibration_error(test.low, predicted),
    }


def precision(test: design.Rows, score: Floats) -> float:
    """Precision at capacity."""
    made = metrics.ranking(test.low, score, np.arange(len(score)), CAPACITY, replicates=0)
    return made["PRECISION_AT_CAPACITY"].value


@pytest.mark.long
@pytest.mark.parametrize("seed", [7, 8, 9])
def test_the_model_lies_between_its_bounds(seed: int) -> None:
    got = measured(seed)
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
