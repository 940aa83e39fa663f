"""Queries of the estimate: scores, lotteries and trainings as of a day, as arrays."""

from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlmodel import col

from domain.evaluation.facts import PeriodKind
from domain.evaluation.tables import EvaluationRow
from domain.people.tables import PersonRow
from domain.ports import Db
from training.assignment.facts import AssignmentSource
from training.assignment.tables import AssignmentBatchRow, AssignmentRow, EligibilityRow
from training.improvement.facts import Floats, Integers
from training.improvement.history import LotteryDraws, TrainingEvents, TrainingHistory
from training.record.facts import Outcome
from training.record.tables import TrainingRecordRow

ROWS_PER_CHUNK = 5_000
"""Rows read at a time: few, so the event loop is never blocked for long."""


def quarter_number(day: sa.SQLColumnExpression[date]) -> sa.ColumnElement[int]:
    """A day's quarter, numbered from the year 0 on."""
    return sa.cast(sa.extract("year", day) * 4 + sa.extract("quarter", day) - 1, sa.Integer)


async def load_training_history(db: Db, as_of: date) -> TrainingHistory:
    """Load the training history as of a day.

    Columns run from the first quarter with an evaluation to the quarter of the day.
    """
    ids, cluster = await load_people_clusters(db)
    person, at, version, value = await load_scores(db, as_of)
    last = as_of.year * 4 + (as_of.month - 1) // 3
    first = int(at.min(initial=last))
    score = np.full((len(ids), last - first + 1), np.nan)
    # Where an index comes twice NumPy keeps the last: by version, the one that stands.
    order = np.argsort(version, kind="stable")
    order = order[at[order] <= last]
    score[np.searchsorted(ids, person[order]), _to_integers(at[order]) - first] = value[order]
    return TrainingHistory(
        score,
        cluster,
        await load_lottery_draws(db, as_of, ids, first),
        await load_training_events(db, as_of, ids, first),
    )


async def load_people_clusters(db: Db) -> tuple[Integers, Integers]:
    """Load the keys of all people, rising, and their clusters.

    A cluster is the unit of today; a person without a unit is a cluster alone.
    """
    asked = sa.select(col(PersonRow.id), sa.func.coalesce(col(PersonRow.unit_id), 0)).order_by(col(PersonRow.id))
    keys, units = await _read_columns(db.stream(asked, size=ROWS_PER_CHUNK), 2)
    alone = np.where(units > 0, units, -1 - np.arange(len(units)))
    return _to_integers(keys), _to_integers(np.unique(alone, return_inverse=True)[1])


async def load_scores(db: Db, as_of: date) -> Floats:
    """Load the quarterly evaluations recorded by the end of a day.

    Person, quarter, version and score (4 × rows).
    """
    asked = sa.select(
        col(EvaluationRow.person_id),
        quarter_number(col(EvaluationRow.starts_on)),
        col(EvaluationRow.version),
        sa.cast(col(EvaluationRow.score), sa.Double),
    ).where(
        col(EvaluationRow.kind) == PeriodKind.TRIWULAN,
        col(EvaluationRow.recorded_on) <= as_of,
    )
    return await _read_columns(db.stream(asked, size=ROWS_PER_CHUNK), 4)


async def load_lottery_draws(db: Db, as_of: date, ids: Integers, first: int) -> LotteryDraws:
    """Load all lottery entries by a day; volunteers have none.

    `first` is the quarter of column 0.
    """
    asked = (
        sa.select(
            col(EligibilityRow.programme_id),
            col(EligibilityRow.person_id),
            quarter_number(col(EligibilityRow.starts_on)),
            col(EligibilityRow.batch_id),
            col(EligibilityRow.stratum),
        )
        .join(AssignmentBatchRow, col(AssignmentBatchRow.id) == col(EligibilityRow.batch_id))
        .where(
            col(EligibilityRow.starts_on) <= as_of,
            col(AssignmentBatchRow.source) != AssignmentSource.VOLUNTEER,
        )
    )
    found = await _read_columns(db.stream(asked, size=ROWS_PER_CHUNK), 5)
    programme, person, at, batch, stratum = found[:, found[2] >= first]
    pairs = np.stack([batch, stratum])
    lottery = 1 + np.unique(pairs, axis=1, return_inverse=True)[1].reshape(-1)
    return LotteryDraws(
        _to_integers(programme), np.searchsorted(ids, person), _to_integers(at) - first, _to_integers(lottery)
    )


async def load_training_events(db: Db, as_of: date, ids: Integers, first: int) -> TrainingEvents:
    """Load all assigned training begun and over by a day, passed or not.

    `first` is the quarter of column 0. The quarter of a training is the quarter of the lottery behind its seat,
    beside the losers of the draw; else that of its end.
    """
    drawn = sa.orm.aliased(EligibilityRow)
    asked = (
        sa.select(
            col(TrainingRecordRow.programme_id),
            col(TrainingRecordRow.person_id),
            quarter_number(sa.func.coalesce(col(drawn.starts_on), col(TrainingRecordRow.completed_on))),
        )
        .join(AssignmentRow, col(AssignmentRow.id) == col(TrainingRecordRow.assignment_id))
        .outerjoin(
            drawn,
            (col(drawn.batch_id) == col(AssignmentRow.batch_id))
            & (col(drawn.person_id) == col(AssignmentRow.person_id)),
        )
        .where(
            col(TrainingRecordRow.completed_on) <= as_of,
            col(TrainingRecordRow.outcome) != Outcome.DEFERRED,
        )
    )
    found = await _read_columns(db.stream(asked, size=ROWS_PER_CHUNK), 3)
    last = as_of.year * 4 + (as_of.month - 1) // 3
    programme, person, at = found[:, (found[2] >= first) & (found[2] <= last)]
    return TrainingEvents(_to_integers(programme), np.searchsorted(ids, person), _to_integers(at) - first)


async def _read_columns(chunks: AsyncIterator[Sequence[tuple[Any, ...]]], width: int) -> Floats:
    """Rows of numbers as columns (width × rows); keys stay exact below 2⁵³."""
    parts = [np.asarray(rows, dtype=np.float64).reshape(-1, width) async for rows in chunks]
    return np.concatenate([np.empty((0, width)), *parts]).T


def _to_integers(numbers: Floats | Integers) -> Integers:
    return numbers.astype(np.int64)
