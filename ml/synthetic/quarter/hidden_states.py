"""Hidden states: ability, places, passing moods, shocks and the season."""

from dataclasses import dataclass

import numpy as np

from ml.synthetic import parameters as p
from ml.synthetic.province import Floats, Ints
from ml.synthetic.rng import create_random_stream
from ml.synthetic.settings import Drift

MOOD_INNOVATION_SD = p.SD_MOOD * np.sqrt(1 - p.MOOD_MEMORY**2)
"""Standard deviation of the mood's innovation."""


@dataclass(frozen=True, slots=True)
class FixedStates:
    """Constant states of people, units and subunits.

    n people's ability, leniency and gain; effects of units and subunits; habits of subunits.
    """

    ability: Floats
    leniency: Floats
    gain: Floats
    unit: Floats
    subunit: Floats
    habit: Floats


@dataclass(frozen=True, slots=True)
class TransientStates:
    """States of each quarter, n × q."""

    mood: Floats
    early: Floats
    shock: Floats


def draw_fixed_states(seed: int, unit: Ints, subunit: Ints) -> FixedStates:
    """Draw the constant states.

    The units' effects are centred with their sizes as weights.
    """
    n = len(unit)
    sizes = np.bincount(unit)
    units = create_random_stream(seed, "unit").normal(0, p.SD_UNIT, len(sizes))
    ability = create_random_stream(seed, "ability").normal(0, p.SD_ABILITY, n)
    noise = create_random_stream(seed, "gain").normal(0, p.SD_EFFECT, n)
    gain = p.EFFECT_MEAN - p.EFFECT_ABILITY * ability / p.SD_ABILITY + noise
    count = int(subunit.max()) + 1
    return FixedStates(
        ability=ability,
        leniency=create_random_stream(seed, "leniency").normal(0, p.SD_LENIENCY, n),
        gain=np.clip(gain, 0, p.EFFECT_MOST),
        unit=units - np.average(units, weights=sizes),
        subunit=create_random_stream(seed, "subunit").normal(0, p.SD_SUBUNIT, count),
        habit=create_random_stream(seed, "habit").normal(0, p.SD_SUBUNIT_HABIT, count),
    )


def draw_transient_states(seed: int, n: int, quarters: int) -> TransientStates:
    """Draw moods and shocks.

    Part of each mood's innovation (`early`) already exists a quarter before.
    """
    mood, early, shock = (allocate_by_quarter(n, quarters) for _ in range(3))
    for t in range(quarters):
        early[:, t] = (
            MOOD_INNOVATION_SD * np.sqrt(p.EARLY_SHARE) * create_random_stream(seed, "early", t).standard_normal(n)
        )
        fresh = create_random_stream(seed, "mood", t).standard_normal(n)
        hit = create_random_stream(seed, "shock", t)
        new = np.where(hit.random(n) < p.SHOCK_RATE, hit.gamma(p.SHOCK_SHAPE, p.SHOCK_SCALE, n), 0.0)
        if t == 0:
            mood[:, t] = p.SD_MOOD * fresh
            shock[:, t] = 0.0 - new
        else:
            late = MOOD_INNOVATION_SD * np.sqrt(1 - p.EARLY_SHARE) * fresh
            mood[:, t] = p.MOOD_MEMORY * mood[:, t - 1] + early[:, t - 1] + late
            shock[:, t] = p.SHOCK_MEMORY * shock[:, t - 1] - new
    return TransientStates(mood, early, shock)


def compute_season_effects(quarters: int, drift: Drift | None) -> Floats:
    """Season effect S of each quarter, one more than drawn.

    The oracle looks a quarter ahead.
    """
    t = np.arange(quarters + 1)
    wave = np.array(p.SEASON)[t % 4]
    slope = p.TREND * t
    if drift and drift.kind == "season":
        wave = np.where(t >= drift.quarter, p.DRIFT_SEASON * wave, wave)
    if drift and drift.kind == "trend":
        slope = slope + p.DRIFT_TREND * np.maximum(t - drift.quarter + 1, 0)
    return np.asarray(wave + slope)


def allocate_by_quarter(n: int, quarters: int) -> Floats:
    """Allocate an n × q array of zeros with contiguous quarters.

    Everything here runs quarter by quarter.
    """
    return np.zeros((quarters, n)).T
