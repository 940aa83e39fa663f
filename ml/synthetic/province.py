"""The synthetic province as arrays: n people, q quarters, index = person number.

The order is part of the seed.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.synthetic.settings import GeneratorSettings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Codes = NDArray[np.int8]
Flags = NDArray[np.bool_]
Days = NDArray[np.datetime64]
Words = NDArray[np.str_]


class PositionTypeCode(IntEnum):
    """Type of position, highest first: the code in `SyntheticPeople.position_type`."""

    JPT = 0
    ADMINISTRATOR = 1
    PENGAWAS = 2
    FUNGSIONAL = 3
    PELAKSANA = 4


class SeatSourceCode(IntEnum):
    """Source of a seat in a training.

    The code in `TrainingOutcomes.seat` and `TrainingOutcomes.source`.
    """

    NONE = 0
    LOTTERY = 1
    VOLUNTEER = 2
    ASSIGNED = 3


@dataclass(frozen=True, slots=True)
class SyntheticUnit:
    """An organisation of the province (perangkat daerah); `sector` is its field of work.

    An example is `health`.
    """

    name: str
    short: str
    kind: str
    sector: str


@dataclass(frozen=True, slots=True)
class SyntheticSubunit:
    """A part of a unit, with its parent.

    `unit` indexes the units; `parent` the subunits, -1 for the unit's own office.
    """

    name: str
    kind: str
    unit: int
    parent: int


@dataclass(frozen=True, slots=True)
class SyntheticOrganisation:
    """Units and subunits, with `titles`, the names of positions.

    `SyntheticPeople.title` indexes the titles.
    """

    units: tuple[SyntheticUnit, ...]
    subunits: tuple[SyntheticSubunit, ...]
    titles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SyntheticPeople:
    """Constant attributes of the n people.

    Years are counted on the first day of quarter 0. `level` indexes `positions.LEVELS` and `rank` indexes
    `positions.RANKS`. `kind` indexes `positions.KINDS`: people of one kind do comparable work. `head` is true for the
    head of a subunit, `appraiser` for everybody rating others; an appraiser without a structural post holds an
    additional task (`additional`, tugas tambahan), its name indexed by `duty` in the titles (else -1).
    """

    name: NDArray[Any]
    nip: Words
    birth: Days
    started: Days
    female: Flags
    pppk: Flags
    disability: Flags
    age: Floats
    tenure: Floats
    unit: Ints
    subunit: Ints
    position_type: Codes
    level: Codes
    title: Ints
    duty: Ints
    kind: Codes
    job_class: Codes
    rank: Codes
    time_in_position: Floats
    structural: Flags
    additional: Flags
    head: Flags
    appraiser: Flags

    def __len__(self) -> int:
        return len(self.unit)


@dataclass(frozen=True, slots=True)
class ObservedRecords:
    """Observed data of an agency, n × q, NaN if missing or after exit.

    Score and indices are 0…120, two decimals; days are counts in the quarter or its last month; activity is entries a
    day; progress is per cent of target. `appraiser` is a person's index, -1 for the Sekda alone.
    """

    score: Floats
    results: Floats
    behaviour: Floats
    late_days: Floats
    late_last_month: Floats
    absence: Floats
    activity: Floats
    activity_last_month: Floats
    progress: Floats
    active: Flags
    appraiser: Ints


@dataclass(frozen=True, slots=True)
class TrainingOutcomes:
    """Eligibility, draw and attendance of trainings.

    n × q: `eligible`; `draw`, the lottery's number in [0, 1) of each eligible person, else NaN; `seat`, a
    `SeatSourceCode`; `attended`. People with a seat who stayed away (`seat > 0 & ~attended`) stay untrained and may
    be eligible again.

    n: `trained_in`, the quarter or -1; `source` of that training; `stratum` of the lottery, the unit.
    """

    eligible: Flags
    draw: Floats
    seat: Codes
    attended: Flags
    trained_in: Ints
    source: Codes
    stratum: Ints


@dataclass(frozen=True, slots=True)
class HiddenTruth:
    """Hidden states of the province; no feature may read them.

    n: `ability` a, `leniency` L of a person as appraiser, `bias` of ratings, `gain` τ. Per unit and subunit: u, v, w.

    n × q: `mood` m, `early` (the part of the next mood already visible), `shock` h, `base` θ0, `effect`, `score` and
    `score_untrained` (same noise, unrounded), `oracle` = P(low in the next quarter | all of these). `season` is S,
    one per quarter and one for the quarter after the last.
    """

    ability: Floats
    unit_effect: Floats
    subunit_effect: Floats
    habit: Floats
    leniency: Floats
    bias: Floats
    gain: Floats
    season: Floats
    mood: Floats
    early: Floats
    shock: Floats
    base: Floats
    effect: Floats
    score: Floats
    score_untrained: Floats
    oracle: Floats


@dataclass(frozen=True, slots=True)
class Province:
    """One drawn province."""

    settings: GeneratorSettings
    organisation: SyntheticOrganisation
    people: SyntheticPeople
    observed: ObservedRecords
    training: TrainingOutcomes
    truth: HiddenTruth
