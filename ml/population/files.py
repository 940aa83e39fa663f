"""Writes a province as two tables of comma-separated values: what is seen, and apart from it the truth."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ml.population import parameters as p
from ml.population.province import Flags, Floats, Province, Source

PANEL: Final = (
    "person,quarter,unit,subunit,appraiser,employment,sex,age,disability,tenure,score,results,behaviour,"
    "late_days,late_last_month,absence,activity,activity_last_month,progress,active,eligible,trained_in,source"
)
"""Columns of `panel.csv`; person, unit, subunit and appraiser are numbers, age and tenure years."""

TRUTH: Final = (
    "person,quarter,ability,unit_effect,subunit_effect,bias,gain,leniency,mood,early,shock,base,effect,"
    "score_untrained,score,oracle"
)
"""Columns of `truth.csv`; leniency is that of the quarter's appraiser, oracle the risk of the next quarter."""

Column = Sequence[str]


def write(province: Province, folder: Path) -> None:
    """Write `panel.csv` and `truth.csv` into an existing folder, one row per quarter and person.

    Equal provinces give equal bytes. A missing value is empty; a yes is 1. Quarters read `2023-Q1`.
    """
    with (folder / "panel.csv").open("w", encoding="utf-8", newline="") as panel:
        panel.write(PANEL + "\n")
        fixed = _fixed(province)
        for quarter in range(province.settings.quarters):
            panel.writelines(_rows(_panel(province, fixed, quarter)))
    with (folder / "truth.csv").open("w", encoding="utf-8", newline="") as truth:
        truth.write(TRUTH + "\n")
        lasting = _lasting(province)
        for quarter in range(province.settings.quarters):
            truth.writelines(_rows(_truth(province, lasting, quarter)))


def quarter_name(quarter: int) -> str:
    """How a quarter is written: quarter 0 is 2023-Q1."""
    return f"{p.FIRST_DAY.year + quarter // 4}-Q{quarter % 4 + 1}"


def _rows(columns: Iterable[Column]) -> Iterable[str]:
    return (",".join(row) + "\n" for row in zip(*columns, strict=True))


def _fixed(province: Province) -> tuple[Column, ...]:
    """Columns that every quarter shares: person, unit, subunit, employment, sex, disability, trained_in, source."""
    people, training = province.people, province.training
    names = [""] + [quarter_name(quarter) for quarter in range(province.settings.quarters)]
    return (
        _whole(np.arange(len(people))),
        _whole(people.unit),
        _whole(people.subunit),
        _either(people.pppk, "PPPK", "PNS"),
        _either(people.female, "F", "M"),
        _either(people.disability, "1", "0"),
        _looked_up(names, training.trained_in + 1),
        _looked_up(["", *(source.name for source in Source if source)], training.source),
    )


def _panel(province: Province, fixed: tuple[Column, ...], quarter: int) -> Iterable[Column]:
    person, unit, subunit, employment, sex, disability, trained_in, source = fixed
    seen, people = province.observed, province.people
    return (
        person,
        [quarter_name(quarter)] * len(people),
        unit,
        subunit,
        _whole(seen.appraiser[:, quarter], none=-1),
        employment,
        sex,
        _hundredths(people.age + quarter / 4),
        disability,
        _hundredths(people.tenure + quarter / 4),
        _hundredths(seen.score[:, quarter]),
        _hundredths(seen.results[:, quarter]),
        _hundredths(seen.behaviour[:, quarter]),
        _counted(seen.late_days[:, quarter]),
        _counted(seen.late_last_month[:, quarter]),
        _counted(seen.absence[:, quarter]),
        _hundredths(seen.activity[:, quarter]),
        _hundredths(seen.activity_last_month[:, quarter]),
        _hundredths(seen.progress[:, quarter]),
        _either(seen.active[:, quarter], "1", "0"),
        _either(province.training.eligible[:, quarter], "1", "0"),
        trained_in,
        source,
    )


def _lasting(province: Province) -> tuple[Column, ...]:
    people, truth = province.people, province.truth
    return (
        _whole(np.arange(len(people))),
        _exact(truth.ability),
        _exact(truth.unit_effect[people.unit]),
        _exact(truth.subunit_effect[people.subunit]),
        _exact(truth.bias),
        _exact(truth.gain),
    )


def _truth(province: Province, lasting: tuple[Column, ...], quarter: int) -> Iterable[Column]:
    person, ability, unit, subunit, bias, gain = lasting
    truth, appraiser = province.truth, province.observed.appraiser[:, quarter]
    return (
        person,
        [quarter_name(quarter)] * len(province.people),
        ability,
        unit,
        subunit,
        bias,
        gain,
        _exact(np.where(appraiser >= 0, truth.leniency[appraiser], 0.0)),
        _exact(truth.mood[:, quarter]),
        _exact(truth.early[:, quarter]),
        _exact(truth.shock[:, quarter]),
        _exact(truth.base[:, quarter]),
        _exact(truth.effect[:, quarter]),
        _exact(truth.score_untrained[:, quarter]),
        _exact(truth.score[:, quarter]),
        _exact(truth.oracle[:, quarter]),
    )


def _looked_up(words: Sequence[str], code: NDArray[np.integer[Any]]) -> Column:
    listed: Column = np.array(words, dtype=object)[code].tolist()
    return listed


def _whole(value: NDArray[np.integer[Any]], none: int | None = None) -> Column:
    return ["" if one == none else str(one) for one in value.tolist()]


def _either(flag: Flags, yes: str, no: str) -> Column:
    return _looked_up([no, yes], flag.astype(np.int8))


def _counted(value: Floats) -> Column:
    """Counts; the last word of the table stands for what is missing."""
    top = int(np.nanmax(value, initial=0))
    words = [str(one) for one in range(top + 1)] + [""]
    return _looked_up(words, np.nan_to_num(value, nan=top + 1).astype(np.int64))


def _hundredths(value: Floats) -> Column:
    """Numbers of two decimals, looked up: far faster than formatting each."""
    cents = np.rint(np.nan_to_num(value) * 100).astype(np.int64)
    top = int(cents.max(initial=0))
    words = [f"{one // 100}.{one % 100:02d}" for one in range(top + 1)] + [""]
    return _looked_up(words, np.where(np.isnan(value), top + 1, cents))


def _exact(value: Floats) -> Column:
    return [f"{one:.5f}" for one in value.tolist()]
