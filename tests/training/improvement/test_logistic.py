"""Newton's logistic regression against scikit-learn, and where no fit exists."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from training.improvement import logistic


@pytest.mark.parametrize("seed", range(4))
def test_it_fits_as_scikit_learn_does(seed: int) -> None:
    rng = np.random.default_rng(seed)
    covariates = rng.normal(size=(600, 3)) * [1, 1e4, 0.01] + [0, 2e4, 5]
    slopes = np.array([0.8, -1e-4, 40.0])
    treated = (rng.random(600) < 1 / (1 + np.exp(-(covariates - [0, 2e4, 5]) @ slopes))).astype(float)
    scaled = (covariates - covariates.mean(axis=0)) / covariates.std(axis=0)
    reference = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1_000).fit(scaled, treated)
    assert logistic.fit_probabilities(covariates, treated) == pytest.approx(
        reference.predict_proba(scaled)[:, 1], abs=1e-5
    )


def test_the_fitted_chances_add_up_to_the_treated() -> None:
    rng = np.random.default_rng(1)
    covariates, treated = rng.normal(size=(300, 2)), (rng.random(300) < 0.3).astype(float)
    fitted = logistic.fit_probabilities(covariates, treated)
    assert fitted.sum() == pytest.approx(treated.sum(), abs=1e-3)
    assert covariates.T @ (treated - fitted) == pytest.approx(0, abs=1e-2)


def test_columns_that_repeat_or_never_vary_do_no_harm() -> None:
    rng = np.random.default_rng(2)
    column, treated = rng.normal(size=(300, 1)), (rng.random(300) < 0.4).astype(float)
    wide = np.hstack([column, 2 * column, np.ones((300, 1))])
    assert logistic.fit_probabilities(wide, treated) == pytest.approx(
        logistic.fit_probabilities(column, treated), abs=1e-6
    )


def test_groups_that_do_not_overlap_are_refused() -> None:
    column = np.linspace(-1, 1, 200)[:, None]
    with pytest.raises(ValueError, match="apart"):
        logistic.fit_probabilities(column, (column[:, 0] > 0).astype(float))
