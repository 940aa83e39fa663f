"""A test run that is killed leaves no PostgreSQL, no process and no folder behind."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.reaper import find_processes
from tests.test_house import ROOT

CONFTEST = """
from tests.reaper import start_reaper

def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        config.add_cleanup(start_reaper())
"""

WAITS = """
import os, pathlib, subprocess, tempfile, time
from kinerja.postgres import embedded

def test_waits():
    here = pathlib.Path(os.environ["HERE"])
    folder = pathlib.Path(tempfile.mkdtemp())
    subprocess.run(["/bin/cp", "-Rp", os.environ["CLUSTER"], str(folder)], check=True)
    cluster = embedded.Cluster(folder / pathlib.Path(os.environ["CLUSTER"]).name)
    cluster.start()
    (here / "partial").write_text(f"{os.getpid()} {cluster.folder}")
    (here / "partial").rename(here / "started")
    time.sleep(60)
"""


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_this_run_has_a_reaper(server: Callable[[str], str]) -> None:
    folder = Path(tempfile.gettempdir())
    assert folder.name.startswith("kinerja-tests-")
    reapers = [
        process for process in psutil.process_iter(["cmdline"]) if str(folder) in (process.info["cmdline"] or ())
    ]
    assert len(reapers) == 1
    assert "KINERJA_DATABASE_URL" in os.environ or str(folder).replace("/", "%2F") in server("x").replace("/", "%2F")


# pytest-xdist waits ten seconds for the worker after a Ctrl-C.
@pytest.mark.parametrize("victim", ["run", "worker", pytest.param("interrupt", marks=pytest.mark.long)])
def test_a_killed_run_leaves_nothing_behind(made_cluster: Path, tmp_path: Path, victim: str) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_waits.py").write_text(WAITS)
    command = [sys.executable, "-m", "pytest", "-n", "1", "-p", "no:randomly", "-p", "no:cacheprovider"]
    environment = os.environ | {"HERE": str(tmp_path), "CLUSTER": str(made_cluster), "PYTHONPATH": str(ROOT)}
    with (tmp_path / "output").open("wb") as output:
        run = subprocess.Popen(
            [*command, "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(tmp_path), str(tmp_path)],
            cwd=tmp_path, env=environment, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    wait_for(lambda: (tmp_path / "started").exists() or run.poll() is not None)
    worker, _, cluster = (tmp_path / "started").read_text().partition(" ")
    (folder,) = [path for path in Path(cluster).parents if path.name.startswith("kinerja-tests-")][:1]
    running = [process.name() for process in find_processes(str(folder))]
    assert "postgres" in running
    match victim:
        case "run":
            run.kill()
        case "worker":
            os.kill(int(worker), signal.SIGKILL)
        case _:
            os.killpg(run.pid, signal.SIGINT)
    run.wait(60)
    wait_for(lambda: not folder.exists())
    assert find_processes(str(folder)) == []
