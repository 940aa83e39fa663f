"""Errors and intervals against brute force and against SciPy."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from training.improvement import inference
from training.improvement.facts import Estimate


@pytest.mark.parametrize("probability", [0.95, 0.975, 0.9875, 0.995])
@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 9, 30, 1_000])
def test_quantiles_are_students(probability: float, freedom: int) -> None:
    close = 0.03 if freedom == 3 else 0.008
    assert inference.student_t_quantile(probability, freedom) == pytest.approx(
        stats.t.ppf(probability, freedom), rel=close
    )


@given(
    st.lists(st.tuples(st.floats(-5, 5), st.integers(0, 6)), min_size=2, max_size=60).filter(
        lambda rows: len({cluster for _, cluster in rows}) > 1
    )
)
def test_the_error_adds_up_clusters_before_it_squares(rows: list[tuple[float, int]]) -> None:
    sums: dict[int, float] = {}
    for influence, cluster in rows:
        sums[cluster] = sums.get(cluster, 0.0) + influence
    number = len(sums)
    expected = math.sqrt(number / (number - 1) * sum(each**2 for each in sums.values()))
    found = inference.estimate_clustered(1.5, np.array([row[0] for row in rows]), np.array([row[1] for row in rows]))
    assert found.error == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert (found.value, found.clusters) == (1.5, number)


def test_copies_of_a_person_in_one_cluster_add_no_information() -> None:
    rng = np.random.default_rng(5)
    sample = rng.normal(size=40)
    once = inference.estimate_clustered(0, (sample - sample.mean()) / 40, np.arange(40))
    copied = np.repeat((sample - sample.mean()) / 80, 2)
    assert inference.estimate_clustered(0, copied, np.repeat(np.arange(40), 2)).error == pytest.approx(once.error)
    assert inference.estimate_clustered(0, copied, np.arange(80)).error < 0.75 * once.error


def test_one_cluster_gives_no_error_and_so_no_bounds() -> None:
    alone = inference.estimate_clustered(3.0, np.array([0.5, -0.5]), np.array([7, 7]))
    assert alone.error == math.inf
    assert inference.confidence_interval(alone) == (-math.inf, math.inf)


def test_intervals_are_wider_for_fewer_clusters_and_higher_levels() -> None:
    low, high = inference.confidence_interval(Estimate(2.0, 1.0, 5_000))
    assert (low, high) == pytest.approx((2 - 1.9604, 2 + 1.9604), abs=1e-3)
    few = inference.confidence_interval(Estimate(2.0, 1.0, 5))
    assert few[0] < low
    assert few[1] > high
    assert inference.confidence_interval(Estimate(2.0, 1.0, 5_000), 0.9)[1] == pytest.approx(2 + 1.6452, abs=1e-3)
