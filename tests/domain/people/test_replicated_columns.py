"""Copies of a person's unit and appraiser of today: none is forgotten, and each is true whoever moves."""

import importlib
import random
from collections.abc import Awaitable, Callable

import pytest
import sqlalchemy as sa
from sqlmodel import col

from domain.organisation.tables import UnitRow
from domain.people import replicated_columns
from domain.people.tables import PersonRow
from domain.plan.tables import PlanRow
from domain.ports import Db
from tests import row_factory
from tests.domain.people import small_province
from tests.test_house import tables

MIGRATION = importlib.import_module("migrations.versions.2026_11_24_1230_scope_columns")


def test_the_migration_keeps_the_copies_of_every_table() -> None:
    kept = [MIGRATION.PERSON_MOVED, MIGRATION.UNIT_MOVED, MIGRATION.MEND_COPIES]
    assert replicated_columns.build_trigger_functions(tables()) == kept, (
        "a table of people is new, or changed: say so in a new migration"
    )


def test_every_table_of_people_is_replicated_or_a_snapshot() -> None:
    named = {table.name for table in tables() if {"person_id", "unit_path"} <= set(table.c.keys())}
    kept = {copy.table.name for copy in replicated_columns.find_replicated_columns(tables())}
    assert named - kept == {"audit_entry", "look"}
    assert {"delegation", "evaluation", "plan_indicator", "risk_reason", "eligibility"} <= kept


def test_a_table_without_a_way_to_a_persons_rows_is_refused() -> None:
    bare = sa.Table(
        "bare",
        sa.MetaData(),
        sa.Column("person_id", sa.BigInteger),
        sa.Column("unit_path", sa.Text),
        info={"scope": "record"},
    )
    with pytest.raises(ValueError, match="no index leads to a person's rows of bare"):
        replicated_columns.build_trigger_functions([bare])


def test_what_stands_under_a_copied_column_is_named_by_its_table() -> None:
    line = next(
        copy for copy in replicated_columns.find_replicated_columns(tables()) if copy.table.name == "appraiser_line"
    )
    given = next(
        copy for copy in replicated_columns.find_replicated_columns(tables()) if copy.table.name == "delegation"
    )
    assert (line.person_column, line.columns) == (
        "person_id",
        {"unit_path": "unit_path", "todays_appraiser_id": "appraiser_id"},
    )
    assert (given.person_column, given.columns) == ("appraiser_id", {"unit_path": "unit_path"})


Step = Callable[[Db, small_province.SmallProvince, random.Random], Awaitable[None]]


async def change_unit(db: Db, world: small_province.SmallProvince, draw: random.Random) -> None:
    unit = draw.choice(list(world.parents))
    people = draw.sample(world.people, draw.randint(1, 4))
    where = col(PersonRow.id) == sa.any_(sa.literal(people, sa.ARRAY(sa.BigInteger)))
    await db.execute(sa.update(PersonRow).where(where).values(unit_id=unit, unit_path=world.unit_path(unit)))


async def change_appraiser(db: Db, world: small_province.SmallProvince, draw: random.Random) -> None:
    person, above = draw.sample(world.people, 2)
    await db.execute(sa.update(PersonRow).where(col(PersonRow.id) == person).values(appraiser_id=above))


async def end_service(db: Db, world: small_province.SmallProvince, draw: random.Random) -> None:
    nowhere = {"unit_id": None, "unit_path": None, "appraiser_id": None, "position_id": None}
    who = col(PersonRow.id) == draw.choice(world.people)
    await db.execute(sa.update(PersonRow).where(who).values(nowhere))


async def move_unit(db: Db, world: small_province.SmallProvince, draw: random.Random) -> None:
    """A unit goes below another, and what lies below it goes along."""
    unit = draw.choice(list(world.parents)[1:])
    above = draw.choice([each for each in world.parents if each not in world.units_below(unit)])
    world.parents[unit] = above
    path = world.unit_path(unit) or ""
    moved = {"parent_id": above, "path": path, "depth": path.count(".") - 1}
    await db.execute(sa.update(UnitRow).where(col(UnitRow.id) == unit).values(moved))


async def change_two_at_once(db: Db, world: small_province.SmallProvince, draw: random.Random) -> None:
    """A unit and one below it move in one statement, to different places, neither below itself."""
    root = next(iter(world.parents))
    upper = [unit for unit in world.parents if unit != root and len(world.units_below(unit)) > 1]
    if not upper:
        return
    unit = draw.choice(upper)
    lower = draw.choice(sorted(world.units_below(unit) - {unit}))
    world.parents[unit] = world.parents[lower] = root
    new = {each: world.unit_path(each) for each in (unit, lower)}
    path = sa.case(*((col(UnitRow.id) == each, path) for each, path in new.items()))
    await db.execute(
        sa.update(UnitRow)
        .where((col(UnitRow.id) == unit) | (col(UnitRow.id) == lower))
        .values(parent_id=root, path=path, depth=1)
    )


STEPS: tuple[Step, ...] = (change_unit, change_appraiser, end_service, move_unit, change_two_at_once)


@pytest.mark.parametrize("seed", range(6))
async def test_whoever_and_whatever_moves_every_copy_stays_true(db: Db, seed: int) -> None:
    draw = random.Random(seed)
    world = await small_province.build_filled_province(db)
    assert await small_province.find_empty_tables(db) == set()
    for _ in range(12):
        step = draw.choice(STEPS)
        await step(db, world, draw)
        assert await small_province.find_stale_replicas(db) == [], step.__name__
        units = await db.fetch_all(sa.select(col(UnitRow.id), col(UnitRow.path), col(UnitRow.depth)))
        found = {key: (path, depth) for key, path, depth in units if key in world.parents}
        expected = {unit: world.unit_path(unit) or "" for unit in world.parents}
        assert found == {unit: (path, path.count(".") - 1) for unit, path in expected.items()}, step.__name__


async def test_wrong_replicas_are_repaired_and_counted(db: Db) -> None:
    world = await small_province.build_small_province(db)
    await small_province.fill_province(db, world)
    wrong = len(await small_province.find_stale_replicas(db))
    mended = await db.fetch_all(sa.select(sa.func.mend_copies()))
    assert 0 < mended[0][0] <= wrong
    assert await small_province.find_stale_replicas(db) == []
    assert [tuple(row) for row in await db.fetch_all(sa.select(sa.func.mend_copies()))] == [(0,)]


async def test_a_move_touches_nobody_else(db: Db) -> None:
    world = await small_province.build_small_province(db)
    await small_province.fill_province(db, world)
    first, second = world.people[:2]
    await db.execute(sa.update(PersonRow).where(col(PersonRow.id) == first).values(unit_path="77."))
    plans = {row["person_id"]: row["unit_path"] for row in await row_factory.fetch_table_rows(db, PlanRow)}
    assert (plans[first], plans[second]) == ("77.", None)


async def test_a_unit_is_not_moved_below_itself(db: Db) -> None:
    world = await small_province.build_small_province(db)
    unit = list(world.parents)[1]
    path = f"{world.unit_path(unit)}5."
    with pytest.raises(Exception, match="a unit cannot lie below itself"):
        await db.execute(sa.update(UnitRow).where(col(UnitRow.id) == unit).values(path=path))
