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

from domain import scope
from domain.actor import Actor, Role
from kinerja import database
from resolvers.graph import model
from resolvers.graph.tables import ROLES
from resolvers.graph.words import Match
from resolvers.planner.ask import Ask, Span, Wanted
from resolvers.reference.load import Loader
from resolvers.reference.schema import schema
from schema.graph import GRAPH
from tests.resolvers.miniature import once

BUILT_IN = {"String", "Int", "Boolean", "ID"}
VALUES: dict[str, Any] = {
    "bigint": 1,
    "text": "x",
    "numeric": Decimal("1.50"),
    "date": date(2026, 1, 1),
    "timestamptz": datetime(2026, 1, 1, tzinfo=UTC),
    "boolean": True,
}
NAMED = {**scope.values(Actor(1, Role.HR, "1.")), "today": VALUES["date"], "now": VALUES["timestamptz"]}


class Reads:
    """Runs statements on one database."""

    def __init__(self, data: database.Database) -> None:
        self._data = data

    async def read(self, sql: str, values: list[Any]) -> Any:
        """Rows of a statement."""
        return await self._data.read_once(sql, values)


def columns(of: model.Object) -> list[model.Column]:
    found: list[model.Column] = []
    for field in of.fields.values():
        match field.source:
            case model.Column() as source:
                found.append(source)
            case model.ToOne(key=model.Column() as key):
                found.append(key)
            case model.Computed(values=values, seen=seen):
                found += [each for each in (*values, seen) if isinstance(each, model.Column)]
            case _:
                pass
    return found


def lists(of: model.Object) -> Iterator[tuple[str, model.Field, model.Choice, list[model.Order]]]:
    for field in of.fields.values():
        match field.source:
            case model.First(choice, order) | model.Many(choice, order):
                yield field.shape.leaf, field, choice, [order]
            case model.Page(choice, node, orders):
                yield node, field, choice, list(orders.values())
            case _:
                pass


def wanted(filter_: model.Filter) -> Wanted:
    match filter_.match:
        case Match.WITHIN:
            return Wanted(filter_, (date(2026, 1, 1), date(2026, 12, 31)))
        case Match.ANY:
            return Wanted(filter_, [VALUES[filter_.kind]])
        case Match.UNDER | Match.REFERENCE:
            return Wanted(filter_, 1)
        case Match.WORDS:
            return Wanted(filter_, "'x':*")
        case Match.HOLDS:
            return Wanted(filter_, True)
        case _:
            return Wanted(filter_, VALUES[filter_.kind])


@pytest.mark.parametrize("role", ROLES)
async def test_every_choice_of_rows_is_sql(shared: database.Database, role: Role | None) -> None:
    ask = Ask(role, NAMED["today"], NAMED["now"], 100, NAMED)
    load: Any = Loader(GRAPH, ask, Reads(shared))  # type: ignore[arg-type]  # it reads, and that is all it is asked
    for of in GRAPH.objects.values():
        if of.table:
            await load.by_keys(of.table, [1], columns(of))
    for of in [GRAPH.query, *GRAPH.objects.values()]:
        owners = None if of is GRAPH.query else [1, 2]
        for node, field, choice, orders in lists(of):
            shown = columns(GRAPH.objects[node])
            for order in orders:
                cursor = tuple(VALUES[key.kind] for key in order.keys)
                await load.listed(choice, owners, shown, Span(order, 5, after=cursor, before=cursor))
            filters = field.source.filters if isinstance(field.source, model.Page) else None
            every = [wanted(each) for each in filters.fields.values()] if filters else []
            await load.counted(choice, owners, every)


def test_the_printed_schema_is_the_same_each_time() -> None:
    first, second = (schema(GRAPH, once=once).as_str() for _ in range(2))
    assert first == second
    assert all(f"type {name}" in first for name in GRAPH.objects)


async def test_everything_that_clients_see_is_described(served: strawberry.Schema) -> None:
    for each in (served, schema(GRAPH, once=once)):
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
        f"{of.name}.{field.name}: {choice.table} ({choice.link})"
        for of in GRAPH.objects.values()
        for _, field, choice, _ in lists(of)
        if choice.link not in set(first_columns(SQLModel.metadata.tables[choice.table]))
    ]
    assert bare == []


def first_columns(table: sa.Table) -> Iterator[str]:
    yield table.primary_key.columns[0].name
    for constraint in table.constraints:
        if isinstance(constraint, sa.UniqueConstraint):
            yield constraint.columns[0].name
    for index in table.indexes:
        yield str(getattr(next(iter(index.expressions)), "name", ""))
