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

from domain.access import scopes
from domain.access.row_security import policies
from domain.actor import Actor, Role
from domain.idempotency import commands as idempotency
from resolvers.executor import ExecutionResult, Executor
from resolvers.operations import split_operations
from resolvers.reference import strawberry_schema as reference
from schema.schema import compile_schema
from tests.corpus.comparison_worlds import ComparisonWorld
from tests.corpus.document_draft import CaseRun, DocumentCase
from tests.corpus.executor_comparison import ReadRecord


class UnscopedAccess:
    """No scope at all, in a form that the planner cannot take for "sees everything"; the rules of fields stay."""

    def visible_rows(self, _scope: str, _role: Role | None, table: sa.Table, *, wide: bool) -> ColumnElement[bool]:
        """Every row."""
        assert wide in {True, False}
        return table.primary_key.columns[0].is_not(None)

    def roles_scoped_by_unit(self, scope_: str) -> frozenset[Role]:
        """As ever: what is stored is stored for the same roles."""
        return scopes.roles_scoped_by_unit(scope_)

    def rows_with_visible_field(self, rule: Any, role: Role | None, table: sa.Table) -> ColumnElement[bool]:
        """As ever."""
        return scopes.rows_with_visible_field(rule, role, table)

    def covers(self, column: sa.Column[Any]) -> bool:
        """As ever: row security keeps the same scopes."""
        return scopes.covers(column)


@pytest.fixture(scope="session")
def unscoped(province: ComparisonWorld) -> ComparisonWorld:
    """The province, answered by plans that trust the wall alone."""
    graph = compile_schema(UnscopedAccess())
    served = reference.build_strawberry_schema(graph, run_once=idempotency.run_once)
    return replace(
        province,
        graph=graph,
        served_schema=served,
        executor=Executor(graph, served, idempotency.run_once),
        cached_operations={},
    )


async def compare_worlds(world: ComparisonWorld, bare: ComparisonWorld, documents: int, seed: int) -> Counter[str]:
    """Ask both worlds the same documents as everybody; how many answers held anything, by role."""
    writer = await world.create_writer(seed)
    told: Counter[str] = Counter()
    for case in itertools.chain(writer.write_filter_sweep(), writer.write_queries(documents)):
        for actor in world.actors:
            for run in case.runs:
                scoped, walled = [await answer_in_world(each, case, run, actor) for each in (world, bare)]
                assert walled.data == scoped.data, (case.text, run.variables, actor)
                assert [each.message for each in walled.errors] == [each.message for each in scoped.errors]
                told[str(actor and actor.role)] += scoped.planned and b'"id":"' in (scoped.data or b"")
    return told


async def answer_in_world(
    world: ComparisonWorld, case: DocumentCase, run: CaseRun, actor: Actor | None
) -> ExecutionResult:
    """One answer of a world."""
    async with world.open_context(actor, ReadRecord()) as asking:
        return await world.executor.execute(
            split_operations(case.document)[case.operation_name], run.variables, asking
        )


async def test_a_sample_is_the_same_behind_the_wall_alone(
    province: ComparisonWorld, unscoped: ComparisonWorld
) -> None:
    assert min((await compare_worlds(province, unscoped, 5, seed=21)).values()) > 0


@pytest.mark.long
async def test_every_document_is_the_same_behind_the_wall_alone(
    province: ComparisonWorld, unscoped: ComparisonWorld
) -> None:
    told = await compare_worlds(province, unscoped, 1_000, seed=22)
    print(f"\nrow security alone against scope and row security: no difference; answers that hold rows {dict(told)}")
    assert min(told.values()) > 20


async def test_without_a_context_no_row_of_people_comes_back(province: ComparisonWorld) -> None:
    held = 0
    for table in policies.protected_tables(SQLModel.metadata.sorted_tables):
        if table.name == "job":
            continue  # who asked for long work is shown under the scope of people
        whom = "person_id" if "person_id" in table.c else "*"
        count = f"SELECT count({whom}) FROM {table.name}"
        held += (await province.data.fetch_without_snapshot(count, []))[0][0] > 0
        for role in (*Role, None):
            if role in {Role.SERVICE, Role.ADMIN} and table.info["scope"] != "system":
                continue  # they see some tables whole, whoever they are
            with suppress(asyncpg.InsufficientPrivilegeError):
                assert (await province.data.as_login(role).fetch_without_snapshot(count, []))[0][0] == 0, (
                    table.name,
                    role,
                )
    assert held > 10
