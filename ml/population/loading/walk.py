"""What changes when one more quarter passes: lines, exits, and the plans of the old year."""

from datetime import timedelta
from typing import Any, Final

import numpy as np
import sqlalchemy as sa
from sqlmodel import SQLModel, col

from domain.evaluation.tables import EvaluationRow
from domain.indicator.tables import MonitoringRow
from domain.people.tables import AppraiserLineRow, IncumbencyRow, PersonRow
from domain.plan.facts import PlanStatus
from domain.plan.tables import PlanIndicatorRow, PlanResultRow, PlanRow
from domain.ports import Db
from domain.risk.tables import RiskReasonRow, RiskScoreRow
from ml.population.loading.frame import Frame, Quarter, copy, person_key
from ml.population.loading.people import LINE
from training.assignment.tables import AssignmentRow, EligibilityRow
from training.record.tables import TrainingRecordRow

FOLLOW: Final[tuple[type[SQLModel], ...]] = (
    AppraiserLineRow,
    EvaluationRow,
    MonitoringRow,
    PlanRow,
    PlanResultRow,
    PlanIndicatorRow,
    IncumbencyRow,
    EligibilityRow,
    AssignmentRow,
    TrainingRecordRow,
    RiskScoreRow,
    RiskReasonRow,
)
"""Tables whose rows carry the person's unit path and appraiser of today."""


async def move(db: Db, made: Frame, during: Quarter) -> None:
    """Let people change appraiser on the quarter's first day, or have left on the day before."""
    seen, t = made.province.observed, during.number
    left = np.flatnonzero(seen.active[:, t - 1] & ~seen.active[:, t]).tolist()
    moved = np.flatnonzero((seen.appraiser[:, t] != seen.appraiser[:, t - 1]) & seen.active[:, t]).tolist()
    await _end(db, during, [person_key(i) for i in left], [person_key(i) for i in (*left, *moved)])
    boss = [(person_key(i), person_key(int(seen.appraiser[i, t])), made.unit_path[i]) for i in moved]
    lines = ((person, above, during.starts_on, None, path, above) for person, above, path in boss)
    await copy(db, str(AppraiserLineRow.__tablename__), LINE, lines)
    await db.execute_many(
        sa.update(PersonRow)
        .where(col(PersonRow.id) == sa.bindparam("who"))
        .values(appraiser_id=sa.bindparam("above")),
        [{"who": person, "above": above} for person, above, _ in boss],
    )
    for table in FOLLOW:
        await _follow(db, table, [person_key(i) for i in (*left, *moved)])


async def _end(db: Db, during: Quarter, left: list[int], ended: list[int]) -> None:
    """End the service of some and the line of others on the day before the quarter."""
    last = during.starts_on - timedelta(days=1)
    line = sa.update(AppraiserLineRow).where(_among(AppraiserLineRow, ended), col(AppraiserLineRow.ends_on).is_(None))
    await db.execute(line.values(ends_on=last))
    post = sa.update(IncumbencyRow).where(_among(IncumbencyRow, left), col(IncumbencyRow.ends_on).is_(None))
    await db.execute(post.values(ends_on=last))
    nowhere = {"position_id": None, "unit_id": None, "unit_path": None, "appraiser_id": None}
    gone = sa.update(PersonRow).where(col(PersonRow.id) == _any(left))
    await db.execute(gone.values(left_on=last, **nowhere))
    plan = sa.update(PlanRow).where(_among(PlanRow, left), col(PlanRow.active), col(PlanRow.ends_on) > last)
    await db.execute(plan.values(status=PlanStatus.DIHENTIKAN, active=False, ends_on=last))


async def _follow(db: Db, row: type[SQLModel], people: list[int]) -> None:
    table = _table(row)
    person = _table(PersonRow)
    line = table.info.get("line", "appraiser_id")
    today = {"unit_path": person.c.unit_path, line: person.c.appraiser_id}
    theirs = (table.c.person_id == person.c.id) & (person.c.id == _any(people))
    await db.execute(sa.update(table).where(theirs).values(today))


async def finish_plans(db: Db, year: int) -> None:
    """The plans of a year that is over are done."""
    running = sa.update(PlanRow).where(col(PlanRow.year) == year, col(PlanRow.status) == PlanStatus.BERJALAN)
    await db.execute(running.values(status=PlanStatus.SELESAI))


def _table(row: type[SQLModel]) -> sa.Table:
    return SQLModel.metadata.tables[str(row.__tablename__)]


def _any(keys: list[int]) -> Any:
    """Any of some keys, as one array."""
    return sa.any_(sa.literal(keys, sa.ARRAY(sa.BigInteger)))


def _among(row: type[SQLModel], keys: list[int]) -> sa.ColumnElement[bool]:
    among: sa.ColumnElement[bool] = _table(row).c.person_id == _any(keys)
    return among
