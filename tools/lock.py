"""Dependency lock: `python -m tools.lock` writes it, `--check` compares it.

docs/decisions/0005-lock.md explains the choice of a hashed requirements file. A compile keeps locked versions
wherever `pyproject.toml` allows them. A check therefore fails for changes of the project, not for releases published
meanwhile.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOCK_GROUPS = {"requirements.txt": [], "requirements-dev.txt": ["--group", "dev"]}
"""Lock files with the extra compile arguments beside the service's own dependencies."""

INDEX_ADDRESS = re.compile(r"^\s*(-i|-f|--(extra-)?index-url|--find-links)\b|://|\s@\s", re.MULTILINE)
"""Package index addresses, forbidden in a lock."""


class LockFailed(Exception):
    """The lock cannot be compiled; the message is one line."""


def compile_lock(project: Path, current: Path, group: list[str]) -> str:
    """Compile the lock of `project`, keeping the versions in `current` where possible.

    Raises:
        LockFailed: no set of versions fits, or the index is unreachable.
    """
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "lock.txt"
        if current.exists():
            shutil.copyfile(current, target)
        command = [
            str(Path(sys.executable).parent / "uv"),
            *("pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-header", "--no-annotate"),
            "--system-certs",  # like pip: an office's own certificate authority is known to the machine, not to uv
            *("--python-version", "3.11", str(project), *group, "--output-file", str(target)),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments
        if done.returncode != 0:
            lines = done.stderr.strip().splitlines() or ["uv said nothing"]
            raise LockFailed(f"cannot lock: {lines[0].strip()}")
        return target.read_text()


def find_lock_faults(project: Path, folder: Path) -> list[str]:
    """Find the faults of the locks in `folder`, one line each."""
    found = []
    for name, group in LOCK_GROUPS.items():
        path = folder / name
        if not path.exists():
            found.append(f"{name} is missing")
            continue
        text = path.read_text()
        if INDEX_ADDRESS.search(text):
            found.append(f"{name} holds the address of an index")
        if compile_lock(project, path, group) != text:
            found.append(f"{name} is not what {project.name} asks for; run `make lock`")
    return found


def write_locks(project: Path, folder: Path) -> None:
    """Write all locks again."""
    for name, group in LOCK_GROUPS.items():
        text = compile_lock(project, folder / name, group)
        (folder / name).write_text(text)


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.lock", description="Write the lock of dependencies.")
    parser.add_argument("--check", action="store_true", help="only tell whether it is current")
    chosen = parser.parse_args(arguments)
    project = ROOT / "pyproject.toml"
    try:
        if not chosen.check:
            write_locks(project, ROOT)
            return 0
        found = find_lock_faults(project, ROOT)
    except LockFailed as failure:
        found = [str(failure)]
    for line in found:
        print(f"lock: {line}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
