"""The hidden states: ability, places, passing moods, shocks and the season."""

from dataclasses import dataclass

import numpy as np

from ml.population import parameters as p
from ml.population.province import Floats, Ints
from ml.population.settings import Drift
from ml.population.streams import stream

INNOVATION = p.SD_MOOD * np.sqrt(1 - p.MOOD_MEMORY**2)
"""Standard deviation of the mood's innovation."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """States that last: n people's ability, leniency and gain; effects of units and subunits; habits of subunits."""

    ability: Floats
    leniency: Floats
    gain: Floats
    unit: Floats
    subunit: Floats
    habit: Floats


@dataclass(frozen=True, slots=True)
class Passing:
    """States of each quarter, n × q."""

    mood: Floats
    early: Floats
    shock: Floats


def fixed(seed: int, unit: Ints, subunit: Ints) -> Fixed:
    """Draw what lasts; the units' effects are centred with their sizes as weights."""
    n = len(unit)
    sizes = np.bincount(unit)
    units = stream(seed, "unit").normal(0, p.SD_UNIT, len(sizes))
    ability = stream(seed, "ability").normal(0, p.SD_ABILITY, n)
    noise = stream(seed, "gain").normal(0, p.SD_EFFECT, n)
    gain = p.EFFECT_MEAN - p.EFFECT_ABILITY * ability / p.SD_ABILITY + noise
    count = int(subunit.max()) + 1
    return Fixed(
        ability=ability,
        leniency=stream(seed, "leniency").normal(0, p.SD_LENIENCY, n),
        gain=np.clip(gain, 0, p.EFFECT_MOST),
        unit=units - np.average(units, weights=sizes),
        subunit=stream(seed, "subunit").normal(0, p.SD_SUBUNIT, count),
        habit=stream(seed, "habit").normal(0, p.SD_SUBUNIT_HABIT, count),
    )


def passing(seed: int, n: int, quarters: int) -> Passing:
    """Draw moods and shocks; part of each mood's innovation (`early`) already exists a quarter before."""
    mood, early, shock = (by_quarter(n, quarters) for _ in range(3))
    for t in range(quarters):
        early[:, t] = INNOVATION * np.sqrt(p.EARLY_SHARE) * stream(seed, "early", t).standard_normal(n)
        fresh = stream(seed, "mood", t).standard_normal(n)
        hit = stream(seed, "shock", t)
        new = np.where(hit.random(n) < p.SHOCK_RATE, hit.gamma(p.SHOCK_SHAPE, p.SHOCK_SCALE, n), 0.0)
        if t == 0:
            mood[:, t] = p.SD_MOOD * fresh
            shock[:, t] = 0.0 - new
        else:
            late = INNOVATION * np.sqrt(1 - p.EARLY_SHARE) * fresh
            mood[:, t] = p.MOOD_MEMORY * mood[:, t - 1] + early[:, t - 1] + late
            shock[:, t] = p.SHOCK_MEMORY * shock[:, t - 1] - new
    return Passing(mood, early, shock)


def season(quarters: int, drift: Drift | None) -> Floats:
    """S of each quarter, one more than drawn, since the oracle looks a quarter ahead."""
    t = np.arange(quarters + 1)
    wave = np.array(p.SEASON)[t % 4]
    slope = p.TREND * t
    if drift and drift.kind == "season":
        wave = np.where(t >= drift.quarter, p.DRIFT_SEASON * wave, wave)
    if drift and drift.kind == "trend":
        slope = slope + p.DRIFT_TREND * np.maximum(t - drift.quarter + 1, 0)
    return np.asarray(wave + slope)


def by_quarter(n: int, quarters: int) -> Floats:
    """An n × q array of zeros whose quarters are contiguous, as everything here runs quarter by quarter."""
    return np.zeros((quarters, n)).T
