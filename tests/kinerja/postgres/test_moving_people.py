"""Moving people as the roles' own logins do it, beneath row security, and what follows from it by itself."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta

import asyncpg
import pytest
import sqlalchemy as sa

from domain import refusals
from domain.access import scopes
from domain.actor import Actor, Role
from domain.business_date import commands as calendar
from domain.evaluation import commands as evaluations
from domain.evaluation.requests import RecordEvaluation
from domain.evaluation.tables import EvaluationRow
from domain.organisation.tables import PositionRow, UnitRow
from domain.people import commands, store
from domain.people.requests import AssignAppraiser, DelegateLine, EndDelegation, MovePerson
from domain.people.tables import AppraiserLineRow, PersonRow
from domain.ports import CommandContext
from kinerja import business_date
from kinerja.jobs import daily_sync, job_worker
from kinerja.postgres import database, role_pools
from tests import row_factory
from tests.conftest import NOW, TODAY
from tests.domain.people import small_province

DAY = timedelta(days=1)
WHY = "Penataan pegawai."


@pytest.fixture(scope="module")
async def walled(module_url: str) -> AsyncIterator[database.Database]:
    """The logins' pools of one database; each test makes people of its own."""
    async with role_pools.open_role_pools(module_url, limits=database.ConnectionLimits(max_connections=2)) as opened:
        async with opened.open_transaction() as db:
            await small_province.build_filled_province(db)
        yield opened


async def load_world(data: database.Database) -> tuple[dict[str, dict[str, object]], list[int]]:
    """The units by code, and the keys of the people of the world."""
    async with data.open_transaction() as db:
        units = {str(row["code"]): row for row in await row_factory.fetch_table_rows(db, UnitRow)}
        return units, [row["id"] for row in await row_factory.fetch_table_rows(db, PersonRow)][:8]


def build_context(db: database.Transaction, actor: Actor, today: date = TODAY) -> CommandContext:
    return CommandContext(db, job_worker.JobQueue(), actor, today, NOW)


async def test_hr_gives_a_post_elsewhere_and_all_of_the_person_goes_out_of_its_sight(
    walled: database.Database,
) -> None:
    units, everybody = await load_world(walled)
    officer, who, unit = everybody[1], everybody[3], units["moves-2"]
    actor = Actor(officer, Role.HR, str(units["moves-1"]["path"]))
    async with walled.open_transaction() as db:
        post = next(
            row["id"] for row in await row_factory.fetch_table_rows(db, PositionRow) if row["unit_id"] == unit["id"]
        )
    asked = MovePerson(person=who, position=post, starts_on=TODAY, decree="SK-1", reason=WHY)
    async with walled.as_login(Role.HR).open_transaction(scopes.build_actor_settings(actor)) as db:
        assert await commands.move_person(build_context(db, actor), asked) == who
        assert await store.load_visible_person(db, actor, who) is None
        assert store.PEOPLE_CHANNEL in db.channels_after_commit
    async with walled.open_transaction() as db:
        moved = next(row for row in await row_factory.fetch_table_rows(db, PersonRow) if row["id"] == who)
        assert (moved["unit_id"], moved["unit_path"]) == (unit["id"], unit["path"])
        assert await small_province.find_stale_replicas(db) == []
    async with walled.as_login(Role.HR).open_transaction(scopes.build_actor_settings(actor)) as db:
        with pytest.raises(refusals.NotFound):
            await commands.move_person(build_context(db, actor), asked)


async def test_hr_and_an_administrator_assign_appraisers(walled: database.Database) -> None:
    units, everybody = await load_world(walled)
    actors = (
        Actor(everybody[0], Role.HR, str(units["moves-0"]["path"])),
        Actor(everybody[0], Role.ADMIN),
    )
    for number, actor in enumerate(actors):
        above = everybody[5 + number]
        asked = AssignAppraiser(
            person=everybody[4], appraiser=above, starts_on=TODAY - (2 - number) * DAY, reason=WHY
        )
        async with walled.as_login(actor.role).open_transaction(scopes.build_actor_settings(actor)) as db:
            await commands.assign_appraiser(build_context(db, actor), asked)
        async with walled.open_transaction() as db:
            assert (await store.load_actor_context(db, everybody[4], TODAY)).appraiser_id == above
            assert await small_province.find_stale_replicas(db) == []


async def test_row_security_lets_hr_write_nothing_about_others(walled: database.Database) -> None:
    units, everybody = await load_world(walled)
    actor = Actor(everybody[1], Role.HR, str(units["moves-1"]["path"]))
    row = {"person_id": everybody[2], "appraiser_id": everybody[1], "starts_on": TODAY + 90 * DAY}
    path = str(units["moves-2"]["path"])
    async with walled.as_login(Role.HR).open_transaction(scopes.build_actor_settings(actor)) as db:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await row_factory.insert_row(db, AppraiserLineRow, unit_path=path, **row)


async def test_row_security_lets_nobody_evaluate_himself(walled: database.Database) -> None:
    async with walled.open_transaction() as db:
        chief = await row_factory.insert_person(db)
        member = await row_factory.insert_person(db, appraiser_id=chief)
        position = (await row_factory.fetch_table_rows(db, PositionRow))[0]["id"]
        above = {chief: None, member: chief}
        plans = {each: await row_factory.insert_plan(db, each, position, appraiser_id=above[each]) for each in above}
    actor, data = Actor(chief, Role.SUPERVISOR), walled.as_login(Role.SUPERVISOR)
    async with data.open_transaction(scopes.build_actor_settings(actor)) as db:
        await row_factory.insert_evaluation(db, plans[member], member, chief, appraiser_id=chief)
    for line in (member, chief):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            async with data.open_transaction(scopes.build_actor_settings(actor)) as db:
                await row_factory.insert_evaluation(db, plans[chief], chief, chief, appraiser_id=line)


async def test_only_who_moves_people_may_call_what_follows(walled: database.Database) -> None:
    for role in (Role.EMPLOYEE, Role.SUPERVISOR, Role.LEADER, Role.AUDITOR, None):
        async with walled.as_login(role).lend_connection() as connection:
            for call in ("follow_people(NULL, '2026-07-01')", "mend_copies()"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(f"SELECT {call}")


async def test_a_delegate_evaluates_in_the_line_he_was_given_until_it_is_taken_back(
    walled: database.Database,
) -> None:
    _, everybody = await load_world(walled)
    away, delegate = everybody[6], everybody[7]
    actor = Actor(away, Role.SUPERVISOR, appraiser_id=everybody[5])
    days = {"starts_on": TODAY, "ends_on": TODAY + DAY, "reason": WHY}
    async with walled.as_login(Role.SUPERVISOR).open_transaction(scopes.build_actor_settings(actor)) as db:
        key = await commands.delegate_line(build_context(db, actor), DelegateLine(delegate=delegate, **days))
    async with walled.open_transaction() as db:
        position = (await row_factory.fetch_table_rows(db, PositionRow))[0]["id"]
        members = [await row_factory.insert_person(db, unit_path="1.") for _ in range(2)]
        for member in members:
            await row_factory.insert_line(db, member, away, unit_path="1.")
        plans = [await row_factory.insert_plan(db, member, position) for member in members]
        own = await row_factory.insert_plan(db, delegate, position, year=2027)
        await db.fetch_all(sa.select(sa.func.mend_copies()))
        stands = await store.load_actor_context(db, delegate, TODAY)
    stand_in = Actor(delegate, Role.SUPERVISOR, appraiser_id=stands.appraiser_id, delegator_ids=stands.delegator_ids)
    assert stand_in.line == (delegate, away)
    fields = {"period": "2026-Q2", "results_index": "97", "behaviour_index": "99", "evidence": "laporan"}
    asked = [RecordEvaluation(plan=plan, evidence_source="SIAK", **fields) for plan in (*plans, own)]
    async with walled.as_login(Role.SUPERVISOR).open_transaction(scopes.build_actor_settings(stand_in)) as db:
        recorded = await evaluations.record(build_context(db, stand_in), asked[0])
    async with walled.open_transaction() as db:
        rows = [row for row in await row_factory.fetch_table_rows(db, EvaluationRow) if row["id"] == recorded]
        assert [(row["evaluated_by"], row["appraiser_id"]) for row in rows] == [(delegate, away)]
    async with walled.as_login(Role.SUPERVISOR).open_transaction(scopes.build_actor_settings(stand_in)) as db:
        with pytest.raises(
            refusals.NotFound
        ):  # the delegate is in that line themselves, and evaluates themselves never
            await evaluations.record(build_context(db, stand_in), asked[2])
    async with walled.as_login(Role.SUPERVISOR).open_transaction(scopes.build_actor_settings(actor)) as db:
        await commands.end_delegation(build_context(db, actor), EndDelegation(delegation=key, version=1))
    async with walled.open_transaction() as db:
        stands = await store.load_actor_context(db, delegate, TODAY)
    stand_in = replace(stand_in, delegator_ids=stands.delegator_ids)
    async with walled.as_login(Role.SUPERVISOR).open_transaction(scopes.build_actor_settings(stand_in)) as db:
        with pytest.raises(refusals.NotFound):
            await evaluations.record(build_context(db, stand_in), asked[1])


async def test_of_two_who_move_one_person_at_once_one_is_told_of_the_other(walled: database.Database) -> None:
    _, everybody = await load_world(walled)
    actor = Actor(everybody[0], Role.ADMIN)
    who, day = everybody[2], TODAY + 30 * DAY

    async def try_it(above: int) -> str:
        asked = AssignAppraiser(person=who, appraiser=above, starts_on=day, reason=WHY)
        try:
            async with walled.as_login(Role.ADMIN).open_transaction(scopes.build_actor_settings(actor)) as db:
                await commands.assign_appraiser(build_context(db, actor), asked)
        except refusals.Conflict:
            return "conflict"
        return "done"

    assert sorted(await asyncio.gather(*(try_it(each) for each in everybody[3:7]))) == [*["conflict"] * 3, "done"]


async def test_who_is_moved_while_everybody_is_brought_to_a_day_is_where_he_was_moved(
    own_url: str, own: database.Database
) -> None:
    tomorrow = TODAY + DAY
    async with own.open_transaction() as db:
        world = await small_province.build_filled_province(db)
        who, unit = world.people[3], list(world.parents)[6]
        clerk = Actor(world.people[0], Role.ADMIN)
        line = AssignAppraiser(person=who, appraiser=world.people[5], starts_on=tomorrow, reason=WHY)
        await commands.assign_appraiser(build_context(db, clerk), line)  # so that tomorrow has something to bring
    post = MovePerson(person=who, position=world.posts[unit], starts_on=tomorrow, decree="SK-2", reason=WHY)
    async with role_pools.open_role_pools(own_url) as walled:
        async with walled.as_login(Role.ADMIN).open_transaction(scopes.build_actor_settings(clerk)) as db:
            await commands.move_person(build_context(db, clerk, tomorrow), post)
            brought = asyncio.create_task(daily_sync.sync_people(walled, tomorrow))
            await wait_for_lock(own)
        await brought
    async with own.open_transaction() as db:
        now = next(row for row in await row_factory.fetch_table_rows(db, PersonRow) if row["id"] == who)
        assert (now["unit_path"], now["appraiser_id"]) == (world.unit_path(unit), world.people[5])
        assert await small_province.find_stale_replicas(db) == []


async def wait_for_lock(data: database.Database) -> None:
    """Wait until a transaction of the database waits for another."""
    sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    for _ in range(500):
        if (await data.fetch_without_snapshot(sql, []))[0][0]:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("nothing waited")


async def test_each_new_business_date_is_followed(walled: database.Database) -> None:
    _, everybody = await load_world(walled)
    who, above, tomorrow = everybody[5], everybody[7], TODAY + 60 * DAY
    actor = Actor(everybody[0], Role.ADMIN)
    asked = AssignAppraiser(person=who, appraiser=above, starts_on=tomorrow, reason=WHY)
    async with walled.as_login(Role.ADMIN).open_transaction(scopes.build_actor_settings(actor)) as db:
        await commands.assign_appraiser(build_context(db, actor), asked)
    async with walled.open_transaction() as db:
        await calendar.set_business_date(db, tomorrow - DAY)
    run = asyncio.create_task(daily_sync.run_daily_sync(walled, business_date.BusinessDate(walled)))
    try:
        assert await await_appraiser(walled, who, above, 1.5) != above
        async with walled.open_transaction() as db:
            await calendar.set_business_date(db, tomorrow)
        assert await await_appraiser(walled, who, above, 10) == above
    finally:
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)


async def await_appraiser(data: database.Database, who: int, awaited: int, seconds: float) -> int | None:
    """Whoever appraises a person, as soon as it is the one awaited or the time is over."""
    found = None
    for _ in range(int(seconds * 10)):
        async with data.open_transaction() as db:
            found = (await store.load_actor_context(db, who, TODAY)).appraiser_id
        if found == awaited:
            break
        await asyncio.sleep(0.1)
    return found
