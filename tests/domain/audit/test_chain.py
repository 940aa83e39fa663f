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

from domain.actor import SYSTEM, Actor, Role
from domain.audit import checks, commands, rules, store
from domain.audit.facts import START, Entry, Fault, Finding, Head, Mark, Seal, Sealed, Source
from domain.journal import commands as journal
from domain.ports import Act
from kinerja import database, jobs
from kinerja.audit.accesses import Accesses
from tests import made
from tests.conftest import NOW, TODAY
from tests.domain.audit.accesses import access

SECRET = b"a key of the tests"
OPEN = "ALTER TABLE {} DISABLE TRIGGER unchangeable"


def sign(told: bytes) -> bytes:
    return hmac.digest(SECRET, told, hashlib.sha256)


def holds(told: bytes, signature: bytes) -> bool:
    return hmac.compare_digest(sign(told), signature)


def note(db: database.Transaction, subject: int, person: int | None = None) -> None:
    act = Act(db=db, jobs=jobs.Queue(), actor=SYSTEM, today=TODAY, now=NOW)
    journal.note(act, "TEST", ("thing", subject), person=person, details={"number": subject, "name": "Wayan"})


async def seal(data: database.Database, most: int = commands.MOST) -> int:
    async with data.write() as db:
        return await commands.seal(db, NOW, sign, most)


async def found(db: Any, kept: Head | None = None) -> list[Finding]:
    return [each async for each in checks.findings(db, checks.Walk(), holds, kept)]


async def kept(data: database.Database) -> Head:
    async with data.write() as db:
        last = await store.last(db)
    assert last is not None
    return Head(last.number, last.head, last.signature)


@pytest.fixture(scope="module")
async def sealed(module_data: database.Database) -> database.Database:
    """Thirty entries of each table in six seals, the two tables by turns."""
    accesses = Accesses(module_data)
    async with module_data.write() as db:
        people = [await made.person(db) for _ in range(3)]
    for number in range(30):
        async with module_data.write() as db:
            note(db, number, people[number % 3])
        await accesses.write(access(risk=people[:1], record=people, at=NOW + timedelta(seconds=number)))
        if number % 5 == 4:
            await seal(module_data)
    return module_data


@pytest.fixture
async def thief(sealed: database.Database) -> AsyncIterator[database.Transaction]:
    """An owner of the tables who has put their guards out of the way; nothing of what he does remains."""
    async with sealed.rehearse() as db:
        for table in ("audit_entry", "access_entry", "audit_seal"):
            await db.connection.execute(OPEN.format(table))
        yield db


async def at(db: database.Transaction, source: Source, place: str) -> Mark:
    """The mark of the first, a middle or the last row of a table."""
    rows = await db.connection.fetch(f"SELECT xid, id FROM {source} ORDER BY xid, id")
    xid, number = rows[{"first": 0, "middle": len(rows) // 2, "last": -1}[place]]
    return Mark(xid, source, number)


PLACES = pytest.mark.parametrize("place", ["first", "middle", "last"])
SOURCES = pytest.mark.parametrize("source", list(Source))


async def test_a_chain_that_nobody_touched_holds(sealed: database.Database) -> None:
    walk = checks.Walk()
    async with sealed.write() as db:
        assert [each async for each in checks.findings(db, walk, holds, await kept(sealed))] == []
    assert (walk.number, walk.rows, walk.unsealed) == (6, 60, 0)


@SOURCES
@PLACES
@pytest.mark.parametrize("column", ["principal", "at", "origin"])
async def test_a_changed_row_is_found(thief: database.Transaction, source: Source, place: str, column: str) -> None:
    mark = await at(thief, source, place)
    value = "now()" if column == "at" else "'somebody'"
    await thief.connection.execute(f"UPDATE {source} SET {column} = {value} WHERE id = $1", mark.number)
    (only,) = await found(thief)
    assert (only.fault, only.mark) == (Fault.CHANGED, mark)


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
async def test_each_column_of_what_was_done_is_sealed(thief: database.Transaction, change: str) -> None:
    mark = await at(thief, Source.AUDIT, "middle")
    await thief.connection.execute(f"UPDATE audit_entry SET {change} WHERE id = $1", mark.number)
    assert [(each.fault, each.mark) for each in await found(thief)] == [(Fault.CHANGED, mark)]


@pytest.mark.parametrize("change", ["risk = '{}'", "record = record || 9", "operation = 'Other'", "sha256 = ''"])
async def test_each_column_of_who_looked_is_sealed(thief: database.Transaction, change: str) -> None:
    mark = await at(thief, Source.ACCESS, "middle")
    await thief.connection.execute(f"UPDATE access_entry SET {change} WHERE id = $1", mark.number)
    assert [(each.fault, each.mark) for each in await found(thief)] == [(Fault.CHANGED, mark)]


@SOURCES
@PLACES
async def test_a_removed_row_is_found(thief: database.Transaction, source: Source, place: str) -> None:
    mark = await at(thief, source, place)
    await thief.connection.execute(f"DELETE FROM {source} WHERE id = $1", mark.number)
    (only,) = await found(thief)
    assert (only.fault, only.mark) == (Fault.REMOVED, mark)


@SOURCES
@PLACES
async def test_an_inserted_row_is_found(thief: database.Transaction, source: Source, place: str) -> None:
    mark = await at(thief, source, place)
    columns = "at, principal, actor_id, " + (
        "action, subject, subject_id, person_id, reason, details"
        if source is Source.AUDIT
        else "role, risk, record, operation, sha256, origin"
    )
    await thief.connection.execute(
        f"INSERT INTO {source} (xid, id, {columns}) SELECT xid - 1, 900000, {columns} FROM {source} WHERE id = $1",
        mark.number,
    )
    (only,) = await found(thief)
    assert (only.fault, only.mark) == (Fault.INSERTED, Mark(mark.xid - 1, source, 900000))


@SOURCES
@PLACES
async def test_rows_in_one_anothers_place_are_found(thief: database.Transaction, source: Source, place: str) -> None:
    """Two rows that swap their places in the order change both."""
    mark = await at(thief, source, place)
    other = await at(thief, source, "first" if place == "middle" else "middle")
    for number, to in ((mark.number, -1), (other.number, mark.number), (-1, other.number)):
        await thief.connection.execute(f"UPDATE {source} SET id = $2 WHERE id = $1", number, to)
    await thief.connection.execute(
        f"UPDATE {source} SET xid = $1 + $2 - xid WHERE xid IN ($1, $2)", mark.xid, other.xid
    )
    faults = await found(thief)
    assert {each.mark for each in faults} == {mark, other}
    assert {each.fault for each in faults} == {Fault.CHANGED}


@pytest.mark.parametrize("number", [1, 3, 6])
@pytest.mark.parametrize("column", ["at", "rows", "head"])
async def test_a_changed_seal_is_found(thief: database.Transaction, number: int, column: str) -> None:
    values = {"at": "now()", "rows": "set_byte(rows, 40, 255 - get_byte(rows, 40))", "head": "sha256(head)"}
    change = f"UPDATE audit_seal SET {column} = {values[column]} WHERE number = $1"
    await thief.connection.execute(change, number)
    faults = await found(thief)
    assert faults[0].fault is Fault.SEAL_CHANGED
    assert {each.seal for each in faults} == {number}


@pytest.mark.parametrize("number", [1, 3])
async def test_a_removed_seal_is_found(thief: database.Transaction, number: int) -> None:
    await thief.connection.execute("DELETE FROM audit_seal WHERE number = $1", number)
    assert [(each.fault, each.seal) for each in await found(thief)] == [(Fault.SEAL_REMOVED, number)]


async def test_seals_in_one_anothers_place_are_found(thief: database.Transaction) -> None:
    for number, to in ((2, 90), (4, 2), (90, 4)):
        await thief.connection.execute("UPDATE audit_seal SET number = $2 WHERE number = $1", number, to)
    faults = await found(thief)
    assert (faults[0].fault, faults[0].seal) == (Fault.SEAL_CHANGED, 2)


async def test_an_inserted_seal_is_found(thief: database.Transaction) -> None:
    await thief.connection.execute(
        "INSERT INTO audit_seal SELECT 7, at, rows, head, signature FROM audit_seal LIMIT 1"
    )
    assert (Fault.SEAL_CHANGED, 7) in {(each.fault, each.seal) for each in await found(thief)}


async def test_a_cut_off_chain_is_found_by_a_head_kept_elsewhere(
    sealed: database.Database, thief: database.Transaction
) -> None:
    head = await kept(sealed)
    await thief.connection.execute("DELETE FROM audit_seal WHERE number = 6")
    last = (await store.seals(thief, 4, 1))[0]
    end = store.end(last)
    for source in Source:
        await thief.connection.execute(f"DELETE FROM {source} WHERE xid > $1", end.xid)
    assert await found(thief) == []
    assert [(each.fault, each.seal) for each in await found(thief, head)] == [(Fault.HEAD, 6)]


async def rewritten(thief: database.Transaction, sign: Callable[[bytes], bytes]) -> None:
    """All seals made anew over rows of which one was changed."""
    await thief.connection.execute(
        "UPDATE audit_entry SET principal = 'nobody' WHERE id = (SELECT min(id) FROM audit_entry)"
    )
    before, mark = rules.GENESIS, START
    for old in await store.seals(thief, 0, 100):
        entries = await store.through(thief, mark, store.end(old))
        rows = rules.packed(rules.links(before, entries))
        mark, before = store.end(old), rules.head(before, old.number, old.at, rows)
        new = replace(old, rows=rows, head=before, signature=sign(rules.statement(old.number, before)))
        await thief.connection.execute(
            "UPDATE audit_seal SET rows = $2, head = $3, signature = $4 WHERE number = $1",
            *(new.number, new.rows, new.head, new.signature),
        )


async def test_a_chain_written_anew_without_the_key_is_found(thief: database.Transaction) -> None:
    await rewritten(thief, lambda told: hmac.digest(b"another key", told, hashlib.sha256))
    assert {each.fault for each in await found(thief)} == {Fault.SIGNATURE}


async def test_a_chain_written_anew_with_the_key_is_found_by_a_head_kept_elsewhere(
    sealed: database.Database, thief: database.Transaction
) -> None:
    head = await kept(sealed)
    await rewritten(thief, sign)
    assert await found(thief) == []
    assert [each.fault for each in await found(thief, head)] == [Fault.HEAD]


async def test_a_head_that_the_key_did_not_sign_is_told(sealed: database.Database) -> None:
    forged = replace(await kept(sealed), signature=bytes(32))
    async with sealed.write() as db:
        assert [each.fault for each in await found(db, forged)] == [Fault.HEAD]


@pytest.mark.parametrize("table", ["audit_entry", "access_entry", "audit_seal"])
@pytest.mark.parametrize("change", ["UPDATE {} SET at = now()", "DELETE FROM {}", "TRUNCATE {}"])
async def test_even_the_owner_changes_no_row(sealed: database.Database, table: str, change: str) -> None:
    async with sealed.rehearse() as db:
        with pytest.raises(Exception, match="never changed or removed"):
            await db.connection.execute(change.format(table))


async def test_rows_of_an_open_transaction_are_sealed_when_it_ends(own: database.Database) -> None:
    async with own.write() as older:
        note(older, 1)
        await older.settle()
        async with own.write() as younger:
            note(younger, 2)
        assert await seal(own) == 0
    assert await seal(own) == 2
    async with own.write() as db:
        assert await found(db) == []


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
async def test_none_is_passed_by_whatever_the_order_of_commits(
    own: database.Database, order: tuple[int, ...]
) -> None:
    stacks = [AsyncExitStack() for _ in order]
    for number, stack in enumerate(stacks):
        db = await stack.enter_async_context(own.write())
        note(db, number)
        await db.settle()
    rows = 0
    for number in order:
        await stacks[number].aclose()
        rows += await seal(own)
    walk = checks.Walk()
    async with own.write() as db:
        assert [each async for each in checks.findings(db, walk, holds)] == []
    assert (rows, walk.rows, walk.unsealed) == (3, 3, 0)


async def test_one_of_two_sealers_seals(own: database.Database) -> None:
    for number in range(20):
        async with own.write() as db:
            note(db, number)
    rows = await asyncio.gather(*(seal(own) for _ in range(4)))
    assert sorted(rows) == [0, 0, 0, 20]


async def test_a_sealer_that_dies_leaves_nothing_half_done(own: database.Database) -> None:
    async with own.write() as db:
        note(db, 1)
    async with own.rehearse() as db:
        assert await commands.seal(db, NOW, sign) == 1
    assert await seal(own) == 1
    async with own.write() as db:
        assert await found(db) == []


async def test_seals_go_on_where_the_last_one_was_full(own: database.Database) -> None:
    async with own.write() as db:
        for number in range(25):
            note(db, number)
    accesses = Accesses(own)
    for _ in range(7):
        await accesses.write(access(risk=(1,)))
    assert [await seal(own, most=10) for _ in range(5)] == [10, 10, 12, 0, 0]
    async with own.write() as db:
        assert await found(db) == []


MARKS = st.builds(Mark, st.integers(0, 2**63 - 1), st.sampled_from(list(Source)), st.integers(0, 2**63 - 1))
VALUES = st.lists(
    st.none() | st.text() | st.integers() | st.lists(st.integers()) | st.datetimes(timezones=st.just(UTC)), max_size=5
)


@given(MARKS, VALUES, MARKS, VALUES)
def test_two_rows_have_the_same_bytes_only_if_they_are_the_same(
    one: Mark, values: list[Any], other: Mark, others: list[Any]
) -> None:
    shown = [each.isoformat() if isinstance(each, datetime) else each for each in values]
    others_shown = [each.isoformat() if isinstance(each, datetime) else each for each in others]
    assert (rules.canonical(one, values) == rules.canonical(other, others)) == ((one, shown) == (other, others_shown))


@given(st.lists(MARKS, max_size=20))
def test_what_is_packed_comes_back(marks: list[Mark]) -> None:
    sealed = [Sealed(mark, rules.link(b"", str(mark).encode())) for mark in marks]
    assert rules.unpacked(rules.packed(sealed)) == sealed


@pytest.mark.parametrize("rows", [b"short", bytes([9]) + bytes(48)])
def test_what_is_no_row_is_refused(rows: bytes) -> None:
    with pytest.raises(ValueError, match="seal"):
        rules.unpacked(rows)


def test_a_value_that_no_entry_holds_is_refused() -> None:
    with pytest.raises(TypeError, match="float"):
        rules.canonical(START, [1.5])


def test_a_seal_tells_where_it_ends() -> None:
    mark = Mark(7, Source.AUDIT, 3)
    rows = rules.packed(rules.links(rules.GENESIS, [Entry(mark, b"row")]))
    assert store.end(Seal(1, NOW, rows, b"", b"")) == mark
    assert store.end(None) == START


def test_an_actor_does_not_look_at_himself() -> None:
    assert not access(Actor(7, Role.HR, "1."), risk=[7], record=[7]).others
