"""What changes when one more quarter passes: lines, exits, and the plans of the old year."""

from datetime import timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlmodel import SQLModel, col

from domain.people import store as people
from domain.people.tables import AppraiserLineRow, IncumbencyRow, PersonRow
from domain.plan.facts import PlanStatus
from domain.plan.tables import PlanRow
from domain.ports import Db
from ml.population.loading.frame import Frame, Quarter, copy, person_key
from ml.population.loading.people import LINE


async def move(db: Db, made: Frame, during: Quarter) -> None:
    """Let people change appraiser on the quarter's first day, or have left on the day before."""
    seen, t = made.province.observed, during.number
    left = np.flatnonzero(seen.active[:, t - 1] & ~seen.active[:, t]).tolist()
    moved = np.flatnonzero((seen.appraiser[:, t] != seen.appraiser[:, t - 1]) & seen.active[:, t]).tolist()
    await _end(db, during, [person_key(i) for i in left], [person_key(i) for i in (*left, *moved)])
    lines = (
        (person_key(i), person_key(int(seen.appraiser[i, t])), during.starts_on, None, made.unit_path[i], None)
        for i in moved
    )
    await copy(db, str(AppraiserLineRow.__tablename__), LINE, lines)
    await people.follow(db, [person_key(i) for i in (*left, *moved)], during.starts_on)


async def _end(db: Db, during: Quarter, left: list[int], ended: list[int]) -> None:
    """End the service of some and the line of others on the day before the quarter."""
    last = during.starts_on - timedelta(days=1)
    line = sa.update(AppraiserLineRow).where(_among(AppraiserLineRow, ended), col(AppraiserLineRow.ends_on).is_(None))
    await db.execute(line.values(ends_on=last))
    post = sa.update(IncumbencyRow).where(_among(IncumbencyRow, left), col(IncumbencyRow.ends_on).is_(None))
    await db.execute(post.values(ends_on=last))
    gone = sa.update(PersonRow).where(col(PersonRow.id) == _any(left))
    await db.execute(gone.values(left_on=last))
    plan = sa.update(PlanRow).where(_among(PlanRow, left), col(PlanRow.active), col(PlanRow.ends_on) > last)
    await db.execute(plan.values(status=PlanStatus.DIHENTIKAN, active=False, ends_on=last))


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
