"""The twelve group-time effects of the minimum-wage counties, to four decimals."""

import numpy as np
import pytest

from tests.training.improvement import public_datasets
from training.improvement import group_time
from training.improvement.group_time import GroupTimeEffect

PUBLISHED_ESTIMATES = {
    2004: (-0.0105, -0.0704, -0.1373, -0.1008),
    2006: (0.0065, -0.0028, -0.0046, -0.0412),
    2007: (0.0305, -0.0027, -0.0311, -0.0261),
}


@pytest.fixture(scope="module")
def employment_effects() -> tuple[GroupTimeEffect, ...]:
    outcome, group = public_datasets.load_employment()
    return group_time.group_time_effects(outcome, group, np.arange(len(outcome)))


def test_the_twelve_effects(employment_effects: tuple[GroupTimeEffect, ...]) -> None:
    assert len(employment_effects) == 12
    table = {(each.group + 2003, each.time + 2003): round(each.effect.value, 4) for each in employment_effects}
    expected = {
        (first, 2004 + at): value for first, row in PUBLISHED_ESTIMATES.items() for at, value in enumerate(row)
    }
    assert table == expected


def test_the_aggregates(employment_effects: tuple[GroupTimeEffect, ...]) -> None:
    assert round(group_time.simple_average(employment_effects), 4) == -0.0400
    assert round(group_time.overall_dynamic_effect(employment_effects), 4) == -0.0772
    assert round(group_time.overall_group_effect(employment_effects), 4) == -0.0310


def test_the_errors_are_those_of_two_means(employment_effects: tuple[GroupTimeEffect, ...]) -> None:
    outcome, group = public_datasets.load_employment()
    for each in employment_effects:
        base = min(each.time, each.group) - 1
        change = outcome[:, each.time] - outcome[:, base]
        mine, theirs = change[group == each.group], change[group == -1]
        assert each.effect.error == pytest.approx(
            np.sqrt(mine.var() / len(mine) + theirs.var() / len(theirs)), rel=0.01
        )
        assert each.treated == len(mine)


def test_people_missing_at_one_time_are_left_out() -> None:
    outcome, group = public_datasets.load_employment()
    outcome = np.vstack([outcome, np.full((2, 5), np.nan)])
    outcome[-2, 3], outcome[-1, 0] = 50.0, -50.0
    wider = group_time.group_time_effects(outcome, np.append(group, [1, -1]), np.arange(502))
    assert round(group_time.simple_average(wider), 4) == -0.0400
