"""The wheel, alone in an environment of its own, plays the whole walk."""

import os
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

import pytest

from tests.kinerja.demo.test_demo import SMALL, find_free_port
from tests.test_house import ROOT


def run(*command: str, **environment: str) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("KINERJA_", "PYTHON"))}
    done = subprocess.run(
        command, cwd="/", env={**clean, **environment}, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.long
def test_the_wheel_installs_into_an_empty_environment_and_walks() -> None:
    with tempfile.TemporaryDirectory(prefix="kinerja-wheel-") as folder:
        there = Path(folder)
        build = [str(Path(sys.executable).parent / "hatchling"), "build", "-t", "wheel", "-d", str(there)]
        subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
        (wheel,) = there.glob("*.whl")
        venv.create(there / "env", with_pip=True)
        pip = [str(there / "env/bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run(*pip, "--require-hashes", "--requirement", str(ROOT / "requirements.txt"))
        run(*pip, "--no-deps", str(wheel))
        began = time.monotonic()
        kinerja = str(there / "env/bin/kinerja")
        told = run(kinerja, "demo", *SMALL, "--walk", "--data-dir", str(there / "data"), "--port", find_free_port())
    assert "The loop is closed" in told
    print(f"\nwheel of {wheel.name}: walked in {time.monotonic() - began:.0f} s in an environment of its own")
