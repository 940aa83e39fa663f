"""Rows of the town: each role that sees a row sees the row of every foreign key that is proved to be covered."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from domain.access import scopes
from domain.access.scopes import Scope
from domain.actor import Actor
from tests.access.town import ACTORS
from tests.access.town_service import TownService

UNSEEN = {Scope.PUBLIC, Scope.PARENT, Scope.NOBODY, Scope.SYSTEM}
PRIVATE = [table for table in SQLModel.metadata.sorted_tables if Scope(table.info["scope"]) not in UNSEEN]
COLUMNS = [column for table in PRIVATE for column in table.columns if column.foreign_keys]
COVERED = [column for column in COLUMNS if scopes.covers(column)]


async def values(place: TownService, actor: Actor, column: sa.Column[Any]) -> set[int]:
    """The values of a column in the rows that an actor sees."""
    table = column.table
    seen = sa.true() if Scope(table.info["scope"]) is Scope.PUBLIC else scopes.rows_visible_to(actor, table)
    async with place.unrestricted_data.open_transaction() as db:
        return {row[0] for row in await db.fetch_all(sa.select(column).where(seen, column.is_not(None)))}


@pytest.mark.parametrize("name", [name for name, actor in ACTORS.items() if actor])
async def test_who_sees_a_row_sees_all_rows_that_cover_it(place: TownService, name: str) -> None:
    actor = ACTORS[name]
    assert actor is not None
    for column in COVERED:
        key = next(iter(column.foreign_keys)).column
        assert await values(place, actor, column) <= await values(place, actor, key), f"{column} of {key}"


async def test_what_is_not_covered_is_seen_without_its_person(place: TownService) -> None:
    """The former supervisor sees a plan that they set, and not the person; so the difference can be observed."""
    actor = ACTORS["supervisor"]
    assert actor is not None
    plans, people = SQLModel.metadata.tables["plan"], SQLModel.metadata.tables["person"]
    assert await values(place, actor, plans.c.person_id) - await values(place, actor, people.c.id)
    assert not scopes.covers(plans.c.person_id)
