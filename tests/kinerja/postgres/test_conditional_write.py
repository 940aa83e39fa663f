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

from domain.business_date.tables import BusinessDateRow
from domain.event.facts import EventTopic
from domain.event.tables import EventRow
from domain.ports import StaleRead
from kinerja.postgres import compiled_statements, conditional_write, database, row_security_install
from resolvers.ports import PayloadQuery

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
PAYLOAD = "SELECT {} FROM {} AS t WHERE t.id = $1::bigint"


def date_payload(what: str = "t.today::text") -> PayloadQuery:
    """The business date's row, as it stands or as it is written."""
    return PayloadQuery(
        PAYLOAD.format(what, "business_date"), [1], PAYLOAD.format(what, "gate_row"), [1], "business_date"
    )


def claim_event(db: database.Transaction, key: int = 1) -> None:
    """Claim an event's number."""
    values = {"xid": 1, "id": key, "topic": EventTopic.JOB_PROGRESSED, "subject_id": key, "at": AT}
    db.claim(CLAIM, values, on_conflict_error=LookupError("claimed"))


async def write_behind_claim(
    data: database.Database,
    key: int = 1,
    *,
    what: str = "t.today::text",
    meanwhile: Mapping[str, object] | None = None,
    told: Mapping[str, str] | None = None,
) -> tuple[list[list[object]], database.Transaction]:
    """Read the date, claim, set the date and show it."""
    async with data.open_transaction(told) as db:
        claim_event(db, key)
        await db.fetch_one(TODAY, {"which": 1})
        if meanwhile is not None:
            async with data.open_transaction() as other:
                await other.execute(sa.insert(BusinessDateRow), meanwhile)
        db.execute_deferred(SET, {"id": 1, "today": LATER}, on_conflict_error=LookupError("it is set"))
        shown = await db.fetch_payload(date_payload(what))
    return [list(row) for row in shown], db


async def count_rows(data: database.Database) -> tuple[int, int]:
    """Claims and dates that there are."""
    found = await data.fetch_without_snapshot(
        "SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM business_date)", []
    )
    return int(found[0][0]), int(found[0][1])


async def test_it_writes_and_shows_with_two_statements_and_no_transaction(own: database.Database) -> None:
    shown, db = await write_behind_claim(own)
    assert shown == [["2026-08-01"]]
    assert db.statement_count == 2
    assert not db.is_open
    assert await count_rows(own) == (1, 1)


async def test_a_claim_that_was_made_before_writes_nothing(own: database.Database) -> None:
    async with own.open_transaction() as db:
        claim_event(db)
    with pytest.raises(LookupError, match="claimed"):
        await write_behind_claim(own)
    assert await count_rows(own) == (1, 0)


async def test_a_change_that_touches_nothing_takes_the_claim_with_it(own: database.Database) -> None:
    async with own.open_transaction() as db:
        await db.execute(SET, {"id": 1, "today": DAY})
    with pytest.raises(LookupError, match="it is set"):
        await write_behind_claim(own)
    assert await count_rows(own) == (0, 1)


@pytest.mark.parametrize("day", [DAY, LATER])
async def test_what_rests_on_rows_that_changed_meanwhile_is_not_written(own: database.Database, day: date) -> None:
    with pytest.raises(StaleRead):
        await write_behind_claim(own, meanwhile={"id": 1, "today": day})
    assert await count_rows(own) == (0, 1)


async def test_a_row_that_was_read_and_is_another_now_is_noticed(own: database.Database) -> None:
    async with own.open_transaction() as db:
        await db.execute(SET, {"id": 1, "today": DAY})

    async def note(day: date | None) -> None:
        async with own.open_transaction() as db:
            claim_event(db)
            await db.fetch_one(TODAY, {"which": 1})
            if day is not None:
                async with own.open_transaction() as other:
                    await other.execute(sa.update(BusinessDateRow).values(today=day))
            await db.flush()

    with pytest.raises(StaleRead):
        await note(LATER)
    assert await count_rows(own) == (0, 1)
    await note(LATER)
    assert await count_rows(own) == (1, 1)


async def test_what_shows_an_error_writes_nothing(own: database.Database) -> None:
    with pytest.raises(asyncpg.DivisionByZeroError):
        await write_behind_claim(own, what="(1 / (t.id - 1))::text")
    assert await count_rows(own) == (0, 0)


async def test_what_is_shown_of_another_row_is_no_row_and_is_written(own: database.Database) -> None:
    async with own.open_transaction() as db:
        claim_event(db)
        db.execute_deferred(SET, {"id": 1, "today": DAY})
        other = date_payload()
        assert await db.fetch_payload(PayloadQuery(other.sql, [2], other.written_row_sql, [2], other.table)) == []
    assert await count_rows(own) == (1, 1)


async def test_what_reads_other_rows_that_are_written_goes_the_long_way(own: database.Database) -> None:
    shown, db = await write_behind_claim(own, what="(SELECT count(*) FROM business_date)::text")
    assert shown == [["1"]]
    assert db.is_open
    assert await count_rows(own) == (1, 1)


async def test_of_two_claims_at_the_same_moment_one_waits_and_writes_nothing(own: database.Database) -> None:
    both = await asyncio.gather(write_behind_claim(own), write_behind_claim(own), return_exceptions=True)
    assert [type(each) for each in both if isinstance(each, Exception)] in [[LookupError], [StaleRead]]
    assert await count_rows(own) == (1, 1)


async def test_a_transaction_that_is_rolled_back_takes_all_along(own: database.Database) -> None:
    async def fail() -> None:
        async with own.open_transaction() as db:
            claim_event(db)
            await db.fetch_one(IN_ORDER, {"which": 1})
            db.execute_deferred(SET, {"id": 1, "today": DAY})
            await db.flush()
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        await fail()
    assert await count_rows(own) == (0, 0)


NUMBER = sa.func.nextval(sa.literal_column("'event_id_seq'::regclass"), type_=sa.BigInteger).label("number")
EXISTING = sa.select(col(BusinessDateRow.id), col(BusinessDateRow.today), NUMBER).where(
    col(BusinessDateRow.id) == sa.bindparam("which")
)
EVENT = sa.insert(EventRow)


def publish_deferred(db: database.Transaction, subject: int, number: int) -> None:
    """Tell of a row that was assumed."""
    values = {"xid": 1, "id": number, "topic": EventTopic.JOB_PROGRESSED, "subject_id": subject, "at": AT}
    db.execute_deferred(EVENT, values, on_conflict_error=LookupError("not told"))


def event_payload(number: int) -> PayloadQuery:
    """An event, by a number that was assumed."""
    texts = [PAYLOAD.format("t.subject_id::text, t.id::text", table) for table in ("event", "gate_row")]
    return PayloadQuery(texts[0], [number], texts[1], [number], "event")


async def sequence_state(data: database.Database) -> list[object]:
    """What was drawn from the sequence."""
    (found,) = await data.fetch_without_snapshot("SELECT last_value, is_called FROM event_id_seq", [])
    return list(found)


async def test_columns_of_a_row_that_is_assumed_are_written_shown_and_told(own: database.Database) -> None:
    async with own.open_transaction() as db:
        await db.execute(SET, {"id": 1, "today": DAY})
    before = await sequence_state(own)
    async with own.open_transaction({"kinerja.person": "1"}) as db:
        claim_event(db, 1000)
        row = db.read_deferred(EXISTING, {"which": 1})
        assert row is not None
        key, today, number = row
        for look in (int, str, bool):
            with pytest.raises(TypeError, match="not known"):
                look(number)
        publish_deferred(db, key, number)
        (shown,) = await db.fetch_payload(event_payload(number))
        assert (db.statement_count, db.is_open) == (1, False)
        assert [int(key), str(today), int(number)] == [1, DAY.isoformat(), int(shown[1])]
        with pytest.raises(TypeError, match="decided"):
            assert key == 1
    assert list(shown) == ["1", str(int(number))]
    assert int(number) - int(str(before[0])) in {0, 1}  # drawn once
    assert await count_rows(own) == (2, 1)


@pytest.mark.parametrize("many", [2, 20])
async def test_what_is_assumed_goes_the_long_way_too(own: database.Database, many: int) -> None:
    async with own.open_transaction() as db:
        await db.execute(SET, {"id": 1, "today": DAY})
    async with own.open_transaction() as db:
        claim_event(db, 1000)
        row = db.read_deferred(EXISTING, {"which": 1})
        assert row is not None
        for each in range(many):
            publish_deferred(db, row[0], -each)
        assert await db.fetch_one(DATED, {"which": row[0]}) == (DAY,)
        publish_deferred(db, row[0], row[2])
        assert len(await db.fetch_rows(event_payload(row[2]).sql, [row[2]])) == 1
        assert await db.fetch_all(sa.select(col(EventRow.subject_id)).where(col(EventRow.id) < 1000).distinct()) == [
            (1,)
        ]
    assert await count_rows(own) == (many + 2, 1)


@pytest.mark.parametrize("whole", [True, False])
async def test_what_rests_on_a_row_that_is_not_there_is_not_written(own: database.Database, *, whole: bool) -> None:
    before = await sequence_state(own)

    async def write() -> None:
        async with own.open_transaction() as db:
            claim_event(db, 1000)
            row = db.read_deferred(EXISTING, {"which": 1})
            assert row is not None
            publish_deferred(db, row[0], row[2])
            await (db.fetch_payload(event_payload(row[2])) if whole else db.flush())

    with pytest.raises(StaleRead):
        await write()
    assert await count_rows(own) == (0, 0)
    assert await sequence_state(own) == before


async def test_nothing_is_assumed_where_it_has_to_be_read(own: database.Database) -> None:
    async with own.open_transaction() as db:
        assert db.read_deferred(EXISTING, {"which": 1}) is None  # nothing that follows depends on it
        assert await db.read_cached(DATED, {"which": 1}) is None
        claim_event(db)
        db.execute_deferred(SET, {"id": 1, "today": DAY})
        assert db.read_deferred(EXISTING, {"which": 1}) is None  # it might rest on what waits
        await db.flush()
        claim_event(db, 2)
        assert db.read_deferred(EXISTING, {"which": 1}) is None  # a transaction is open
        assert await db.read_cached(DATED, {"which": 1}) is None
    async with own.open_transaction() as db:
        claim_event(db, 3)
        assert db.read_deferred(EXISTING, {"which": 1}) is not None
        assert db.read_deferred(EXISTING, {"which": 1}) is None  # one row


async def test_what_is_recalled_is_read_once_and_forgotten_when_it_changes(own: database.Database) -> None:
    async with own.open_transaction() as db:
        await db.execute(SET, {"id": 1, "today": DAY})

    async def recalled(key: int) -> tuple[object, int]:
        async with own.open_transaction() as db:
            claim_event(db, key)
            row = await db.read_cached(DATED, {"which": 1})
            count = db.statement_count
            await db.flush()
        return row, count

    assert await recalled(1) == ((DAY,), 1)
    assert await recalled(2) == ((DAY,), 0)
    async with own.open_transaction() as other:
        await other.execute(sa.update(BusinessDateRow).values(today=LATER))
    with pytest.raises(StaleRead):
        await recalled(3)
    assert await count_rows(own) == (2, 1)
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
    async with own.lend_connection() as connection:
        await connection.execute(POLICIES.format(role=role))
    try:
        async with database.open_database(row_security_install.build_login_url(own_url, role, None)) as data:
            yield data
    finally:
        async with own.lend_connection() as connection:
            await connection.execute(f'DROP OWNED BY "{role}"; DROP ROLE "{role}"')


async def test_row_security_knows_the_context_within_the_one_statement(
    own: database.Database, walled: database.Database
) -> None:
    shown, db = await write_behind_claim(walled, told={"kinerja.person": "1"})
    assert shown == [["2026-08-01"]]
    assert not db.is_open
    async with walled.open_transaction({"kinerja.person": "1"}) as db:
        claim_event(db, 2)
        assert await db.fetch_one(DATED, {"which": 1}) == (LATER,)
        await db.flush()  # and so does what was read under it, which is compared here
    assert await count_rows(own) == (2, 1)


@pytest.mark.parametrize("person", ["1", "2"])
async def test_row_security_decides_what_is_assumed(
    own: database.Database, walled: database.Database, person: str
) -> None:
    async with own.open_transaction() as db:
        await db.execute(SET, {"id": 1, "today": DAY})

    async def write() -> None:
        async with walled.open_transaction({"kinerja.person": person}) as db:
            claim_event(db)
            row = db.read_deferred(sa.select(col(BusinessDateRow.id)).where(MINE), {"which": 1})
            assert row is not None
            publish_deferred(db, row[0], 5)
            db.execute_deferred(SET, {"id": int(person), "today": LATER})
            await db.fetch_payload(event_payload(5))

    if person == "2":
        with pytest.raises(StaleRead):
            await write()
        assert await count_rows(own) == (0, 1)
    else:
        await write()
        assert await count_rows(own) == (2, 1)


@pytest.mark.parametrize("told", [{}, {"kinerja.person": ""}, {"kinerja.person": "2"}, {"kinerja.path": "1."}])
async def test_without_the_context_nothing_is_written(
    own: database.Database, walled: database.Database, told: dict[str, str]
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await write_behind_claim(walled, told=told)
    assert await count_rows(own) == (0, 0)


async def test_nothing_of_a_context_is_left_on_its_connection(walled: database.Database) -> None:
    await write_behind_claim(walled, told={"kinerja.person": "1"})
    async with walled.open_transaction({"kinerja.person": "it''s '1'\\"}) as db:
        found = await db.fetch_all(sa.select(sa.func.current_setting("kinerja.person", type_=sa.Text)))
        assert found == [("it''s '1'\\",)]
    left = await walled.fetch_without_snapshot("SELECT coalesce(current_setting('kinerja.person', true), '')", [])
    assert [list(row) for row in left] == [[""]]


async def test_no_setting_outlives_its_transaction_anywhere() -> None:
    root = Path(database.__file__).parents[2]
    for room in ("domain", "training", "ml", "resolvers", "schema", "kinerja", "migrations"):
        for path in (root / room).rglob("*.py"):
            text = path.read_text()
            assert not re.search(r"set_config\([^)]*,\s*false\s*\)", text, re.IGNORECASE), path
            assert not re.search(r"SET (SESSION )?kinerja\.", text), path


def test_an_insert_is_cut_where_its_row_ends() -> None:
    plan = compiled_statements.StatementCache().get_compiled(
        insert(BusinessDateRow).values(today=sa.func.coalesce(sa.bindparam("day"), sa.literal_column("'x)'::text"))),
        {"id": 1, "day": DAY},
    )
    assert conditional_write.is_single_row_insert(plan)
    for sql in ("INSERT INTO a (b) SELECT 1", "INSERT INTO a (b) VALUES (1), (2)", "UPDATE a SET b = 1"):
        assert not conditional_write.is_single_row_insert(replace(plan, sql=sql))


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
    compiled = compiled_statements.StatementCache()
    assert compiled.get_revalidation(statement, {"which": 1}) is None
    assert compiled.get_revalidation(DATED, {"which": 1}) is not None
