"""Queries of the risk panel: records as of a day, streamed into arrays."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlmodel import col

from domain.business_date.quarters import last_finished_quarter, next_quarter_start, quarter_bounds
from domain.evaluation.facts import PREDIKAT_RANKS, PeriodKind, Predikat, Rating
from domain.evaluation.tables import EvaluationRow
from domain.indicator.tables import MonitoringRow
from domain.organisation.tables import PositionRow
from domain.people.facts import IncumbencyKind
from domain.people.tables import AppraiserLineRow, IncumbencyRow, PersonRow
from domain.ports import Db
from ml.panel import EVALUATION_ARRAYS, MONITORING_ARRAYS, Floats, Ints, RiskPanel
from training.assignment.facts import AssignmentStatus
from training.assignment.tables import AssignmentRow
from training.session.tables import SessionRow

STREAM_CHUNK = 5_000
"""Rows read at a time: few, so the event loop is never blocked for long."""
DAYS_A_QUARTER = 365.25 / 4
NEVER_ORDINAL = date.max.toordinal()


class TooLittleHistory(Exception):
    """Too little history on record yet for this operation."""


@dataclass(frozen=True, slots=True)
class PanelQuarters:
    """Quarters of a panel by their first and last days.

    `recorded_by` is the day of the cut-off. A cut-off of an earlier quarter is as many days after its end as
    `recorded_by` is after the last one's.
    """

    starts: Sequence[date]
    ends: Sequence[date]
    recorded_by: date

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def last_days(self) -> Ints:
        """The last days as ordinals."""
        return np.array([day.toordinal() for day in self.ends], dtype=np.int64)

    @property
    def cutoff_days(self) -> Ints:
        """The days of the cut-offs as ordinals."""
        return self.last_days + (self.recorded_by - self.ends[-1]).days

    def quarter_columns(self, days: Sequence[date]) -> Ints:
        """Column of each first day of a quarter, −1 for other days."""
        places = {day: column for column, day in enumerate(self.starts)}
        return np.array([places.get(day, -1) for day in days], dtype=np.int64)

    def recorded_columns(self, recorded: Sequence[date], own: Ints) -> Ints:
        """Column of the first cut-off with a row of column `own` on record."""
        days = np.array([day.toordinal() for day in recorded], dtype=np.int64)
        return np.maximum(own, np.searchsorted(self.cutoff_days, days))


@dataclass(frozen=True, slots=True)
class DatedPanel:
    """A panel and the days of its columns."""

    panel: RiskPanel
    quarters: PanelQuarters


async def load_risk_panel(db: Db, recorded_by: date) -> DatedPanel:
    """Load the panel of all quarters over before `recorded_by`.

    It begins with the first quarter with an evaluation. Only rows recorded by that day have a part in it. Raises
    `TooLittleHistory` without an evaluation on record.
    """
    quarters = await _load_panel_quarters(db, recorded_by)
    people = await _load_panel_people(db)
    empty = _build_empty_panel(people, quarters)
    arrays = {
        **await _load_evaluation_arrays(db, quarters, people),
        **await _load_monitoring_arrays(db, quarters, people),
        **await _load_post_arrays(db, quarters, people),
        "appraiser": await _load_appraiser_codes(db, quarters, people),
        "trained": await _load_training_columns(db, quarters, people),
    }
    return DatedPanel(replace(empty, **arrays), quarters)


@dataclass(frozen=True, slots=True)
class _PanelPeople:
    """All people who ever served, by rising number.

    Days of joining and leaving are ordinals.
    """

    person_ids: Ints
    joined_days: Ints
    left_days: Ints

    def row_indices(self, persons: Sequence[int]) -> Ints:
        """Row of each person; −1 for people added after the load."""
        asked = np.array(persons, dtype=np.int64)
        place = np.minimum(np.searchsorted(self.person_ids, asked), len(self.person_ids) - 1)
        return np.where(self.person_ids[place] == asked, place, -1)


async def _load_panel_quarters(db: Db, recorded_by: date) -> PanelQuarters:
    found = await db.fetch_one(
        sa.select(sa.func.min(col(EvaluationRow.starts_on))).where(
            col(EvaluationRow.kind) == PeriodKind.TRIWULAN, col(EvaluationRow.recorded_on) <= recorded_by
        )
    )
    first, last = found[0] if found else None, last_finished_quarter(recorded_by)[0]
    if first is None or first > last:
        raise TooLittleHistory(f"no evaluation of a quarter that was over before {recorded_by} is on record")
    starts = [quarter_bounds(first)[0]]
    while starts[-1] < last:
        starts.append(next_quarter_start(starts[-1]))
    return PanelQuarters(starts, [next_quarter_start(day) - timedelta(days=1) for day in starts], recorded_by)


async def _load_panel_people(db: Db) -> _PanelPeople:
    rows: list[Any] = []
    statement = sa.select(col(PersonRow.id), col(PersonRow.joined_on), col(PersonRow.left_on))
    async for chunk in db.stream(statement.order_by(col(PersonRow.id)), STREAM_CHUNK):
        rows.extend(
            (person, joined.toordinal(), left.toordinal() if left else NEVER_ORDINAL)
            for person, joined, left in chunk
        )
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return _PanelPeople(table[:, 0], table[:, 1], table[:, 2])


def _build_empty_panel(people: _PanelPeople, quarters: PanelQuarters) -> RiskPanel:
    shape = (len(people.person_ids), len(quarters))
    days = quarters.last_days
    own = np.broadcast_to(np.arange(shape[1]), shape)
    blank: dict[str, Any] = {
        name: np.full(shape, np.nan) for name in (*EVALUATION_ARRAYS, *MONITORING_ARRAYS, "in_position")
    }
    codes: dict[str, Any] = {name: np.full(shape, -1, np.int64) for name in ("appraiser", "unit", "subunit")}
    return RiskPanel(
        person=people.person_ids,
        first=(quarters.starts[0].year, (quarters.starts[0].month + 2) // 3),
        evaluated=own,
        monitored=own,
        active=(people.joined_days[:, None] <= days) & (days <= people.left_days[:, None]),
        trained=np.full(shape[0], -1, np.int64),
        position_kind=np.full(shape[0], -1, np.int64),
        **blank,
        **codes,
    )


async def _load_evaluation_arrays(db: Db, quarters: PanelQuarters, people: _PanelPeople) -> dict[str, Any]:
    made = _build_blank_arrays(EVALUATION_ARRAYS, "evaluated", people, quarters)
    statement = (
        sa.select(
            col(EvaluationRow.person_id),
            col(EvaluationRow.starts_on),
            col(EvaluationRow.recorded_on),
            _convert_to_double(EvaluationRow.score),
            _convert_to_double(EvaluationRow.results_index),
            _convert_to_double(EvaluationRow.behaviour_index),
            _convert_flag_to_double(col(EvaluationRow.results_rating) == Rating.DI_BAWAH),
            _convert_flag_to_double(col(EvaluationRow.predikat_rank) < PREDIKAT_RANKS[Predikat.BAIK]),
        )
        .where(col(EvaluationRow.kind) == PeriodKind.TRIWULAN, col(EvaluationRow.recorded_on) <= quarters.recorded_by)
        # The version that stood on the day comes last and stays.
        .order_by(col(EvaluationRow.recorded_on), col(EvaluationRow.version), col(EvaluationRow.id))
    )
    async for chunk in db.stream(statement, STREAM_CHUNK):
        _fill_arrays(made, EVALUATION_ARRAYS, "evaluated", chunk, quarters, people)
    return made


async def _load_monitoring_arrays(db: Db, quarters: PanelQuarters, people: _PanelPeople) -> dict[str, Any]:
    made = _build_blank_arrays(MONITORING_ARRAYS, "monitored", people, quarters)
    statement = (
        sa.select(
            col(MonitoringRow.person_id),
            col(MonitoringRow.starts_on),
            col(MonitoringRow.recorded_on),
            _convert_to_double(MonitoringRow.late_days),
            _convert_to_double(MonitoringRow.late_days_last_month),
            _convert_to_double(MonitoringRow.absent_days),
            _convert_to_double(MonitoringRow.activity),
            _convert_to_double(MonitoringRow.activity_last_month),
            _convert_to_double(MonitoringRow.progress_percent),
        )
        .where(col(MonitoringRow.recorded_on) <= quarters.recorded_by)
        .order_by(col(MonitoringRow.recorded_on), col(MonitoringRow.id))
    )
    async for chunk in db.stream(statement, STREAM_CHUNK):
        _fill_arrays(made, MONITORING_ARRAYS, "monitored", chunk, quarters, people)
    return made


def _convert_to_double(column: Any) -> sa.ColumnElement[float]:
    return sa.cast(col(column), sa.Double)


def _convert_flag_to_double(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[float]:
    return sa.cast(sa.cast(condition, sa.Integer), sa.Double)


def _build_blank_arrays(
    names: Sequence[str], record_array: str, people: _PanelPeople, quarters: PanelQuarters
) -> dict[str, Any]:
    shape = (len(people.person_ids), len(quarters))
    blank: dict[str, Any] = {name: np.full(shape, np.nan) for name in names}
    return {**blank, record_array: np.tile(np.arange(shape[1]), (shape[0], 1))}


def _fill_arrays(
    arrays: dict[str, Any],
    names: Sequence[str],
    record_array: str,
    chunk: Sequence[Any],
    quarters: PanelQuarters,
    people: _PanelPeople,
) -> None:
    """Put rows into the arrays; a later row replaces an earlier one.

    Each is (person, first day, day recorded, figures…).
    """
    persons, days, recorded, *figures = zip(*chunk, strict=True)
    column = quarters.quarter_columns(days)
    row = people.row_indices(persons)
    kept = (column >= 0) & (row >= 0)
    for name, values in zip(names, figures, strict=True):
        arrays[name][row[kept], column[kept]] = np.array(values, dtype=np.float64)[kept]
    arrays[record_array][row[kept], column[kept]] = quarters.recorded_columns(recorded, column)[kept]


async def _load_appraiser_codes(db: Db, quarters: PanelQuarters, people: _PanelPeople) -> Ints:
    made = np.full((len(people.person_ids), len(quarters)), -1, np.int64)
    statement = sa.select(
        col(AppraiserLineRow.person_id),
        col(AppraiserLineRow.starts_on),
        col(AppraiserLineRow.ends_on),
        col(AppraiserLineRow.appraiser_id),
    ).order_by(col(AppraiserLineRow.starts_on), col(AppraiserLineRow.id))
    async for chunk in db.stream(statement, STREAM_CHUNK):
        persons, starts, ends, appraisers = zip(*chunk, strict=True)
        row, column = _expand_dated_facts(people.row_indices(persons), starts, ends, quarters)
        made[people.row_indices(persons)[row], column] = np.array(appraisers, dtype=np.int64)[row]
    return made


async def _load_post_arrays(db: Db, quarters: PanelQuarters, people: _PanelPeople) -> dict[str, Any]:
    """Load unit, subunit and quarters in the post by quarter.

    Also the kind of the last post, as a code.
    """
    shape = (len(people.person_ids), len(quarters))
    unit, subunit = np.full(shape, -1, np.int64), np.full(shape, -1, np.int64)
    since: Floats = np.full(shape, np.nan)
    family = np.full(shape[0], "", dtype=object)
    statement = (
        sa.select(
            col(IncumbencyRow.person_id),
            col(IncumbencyRow.starts_on),
            col(IncumbencyRow.ends_on),
            col(PositionRow.unit_id),
            sa.cast(sa.func.split_part(sa.func.concat(col(PositionRow.unit_path), "0."), ".", 2), sa.BigInteger),
            col(PositionRow.family),
        )
        .join(PositionRow, col(PositionRow.id) == col(IncumbencyRow.position_id))
        .where(col(IncumbencyRow.kind) == IncumbencyKind.D, col(IncumbencyRow.starts_on) <= quarters.recorded_by)
        .order_by(col(IncumbencyRow.starts_on), col(IncumbencyRow.id))
    )
    async for chunk in db.stream(statement, STREAM_CHUNK):
        persons, starts, ends, nodes, tops, families = zip(*chunk, strict=True)
        who = people.row_indices(persons)
        row, column = _expand_dated_facts(who, starts, ends, quarters)
        begun = np.array([day.toordinal() for day in starts], dtype=np.float64)
        subunit[who[row], column] = np.array(nodes, dtype=np.int64)[row]
        unit[who[row], column] = np.array(tops, dtype=np.int64)[row]
        since[who[row], column] = np.floor((quarters.last_days[column] - begun[row]) / DAYS_A_QUARTER)
        family[who[who >= 0]] = np.array(families, dtype=object)[who >= 0]
    _, kind = np.unique(family.astype(str), return_inverse=True)
    return {
        "unit": unit,
        "subunit": subunit,
        "in_position": since,
        "position_kind": np.where(family == "", -1, kind),
    }


def _expand_dated_facts(
    rows: Ints, starts: Sequence[date], ends: Sequence[date | None], quarters: PanelQuarters
) -> tuple[Ints, Ints]:
    """Expand dated facts to quarters: row and column of each.

    The row is one of the chunk; a fact belongs to a column if it held on the last day of its quarter.
    """
    begun = np.array([day.toordinal() for day in starts], dtype=np.int64)
    ended = np.array([day.toordinal() if day else NEVER_ORDINAL for day in ends], dtype=np.int64)
    days = quarters.last_days
    holds = (begun[:, None] <= days) & (days <= ended[:, None]) & (rows >= 0)[:, None]
    row, column = np.nonzero(holds)
    return row, column


async def _load_training_columns(db: Db, quarters: PanelQuarters, people: _PanelPeople) -> Ints:
    """Column of each person's first session attended on an assignment; −1 for nobody yet."""
    made = np.full(len(people.person_ids), -1, np.int64)
    statement = (
        sa.select(col(AssignmentRow.person_id), sa.func.min(col(SessionRow.ends_on)))
        .join(SessionRow, col(SessionRow.id) == col(AssignmentRow.session_id))
        .where(
            col(AssignmentRow.status) == AssignmentStatus.ATTENDED, col(SessionRow.ends_on) <= quarters.recorded_by
        )
        .group_by(col(AssignmentRow.person_id))
    )
    async for chunk in db.stream(statement, STREAM_CHUNK):
        persons, days = zip(*chunk, strict=True)
        who = people.row_indices(persons)
        made[who[who >= 0]] = quarters.quarter_columns([quarter_bounds(day)[0] for day in days])[who >= 0]
    return made
