"""Orders begin with indexes: what the build demands, and that PostgreSQL then sorts nothing."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import registry
from sqlmodel import SQLModel, col

from domain.access import scopes
from domain.actor import Actor, Role
from kinerja.postgres import database
from resolvers.graph import access_rules, compiler, indexes, list_compiler, model, sql_fragments
from resolvers.graph.declarations import (
    Connection,
    OrderSpec,
    bounded_list,
    connection,
    order,
    order_enum,
    row_type,
    single_row,
)
from resolvers.planner.field_arguments import PageRange, QueryContext
from resolvers.planner.row_query import RowQuery
from schema.schema import GRAPH
from tests.resolvers.miniature import MiniatureAccess, foreign_key, primary_key, typed_column


class IndexedTable(SQLModel, registry=registry()):
    """Tables with indexes."""


class OwnerRow(IndexedTable, table=True):
    """What owns."""

    __tablename__ = "owner"
    __table_args__ = ({"info": {"scope": "public"}},)

    id: int = primary_key()


class ThingRow(IndexedTable, table=True):
    """What is listed."""

    __tablename__ = "thing"
    __table_args__ = (
        sa.UniqueConstraint("code"),
        sa.UniqueConstraint("owner_id", "place"),
        sa.Index("by_day", "owner_id", "day", "id"),
        sa.Index("by_label", "owner_id", "live", "label", "id"),
        sa.Index("live_ones", "day", "id", postgresql_where=sa.text("live")),
        sa.Index("one_live", "owner_id", unique=True, postgresql_where=sa.text("label = 'L'")),
        sa.Index("words", sa.text("to_tsvector('simple', label)"), postgresql_using="gin"),
        sa.Index("short", sa.text("length(label)"), "id"),
        {"info": {"scope": "public"}},
    )

    id: int = primary_key()
    owner_id: int = foreign_key("owner.id")
    code: str = typed_column(sa.Text)
    label: str = typed_column(sa.Text)
    day: date = typed_column(sa.Date)
    place: int = typed_column(sa.Integer)
    live: bool = typed_column(sa.Boolean)


THING = access_rules.get_table(ThingRow)
DAY = order(ThingRow.day, ThingRow.id)
LATEST = order(col(ThingRow.day).desc(), col(ThingRow.id).desc())
MIXED = order(col(ThingRow.day).desc(), ThingRow.id)
LABEL = order(ThingRow.label, ThingRow.id)
PLACE = order(ThingRow.place, ThingRow.id)
KEY = order(ThingRow.id)
LIVE = col(ThingRow.live)
OWNED_ORDER = col(ThingRow.id) == sa.bindparam("actor_person")


@pytest.mark.parametrize(
    ("by", "link", "base", "whole", "held"),
    [
        (KEY, None, None, True, True),
        (DAY, "owner_id", None, True, True),
        (LATEST, "owner_id", None, True, True),
        (MIXED, "owner_id", None, True, False),
        (DAY, None, None, True, False),
        (KEY, "owner_id", None, True, False),
        (LABEL, None, None, True, False),
        # Columns that equal something stand before those of the order, or in the index's own predicate.
        (LABEL, "owner_id", None, True, False),
        (LABEL, "owner_id", LIVE, True, True),
        (LABEL, None, LIVE, True, False),
        (DAY, None, LIVE, True, True),
        (LATEST, None, LIVE, True, True),
        (DAY, None, LIVE & (col(ThingRow.place) > 3), True, True),
        (DAY, None, LIVE | (col(ThingRow.place) > 3), True, False),
        (DAY, None, ~LIVE, True, False),
        # The rows of one owner may be looked through, those of a page may not.
        (DAY, "owner_id", LIVE, False, True),
        (DAY, "owner_id", LIVE, True, False),
        # A unique index may end before the order's keys do.
        (PLACE, "owner_id", None, True, True),
        (PLACE, None, None, True, False),
        # One row needs no order.
        (LABEL, None, OWNED_ORDER, True, True),
        (LABEL, None, col(ThingRow.code) == "x", True, True),
        (LABEL, None, col(ThingRow.code) > "x", True, False),
        (DAY, "owner_id", col(ThingRow.label) == "L", True, True),
        (DAY, "owner_id", col(ThingRow.label) == "M", True, False),
        (PLACE, None, (col(ThingRow.owner_id) == 1) & (col(ThingRow.place) == 2), True, True),
        (order(ThingRow.code, ThingRow.id), None, None, True, True),
    ],
)
def test_an_index_holds_an_order(by: OrderSpec, link: str | None, base: Any, whole: bool, held: bool) -> None:
    compiled = list_compiler.compile_order(by, THING, "test")
    assert (
        indexes.has_matching_index(
            THING, compiled, link, indexes.read_list_conditions(base, THING), require_all=whole
        )
        is held
    )


@pytest.mark.parametrize(
    ("column", "alone"), [("id", True), ("code", True), ("owner_id", False), ("place", False), ("label", False)]
)
def test_a_column_finds_one_row(column: str, alone: bool) -> None:
    assert indexes.is_unique_column(THING.c[column]) is alone


@row_type(ThingRow)
class Thing:
    """A thing."""

    label: str
    """Label."""


@order_enum(ThingRow)
class ThingOrder:
    """Orders of things."""

    DAY = DAY
    """By day."""


@pytest.mark.parametrize(
    ("annotation", "word", "said"),
    [
        (Connection[Thing], connection(order_enum=ThingOrder, default_order=DAY), "no index of thing begins with"),
        (Connection[Thing], connection(order_enum=ThingOrder, default_order=DAY, predicate=LIVE), None),
        (
            Connection[Thing],
            connection(order_enum=ThingOrder, default_order=DAY, no_index_reason="there are ten"),
            None,
        ),
        (
            Connection[Thing],
            connection(order_enum=ThingOrder, default_order=DAY, no_index_reason=" "),
            "says few, and not why",
        ),
        (list[Thing], bounded_list(order=LABEL, max_rows=5), "then label, id; add one, or say by few=…"),
        (list[Thing], bounded_list(order=LABEL, max_rows=5, no_index_reason="there are ten"), None),
        (Thing | None, single_row(order=LATEST), "then day desc, id desc"),
        (Thing | None, single_row(order=LATEST, predicate=OWNED_ORDER), None),
        (Thing | None, single_row(order=LATEST, no_index_reason="there are ten"), None),
    ],
)
def test_an_order_without_an_index_stops_the_program(annotation: Any, word: Any, said: str | None) -> None:
    class Query:
        """Nothing much."""

        things: annotation = word
        """Things."""

    if said is None:
        assert (
            "things"
            in compiler.compile_graph(Query, types=(Thing, ThingOrder), access=MiniatureAccess()).query.fields
        )
        return
    with pytest.raises(compiler.DeclarationError) as refused:
        compiler.compile_graph(Query, types=(Thing, ThingOrder), access=MiniatureAccess())
    assert str(refused.value).startswith("Query.things: ")
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("total", "said"),
    [
        (sa.func.length(col(ThingRow.label)), "names no column of thing"),
        (sa.bindparam("whoever"), "no request has a value named 'whoever'"),
        (sa.select(sa.func.count()).select_from(OwnerRow).scalar_subquery(), None),
    ],
)
def test_a_total_is_one_number(total: Any, said: str | None) -> None:
    class Query:
        """Nothing much."""

        things: Connection[Thing] = connection(order_enum=ThingOrder, default_order=DAY, predicate=LIVE, total=total)
        """Things."""

    if said is None:
        source = (
            compiler.compile_graph(Query, types=(Thing, ThingOrder), access=MiniatureAccess())
            .query.fields["things"]
            .source
        )
        assert isinstance(source, model.ConnectionSource)
        assert source.total
        return
    with pytest.raises(compiler.DeclarationError, match=said):
        compiler.compile_graph(Query, types=(Thing, ThingOrder), access=MiniatureAccess())


def test_a_total_is_of_no_owner() -> None:
    @row_type(OwnerRow)
    class Owner:
        """An owner."""

        things: Connection[Thing] = connection(
            ThingRow.owner_id, order_enum=ThingOrder, default_order=DAY, total=sa.literal_column("1")
        )
        """Things."""

    class Query:
        """Nothing much."""

        owners: list[Owner] = bounded_list(order=order(OwnerRow.id), max_rows=5)
        """Owners."""

    with pytest.raises(compiler.DeclarationError, match="a list on Query, which no row owns"):
        compiler.compile_graph(Query, types=(Thing, ThingOrder, Owner), access=MiniatureAccess())


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


def list_ordered_fields() -> Iterator[tuple[str, model.RowSet, model.SortOrder]]:
    roots = [("Query", GRAPH.query.fields), *((name, each.fields) for name, each in GRAPH.object_types.items())]
    for name, fields in roots:
        for field in fields.values():
            match field.source:
                case model.ConnectionSource(choice, _, by):
                    yield from ((f"{name}.{field.name} {order}", choice, each) for order, each in by.items())
                case model.BoundedListSource(choice, by) | model.FirstRowSource(choice, by):
                    yield f"{name}.{field.name}", choice, by
                case _:
                    pass


async def test_postgresql_sorts_nothing(db: database.Transaction) -> None:
    """With all that it could do instead forbidden, it sorts one row at most, or what the schema calls few."""
    for way in ("seqscan", "bitmapscan", "sort"):
        await db.fetch_rows("SELECT set_config($1, 'off', true)", [f"enable_{way}"])
    found = set()
    for place, choice, by in list_ordered_fields():
        role = Role.AUDITOR if choice.table in {"look", "audit_entry"} else Role.SERVICE
        ask = QueryContext(role, SAMPLE_VALUES["date"], SAMPLE_VALUES["timestamptz"], 100, NAMED_SAMPLES, wide=True)
        for cursor in (None, tuple(SAMPLE_VALUES[each.sql_type] for each in by.keys)):
            binds = sql_fragments.ParameterList(NAMED_SAMPLES)
            linked = None if choice.link_column is None else binds.add_value(1, "bigint")
            span = PageRange(by, 5, after=cursor)
            text = RowQuery(GRAPH, ask, binds).select_rows("t.*", choice, alias="t", link_sql=linked, page_range=span)
            plan = "\n".join(row[0] for row in await db.fetch_rows(f"EXPLAIN {text}", binds.values))
            if "Sort Key" in plan and "Presorted Key" not in plan:
                found.add(place)
    one_row = {"Query.championModel", "Query.publishedScoringRun", "Programme.effectStudy"}
    few = {"Position.indicators"}
    assert found == one_row | few
