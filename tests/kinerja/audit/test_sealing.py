"""The sealer beside the service, its key, and the command that looks the chain over."""

import asyncio
import base64
import json
import stat
from contextlib import suppress
from pathlib import Path

import pytest
from pydantic import SecretStr

from domain.audit.facts import Head
from domain.journal import commands as journal
from domain.ports import Act
from domain.wall.rules import ACCESS
from kinerja import database, jobs, logins
from kinerja.audit import keys, sealing, verifying
from kinerja.audit.accesses import Accesses
from tests import made
from tests.conftest import NOW, TODAY
from tests.domain.audit.accesses import HR, access
from tests.kinerja.served import settings_for

SEED = base64.b64encode(bytes(range(32))).decode()
KEY = keys.Key(bytes(range(32)))


async def verified(url: str, head: Head | None = None, key: keys.Key = KEY) -> list[str]:
    """The lines of a verification; the last is the failure, if there was one."""
    lines = []
    try:
        async for line in verifying.verify(url, None, key, head):
            lines.append(line)  # noqa: PERF401 - what came before a failure is kept
    except verifying.ChainBroken as broken:
        lines.append(str(broken))
    return lines


async def test_the_worker_seals_and_what_it_sealed_holds(own_url: str) -> None:
    async with logins.opened(own_url) as data:
        async with data.write() as db:
            people = [await made.person(db) for _ in range(3)]
        accesses = Accesses(data.as_(ACCESS))
        for _ in range(5):
            await accesses.write(access(risk=people))
        assert await sealing.once(data, KEY, most=2) == 5
        assert await sealing.once(data, KEY) == 0
    assert await verified(own_url) == ["5 rows in 3 seals; 0 rows wait to be sealed"]


async def test_it_seals_each_second_until_it_is_ended(
    own: database.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "_EVERY_SECONDS", 0.01)
    running = asyncio.create_task(sealing.run(own, KEY))
    await Accesses(own).write(access(risk=[1]))
    for _ in range(200):
        if await own.read_once("SELECT 1 FROM audit_seal", []):
            break
        await asyncio.sleep(0.02)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert len(await own.read_once("SELECT 1 FROM audit_seal", [])) == 1


async def test_looks_count_what_was_shown_on_a_day(own: database.Database) -> None:
    async with own.write() as db:
        hr = await made.person(db, id=HR.person_id, unit_path="1.")
        seen, other = await made.person(db, unit_path="1.2."), await made.person(db)
    accesses = Accesses(own)
    await accesses.write(access(risk=[seen], record=[seen, other, 987_654]))
    await sealing.once(own, KEY)
    await accesses.write(access(risk=[seen]))
    await sealing.once(own, KEY)
    found = await own.read_once("SELECT person_id, looked, actor_id, times, unit_path FROM look ORDER BY 1, 2", [])
    assert [tuple(row) for row in found if row[0] == seen] == [
        (seen, "RECORD", hr, 1, "1.2."),
        (seen, "RISK", hr, 2, "1.2."),
    ]
    assert [row[1] for row in found if row[0] == other] == ["RECORD"]
    assert len(found) == 3  # who is not in the register has no page to show it on, but stands in the chain


async def test_whoever_changed_a_record_has_looked_at_it_too(own: database.Database) -> None:
    async with own.write() as db:
        hr, person = await made.person(db, id=HR.person_id), await made.person(db)
        act = Act(db, jobs.Queue(), HR, TODAY, NOW)
        for action, about in (("MOVE_PERSON", person), ("MOVE_PERSON", hr), ("account.grant", person), ("X", None)):
            journal.note(act, action, ("incumbency", 1), person=about)
    await sealing.once(own, KEY)
    found = await own.read_once("SELECT person_id, looked, actor_id, role, times FROM look", [])
    assert [tuple(row) for row in found] == [(person, "RECORD", hr, "hr", 1)]


async def test_faults_are_told_with_their_place(own_url: str, own: database.Database) -> None:
    accesses = Accesses(own)
    for _ in range(3):
        await accesses.write(access(risk=[1]))
    await sealing.once(own, KEY)
    async with own.lend() as connection:
        await connection.execute("ALTER TABLE access_entry DISABLE TRIGGER unchangeable")
        await connection.execute("UPDATE access_entry SET risk = '{}' WHERE id = 2")
    lines = await verified(own_url)
    assert lines[0].startswith("access_entry 2 (transaction ")
    assert lines[0].endswith("seal 1) was changed after it was sealed")
    assert lines[-1] == "the audit chain does not hold: 1 faults"


async def test_a_head_comes_back_from_its_file(own_url: str, own: database.Database, tmp_path: Path) -> None:
    assert await verifying.head(own_url, None) is None
    await Accesses(own).write(access(risk=[1]))
    await sealing.once(own, KEY)
    head = await verifying.head(own_url, None)
    assert head is not None
    file = tmp_path / "head.json"
    file.write_text(verifying.written(head, KEY.public))
    assert json.loads(file.read_text())["publicKey"] == KEY.public
    assert verifying.read(file) == head
    assert len(await verified(own_url, head)) == 1
    later = Head(9, head.head, head.signature)
    assert "kept, of seal 9" in (await verified(own_url, later))[0]


async def test_another_key_signed_nothing_here(own_url: str, own: database.Database) -> None:
    await Accesses(own).write(access(risk=[1]))
    await sealing.once(own, KEY)
    lines = await verified(own_url, key=keys.Key(bytes(32)))
    assert lines[0] == "seal 1 was not signed by this key"


@pytest.mark.parametrize("text", ["", "{}", '{"number": 1}', '{"number": 1, "head": "x", "signature": ""}'])
def test_what_is_no_head_is_told(tmp_path: Path, text: str) -> None:
    file = tmp_path / "head.json"
    file.write_text(text)
    with pytest.raises(verifying.HeadInvalid, match="holds no head"):
        verifying.read(file)


def test_a_key_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    made_key = keys.key(settings)
    assert keys.key(settings).public == made_key.public
    assert stat.S_IMODE((tmp_path / keys.FILE).stat().st_mode) == 0o600
    assert made_key.holds(b"told", made_key.sign(b"told"))
    assert not made_key.holds(b"other", made_key.sign(b"told"))


def test_a_key_that_is_set_is_used(tmp_path: Path) -> None:
    assert keys.key(settings_for(tmp_path, audit_key=SecretStr(SEED))).public == KEY.public
    assert not (tmp_path / keys.FILE).exists()


def test_whoever_looks_over_a_chain_makes_no_key(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with pytest.raises(keys.KeyInvalid, match=r"the key that signed the chain is not here.*audit\.key"):
        keys.known(settings)
    assert not (tmp_path / keys.FILE).exists()
    assert keys.key(settings).public == keys.known(settings).public
    set_ = settings_for(tmp_path / "elsewhere", audit_key=SecretStr(SEED))
    assert keys.known(set_).public == KEY.public


@pytest.mark.parametrize("text", ["short", "AAAA", "ä" * 44, SEED[:-4]])
def test_what_is_no_key_is_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(keys.KeyInvalid, match="KINERJA_AUDIT_KEY is no key"):
        keys.key(settings_for(tmp_path, audit_key=SecretStr(text)))


async def test_a_fault_is_told_and_the_sealer_goes_on(
    own: database.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    again, calls = asyncio.Event(), 0

    async def fails_once(*_: object) -> int:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise RuntimeError("a fault of ours")
        again.set()
        return 0

    monkeypatch.setattr(sealing, "once", fails_once)
    monkeypatch.setattr(sealing, "_EVERY_SECONDS", 0.01)
    running = asyncio.create_task(sealing.run(own, KEY))
    try:
        async with asyncio.timeout(5):
            await again.wait()
    finally:
        running.cancel()
        await asyncio.wait([running])
    assert calls > 1
