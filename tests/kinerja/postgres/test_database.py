"""Connections, transactions and snapshots."""

import asyncio
import re
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import col

from domain.business_date.tables import BusinessDateRow
from domain.refusals import Conflict
from kinerja.postgres import database

DAY = date(2026, 7, 1)


async def set_business_date(data: database.Database, day: date = DAY) -> None:
    async with data.open_transaction() as db:
        await db.execute(sa.insert(BusinessDateRow).values(id=1, today=day))


async def count_dates(data: database.Database) -> int:
    return int((await data.fetch_without_snapshot("SELECT count(*) FROM business_date", []))[0][0])


async def test_sessions_are_pinned(own: database.Database) -> None:
    wanted = {
        "TimeZone": "UTC",
        "DateStyle": "ISO, YMD",
        "extra_float_digits": "1",
        "jit": "off",
        "statement_timeout": "10s",
        "lock_timeout": "3s",
        "idle_in_transaction_session_timeout": "15s",
    }
    names = list(wanted)
    rows = await own.fetch_without_snapshot("SELECT current_setting(name) FROM unnest($1::text[]) AS name", [names])
    assert dict(zip(names, (row[0] for row in rows), strict=True)) == wanted


async def test_a_write_commits_at_the_end_of_its_block(own: database.Database) -> None:
    await set_business_date(own)
    assert await count_dates(own) == 1


async def put_and_raise(data: database.Database) -> None:
    async with data.open_transaction() as db:
        await db.execute(sa.insert(BusinessDateRow).values(id=1, today=DAY))
        raise LookupError


async def test_a_write_that_raises_rolls_back(own: database.Database) -> None:
    with pytest.raises(LookupError):
        await put_and_raise(own)
    assert await count_dates(own) == 0


async def test_a_cancelled_write_rolls_back_and_gives_its_connection_back(own_url: str) -> None:
    async with database.open_database(own_url, database.ConnectionLimits(max_connections=1)) as data:
        inside = asyncio.Event()

        async def write() -> None:
            async with data.open_transaction() as db:
                await db.execute(sa.insert(BusinessDateRow).values(id=1, today=DAY))
                inside.set()
                await db.fetch_all(sa.select(sa.func.pg_sleep(30)))

        task = asyncio.create_task(write())
        await inside.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await count_dates(data) == 0


async def test_a_rehearsal_leaves_no_trace(own: database.Database) -> None:
    async with own.rolled_back_transaction() as db:
        await db.execute(sa.insert(BusinessDateRow).values(id=1, today=DAY))
        assert await db.fetch_all(sa.select(col(BusinessDateRow.today))) == [(DAY,)]
    assert await count_dates(own) == 0


async def test_what_stands_in_the_way_is_a_conflict(own: database.Database) -> None:
    await set_business_date(own)
    with pytest.raises(Conflict):
        await set_business_date(own)


async def test_an_error_of_the_block_keeps_its_name(own: database.Database) -> None:
    with pytest.raises(TimeoutError):
        async with own.open_transaction():
            raise TimeoutError


async def test_a_snapshot_sees_one_state_and_a_new_one_after_renewal(own: database.Database) -> None:
    sql = "SELECT count(*) FROM business_date"
    async with own.open_snapshot() as snapshot:
        first = await snapshot.fetch_rows(sql, [])
        await set_business_date(own)
        second = await snapshot.fetch_rows(sql, [])
        await snapshot.release_snapshot()
        third = await snapshot.fetch_rows(sql, [])
        assert snapshot.statement_count == 3
    assert [rows[0][0] for rows in (first, second, third)] == [0, 0, 1]


async def test_a_snapshot_whose_connection_breaks_says_so_once_and_ends_quietly(own: database.Database) -> None:
    for _ in range(5):
        async with own.open_snapshot() as snapshot:
            pid = (await snapshot.fetch_rows("SELECT pg_backend_pid()", []))[0][0]
            await own.fetch_without_snapshot("SELECT pg_terminate_backend($1)", [pid])
            with pytest.raises(database.DatabaseUnavailable):
                await snapshot.fetch_rows("SELECT pg_sleep(1)", [])
    assert await count_dates(own) == 0


async def test_a_snapshot_cannot_write(own: database.Database) -> None:
    async with own.open_snapshot() as snapshot:
        with pytest.raises(Exception, match="read-only"):
            await snapshot.fetch_rows("INSERT INTO business_date (id) VALUES (1) RETURNING id", [])
    assert await count_dates(own) == 0


async def test_a_snapshot_serves_concurrent_readers_one_after_another(own: database.Database) -> None:
    async with own.open_snapshot() as snapshot:
        rows = await asyncio.gather(*(snapshot.fetch_rows("SELECT $1::int", [n]) for n in range(20)))
    assert [row[0][0] for row in rows] == list(range(20))


async def test_a_snapshot_that_reads_nothing_takes_no_connection(own_url: str) -> None:
    async with (
        database.open_database(own_url, database.ConnectionLimits(max_connections=1)) as data,
        data.open_snapshot() as snapshot,
    ):
        assert await count_dates(data) == 0
        assert snapshot.statement_count == 0


async def test_a_statement_that_takes_too_long_is_unavailable(own_url: str) -> None:
    async with database.open_database(own_url, database.ConnectionLimits(statement_timeout_ms=100)) as data:
        with pytest.raises(database.DatabaseUnavailable, match="in time"):
            await data.fetch_without_snapshot("SELECT pg_sleep(5)", [])
        assert await count_dates(data) == 0


async def test_a_lock_that_is_not_given_is_unavailable(own_url: str) -> None:
    async with database.open_database(own_url, database.ConnectionLimits(lock_timeout_ms=100)) as data:
        await set_business_date(data)
        async with data.open_transaction() as db:
            await db.execute(sa.update(BusinessDateRow).values(today=DAY))
            with pytest.raises(database.DatabaseUnavailable, match="in time"):
                async with data.open_transaction() as other:
                    await other.execute(sa.update(BusinessDateRow).values(today=DAY))


async def test_a_full_pool_is_unavailable(own_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_ACQUIRE_SECONDS", 0.1)
    async with (
        database.open_database(own_url, database.ConnectionLimits(max_connections=1)) as data,
        data.lend_connection(),
    ):
        with pytest.raises(database.DatabaseUnavailable, match="reached"):
            await count_dates(data)


async def test_a_database_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    async with database.open_database(f"postgresql://nobody@/none?host={tmp_path}") as data:
        with pytest.raises(database.DatabaseUnavailable, match="reached"):
            await count_dates(data)


async def write_on_a_broken_connection(data: database.Database, url: str) -> None:
    killer = await database.connect_unpooled(url)
    try:
        async with data.open_transaction() as db:
            pid = (await db.fetch_all(sa.select(sa.func.pg_backend_pid())))[0][0]
            await killer.execute("SELECT pg_terminate_backend($1)", pid)
            await db.fetch_all(sa.select(sa.func.pg_sleep(1)))
    finally:
        await killer.close()


async def test_after_a_broken_connection_the_next_one_works(own_url: str) -> None:
    async with database.open_database(own_url, database.ConnectionLimits(max_connections=1)) as data:
        for _ in range(5):
            with pytest.raises(database.DatabaseUnavailable, match="lost"):
                await write_on_a_broken_connection(data, own_url)
            assert await count_dates(data) == 0


async def test_a_notice_goes_out_with_the_commit_alone(own: database.Database, own_url: str) -> None:
    heard: list[str] = []
    listener = await database.connect_unpooled(own_url)
    try:
        await listener.add_listener("news", lambda *given: heard.append(given[-1]))
        async with own.rolled_back_transaction() as db:
            await db.notify("news", "unsaid")
        async with own.open_transaction() as db:
            await db.notify("news", "said")
        await listener.fetchval("SELECT 1")
        await asyncio.sleep(0.05)
    finally:
        await listener.close()
    assert heard == ["said"]


async def announced(data: database.Database, times: int = 1) -> None:
    async with data.open_transaction() as db:
        for _ in range(times):
            db.notify_after_commit("news")


async def announce_and_raise(data: database.Database) -> None:
    async with data.open_transaction() as db:
        db.notify_after_commit("news")
        raise LookupError


async def test_an_announcement_goes_out_after_the_commit_and_many_go_out_as_one(own_url: str) -> None:
    heard: list[str] = []
    listener = await database.connect_unpooled(own_url)
    try:
        await listener.add_listener("news", lambda *given: heard.append(given[-1]))
        async with database.open_database(own_url) as data:
            with pytest.raises(LookupError):
                await announce_and_raise(data)
            async with data.rolled_back_transaction() as db:
                db.notify_after_commit("news")
            await asyncio.sleep(0.05)
            await listener.fetchval("SELECT 1")
            assert heard == []
            await announced(data, times=20)
            while not heard:
                await listener.fetchval("SELECT 1")
                await asyncio.sleep(0.01)
            assert heard == [""]
            await asyncio.gather(*(announced(data) for _ in range(100)))
        await listener.fetchval("SELECT 1")
        await asyncio.sleep(0.05)
    finally:
        await listener.close()
    assert 2 <= len(heard) < 100  # the last of them before the pool was closed


async def test_an_announcement_is_no_part_of_the_commit(own: database.Database) -> None:
    async with own.open_transaction() as db:
        db.notify_after_commit("news")
        assert db.statement_count == 0


def test_no_other_module_ends_a_transaction() -> None:
    root = Path(database.__file__).parents[2]
    rooms = ("domain", "training", "ml", "resolvers", "schema", "kinerja", "migrations")
    guilty = [
        str(path.relative_to(root))
        for room in rooms
        for path in (root / room).rglob("*.py")
        if re.search(r"(db|connection|session|engine|transaction)\.(commit|rollback|begin)\(", path.read_text())
    ]
    assert guilty == ["kinerja/postgres/database.py"]


PREPARED = "SELECT count(*) FROM pg_prepared_statements WHERE starts_with(statement, $1)"


async def test_only_what_is_read_again_stays_prepared(own_url: str) -> None:
    async with database.open_database(own_url, database.ConnectionLimits(max_connections=1)) as data:

        async def prepared(beginning: str) -> int:
            return int((await data.fetch_without_snapshot(PREPARED, [beginning]))[0][0])

        assert await data.fetch_without_snapshot("SELECT 'hot', $1::int", [7]) == [("hot", 7)]
        assert await prepared("SELECT 'hot'") == 0
        assert await data.fetch_without_snapshot("SELECT 'hot', $1::int", [8]) == [("hot", 8)]
        assert await prepared("SELECT 'hot'") == 1
        for number in range(300):
            await data.fetch_without_snapshot(f"SELECT 'cold', {number}", [])
        assert await prepared("SELECT 'cold'") == 0
        assert await prepared("SELECT 'hot'") == 1
