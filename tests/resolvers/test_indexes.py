"""Orders begin with indexes: what the build demands, and that PostgreSQL then sorts nothing."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import registry
from sqlmodel import SQLModel, col

from domain import scope
from domain.actor import Actor, Role
from kinerja import database
from resolvers.graph import build, indexes, lists, model, sql, tables
from resolvers.graph.words import Connection, Order, connection, many, one, order, orders, shown
from resolvers.planner.ask import Ask, Span
from resolvers.planner.rows import Rows
from schema.graph import GRAPH
from tests.resolvers.miniature import Access, key, of, ref


class Table(SQLModel, registry=registry()):
    """Tables with indexes."""


class OwnerRow(Table, table=True):
    """What owns."""

    __tablename__ = "owner"
    __table_args__ = ({"info": {"scope": "public"}},)

    id: int = key()


class ThingRow(Table, table=True):
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

    id: int = key()
    owner_id: int = ref("owner.id")
    code: str = of(sa.Text)
    label: str = of(sa.Text)
    day: date = of(sa.Date)
    place: int = of(sa.Integer)
    live: bool = of(sa.Boolean)


THING = tables.of(ThingRow)
DAY = order(ThingRow.day, ThingRow.id)
LATEST = order(col(ThingRow.day).desc(), col(ThingRow.id).desc())
MIXED = order(col(ThingRow.day).desc(), ThingRow.id)
LABEL = order(ThingRow.label, ThingRow.id)
PLACE = order(ThingRow.place, ThingRow.id)
KEY = order(ThingRow.id)
LIVE = col(ThingRow.live)
MINE = col(ThingRow.id) == sa.bindparam("actor_person")


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
        (LABEL, None, MINE, True, True),
        (LABEL, None, col(ThingRow.code) == "x", True, True),
        (LABEL, None, col(ThingRow.code) > "x", True, False),
        (DAY, "owner_id", col(ThingRow.label) == "L", True, True),
        (DAY, "owner_id", col(ThingRow.label) == "M", True, False),
        (PLACE, None, (col(ThingRow.owner_id) == 1) & (col(ThingRow.place) == 2), True, True),
        (order(ThingRow.code, ThingRow.id), None, None, True, True),
    ],
)
def test_an_index_holds_an_order(by: Order, link: str | None, base: Any, whole: bool, held: bool) -> None:
    compiled = lists.compile_order(by, THING, "test")
    assert indexes.holds(THING, compiled, link, indexes.base(base, THING), whole=whole) is held


@pytest.mark.parametrize(
    ("column", "alone"), [("id", True), ("code", True), ("owner_id", False), ("place", False), ("label", False)]
)
def test_a_column_finds_one_row(column: str, alone: bool) -> None:
    assert indexes.alone(THING.c[column]) is alone


@shown(ThingRow)
class Thing:
    """A thing."""

    label: str
    """Label."""


@orders(ThingRow)
class ThingOrder:
    """Orders of things."""

    DAY = DAY
    """By day."""


@pytest.mark.parametrize(
    ("annotation", "word", "said"),
    [
        (Connection[Thing], connection(orders=ThingOrder, default=DAY), "no index of thing begins with"),
        (Connection[Thing], connection(orders=ThingOrder, default=DAY, base=LIVE), None),
        (Connection[Thing], connection(orders=ThingOrder, default=DAY, few="there are ten"), None),
        (Connection[Thing], connection(orders=ThingOrder, default=DAY, few=" "), "says few, and not why"),
        (list[Thing], many(order=LABEL, most=5), "then label, id; add one, or say by few=…"),
        (list[Thing], many(order=LABEL, most=5, few="there are ten"), None),
        (Thing | None, one(order=LATEST), "then day desc, id desc"),
        (Thing | None, one(order=LATEST, where=MINE), None),
        (Thing | None, one(order=LATEST, few="there are ten"), None),
    ],
)
def test_an_order_without_an_index_stops_the_program(annotation: Any, word: Any, said: str | None) -> None:
    class Query:
        """Nothing much."""

        things: annotation = word
        """Things."""

    if said is None:
        assert "things" in build.compile(Query, types=(Thing, ThingOrder), access=Access()).query.fields
        return
    with pytest.raises(build.Refused) as refused:
        build.compile(Query, types=(Thing, ThingOrder), access=Access())
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

        things: Connection[Thing] = connection(orders=ThingOrder, default=DAY, base=LIVE, total=total)
        """Things."""

    if said is None:
        source = build.compile(Query, types=(Thing, ThingOrder), access=Access()).query.fields["things"].source
        assert isinstance(source, model.Page)
        assert source.total
        return
    with pytest.raises(build.Refused, match=said):
        build.compile(Query, types=(Thing, ThingOrder), access=Access())


def test_a_total_is_of_no_owner() -> None:
    @shown(OwnerRow)
    class Owner:
        """An owner."""

        things: Connection[Thing] = connection(
            ThingRow.owner_id, orders=ThingOrder, default=DAY, total=sa.literal_column("1")
        )
        """Things."""

    class Query:
        """Nothing much."""

        owners: list[Owner] = many(order=order(OwnerRow.id), most=5)
        """Owners."""

    with pytest.raises(build.Refused, match="a list on Query, which no row owns"):
        build.compile(Query, types=(Thing, ThingOrder, Owner), access=Access())


VALUES: dict[str, Any] = {
    "bigint": 1,
    "text": "x",
    "numeric": Decimal("1.50"),
    "date": date(2026, 1, 1),
    "timestamptz": datetime(2026, 1, 1, tzinfo=UTC),
    "boolean": True,
}
NAMED = {**scope.values(Actor(1, Role.HR, "1.")), "today": VALUES["date"], "now": VALUES["timestamptz"]}


def ordered() -> Iterator[tuple[str, model.Choice, model.Order]]:
    roots = [("Query", GRAPH.query.fields), *((name, each.fields) for name, each in GRAPH.objects.items())]
    for name, fields in roots:
        for field in fields.values():
            match field.source:
                case model.Page(choice, _, by):
                    yield from ((f"{name}.{field.name} {order}", choice, each) for order, each in by.items())
                case model.Many(choice, by) | model.First(choice, by):
                    yield f"{name}.{field.name}", choice, by
                case _:
                    pass


async def test_postgresql_sorts_nothing(db: database.Transaction) -> None:
    """With all that it could do instead forbidden, it sorts one row at most, or what the schema calls few."""
    for way in ("seqscan", "bitmapscan", "sort"):
        await db.read("SELECT set_config($1, 'off', true)", [f"enable_{way}"])
    found = set()
    for place, choice, by in ordered():
        role = Role.AUDITOR if choice.table in {"look", "audit_entry"} else Role.SERVICE
        ask = Ask(role, VALUES["date"], VALUES["timestamptz"], 100, NAMED, wide=True)
        for cursor in (None, tuple(VALUES[each.kind] for each in by.keys)):
            binds = sql.Binds(NAMED)
            linked = None if choice.link is None else binds.add(1, "bigint")
            span = Span(by, 5, after=cursor)
            text = Rows(GRAPH, ask, binds).select("t.*", choice, alias="t", linked=linked, span=span)
            plan = "\n".join(row[0] for row in await db.read(f"EXPLAIN {text}", binds.values))
            if "Sort Key" in plan and "Presorted Key" not in plan:
                found.add(place)
    one_row = {"Query.model", "Query.riskRun", "Programme.effect"}
    few = {"Position.indicators"}
    assert found == one_row | few
