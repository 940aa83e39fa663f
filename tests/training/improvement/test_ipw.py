"""Who stays stands for who left, and controls weigh as much as the treated of their own lottery."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.improvement import ipw
from training.improvement.facts import TrialPanel


def eight_people() -> TrialPanel:
    """Two lotteries in period 1: of the first one of four is trained, of the second both of two; two stay aside."""
    eligible = np.zeros((8, 3), bool)
    eligible[:6, 1] = True
    lottery = np.zeros((8, 3), int)
    lottery[:4, 1], lottery[4:6, 1] = 1, 2
    trained = np.array([1, -1, -1, 2, 1, 1, -1, -1])
    return TrialPanel(np.full((8, 3), 100.0), eligible, trained, np.arange(8), lottery)


def test_the_chance_of_staying_is_counted_within_period_and_lottery() -> None:
    stay = ipw.stay_probabilities(eight_people())
    assert stay[:, 0].tolist() == [1.0] * 8
    assert stay[:, 1].tolist() == [0.75, 0.75, 0.75, 0.75, 0.0, 0.0, 1.0, 1.0]
    assert stay[[1, 2, 3, 6, 7], 2].tolist() == [0.8] * 5
    assert stay[[0, 4, 5], 2].tolist() == [1.0] * 3


def test_one_lottery_keeps_its_own_chance() -> None:
    assert ipw.shrink_to_common(np.array([3.0]), np.array([7.0])).tolist() == [3 / 7]


def test_lotteries_that_differ_by_chance_alone_share_one_chance() -> None:
    rng = np.random.default_rng(1)
    number = rng.integers(1, 12, 3_000).astype(float)
    found = ipw.shrink_to_common(rng.binomial(number.astype(int), 0.4).astype(float), number)
    assert found == pytest.approx(0.4, abs=0.05)


def test_large_lotteries_that_really_differ_keep_their_own_chances() -> None:
    rng = np.random.default_rng(2)
    number, chance = np.full(200, 400.0), rng.choice([0.2, 0.7], 200)
    leaving = rng.binomial(400, chance).astype(float)
    assert ipw.shrink_to_common(leaving, number) == pytest.approx(leaving / number, abs=0.01)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=30))
def test_a_chance_is_a_chance_between_its_own_and_that_of_all(rows: list[tuple[int, int]]) -> None:
    number = np.array([float(a + b) for a, b in rows])
    leaving = np.array([float(a) for a, _ in rows])
    found = ipw.shrink_to_common(leaving, number)
    common = leaving.sum() / max(number.sum(), 1)
    own = np.divide(leaving, number, out=np.full(len(rows), common), where=number > 0)
    assert np.all(found >= np.minimum(own, common) - 1e-9)
    assert np.all(found <= np.maximum(own, common) + 1e-9)


def test_the_weight_is_the_inverse_chance_after_the_trial_and_not_in_it() -> None:
    stay = np.array([[0.9, 0.5, 0.5, 0.8], [1.0, 1.0, 0.0, 1.0]])
    assert ipw.inverse_stay_weights(stay, 1, 1).tolist() == [1.0, 1.0]
    assert ipw.inverse_stay_weights(stay, 1, 0).tolist() == [1.0, 1.0]
    assert ipw.inverse_stay_weights(stay, 1, 3).tolist() == pytest.approx([2.5, 0.0])
    assert ipw.inverse_stay_weights(stay, 0, 1).tolist() == [2.0, 1.0]


@given(st.lists(st.tuples(st.floats(0.1, 9), st.booleans(), st.integers(0, 5)), min_size=1, max_size=60))
def test_controls_count_as_many_as_the_treated_of_their_trial(rows: list[tuple[float, bool, int]]) -> None:
    treated, trial = np.array([float(row[1]) for row in rows]), np.array([row[2] for row in rows])
    weight = np.where(treated == 1, 1.0, [row[0] for row in rows])
    found = ipw.balance_weights(weight, treated, trial)
    for name in range(6):
        mine, theirs = (trial == name) & (treated == 1), (trial == name) & (treated == 0)
        if mine.any() and theirs.any():
            assert found[mine].tolist() == [1.0] * mine.sum()
            assert found[theirs].sum() == pytest.approx(mine.sum())
            assert np.ptp(found[theirs] / weight[theirs]) == pytest.approx(0, abs=1e-9)
        else:
            assert not found[trial == name].any()


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 4)), min_size=1, max_size=40))
def test_the_untrained_of_a_lottery_stand_for_its_trained(rows: list[tuple[bool, bool, int]]) -> None:
    treated, counted, lottery = (np.array(column) for column in zip(*rows, strict=True))
    found = ipw.odds_weights(treated, counted, lottery)
    for name in range(5):
        mine, theirs = (lottery == name) & treated, (lottery == name) & ~treated
        assert found[mine].tolist() == [float(theirs.any())] * mine.sum()
        if theirs.any():
            assert found[theirs].sum() == pytest.approx((mine & counted).sum())
