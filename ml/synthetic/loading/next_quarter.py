"""Changes of one more quarter: lines, exits, and the plans of the old year."""

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
from ml.synthetic.loading.frame import LoadFrame, NumberedQuarter, copy_rows, make_person_key
from ml.synthetic.loading.people import LINE_COLUMNS


async def apply_quarter_changes(db: Db, frame: LoadFrame, quarter: NumberedQuarter) -> None:
    """Apply a quarter's changes of appraiser and exits.

    Changes of appraiser begin on the quarter's first day; exits are on the day before.
    """
    seen, t = frame.province.observed, quarter.number
    left = np.flatnonzero(seen.active[:, t - 1] & ~seen.active[:, t]).tolist()
    moved = np.flatnonzero((seen.appraiser[:, t] != seen.appraiser[:, t - 1]) & seen.active[:, t]).tolist()
    await _end_dated_rows(
        db, quarter, [make_person_key(i) for i in left], [make_person_key(i) for i in (*left, *moved)]
    )
    lines = (
        (
            make_person_key(i),
            make_person_key(int(seen.appraiser[i, t])),
            quarter.starts_on,
            None,
            frame.unit_path[i],
            None,
        )
        for i in moved
    )
    await copy_rows(db, str(AppraiserLineRow.__tablename__), LINE_COLUMNS, lines)
    await people.apply_facts_to_people(db, [make_person_key(i) for i in (*left, *moved)], quarter.starts_on)


async def _end_dated_rows(
    db: Db, quarter: NumberedQuarter, leaver_keys: list[int], line_person_keys: list[int]
) -> None:
    """End the service or line of people on the day before the quarter."""
    last = quarter.starts_on - timedelta(days=1)
    line = sa.update(AppraiserLineRow).where(
        _match_person_keys(AppraiserLineRow, line_person_keys), col(AppraiserLineRow.ends_on).is_(None)
    )
    await db.execute(line.values(ends_on=last))
    post = sa.update(IncumbencyRow).where(
        _match_person_keys(IncumbencyRow, leaver_keys), col(IncumbencyRow.ends_on).is_(None)
    )
    await db.execute(post.values(ends_on=last))
    gone = sa.update(PersonRow).where(col(PersonRow.id) == _match_any_key(leaver_keys))
    await db.execute(gone.values(left_on=last))
    plan = sa.update(PlanRow).where(
        _match_person_keys(PlanRow, leaver_keys), col(PlanRow.active), col(PlanRow.ends_on) > last
    )
    await db.execute(plan.values(status=PlanStatus.DIHENTIKAN, active=False, ends_on=last))


async def complete_plans(db: Db, year: int) -> None:
    """Complete the running plans of a past year."""
    running = sa.update(PlanRow).where(col(PlanRow.year) == year, col(PlanRow.status) == PlanStatus.BERJALAN)
    await db.execute(running.values(status=PlanStatus.SELESAI))


def _find_table(row: type[SQLModel]) -> sa.Table:
    return SQLModel.metadata.tables[str(row.__tablename__)]


def _match_any_key(keys: list[int]) -> Any:
    """Match any of the keys, passed as one array."""
    return sa.any_(sa.literal(keys, sa.ARRAY(sa.BigInteger)))


def _match_person_keys(row: type[SQLModel], keys: list[int]) -> sa.ColumnElement[bool]:
    among: sa.ColumnElement[bool] = _find_table(row).c.person_id == _match_any_key(keys)
    return among
