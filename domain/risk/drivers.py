"""Drivers of risk, and the kind of support against each."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.risk.facts import Help


class Driver(StrEnum):
    """A group of related observations; a score's reasons speak of groups, never of single features."""

    SCORE = "SCORE"
    RESULTS = "RESULTS"
    BEHAVIOUR = "BEHAVIOUR"
    TREND = "TREND"
    ATTENDANCE = "ATTENDANCE"
    DAILY_LOG = "DAILY_LOG"
    PROGRESS = "PROGRESS"
    TEAM = "TEAM"
    APPRAISER = "APPRAISER"
    CHANGE = "CHANGE"
    TIME_IN_POSITION = "TIME_IN_POSITION"
    SEASON = "SEASON"
    RECORD = "RECORD"


@dataclass(frozen=True, slots=True)
class DriverMeaning:
    """The support against a driver, and its changeability by the person."""

    help: Help
    changeable: bool


DRIVER_MEANINGS: Mapping[Driver, DriverMeaning] = {
    Driver.SCORE: DriverMeaning(Help.CANNOT, changeable=True),
    Driver.RESULTS: DriverMeaning(Help.CANNOT, changeable=True),
    Driver.BEHAVIOUR: DriverMeaning(Help.UNAWARE, changeable=True),
    Driver.TREND: DriverMeaning(Help.CANNOT, changeable=True),
    Driver.ATTENDANCE: DriverMeaning(Help.UNAWARE, changeable=True),
    Driver.DAILY_LOG: DriverMeaning(Help.UNAWARE, changeable=True),
    Driver.PROGRESS: DriverMeaning(Help.CANNOT, changeable=True),
    Driver.TEAM: DriverMeaning(Help.HINDERED, changeable=False),
    Driver.APPRAISER: DriverMeaning(Help.CONTEXT, changeable=False),
    Driver.CHANGE: DriverMeaning(Help.CONTEXT, changeable=False),
    Driver.TIME_IN_POSITION: DriverMeaning(Help.CANNOT, changeable=False),
    Driver.SEASON: DriverMeaning(Help.CONTEXT, changeable=False),
    Driver.RECORD: DriverMeaning(Help.CONTEXT, changeable=False),
}
"""The meaning of each driver.

Weak results or a lagging plan require training or coaching; conduct, attendance and the daily log require
socialisation; a lagging team requires the removal of its obstacles. A strict appraiser, a change of line, the season
and gaps in the record are context, not the person's doing.
"""

SYMPTOM_DRIVERS = frozenset({Driver.SCORE, Driver.RESULTS, Driver.BEHAVIOUR, Driver.TREND, Driver.PROGRESS})
"""Drivers indicating weak work without its cause; a hindrance is sought among the others."""

BASE_REASON = "BASE"
"""Code of the base reason: the logit of the person's peers, not a driver."""

REST_REASON = "REST"
"""Code of the rest reason: the sum of drivers too small to name."""
