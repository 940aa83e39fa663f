"""Reads the panel from the database: what was on record on a day, streamed straight into arrays."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlmodel import col

from domain.calendar.rules import last_quarter, next_quarter, quarter_of
from domain.evaluation.facts import RANKS, PeriodKind, Predikat, Rating
from domain.evaluation.tables import EvaluationRow
from domain.indicator.tables import MonitoringRow
from domain.organisation.tables import PositionRow
from domain.people.facts import IncumbencyKind
from domain.people.tables import AppraiserLineRow, IncumbencyRow, PersonRow
from domain.ports import Db
from ml.panel import EVALUATION, MONITORING, Floats, Ints, Panel
from training.assignment.facts import AssignmentStatus
from training.assignment.tables import AssignmentRow
from training.session.tables import SessionRow

CHUNK = 5_000
"""Rows read at a time: few enough that the event loop is never held for long."""
DAYS_A_QUARTER = 365.25 / 4
NEVER = date.max.toordinal()


class TooLittleHistory(Exception):
    """There is not enough on record yet for what was asked."""


@dataclass(frozen=True, slots=True)
class Quarters:
    """The quarters of a panel by their first and last days; `known_by` is the day of the cut-off.

    A cut-off of an earlier quarter is as many days after its end as `known_by` is after the last one's.
    """

    starts: Sequence[date]
    ends: Sequence[date]
    known_by: date

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def last_days(self) -> Ints:
        """The last days as ordinals."""
        return np.array([day.toordinal() for day in self.ends], dtype=np.int64)

    @property
    def cutoffs(self) -> Ints:
        """The days of the cut-offs as ordinals."""
        return self.last_days + (self.known_by - self.ends[-1]).days

    def columns(self, days: Sequence[date]) -> Ints:
        """The column that each first day of a quarter belongs to, −1 for others."""
        places = {day: column for column, day in enumerate(self.starts)}
        return np.array([places.get(day, -1) for day in days], dtype=np.int64)

    def known_from(self, recorded: Sequence[date], own: Ints) -> Ints:
        """The column at whose cut-off a row of column `own` was on record."""
        days = np.array([day.toordinal() for day in recorded], dtype=np.int64)
        return np.maximum(own, np.searchsorted(self.cutoffs, days))


@dataclass(frozen=True, slots=True)
class History:
    """A panel and the days of its columns."""

    panel: Panel
    quarters: Quarters


async def read(db: Db, known_by: date) -> History:
    """The panel of all quarters that were over before `known_by`, from the first one with an evaluation.

    Only rows recorded by that day have a part in it. Raises `TooLittleHistory` when no evaluation is on record.
    """
    quarters = await _quarters(db, known_by)
    people = await _people(db)
    empty = _empty(people, quarters)
    arrays = {
        **await _evaluations(db, quarters, people),
        **await _monitoring(db, quarters, people),
        **await _posts(db, quarters, people),
        "appraiser": await _appraisers(db, quarters, people),
        "trained": await _trained(db, quarters, people),
    }
    return History(replace(empty, **arrays), quarters)


@dataclass(frozen=True, slots=True)
class _People:
    """Everybody who ever served, by rising number; days of joining and leaving as ordinals."""

    person: Ints
    joined: Ints
    left: Ints

    def index(self, persons: Sequence[int]) -> Ints:
        """The row of each person; −1 for one who came after everybody was read."""
        asked = np.array(persons, dtype=np.int64)
        place = np.minimum(np.searchsorted(self.person, asked), len(self.person) - 1)
        return np.where(self.person[place] == asked, place, -1)


async def _quarters(db: Db, known_by: date) -> Quarters:
    found = await db.first(
        sa.select(sa.func.min(col(EvaluationRow.starts_on))).where(
            col(EvaluationRow.kind) == PeriodKind.TRIWULAN, col(EvaluationRow.recorded_on) <= known_by
        )
    )
    first, last = found[0] if found else None, last_quarter(known_by)[0]
    if first is None or first > last:
        raise TooLittleHistory(f"no evaluation of a quarter that was over before {known_by} is on record")
    starts = [quarter_of(first)[0]]
    while starts[-1] < last:
        starts.append(next_quarter(starts[-1]))
    return Quarters(starts, [next_quarter(day) - timedelta(days=1) for day in starts], known_by)


async def _people(db: Db) -> _People:
    rows: list[Any] = []
    statement = sa.select(col(PersonRow.id), col(PersonRow.joined_on), col(PersonRow.left_on))
    async for chunk in db.stream(statement.order_by(col(PersonRow.id)), CHUNK):
        rows.extend(
            (person, joined.toordinal(), left.toordinal() if left else NEVER) for person, joined, left in chunk
        )
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return _People(table[:, 0], table[:, 1], table[:, 2])


def _empty(people: _People, quarters: Quarters) -> Panel:
    shape = (len(people.person), len(quarters))
    days = quarters.last_days
    own = np.broadcast_to(np.arange(shape[1]), shape)
    blank: dict[str, Any] = {name: np.full(shape, np.nan) for name in (*EVALUATION, *MONITORING, "in_position")}
    codes: dict[str, Any] = {name: np.full(shape, -1, np.int64) for name in ("appraiser", "unit", "subunit")}
    return Panel(
        person=people.person,
        first=(quarters.starts[0].year, (quarters.starts[0].month + 2) // 3),
        evaluated=own,
        monitored=own,
        active=(people.joined[:, None] <= days) & (days <= people.left[:, None]),
        trained=np.full(shape[0], -1, np.int64),
        position_kind=np.full(shape[0], -1, np.int64),
        **blank,
        **codes,
    )


async def _evaluations(db: Db, quarters: Quarters, people: _People) -> dict[str, Any]:
    made = _blank(EVALUATION, "evaluated", people, quarters)
    statement = (
        sa.select(
            col(EvaluationRow.person_id),
            col(EvaluationRow.starts_on),
            col(EvaluationRow.recorded_on),
            _float(EvaluationRow.score),
            _float(EvaluationRow.results_index),
            _float(EvaluationRow.behaviour_index),
            _flag(col(EvaluationRow.results_rating) == Rating.DI_BAWAH),
            _flag(col(EvaluationRow.predikat_rank) < RANKS[Predikat.BAIK]),
        )
        .where(col(EvaluationRow.kind) == PeriodKind.TRIWULAN, col(EvaluationRow.recorded_on) <= quarters.known_by)
        # The version that stood on the day comes last and stays.
        .order_by(col(EvaluationRow.recorded_on), col(EvaluationRow.version), col(EvaluationRow.id))
    )
    async for chunk in db.stream(statement, CHUNK):
        _fill(made, EVALUATION, "evaluated", chunk, quarters, people)
    return made


async def _monitoring(db: Db, quarters: Quarters, people: _People) -> dict[str, Any]:
    made = _blank(MONITORING, "monitored", people, quarters)
    statement = (
        sa.select(
            col(MonitoringRow.person_id),
            col(MonitoringRow.starts_on),
            col(MonitoringRow.recorded_on),
            _float(MonitoringRow.late_days),
            _float(MonitoringRow.late_days_last_month),
            _float(MonitoringRow.absent_days),
            _float(MonitoringRow.activity),
            _float(MonitoringRow.activity_last_month),
            _float(MonitoringRow.progress_percent),
        )
        .where(col(MonitoringRow.recorded_on) <= quarters.known_by)
        .order_by(col(MonitoringRow.recorded_on), col(MonitoringRow.id))
    )
    async for chunk in db.stream(statement, CHUNK):
        _fill(made, MONITORING, "monitored", chunk, quarters, people)
    return made


def _float(column: Any) -> sa.ColumnElement[float]:
    return sa.cast(col(column), sa.Double)


def _flag(is_so: sa.ColumnElement[bool]) -> sa.ColumnElement[float]:
    return sa.cast(sa.cast(is_so, sa.Integer), sa.Double)


def _blank(names: Sequence[str], known: str, people: _People, quarters: Quarters) -> dict[str, Any]:
    shape = (len(people.person), len(quarters))
    blank: dict[str, Any] = {name: np.full(shape, np.nan) for name in names}
    return {**blank, known: np.tile(np.arange(shape[1]), (shape[0], 1))}


def _fill(
    made: dict[str, Any],
    names: Sequence[str],
    known: str,
    chunk: Sequence[Any],
    quarters: Quarters,
    people: _People,
) -> None:
    """Put rows of (person, first day, day recorded, figures…) where they belong; a later row replaces an earlier."""
    persons, days, recorded, *figures = zip(*chunk, strict=True)
    column = quarters.columns(days)
    row = people.index(persons)
    kept = (column >= 0) & (row >= 0)
    for name, values in zip(names, figures, strict=True):
        made[name][row[kept], column[kept]] = np.array(values, dtype=np.float64)[kept]
    made[known][row[kept], column[kept]] = quarters.known_from(recorded, column)[kept]


async def _appraisers(db: Db, quarters: Quarters, people: _People) -> Ints:
    made = np.full((len(people.person), len(quarters)), -1, np.int64)
    statement = sa.select(
        col(AppraiserLineRow.person_id),
        col(AppraiserLineRow.starts_on),
        col(AppraiserLineRow.ends_on),
        col(AppraiserLineRow.appraiser_id),
    ).order_by(col(AppraiserLineRow.starts_on), col(AppraiserLineRow.id))
    async for chunk in db.stream(statement, CHUNK):
        persons, starts, ends, appraisers = zip(*chunk, strict=True)
        row, column = _held(people.index(persons), starts, ends, quarters)
        made[people.index(persons)[row], column] = np.array(appraisers, dtype=np.int64)[row]
    return made


async def _posts(db: Db, quarters: Quarters, people: _People) -> dict[str, Any]:
    """Unit, subunit and quarters in the post by quarter, and the kind of the last post as a code."""
    shape = (len(people.person), len(quarters))
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
        .where(col(IncumbencyRow.kind) == IncumbencyKind.D, col(IncumbencyRow.starts_on) <= quarters.known_by)
        .order_by(col(IncumbencyRow.starts_on), col(IncumbencyRow.id))
    )
    async for chunk in db.stream(statement, CHUNK):
        persons, starts, ends, nodes, tops, families = zip(*chunk, strict=True)
        who = people.index(persons)
        row, column = _held(who, starts, ends, quarters)
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


def _held(who: Ints, starts: Sequence[date], ends: Sequence[date | None], quarters: Quarters) -> tuple[Ints, Ints]:
    """Row of the chunk and column of each quarter on whose last day a dated fact held."""
    begun = np.array([day.toordinal() for day in starts], dtype=np.int64)
    ended = np.array([day.toordinal() if day else NEVER for day in ends], dtype=np.int64)
    days = quarters.last_days
    holds = (begun[:, None] <= days) & (days <= ended[:, None]) & (who >= 0)[:, None]
    row, column = np.nonzero(holds)
    return row, column


async def _trained(db: Db, quarters: Quarters, people: _People) -> Ints:
    """The column of the first session that each person attended on an assignment; −1 for nobody yet."""
    made = np.full(len(people.person), -1, np.int64)
    statement = (
        sa.select(col(AssignmentRow.person_id), sa.func.min(col(SessionRow.ends_on)))
        .join(SessionRow, col(SessionRow.id) == col(AssignmentRow.session_id))
        .where(col(AssignmentRow.status) == AssignmentStatus.ATTENDED, col(SessionRow.ends_on) <= quarters.known_by)
        .group_by(col(AssignmentRow.person_id))
    )
    async for chunk in db.stream(statement, CHUNK):
        persons, days = zip(*chunk, strict=True)
        who = people.index(persons)
        made[who[who >= 0]] = quarters.columns([quarter_of(day)[0] for day in days])[who >= 0]
    return made
