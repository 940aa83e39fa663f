"""Accounts from the command line: as a process where stdin and the exit count, and else within the test's own."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import argon2.profiles
import pytest

from domain.account import rules, store
from domain.account import sign_in as sign_in_commands
from domain.actor import SYSTEM_ACTOR
from domain.audit.tables import AuditEntryRow
from domain.people.tables import PersonRow
from domain.ports import CommandContext, Db
from kinerja import business_date
from kinerja.auth import opaque_tokens, password_hasher
from kinerja.jobs import job_worker
from kinerja.postgres import database
from tests import row_factory
from tests.kinerja.auth.conftest import PASSWORD
from tests.kinerja.conftest import CommandLine


@pytest.fixture
def kinerja(
    run_command: CommandLine, module_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    """Runs a command on the module's database; its hashes are cheap."""
    cheap = partial(password_hasher.PasswordHasher, argon2.profiles.CHEAPEST)
    monkeypatch.setattr(password_hasher, "PasswordHasher", cheap)
    return partial(run_command, **_settings(module_url, tmp_path))


def _settings(url: str, folder: Path) -> dict[str, str]:
    return {"KINERJA_DATA_DIR": str(folder), "KINERJA_DATABASE_URL": url, "KINERJA_PROFILE": "development"}


def print_includes(url: str, what: Callable[[Db], Awaitable[Any]]) -> Any:
    """What comes of something in a transaction, outside of any event loop."""

    async def run() -> Any:
        async with database.open_database(url) as data, data.open_transaction() as db:
            return await what(db)

    return asyncio.run(run())


def someone(url: str) -> tuple[int, str]:
    """Somebody who has no account: their number and NIP."""

    async def make(db: Db) -> tuple[int, str]:
        number = await row_factory.insert_person(db)
        (nip,) = [row["nip"] for row in await row_factory.fetch_table_rows(db, PersonRow) if row["id"] == number]
        return number, nip

    number, nip = print_includes(url, make)
    return int(number), str(nip)


def account(url: str, kinerja: CommandLine, login: str) -> tuple[int, int]:
    """A new account: the numbers of its person and of its grant."""
    number, _ = someone(url)
    done = kinerja("user", "add", login, "--person", str(number), given=f"{PASSWORD}\n")
    assert done.exit_code == 0, done.stderr
    return number, int(done.stdout.split()[2])


async def sign_in_at(db: Db, login: str) -> int:
    """Begin a session without its password; its number."""
    act = CommandContext(
        db, job_worker.JobQueue(), SYSTEM_ACTOR, rules.real_date(business_date.utc_now()), business_date.utc_now()
    )
    found = await store.load_account(db, login)
    assert found is not None
    (grant, *_) = await store.load_grants(db, found.id, act.today)
    token = opaque_tokens.create_refresh_token()
    return (
        await sign_in_commands.start_session(act, found, grant, token.family_sha256, token.link_sha256)
    ).session_id


def test_as_a_process_it_reads_the_password_from_stdin_and_ends_with_a_status(
    module_url: str, tmp_path: Path
) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KINERJA_")}
    number, _ = someone(module_url)
    command = [str(Path(sys.executable).with_name("kinerja")), "user", "add", "budi", "--person", str(number)]

    def run(given: bytes) -> tuple[int, str]:
        environment = kept | _settings(module_url, tmp_path)
        done = subprocess.run(command, env=environment, input=given, capture_output=True, timeout=60, check=False)
        return done.returncode, (done.stdout + done.stderr).decode()

    assert run(b"budi and budi\n") == (1, "kinerja: The password holds the login name.\n")
    code, said = run(f"{PASSWORD}\n".encode())
    assert (code, said.split()[-1]) == (0, "employee")


def test_a_person_is_named_by_nip_or_number(module_url: str, kinerja: CommandLine) -> None:
    number, nip = someone(module_url)
    for written, code, said in (
        ("198609262015051", 2, "--person takes a NIP, which has 18 digits, or the number of a person"),
        ("-3", 2, "--person takes a NIP, which has 18 digits, or the number of a person"),
        ("999999999999999999", 1, "There is no person with this NIP."),
        ("999999999", 1, "There is no person 999999999."),
    ):
        done = kinerja("user", "add", "by.nip", "--person", written, given=f"{PASSWORD}\n")
        assert (done.exit_code, done.stderr) == (code, f"kinerja: {said}\n")
    spaced = f"{nip[:8]} {nip[8:14]} {nip[14]} {nip[15:]}"
    done = kinerja("user", "add", "by.nip", "--person", spaced, given=f"{PASSWORD}\n")
    assert done.exit_code == 0, done.stderr
    assert f"by.nip\tperson {number}\topen\t" in kinerja("user", "list").stdout


def test_what_cannot_be_made_is_told_in_a_sentence(module_url: str, kinerja: CommandLine) -> None:
    number, _ = account(module_url, kinerja, "agus")
    other, _ = someone(module_url)
    add = ("user", "add")
    for arguments, code, said in (
        ((*add, "agus", "--person", str(other)), 1, "There is an account 'agus' already."),
        ((*add, "agus.2", "--person", str(number)), 1, "This person has the account 'agus' already."),
        ((*add, "Agus!", "--person", str(other)), 2, "login: String should match pattern"),
        ((*add, "agus.3", "--person", str(other), "--role", "hr", "--unit", ""), 2, "unit: String should have"),
        (("user", "grant", "agus", "hr"), 1, "The role hr needs a unit."),
        (("user", "grant", "agus", "hr", "--unit", "NOWHERE"), 1, "There is no unit 'NOWHERE'."),
        (("user", "grant", "agus", "hr", "--unit", ""), 2, "unit: String should have at least 1 character"),
        (("user", "revoke-grant", "999999"), 1, "There is no grant 999999, or it was taken back before."),
        (("user", "disable", "nobody.here"), 1, "There is no account 'nobody.here'."),
        (("user", "sessions", "nobody.here"), 1, "There is no account 'nobody.here'."),
    ):
        done = kinerja(*arguments, given=f"{PASSWORD}\n")
        assert (done.exit_code, done.stdout) == (code, ""), arguments
        assert done.stderr.startswith(f"kinerja: {said}"), arguments
    assert kinerja("user", "revoke-grant", str(2**63)).exit_code == 2
    assert "agus." not in kinerja("user", "list").stdout, "nothing is half made"


def test_an_account_is_switched_off_and_on_and_unlocked(module_url: str, kinerja: CommandLine) -> None:
    account(module_url, kinerja, "dewi")

    async def fail(db: Db) -> None:
        act = CommandContext(
            db, job_worker.JobQueue(), SYSTEM_ACTOR, rules.real_date(business_date.utc_now()), business_date.utc_now()
        )
        for _ in range(5):
            await sign_in_commands.count_attempt(act, "dewi")

    def state() -> str:
        (line,) = [line for line in kinerja("user", "list").stdout.splitlines() if line.startswith("dewi\t")]
        return line.split("\t")[2]

    print_includes(module_url, fail)
    assert state() == "locked"
    assert kinerja("user", "unlock", "dewi").exit_code == 0
    assert state() == "open"
    assert kinerja("user", "disable", "dewi").exit_code == 0
    assert state() == "disabled"
    assert kinerja("user", "enable", "dewi").exit_code == 0
    assert state() == "open"


def test_sessions_are_listed_and_ended(module_url: str, kinerja: CommandLine) -> None:
    _, grant = account(module_url, kinerja, "rina")
    number = print_includes(module_url, lambda db: sign_in_at(db, "rina"))
    listed = kinerja("user", "sessions", "rina").stdout
    assert listed.startswith(f"{number}\temployee\t{business_date.utc_now():%Y-%m-}")
    for ends in (
        ("user", "revoke", "rina"),
        ("user", "revoke-grant", str(grant)),
    ):
        done = kinerja(*ends)
        assert done.exit_code == 0, done.stderr
        assert kinerja("user", "sessions", "rina").stdout == ""
        again = kinerja("user", "grant", "rina", "employee", "--last", "2099-12-31")
        assert again.stdout.endswith(" employee\n")
        grant = int(again.stdout.split()[2])
        print_includes(module_url, lambda db: sign_in_at(db, "rina"))
    assert kinerja("user", "password", "rina", given="kata sandi yang baru\n").exit_code == 0
    assert kinerja("user", "sessions", "rina").stdout == ""


def test_a_service_account_shows_its_token_once_and_is_ended(kinerja: CommandLine) -> None:
    last = rules.real_date(business_date.utc_now() + timedelta(days=30)).isoformat()
    done = kinerja("service-account", "add", "payroll", "--expires", last)
    assert done.exit_code == 0, done.stderr
    token = done.stdout.strip()
    assert token.startswith("kns_")
    listed = kinerja("service-account", "list").stdout
    assert f"payroll\t{token[:8]}…\tall\t{last}\tnever used\topen\n" in listed
    assert token not in listed
    assert kinerja("service-account", "revoke", "payroll").exit_code == 0
    assert "\tnever used\trevoked\n" in kinerja("service-account", "list").stdout
    again = kinerja("service-account", "add", "payroll", "--expires", last)
    assert "a name is never given again" in again.stderr


def test_what_is_done_is_for_the_auditors_of_the_persons_unit(module_url: str, kinerja: CommandLine) -> None:
    number, _ = account(module_url, kinerja, "sari")
    kinerja("user", "disable", "sari")

    async def entries(db: Db) -> list[tuple[str, str | None, str]]:
        rows = [row for row in await row_factory.fetch_table_rows(db, AuditEntryRow) if row["person_id"] == number]
        return [(row["action"], row["unit_path"], row["origin"]) for row in rows]

    assert print_includes(module_url, entries) == [
        (action, "1.", "command line") for action in ("account.add", "account.grant", "account.disable")
    ]
