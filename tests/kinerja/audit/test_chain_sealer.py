"""The sealer beside the service, its key, and the command that looks the chain over."""

import asyncio
import base64
import json
import stat
from contextlib import suppress
from pathlib import Path

import pytest
from pydantic import SecretStr

from domain.access.row_security.policies import ACCESS_LOG_LOGIN
from domain.audit import trail
from domain.audit.facts import ChainHead
from domain.ports import CommandContext
from kinerja.audit import chain_sealer, signing_key
from kinerja.audit.access_log import AccessLogWriter
from kinerja.cli import audit
from kinerja.jobs import job_worker
from kinerja.postgres import database, role_pools
from tests import row_factory
from tests.conftest import NOW, TODAY
from tests.domain.audit.access_entries import HR, build_access
from tests.kinerja.sample_api import settings_for

SEED = base64.b64encode(bytes(range(32))).decode()
KEY = signing_key.SigningKey(bytes(range(32)))


async def verified(url: str, head: ChainHead | None = None, key: signing_key.SigningKey = KEY) -> list[str]:
    """The lines of a verification; the last is the failure, if there was one."""
    lines = []
    try:
        async for line in audit.verify_audit_chain(url, None, key, head):
            lines.append(line)  # noqa: PERF401 - what came before a failure is kept
    except audit.ChainBroken as broken:
        lines.append(str(broken))
    return lines


async def test_the_worker_seals_and_what_it_sealed_holds(own_url: str) -> None:
    async with role_pools.open_role_pools(own_url) as data:
        async with data.open_transaction() as db:
            people = [await row_factory.insert_person(db) for _ in range(3)]
        accesses = AccessLogWriter(data.as_login(ACCESS_LOG_LOGIN))
        for _ in range(5):
            await accesses.write_access(build_access(risk=people))
        assert await chain_sealer.seal_pending_rows(data, KEY, max_rows=2) == 5
        assert await chain_sealer.seal_pending_rows(data, KEY) == 0
    assert await verified(own_url) == ["5 rows in 3 seals; 0 rows wait to be sealed"]


async def test_it_seals_each_second_until_it_is_ended(
    own: database.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain_sealer, "_INTERVAL_SECONDS", 0.01)
    running = asyncio.create_task(chain_sealer.run_sealer(own, KEY))
    await AccessLogWriter(own).write_access(build_access(risk=[1]))
    for _ in range(200):
        if await own.fetch_without_snapshot("SELECT 1 FROM audit_seal", []):
            break
        await asyncio.sleep(0.02)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert len(await own.fetch_without_snapshot("SELECT 1 FROM audit_seal", [])) == 1


async def test_looks_count_what_was_shown_on_a_day(own: database.Database) -> None:
    async with own.open_transaction() as db:
        hr = await row_factory.insert_person(db, id=HR.person_id, unit_path="1.")
        seen, other = await row_factory.insert_person(db, unit_path="1.2."), await row_factory.insert_person(db)
    accesses = AccessLogWriter(own)
    await accesses.write_access(build_access(risk=[seen], record=[seen, other, 987_654]))
    await chain_sealer.seal_pending_rows(own, KEY)
    await accesses.write_access(build_access(risk=[seen]))
    await chain_sealer.seal_pending_rows(own, KEY)
    found = await own.fetch_without_snapshot(
        "SELECT person_id, looked, actor_id, times, unit_path FROM look ORDER BY 1, 2", []
    )
    assert [tuple(row) for row in found if row[0] == seen] == [
        (seen, "RECORD", hr, 1, "1.2."),
        (seen, "RISK", hr, 2, "1.2."),
    ]
    assert [row[1] for row in found if row[0] == other] == ["RECORD"]
    assert len(found) == 3  # who is not in the register has no page to show it on, but stands in the chain


async def test_whoever_changed_a_record_has_looked_at_it_too(own: database.Database) -> None:
    async with own.open_transaction() as db:
        hr, person = await row_factory.insert_person(db, id=HR.person_id), await row_factory.insert_person(db)
        act = CommandContext(db, job_worker.JobQueue(), HR, TODAY, NOW)
        for action, about in (("MOVE_PERSON", person), ("MOVE_PERSON", hr), ("account.grant", person), ("X", None)):
            trail.write_audit_entry(act, action, ("incumbency", 1), person_id=about)
    await chain_sealer.seal_pending_rows(own, KEY)
    found = await own.fetch_without_snapshot("SELECT person_id, looked, actor_id, role, times FROM look", [])
    assert [tuple(row) for row in found] == [(person, "RECORD", hr, "hr", 1)]


async def test_faults_are_told_with_their_place(own_url: str, own: database.Database) -> None:
    accesses = AccessLogWriter(own)
    for _ in range(3):
        await accesses.write_access(build_access(risk=[1]))
    await chain_sealer.seal_pending_rows(own, KEY)
    async with own.lend_connection() as connection:
        await connection.execute("ALTER TABLE access_entry DISABLE TRIGGER unchangeable")
        await connection.execute("UPDATE access_entry SET risk = '{}' WHERE id = 2")
    lines = await verified(own_url)
    assert lines[0].startswith("access_entry 2 (transaction ")
    assert lines[0].endswith("seal 1) was changed after it was sealed")
    assert lines[-1] == "the audit chain does not hold: 1 faults"


async def test_a_head_comes_back_from_its_file(own_url: str, own: database.Database, tmp_path: Path) -> None:
    assert await audit.fetch_audit_head(own_url, None) is None
    await AccessLogWriter(own).write_access(build_access(risk=[1]))
    await chain_sealer.seal_pending_rows(own, KEY)
    head = await audit.fetch_audit_head(own_url, None)
    assert head is not None
    file = tmp_path / "head.json"
    file.write_text(audit.format_audit_head(head, KEY.public_hex))
    assert json.loads(file.read_text())["publicKey"] == KEY.public_hex
    assert audit.read_audit_head_file(file) == head
    assert len(await verified(own_url, head)) == 1
    later = ChainHead(9, head.head, head.signature)
    assert "kept, of seal 9" in (await verified(own_url, later))[0]


async def test_another_key_signed_nothing_here(own_url: str, own: database.Database) -> None:
    await AccessLogWriter(own).write_access(build_access(risk=[1]))
    await chain_sealer.seal_pending_rows(own, KEY)
    lines = await verified(own_url, key=signing_key.SigningKey(bytes(32)))
    assert lines[0] == "seal 1 was not signed by this key"


@pytest.mark.parametrize("text", ["", "{}", '{"number": 1}', '{"number": 1, "head": "x", "signature": ""}'])
def test_what_is_no_head_is_told(tmp_path: Path, text: str) -> None:
    file = tmp_path / "head.json"
    file.write_text(text)
    with pytest.raises(audit.HeadFileInvalid, match="holds no head"):
        audit.read_audit_head_file(file)


def test_a_key_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    made_key = signing_key.load_or_create_signing_key(settings)
    assert signing_key.load_or_create_signing_key(settings).public_hex == made_key.public_hex
    assert stat.S_IMODE((tmp_path / signing_key.KEY_FILE).stat().st_mode) == 0o600
    assert made_key.verify_signature(b"told", made_key.sign_message(b"told"))
    assert not made_key.verify_signature(b"other", made_key.sign_message(b"told"))


def test_a_key_that_is_set_is_used(tmp_path: Path) -> None:
    assert (
        signing_key.load_or_create_signing_key(settings_for(tmp_path, audit_key=SecretStr(SEED))).public_hex
        == KEY.public_hex
    )
    assert not (tmp_path / signing_key.KEY_FILE).exists()


def test_whoever_looks_over_a_chain_makes_no_key(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with pytest.raises(signing_key.SigningKeyInvalid, match=r"the key that signed the chain is not here.*audit\.key"):
        signing_key.load_existing_signing_key(settings)
    assert not (tmp_path / signing_key.KEY_FILE).exists()
    assert (
        signing_key.load_or_create_signing_key(settings).public_hex
        == signing_key.load_existing_signing_key(settings).public_hex
    )
    set_ = settings_for(tmp_path / "elsewhere", audit_key=SecretStr(SEED))
    assert signing_key.load_existing_signing_key(set_).public_hex == KEY.public_hex


@pytest.mark.parametrize("text", ["short", "AAAA", "ä" * 44, SEED[:-4]])
def test_what_is_no_key_is_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(signing_key.SigningKeyInvalid, match="KINERJA_AUDIT_KEY is no key"):
        signing_key.load_or_create_signing_key(settings_for(tmp_path, audit_key=SecretStr(text)))


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

    monkeypatch.setattr(chain_sealer, "seal_pending_rows", fails_once)
    monkeypatch.setattr(chain_sealer, "_INTERVAL_SECONDS", 0.01)
    running = asyncio.create_task(chain_sealer.run_sealer(own, KEY))
    try:
        async with asyncio.timeout(5):
            await again.wait()
    finally:
        running.cancel()
        await asyncio.wait([running])
    assert calls > 1
