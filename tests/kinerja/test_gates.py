"""What travels as one statement: the same rows and the same refusals as a transaction, or nothing at all."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from domain.calendar.tables import BusinessDateRow
from domain.event.facts import Topic
from domain.event.tables import EventRow
from domain.ports import Moved
from kinerja import database, gates, statements, wall
from resolvers.ports import Showing

AT = datetime(2026, 7, 1, tzinfo=UTC)
DAY = date(2026, 7, 1)
LATER = date(2026, 8, 1)

CLAIM = insert(EventRow).on_conflict_do_nothing()
SET = insert(BusinessDateRow).on_conflict_do_nothing()
TODAY = sa.select(col(BusinessDateRow.today), sa.func.random()).where(
    col(BusinessDateRow.id) == sa.bindparam("which")
)
DATED = sa.select(col(BusinessDateRow.today)).where(col(BusinessDateRow.id) == sa.bindparam("which"))
MINE = col(BusinessDateRow.id) == sa.bindparam("which")
SHOWN = "SELECT {} FROM {} AS t WHERE t.id = $1::bigint"


def showing(what: str = "t.today::text") -> Showing:
    """The business date's row, as it stands or as it is written."""
    return Showing(SHOWN.format(what, "business_date"), [1], SHOWN.format(what, "gate_row"), [1], "business_date")


def claim(db: database.Transaction, key: int = 1) -> None:
    """Claim an event's number."""
    values = {"xid": 1, "id": key, "topic": Topic.JOB_PROGRESSED, "subject_id": key, "at": AT}
    db.guard(CLAIM, values, otherwise=LookupError("claimed"))


async def write(
    data: database.Database,
    key: int = 1,
    *,
    what: str = "t.today::text",
    meanwhile: Mapping[str, object] | None = None,
    told: Mapping[str, str] | None = None,
) -> tuple[list[list[object]], database.Transaction]:
    """Read the date, claim, set the date and show it."""
    async with data.write(told) as db:
        claim(db, key)
        await db.first(TODAY, {"which": 1})
        if meanwhile is not None:
            async with data.write() as other:
                await other.execute(sa.insert(BusinessDateRow), meanwhile)
        db.later(SET, {"id": 1, "today": LATER}, otherwise=LookupError("it is set"))
        shown = await db.read_written(showing(what))
    return [list(row) for row in shown], db


async def rows(data: database.Database) -> tuple[int, int]:
    """Claims and dates that there are."""
    found = await data.read_once("SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM business_date)", [])
    return int(found[0][0]), int(found[0][1])


async def test_it_writes_and_shows_with_two_statements_and_no_transaction(own: database.Database) -> None:
    shown, db = await write(own)
    assert shown == [["2026-08-01"]]
    assert db.count == 2
    assert not db.opened
    assert await rows(own) == (1, 1)


async def test_a_claim_that_was_made_before_writes_nothing(own: database.Database) -> None:
    async with own.write() as db:
        claim(db)
    with pytest.raises(LookupError, match="claimed"):
        await write(own)
    assert await rows(own) == (1, 0)


async def test_a_change_that_touches_nothing_takes_the_claim_with_it(own: database.Database) -> None:
    async with own.write() as db:
        await db.execute(SET, {"id": 1, "today": DAY})
    with pytest.raises(LookupError, match="it is set"):
        await write(own)
    assert await rows(own) == (0, 1)


@pytest.mark.parametrize("day", [DAY, LATER])
async def test_what_rests_on_rows_that_changed_meanwhile_is_not_written(own: database.Database, day: date) -> None:
    with pytest.raises(Moved):
        await write(own, meanwhile={"id": 1, "today": day})
    assert await rows(own) == (0, 1)


async def test_a_row_that_was_read_and_is_another_now_is_noticed(own: database.Database) -> None:
    async with own.write() as db:
        await db.execute(SET, {"id": 1, "today": DAY})

    async def note(day: date | None) -> None:
        async with own.write() as db:
            claim(db)
            await db.first(TODAY, {"which": 1})
            if day is not None:
                async with own.write() as other:
                    await other.execute(sa.update(BusinessDateRow).values(today=day))
            await db.settle()

    with pytest.raises(Moved):
        await note(LATER)
    assert await rows(own) == (0, 1)
    await note(LATER)
    assert await rows(own) == (1, 1)


async def test_what_shows_an_error_writes_nothing(own: database.Database) -> None:
    with pytest.raises(asyncpg.DivisionByZeroError):
        await write(own, what="(1 / (t.id - 1))::text")
    assert await rows(own) == (0, 0)


async def test_what_is_shown_of_another_row_is_no_row_and_is_written(own: database.Database) -> None:
    async with own.write() as db:
        claim(db)
        db.later(SET, {"id": 1, "today": DAY})
        other = showing()
        assert await db.read_written(Showing(other.sql, [2], other.over, [2], other.table)) == []
    assert await rows(own) == (1, 1)


async def test_what_reads_other_rows_that_are_written_goes_the_long_way(own: database.Database) -> None:
    shown, db = await write(own, what="(SELECT count(*) FROM business_date)::text")
    assert shown == [["1"]]
    assert db.opened
    assert await rows(own) == (1, 1)


async def test_of_two_claims_at_the_same_moment_one_waits_and_writes_nothing(own: database.Database) -> None:
    both = await asyncio.gather(write(own), write(own), return_exceptions=True)
    assert [type(each) for each in both if isinstance(each, Exception)] in [[LookupError], [Moved]]
    assert await rows(own) == (1, 1)


async def test_a_transaction_that_is_rolled_back_takes_all_along(own: database.Database) -> None:
    async def fail() -> None:
        async with own.write() as db:
            claim(db)
            await db.first(IN_ORDER, {"which": 1})
            db.later(SET, {"id": 1, "today": DAY})
            await db.settle()
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        await fail()
    assert await rows(own) == (0, 0)


NUMBER = sa.func.nextval(sa.literal_column("'event_id_seq'::regclass"), type_=sa.BigInteger).label("number")
FOUND = sa.select(col(BusinessDateRow.id), col(BusinessDateRow.today), NUMBER).where(
    col(BusinessDateRow.id) == sa.bindparam("which")
)
TOLD = sa.insert(EventRow)


def tell(db: database.Transaction, subject: int, number: int) -> None:
    """Tell of a row that was assumed."""
    values = {"xid": 1, "id": number, "topic": Topic.JOB_PROGRESSED, "subject_id": subject, "at": AT}
    db.later(TOLD, values, otherwise=LookupError("not told"))


def told_of(number: int) -> Showing:
    """An event, by a number that was assumed."""
    texts = [SHOWN.format("t.subject_id::text, t.id::text", table) for table in ("event", "gate_row")]
    return Showing(texts[0], [number], texts[1], [number], "event")


async def drawn(data: database.Database) -> list[object]:
    """What was drawn from the sequence."""
    (found,) = await data.read_once("SELECT last_value, is_called FROM event_id_seq", [])
    return list(found)


async def test_columns_of_a_row_that_is_assumed_are_written_shown_and_told(own: database.Database) -> None:
    async with own.write() as db:
        await db.execute(SET, {"id": 1, "today": DAY})
    before = await drawn(own)
    async with own.write({"kinerja.person": "1"}) as db:
        claim(db, 1000)
        row = db.assume(FOUND, {"which": 1})
        assert row is not None
        key, today, number = row
        for look in (int, str, bool):
            with pytest.raises(TypeError, match="not known"):
                look(number)
        tell(db, key, number)
        (shown,) = await db.read_written(told_of(number))
        assert (db.count, db.opened) == (1, False)
        assert [int(key), str(today), int(number)] == [1, DAY.isoformat(), int(shown[1])]
        with pytest.raises(TypeError, match="decided"):
            assert key == 1
    assert list(shown) == ["1", str(int(number))]
    assert int(number) - int(str(before[0])) in {0, 1}  # drawn once
    assert await rows(own) == (2, 1)


@pytest.mark.parametrize("many", [2, 20])
async def test_what_is_assumed_goes_the_long_way_too(own: database.Database, many: int) -> None:
    async with own.write() as db:
        await db.execute(SET, {"id": 1, "today": DAY})
    async with own.write() as db:
        claim(db, 1000)
        row = db.assume(FOUND, {"which": 1})
        assert row is not None
        for each in range(many):
            tell(db, row[0], -each)
        assert await db.first(DATED, {"which": row[0]}) == (DAY,)
        tell(db, row[0], row[2])
        assert len(await db.read(told_of(row[2]).sql, [row[2]])) == 1
        assert await db.fetch(sa.select(col(EventRow.subject_id)).where(col(EventRow.id) < 1000).distinct()) == [(1,)]
    assert await rows(own) == (many + 2, 1)


@pytest.mark.parametrize("whole", [True, False])
async def test_what_rests_on_a_row_that_is_not_there_is_not_written(own: database.Database, *, whole: bool) -> None:
    before = await drawn(own)

    async def write() -> None:
        async with own.write() as db:
            claim(db, 1000)
            row = db.assume(FOUND, {"which": 1})
            assert row is not None
            tell(db, row[0], row[2])
            await (db.read_written(told_of(row[2])) if whole else db.settle())

    with pytest.raises(Moved):
        await write()
    assert await rows(own) == (0, 0)
    assert await drawn(own) == before


async def test_nothing_is_assumed_where_it_has_to_be_read(own: database.Database) -> None:
    async with own.write() as db:
        assert db.assume(FOUND, {"which": 1}) is None  # nothing that follows depends on it
        assert await db.recall(DATED, {"which": 1}) is None
        claim(db)
        db.later(SET, {"id": 1, "today": DAY})
        assert db.assume(FOUND, {"which": 1}) is None  # it might rest on what waits
        await db.settle()
        claim(db, 2)
        assert db.assume(FOUND, {"which": 1}) is None  # a transaction is open
        assert await db.recall(DATED, {"which": 1}) is None
    async with own.write() as db:
        claim(db, 3)
        assert db.assume(FOUND, {"which": 1}) is not None
        assert db.assume(FOUND, {"which": 1}) is None  # one row


async def test_what_is_recalled_is_read_once_and_forgotten_when_it_changes(own: database.Database) -> None:
    async with own.write() as db:
        await db.execute(SET, {"id": 1, "today": DAY})

    async def recalled(key: int) -> tuple[object, int]:
        async with own.write() as db:
            claim(db, key)
            row = await db.recall(DATED, {"which": 1})
            count = db.count
            await db.settle()
        return row, count

    assert await recalled(1) == ((DAY,), 1)
    assert await recalled(2) == ((DAY,), 0)
    async with own.write() as other:
        await other.execute(sa.update(BusinessDateRow).values(today=LATER))
    with pytest.raises(Moved):
        await recalled(3)
    assert await rows(own) == (2, 1)
    assert await recalled(4) == ((LATER,), 1)


IN_ORDER = DATED.order_by(col(BusinessDateRow.today))

POLICIES = """
    CREATE ROLE "{role}" LOGIN;
    GRANT SELECT, INSERT ON business_date, event TO "{role}";
    ALTER TABLE business_date ENABLE ROW LEVEL SECURITY;
    ALTER TABLE event ENABLE ROW LEVEL SECURITY;
    CREATE POLICY any_event ON event TO "{role}" USING (true);
    CREATE POLICY mine ON business_date TO "{role}"
        USING ((SELECT nullif(current_setting('kinerja.person', true), '')::int) = id)
        WITH CHECK ((SELECT nullif(current_setting('kinerja.person', true), '')::int) = id);
"""


@pytest.fixture
async def walled(own: database.Database, own_url: str) -> AsyncIterator[database.Database]:
    """The database as a login that sees and writes a date only if the context names it."""
    role = urlsplit(own_url).path.removeprefix("/") + "_walled"
    async with own.lend() as connection:
        await connection.execute(POLICIES.format(role=role))
    try:
        async with database.opened(wall.url_of(own_url, role, None)) as data:
            yield data
    finally:
        async with own.lend() as connection:
            await connection.execute(f'DROP OWNED BY "{role}"; DROP ROLE "{role}"')


async def test_row_security_knows_the_context_within_the_one_statement(
    own: database.Database, walled: database.Database
) -> None:
    shown, db = await write(walled, told={"kinerja.person": "1"})
    assert shown == [["2026-08-01"]]
    assert not db.opened
    async with walled.write({"kinerja.person": "1"}) as db:
        claim(db, 2)
        assert await db.first(DATED, {"which": 1}) == (LATER,)
        await db.settle()  # and so does what was read under it, which is compared here
    assert await rows(own) == (2, 1)


@pytest.mark.parametrize("person", ["1", "2"])
async def test_row_security_decides_what_is_assumed(
    own: database.Database, walled: database.Database, person: str
) -> None:
    async with own.write() as db:
        await db.execute(SET, {"id": 1, "today": DAY})

    async def write() -> None:
        async with walled.write({"kinerja.person": person}) as db:
            claim(db)
            row = db.assume(sa.select(col(BusinessDateRow.id)).where(MINE), {"which": 1})
            assert row is not None
            tell(db, row[0], 5)
            db.later(SET, {"id": int(person), "today": LATER})
            await db.read_written(told_of(5))

    if person == "2":
        with pytest.raises(Moved):
            await write()
        assert await rows(own) == (0, 1)
    else:
        await write()
        assert await rows(own) == (2, 1)


@pytest.mark.parametrize("told", [{}, {"kinerja.person": ""}, {"kinerja.person": "2"}, {"kinerja.path": "1."}])
async def test_without_the_context_nothing_is_written(
    own: database.Database, walled: database.Database, told: dict[str, str]
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await write(walled, told=told)
    assert await rows(own) == (0, 0)


async def test_nothing_of_a_context_is_left_on_its_connection(walled: database.Database) -> None:
    await write(walled, told={"kinerja.person": "1"})
    async with walled.write({"kinerja.person": "it''s '1'\\"}) as db:
        found = await db.fetch(sa.select(sa.func.current_setting("kinerja.person", type_=sa.Text)))
        assert found == [("it''s '1'\\",)]
    left = await walled.read_once("SELECT coalesce(current_setting('kinerja.person', true), '')", [])
    assert [list(row) for row in left] == [[""]]


async def test_no_setting_outlives_its_transaction_anywhere() -> None:
    root = Path(database.__file__).parent.parent
    for room in ("domain", "training", "ml", "resolvers", "schema", "kinerja", "migrations"):
        for path in (root / room).rglob("*.py"):
            text = path.read_text()
            assert not re.search(r"set_config\([^)]*,\s*false\s*\)", text, re.IGNORECASE), path
            assert not re.search(r"SET (SESSION )?kinerja\.", text), path


def test_an_insert_is_cut_where_its_row_ends() -> None:
    plan = statements.Statements().ready(
        insert(BusinessDateRow).values(today=sa.func.coalesce(sa.bindparam("day"), sa.literal_column("'x)'::text"))),
        {"id": 1, "day": DAY},
    )
    assert gates.one_row(plan)
    for sql in ("INSERT INTO a (b) SELECT 1", "INSERT INTO a (b) VALUES (1), (2)", "UPDATE a SET b = 1"):
        assert not gates.one_row(replace(plan, sql=sql))


QUERIES = (
    IN_ORDER,
    DATED.limit(1),
    DATED.with_for_update(),
    DATED.distinct(),
    sa.select(sa.func.pg_advisory_xact_lock(sa.bindparam("which"))),
    sa.select(sa.func.set_config("a.b", sa.bindparam("which"), sa.false())),
)


@pytest.mark.parametrize("statement", QUERIES)
def test_what_orders_locks_or_acts_is_not_read_ahead(statement: sa.Select[date]) -> None:
    compiled = statements.Statements()
    assert compiled.reading(statement, {"which": 1}) is None
    assert compiled.reading(DATED, {"which": 1}) is not None
