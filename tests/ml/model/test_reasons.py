"""Reasons add up to the logit, speak against peers, and do not contradict the figures they show."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from domain.risk.drivers import DRIVER_MEANINGS, Driver
from domain.risk.facts import Help, ModelKind
from ml.model import artefact, features, fit_rows, inputs, logistic, reasons
from ml.model.artefact import Artefact
from ml.model.reasons import MICROS_PER_LOGIT, Explanation
from ml.panel import Ints, RiskPanel


@pytest.fixture(scope="module")
def model(quiet: RiskPanel) -> Artefact:
    return logistic.fit_logistic(fit_rows.collect_fit_rows(quiet, range(3, 10), 90.0), features.FEATURE_NAMES, 0.01)


@pytest.fixture(scope="module")
def people(quiet: RiskPanel) -> Ints:
    return np.flatnonzero(quiet.active[:, 10])


@pytest.fixture(scope="module")
def why(quiet: RiskPanel, model: Artefact, people: Ints) -> Explanation:
    table = features.build_features(quiet, 10)[0][people]
    return reasons.explain_logits(model, features.FEATURES, quiet, 10, table, people)


def test_base_and_terms_are_the_logit_to_six_decimals(
    quiet: RiskPanel, model: Artefact, people: Ints, why: Explanation
) -> None:
    exact = artefact.compute_logits(model, features.build_features(quiet, 10)[0][people])
    assert np.array_equal(why.logit, why.base + why.terms.sum(axis=1))
    # Each of the rounded parts may be off by half a millionth.
    assert np.abs(why.logit / MICROS_PER_LOGIT - exact).max() <= 0.5e-6 * (len(why.drivers) + 1) + 1e-9


def test_peers_of_one_kind_share_a_base_and_their_terms_cancel(
    quiet: RiskPanel, people: Ints, why: Explanation
) -> None:
    kind = quiet.position_kind[people]
    for code in np.unique(kind):
        mine = kind == code
        if mine.sum() >= reasons.LEAST_PEERS:
            assert np.ptp(why.base[mine]) == 0
            assert np.abs(why.terms[mine].mean(axis=0)).max() <= 1.0


def test_few_holders_of_a_kind_are_compared_with_everybody(quiet: RiskPanel, model: Artefact, people: Ints) -> None:
    kind = np.zeros(len(quiet.person), np.int64)
    kind[people[:5]] = 1
    table = features.build_features(quiet, 10)[0][people]
    made = reasons.explain_logits(model, features.FEATURES, replace(quiet, position_kind=kind), 10, table, people)
    expected = model.intercept + (table.mean(axis=0) - np.array(model.means)) @ model.weights
    assert made.base[0] == pytest.approx(expected * MICROS_PER_LOGIT, abs=1)


def test_what_is_the_same_for_all_explains_nobody(why: Explanation) -> None:
    assert not why.terms[:, why.drivers.index(Driver.SEASON)].any()


def test_the_figure_of_results_lies_below_the_peers_exactly_when_it_raises_risk(why: Explanation) -> None:
    for driver in (Driver.RESULTS, Driver.BEHAVIOUR):
        place = why.drivers.index(driver)
        gap = why.own_figures[:, place] - why.peer_figures[:, place]
        clear = np.abs(why.terms[:, place]) > 10
        assert np.array_equal(gap[clear] < 0, why.terms[clear, place] > 0)


def test_named_drivers_agree_with_their_figures(why: Explanation) -> None:
    named = why.select_named_drivers()
    assert named.any(axis=1).mean() > 0.99
    assert named.sum(axis=1).max() <= reasons.MOST_DRIVERS
    for place, driver in enumerate(why.drivers):
        gap = (why.own_figures - why.peer_figures)[named[:, place], place]
        risk = why.terms[named[:, place], place]
        assert (np.sign(risk) == np.sign(gap) * (1 if reasons.WORSE_ABOVE[driver] else -1)).all()


def test_no_unnamed_driver_outweighs_a_named_driver(why: Explanation) -> None:
    named = why.select_named_drivers()
    least = np.where(named, np.abs(why.terms), np.iinfo(np.int64).max).min(axis=1)
    above = np.array([reasons.WORSE_ABOVE[driver] for driver in why.drivers])
    told = np.sign(why.terms) == np.sign(why.own_figures - why.peer_figures) * np.where(above, 1, -1)
    full = named.sum(axis=1) == reasons.MOST_DRIVERS
    rest = np.where(told & ~named, np.abs(why.terms), 0).max(axis=1)
    assert (rest[full] <= least[full]).all()
    assert (rest[~full] < reasons.LEAST_TERM).all()


def test_raw_figures_are_the_persons_own(quiet: RiskPanel, people: Ints, why: Explanation) -> None:
    place = why.drivers.index(Driver.ATTENDANCE)
    assert np.array_equal(why.own_figures[:, place], quiet.late_last_month[people, 10], equal_nan=True)


@settings(deadline=None)  # a busy machine is no failure
@given(
    terms=arrays.arrays(np.int64, (4, 4), elements=st.integers(-900_000, 900_000)),
    gaps=arrays.arrays(np.float64, (4, 4), elements=st.sampled_from([-1.0, 0.0, 1.0, np.nan])),
)
def test_hindered_is_whose_greatest_named_cause_is_a_hindrance(
    terms: Ints, gaps: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
) -> None:
    drivers = (Driver.RESULTS, Driver.TEAM, Driver.ATTENDANCE, Driver.APPRAISER)
    made = Explanation(drivers, terms, gaps, np.zeros((4, 4)), np.zeros(4, np.int64))
    for person, hindered in enumerate(made.select_hindered().tolist()):
        causes = {
            driver: terms[person, place]
            for place, driver in enumerate(drivers)
            if made.select_named_drivers()[person, place] and terms[person, place] > 0 and place in {1, 2}
        }
        expected = bool(causes) and DRIVER_MEANINGS[max(causes, key=lambda d: causes[d])].help is Help.HINDERED
        assert hindered == expected or len(set(causes.values())) < len(causes)


def test_a_rule_explains_itself_by_its_score(quiet: RiskPanel, people: Ints) -> None:
    kind = ModelKind.LAST_SCORE
    model = logistic.fit_logistic(
        fit_rows.collect_fit_rows(quiet, [3, 4], 90.0, kind), inputs.list_input_names(kind), 0.01, kind
    )
    table = inputs.build_inputs(kind, quiet, 10)[people]
    made = reasons.explain_logits(model, inputs.select_features(kind), quiet, 10, table, people)
    assert made.drivers == (Driver.SCORE,)
    assert np.array_equal(made.own_figures[:, 0], table[:, 0])
    assert (made.terms[made.own_figures[:, 0] < made.peer_figures[:, 0] - 1, 0] > 0).all()
