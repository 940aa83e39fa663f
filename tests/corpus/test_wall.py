"""The second wall by itself: what plans without a scope read under row security is what plans with one read."""

import itertools
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from typing import Any

import asyncpg
import pytest
import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import SQLModel

from domain import scope
from domain.actor import Actor, Role
from domain.journal import commands as journal
from domain.wall import rules
from resolvers.answers import Answer, Answers
from resolvers.operations import operations
from resolvers.reference import schema as reference
from schema.graph import compiled
from tests.corpus.draft import Case, Run
from tests.corpus.judge import Read
from tests.corpus.worlds import World


class Unscoped:
    """No scope at all, in a form that the planner cannot take for "sees everything"; the rules of fields stay."""

    def visible(self, _scope: str, _role: Role | None, table: sa.Table, *, wide: bool) -> ColumnElement[bool]:
        """Every row."""
        assert wide in {True, False}
        return table.primary_key.columns[0].is_not(None)

    def by_unit(self, scope_: str) -> frozenset[Role]:
        """As ever: what is stored is stored for the same roles."""
        return scope.by_unit(scope_)

    def seen(self, rule: Any, role: Role | None, table: sa.Table) -> ColumnElement[bool]:
        """As ever."""
        return scope.seen(rule, role, table)


@pytest.fixture(scope="session")
def unscoped(province: World) -> World:
    """The province, answered by plans that trust the wall alone."""
    graph = compiled(Unscoped())
    served = reference.schema(graph, once=journal.once)
    return replace(province, graph=graph, served=served, answers=Answers(graph, served, journal.once), known={})


async def compared(world: World, bare: World, documents: int, seed: int) -> Counter[str]:
    """Ask both worlds the same documents as everybody; how many answers held anything, by role."""
    writer = await world.writer(seed)
    told: Counter[str] = Counter()
    for case in itertools.chain(writer.sweep(), writer.queries(documents)):
        for actor in world.actors:
            for run in case.runs:
                scoped, walled = [await answer(each, case, run, actor) for each in (world, bare)]
                assert walled.data == scoped.data, (case.text, run.variables, actor)
                assert [each.message for each in walled.errors] == [each.message for each in scoped.errors]
                told[str(actor and actor.role)] += scoped.planned and b'"id":"' in (scoped.data or b"")
    return told


async def answer(world: World, case: Case, run: Run, actor: Actor | None) -> Answer:
    """One answer of a world."""
    async with world.opened(actor, Read()) as asking:
        return await world.answers.answer(operations(case.document)[case.name], run.variables, asking)


async def test_a_sample_is_the_same_behind_the_wall_alone(province: World, unscoped: World) -> None:
    assert min((await compared(province, unscoped, 5, seed=21)).values()) > 0


@pytest.mark.long
async def test_every_document_is_the_same_behind_the_wall_alone(province: World, unscoped: World) -> None:
    told = await compared(province, unscoped, 1_000, seed=22)
    print(f"\nrow security alone against scope and row security: no difference; answers that hold rows {dict(told)}")
    assert min(told.values()) > 20


async def test_without_a_context_no_row_of_people_comes_back(province: World) -> None:
    held = 0
    for table in rules.walled(SQLModel.metadata.sorted_tables):
        if table.name == "job":
            continue  # who asked for long work is shown under the scope of people
        whom = "person_id" if "person_id" in table.c else "*"
        count = f"SELECT count({whom}) FROM {table.name}"
        held += (await province.data.read_once(count, []))[0][0] > 0
        for role in (*Role, None):
            if role in {Role.SERVICE, Role.ADMIN} and table.info["scope"] != "system":
                continue  # they see some tables whole, whoever they are
            with suppress(asyncpg.InsufficientPrivilegeError):
                assert (await province.data.as_(role).read_once(count, []))[0][0] == 0, (table.name, role)
    assert held > 10
