"""The demo as whoever types it sees it: the walk, a second start, refusals, and kill -9 in the middle of loading."""

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from domain.actor import Role
from tests.kinerja.conftest import CommandLine

KINERJA = str(Path(sys.executable).parent / "kinerja")
SMALL = ("--employees", "1000", "--quarters", "8", "--seed", "3")
SECONDS = 300


def find_free_port() -> str:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return str(listener.getsockname()[1])


def start_demo(folder: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """Start `kinerja demo` with what a shell of its own would have."""
    command = [KINERJA, "demo", "--data-dir", str(folder), "--port", find_free_port(), *arguments]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("KINERJA_")}
    return subprocess.Popen(
        command, env={**clean, **environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_for_output(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=SECONDS)
    return process.returncode, out, err


def find_servers(folder: Path) -> list[psutil.Process]:
    """PostgreSQL processes of a folder."""
    processes = [(each, " ".join(each.info["cmdline"] or ())) for each in psutil.process_iter(["cmdline"])]
    return [process for process, line in processes if str(folder) in line and "postgres" in line]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "data"


@pytest.fixture(scope="module")
def killed(folder: Path) -> list[psutil.Process]:
    """The PostgreSQL processes killed with the first demo of the folder, in the middle of loading."""
    first = start_demo(folder, *SMALL)
    assert first.stdout
    for line in first.stdout:
        if "database: plans" in line:
            break
    found = find_servers(folder)
    first.send_signal(signal.SIGKILL)
    for process in found:
        process.kill()
    first.wait()
    first.stdout.close()
    assert first.stderr
    first.stderr.close()
    return found


@pytest.fixture(scope="module")
def walked(folder: Path, killed: list[psutil.Process]) -> str:
    """The story of a first walk in the folder, after the kill."""
    code, out, err = wait_for_output(start_demo(folder, *SMALL, "--walk"))
    assert code == 0, f"{out}\n{err}"
    return out


def test_killed_in_the_middle_of_loading_it_starts_again_whole(killed: list[psutil.Process], walked: str) -> None:
    assert killed, "there was no PostgreSQL to kill"
    assert "database: loaded" in walked, "the half that was loaded was taken for the whole"


def test_the_walk_tells_the_whole_loop(walked: str) -> None:
    for number in range(1, 10):
        assert re.search(rf"^{number}  ", walked, re.MULTILINE), f"step {number} is not told"
    assert "The loop is closed" in walked
    assert "true effect" in walked
    assert "SEATS_TAKEN" in walked


def test_nothing_runs_on_after_the_walk(walked: str, folder: Path) -> None:
    assert not find_servers(folder)


def test_there_is_a_token_for_each_role_and_only_we_can_read_them(walked: str, folder: Path) -> None:
    path = folder / "tokens.json"
    tokens = json.loads(path.read_text())
    assert set(tokens) == {role.value for role in Role} - {"service"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_second_walk_goes_on_where_the_first_ended(walked: str, folder: Path) -> None:
    code, out, err = wait_for_output(start_demo(folder, *SMALL, "--walk"))
    assert code == 0, f"{out}\n{err}"
    assert "there already" in out
    assert "The loop is closed" in out
    assert "TRAIN_MODEL" not in out


def test_a_folder_keeps_to_its_province(walked: str, folder: Path, run_command: CommandLine) -> None:
    done = run_command("demo", "--data-dir", str(folder), "--port", find_free_port(), "--employees", "2000")
    assert done.exit_code == 1
    assert done.stderr.count("\n") == 1
    assert "1000 people and 8 quarters" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "environment", "says"),
    [
        (("--employees", "20"), {}, "at least"),
        (("--quarters", "0"), {}, "quarters"),
        ((), {"KINERJA_PROFILE": "development"}, "profile demo"),
        ((), {"KINERJA_PORT": "http"}, "KINERJA_PORT"),
        ((), {"KINERJA_COLOUR": "red"}, "KINERJA_COLOUR"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(
    tmp_path: Path, run_command: CommandLine, arguments: tuple[str, ...], environment: dict[str, str], says: str
) -> None:
    given = ("--data-dir", str(tmp_path / "none"), "--port", find_free_port(), *arguments)
    done = run_command("demo", *given, **environment)
    assert done.exit_code in {1, 2}
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert not done.stdout
    assert not (tmp_path / "none" / "postgres").exists()
