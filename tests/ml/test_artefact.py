"""A model is plain JSON: the same after a journey, and guarded by its hash."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml import artefact
from ml.artefact import Artefact


def model(**changes: Any) -> Artefact:
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
    first = model(intercept=1 / 3, drift=-0.0)
    document = json.loads(json.dumps(artefact.dump(first)))
    assert artefact.load(document) == replace(first, drift=0.0)
    assert artefact.sha256(document) == artefact.sha256(artefact.dump(first))


def test_the_hash_knows_no_order_of_keys_but_every_digit() -> None:
    document = artefact.dump(model())
    assert artefact.sha256(dict(reversed(document.items()))) == artefact.sha256(document)
    assert artefact.sha256(artefact.dump(model(intercept=-1.2500000000000002))) != artefact.sha256(document)


def test_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match="a model of format 2 cannot be read; this is format 1"):
        artefact.load({**artefact.dump(model()), "format": 2})


def test_weights_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="a model of 2 inputs has weights for another number"):
        artefact.load({**artefact.dump(model()), "means": [1.0]})


def test_probability_by_hand() -> None:
    logit = -1.25 + 0.3 * (3.0 - 1.0) / 2.0 - 0.7 * (-1.0 + 2.0) / 0.5
    made = artefact.predict(model(), np.array([[3.0, -1.0]]))
    assert made[0] == pytest.approx(1 / (1 + np.exp(-logit)), rel=1e-15)


def test_uncertainty_grows_away_from_what_was_seen() -> None:
    at_mean, far = artefact.uncertainty(model(), np.array([[1.0, -2.0], [5.0, -2.0]]))
    assert at_mean == pytest.approx(np.sqrt(0.04 + 0.02))
    assert far == pytest.approx(np.sqrt(0.04 + 4 * 0.01 + 0.02))


def test_unfamiliar_is_well_beyond_the_range_of_what_counts() -> None:
    rows = np.array([[5.9, -1.0], [6.1, -1.0], [0.0, 0.3]])
    assert artefact.unfamiliar(model(), rows).tolist() == [False, True, True]
    assert artefact.unfamiliar(model(coefficients=(0.0, -0.7)), rows).tolist() == [False, False, True]


@settings(deadline=None)  # a busy machine is no failure
@given(st.floats(-800, 800))
def test_the_logistic_curve_neither_overflows_nor_leaves_its_range(logit: float) -> None:
    made = float(artefact.expit(np.array([logit]))[0])
    assert 0.0 <= made <= 1.0
    assert made == pytest.approx(1.0 - float(artefact.expit(np.array([-logit]))[0]), abs=1e-15)
