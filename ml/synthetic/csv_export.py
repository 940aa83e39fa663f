"""CSV export of a synthetic province: observed data, and apart from it the truth."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ml.synthetic import parameters as p
from ml.synthetic.province import Flags, Floats, Province, SeatSourceCode

PANEL_COLUMNS: Final = (
    "person,quarter,unit,subunit,appraiser,employment,sex,age,disability,tenure,score,results,behaviour,"
    "late_days,late_last_month,absence,activity,activity_last_month,progress,active,eligible,trained_in,source"
)
"""Columns of `panel.csv`.

Person, unit, subunit and appraiser are numbers, age and tenure years.
"""

TRUTH_COLUMNS: Final = (
    "person,quarter,ability,unit_effect,subunit_effect,bias,gain,leniency,mood,early,shock,base,effect,"
    "score_untrained,score,oracle"
)
"""Columns of `truth.csv`.

Leniency is that of the quarter's appraiser, oracle the risk of the next quarter.
"""

CsvColumn = Sequence[str]


def write_csv_files(province: Province, folder: Path) -> None:
    """Write `panel.csv` and `truth.csv` into an existing folder.

    One row per quarter and person. Equal provinces give equal bytes. A missing value is empty; a yes is 1. Quarters
    read `2023-Q1`.
    """
    with (folder / "panel.csv").open("w", encoding="utf-8", newline="") as panel:
        panel.write(PANEL_COLUMNS + "\n")
        fixed = _build_fixed_columns(province)
        for quarter in range(province.settings.quarters):
            panel.writelines(_format_rows(_build_panel_columns(province, fixed, quarter)))
    with (folder / "truth.csv").open("w", encoding="utf-8", newline="") as truth:
        truth.write(TRUTH_COLUMNS + "\n")
        lasting = _build_lasting_columns(province)
        for quarter in range(province.settings.quarters):
            truth.writelines(_format_rows(_build_truth_columns(province, lasting, quarter)))


def format_quarter(quarter: int) -> str:
    """Format a quarter's number: quarter 0 is 2023-Q1."""
    return f"{p.FIRST_DAY.year + quarter // 4}-Q{quarter % 4 + 1}"


def _format_rows(columns: Iterable[CsvColumn]) -> Iterable[str]:
    return (",".join(row) + "\n" for row in zip(*columns, strict=True))


def _build_fixed_columns(province: Province) -> tuple[CsvColumn, ...]:
    """Build the columns shared by all quarters.

    Person, unit, subunit, employment, sex, disability, trained_in, source.
    """
    people, training = province.people, province.training
    names = [""] + [format_quarter(quarter) for quarter in range(province.settings.quarters)]
    return (
        _format_integers(np.arange(len(people))),
        _format_integers(people.unit),
        _format_integers(people.subunit),
        _format_flags(people.pppk, "PPPK", "PNS"),
        _format_flags(people.female, "F", "M"),
        _format_flags(people.disability, "1", "0"),
        _map_codes(names, training.trained_in + 1),
        _map_codes(["", *(source.name for source in SeatSourceCode if source)], training.source),
    )


def _build_panel_columns(province: Province, fixed: tuple[CsvColumn, ...], quarter: int) -> Iterable[CsvColumn]:
    person, unit, subunit, employment, sex, disability, trained_in, source = fixed
    seen, people = province.observed, province.people
    return (
        person,
        [format_quarter(quarter)] * len(people),
        unit,
        subunit,
        _format_integers(seen.appraiser[:, quarter], none=-1),
        employment,
        sex,
        _format_hundredths(people.age + quarter / 4),
        disability,
        _format_hundredths(people.tenure + quarter / 4),
        _format_hundredths(seen.score[:, quarter]),
        _format_hundredths(seen.results[:, quarter]),
        _format_hundredths(seen.behaviour[:, quarter]),
        _format_counts(seen.late_days[:, quarter]),
        _format_counts(seen.late_last_month[:, quarter]),
        _format_counts(seen.absence[:, quarter]),
        _format_hundredths(seen.activity[:, quarter]),
        _format_hundredths(seen.activity_last_month[:, quarter]),
        _format_hundredths(seen.progress[:, quarter]),
        _format_flags(seen.active[:, quarter], "1", "0"),
        _format_flags(province.training.eligible[:, quarter], "1", "0"),
        trained_in,
        source,
    )


def _build_lasting_columns(province: Province) -> tuple[CsvColumn, ...]:
    people, truth = province.people, province.truth
    return (
        _format_integers(np.arange(len(people))),
        _format_floats(truth.ability),
        _format_floats(truth.unit_effect[people.unit]),
        _format_floats(truth.subunit_effect[people.subunit]),
        _format_floats(truth.bias),
        _format_floats(truth.gain),
    )


def _build_truth_columns(province: Province, lasting: tuple[CsvColumn, ...], quarter: int) -> Iterable[CsvColumn]:
    person, ability, unit, subunit, bias, gain = lasting
    truth, appraiser = province.truth, province.observed.appraiser[:, quarter]
    return (
        person,
        [format_quarter(quarter)] * len(province.people),
        ability,
        unit,
        subunit,
        bias,
        gain,
        _format_floats(np.where(appraiser >= 0, truth.leniency[appraiser], 0.0)),
        _format_floats(truth.mood[:, quarter]),
        _format_floats(truth.early[:, quarter]),
        _format_floats(truth.shock[:, quarter]),
        _format_floats(truth.base[:, quarter]),
        _format_floats(truth.effect[:, quarter]),
        _format_floats(truth.score_untrained[:, quarter]),
        _format_floats(truth.score[:, quarter]),
        _format_floats(truth.oracle[:, quarter]),
    )


def _map_codes(words: Sequence[str], code: NDArray[np.integer[Any]]) -> CsvColumn:
    listed: CsvColumn = np.array(words, dtype=object)[code].tolist()
    return listed


def _format_integers(value: NDArray[np.integer[Any]], none: int | None = None) -> CsvColumn:
    return ["" if one == none else str(one) for one in value.tolist()]


def _format_flags(flag: Flags, yes: str, no: str) -> CsvColumn:
    return _map_codes([no, yes], flag.astype(np.int8))


def _format_counts(value: Floats) -> CsvColumn:
    """Format counts; the last word of the table stands for a missing one."""
    top = int(np.nanmax(value, initial=0))
    words = [str(one) for one in range(top + 1)] + [""]
    return _map_codes(words, np.nan_to_num(value, nan=top + 1).astype(np.int64))


def _format_hundredths(value: Floats) -> CsvColumn:
    """Format numbers of two decimals by lookup: far faster than formatting each."""
    cents = np.rint(np.nan_to_num(value) * 100).astype(np.int64)
    top = int(cents.max(initial=0))
    words = [f"{one // 100}.{one % 100:02d}" for one in range(top + 1)] + [""]
    return _map_codes(words, np.where(np.isnan(value), top + 1, cents))


def _format_floats(value: Floats) -> CsvColumn:
    return [f"{one:.5f}" for one in value.tolist()]
