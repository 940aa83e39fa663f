"""Load of a province, whole or one further quarter, inside the caller's transaction."""

from collections.abc import Awaitable, Callable
from typing import Final

import sqlalchemy as sa
from sqlmodel import SQLModel, col

from domain.people.tables import PersonRow
from domain.ports import Db
from ml.synthetic.loading import evaluations, frame, next_quarter, organisation, people, plans, trainings
from ml.synthetic.province import Province, SeatSourceCode
from training.session.tables import SessionRow

ProgressListener = Callable[[int, int, str], Awaitable[None]]
"""Callback for the progress of loading.

It gets the steps done, the steps in all, and a short code of the step.
"""

KEYED_TABLES: Final = (
    "unit", "position", "person", "indicator", "plan", "plan_result", "programme", "session",
    "assignment_batch", "assignment",
)  # fmt: skip
"""Tables with rows of explicit keys; their identities go on after them."""


async def load_province(db: Db, province: Province, progress: ProgressListener | None = None) -> None:
    """Load a whole province into an empty database.

    Organisation, people, plans, quarters, trainings, and open sessions of the next quarter. Nothing is visible to
    others before the caller's transaction commits. Facts of a quarter are recorded on its last day. Person i has the
    key i + 1. Raises ValueError when there are people already.
    """
    if await db.fetch_one(sa.select(col(PersonRow.id)).limit(1)):
        raise ValueError("The database already holds people; a province is loaded into an empty one.")
    made, quarters = frame.build_load_frame(province), province.settings.quarters
    total = 3 + len(plans.list_plan_years(quarters)) + quarters
    steps = _ProgressCounter(progress, total)
    await organisation.load_organisation(db, made)
    await steps.count_step("ORGANISATION")
    await people.load_people(db, made)
    await steps.count_step("PEOPLE")
    for year in plans.list_plan_years(quarters):
        await plans.load_plans(db, made, year)
        await steps.count_step("PLANS")
    for number in range(quarters):
        await evaluations.load_quarter_evaluations(db, made, frame.build_quarter(number))
        await steps.count_step("EVALUATIONS")
    await trainings.load_trainings(db, made)
    await _restart_identities(db)
    await steps.count_step("TRAININGS")


class _ProgressCounter:
    """Counter of loading steps for a progress listener."""

    def __init__(self, progress: ProgressListener | None, total: int) -> None:
        self._progress = progress
        self._total = total
        self._count = 0

    async def count_step(self, step: str) -> None:
        self._count += 1
        if self._progress:
            await self._progress(self._count, self._total, step)


async def _restart_identities(db: Db) -> None:
    """Restart identities after the highest key."""
    for name in KEYED_TABLES:
        table = SQLModel.metadata.tables[name]
        highest = sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0) + 1).scalar_subquery()
        await db.fetch_all(sa.select(sa.func.setval(sa.func.pg_get_serial_sequence(name, "id"), highest, sa.false())))


async def load_next_quarter(db: Db, province: Province, quarter: int) -> None:
    """Load one further quarter of a province drawn again with more quarters.

    Writes the quarter's lines, exits, plans (with a new year), evaluations and monitoring, and opens sessions of the
    next one; the quarter's own sessions are the caller's task. `province` must be the loaded one, drawn with `quarter
    + 1` quarters and with those who attended in that quarter, be they none. Raises ValueError otherwise.
    """
    if province.settings.quarters != quarter + 1:
        raise ValueError(f"the province ends with quarter {province.settings.quarters - 1}, not {quarter}")
    if (province.training.seat[:, quarter] % SeatSourceCode.ASSIGNED).any():
        raise ValueError(f"quarter {quarter} was drawn with a lottery of its own; name its assigned people, or none")
    made, during = frame.build_load_frame(province), frame.build_quarter(quarter)
    await next_quarter.apply_quarter_changes(db, made, during)
    if quarter % 4 == 0:
        await plans.load_plans(db, made, during.starts_on.year)
        await next_quarter.complete_plans(db, during.starts_on.year - 1)
    await evaluations.load_quarter_evaluations(db, made, during)
    await _restart_identities(db)
    (highest,) = await db.fetch_one(sa.select(sa.func.max(col(SessionRow.id)))) or (0,)
    await trainings.open_training_sessions(db, province, frame.build_quarter(quarter + 1), highest + 1)
    await _restart_identities(db)
