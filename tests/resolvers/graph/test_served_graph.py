"""The application's own graph: every choice of rows in it is SQL that the migrated database takes, by every role."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
import strawberry
from graphql import get_introspection_query
from sqlmodel import SQLModel
from strawberry.types import ExecutionResult

from domain.access import scopes
from domain.actor import Actor, Role
from kinerja.postgres import database
from resolvers.graph import model
from resolvers.graph.access_rules import ROLES
from resolvers.graph.declarations import MatchKind
from resolvers.planner.field_arguments import FilterValue, PageRange, QueryContext
from resolvers.reference.batch_loader import BatchLoader
from resolvers.reference.strawberry_schema import build_strawberry_schema
from schema.schema import GRAPH
from tests.resolvers.miniature import run_once

BUILT_IN = {"String", "Int", "Boolean", "ID"}
SAMPLE_VALUES: dict[str, Any] = {
    "bigint": 1,
    "text": "x",
    "numeric": Decimal("1.50"),
    "date": date(2026, 1, 1),
    "timestamptz": datetime(2026, 1, 1, tzinfo=UTC),
    "boolean": True,
}
NAMED_SAMPLES = {
    **scopes.actor_bind_values(Actor(1, Role.HR, "1.")),
    "today": SAMPLE_VALUES["date"],
    "now": SAMPLE_VALUES["timestamptz"],
}


class DirectReads:
    """Runs statements on one database."""

    def __init__(self, data: database.Database) -> None:
        self._data = data

    async def fetch_rows(self, sql: str, values: list[Any]) -> Any:
        """Rows of a statement."""
        return await self._data.fetch_without_snapshot(sql, values)


def list_columns(of: model.ObjectType) -> list[model.ColumnSource]:
    found: list[model.ColumnSource] = []
    for field in of.fields.values():
        match field.source:
            case model.ColumnSource() as source:
                found.append(source)
            case model.ReferenceSource(key=model.ColumnSource() as key):
                found.append(key)
            case model.ComputedSource(values=values, visibility=seen):
                found += [each for each in (*values, seen) if isinstance(each, model.ColumnSource)]
            case _:
                pass
    return found


def list_row_sets(
    of: model.ObjectType,
) -> Iterator[tuple[str, model.ObjectField, model.RowSet, list[model.SortOrder]]]:
    for field in of.fields.values():
        match field.source:
            case model.FirstRowSource(choice, order) | model.BoundedListSource(choice, order):
                yield field.type_ref.leaf_name, field, choice, [order]
            case model.ConnectionSource(choice, node, orders):
                yield node, field, choice, list(orders.values())
            case _:
                pass


def create_filter_value(filter_: model.FilterField) -> FilterValue:
    match filter_.match:
        case MatchKind.WITHIN:
            return FilterValue(filter_, (date(2026, 1, 1), date(2026, 12, 31)))
        case MatchKind.ANY:
            return FilterValue(filter_, [SAMPLE_VALUES[filter_.sql_type]])
        case MatchKind.UNDER | MatchKind.REFERENCE:
            return FilterValue(filter_, 1)
        case MatchKind.WORDS:
            return FilterValue(filter_, "'x':*")
        case MatchKind.HOLDS:
            return FilterValue(filter_, True)
        case _:
            return FilterValue(filter_, SAMPLE_VALUES[filter_.sql_type])


@pytest.mark.parametrize("role", ROLES)
async def test_every_choice_of_rows_is_sql(shared: database.Database, role: Role | None) -> None:
    ask = QueryContext(role, NAMED_SAMPLES["today"], NAMED_SAMPLES["now"], 100, NAMED_SAMPLES)
    load: Any = BatchLoader(GRAPH, ask, DirectReads(shared))  # type: ignore[arg-type]  # it reads, and that is all it is asked
    for of in GRAPH.object_types.values():
        if of.table:
            await load.load_by_keys(of.table, [1], list_columns(of))
    for of in [GRAPH.query, *GRAPH.object_types.values()]:
        owners = None if of is GRAPH.query else [1, 2]
        for node, field, choice, orders in list_row_sets(of):
            shown = list_columns(GRAPH.object_types[node])
            for order in orders:
                cursor = tuple(SAMPLE_VALUES[key.sql_type] for key in order.keys)
                await load.load_row_lists(choice, owners, shown, PageRange(order, 5, after=cursor, before=cursor))
            filters = field.source.filter_input if isinstance(field.source, model.ConnectionSource) else None
            every = [create_filter_value(each) for each in filters.fields.values()] if filters else []
            await load.count_rows(choice, owners, every)


def test_the_printed_schema_is_the_same_each_time() -> None:
    first, second = (build_strawberry_schema(GRAPH, run_once=run_once).as_str() for _ in range(2))
    assert first == second
    assert all(f"type {name}" in first for name in GRAPH.object_types)


async def test_everything_that_clients_see_is_described(served: strawberry.Schema) -> None:
    for each in (served, build_strawberry_schema(GRAPH, run_once=run_once)):
        result = await each.execute(get_introspection_query(specified_by_url=True))
        assert isinstance(result, ExecutionResult)
        assert result.data is not None
        for named in result.data["__schema"]["types"]:
            if named["name"].startswith("__"):
                continue
            parts = [*(named["fields"] or []), *(named["inputFields"] or []), *(named["enumValues"] or [])]
            inner = [argument for part in parts for argument in part.get("args", [])]
            silent = [part["name"] for part in (named, *parts, *inner) if not part["description"]]
            assert silent == [], named["name"]
            assert named["kind"] != "SCALAR" or named["specifiedByURL"] or named["name"] in BUILT_IN


def test_every_list_of_an_owner_has_an_index_that_begins_with_its_link() -> None:
    bare = [
        f"{of.name}.{field.name}: {choice.table} ({choice.link_column})"
        for of in GRAPH.object_types.values()
        for _, field, choice, _ in list_row_sets(of)
        if choice.link_column not in set(list_first_columns(SQLModel.metadata.tables[choice.table]))
    ]
    assert bare == []


def list_first_columns(table: sa.Table) -> Iterator[str]:
    yield table.primary_key.columns[0].name
    for constraint in table.constraints:
        if isinstance(constraint, sa.UniqueConstraint):
            yield constraint.columns[0].name
    for index in table.indexes:
        yield str(getattr(next(iter(index.expressions)), "name", ""))
