"""Servers as processes: started, waited for, their processor time and memory, and ended."""

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
"""Seconds that a server may take to answer for the first time."""

_END_SECONDS: Final = 10.0


class BenchServerFailed(OperatorError):
    """A server did not start."""


@dataclass(frozen=True, slots=True)
class ServerProgram:
    """How a server is started: command, variables, folder, and the path that answers once it is up."""

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
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def read_last_words(self) -> str:
        """The last line that it wrote."""
        return _read_last_line(self.output)

    def measure_memory(self) -> float:
        """Memory in MB: its share of pages that others use too, where the system tells (PSS), else its own (USS)."""
        told = self.process.memory_full_info()
        return float(getattr(told, "pss", told.uss)) / 1e6


def find_free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def run_server(name: str, program: ServerProgram, port: int) -> Iterator[ServerProcess]:
    """The server while the block runs.

    Raises:
        ServerFailed: it ended or did not answer in time.
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
            return True  # it speaks HTTP, and that is what was asked
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
    """Processor time that a server and PostgreSQL have spent; only one server works at a time."""

    def __init__(self, server: psutil.Process, postmaster: int) -> None:
        self._server = server
        self._postmaster = psutil.Process(postmaster)

    def measure_cpu_seconds(self) -> tuple[float, float]:
        """Of the server, and of PostgreSQL's processes, so far."""
        ended = self._postmaster.cpu_times()
        backends = sum(_sum_cpu_seconds(child) for child in self._postmaster.children())
        # Parallel workers come and go; what they took is in the account of the one who waited for them.
        return _sum_cpu_seconds(self._server), backends + float(ended.children_user + ended.children_system)


def _sum_cpu_seconds(process: psutil.Process) -> float:
    with suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0


def build_python_command(module: str, *arguments: str) -> Sequence[str]:
    """The command running a module of ours."""
    return [sys.executable, "-m", module, *arguments]
