"""Every predicate of every table, in its narrow and wide form, selects the rows that the oracle gives each actor."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from domain.access import scopes
from domain.access.scopes import Scope
from domain.actor import Actor
from tests.access import access_oracle
from tests.access.town import ACTORS
from tests.access.town_service import TownService

WITHOUT_KEY: Final = frozenset({"published_run", "published_summary", "risk_count"})
"""Tables of which a row of the town has no number."""


def keyed_tables(place: TownService) -> Iterator[sa.Table]:
    """The tables with rows of the town that are read by a scope of their own."""
    for name, table in SQLModel.metadata.tables.items():
        if place.town.list_rows(name) and table.info["scope"] != Scope.PARENT and name not in WITHOUT_KEY:
            yield table


def actor_forms(actor: Actor) -> Iterator[Actor]:
    """An actor with a narrow and with a wide part of the tree, and without units as row security has it."""
    for form in (actor, *([] if actor.unit_path else [replace(actor, unit_path="")])):
        yield from (replace(form, wide=wide) for wide in (False, True))


@pytest.mark.parametrize("name", [name for name, actor in ACTORS.items() if actor is not None])
async def test_a_predicate_selects_the_rows_of_the_oracle(place: TownService, name: str) -> None:
    actor = ACTORS[name]
    assert actor is not None
    async with place.unrestricted_data.rolled_back_transaction() as db:
        for table in keyed_tables(place):
            key = next(iter(table.primary_key))
            rows = place.town.list_rows(table.name)
            assert all(row.key for row in rows), table.name
            expected = {row.key for row in rows if access_oracle.can_see(actor, row)}
            for form in actor_forms(actor):
                selected = await db.fetch_all(sa.select(key).where(scopes.rows_visible_to(form, table)))
                assert {row[0] for row in selected} == expected, (table.name, form)
