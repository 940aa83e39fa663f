"""Statements as asyncpg runs them: the same rows as SQLAlchemy promises, compiled once."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql as pg
from sqlmodel import col

from domain.business_date.tables import BusinessDateRow
from domain.job.tables import JobRow
from kinerja.postgres import compiled_statements, database

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


class ThingKind(StrEnum):
    """Two kinds."""

    A = "A"
    B = "B"


meta = sa.MetaData()
thing = sa.Table(
    "thing",
    meta,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("score", sa.Numeric(5, 2)),
    sa.Column("name", sa.String(5)),
    sa.Column("kind", sa.Enum(ThingKind, native_enum=False, length=1)),
    sa.Column("data", pg.JSONB),
    sa.Column("tags", pg.ARRAY(sa.Text)),
    sa.Column("span", pg.DATERANGE),
    sa.Column("at", sa.DateTime(timezone=True)),
    sa.Column("active", sa.Boolean, default=True),
    sa.Column("made", sa.Text, default=lambda: "here"),
    prefixes=["TEMPORARY"],
)
MAKE = str(sa.schema.CreateTable(thing).compile(dialect=pg.dialect())) + " ON COMMIT DROP"  # type: ignore[no-untyped-call]


@pytest.fixture
async def things(db: database.Transaction) -> database.Transaction:
    await db.connection.execute(MAKE)
    return db


async def test_each_type_comes_back_as_it_went_in(things: database.Transaction) -> None:
    given_values = {
        "score": Decimal("12.34"),
        "name": "Siti",
        "kind": ThingKind.B,
        "data": {"a": [1, None, "ü"]},
        "tags": ["x", "y"],
        "span": pg.Range(date(2026, 1, 1), None),
        "at": datetime(2026, 1, 5, 3, 4, 5, 678901, tzinfo=UTC),
    }
    assert await things.execute(sa.insert(thing).values(**given_values)) == 1
    (row,) = await things.fetch_all(sa.select(*(thing.c[name] for name in given_values)))
    assert row == tuple(given_values.values())
    assert isinstance(row[2], ThingKind)


async def test_defaults_in_python_are_filled_in(things: database.Transaction) -> None:
    await things.execute(sa.insert(thing).values(name="one"))
    await things.execute_many(sa.insert(thing), [{"name": "two"}, {"name": "three"}])
    rows = await things.fetch_all(sa.select(thing.c.active, thing.c.made))
    assert rows == [(True, "here")] * 3


async def test_a_value_is_not_rounded_before_it_is_compared(things: database.Transaction) -> None:
    await things.execute(sa.insert(thing).values(score=Decimal("1.23"), name="abcde"))
    assert await things.fetch_all(sa.select(thing.c.id).where(thing.c.score == Decimal("1.2345"))) == []
    assert await things.fetch_all(sa.select(thing.c.id).where(thing.c.name == "abcdefgh")) == []
    any_of = sa.literal([Decimal("1.2345")], pg.ARRAY(sa.Numeric(5, 2)))
    assert await things.fetch_all(sa.select(thing.c.id).where(thing.c.score == sa.any_(any_of))) == []


async def test_a_value_too_long_for_its_column_is_an_error(things: database.Transaction) -> None:
    with pytest.raises(Exception, match="too long"):
        await things.execute(sa.insert(thing).values(name="abcdefgh"))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (sa.Numeric(5, 2), Decimal("1.2")),
        (sa.String(3), "x"),
        (pg.ARRAY(sa.Numeric(7, 6)), [Decimal(1)]),
        (pg.TIMESTAMP(timezone=True, precision=3), datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)
def test_no_cast_of_a_parameter_carries_a_precision(kind: Any, value: object) -> None:
    plan, _ = compiled_statements.StatementCache().compile_statement(sa.select(sa.literal(value, kind)))
    assert "$1::" in plan.sql
    assert not any(character.isdigit() for character in plan.sql.split("::", 1)[1].split(" AS ")[0])


async def test_no_returning_is_added_unasked(things: database.Transaction) -> None:
    plan, _ = compiled_statements.StatementCache().compile_statement(sa.insert(thing).values(name="x"))
    assert "RETURNING" not in plan.sql
    (row,) = await things.fetch_all(sa.insert(thing).values(name="x").returning(thing.c.name))
    assert row == ("x",)


def test_in_lists_are_refused_with_what_to_write_instead() -> None:
    with pytest.raises(TypeError, match="any_"):
        compiled_statements.StatementCache().compile_statement(sa.select(thing.c.id).where(thing.c.id.in_([1, 2])))


def test_structure_is_refused() -> None:
    with pytest.raises(TypeError, match="migrations"):
        compiled_statements.StatementCache().compile_statement(sa.schema.CreateTable(thing))


def test_a_hidden_onupdate_is_refused() -> None:
    table = sa.Table("t", sa.MetaData(), sa.Column("a", sa.Text), sa.Column("b", sa.Text, onupdate=lambda: "x"))
    with pytest.raises(TypeError, match="onupdate"):
        compiled_statements.StatementCache().compile_statement(sa.update(table).values(a="y"))


def test_statements_that_differ_in_values_alone_share_a_plan() -> None:
    compiled = compiled_statements.StatementCache()
    plans = {id(compiled.compile_statement(sa.select(thing.c.id).where(thing.c.id == n))[0]) for n in range(20)}
    assert len(plans) == len(compiled) == 1


def test_the_cache_is_bounded() -> None:
    compiled = compiled_statements.StatementCache(size=10)
    for n in range(200):
        compiled.compile_statement(sa.select(sa.column(f"c{n}")))
    assert len(compiled) <= 15  # SQLAlchemy's cache lets half as much more in before it drops the least used


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(-(2**63), 2**63 - 1),
    st.decimals(-999, 999, places=2),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
)
async def test_shared_plans_never_mix_their_values(
    db: database.Transaction, number: int, amount: Decimal, text: str
) -> None:
    statement = sa.select(
        sa.literal(number, sa.BigInteger), sa.literal(amount, sa.Numeric(5, 2)), sa.literal(text, sa.Text)
    )
    assert await db.fetch_one(statement) == (number, amount, text)


async def test_tables_of_sqlmodel_work_as_attributes(db: database.Transaction) -> None:
    asked = datetime(2026, 7, 1, tzinfo=UTC)
    found = await db.fetch_one(
        sa.insert(JobRow)
        .values(kind="SCORE_RISK", status="QUEUED", params={"day": "2026-07-01"}, requested_at=asked)
        .returning(col(JobRow.id), col(JobRow.done))
    )
    assert found is not None
    assert found[1] == 0
    changed = sa.update(JobRow).where(col(JobRow.id) == found[0]).values(status="RUNNING")
    assert await db.execute(changed) == 1
    row = await db.fetch_one(sa.select(col(JobRow.status), col(JobRow.params), col(JobRow.requested_at)))
    assert row == ("RUNNING", {"day": "2026-07-01"}, asked)
    assert await db.execute(sa.delete(JobRow).where(col(JobRow.id) == found[0])) == 1


async def test_upserts_and_ctes(db: database.Transaction) -> None:
    upsert = pg.insert(BusinessDateRow).values(id=1, today=date(2026, 1, 1))
    again = upsert.on_conflict_do_update(index_elements=["id"], set_={"today": upsert.excluded.today})
    for day in (date(2026, 1, 1), date(2026, 2, 2)):
        values = pg.insert(BusinessDateRow).values(id=1, today=day)
        again = values.on_conflict_do_update(index_elements=["id"], set_={"today": values.excluded.today})
        assert await db.execute(again) == 1
    part = sa.select(col(BusinessDateRow.today).label("d")).cte("part")
    assert await db.fetch_all(sa.select(part.c.d)) == [(date(2026, 2, 2),)]


async def test_copy_stream_and_count(things: database.Transaction) -> None:
    before = things.statement_count
    records = [(Decimal(n), json.dumps({"n": n})) for n in range(2500)]
    assert await things.copy("thing", ["score", "data"], records[:900]) == 900
    assert await things.copy("thing", ["score", "data"], []) == 0
    seen = [row async for rows in things.stream(sa.select(thing.c.data).order_by(thing.c.id), 400) for row in rows]
    assert seen == [({"n": n},) for n in range(900)]
    assert things.statement_count - before == 3


async def test_execute_many_of_nothing_is_nothing(things: database.Transaction) -> None:
    before = things.statement_count
    await things.execute_many(sa.insert(thing), [])
    assert things.statement_count == before


CONSTANT = sa.insert(thing)
CONSTANT_ROW = pg.insert(thing).values(name="fixed").on_conflict_do_nothing().returning(thing.c.id, thing.c.data)
NAMED = sa.select(thing.c.score, thing.c.kind, thing.c.data).where(
    thing.c.name == sa.bindparam("wanted"), thing.c.active
)
RENAMED = (
    sa.update(thing).where(thing.c.name == sa.bindparam("wanted")).values(name=sa.bindparam("new"), made="there")
)


async def test_a_statement_made_once_takes_its_values_apart(things: database.Transaction) -> None:
    values = {"score": Decimal("12.34"), "name": "Siti", "kind": ThingKind.B, "data": {"a": [1, None, "ü"]}}
    assert await things.execute(CONSTANT, values) == 1
    assert await things.fetch_one(NAMED, {"wanted": "Siti"}) == (Decimal("12.34"), ThingKind.B, {"a": [1, None, "ü"]})
    assert await things.execute(RENAMED, {"wanted": "Siti", "new": "Budi"}) == 1
    assert await things.fetch_all(sa.select(thing.c.name, thing.c.made, thing.c.active)) == [("Budi", "there", True)]
    found = await things.fetch_one(CONSTANT_ROW, {"data": None})
    assert found is not None
    assert await things.fetch_all(NAMED, {"wanted": "nobody"}) == []


async def test_it_gives_what_the_same_statement_with_its_values_inside_gives(things: database.Transaction) -> None:
    values = {"score": Decimal("1.50"), "name": "x", "tags": ["a"], "span": pg.Range(date(2026, 1, 1), None)}
    await things.execute(CONSTANT, values)
    await things.execute(sa.insert(thing).values(**values))
    one, other = await things.fetch_all(sa.select(*(column for column in thing.c if column.name != "id")))
    assert one == other


def test_a_statement_made_once_is_compiled_once() -> None:
    compiled = compiled_statements.StatementCache()
    first = compiled.get_compiled(NAMED, {"wanted": "a"})
    assert all(compiled.get_compiled(NAMED, {"wanted": str(n)}) is first for n in range(20))
    assert len(compiled) == 1


def test_the_same_insert_of_other_columns_is_another_plan() -> None:
    compiled = compiled_statements.StatementCache()
    one, two = (
        compiled.get_compiled(CONSTANT, {"name": "a"}),
        compiled.get_compiled(CONSTANT, {"name": "a", "score": 1}),
    )
    assert one.sql != two.sql
    assert [plan.fill_values({"name": "a", "score": 1})[-2:] for plan in (one, two)] == [[True, "here"]] * 2


@pytest.mark.parametrize(
    ("statement", "values", "said"),
    [
        (NAMED, {}, "wants values for wanted"),
        (NAMED, {"wanted": "a", "other": 1}, "no place for other"),
        (RENAMED, {"wanted": "a"}, "wants values for new"),
        (CONSTANT, {"unknown": 1}, "unknown"),
    ],
)
def test_values_that_do_not_fit_are_told(statement: Any, values: dict[str, object], said: str) -> None:
    with pytest.raises((TypeError, sa.exc.CompileError), match=said):
        compiled_statements.StatementCache().get_compiled(statement, values)


def test_the_cache_of_statements_made_once_is_bounded() -> None:
    compiled = compiled_statements.StatementCache(size=10)
    for _ in range(100):
        compiled.get_compiled(sa.select(thing.c.id).where(thing.c.id == sa.bindparam("key")), {"key": 1})
    assert len(compiled) <= 15


def test_joined_changes_keep_their_own_parameters() -> None:
    compiled = compiled_statements.StatementCache()
    plans = [
        compiled.get_compiled(RENAMED, {"wanted": "a", "new": "b"}),
        compiled.get_compiled(CONSTANT, {"name": "c"}),
    ]
    text = compiled.join_statements(plans, [True, False])
    count = sum(len(plan.parameter_names) for plan in plans)
    assert all(f"${number}::" in text for number in range(1, count + 1))
    assert f"${count + 1}" not in text
    assert text.endswith("SELECT (SELECT count(*) FROM w0)")
    assert compiled.join_statements(plans, [False, False]).endswith("SELECT 1")
