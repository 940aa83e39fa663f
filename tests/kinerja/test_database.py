"""Connections, transactions and snapshots."""

import asyncio
import re
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import col

from domain.calendar.tables import BusinessDateRow
from domain.refusals import Conflict
from kinerja import database

DAY = date(2026, 7, 1)


async def put(data: database.Database, day: date = DAY) -> None:
    async with data.write() as db:
        await db.execute(sa.insert(BusinessDateRow).values(id=1, today=day))


async def count(data: database.Database) -> int:
    return int((await data.read_once("SELECT count(*) FROM business_date", []))[0][0])


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
    rows = await own.read_once("SELECT current_setting(name) FROM unnest($1::text[]) AS name", [names])
    assert dict(zip(names, (row[0] for row in rows), strict=True)) == wanted


async def test_a_write_commits_at_the_end_of_its_block(own: database.Database) -> None:
    await put(own)
    assert await count(own) == 1


async def put_and_raise(data: database.Database) -> None:
    async with data.write() as db:
        await db.execute(sa.insert(BusinessDateRow).values(id=1, today=DAY))
        raise LookupError


async def test_a_write_that_raises_rolls_back(own: database.Database) -> None:
    with pytest.raises(LookupError):
        await put_and_raise(own)
    assert await count(own) == 0


async def test_a_cancelled_write_rolls_back_and_gives_its_connection_back(own_url: str) -> None:
    async with database.opened(own_url, database.Limits(connections=1)) as data:
        inside = asyncio.Event()

        async def write() -> None:
            async with data.write() as db:
                await db.execute(sa.insert(BusinessDateRow).values(id=1, today=DAY))
                inside.set()
                await db.fetch(sa.select(sa.func.pg_sleep(30)))

        task = asyncio.create_task(write())
        await inside.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await count(data) == 0


async def test_a_rehearsal_leaves_no_trace(own: database.Database) -> None:
    async with own.rehearse() as db:
        await db.execute(sa.insert(BusinessDateRow).values(id=1, today=DAY))
        assert await db.fetch(sa.select(col(BusinessDateRow.today))) == [(DAY,)]
    assert await count(own) == 0


async def test_what_stands_in_the_way_is_a_conflict(own: database.Database) -> None:
    await put(own)
    with pytest.raises(Conflict):
        await put(own)


async def test_an_error_of_the_block_keeps_its_name(own: database.Database) -> None:
    with pytest.raises(TimeoutError):
        async with own.write():
            raise TimeoutError


async def test_a_snapshot_sees_one_state_and_a_new_one_after_renewal(own: database.Database) -> None:
    sql = "SELECT count(*) FROM business_date"
    async with own.snapshot() as snapshot:
        first = await snapshot.read(sql, [])
        await put(own)
        second = await snapshot.read(sql, [])
        await snapshot.renew()
        third = await snapshot.read(sql, [])
        assert snapshot.count == 3
    assert [rows[0][0] for rows in (first, second, third)] == [0, 0, 1]


async def test_a_snapshot_whose_connection_breaks_says_so_once_and_ends_quietly(own: database.Database) -> None:
    for _ in range(5):
        async with own.snapshot() as snapshot:
            pid = (await snapshot.read("SELECT pg_backend_pid()", []))[0][0]
            await own.read_once("SELECT pg_terminate_backend($1)", [pid])
            with pytest.raises(database.Unavailable):
                await snapshot.read("SELECT pg_sleep(1)", [])
    assert await count(own) == 0


async def test_a_snapshot_cannot_write(own: database.Database) -> None:
    async with own.snapshot() as snapshot:
        with pytest.raises(Exception, match="read-only"):
            await snapshot.read("INSERT INTO business_date (id) VALUES (1) RETURNING id", [])
    assert await count(own) == 0


async def test_a_snapshot_serves_concurrent_readers_one_after_another(own: database.Database) -> None:
    async with own.snapshot() as snapshot:
        rows = await asyncio.gather(*(snapshot.read("SELECT $1::int", [n]) for n in range(20)))
    assert [row[0][0] for row in rows] == list(range(20))


async def test_a_snapshot_that_reads_nothing_takes_no_connection(own_url: str) -> None:
    async with database.opened(own_url, database.Limits(connections=1)) as data, data.snapshot() as snapshot:
        assert await count(data) == 0
        assert snapshot.count == 0


async def test_a_statement_that_takes_too_long_is_unavailable(own_url: str) -> None:
    async with database.opened(own_url, database.Limits(statement_ms=100)) as data:
        with pytest.raises(database.Unavailable, match="in time"):
            await data.read_once("SELECT pg_sleep(5)", [])
        assert await count(data) == 0


async def test_a_lock_that_is_not_given_is_unavailable(own_url: str) -> None:
    async with database.opened(own_url, database.Limits(lock_ms=100)) as data:
        await put(data)
        async with data.write() as db:
            await db.execute(sa.update(BusinessDateRow).values(today=DAY))
            with pytest.raises(database.Unavailable, match="in time"):
                async with data.write() as other:
                    await other.execute(sa.update(BusinessDateRow).values(today=DAY))


async def test_a_full_pool_is_unavailable(own_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_ACQUIRE_SECONDS", 0.1)
    async with database.opened(own_url, database.Limits(connections=1)) as data, data.lend():
        with pytest.raises(database.Unavailable, match="reached"):
            await count(data)


async def test_a_database_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    async with database.opened(f"postgresql://nobody@/none?host={tmp_path}") as data:
        with pytest.raises(database.Unavailable, match="reached"):
            await count(data)


async def write_on_a_broken_connection(data: database.Database, url: str) -> None:
    killer = await database.connect(url)
    try:
        async with data.write() as db:
            pid = (await db.fetch(sa.select(sa.func.pg_backend_pid())))[0][0]
            await killer.execute("SELECT pg_terminate_backend($1)", pid)
            await db.fetch(sa.select(sa.func.pg_sleep(1)))
    finally:
        await killer.close()


async def test_after_a_broken_connection_the_next_one_works(own_url: str) -> None:
    async with database.opened(own_url, database.Limits(connections=1)) as data:
        for _ in range(5):
            with pytest.raises(database.Unavailable, match="lost"):
                await write_on_a_broken_connection(data, own_url)
            assert await count(data) == 0


async def test_a_notice_goes_out_with_the_commit_alone(own: database.Database, own_url: str) -> None:
    heard: list[str] = []
    listener = await database.connect(own_url)
    try:
        await listener.add_listener("news", lambda *given: heard.append(given[-1]))
        async with own.rehearse() as db:
            await db.notify("news", "unsaid")
        async with own.write() as db:
            await db.notify("news", "said")
        await listener.fetchval("SELECT 1")
        await asyncio.sleep(0.05)
    finally:
        await listener.close()
    assert heard == ["said"]


async def announced(data: database.Database, times: int = 1) -> None:
    async with data.write() as db:
        for _ in range(times):
            db.announce("news")


async def announce_and_raise(data: database.Database) -> None:
    async with data.write() as db:
        db.announce("news")
        raise LookupError


async def test_an_announcement_goes_out_after_the_commit_and_many_go_out_as_one(own_url: str) -> None:
    heard: list[str] = []
    listener = await database.connect(own_url)
    try:
        await listener.add_listener("news", lambda *given: heard.append(given[-1]))
        async with database.opened(own_url) as data:
            with pytest.raises(LookupError):
                await announce_and_raise(data)
            async with data.rehearse() as db:
                db.announce("news")
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
    async with own.write() as db:
        db.announce("news")
        assert db.count == 0


def test_no_other_module_ends_a_transaction() -> None:
    root = Path(database.__file__).parent.parent
    rooms = ("domain", "training", "ml", "resolvers", "schema", "kinerja", "migrations")
    guilty = [
        str(path.relative_to(root))
        for room in rooms
        for path in (root / room).rglob("*.py")
        if re.search(r"(db|connection|session|engine|transaction)\.(commit|rollback|begin)\(", path.read_text())
    ]
    assert guilty == ["kinerja/database.py"]


PREPARED = "SELECT count(*) FROM pg_prepared_statements WHERE starts_with(statement, $1)"


async def test_only_what_is_read_again_stays_prepared(own_url: str) -> None:
    async with database.opened(own_url, database.Limits(connections=1)) as data:

        async def prepared(beginning: str) -> int:
            return int((await data.read_once(PREPARED, [beginning]))[0][0])

        assert await data.read_once("SELECT 'hot', $1::int", [7]) == [("hot", 7)]
        assert await prepared("SELECT 'hot'") == 0
        assert await data.read_once("SELECT 'hot', $1::int", [8]) == [("hot", 8)]
        assert await prepared("SELECT 'hot'") == 1
        for number in range(300):
            await data.read_once(f"SELECT 'cold', {number}", [])
        assert await prepared("SELECT 'cold'") == 0
        assert await prepared("SELECT 'hot'") == 1
