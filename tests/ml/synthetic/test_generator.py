"""The province can be drawn again, grows at its end only, and each switch changes what it names."""

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.synthetic import generator
from ml.synthetic import parameters as p
from ml.synthetic.province import Province, SeatSourceCode
from ml.synthetic.quarter import appraiser_scores
from ml.synthetic.settings import Drift, GeneratorSettings

SMALL_SIZE = 1200
PARTS = ("people", "observed", "training", "truth")


def collect_arrays(province: Province) -> dict[str, Any]:
    """Every array of a province by its dotted name."""
    return {
        f"{part}.{field.name}": getattr(getattr(province, part), field.name)
        for part in PARTS
        for field in fields(getattr(province, part))
    }


def is_equal(one: Any, other: Any) -> bool:
    """Equal to the bit, missing values and names included."""
    if one.dtype == object:
        return list(one) == list(other)
    return one.shape == other.shape and np.ascontiguousarray(one).tobytes() == np.ascontiguousarray(other).tobytes()


def list_changed_arrays(one: Province, other: Province) -> set[str]:
    left, right = collect_arrays(one), collect_arrays(other)
    return {name for name in left if not is_equal(left[name], right[name])}


def generate_small_province(**switches: Any) -> Province:
    return generator.generate_province(GeneratorSettings(employees=SMALL_SIZE, seed=5, **switches))


@pytest.fixture(scope="module")
def usual() -> Province:
    return generate_small_province()


def test_equal_settings_give_equal_bytes(usual: Province) -> None:
    assert list_changed_arrays(usual, generate_small_province()) == set()
    assert usual.organisation == generate_small_province().organisation


def test_another_seed_gives_another_province(usual: Province) -> None:
    other = generator.generate_province(GeneratorSettings(employees=SMALL_SIZE, seed=6))
    kept = {"people.unit", "people.subunit", "training.stratum", "truth.season"}
    assert set(collect_arrays(usual)) - list_changed_arrays(usual, other) == kept


@pytest.mark.parametrize("switches", [{}, {"hunch": 1.5}, {"training": False}, {"drift": Drift("season", 5)}])
def test_a_thirteenth_quarter_changes_no_byte_of_the_first_twelve(switches: dict[str, Any]) -> None:
    short, longer = (
        collect_arrays(generate_small_province(**switches)),
        collect_arrays(generate_small_province(quarters=13, **switches)),
    )
    for name, value in longer.items():
        early = value
        if value.ndim == 2:
            early = value[:, :12]
        elif name == "truth.season":
            early = value[:13]
        elif name == "training.trained_in":
            early = np.where(value == 12, -1, value)
        elif name == "training.source":
            early = np.where(longer["training.trained_in"] == 12, 0, value).astype(np.int8)
        assert is_equal(short[name], early), name


OUTCOME_ARRAYS = {
    "observed.score",
    "observed.results",
    "observed.behaviour",
    "truth.score",
    "truth.score_untrained",
}
LOTTERY_ARRAYS = {f"training.{name}" for name in ("eligible", "draw", "seat", "attended", "trained_in", "source")}
DEPENDENT_ARRAYS = LOTTERY_ARRAYS | {"observed.score", "observed.results", "observed.behaviour", "observed.progress"}
DEPENDENT_ARRAYS |= {"truth.effect", "truth.score", "truth.oracle"}


@pytest.mark.parametrize(
    ("switches", "may_change", "must_change"),
    [
        ({"training": False}, DEPENDENT_ARRAYS, {"training.eligible", "truth.effect"}),
        ({"effect": False}, DEPENDENT_ARRAYS, {"truth.effect", "observed.score"}),
        ({"hunch": 1.5}, DEPENDENT_ARRAYS, {"training.seat"}),
        (
            {"rating_bias": False},
            DEPENDENT_ARRAYS | OUTCOME_ARRAYS | {"truth.bias"},
            {"truth.bias", "observed.score"},
        ),
        (
            {"missing": False},
            DEPENDENT_ARRAYS | {"observed.late_days", "observed.late_last_month", "observed.absence"},
            {"observed.score", "observed.late_days"},
        ),
        (
            {"drift": Drift("season", 6)},
            DEPENDENT_ARRAYS | OUTCOME_ARRAYS | {"truth.season", "truth.base"},
            {"truth.season"},
        ),
        (
            {"drift": Drift("trend", 6)},
            DEPENDENT_ARRAYS | OUTCOME_ARRAYS | {"truth.season", "truth.base"},
            {"truth.season"},
        ),
        ({"drift": Drift("scale", 6)}, DEPENDENT_ARRAYS | OUTCOME_ARRAYS, {"observed.results", "observed.score"}),
        ({"policy_break": 6}, DEPENDENT_ARRAYS | OUTCOME_ARRAYS, {"observed.score"}),
    ],
    ids=lambda value: ",".join(sorted(value)) if isinstance(value, set) else str(value),
)
def test_a_switch_changes_only_what_it_names(
    usual: Province, switches: dict[str, Any], may_change: set[str], must_change: set[str]
) -> None:
    touched = list_changed_arrays(usual, generate_small_province(**switches))
    assert must_change <= touched <= may_change


@pytest.mark.parametrize(
    "switches", [{"drift": Drift("scale", 6)}, {"policy_break": 6}, {"drift": Drift("trend", 6)}]
)
def test_a_break_leaves_the_quarters_before_it_alone(usual: Province, switches: dict[str, Any]) -> None:
    broken = generate_small_province(**switches)
    assert is_equal(usual.observed.score[:, :6], broken.observed.score[:, :6])
    assert not is_equal(usual.observed.score[:, 6], broken.observed.score[:, 6])


def test_each_drift_moves_scores_far_enough_to_be_noticed() -> None:
    """The population stability index of the score between the last quarter before and one after, 10 equal bins."""
    for kind, quarter in (("season", 11), ("trend", 9), ("scale", 8)):
        drifted = generator.generate_province(GeneratorSettings(employees=5000, training=False, drift=Drift(kind, 8)))  # type: ignore[arg-type]
        before, after = drifted.observed.score[:, 7], drifted.observed.score[:, quarter]
        assert compute_stability_index(before, after) > 0.25, kind
    steady = generator.generate_province(GeneratorSettings(employees=5000, training=False))
    assert compute_stability_index(steady.observed.score[:, 7], steady.observed.score[:, 9]) < 0.10


def compute_stability_index(before: Any, after: Any) -> float:
    edges = np.nanquantile(before, np.arange(1, 10) / 10)
    shares = [
        np.bincount(np.digitize(x[~np.isnan(x)], edges), minlength=10) / (~np.isnan(x)).sum() for x in (before, after)
    ]
    return float(np.sum((shares[1] - shares[0]) * np.log(np.maximum(shares[1], 1e-4) / shares[0])))


def test_named_people_are_trained_instead_of_those_drawn(usual: Province) -> None:
    free = np.flatnonzero((usual.training.trained_in < 0) & usual.observed.active[:, 11])[:30]
    trained = np.flatnonzero((usual.training.trained_in >= 0) & (usual.training.trained_in < 11))[:5]
    gone = np.flatnonzero(~usual.observed.active[:, 11] & (usual.training.trained_in < 0))[:5]
    again = generator.generate_province(usual.settings, {11: np.concatenate([free, trained, gone])})
    mine = again.training
    assert np.array_equal(np.flatnonzero(mine.trained_in == 11), free)
    assert set(mine.source[free]) == {SeatSourceCode.ASSIGNED}
    assert np.array_equal(mine.trained_in[trained], usual.training.trained_in[trained])
    assert np.isnan(mine.draw[:, 11]).all()
    assert is_equal(mine.eligible, usual.training.eligible)
    assert is_equal(again.observed.score[:, :11], usual.observed.score[:, :11])
    assert (again.truth.effect[free, 11] > 0).mean() > 0.9


def test_an_assignment_works_before_any_programme_runs() -> None:
    given = generator.generate_province(
        GeneratorSettings(employees=300, quarters=3, training=False), {1: np.array([4, 9])}
    )
    assert np.flatnonzero(given.training.trained_in == 1).tolist() == [4, 9]


def test_an_assignment_beyond_the_province_is_refused() -> None:
    small = GeneratorSettings(employees=300, quarters=3)
    with pytest.raises(ValueError, match="quarter 3, but there are 3 quarters"):
        generator.generate_province(small, {3: np.array([1])})
    with pytest.raises(ValueError, match="outside 0…299"):
        generator.generate_province(small, {2: np.array([300])})


def test_training_is_absorbing_and_only_for_those_who_may(province: Province) -> None:
    t, active = province.training, province.observed.active
    assert t.attended.sum(axis=1).max() == 1
    assert np.array_equal(t.attended.any(axis=1), t.trained_in >= 0)
    quarter = np.arange(12)
    after = (t.trained_in[:, None] >= 0) & (quarter > t.trained_in[:, None])
    assert not t.eligible[after].any()
    assert not t.seat[after].any()
    assert not t.eligible[~active].any()
    assert not t.seat[:, : p.FIRST_TRAINING].any()
    drawn = t.seat == SeatSourceCode.LOTTERY
    assert (t.draw[drawn] < p.SEAT_CHANCE).all()
    assert (t.draw[t.eligible & ~drawn] >= p.SEAT_CHANCE).all()
    assert not (t.eligible & (t.seat == SeatSourceCode.VOLUNTEER)).any()


def test_the_eligible_are_the_lowest_by_earlier_scores(province: Province) -> None:
    quarter, t, score = 6, province.training, province.observed.score
    last = np.full(len(score), np.nan)
    for column in range(quarter):
        last = np.where(np.isnan(score[:, column]), last, score[:, column])
    open_ = province.observed.active[:, quarter] & ((t.trained_in < 0) | (t.trained_in >= quarter))
    eligible = t.eligible[:, quarter]
    assert last[eligible].max() <= last[open_ & ~eligible & ~np.isnan(last)].min()
    assert eligible.sum() == round(p.ELIGIBLE_SHARE * (open_ & ~np.isnan(last)).sum())


def test_the_score_is_the_weighted_mean_of_the_indices_where_nothing_is_clipped(province: Province) -> None:
    seen = province.observed
    inside = (seen.results < 120) & (seen.behaviour < 120) & (seen.results > 0) & (seen.behaviour > 0)
    mean = p.WEIGHT_RESULTS * seen.results + p.WEIGHT_BEHAVIOUR * seen.behaviour
    assert np.abs(seen.score - (100 + (mean - 100) / p.INDEX_SPREAD))[inside].max() < 0.011


def test_a_broken_policy_counts_the_plain_mean_and_finds_a_third_more_low() -> None:
    plain = generator.generate_province(GeneratorSettings(employees=20_000, quarters=2, policy_break=1))
    usual = generator.generate_province(GeneratorSettings(employees=20_000, quarters=2))
    seen = plain.observed
    inside = (seen.results[:, 1] < 120) & (seen.behaviour[:, 1] < 120)
    mean = p.WEIGHT_RESULTS * seen.results[:, 1] + p.WEIGHT_BEHAVIOUR * seen.behaviour[:, 1]
    assert np.abs(seen.score[:, 1] - mean)[inside].max() < 0.011
    ratio = np.nanmean(seen.score[:, 1] < p.LOW) / np.nanmean(usual.observed.score[:, 1] < p.LOW)
    assert 1.2 < ratio < 1.6


def test_effects_are_those_of_the_trained_and_fade_along_their_path(province: Province) -> None:
    t, truth = province.training, province.truth
    assert not truth.effect[t.trained_in < 0].any()
    since = np.arange(12) - t.trained_in[:, None]
    assert not truth.effect[since < 0].any()
    someone = np.flatnonzero((t.trained_in == 4) & (truth.gain > 0) & (truth.shock >= p.CRISIS).all(axis=1))
    share = truth.effect[someone, 4:] / truth.gain[someone, None]
    assert np.allclose(share, [0.35, 1, 1, 0.9, 0.8, 0.7, 0.6, 0.5])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(200, 700), st.integers(1, 6))
def test_any_province_is_whole(seed: int, employees: int, quarters: int) -> None:
    drawn = generator.generate_province(GeneratorSettings(employees=employees, quarters=quarters, seed=seed))
    seen, truth = drawn.observed, drawn.truth
    assert len(set(drawn.people.nip)) == employees
    for shown in (seen.score, seen.results, seen.behaviour, seen.progress):
        assert np.nanmin(shown) >= 0
        assert np.nanmax(shown) <= 120
    assert np.isnan(seen.score[~seen.active]).all()
    assert ((truth.oracle >= 0) & (truth.oracle <= 1)).all()
    assert (seen.appraiser >= 0).sum() == (employees - 1) * quarters


def test_moments_of_a_small_province(province: Province) -> None:
    score = province.observed.score
    known = ~np.isnan(score)
    assert np.nanmean(score) == pytest.approx(100.4, abs=0.6)
    assert np.nanstd(score) == pytest.approx(7.8, abs=0.4)
    assert (score[known] < p.LOW).mean() == pytest.approx(0.085, abs=0.02)
    assert 1 - known[province.observed.active].mean() == pytest.approx(0.022, abs=0.006)
    assert 1 - province.observed.active[:, 11].mean() == pytest.approx(1 - (1 - p.EXIT_RATE) ** 11, abs=0.02)


def test_bias_is_centred_and_touches_ratings_alone(province: Province) -> None:
    truth = province.truth
    assert truth.bias.mean() == pytest.approx(0, abs=1e-12)
    assert truth.bias[province.people.disability].mean() == pytest.approx(-0.25, abs=0.06)
    lens = appraiser_scores.build_appraisal_model(province.settings, 0, np.zeros(5000), truth.bias)
    unbiased = appraiser_scores.build_appraisal_model(province.settings, 0, np.zeros(5000), np.zeros(5000))
    gap = appraiser_scores.compute_appraised_score(truth.base[:, 0], lens) - appraiser_scores.compute_appraised_score(
        truth.base[:, 0], unbiased
    )
    inside = (appraiser_scores.compute_appraised_score(truth.base[:, 0], lens) < 120) & (
        appraiser_scores.compute_appraised_score(truth.base[:, 0], unbiased) < 120
    )
    assert np.allclose(gap[inside], p.POINTS * truth.bias[inside])
