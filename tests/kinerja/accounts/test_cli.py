"""Accounts from the command line, as processes."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from kinerja import clock, database
from tests import made
from tests.kinerja.accounts.conftest import PASSWORD


@pytest.fixture
async def person(module_data: database.Database) -> int:
    """The number of somebody who has no account."""
    async with module_data.write() as db:
        return await made.person(db)


def kinerja(url: str, folder: Path, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KINERJA_")}
    settings = {"KINERJA_DATA_DIR": str(folder), "KINERJA_DATABASE_URL": url, "KINERJA_PROFILE": "development"}
    command = [str(Path(sys.executable).with_name("kinerja")), *arguments]
    return subprocess.run(
        command, env=kept | settings, input=given, capture_output=True, text=True, timeout=60, check=False
    )


async def test_an_account_is_made_and_listed_and_its_password_is_no_argument(
    module_url: str, tmp_path: Path, person: int
) -> None:
    add = ("user", "add", "budi.santoso", "--person", str(person))
    weak = kinerja(module_url, tmp_path, *add, given="budi.santoso1\n")
    assert (weak.returncode, weak.stderr) == (1, "kinerja: The password holds the login name.\n")
    done = kinerja(module_url, tmp_path, *add, given=f"{PASSWORD}\n")
    assert done.returncode == 0, done.stderr
    number = done.stdout.split()[2]
    assert done.stdout == f"budi.santoso: grant {number} employee\n"
    listed = kinerja(module_url, tmp_path, "user", "list")
    assert f"budi.santoso\tperson {person}\topen\t{number} employee\n" in listed.stdout
    wrong = kinerja(module_url, tmp_path, "user", "grant", "budi.santoso", "hr")
    assert (wrong.returncode, wrong.stderr) == (1, "kinerja: The role hr needs a unit.\n")
    nobody = kinerja(module_url, tmp_path, "user", "disable", "nobody.here")
    assert (nobody.returncode, nobody.stderr) == (1, "kinerja: There is no account 'nobody.here'.\n")


async def test_a_service_account_shows_its_token_once(module_url: str, tmp_path: Path) -> None:
    last = (clock.now() + timedelta(days=30)).date().isoformat()
    done = kinerja(module_url, tmp_path, "service-account", "add", "payroll", "--expires", last)
    assert done.returncode == 0, done.stderr
    token = done.stdout.strip()
    assert token.startswith("kns_")
    listed = kinerja(module_url, tmp_path, "service-account", "list").stdout
    assert f"payroll\t{token[:8]}…\tall\t{last}\tnever used\topen\n" in listed
    assert token not in listed
