"""The lock of dependencies: `python -m tools.lock` writes it, `--check` tells whether it is what would be written.

docs/decisions/0005-lock.md says why it is a hashed requirements file. A compile takes the versions that are already
locked wherever `pyproject.toml` allows them, so a check fails for what the project changed, not for what was
published meanwhile.
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
"""Each file, and what its compile takes besides the service's own dependencies."""

INDEX_ADDRESS = re.compile(r"^\s*(-i|-f|--(extra-)?index-url|--find-links)\b|://|\s@\s", re.MULTILINE)
"""What no lock may hold: where packages were found."""


class LockFailed(Exception):
    """The lock cannot be made; the message is one line."""


def compile_lock(project: Path, current: Path, group: list[str]) -> str:
    """The text of a lock for `project`, with the versions in the file `current` where they still do.

    Raises:
        LockFailed: no set of versions does, or the index cannot be reached.
    """
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "lock.txt"
        if current.exists():
            shutil.copyfile(current, target)
        command = [
            str(Path(sys.executable).parent / "uv"),
            *("pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-header", "--no-annotate"),
            "--system-certs",  # as pip does: an office's own authority is known to the machine, not to uv
            *("--python-version", "3.11", str(project), *group, "--output-file", str(target)),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments
        if done.returncode != 0:
            lines = done.stderr.strip().splitlines() or ["uv said nothing"]
            raise LockFailed(f"cannot lock: {lines[0].strip()}")
        return target.read_text()


def find_lock_faults(project: Path, folder: Path) -> list[str]:
    """What is wrong with the locks in `folder`, a line each."""
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
    """Write the locks anew."""
    for name, group in LOCK_GROUPS.items():
        text = compile_lock(project, folder / name, group)
        (folder / name).write_text(text)


def main(arguments: list[str]) -> int:
    """Run as a command; the exit code."""
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
