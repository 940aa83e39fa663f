"""The drivers that risk is explained by, and what helps against each."""

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
class Meaning:
    """What helps against a driver, and whether the person can change it."""

    help: Help
    changeable: bool


MEANINGS: Mapping[Driver, Meaning] = {
    Driver.SCORE: Meaning(Help.CANNOT, changeable=True),
    Driver.RESULTS: Meaning(Help.CANNOT, changeable=True),
    Driver.BEHAVIOUR: Meaning(Help.UNAWARE, changeable=True),
    Driver.TREND: Meaning(Help.CANNOT, changeable=True),
    Driver.ATTENDANCE: Meaning(Help.UNAWARE, changeable=True),
    Driver.DAILY_LOG: Meaning(Help.UNAWARE, changeable=True),
    Driver.PROGRESS: Meaning(Help.CANNOT, changeable=True),
    Driver.TEAM: Meaning(Help.HINDERED, changeable=False),
    Driver.APPRAISER: Meaning(Help.CONTEXT, changeable=False),
    Driver.CHANGE: Meaning(Help.CONTEXT, changeable=False),
    Driver.TIME_IN_POSITION: Meaning(Help.CANNOT, changeable=False),
    Driver.SEASON: Meaning(Help.CONTEXT, changeable=False),
    Driver.RECORD: Meaning(Help.CONTEXT, changeable=False),
}
"""Weak results or a lagging plan ask for training or coaching; conduct, attendance and the daily log for
socialisation; a whole team that lags for removing what is in its way; a strict appraiser, a change of line, the
season and gaps in the record are context, not the person's doing."""

SYMPTOMS = frozenset({Driver.SCORE, Driver.RESULTS, Driver.BEHAVIOUR, Driver.TREND, Driver.PROGRESS})
"""Drivers that say that work is weak, but not why; a hindrance is looked for among the others."""

BASE = "BASE"
"""The reason that is not a driver: the logit of the person's peers."""

REST = "REST"
"""The reason that gathers the drivers too small to name."""
