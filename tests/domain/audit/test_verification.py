"""The chain: each row that is changed, removed, put elsewhere or inserted is found, where it was done."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.actor import SYSTEM_ACTOR, Actor, Role
from domain.audit import commands, rules, store, trail, verification
from domain.audit.facts import (
    CHAIN_START,
    ChainEntry,
    ChainFault,
    ChainFinding,
    ChainHead,
    ChainLink,
    ChainPosition,
    ChainTable,
    Seal,
)
from domain.ports import CommandContext
from kinerja.audit.access_log import AccessLogWriter
from kinerja.jobs import job_worker
from kinerja.postgres import database
from tests import row_factory
from tests.conftest import NOW, TODAY
from tests.domain.audit.access_entries import build_access

SECRET = b"a key of the tests"
DISABLE_TRIGGER = "ALTER TABLE {} DISABLE TRIGGER unchangeable"


def sign_bytes(message: bytes) -> bytes:
    return hmac.digest(SECRET, message, hashlib.sha256)


def verify_signature(message: bytes, signature: bytes) -> bool:
    return hmac.compare_digest(sign_bytes(message), signature)


def write_entry(db: database.Transaction, subject: int, person: int | None = None) -> None:
    act = CommandContext(db=db, jobs=job_worker.JobQueue(), actor=SYSTEM_ACTOR, today=TODAY, now=NOW)
    trail.write_audit_entry(
        act, "TEST", ("thing", subject), person_id=person, details={"number": subject, "name": "Wayan"}
    )


async def seal_rows(data: database.Database, most: int = commands.MAX_ROWS_PER_SEAL) -> int:
    async with data.open_transaction() as db:
        return await commands.seal_entries(db, NOW, sign_bytes, most)


async def chain_findings(db: Any, trusted_head: ChainHead | None = None) -> list[ChainFinding]:
    return [
        each
        async for each in verification.verify_chain(
            db, verification.VerificationState(), verify_signature, trusted_head
        )
    ]


async def last_head(data: database.Database) -> ChainHead:
    async with data.open_transaction() as db:
        last = await store.load_last_seal(db)
    assert last is not None
    return ChainHead(last.number, last.head, last.signature)


@pytest.fixture(scope="module")
async def sealed_data(module_data: database.Database) -> database.Database:
    """Thirty entries of each table in six seals, the two tables by turns."""
    accesses = AccessLogWriter(module_data)
    async with module_data.open_transaction() as db:
        people = [await row_factory.insert_person(db) for _ in range(3)]
    for number in range(30):
        async with module_data.open_transaction() as db:
            write_entry(db, number, people[number % 3])
        await accesses.write_access(build_access(risk=people[:1], record=people, at=NOW + timedelta(seconds=number)))
        if number % 5 == 4:
            await seal_rows(module_data)
    return module_data


@pytest.fixture
async def tampering(sealed_data: database.Database) -> AsyncIterator[database.Transaction]:
    """An owner of the tables who has put their guards out of the way; nothing of what they do remains."""
    async with sealed_data.rolled_back_transaction() as db:
        for table in ("audit_entry", "access_entry", "audit_seal"):
            await db.connection.execute(DISABLE_TRIGGER.format(table))
        yield db


async def position_at(db: database.Transaction, source: ChainTable, place: str) -> ChainPosition:
    """The mark of the first, a middle or the last row of a table."""
    rows = await db.connection.fetch(f"SELECT xid, id FROM {source} ORDER BY xid, id")
    xid, number = rows[{"first": 0, "middle": len(rows) // 2, "last": -1}[place]]
    return ChainPosition(xid, source, number)


PLACES = pytest.mark.parametrize("place", ["first", "middle", "last"])
SOURCES = pytest.mark.parametrize("source", list(ChainTable))


async def test_a_chain_that_nobody_touched_holds(sealed_data: database.Database) -> None:
    walk = verification.VerificationState()
    async with sealed_data.open_transaction() as db:
        assert [
            each async for each in verification.verify_chain(db, walk, verify_signature, await last_head(sealed_data))
        ] == []
    assert (walk.number, walk.rows, walk.unsealed) == (6, 60, 0)


@SOURCES
@PLACES
@pytest.mark.parametrize("column", ["principal", "at", "origin"])
async def test_changed_row_is_detected(
    tampering: database.Transaction, source: ChainTable, place: str, column: str
) -> None:
    mark = await position_at(tampering, source, place)
    value = "now()" if column == "at" else "'somebody'"
    await tampering.connection.execute(f"UPDATE {source} SET {column} = {value} WHERE id = $1", mark.number)
    (only,) = await chain_findings(tampering)
    assert (only.fault, only.position) == (ChainFault.CHANGED, mark)


@pytest.mark.parametrize(
    "change",
    [
        'details = details || \'{"name": "Made"}\'',
        "details = details || '{\"number\": 15.0}'",
        "reason = ''",
        "person_id = NULL",
        "actor_id = person_id",
        "unit_path = '1.'",
    ],
)
async def test_every_audit_column_is_sealed(tampering: database.Transaction, change: str) -> None:
    mark = await position_at(tampering, ChainTable.AUDIT, "middle")
    await tampering.connection.execute(f"UPDATE audit_entry SET {change} WHERE id = $1", mark.number)
    assert [(each.fault, each.position) for each in await chain_findings(tampering)] == [(ChainFault.CHANGED, mark)]


@pytest.mark.parametrize("change", ["risk = '{}'", "record = record || 9", "operation = 'Other'", "sha256 = ''"])
async def test_every_access_column_is_sealed(tampering: database.Transaction, change: str) -> None:
    mark = await position_at(tampering, ChainTable.ACCESS, "middle")
    await tampering.connection.execute(f"UPDATE access_entry SET {change} WHERE id = $1", mark.number)
    assert [(each.fault, each.position) for each in await chain_findings(tampering)] == [(ChainFault.CHANGED, mark)]


@SOURCES
@PLACES
async def test_removed_row_is_detected(tampering: database.Transaction, source: ChainTable, place: str) -> None:
    mark = await position_at(tampering, source, place)
    await tampering.connection.execute(f"DELETE FROM {source} WHERE id = $1", mark.number)
    (only,) = await chain_findings(tampering)
    assert (only.fault, only.position) == (ChainFault.REMOVED, mark)


@SOURCES
@PLACES
async def test_inserted_row_is_detected(tampering: database.Transaction, source: ChainTable, place: str) -> None:
    mark = await position_at(tampering, source, place)
    columns = "at, principal, actor_id, " + (
        "action, subject, subject_id, person_id, reason, details"
        if source is ChainTable.AUDIT
        else "role, risk, record, operation, sha256, origin"
    )
    await tampering.connection.execute(
        f"INSERT INTO {source} (xid, id, {columns}) SELECT xid - 1, 900000, {columns} FROM {source} WHERE id = $1",
        mark.number,
    )
    (only,) = await chain_findings(tampering)
    assert (only.fault, only.position) == (ChainFault.INSERTED, ChainPosition(mark.xid - 1, source, 900000))


@SOURCES
@PLACES
async def test_swapped_rows_are_detected(tampering: database.Transaction, source: ChainTable, place: str) -> None:
    """Two rows that swap their places in the order change both."""
    mark = await position_at(tampering, source, place)
    other = await position_at(tampering, source, "first" if place == "middle" else "middle")
    for number, to in ((mark.number, -1), (other.number, mark.number), (-1, other.number)):
        await tampering.connection.execute(f"UPDATE {source} SET id = $2 WHERE id = $1", number, to)
    await tampering.connection.execute(
        f"UPDATE {source} SET xid = $1 + $2 - xid WHERE xid IN ($1, $2)", mark.xid, other.xid
    )
    faults = await chain_findings(tampering)
    assert {each.position for each in faults} == {mark, other}
    assert {each.fault for each in faults} == {ChainFault.CHANGED}


@pytest.mark.parametrize("number", [1, 3, 6])
@pytest.mark.parametrize("column", ["at", "rows", "head"])
async def test_changed_seal_is_detected(tampering: database.Transaction, number: int, column: str) -> None:
    values = {"at": "now()", "rows": "set_byte(rows, 40, 255 - get_byte(rows, 40))", "head": "sha256(head)"}
    change = f"UPDATE audit_seal SET {column} = {values[column]} WHERE number = $1"
    await tampering.connection.execute(change, number)
    faults = await chain_findings(tampering)
    assert faults[0].fault is ChainFault.SEAL_CHANGED
    assert {each.seal for each in faults} == {number}


@pytest.mark.parametrize("number", [1, 3])
async def test_removed_seal_is_detected(tampering: database.Transaction, number: int) -> None:
    await tampering.connection.execute("DELETE FROM audit_seal WHERE number = $1", number)
    assert [(each.fault, each.seal) for each in await chain_findings(tampering)] == [
        (ChainFault.SEAL_REMOVED, number)
    ]


async def test_swapped_seals_are_detected(tampering: database.Transaction) -> None:
    for number, to in ((2, 90), (4, 2), (90, 4)):
        await tampering.connection.execute("UPDATE audit_seal SET number = $2 WHERE number = $1", number, to)
    faults = await chain_findings(tampering)
    assert (faults[0].fault, faults[0].seal) == (ChainFault.SEAL_CHANGED, 2)


async def test_inserted_seal_is_detected(tampering: database.Transaction) -> None:
    await tampering.connection.execute(
        "INSERT INTO audit_seal SELECT 7, at, rows, head, signature FROM audit_seal LIMIT 1"
    )
    assert (ChainFault.SEAL_CHANGED, 7) in {(each.fault, each.seal) for each in await chain_findings(tampering)}


async def test_truncated_chain_is_detected_by_a_trusted_head(
    sealed_data: database.Database, tampering: database.Transaction
) -> None:
    head = await last_head(sealed_data)
    await tampering.connection.execute("DELETE FROM audit_seal WHERE number = 6")
    last = (await store.load_seals(tampering, 4, 1))[0]
    end = store.seal_end_position(last)
    for source in ChainTable:
        await tampering.connection.execute(f"DELETE FROM {source} WHERE xid > $1", end.xid)
    assert await chain_findings(tampering) == []
    assert [(each.fault, each.seal) for each in await chain_findings(tampering, head)] == [(ChainFault.HEAD, 6)]


async def test_a_row_twice_in_a_seal_is_detected(tampering: database.Transaction) -> None:
    before, seals = rules.GENESIS_HEAD, await store.load_seals(tampering, 0, 100)
    for seal in seals[:-1]:
        before = seal.head
    last = seals[-1]
    entries = await store.load_entries_through(
        tampering, store.seal_end_position(seals[-2]), store.seal_end_position(last)
    )
    rows = rules.pack_links(rules.link_entries(before, [*entries, entries[-1]]))
    head = rules.seal_head(before, last.number, last.at, rows)
    await tampering.connection.execute(
        "UPDATE audit_seal SET rows = $2, head = $3, signature = $4 WHERE number = $1",
        *(last.number, rows, head, sign_bytes(rules.seal_statement(last.number, head))),
    )
    assert ChainFinding(ChainFault.SEAL_CHANGED, last.number) in await chain_findings(tampering)


async def rewrite_chain(tampering: database.Transaction, sign: Callable[[bytes], bytes]) -> None:
    """All seals made anew over rows of which one was changed."""
    await tampering.connection.execute(
        "UPDATE audit_entry SET principal = 'nobody' WHERE id = (SELECT min(id) FROM audit_entry)"
    )
    before, mark = rules.GENESIS_HEAD, CHAIN_START
    for old in await store.load_seals(tampering, 0, 100):
        entries = await store.load_entries_through(tampering, mark, store.seal_end_position(old))
        rows = rules.pack_links(rules.link_entries(before, entries))
        mark, before = store.seal_end_position(old), rules.seal_head(before, old.number, old.at, rows)
        new = replace(old, rows=rows, head=before, signature=sign(rules.seal_statement(old.number, before)))
        await tampering.connection.execute(
            "UPDATE audit_seal SET rows = $2, head = $3, signature = $4 WHERE number = $1",
            *(new.number, new.rows, new.head, new.signature),
        )


async def test_chain_rewritten_without_the_key_is_detected(tampering: database.Transaction) -> None:
    await rewrite_chain(tampering, lambda told: hmac.digest(b"another key", told, hashlib.sha256))
    assert {each.fault for each in await chain_findings(tampering)} == {ChainFault.SIGNATURE}


async def test_chain_rewritten_with_the_key_is_detected_by_a_trusted_head(
    sealed_data: database.Database, tampering: database.Transaction
) -> None:
    head = await last_head(sealed_data)
    await rewrite_chain(tampering, sign_bytes)
    assert await chain_findings(tampering) == []
    assert [each.fault for each in await chain_findings(tampering, head)] == [ChainFault.HEAD]


async def test_head_without_a_valid_signature_is_reported(sealed_data: database.Database) -> None:
    forged = replace(await last_head(sealed_data), signature=bytes(32))
    async with sealed_data.open_transaction() as db:
        assert [each.fault for each in await chain_findings(db, forged)] == [ChainFault.HEAD]


@pytest.mark.parametrize("table", ["audit_entry", "access_entry", "audit_seal"])
@pytest.mark.parametrize("change", ["UPDATE {} SET at = now()", "DELETE FROM {}", "TRUNCATE {}"])
async def test_even_the_owner_changes_no_row(sealed_data: database.Database, table: str, change: str) -> None:
    async with sealed_data.rolled_back_transaction() as db:
        with pytest.raises(Exception, match="never changed or removed"):
            await db.connection.execute(change.format(table))


async def test_rows_of_an_open_transaction_are_sealed_when_it_ends(own: database.Database) -> None:
    async with own.open_transaction() as older:
        write_entry(older, 1)
        await older.flush()
        async with own.open_transaction() as younger:
            write_entry(younger, 2)
        assert await seal_rows(own) == 0
    assert await seal_rows(own) == 2
    async with own.open_transaction() as db:
        assert await chain_findings(db) == []


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
async def test_none_is_passed_by_whatever_the_order_of_commits(
    own: database.Database, order: tuple[int, ...]
) -> None:
    stacks = [AsyncExitStack() for _ in order]
    for number, stack in enumerate(stacks):
        db = await stack.enter_async_context(own.open_transaction())
        write_entry(db, number)
        await db.flush()
    rows = 0
    for number in order:
        await stacks[number].aclose()
        rows += await seal_rows(own)
    walk = verification.VerificationState()
    async with own.open_transaction() as db:
        assert [each async for each in verification.verify_chain(db, walk, verify_signature)] == []
    assert (rows, walk.rows, walk.unsealed) == (3, 3, 0)


async def test_one_of_two_sealers_seals(own: database.Database) -> None:
    for number in range(20):
        async with own.open_transaction() as db:
            write_entry(db, number)
    rows = await asyncio.gather(*(seal_rows(own) for _ in range(4)))
    assert sorted(rows) == [0, 0, 0, 20]


async def test_a_sealer_that_dies_leaves_nothing_half_done(own: database.Database) -> None:
    async with own.open_transaction() as db:
        write_entry(db, 1)
    async with own.rolled_back_transaction() as db:
        assert await commands.seal_entries(db, NOW, sign_bytes) == 1
    assert await seal_rows(own) == 1
    async with own.open_transaction() as db:
        assert await chain_findings(db) == []


async def test_seals_go_on_where_the_last_one_was_full(own: database.Database) -> None:
    async with own.open_transaction() as db:
        for number in range(25):
            write_entry(db, number)
    accesses = AccessLogWriter(own)
    for _ in range(7):
        await accesses.write_access(build_access(risk=(1,)))
    assert [await seal_rows(own, most=10) for _ in range(5)] == [10, 10, 12, 0, 0]
    async with own.open_transaction() as db:
        assert await chain_findings(db) == []


MARKS = st.builds(
    ChainPosition, st.integers(0, 2**63 - 1), st.sampled_from(list(ChainTable)), st.integers(0, 2**63 - 1)
)
VALUES = st.lists(
    st.none() | st.text() | st.integers() | st.lists(st.integers()) | st.datetimes(timezones=st.just(UTC)), max_size=5
)


@given(MARKS, VALUES, MARKS, VALUES)
def test_two_rows_have_the_same_bytes_only_if_they_are_the_same(
    one: ChainPosition, values: list[Any], other: ChainPosition, others: list[Any]
) -> None:
    shown = [each.isoformat() if isinstance(each, datetime) else each for each in values]
    others_shown = [each.isoformat() if isinstance(each, datetime) else each for each in others]
    assert (rules.canonical_bytes(one, values) == rules.canonical_bytes(other, others)) == (
        (one, shown) == (other, others_shown)
    )


@given(st.lists(MARKS, max_size=20))
def test_what_is_packed_comes_back(marks: list[ChainPosition]) -> None:
    sealed = [ChainLink(mark, rules.link_digest(b"", str(mark).encode())) for mark in marks]
    assert rules.unpack_links(rules.pack_links(sealed)) == sealed


@pytest.mark.parametrize("rows", [b"short", bytes([9]) + bytes(48)])
def test_what_is_no_row_is_refused(rows: bytes) -> None:
    with pytest.raises(ValueError, match="seal"):
        rules.unpack_links(rows)


def test_a_value_that_no_entry_holds_is_refused() -> None:
    with pytest.raises(TypeError, match="float"):
        rules.canonical_bytes(CHAIN_START, [1.5])


def test_a_seal_tells_where_it_ends() -> None:
    mark = ChainPosition(7, ChainTable.AUDIT, 3)
    rows = rules.pack_links(rules.link_entries(rules.GENESIS_HEAD, [ChainEntry(mark, b"row")]))
    assert store.seal_end_position(Seal(1, NOW, rows, b"", b"")) == mark
    assert store.seal_end_position(None) == CHAIN_START


def test_own_records_are_not_logged_as_access() -> None:
    assert not build_access(Actor(7, Role.HR, "1."), risk=[7], record=[7]).others
