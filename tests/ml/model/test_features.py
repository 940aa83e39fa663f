"""Features are lawful, look only backwards, and mean what their names say."""

import re
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from domain.risk.drivers import DRIVER_MEANINGS, Driver
from ml.model import features
from ml.model.features import FEATURES
from ml.panel import Floats, Ints, RiskPanel

FORBIDDEN_WORDS = re.compile(
    r"sex|gender|kelamin|female|male|women|age|umur|usia|birth|lahir|religion|agama|marri|marital|kawin|disab|"
    r"disabilitas|pns|pppk|employment|nip|tenure|masa_kerja|joined|health|sick|sakit|biometric|genetic|criminal|"
    r"child|anak|finance|salary|gaji|tpp|loan|ethnic|suku|leniency|ability|oracle|truth",
)
"""UU 27/2022 art. 4(2) and (3), what the NIP encodes, and what only a made-up province knows (R-PDP-01)."""


def scramble_future(panel: RiskPanel, column: int) -> RiskPanel:
    """The panel with everything after `column` turned into something else."""
    random = np.random.default_rng(99)
    changed: dict[str, Any] = {}
    for field in fields(panel):
        value = getattr(panel, field.name)
        if isinstance(value, np.ndarray) and value.ndim == 2 and field.name not in {"evaluated", "monitored"}:
            later = value.copy()
            later[:, column + 1 :] = random.permutation(later[:, column + 1 :])
            if value.dtype.kind == "f":
                later[:, column + 1 :] = np.where(random.random(later[:, column + 1 :].shape) < 0.3, np.nan, 7.0)
            changed[field.name] = later
    changed["trained"] = np.where(panel.trained > column, -1, panel.trained)
    return replace(panel, **changed)


def split_name(name: str) -> list[str]:
    return name.replace("_", " ").split()


def test_nothing_forbidden_is_a_feature_or_feeds_one() -> None:
    for feature in FEATURES:
        for name in (feature.name, *feature.panel_arrays):
            assert not [word for word in split_name(name) if FORBIDDEN_WORDS.fullmatch(word)], name


def test_the_panel_does_not_even_hold_anything_forbidden() -> None:
    assert not [
        field.name
        for field in fields(RiskPanel)
        for word in split_name(field.name)
        if FORBIDDEN_WORDS.fullmatch(word)
    ]


def test_the_check_for_forbidden_features_finds_a_planted_feature() -> None:
    assert [word for word in split_name("mean_age") if FORBIDDEN_WORDS.fullmatch(word)]
    assert [word for word in split_name("sick_days") if FORBIDDEN_WORDS.fullmatch(word)]


def test_every_feature_depends_on_its_declared_arrays(busy: RiskPanel) -> None:
    before, _ = features.build_features(busy, 6)
    names = {field.name for field in fields(RiskPanel)}
    for place, feature in enumerate(FEATURES):
        assert set(feature.panel_arrays) <= names
        blind = busy
        for name in feature.panel_arrays:
            blind = _blind_array(blind, name)
        assert not np.array_equal(before[:, place], features.build_features(blind, 6)[0][:, place]) or is_constant(
            before[:, place]
        )


def test_no_feature_depends_on_undeclared_arrays(busy: RiskPanel) -> None:
    before, _ = features.build_features(busy, 6)
    for name in {name for feature in FEATURES for name in feature.panel_arrays}:
        after, _ = features.build_features(_blind_array(busy, name), 6)
        changed = {FEATURES[place].name for place in np.flatnonzero((before != after).any(axis=0))}
        assert changed <= {feature.name for feature in FEATURES if name in feature.panel_arrays}


def is_constant(values: Floats) -> bool:
    return bool(np.ptp(values) == 0)


def _blind_array(panel: RiskPanel, name: str) -> RiskPanel:
    value = getattr(panel, name)
    if name == "first":
        return replace(panel, first=(2023, 3))
    empty = -1 if value.dtype.kind == "i" else np.nan
    changed: dict[str, Any] = {name: np.full_like(value, empty)}
    return replace(panel, **changed)


@pytest.mark.parametrize("column", [0, 3, 7, 10])
def test_the_future_changes_no_byte(busy: RiskPanel, column: int) -> None:
    made, known = features.build_features(busy, column)
    again, known_again = features.build_features(scramble_future(busy, column), column)
    assert made.tobytes() == again.tobytes()
    assert known.tobytes() == known_again.tobytes()


def test_the_past_does_change_them(busy: RiskPanel) -> None:
    made, _ = features.build_features(busy, 7)
    assert made.tobytes() != features.build_features(scramble_future(busy, 6), 7)[0].tobytes()


def test_an_evaluation_recorded_after_the_cutoff_changes_no_byte(busy: RiskPanel) -> None:
    late = busy.evaluated.copy()
    late[::3, 6] = 9
    without = replace(busy, evaluated=late)
    altered = replace(
        without, score=_raise_late_values(without.score, late), results=_raise_late_values(without.results, late)
    )
    assert features.build_features(without, 7)[0].tobytes() == features.build_features(altered, 7)[0].tobytes()
    assert features.build_features(without, 9)[0].tobytes() != features.build_features(altered, 9)[0].tobytes()


def _raise_late_values(values: Floats, late: Ints) -> Floats:
    return np.where(late == 9, values + 5.0, values)


@pytest.mark.parametrize("column", [0, 1, 11])
def test_features_are_finite_even_with_little_history(busy: RiskPanel, column: int) -> None:
    made, known = features.build_features(busy, column)
    assert made.shape == known.shape == (3000, len(FEATURES))
    assert np.isfinite(made).all()


def test_lags_count_backwards_and_a_gap_takes_the_persons_mean(busy: RiskPanel) -> None:
    results = busy.results.copy()
    results[0, 3:8] = [70.0, 80.0, np.nan, 100.0, 90.0]
    made = dict(
        zip(
            features.FEATURE_NAMES,
            features.build_features(replace(busy, results=results), 7)[0][0].tolist(),
            strict=True,
        )
    )
    assert [made[f"results_{lag}"] for lag in (1, 2, 3, 4)] == [90.0, 100.0, 90.0, 80.0]
    assert made["results_mean"] == 90.0


def test_the_slope_is_points_per_quarter(busy: RiskPanel) -> None:
    score = busy.score.copy()
    score[0, 4:8] = [100.0, 98.0, np.nan, 94.0]
    score[1, 4:8] = [np.nan, np.nan, np.nan, 94.0]
    made, _ = features.build_features(replace(busy, score=score), 7)
    slope = made[:, features.FEATURE_NAMES.index("score_slope")]
    assert slope[0] == pytest.approx(-2.0)
    assert slope[1] == 0.0
    assert made[0, features.FEATURE_NAMES.index("score_min")] == 94.0


def test_missing_is_counted(busy: RiskPanel) -> None:
    score = busy.score.copy()
    score[0, 4:8] = [np.nan, 98.0, np.nan, 94.0]
    made, _ = features.build_features(replace(busy, score=score), 7)
    assert made[0, features.FEATURE_NAMES.index("evaluations_missing")] == 2.0
    assert features.count_recorded_evaluations(replace(busy, score=score), 7)[0] == (~np.isnan(score[0, :8])).sum()


def test_a_change_of_appraiser_shows_in_its_quarter_only(busy: RiskPanel) -> None:
    place = features.FEATURE_NAMES.index("appraiser_changed")
    for column in (5, 6):
        expected = (busy.appraiser[:, column] != busy.appraiser[:, column - 1]) & (busy.appraiser[:, column - 1] >= 0)
        assert np.array_equal(features.build_features(busy, column)[0][:, place] == 1, expected)


def test_a_newcomers_first_appraiser_is_no_change(busy: RiskPanel) -> None:
    appraiser = busy.appraiser.copy()
    appraiser[0, 4:6] = [-1, appraiser[1, 5]]
    made, _ = features.build_features(replace(busy, appraiser=appraiser), 5)
    assert made[0, features.FEATURE_NAMES.index("appraiser_changed")] == 0.0


def test_the_season_is_that_of_the_quarter_foretold(busy: RiskPanel) -> None:
    columns = [features.FEATURE_NAMES.index(f"next_is_q{quarter}") for quarter in (2, 3, 4)]
    assert features.build_features(busy, 2)[0][0, columns].tolist() == [0, 0, 1]
    assert features.build_features(busy, 3)[0][0, columns].tolist() == [0, 0, 0]


@settings(deadline=None)  # a busy machine is no failure
@given(
    values=arrays.arrays(np.float64, (7, 3), elements=st.floats(80, 120) | st.just(np.nan)),
    group=arrays.arrays(np.int64, (7, 3), elements=st.integers(-1, 2)),
)
def test_the_mean_of_others_is_that_of_a_plain_loop(values: Floats, group: Ints) -> None:
    there = ~np.isnan(values) & (group >= 0)
    overall = values[there].mean() if there.any() else 0.0
    made = features.mean_without_self(values, group)
    for person in range(7):
        now = group[person, -1]
        others = there & (group == now) & (np.arange(7) != person)[:, None]
        expected = (values[others].sum() + features.SHRINKAGE * overall) / (others.sum() + features.SHRINKAGE)
        assert made[person] == pytest.approx(expected) if now >= 0 else np.isnan(made[person])


def test_each_driver_of_the_registry_has_a_meaning() -> None:
    assert {feature.driver for feature in FEATURES} == set(Driver) - {Driver.SCORE}
    assert set(DRIVER_MEANINGS) == set(Driver)


def test_names_are_unique() -> None:
    assert len(set(features.FEATURE_NAMES)) == len(features.FEATURE_NAMES)
