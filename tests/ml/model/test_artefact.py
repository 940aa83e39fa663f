"""A model is plain JSON: the same after a journey, and guarded by its hash."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.model import artefact
from ml.model.artefact import Artefact


def build_artefact(**changes: Any) -> Artefact:
    plain = Artefact(
        kind="LOGISTIC",
        names=("a", "b"),
        means=(1.0, -2.0),
        scales=(2.0, 0.5),
        coefficients=(0.3, -0.7),
        low=(-3.0, -4.0),
        high=(5.0, 0.0),
        intercept=-1.25,
        covariance=((0.04, 0.0, 0.0), (0.0, 0.01, 0.002), (0.0, 0.002, 0.09)),
        drift=0.02,
        base_rate=0.1,
        rows=500,
        strength=0.01,
    )
    return replace(plain, **changes)


def test_it_comes_back_from_json_as_it_was() -> None:
    first = build_artefact(intercept=1 / 3, drift=-0.0)
    document = json.loads(json.dumps(artefact.dump_artefact(first)))
    assert artefact.load_artefact(document) == replace(first, drift=0.0)
    assert artefact.hash_artefact(document) == artefact.hash_artefact(artefact.dump_artefact(first))


def test_the_hash_knows_no_order_of_keys_but_every_digit() -> None:
    document = artefact.dump_artefact(build_artefact())
    assert artefact.hash_artefact(dict(reversed(document.items()))) == artefact.hash_artefact(document)
    assert artefact.hash_artefact(
        artefact.dump_artefact(build_artefact(intercept=-1.2500000000000002))
    ) != artefact.hash_artefact(document)


def test_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match="a model of format 2 cannot be read; this is format 1"):
        artefact.load_artefact({**artefact.dump_artefact(build_artefact()), "format": 2})


def test_weights_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="a model of 2 inputs has weights for another number"):
        artefact.load_artefact({**artefact.dump_artefact(build_artefact()), "means": [1.0]})


def test_probability_by_hand() -> None:
    logit = -1.25 + 0.3 * (3.0 - 1.0) / 2.0 - 0.7 * (-1.0 + 2.0) / 0.5
    made = artefact.predict_probabilities(build_artefact(), np.array([[3.0, -1.0]]))
    assert made[0] == pytest.approx(1 / (1 + np.exp(-logit)), rel=1e-15)


def test_uncertainty_grows_away_from_observed_inputs() -> None:
    at_mean, far = artefact.compute_logit_errors(build_artefact(), np.array([[1.0, -2.0], [5.0, -2.0]]))
    assert at_mean == pytest.approx(np.sqrt(0.04 + 0.02))
    assert far == pytest.approx(np.sqrt(0.04 + 4 * 0.01 + 0.02))


def test_unfamiliar_is_well_beyond_the_range_of_what_counts() -> None:
    rows = np.array([[5.9, -1.0], [6.1, -1.0], [0.0, 0.3]])
    assert artefact.find_unfamiliar_inputs(build_artefact(), rows).tolist() == [False, True, True]
    assert artefact.find_unfamiliar_inputs(build_artefact(coefficients=(0.0, -0.7)), rows).tolist() == [
        False,
        False,
        True,
    ]


@settings(deadline=None)  # a busy machine is no failure
@given(st.floats(-800, 800))
def test_the_logistic_curve_neither_overflows_nor_leaves_its_range(logit: float) -> None:
    made = float(artefact.expit(np.array([logit]))[0])
    assert 0.0 <= made <= 1.0
    assert made == pytest.approx(1.0 - float(artefact.expit(np.array([-logit]))[0]), abs=1e-15)
