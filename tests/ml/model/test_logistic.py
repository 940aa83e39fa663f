"""The fit is scikit-learn's, its probabilities exact, its penalty chosen by the past alone."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from ml.model import artefact, features, fit_rows, logistic
from ml.model.fit_rows import FitRows
from ml.panel import Bools, Floats, RiskPanel


def build_random_table(n: int, seed: int) -> tuple[Floats, Bools]:
    random = np.random.default_rng(seed)
    inputs = random.normal([5.0, -3.0, 0.0], [2.0, 0.1, 1.0], (n, 3))
    logit = -1.0 + 0.8 * (inputs[:, 0] - 5.0) / 2.0 - 0.5 * (inputs[:, 1] + 3.0) / 0.1
    return inputs, random.random(n) < artefact.expit(logit)


@pytest.fixture(scope="module")
def rows(busy: RiskPanel) -> FitRows:
    return fit_rows.collect_fit_rows(busy, range(3, 9), 90.0)


def test_probabilities_are_those_of_the_library(rows: FitRows) -> None:
    model = logistic.fit_logistic(rows, features.FEATURE_NAMES, 0.01)
    varies = np.ptp(rows.inputs, axis=0) > 0
    scaled = (rows.inputs[:, varies] - rows.inputs[:, varies].mean(axis=0)) / rows.inputs[:, varies].std(axis=0)
    library = LogisticRegression(C=0.01, solver="lbfgs", max_iter=2000, tol=1e-10).fit(scaled, rows.low)
    assert artefact.predict_probabilities(model, rows.inputs) == pytest.approx(
        library.predict_proba(scaled)[:, 1], abs=1e-6
    )


def test_mean_probability_is_the_base_rate(rows: FitRows) -> None:
    model = logistic.fit_logistic(rows, features.FEATURE_NAMES, 0.01)
    assert artefact.predict_probabilities(model, rows.inputs).mean() == pytest.approx(rows.low.mean(), abs=1e-9)
    assert model.base_rate == rows.low.mean()


def test_an_input_that_never_varies_has_no_weight() -> None:
    inputs, low = build_random_table(400, 1)
    inputs[:, 2] = 4.2
    model = logistic.fit_table(inputs, low, ("a", "b", "c"), 1.0)
    assert model.coefficients[2] == 0.0
    changed = inputs.copy()
    changed[:, 2] = 9.9
    assert np.array_equal(
        artefact.predict_probabilities(model, inputs), artefact.predict_probabilities(model, changed)
    )
    assert not artefact.find_unfamiliar_inputs(model, changed).any()


def test_one_outcome_cannot_be_learnt_from() -> None:
    inputs, _ = build_random_table(50, 1)
    with pytest.raises(ValueError, match="needs both outcomes"):
        logistic.fit_table(inputs, np.zeros(50, np.bool_), ("a", "b", "c"), 1.0)


def test_the_covariance_is_that_of_repeated_samples() -> None:
    fits = [logistic.fit_table(*build_random_table(2000, seed), ("a", "b", "c"), 1e6) for seed in range(80)]
    actual = np.std([[fit.intercept, *fit.coefficients] for fit in fits], axis=0, ddof=1)
    claimed = np.sqrt(np.mean([np.diag(np.array(fit.covariance)) for fit in fits], axis=0))
    assert claimed == pytest.approx(actual, rel=0.3)


def test_repeating_a_persons_rows_does_not_make_the_model_surer() -> None:
    inputs, low = build_random_table(500, 3)
    once = logistic.fit_table(inputs, low, ("a", "b", "c"), 1e6)
    doubled = (np.repeat(inputs, 2, axis=0), np.repeat(low, 2), ("a", "b", "c"), 1e6)
    clustered = logistic.fit_table(*doubled, cluster=np.repeat(np.arange(500), 2))
    naive = logistic.fit_table(*doubled)
    assert np.array(clustered.covariance) == pytest.approx(np.array(once.covariance), rel=1e-3, abs=1e-7)
    assert naive.covariance[1][1] < 0.6 * once.covariance[1][1]


def test_the_penalty_is_chosen_before_the_first_test_quarter(rows: FitRows) -> None:
    past = rows.rows_up_to(5)
    lies = replace(rows, low=np.where(rows.cutoff > 5, ~rows.low, rows.low))
    assert np.array_equal(lies.rows_up_to(5).inputs, past.inputs)
    assert logistic.choose_strength(past, features.FEATURE_NAMES) == logistic.choose_strength(
        lies.rows_up_to(5), features.FEATURE_NAMES
    )


def test_noise_asks_for_a_stronger_penalty_than_a_signal() -> None:
    random = np.random.default_rng(5)
    inputs = random.normal(size=(600, 30))
    cutoff = np.repeat([1, 2, 3], 200)
    strong = inputs[:, 0] * 3.0 > 0
    noise = random.random(600) < 0.3
    names = tuple(f"x{place}" for place in range(30))
    made = [
        logistic.choose_strength(FitRows(inputs, low, np.arange(600), cutoff, 0, 0), names) for low in (noise, strong)
    ]
    assert made[0] < made[1]


def test_without_history_the_usual_penalty_applies(rows: FitRows) -> None:
    assert logistic.choose_strength(rows.rows_at(3), features.FEATURE_NAMES) == logistic.USUAL_STRENGTH


def test_a_model_is_the_same_every_time(rows: FitRows) -> None:
    first, second = (
        artefact.dump_artefact(logistic.fit_logistic(rows, features.FEATURE_NAMES, 0.01)) for _ in range(2)
    )
    assert artefact.hash_artefact(first) == artefact.hash_artefact(second)
