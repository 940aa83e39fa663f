"""Risk panel: observations per person and quarter as arrays, independent of the database."""

import hashlib
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

EVALUATION_ARRAYS = ("score", "results", "behaviour", "work_below", "below_baik")
MONITORING_ARRAYS = ("late_days", "late_last_month", "absence", "activity", "activity_last_month", "progress")

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskPanel:
    """Panel of people × quarters, n × q, with missing values.

    NaN is a missing number, −1 a missing code. `first` is the year and quarter (1…4) of column 0. `score`, `results`
    and `behaviour` are indices of 0…120; `late_days`, `late_last_month` and `absence` are days; `activity` and
    `activity_last_month` are entries of the daily log per working day; `progress` is the share of the target reached,
    in per cent. `work_below` and `below_baik` are 1 for a work result rated under expectation and for a predikat
    under Baik, else 0. `in_position` counts quarters in the present post. `trained` is the column of a person's first
    training (absorbing), −1 for nobody yet; `position_kind` a code of the kind of position, its holders being a
    person's peers.

    `evaluated` and `monitored` are the columns at the end of which a cell's evaluation and monitoring were on record:
    its own column, or a later one for late records.
    """

    person: Ints
    first: tuple[int, int]
    score: Floats
    results: Floats
    behaviour: Floats
    work_below: Floats
    below_baik: Floats
    late_days: Floats
    late_last_month: Floats
    absence: Floats
    activity: Floats
    activity_last_month: Floats
    progress: Floats
    in_position: Floats
    evaluated: Ints
    monitored: Ints
    appraiser: Ints
    unit: Ints
    subunit: Ints
    active: Bools
    trained: Ints
    position_kind: Ints

    def __post_init__(self) -> None:
        """Raise ValueError for an array not in the shape of the panel."""
        n, q = len(self.person), self.quarter_count
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray) and value.shape not in {(n,), (n, q)}:
                raise ValueError(f"{field.name} has shape {value.shape}; a panel of {n} people needs ({n}, {q})")

    @property
    def quarter_count(self) -> int:
        """Number of columns."""
        return int(self.score.shape[1])

    def calendar_quarter(self, column: int) -> int:
        """Quarter of the year, 1…4, of a column inside or beyond the panel."""
        return (self.first[1] - 1 + column) % 4 + 1

    def snapshot_at(self, column: int) -> "RiskPanel":
        """Snapshot of the panel at the cut-off of `column`.

        Later facts, and facts recorded later, are left out. Raises ValueError for a column outside the panel.
        """
        if not 0 <= column < self.quarter_count:
            raise ValueError(f"column {column} lies outside the panel's {self.quarter_count} quarters")
        seen: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray) and value.ndim == 2:
                # One layout in memory, so that sums run in one order and equal data give equal bytes.
                seen[field.name] = np.ascontiguousarray(value[:, : column + 1])
        for record, arrays in ((self.evaluated, EVALUATION_ARRAYS), (self.monitored, MONITORING_ARRAYS)):
            late = record[:, : column + 1] > column
            if late.any():
                seen.update({name: np.where(late, np.nan, seen[name]) for name in arrays})
        seen["trained"] = np.where(self.trained > column, -1, self.trained)
        return replace(self, **seen)

    def content_hash(self) -> str:
        """Hash of every number of the panel: equal data, equal hash."""
        digest = hashlib.sha256(repr((self.first, self.score.shape)).encode())
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                plain = np.where(np.isnan(value), np.nan, value) if value.dtype.kind == "f" else value
                digest.update(field.name.encode())
                digest.update(np.ascontiguousarray(plain).tobytes())
        return digest.hexdigest()

    def select_people(self, people: Ints | Bools) -> "RiskPanel":
        """Panel of some of the people, chosen by index or mask."""
        return replace(
            self,
            **{field.name: getattr(self, field.name)[people] for field in fields(self) if field.name != "first"},
        )
