"""The lock: made from the project, checked against it, free of addresses. uv is replaced: tests reach no index."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tools import lock

PIN = "left==1.0 \\\n    --hash=sha256:" + "0" * 64 + "\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose compile gives what the file `wanted` holds, after what was locked before."""
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    (tmp_path / "wanted").write_text(PIN)

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        wanted = (tmp_path / "wanted").read_text()
        if wanted.startswith("error"):
            return subprocess.CompletedProcess(command, 1, "", wanted)
        Path(command[command.index("--output-file") + 1]).write_text(wanted)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    return tmp_path / "pyproject.toml"


def test_what_was_written_is_current(project: Path, tmp_path: Path) -> None:
    lock.write_locks(project, tmp_path)
    assert lock.find_lock_faults(project, tmp_path) == []


def test_a_change_of_the_project_makes_it_stale(project: Path, tmp_path: Path) -> None:
    lock.write_locks(project, tmp_path)
    (tmp_path / "wanted").write_text(PIN.replace("1.0", "2.0"))
    assert [
        fault for fault in lock.find_lock_faults(project, tmp_path) if "make lock" in fault
    ] == lock.find_lock_faults(project, tmp_path)
    assert len(lock.find_lock_faults(project, tmp_path)) == 2


def test_a_missing_file_is_a_fault(project: Path, tmp_path: Path) -> None:
    lock.write_locks(project, tmp_path)
    (tmp_path / "requirements.txt").unlink()
    assert lock.find_lock_faults(project, tmp_path) == ["requirements.txt is missing"]


@pytest.mark.parametrize(
    "line", ["--index-url https://index.example/simple\n", "-f wheels\n", "left @ file:///left\n"]
)
def test_an_address_is_a_fault(project: Path, tmp_path: Path, line: str) -> None:
    (tmp_path / "wanted").write_text(line + PIN)
    lock.write_locks(project, tmp_path)
    assert "requirements.txt holds the address of an index" in lock.find_lock_faults(project, tmp_path)


def test_a_failing_lock_is_a_single_line(project: Path, tmp_path: Path) -> None:
    (tmp_path / "wanted").write_text("error: no version does\nbecause")
    with pytest.raises(lock.LockFailed, match=r"^cannot lock: error: no version does$"):
        lock.write_locks(project, tmp_path)


def test_the_committed_locks_are_hashed_and_without_addresses() -> None:
    for name in lock.LOCK_GROUPS:
        text = (lock.ROOT / name).read_text()
        assert not lock.INDEX_ADDRESS.search(text)
        pins = re.findall(r"^[a-z0-9].*$", text, re.MULTILINE)
        assert len(pins) > 30
        assert all("==" in pin and pin.endswith("\\") for pin in pins)


def test_no_locked_package_is_named_like_a_room() -> None:
    rooms = {"schema", "resolvers", "domain", "training", "ml", "migrations", "kinerja", "bench", "tests"}
    locked = re.findall(r"^([a-z0-9_.-]+)==", (lock.ROOT / "requirements-dev.txt").read_text(), re.MULTILINE)
    assert not rooms & set(locked)
