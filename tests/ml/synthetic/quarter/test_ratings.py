"""Ratings of many at once are those of the domain's rules."""

from decimal import Decimal

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from domain.evaluation import rules
from domain.evaluation.facts import Regulation
from ml.synthetic.province import Province
from ml.synthetic.quarter import ratings


@given(results_cents=st.integers(0, 12_000), behaviour_cents=st.integers(0, 12_000))
def test_a_pair_of_indices_is_rated_as_the_rule_rates_it(
    regulation: Regulation, results_cents: int, behaviour_cents: int
) -> None:
    results = ratings.rate_indices(np.array([results_cents / 100]), regulation.results)
    behaviour = ratings.rate_indices(np.array([behaviour_cents / 100]), regulation.behaviour)
    first = rules.rate_index(Decimal(results_cents) / 100, regulation.results)
    second = rules.rate_index(Decimal(behaviour_cents) / 100, regulation.behaviour)
    assert (ratings.RATING_CODES[results[0]], ratings.RATING_CODES[behaviour[0]]) == (first, second)
    mine = ratings.derive_predikat_codes(results, behaviour, regulation.matrix)
    assert ratings.PREDIKAT_CODES[mine[0]] is rules.predikat(first, second, regulation)


def test_a_missing_index_has_no_rating(regulation: Regulation) -> None:
    nothing = ratings.rate_indices(np.array([np.nan]), regulation.results)
    assert nothing.tolist() == [-1]
    assert ratings.derive_predikat_codes(nothing, np.array([0], dtype=np.int8), regulation.matrix).tolist() == [-1]


def test_the_province_is_rated_as_the_nation_is(province: Province, regulation: Regulation) -> None:
    rated = ratings.derive_predikat_codes(
        ratings.rate_indices(province.observed.results, regulation.results),
        ratings.rate_indices(province.observed.behaviour, regulation.behaviour),
        regulation.matrix,
    )
    shares = np.bincount(rated[rated >= 0], minlength=5) / (rated >= 0).sum()
    assert abs(shares[0] - 0.111) < 0.03
    assert abs(shares[2:].sum() - 0.003) < 0.002
