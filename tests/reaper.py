"""Process reaper: ends the processes left by a test run, and removes its temporary folder.

Runs as a process beside the tests, and reads a pipe held by the run alone: the kernel closes the pipe at every end of
the run, SIGKILL included.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

PATIENCE = 10
"""Seconds to wait for a PostgreSQL before SIGKILL, and for a folder to become empty."""


def start_reaper() -> Callable[[], None]:
    """Make the temporary folder of this run and start its reaper; gives the function to end both."""
    usual = tempfile.gettempdir()
    folder = tempfile.mkdtemp(prefix="kinerja-tests-")
    Path(folder).chmod(0o711)  # the account of PostgreSQL passes through
    # Its own session: a Ctrl-C at the terminal must not end it.
    reaper = subprocess.Popen(
        [sys.executable, __file__, folder], stdin=subprocess.PIPE, start_new_session=True, cwd="/"
    )
    os.environ["TMPDIR"] = tempfile.tempdir = folder

    def end() -> None:
        os.environ["TMPDIR"] = tempfile.tempdir = usual
        reaper.communicate()

    return end


def find_processes(folder: str) -> list[psutil.Process]:
    """Live processes with `folder` as temporary folder, or with its path in their command line."""
    mine = {os.getpid(), os.getppid()}
    found = []
    for process in psutil.process_iter(["cmdline", "environ"], ad_value=None):
        environment = process.info["environ"] or {}
        places = [environment.get("TMPDIR", ""), *(process.info["cmdline"] or [])]
        if process.pid not in mine and any(folder in place for place in places):
            found.append(process)
    return found


def end_processes(processes: list[psutil.Process]) -> None:
    """End processes: SIGQUIT, an immediate shutdown, for PostgreSQL and SIGKILL for the rest."""
    for process in processes:
        try:
            # A PostgreSQL ended by SIGKILL would leave its shared memory behind.
            process.send_signal(signal.SIGQUIT if process.name() == "postgres" else signal.SIGKILL)
        except psutil.NoSuchProcess:
            continue
    _, alive = psutil.wait_procs(processes, timeout=PATIENCE)
    for process in alive:
        process.kill()


def clean_up(folder: str) -> None:
    """End the processes of `folder`, and remove it."""
    end = time.monotonic() + PATIENCE
    while (processes := find_processes(folder)) and time.monotonic() < end:
        # PostgreSQL last: whoever uses it might start it again.
        users = [process for process in processes if process.name() != "postgres"]
        end_processes(users or processes)
    while Path(folder).exists() and time.monotonic() < end:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.stdin.buffer.read()
    clean_up(sys.argv[1])
