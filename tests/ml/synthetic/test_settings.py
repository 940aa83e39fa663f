"""Bad settings are refused in a sentence."""

from typing import Any

import pytest

from ml.synthetic.settings import Drift, GeneratorSettings


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"employees": 199}, "employees must be at least 200, not 199"),
        ({"quarters": 0}, "quarters must be at least 1"),
        ({"seed": -1}, "seed must be 0 or more"),
        ({"hunch": -0.1}, "hunch must lie between 0 and 10"),
        ({"hunch": float("nan")}, "hunch must lie between 0 and 10"),
        ({"policy_break": 0}, "policy_break must be quarter 1 or later"),
    ],
)
def test_a_bad_setting_is_named(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        GeneratorSettings(**given)


def test_a_drift_needs_a_valid_kind_and_a_later_quarter() -> None:
    with pytest.raises(ValueError, match="season, trend, scale, not 'storm'"):
        Drift("storm", 4)  # type: ignore[arg-type]  # what a user may type
    with pytest.raises(ValueError, match="quarter 1 or later, not 0"):
        Drift("trend", 0)
