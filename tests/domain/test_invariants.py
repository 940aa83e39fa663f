"""What no regulation may change, the database itself refuses."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import asyncpg
import pytest

from domain.ports import Db
from domain.regulation.tables import ParameterRow
from tests import row_factory

DAY = date(2026, 3, 1)


async def build_holder(db: Db, *, structural: bool, kind: str = "D", **period: Any) -> Callable[..., Awaitable[int]]:
    """A post with one holder, and a function that seats another person on it."""
    post = await row_factory.insert_position(db, await row_factory.insert_unit(db), structural=structural)
    await row_factory.insert_incumbency(
        db, await row_factory.insert_person(db), post, structural=structural, kind="D", ends_on=DAY
    )

    async def seat(**other: Any) -> int:
        return await row_factory.insert_incumbency(
            db, await row_factory.insert_person(db), post, structural=structural, **other
        )

    return seat


async def test_a_structural_post_has_one_definitive_holder_on_any_day(db: Db) -> None:
    seat = await build_holder(db, structural=True)
    with pytest.raises(asyncpg.ExclusionViolationError):
        await seat(starts_on=DAY)


async def test_the_next_holder_starts_the_day_after(db: Db) -> None:
    seat = await build_holder(db, structural=True)
    assert await seat(starts_on=date(2026, 3, 2))


async def test_an_acting_holder_may_stand_beside_the_definitive_one(db: Db) -> None:
    seat = await build_holder(db, structural=True)
    assert await seat(starts_on=DAY, kind="PLH")


async def test_other_posts_may_have_many_holders(db: Db) -> None:
    seat = await build_holder(db, structural=False)
    assert await seat(starts_on=DAY)


async def test_an_incumbency_cannot_say_otherwise_than_its_post(db: Db) -> None:
    post = await row_factory.insert_position(db, await row_factory.insert_unit(db), structural=True)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await row_factory.insert_incumbency(db, await row_factory.insert_person(db), post, structural=False)


async def test_a_person_has_one_appraiser_on_any_day(db: Db) -> None:
    someone, first, second = [await row_factory.insert_person(db) for _ in range(3)]
    await row_factory.insert_line(db, someone, first, ends_on=DAY)
    await row_factory.insert_line(db, someone, second, starts_on=date(2026, 3, 2))
    with pytest.raises(asyncpg.ExclusionViolationError):
        await row_factory.insert_line(db, someone, first, starts_on=date(2027, 1, 1))


async def test_nobody_appraises_himself(db: Db) -> None:
    someone = await row_factory.insert_person(db)
    with pytest.raises(asyncpg.CheckViolationError, match="appraise"):
        await row_factory.insert_line(db, someone, someone)


async def test_one_plan_is_in_force_for_a_person_post_and_year(db: Db) -> None:
    someone, post = (
        await row_factory.insert_person(db),
        await row_factory.insert_position(db, await row_factory.insert_unit(db)),
    )
    await row_factory.insert_plan(db, someone, post, status="DIGANTI", active=False)
    await row_factory.insert_plan(db, someone, post, version=2)
    await row_factory.insert_plan(db, someone, post, year=2027)
    with pytest.raises(asyncpg.UniqueViolationError, match="uq_plan__active"):
        await row_factory.insert_plan(db, someone, post, version=3)


async def test_a_replaced_plan_is_not_in_force(db: Db) -> None:
    someone, post = (
        await row_factory.insert_person(db),
        await row_factory.insert_position(db, await row_factory.insert_unit(db)),
    )
    with pytest.raises(asyncpg.CheckViolationError, match="active"):
        await row_factory.insert_plan(db, someone, post, status="DIGANTI", active=True)


async def test_one_evaluation_is_in_force_for_a_plan_and_period(db: Db) -> None:
    someone, post = (
        await row_factory.insert_person(db),
        await row_factory.insert_position(db, await row_factory.insert_unit(db)),
    )
    plan = await row_factory.insert_plan(db, someone, post)
    await row_factory.insert_evaluation(db, plan, someone, someone, current=False)
    await row_factory.insert_evaluation(db, plan, someone, someone, version=2)
    with pytest.raises(asyncpg.UniqueViolationError, match="uq_evaluation__current"):
        await row_factory.insert_evaluation(db, plan, someone, someone, version=3)


async def test_a_session_is_never_oversold(db: Db) -> None:
    programme = await row_factory.insert_programme(db)
    with pytest.raises(asyncpg.CheckViolationError, match="seats"):
        await row_factory.insert_session(db, programme, seats=5, taken=6)


async def test_a_figure_has_one_value_on_any_day(db: Db) -> None:
    with pytest.raises(asyncpg.ExclusionViolationError):
        await row_factory.insert_row(db, ParameterRow, code="LOW_SCORE", value="80", regulation="X", starts_on=DAY)


async def test_a_period_does_not_end_before_it_starts(db: Db) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="in_order"):
        await row_factory.insert_unit(db, starts_on=DAY, ends_on=date(2026, 2, 28))


@pytest.mark.parametrize("nip", ["1234", "19860926201505100X", ""])
async def test_a_nip_is_eighteen_digits(db: Db, nip: str) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="nip"):
        await row_factory.insert_person(db, nip=nip)
