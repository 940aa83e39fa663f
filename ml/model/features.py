"""Feature registry of the risk model: every feature is computed as of a cut-off.

Nothing of UU 27/2022 art. 4(2), and neither sex, age, religion, marital status, disability, kind of employment nor
tenure in service (R-PDP-01).
"""

from dataclasses import dataclass

import numpy as np

from domain.risk.drivers import Driver
from ml.panel import Bools, Floats, Ints, RiskPanel

LAGS = 4
LEAST_EVALUATIONS = 2
"""Fewest known evaluations of a person for a score, and for a training row."""
SHRINKAGE = 4.0
"""Shrinkage of a group's mean, in further values at the overall mean.

A small group then says little.
"""


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of the model; `panel_arrays` names the panel's arrays behind it.

    `headline` is true for features of a driver with a published figure: their weighted mean, in the array's unit.
    """

    name: str
    driver: Driver
    panel_arrays: tuple[str, ...]
    headline: bool = False


def _history_features(array: str, driver: Driver) -> tuple[Feature, ...]:
    names = [*(f"{array}_{lag}" for lag in range(1, LAGS + 1)), f"{array}_mean", f"{array}_long"]
    return tuple(Feature(name, driver, (array,), headline=True) for name in names)


FEATURES: tuple[Feature, ...] = (
    *_history_features("results", Driver.RESULTS),
    *_history_features("behaviour", Driver.BEHAVIOUR),
    Feature("score_min", Driver.TREND, ("score",)),
    Feature("score_spread", Driver.TREND, ("score",)),
    Feature("score_slope", Driver.TREND, ("score",), headline=True),
    Feature("late_against_team", Driver.ATTENDANCE, ("late_days", "subunit")),
    Feature("late_last_month_against_team", Driver.ATTENDANCE, ("late_last_month", "subunit")),
    Feature("late_last_month_against_usual", Driver.ATTENDANCE, ("late_last_month",)),
    Feature("activity_against_team", Driver.DAILY_LOG, ("activity", "subunit")),
    Feature("activity_last_month_against_team", Driver.DAILY_LOG, ("activity_last_month", "subunit")),
    Feature("activity_last_month_against_usual", Driver.DAILY_LOG, ("activity_last_month",)),
    Feature("progress", Driver.PROGRESS, ("progress",), headline=True),
    Feature("progress_mean", Driver.PROGRESS, ("progress",), headline=True),
    Feature("progress_long", Driver.PROGRESS, ("progress",), headline=True),
    Feature("subunit_score", Driver.TEAM, ("score", "subunit"), headline=True),
    Feature("appraiser_score", Driver.APPRAISER, ("score", "appraiser"), headline=True),
    Feature("appraiser_gap", Driver.APPRAISER, ("results", "behaviour", "appraiser")),
    Feature("appraiser_changed", Driver.CHANGE, ("appraiser",), headline=True),
    Feature("unit_changed", Driver.CHANGE, ("unit",)),
    Feature("time_in_position", Driver.TIME_IN_POSITION, ("in_position",)),
    Feature("next_is_q2", Driver.SEASON, ("first",)),
    Feature("next_is_q3", Driver.SEASON, ("first",)),
    Feature("next_is_q4", Driver.SEASON, ("first",)),
    Feature("evaluations_missing", Driver.RECORD, ("score",), headline=True),
    Feature("attendance_missing", Driver.RECORD, ("late_days",)),
)

FEATURE_NAMES: tuple[str, ...] = tuple(feature.name for feature in FEATURES)


def build_features(panel: RiskPanel, column: int) -> tuple[Floats, Bools]:
    """Build everybody's features as of the end of `column`.

    Returns X, n × features, and a mask of its observed values. Unobserved values are filled with the mean of the
    people active then, so X is finite everywhere. Rows of people not active then are present too, and mean nothing.
    """
    seen = panel.snapshot_at(column)
    made: dict[str, Floats] = {}
    for part in (
        _score_features,
        _attendance_features,
        _activity_features,
        _progress_features,
        _group_features,
        _context_features,
    ):
        made.update(part(seen))
    matrix = np.column_stack([made[name] for name in FEATURE_NAMES])
    return _fill_unobserved(matrix, seen.active[:, column])


def count_recorded_evaluations(panel: RiskPanel, column: int) -> Ints:
    """Number of each person's evaluations known at the end of `column`."""
    known = ~np.isnan(panel.score[:, : column + 1]) & (panel.evaluated[:, : column + 1] <= column)
    return np.asarray(known.sum(axis=1), dtype=np.int64)


def select_latest(values: Floats, width: int = LAGS) -> Floats:
    """The last `width` columns, newest first, n × width; NaN before the panel begins."""
    newest = values[:, ::-1][:, :width]
    return np.pad(newest, ((0, 0), (0, width - newest.shape[1])), constant_values=np.nan)


def compute_row_means(values: Floats) -> Floats:
    """Mean over the columns, NaN left out; NaN for an empty row."""
    there = ~np.isnan(values)
    count = there.sum(axis=1)
    total = np.where(there, values, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def compute_row_minima(values: Floats) -> Floats:
    """Minimum over the columns, NaN left out; NaN for an empty row."""
    least = np.where(np.isnan(values), np.inf, values).min(axis=1)
    return np.where(np.isinf(least), np.nan, least)


def _score_features(panel: RiskPanel) -> dict[str, Floats]:
    made: dict[str, Floats] = {}
    for array in ("results", "behaviour"):
        window = select_latest(getattr(panel, array))
        average = compute_row_means(window)
        made[f"{array}_mean"] = average
        made[f"{array}_long"] = compute_row_means(getattr(panel, array))
        for lag in range(LAGS):
            made[f"{array}_{lag + 1}"] = np.where(np.isnan(window[:, lag]), average, window[:, lag])
    window = select_latest(panel.score)
    made["score_min"] = compute_row_minima(window)
    made["score_spread"] = np.sqrt(compute_row_means((window - compute_row_means(window)[:, None]) ** 2))
    made["score_slope"] = _fit_slope(window)
    return made


def _fit_slope(window: Floats) -> Floats:
    # Change per quarter by least squares over the quarters that are there; 0 for a single one.
    there = ~np.isnan(window)
    age = np.where(there, -np.arange(window.shape[1], dtype=np.float64), np.nan)
    centred = age - compute_row_means(age)[:, None]
    above = compute_row_means(centred * (window - compute_row_means(window)[:, None]))
    below = compute_row_means(centred**2)
    return np.where(below > 0, above / np.where(below > 0, below, 1.0), np.where(there.any(axis=1), 0.0, np.nan))


def _attendance_features(panel: RiskPanel) -> dict[str, Floats]:
    return {
        "late_against_team": _compare_with_team(panel, panel.late_days),
        **_regularity_features("late_last_month", panel, panel.late_last_month),
    }


def _activity_features(panel: RiskPanel) -> dict[str, Floats]:
    return {
        "activity_against_team": _compare_with_team(panel, panel.activity),
        **_regularity_features("activity_last_month", panel, panel.activity_last_month),
    }


def _regularity_features(array: str, panel: RiskPanel, values: Floats) -> dict[str, Floats]:
    return {
        f"{array}_against_team": _compare_with_team(panel, values),
        f"{array}_against_usual": _compare_with_usual(values),
    }


def _compare_with_team(panel: RiskPanel, values: Floats) -> Floats:
    # As a log ratio: a subunit's own way of recording (a distant site, a broken device) then cancels out.
    logs = np.log1p(values)
    return logs[:, -1] - mean_without_self(logs, panel.subunit)


def _compare_with_usual(values: Floats) -> Floats:
    window = np.log1p(select_latest(values))
    return window[:, 0] - compute_row_means(window[:, 1:])


def _progress_features(panel: RiskPanel) -> dict[str, Floats]:
    window = select_latest(panel.progress)
    return {
        "progress": window[:, 0],
        "progress_mean": compute_row_means(window),
        "progress_long": compute_row_means(panel.progress),
    }


def _group_features(panel: RiskPanel) -> dict[str, Floats]:
    return {
        "subunit_score": mean_without_self(panel.score, panel.subunit),
        "appraiser_score": mean_without_self(panel.score, panel.appraiser),
        "appraiser_gap": mean_without_self(panel.behaviour - panel.results, panel.appraiser),
    }


def mean_without_self(values: Floats, group: Ints) -> Floats:
    """Mean of all others in a person's current group, shrunk to the overall mean.

    It runs over all quarters. Own values never count, in any quarter. NaN for people without a group now.
    """
    now = group[:, -1]
    there = ~np.isnan(values) & (group >= 0)
    codes, dense = np.unique(np.concatenate([group.ravel(), now]), return_inverse=True)
    past, present = dense[: group.size].reshape(group.shape), dense[group.size :]
    amounts = np.where(there, values, 0.0)
    total = np.bincount(past.ravel(), weights=amounts.ravel(), minlength=len(codes))
    count = np.bincount(past.ravel(), weights=there.ravel(), minlength=len(codes))
    own = past == present[:, None]
    rest = total[present] - np.where(own, amounts, 0.0).sum(axis=1)
    values_left = count[present] - (own & there).sum(axis=1)
    overall = amounts.sum() / max(float(there.sum()), 1.0)
    return np.where(now >= 0, (rest + SHRINKAGE * overall) / (values_left + SHRINKAGE), np.nan)


def _context_features(panel: RiskPanel) -> dict[str, Floats]:
    n = len(panel.person)
    upcoming = panel.calendar_quarter(panel.quarter_count)
    seasons = {f"next_is_q{quarter}": np.full(n, float(upcoming == quarter)) for quarter in (2, 3, 4)}
    return {
        **seasons,
        "appraiser_changed": _detect_changes(panel.appraiser),
        "unit_changed": _detect_changes(panel.unit),
        "time_in_position": np.log1p(panel.in_position[:, -1]),
        "evaluations_missing": np.isnan(panel.score[:, -LAGS:]).sum(axis=1).astype(np.float64),
        "attendance_missing": np.isnan(panel.late_days[:, -1]).astype(np.float64),
    }


def _detect_changes(code: Ints) -> Floats:
    # Whether the line moved in the last quarter: only then is the new appraiser's or unit's measure unknown.
    if code.shape[1] == 1:
        return np.zeros(len(code))
    return np.asarray((code[:, -1] != code[:, -2]) & (code[:, -2] >= 0), dtype=np.float64)


def _fill_unobserved(matrix: Floats, active: Bools) -> tuple[Floats, Bools]:
    known = ~np.isnan(matrix)
    counted = known & active[:, None]
    total = np.where(counted, matrix, 0.0).sum(axis=0)
    usual = total / np.maximum(counted.sum(axis=0), 1)
    return np.where(known, matrix, usual), known
