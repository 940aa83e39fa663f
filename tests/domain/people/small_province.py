"""A small tree with people in it, each with a row in every table that copies their unit and appraiser of today."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from domain.indicator.tables import MonitoringRow
from domain.organisation.tables import UnitRow
from domain.people import replicated_columns
from domain.people.tables import DelegationRow
from domain.plan.tables import PlanIndicatorRow, PlanResultRow
from domain.ports import Db
from domain.risk.tables import RiskReasonRow
from domain.summary.tables import SummaryRow, UnitSummaryRow
from tests import row_factory
from tests.row_factory import LONG_AGO, RECORDED_AT
from tests.test_house import tables
from training.assignment.tables import AssignmentBatchRow, AssignmentRow, EligibilityRow
from training.record.tables import TrainingRecordRow

Q1 = {"starts_on": date(2026, 1, 1), "ends_on": date(2026, 3, 31)}
FUTURE_DAY = date(2040, 1, 1)


@dataclass(slots=True)
class SmallProvince:
    """What should be so: the parent of each unit, the post's unit and today's appraiser of each person."""

    parents: dict[int, int | None] = field(default_factory=dict)
    posts: dict[int, int] = field(default_factory=dict)
    people: list[int] = field(default_factory=list)

    def unit_path(self, unit: int | None) -> str | None:
        """The materialised path of a unit."""
        if unit is None:
            return None
        above = self.parents[unit]
        return f"{self.unit_path(above) or ''}{unit}."

    def units_below(self, unit: int) -> set[int]:
        """A unit and all below it."""
        return {each for each in self.parents if (self.unit_path(each) or "").startswith(self.unit_path(unit) or "-")}


async def build_small_province(db: Db, people: int = 8) -> SmallProvince:
    """Seven units in three levels, a post in each, and people in them."""
    world = SmallProvince()
    for number in range(7):
        above = list(world.parents)[(number - 1) // 2] if number else None
        unit = await row_factory.insert_row(
            db,
            UnitRow,
            id=9_000_000 + number,
            code=f"moves-{number}",
            name=f"Bidang {number}",
            kind="BIDANG",
            parent_id=above,
            path=f"{world.unit_path(above) or ''}{9_000_000 + number}.",
            depth=(world.unit_path(above) or "").count("."),
            starts_on=LONG_AGO,
        )
        world.parents[unit] = above
        world.posts[unit] = await row_factory.insert_position(db, unit, unit_path=world.unit_path(unit))
    units = list(world.parents)
    for number in range(people):
        unit = units[number % 7]
        person = await row_factory.insert_person(
            db, unit_id=unit, unit_path=world.unit_path(unit), position_id=world.posts[unit], rank=None
        )
        world.people.append(person)
        await row_factory.insert_incumbency(db, person, world.posts[unit], unit_path=world.unit_path(unit))
    for number, person in enumerate(world.people[1:]):
        await row_factory.insert_line(db, person, world.people[number], unit_path=None)
    return world


async def build_filled_province(db: Db) -> SmallProvince:
    """The same, with rows about everybody in every table, whose copies are true."""
    world = await build_small_province(db)
    await fill_province(db, world)
    await db.fetch_all(sa.select(sa.func.mend_copies()))
    return world


async def fill_province(db: Db, world: SmallProvince) -> None:
    """A row about everybody in every table that keeps copies, which are left empty."""
    run = await row_factory.insert_run(db)
    programme = await row_factory.insert_programme(db)
    session = await row_factory.insert_session(db, programme, seats=50)
    batch = await row_factory.insert_row(
        db, AssignmentBatchRow, programme_id=programme, session_id=session, unit_id=next(iter(world.parents)),
        unit_path=None, source="LOTTERY", seats=5, eligible=0, seated=0, seed=1, reason="bimbingan",
        decided_by=world.people[0], decided_at=RECORDED_AT,
    )  # fmt: skip
    for draw, person in enumerate(world.people):
        await _insert_person_rows(db, person, world, run, (programme, session, batch, draw))
    summary = await row_factory.insert_row(
        db, SummaryRow, cutoff_on=LONG_AGO, starts_on=LONG_AGO, ends_on=LONG_AGO, year=2020, published_at=RECORDED_AT
    )
    for unit in world.parents:
        await row_factory.insert_row(
            db, UnitSummaryRow, summary_id=summary, unit_id=unit, unit_path="1.", own=False, cutoff_on=LONG_AGO,
            starts_on=LONG_AGO, ends_on=LONG_AGO, year=2020,
        )  # fmt: skip


async def _insert_person_rows(
    db: Db, person: int, world: SmallProvince, run: int, seat: tuple[int, int, int, int]
) -> None:
    programme, session, batch, draw = seat
    post, other = next(iter(world.posts.values())), world.people[(draw + 1) % len(world.people)]
    plan = await row_factory.insert_plan(db, person, post, unit_path=None)
    result = await row_factory.insert_row(
        db, PlanResultRow, plan_id=plan, person_id=person, ordinal=1, kind="UTAMA", title="Layanan"
    )
    target = {f"target{quarter}": Decimal(1) for quarter in ("", "_q1", "_q2", "_q3", "_q4")}
    await row_factory.insert_row(
        db, PlanIndicatorRow, result_id=result, person_id=person, ordinal=1, name="Berkas", direction="HIGHER",
        measure="berkas", aggregation="SUM", **target,
    )  # fmt: skip
    await row_factory.insert_evaluation(db, plan, person, other, unit_path=None)
    await row_factory.insert_row(db, MonitoringRow, person_id=person, recorded_on=LONG_AGO, **Q1)
    score = await row_factory.insert_score(db, run, person, draw + 1, unit_path=None)
    reason = {"score_id": score, "person_id": person, "ordinal": 1, "code": "LATE", "term": Decimal(0)}
    await row_factory.insert_row(db, RiskReasonRow, changeable=True, params={}, **reason)
    drawn = {"batch_id": batch, "programme_id": programme, "person_id": person, "draw": draw}
    await row_factory.insert_row(db, EligibilityRow, starts_on=LONG_AGO, stratum=0, seated=True, **drawn)
    await row_factory.insert_row(
        db, AssignmentRow, session_id=session, source="LOTTERY", status="ASSIGNED", reason="bimbingan",
        decided_by=other, decided_at=RECORDED_AT, **drawn,
    )  # fmt: skip
    await row_factory.insert_row(
        db, TrainingRecordRow, person_id=person, programme_id=programme, completed_on=LONG_AGO, year=2020, jp=20,
        outcome="PASSED", organiser="BPSDM",
    )  # fmt: skip
    await row_factory.insert_row(
        db, DelegationRow, appraiser_id=person, delegate_id=other,
        starts_on=FUTURE_DAY, ends_on=FUTURE_DAY + timedelta(6),
        reason="cuti", decided_by=person, decided_at=RECORDED_AT, version=1,
    )  # fmt: skip


@cache
def replicated_tables() -> Sequence[replicated_columns.ReplicatedColumns]:
    """All copies of a person's row."""
    return replicated_columns.find_replicated_columns(tables())


async def find_stale_replicas(db: Db) -> list[tuple[str, ...]]:
    """Every copy that differs from what it is a copy of."""
    return [tuple(map(str, row)) for row in await db.fetch_all(differences())]


@cache
def differences() -> sa.CompoundSelect[str, str, str, str]:
    """Select the table, the column and both values of every copy unlike its source, in one statement."""
    person, unit = SQLModel.metadata.tables["person"], SQLModel.metadata.tables["unit"]
    apart = [
        _select_differences(copy.table.c[name], person.c[of], person.c.id == copy.table.c[copy.person_column])
        for copy in replicated_tables()
        for name, of in copy.columns.items()
    ]
    misplaced = [
        _select_differences(table.c.unit_path, unit.c.path, unit.c.id == table.c.unit_id)
        for table in replicated_columns.find_unit_tables(tables())
    ]
    return sa.union_all(*apart, *misplaced)


def _select_differences(
    mine: sa.Column[Any], source: sa.Column[Any], joined: sa.ColumnElement[bool]
) -> sa.Select[str, str, str, str]:
    names = (sa.literal(mine.table.name), sa.literal(mine.name))
    return (
        sa.select(*names, sa.cast(mine, sa.Text), sa.cast(source, sa.Text))
        .join_from(mine.table, source.table, joined)
        .where(mine.is_distinct_from(source))
    )


async def find_empty_tables(db: Db) -> set[str]:
    """The tables with copies that hold no row about one of the people, so that nothing is known of them."""
    found = set()
    for table in (*(copy.table for copy in replicated_tables()), *replicated_columns.find_unit_tables(tables())):
        if await db.fetch_one(sa.select(sa.literal(1)).select_from(table).limit(1)) is None:
            found.add(table.name)
    return found
