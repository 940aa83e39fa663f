"""The command line: in this process for its words, as a process for its end."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from domain.actor import Actor, Role
from kinerja import business_date
from kinerja.auth import authenticator
from tests.conftest import copy_cluster
from tests.kinerja.conftest import CommandLine
from tests.kinerja.sample_api import SECRET


def kinerja(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KINERJA_")}
    given = {"KINERJA_DATA_DIR": str(folder), **{f"KINERJA_{name}": value for name, value in settings.items()}}
    command = [str(Path(sys.executable).with_name("kinerja")), *arguments]
    return subprocess.run(command, env=kept | given, capture_output=True, text=True, timeout=60, check=False)


def test_a_token_says_whom_it_was_asked_for(tmp_path: Path, run_command: CommandLine) -> None:
    settings = {"KINERJA_DATA_DIR": str(tmp_path), "KINERJA_TOKEN_SECRET": SECRET}
    done = run_command("token", "--role", "hr", "--person", "412", "--unit-path", "1.2.", **settings)
    assert done.exit_code == 0, done.stderr
    assert authenticator.DemoTokens(SECRET).authenticate(done.stdout.strip(), business_date.utc_now()).actor == Actor(
        412, Role.HR, "1.2."
    )


@pytest.mark.parametrize(
    ("arguments", "settings", "told"),
    [
        (["token", "--role", "hr"], {"PORT": "x"}, "kinerja: KINERJA_PORT: "),
        (["serve"], {"PROFILE": "production"}, "kinerja: the production profile needs KINERJA_TOKEN_SECRET"),
        (
            ["token", "--role", "hr"],
            {"PROFILE": "production", "TOKEN_SECRET": SECRET},
            "kinerja: tokens are handed out in the demo profile alone",
        ),
        (
            ["token", "--role", "hr"],
            {"PROFILE": "development"},
            "kinerja: tokens are handed out in the demo profile alone",
        ),
        (["worker"], {"PORT": "x"}, "kinerja: KINERJA_PORT: "),
    ],
)
def test_what_an_operator_can_mend_is_one_line_and_exit_2(
    tmp_path: Path, run_command: CommandLine, arguments: list[str], settings: dict[str, str], told: str
) -> None:
    given = {"KINERJA_DATA_DIR": str(tmp_path), **{f"KINERJA_{name}": value for name, value in settings.items()}}
    done = run_command(*arguments, **given)
    assert done.exit_code == 2
    assert done.stderr.startswith(told)
    assert len(done.stderr.splitlines()) == 1


def test_as_a_process_it_ends_with_one_line_and_exit_2(tmp_path: Path) -> None:
    done = kinerja(tmp_path, "worker", PORT="x")
    assert done.returncode == 2
    assert done.stderr.startswith("kinerja: KINERJA_PORT: ")
    assert len(done.stderr.splitlines()) == 1


def test_a_database_that_is_away_is_one_line_and_exit_1(tmp_path: Path) -> None:
    done = kinerja(tmp_path, "migrate", DATABASE_URL=f"postgresql://nobody@/none?host={tmp_path}")
    assert (done.returncode, done.stderr) == (1, "kinerja: the database cannot be reached\n")


def test_migrate_works_on_the_database_of_its_own(made_cluster: Path, folder: Path, run_command: CommandLine) -> None:
    data = copy_cluster(made_cluster, folder)
    up = kinerja(data, "migrate", LOG_LEVEL="error")
    assert not (data / "postgres" / "postmaster.pid").exists()
    checked = run_command("migrate", "--check", KINERJA_DATA_DIR=str(data))
    wrong = run_command("migrate", "--to", "nonsense", KINERJA_DATA_DIR=str(data))
    assert (up.returncode, up.stderr) == (0, "")
    assert checked.exit_code == 0, checked.stderr
    assert wrong.exit_code == 1
    assert "nonsense" in wrong.stderr
    assert len(wrong.stderr.splitlines()) == 1
    assert not (data / "postgres" / "postmaster.pid").exists()
