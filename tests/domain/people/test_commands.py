"""Lines, posts and delegations: dated, never two at once, within the actor's reach, and today's when today comes."""

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import BaseModel
from sqlmodel import col

from domain import refusals
from domain.actor import SYSTEM_ACTOR, Actor, Role
from domain.audit.tables import AuditEntryRow
from domain.people import commands, store
from domain.people.refusals import PositionOccupied
from domain.people.requests import AssignAppraiser, DelegateLine, EndDelegation, MovePerson
from domain.people.tables import AppraiserLineRow, DelegationRow, IncumbencyRow, PersonRow
from domain.ports import CommandContext, Db
from tests import row_factory
from tests.conftest import TODAY
from tests.domain.people import small_province

MakeContext = Callable[..., CommandContext]

DAY = timedelta(days=1)
WHY = "Penataan pegawai."


def hr_actor(world: small_province.SmallProvince, unit: int | None = None) -> Actor:
    """HR of a unit, of the whole tree unless told otherwise; they are the first of the people."""
    return Actor(world.people[0], Role.HR, world.unit_path(unit or next(iter(world.parents))))


def line_request(person: int, appraiser: int, starts_on: date = TODAY) -> AssignAppraiser:
    return AssignAppraiser(person=person, appraiser=appraiser, starts_on=starts_on, reason=WHY)


def move_request(person: int, position: int, starts_on: date = TODAY) -> MovePerson:
    return MovePerson(person=person, position=position, starts_on=starts_on, decree="SK-9/BKD/2026", reason=WHY)


def delegation_request(delegate: int, **values: Any) -> DelegateLine:
    fields = {"starts_on": TODAY, "ends_on": TODAY + 6 * DAY, "reason": WHY}
    return DelegateLine.model_validate({"delegate": delegate, **fields, **values})


async def load_person_row(db: Db, key: int) -> dict[str, Any]:
    return next(row for row in await row_factory.fetch_table_rows(db, PersonRow) if row["id"] == key)


async def load_lines(db: Db, key: int) -> list[tuple[int, date, date | None]]:
    rows = [row for row in await row_factory.fetch_table_rows(db, AppraiserLineRow) if row["person_id"] == key]
    return [(row["appraiser_id"], row["starts_on"], row["ends_on"]) for row in rows]


async def load_posts(db: Db, key: int) -> list[tuple[int, date, date | None]]:
    rows = [row for row in await row_factory.fetch_table_rows(db, IncumbencyRow) if row["person_id"] == key]
    return [(row["position_id"], row["starts_on"], row["ends_on"]) for row in rows]


async def test_a_line_of_today_is_followed_by_every_copy(act: MakeContext, db: Db) -> None:
    world = await small_province.build_filled_province(db)
    who, before, after = world.people[3], world.people[2], world.people[5]
    assert await commands.assign_appraiser(act(hr_actor(world)), line_request(who, after)) == who
    assert await load_lines(db, who) == [(before, row_factory.LONG_AGO, TODAY - DAY), (after, TODAY, None)]
    assert (await load_person_row(db, who))["appraiser_id"] == after
    assert await small_province.find_stale_replicas(db) == []
    entry = (await row_factory.fetch_table_rows(db, AuditEntryRow))[-1]
    assert (entry["action"], entry["person_id"], entry["reason"]) == ("ASSIGN_APPRAISER", who, WHY)


async def test_a_line_of_tomorrow_is_tomorrows(act: MakeContext, db: Db) -> None:
    world = await small_province.build_small_province(db)
    who, before, after = world.people[3], world.people[2], world.people[5]
    await commands.assign_appraiser(act(hr_actor(world)), line_request(who, after, TODAY + DAY))
    assert (await load_person_row(db, who))["appraiser_id"] == before
    await commands.apply_dated_facts(act(SYSTEM_ACTOR, today=TODAY + DAY))
    assert (await load_person_row(db, who))["appraiser_id"] == after
    assert await commands.apply_dated_facts(act(SYSTEM_ACTOR, today=TODAY + DAY)) == 0, (
        "a second time there is nothing to do"
    )


@pytest.mark.parametrize(
    ("who", "above", "starts_on", "refused", "path"),
    [
        (3, 3, TODAY, refusals.InvalidInput, ("appraiser",)),
        (3, 2, TODAY, refusals.InvalidInput, ("appraiser",)),
        (3, 5, row_factory.LONG_AGO, refusals.Conflict, ("startsOn",)),
        (3, 5, row_factory.LONG_AGO - DAY, refusals.Conflict, ("startsOn",)),
        (3, 7, TODAY, refusals.InvalidInput, ("appraiser",)),
    ],
    ids=["himself", "the same", "that day", "earlier", "one who left"],
)
async def test_what_cannot_be_a_line_is_refused(
    act: MakeContext, db: Db, who: int, above: int, starts_on: date, refused: type[refusals.Refusal], path: tuple[str]
) -> None:
    world = await small_province.build_small_province(db)
    left = sa.update(PersonRow).where(col(PersonRow.id) == world.people[7])
    await db.execute(left.values(left_on=TODAY - DAY))
    before = await load_lines(db, world.people[who])
    with pytest.raises(refused) as caught:
        await commands.assign_appraiser(
            act(hr_actor(world)), line_request(world.people[who], world.people[above], starts_on)
        )
    assert caught.value.path == path
    assert await load_lines(db, world.people[who]) == before


async def test_another_units_person_is_a_missing_person(act: MakeContext, db: Db) -> None:
    world = await small_province.build_small_province(db)
    mine, theirs = list(world.parents)[1], list(world.parents)[2]
    inside, outside = world.people[1:3]
    assert [(await load_person_row(db, each))["unit_id"] for each in (inside, outside)] == [mine, theirs]
    acting = act(
        Actor(outside, Role.HR, world.unit_path(mine))
    )  # they see themselves, and may not decide about themselves
    said = set()
    for who, above in ((outside, inside), (9_999_999, inside)):
        with pytest.raises(refusals.NotFound) as caught:
            await commands.assign_appraiser(acting, line_request(who, above))
        said.add((caught.value.message, caught.value.path))
    assert len(said) == 1
    with pytest.raises(refusals.NotFound) as unseen:
        await commands.assign_appraiser(acting, line_request(inside, world.people[5]))
    assert unseen.value.path == ("appraiser",)


@pytest.mark.parametrize("role", [Role.EMPLOYEE, Role.SUPERVISOR, Role.LEADER, Role.AUDITOR, Role.CHANGE_AGENT])
async def test_others_move_nobody(act: MakeContext, db: Db, role: Role) -> None:
    world = await small_province.build_small_province(db)
    acting = act(Actor(world.people[2], role, world.unit_path(next(iter(world.parents)))))
    with pytest.raises(refusals.NotAllowed):
        await commands.assign_appraiser(acting, line_request(world.people[3], world.people[5]))
    with pytest.raises(refusals.NotAllowed):
        await commands.move_person(acting, move_request(world.people[3], next(iter(world.posts.values()))))


async def test_a_move_takes_a_person_and_all_about_him_to_the_new_unit(act: MakeContext, db: Db) -> None:
    world = await small_province.build_filled_province(db)
    who, unit = world.people[3], list(world.parents)[6]
    before = (await load_person_row(db, who))["position_id"]
    assert await commands.move_person(act(hr_actor(world)), move_request(who, world.posts[unit])) == who
    assert await load_posts(db, who) == [
        (before, row_factory.LONG_AGO, TODAY - DAY),
        (world.posts[unit], TODAY, None),
    ]
    now = await load_person_row(db, who)
    assert (now["position_id"], now["unit_id"], now["unit_path"]) == (world.posts[unit], unit, world.unit_path(unit))
    assert {
        row["unit_path"] for row in await row_factory.fetch_table_rows(db, IncumbencyRow) if row["person_id"] == who
    } == {world.unit_path(unit)}


async def test_a_structural_post_has_one_definitive_holder(act: MakeContext, db: Db) -> None:
    world = await small_province.build_small_province(db)
    unit = list(world.parents)[1]
    chief = await row_factory.insert_position(
        db, unit, unit_path=world.unit_path(unit), structural=True, level="PENGAWAS", type="ADMINISTRASI"
    )
    first, second = world.people[3:5]
    await commands.move_person(act(hr_actor(world)), move_request(first, chief))
    with pytest.raises(PositionOccupied):
        await commands.move_person(act(hr_actor(world)), move_request(second, chief, TODAY + 30 * DAY))
    await commands.move_person(act(hr_actor(world)), move_request(first, world.posts[unit], TODAY + 30 * DAY))
    assert await commands.move_person(act(hr_actor(world)), move_request(second, chief, TODAY + 30 * DAY)) == second


async def test_a_post_that_is_not_there_is_refused(act: MakeContext, db: Db) -> None:
    world = await small_province.build_small_province(db)
    unit = next(iter(world.parents))
    gone = await row_factory.insert_position(db, unit, unit_path=world.unit_path(unit), ends_on=TODAY - DAY)
    for position in (gone, 9_999_999):
        with pytest.raises(refusals.NotFound):
            await commands.move_person(act(hr_actor(world)), move_request(world.people[3], position))
    with pytest.raises(refusals.InvalidInput):
        await commands.move_person(act(hr_actor(world)), move_request(world.people[0], world.posts[unit]))


async def test_whoever_left_has_no_unit_and_no_appraiser(act: MakeContext, db: Db) -> None:
    world = await small_province.build_small_province(db)
    who = world.people[3]
    await db.execute(sa.update(PersonRow).where(col(PersonRow.id) == who).values(left_on=TODAY))
    await commands.apply_dated_facts(act())
    assert (await load_person_row(db, who))["unit_id"] is not None, "the last day is a day of service"
    await commands.apply_dated_facts(act(today=TODAY + DAY))
    now = await load_person_row(db, who)
    assert {now[name] for name in ("position_id", "unit_id", "unit_path", "appraiser_id")} == {None}


async def test_a_delegate_has_the_line_on_the_days_between(act: MakeContext, db: Db) -> None:
    world = await small_province.build_small_province(db)
    away, delegate = world.people[2], world.people[3]
    mine = act(Actor(away, Role.SUPERVISOR, appraiser_id=world.people[1]))
    await commands.delegate_line(mine, delegation_request(delegate, starts_on=TODAY + DAY, ends_on=TODAY + 3 * DAY))
    held = [(await store.load_actor_context(db, delegate, TODAY + each * DAY)).delegator_ids for each in range(5)]
    assert held == [(), (away,), (away,), (away,), ()]
    assert (await store.load_actor_context(db, away, TODAY + DAY)).delegator_ids == ()


async def test_a_delegation_is_ended_at_once_by_whoever_has_read_it(act: MakeContext, db: Db) -> None:
    world = await small_province.build_small_province(db)
    away, delegate = world.people[2], world.people[3]
    mine = act(Actor(away, Role.SUPERVISOR, appraiser_id=world.people[1]))
    key = await commands.delegate_line(mine, delegation_request(delegate))
    with pytest.raises(refusals.Conflict, match="its version is 1"):
        await commands.end_delegation(mine, EndDelegation(delegation=key, version=7))
    with pytest.raises(refusals.NotFound):
        await commands.end_delegation(act(Actor(delegate, Role.SUPERVISOR)), EndDelegation(delegation=key, version=1))
    assert await commands.end_delegation(mine, EndDelegation(delegation=key, version=1)) == key
    assert (await store.load_actor_context(db, delegate, TODAY)).delegator_ids == ()
    with pytest.raises(refusals.Conflict, match="over"):
        await commands.end_delegation(mine, EndDelegation(delegation=key, version=2))
    assert await commands.delegate_line(mine, delegation_request(delegate)) > key, "the line is free again"


@pytest.mark.parametrize(
    ("values", "refused"),
    [
        ({"delegate": "himself"}, refusals.InvalidInput),
        ({"starts_on": TODAY - DAY}, refusals.InvalidInput),
        ({"starts_on": TODAY + 9 * DAY}, refusals.InvalidInput),
        ({"delegate": "unseen"}, refusals.NotFound),
        ({"appraiser": "another"}, refusals.NotFound),
    ],
    ids=["himself", "yesterday", "upside down", "unseen", "another's line"],
)
async def test_what_cannot_be_delegated_is_refused(
    act: MakeContext, db: Db, values: dict[str, Any], refused: type[refusals.Refusal]
) -> None:
    world = await small_province.build_small_province(db)
    away = world.people[2]
    named = {"himself": away, "unseen": world.people[6], "another": world.people[3]}
    asked = {name: named.get(value, value) if isinstance(value, str) else value for name, value in values.items()}
    mine = act(Actor(away, Role.SUPERVISOR, appraiser_id=world.people[1]))
    with pytest.raises(refused):
        await commands.delegate_line(mine, delegation_request(int(asked.pop("delegate", world.people[3])), **asked))
    assert await row_factory.fetch_table_rows(db, DelegationRow) == []


async def test_a_line_is_one_delegates_at_a_time(act: MakeContext, db: Db) -> None:
    world = await small_province.build_small_province(db)
    away = world.people[2]
    acting = act(hr_actor(world))
    await commands.delegate_line(acting, delegation_request(world.people[3], appraiser=away))
    with pytest.raises(refusals.Conflict):
        await commands.delegate_line(
            acting, delegation_request(world.people[5], appraiser=away, starts_on=TODAY + 6 * DAY)
        )
    later = delegation_request(world.people[5], appraiser=away, starts_on=TODAY + 7 * DAY, ends_on=TODAY + 8 * DAY)
    assert await commands.delegate_line(acting, later)


CommandCall = tuple[Callable[[CommandContext, Any], Any], BaseModel]


@pytest.mark.parametrize("seed", range(4))
async def test_dated_facts_apply_by_day_in_any_order(act: MakeContext, db: Db, seed: int) -> None:
    draw = random.Random(seed)
    world = await small_province.build_filled_province(db)
    today = TODAY
    for _ in range(18):
        acting = act(hr_actor(world), today=today)
        who, other = draw.sample(world.people, 2)
        day = today + draw.randint(-2, 6) * DAY
        changes: tuple[CommandCall, ...] = (
            (commands.assign_appraiser, line_request(who, other, day)),
            (commands.move_person, move_request(who, draw.choice(list(world.posts.values())), day)),
            (commands.delegate_line, delegation_request(other, appraiser=who, starts_on=day, ends_on=day + 2 * DAY)),
        )
        run, asked = draw.choice(changes)
        with suppress(refusals.Refusal):  # what is refused must change nothing, as what follows shows
            await run(acting, asked)
        if draw.random() < 0.4:
            today += draw.randint(1, 4) * DAY
            await commands.apply_dated_facts(act(SYSTEM_ACTOR, today=today))
        await check_replicas(db, world, today)


async def check_replicas(db: Db, world: small_province.SmallProvince, today: date) -> None:
    """Everybody is where the dated facts, read here one by one, put them; and no two hold on one day."""
    for who in world.people:
        now = await load_person_row(db, who)
        for rows, name in ((await load_lines(db, who), "appraiser_id"), (await load_posts(db, who), "position_id")):
            on = [value for value, first, last in rows if first <= today and (last is None or last >= today)]
            assert len(on) <= 1, (who, name, rows)
            assert now[name] == (on[0] if on else None), (who, name, rows)
    assert await small_province.find_stale_replicas(db) == []
