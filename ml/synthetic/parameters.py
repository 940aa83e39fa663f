"""Constants of the synthetic province, in z units unless noted otherwise."""

from datetime import date
from typing import Final

FIRST_DAY: Final = date(2023, 1, 1)
"""First day of quarter 0; ages count from here."""

UNIT_TAIL: Final = 0.9
"""Exponent of the power law of the sizes of the units after the two largest."""
SHARE_EDUCATION: Final = 0.42
SHARE_HEALTH: Final = 0.17
SUBUNIT_SIZE: Final = 60
TEAM_SIZE: Final = 12
APPRAISER_CHANGE: Final = 0.03

SHARE_PPPK: Final = 0.18
SHARE_DISABILITY: Final = 0.011
SHARE_WOMEN: Final = {"education": 0.62, "health": 0.70}
SHARE_WOMEN_ELSEWHERE: Final = 0.40
AGE_PNS: Final = (45.0, 9.0)
AGE_PPPK: Final = (36.0, 6.0)
AGE_RANGE: Final = (21.0, 59.9)
SHARE_JPT: Final = 0.001
SHARE_ADMINISTRATOR: Final = 0.011
SHARE_PENGAWAS: Final = 0.04
SHARE_PELAKSANA: Final = 0.328

SD_ABILITY: Final = 0.60
SD_UNIT: Final = 0.20
SD_SUBUNIT: Final = 0.20
SD_LENIENCY: Final = 0.40
MOOD_MEMORY: Final = 0.75
"""Share of the passing state m that survives a quarter."""
SD_MOOD: Final = 0.50
EARLY_SHARE: Final = 0.40
"""Share of the next innovation's variance already visible late in this quarter."""
SHOCK_RATE: Final = 0.03
SHOCK_SHAPE: Final = 2.0
SHOCK_SCALE: Final = 0.75
SHOCK_MEMORY: Final = 0.5
SEASON: Final = (-0.10, 0.0, 0.02, 0.12)
TREND: Final = 0.01

POINTS: Final = 8.5
"""Points of score per z unit."""
INDEX_SPREAD: Final = 1.15
"""Factor of the spread of the two indices over that of the score."""
SCORE_RANGE: Final = (0.0, 120.0)
RESULTS_LENIENCY: Final = 0.5
BEHAVIOUR_PERFORMANCE: Final = 0.7
BEHAVIOUR_LENIENCY: Final = 1.5
SD_RESULTS: Final = 0.55
SD_BEHAVIOUR: Final = 0.50
WEIGHT_RESULTS: Final = 0.6
WEIGHT_BEHAVIOUR: Final = 0.4
SCORE_PERFORMANCE: Final = WEIGHT_RESULTS + WEIGHT_BEHAVIOUR * BEHAVIOUR_PERFORMANCE
"""Weight of performance in the score, kt = .88."""
SCORE_LENIENCY: Final = WEIGHT_RESULTS * RESULTS_LENIENCY + WEIGHT_BEHAVIOUR * BEHAVIOUR_LENIENCY
"""Weight of leniency in the score, kl = .90."""
LOW: Final = 90.0
BIAS_WOMEN: Final = -0.04
BIAS_PPPK: Final = -0.10
BIAS_OLDER: Final = -0.08
BIAS_OLDER_FROM: Final = 50.0
BIAS_DISABILITY: Final = -0.30

RESULTS_BELOW: Final = 66.0
RESULTS_ABOVE: Final = 109.0
BEHAVIOUR_BELOW: Final = 65.0
BEHAVIOUR_ABOVE: Final = 107.0

SD_SUBUNIT_HABIT: Final = 0.25
"""Standard deviation of w, a subunit's habit of recording attendance and activity."""
MISSING_SCORE: Final = (-3.9, -0.5)
"""Logit of a missing score: constant, slope on true performance."""
MISSING_ATTENDANCE: Final = 0.03
EXIT_RATE: Final = 0.008

FIRST_TRAINING: Final = 4
ELIGIBLE_SHARE: Final = 0.12
SEAT_CHANCE: Final = 0.5
COMPLIANCE: Final = 0.85
HUNCH_CENTRE: Final = -0.3
HUNCH_SCALE: Final = 0.6
VOLUNTEER_RATE: Final = 0.004
VOLUNTEER_ABILITY: Final = 0.5
EFFECT_MEAN: Final = 0.45
EFFECT_ABILITY: Final = 0.25
SD_EFFECT: Final = 0.05
EFFECT_MOST: Final = 1.2
EFFECT_PATH: Final = (0.35, 1.0, 1.0, 0.9, 0.8, 0.7, 0.6, 0.5)
"""Share of the effect by quarters after training, from 0 on.

The last one stays.
"""
CRISIS: Final = -0.5
"""Shock of a crisis: below it a person gains only half."""
CRISIS_SHARE: Final = 0.5

DRIFT_SEASON: Final = -5.0
"""Factor on the season once it drifts."""
DRIFT_TREND: Final = -0.25
"""Trend added per quarter once it drifts."""
DRIFT_SCALE: Final = 1.6
"""Factor on every deviation from 100 once the scale drifts."""

ORACLE_QUANTILES: Final = 12
