"""Servers as processes: start, readiness, processor time, memory and end."""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import psutil

from kinerja.errors import OperatorError

START_SECONDS: Final = 60.0
"""Timeout in seconds of a server's first answer."""

_END_SECONDS: Final = 10.0


class BenchServerFailed(OperatorError):
    """A server did not start."""


@dataclass(frozen=True, slots=True)
class ServerProgram:
    """Program of a server: command, variables, folder, and readiness path.

    The path answers once the server is up.
    """

    command: Sequence[str]
    variables: Mapping[str, str]
    folder: Path
    health: str


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """A running server."""

    name: str
    port: int
    process: psutil.Process
    output: IO[bytes]

    @property
    def address(self) -> str:
        """Address of the server."""
        return f"http://127.0.0.1:{self.port}"

    def read_last_words(self) -> str:
        """Last line of the server's output."""
        return _read_last_line(self.output)

    def measure_memory(self) -> float:
        """Memory in MB: PSS if the system has it, else USS.

        PSS counts its share of pages also used by others, USS its own pages.
        """
        told = self.process.memory_full_info()
        return float(getattr(told, "pss", told.uss)) / 1e6


def find_free_port() -> int:
    """Find a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def run_server(name: str, program: ServerProgram, port: int) -> Iterator[ServerProcess]:
    """Run a server while the block runs.

    Raises:
        BenchServerFailed: it ended or did not answer in time.
    """
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603 - our own commands
            program.command,
            cwd=program.folder,
            env={**program.variables, "PATH": program.variables.get("PATH", os.defpath)},
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        try:
            if not _wait_for_answer(f"http://127.0.0.1:{port}{program.health}", process):
                raise BenchServerFailed(f"{name} did not start: {_read_last_line(said)}")
            yield ServerProcess(name, port, psutil.Process(process.pid), said)
        finally:
            _stop_process(process)


def _read_last_line(output: IO[bytes]) -> str:
    output.seek(0)
    lines = [line for line in output.read().decode(errors="replace").splitlines() if re.search(r"[A-Za-z]", line)]
    return lines[-1].strip() if lines else "nothing was said"


def _wait_for_answer(address: str, process: "subprocess.Popen[bytes]") -> bool:
    end = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            with urllib.request.urlopen(address, timeout=5):  # noqa: S310 - our own address
                return True
        except urllib.error.HTTPError:
            return True  # any HTTP answer means readiness
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    return False


def _stop_process(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_END_SECONDS)
    if process.poll() is None:
        process.kill()
        process.wait()


class ProcessorTime:
    """Processor time spent by a server and PostgreSQL; only one server works at a time."""

    def __init__(self, server: psutil.Process, postmaster: int) -> None:
        self._server = server
        self._postmaster = psutil.Process(postmaster)

    def measure_cpu_seconds(self) -> tuple[float, float]:
        """Seconds of the server, and of PostgreSQL's processes, so far."""
        ended = self._postmaster.cpu_times()
        backends = sum(_sum_cpu_seconds(child) for child in self._postmaster.children())
        # Parallel workers come and go; their time is counted in the parent process after its wait.
        return _sum_cpu_seconds(self._server), backends + float(ended.children_user + ended.children_system)


def _sum_cpu_seconds(process: psutil.Process) -> float:
    with suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0


def build_python_command(module: str, *arguments: str) -> Sequence[str]:
    """Command for running a module of ours."""
    return [sys.executable, "-m", module, *arguments]
