"""Opens the page of a demo of its own in Chromium, the network cut: `python -m tests.explorer [picture]`.

It needs node as `make test-explorer` brings it, and Debian's Chromium, which it installs where it may.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.clients import server
from tests.clients.suites import ROOT

DATA: Final = ROOT / "var" / "explorer"
NODE: Final = ROOT / ".venv-clients" / "node" / "tools" / "node"
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
APT: Final = "/usr/bin/apt-get"
INSTALL: Final = (APT, "install", "--yes", "--no-install-recommends", "chromium")


class BrowserMissing(Exception):
    """There is no Chromium, and it cannot be installed from here."""


def browser() -> str:
    """The path of a Chromium, that of `CHROMIUM` first; installed anew as root on Debian.

    Raises:
        NoBrowser: there is none.
    """
    found = os.environ.get("CHROMIUM") or _find_browser()
    if found is None and os.geteuid() == 0 and Path(APT).exists():
        print("Installing Debian's chromium ...", flush=True)
        subprocess.run([APT, "update", "--quiet=2"], check=False)
        subprocess.run(INSTALL, check=False)
        found = _find_browser()
    if found is None:
        raise BrowserMissing(
            f"no Chromium here: install it (as root: {' '.join(INSTALL)}), or set CHROMIUM to its path"
        )
    return found


def _find_browser() -> str | None:
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def main(arguments: Sequence[str]) -> int:
    """Run as a command; the exit code."""
    picture = Path(arguments[0]) if arguments else DATA.with_suffix(".png")
    try:
        chromium = browser()
        with server.serve_demo(DATA, {}) as address:
            command = [str(NODE), "check.mjs", f"{address}/", str(picture.resolve())]
            return subprocess.run(
                command, cwd=ROOT / "explorer", env={**os.environ, "CHROMIUM": chromium}, check=False
            ).returncode
    except (BrowserMissing, server.ServerNotServing) as error:
        print(f"explorer: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
