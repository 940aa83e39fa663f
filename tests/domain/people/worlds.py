"""A small tree with people in it, each with a row in every table that copies his unit and appraiser of today."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import SQLModel

from domain.indicator.tables import MonitoringRow
from domain.organisation.tables import UnitRow
from domain.people import copies
from domain.people.tables import DelegationRow
from domain.plan.tables import PlanIndicatorRow, PlanResultRow
from domain.ports import Db
from domain.risk.tables import RiskReasonRow
from domain.summary.tables import SummaryRow, UnitSummaryRow
from tests import made
from tests.made import LONG_AGO, SOME_TIME
from tests.test_house import tables
from training.assignment.tables import AssignmentBatchRow, AssignmentRow, EligibilityRow
from training.record.tables import TrainingRecordRow

Q1 = {"starts_on": date(2026, 1, 1), "ends_on": date(2026, 3, 31)}
AHEAD = date(2040, 1, 1)


@dataclass(slots=True)
class World:
    """What should be so: the parent of each unit, the post's unit and today's appraiser of each person."""

    parents: dict[int, int | None] = field(default_factory=dict)
    posts: dict[int, int] = field(default_factory=dict)
    people: list[int] = field(default_factory=list)

    def path(self, unit: int | None) -> str | None:
        """The materialised path of a unit."""
        if unit is None:
            return None
        above = self.parents[unit]
        return f"{self.path(above) or ''}{unit}."

    def below(self, unit: int) -> set[int]:
        """A unit and all below it."""
        return {each for each in self.parents if (self.path(each) or "").startswith(self.path(unit) or "-")}


async def build(db: Db, people: int = 8) -> World:
    """Seven units in three levels, a post in each, and people in them."""
    world = World()
    for number in range(7):
        above = list(world.parents)[(number - 1) // 2] if number else None
        unit = await made.row(
            db,
            UnitRow,
            id=9_000_000 + number,
            code=f"moves-{number}",
            name=f"Bidang {number}",
            kind="BIDANG",
            parent_id=above,
            path=f"{world.path(above) or ''}{9_000_000 + number}.",
            depth=(world.path(above) or "").count("."),
            starts_on=LONG_AGO,
        )
        world.parents[unit] = above
        world.posts[unit] = await made.position(db, unit, unit_path=world.path(unit))
    units = list(world.parents)
    for number in range(people):
        unit = units[number % 7]
        person = await made.person(
            db, unit_id=unit, unit_path=world.path(unit), position_id=world.posts[unit], rank=None
        )
        world.people.append(person)
        await made.incumbency(db, person, world.posts[unit], unit_path=world.path(unit))
    for number, person in enumerate(world.people[1:]):
        await made.line(db, person, world.people[number], unit_path=None)
    return world


async def settled(db: Db) -> World:
    """The same, with rows about everybody in every table, whose copies are true."""
    world = await build(db)
    await fill(db, world)
    await db.fetch(sa.select(sa.func.mend_copies()))
    return world


async def fill(db: Db, world: World) -> None:
    """A row about everybody in every table that keeps copies, which are left empty."""
    run = await made.run(db)
    programme = await made.programme(db)
    session = await made.session(db, programme, seats=50)
    batch = await made.row(
        db, AssignmentBatchRow, programme_id=programme, session_id=session, unit_id=next(iter(world.parents)),
        unit_path=None, source="LOTTERY", seats=5, eligible=0, seated=0, seed=1, reason="bimbingan",
        decided_by=world.people[0], decided_at=SOME_TIME,
    )  # fmt: skip
    for draw, person in enumerate(world.people):
        await _about(db, person, world, run, (programme, session, batch, draw))
    summary = await made.row(
        db, SummaryRow, cutoff_on=LONG_AGO, starts_on=LONG_AGO, ends_on=LONG_AGO, year=2020, published_at=SOME_TIME
    )
    for unit in world.parents:
        await made.row(
            db, UnitSummaryRow, summary_id=summary, unit_id=unit, unit_path="1.", own=False, cutoff_on=LONG_AGO,
            starts_on=LONG_AGO, ends_on=LONG_AGO, year=2020,
        )  # fmt: skip


async def _about(db: Db, person: int, world: World, run: int, seat: tuple[int, int, int, int]) -> None:
    programme, session, batch, draw = seat
    post, other = next(iter(world.posts.values())), world.people[(draw + 1) % len(world.people)]
    plan = await made.plan(db, person, post, unit_path=None)
    result = await made.row(
        db, PlanResultRow, plan_id=plan, person_id=person, ordinal=1, kind="UTAMA", title="Layanan"
    )
    target = {f"target{quarter}": Decimal(1) for quarter in ("", "_q1", "_q2", "_q3", "_q4")}
    await made.row(
        db, PlanIndicatorRow, result_id=result, person_id=person, ordinal=1, name="Berkas", direction="HIGHER",
        measure="berkas", aggregation="SUM", **target,
    )  # fmt: skip
    await made.evaluation(db, plan, person, other, unit_path=None)
    await made.row(db, MonitoringRow, person_id=person, recorded_on=LONG_AGO, **Q1)
    score = await made.score(db, run, person, draw + 1, unit_path=None)
    reason = {"score_id": score, "person_id": person, "ordinal": 1, "code": "LATE", "term": Decimal(0)}
    await made.row(db, RiskReasonRow, changeable=True, params={}, **reason)
    drawn = {"batch_id": batch, "programme_id": programme, "person_id": person, "draw": draw}
    await made.row(db, EligibilityRow, starts_on=LONG_AGO, stratum=0, seated=True, **drawn)
    await made.row(
        db, AssignmentRow, session_id=session, source="LOTTERY", status="ASSIGNED", reason="bimbingan",
        decided_by=other, decided_at=SOME_TIME, **drawn,
    )  # fmt: skip
    await made.row(
        db, TrainingRecordRow, person_id=person, programme_id=programme, completed_on=LONG_AGO, year=2020, jp=20,
        outcome="PASSED", organiser="BPSDM",
    )  # fmt: skip
    await made.row(
        db, DelegationRow, appraiser_id=person, delegate_id=other, starts_on=AHEAD, ends_on=AHEAD + timedelta(6),
        reason="cuti", decided_by=person, decided_at=SOME_TIME, version=1,
    )  # fmt: skip


def kept() -> Sequence[copies.Copy]:
    """All copies of a person's row."""
    return copies.copies(tables())


async def untrue(db: Db) -> list[tuple[str, ...]]:
    """Every copy that differs from what it is a copy of."""
    return [
        *[row for copy in kept() for name, of in copy.columns.items() for row in await _apart(db, copy, name, of)],
        *[row for table in copies.placed(tables()) for row in await _misplaced(db, table)],
    ]


async def _apart(db: Db, copy: copies.Copy, name: str, of: str) -> list[tuple[str, ...]]:
    person, mine = SQLModel.metadata.tables["person"], copy.table.c[name]
    rows = await db.fetch(
        sa.select(sa.cast(mine, sa.Text), sa.cast(person.c[of], sa.Text))
        .join_from(copy.table, person, person.c.id == copy.table.c[copy.person])
        .where(mine.is_distinct_from(person.c[of]))
    )
    return [(copy.table.name, name, *map(str, row)) for row in rows]


async def _misplaced(db: Db, table: sa.Table) -> list[tuple[str, ...]]:
    unit = SQLModel.metadata.tables["unit"]
    rows = await db.fetch(
        sa.select(table.c.unit_path, unit.c.path)
        .join_from(table, unit, unit.c.id == table.c.unit_id)
        .where(table.c.unit_path.is_distinct_from(unit.c.path))
    )
    return [(table.name, "unit_path", *map(str, row)) for row in rows]


async def empty(db: Db) -> set[str]:
    """The tables with copies that hold no row about one of the people, so that nothing is known of them."""
    found = set()
    for table in (*(copy.table for copy in kept()), *copies.placed(tables())):
        if await db.first(sa.select(sa.literal(1)).select_from(table).limit(1)) is None:
            found.add(table.name)
    return found
