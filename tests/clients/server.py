"""A demo server of its own for the clients, with a small province made anew."""

import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.clients.suites import ROOT

SECONDS: Final = 120
KINERJA: Final = str(ROOT / ".venv" / "bin" / "kinerja")


class ServerNotServing(Exception):
    """A server did not begin to answer; the message tells what it said."""


@contextmanager
def serve_demo(folder: Path, settings: Mapping[str, str]) -> Iterator[str]:
    """The address of a demo with a new province; its tokens are in `folder`."""
    shutil.rmtree(folder, ignore_errors=True)
    with _run_server(["demo", "--employees", "600", "--quarters", "8"], folder, settings) as address:
        yield address


@contextmanager
def serve_beside(folder: Path, settings: Mapping[str, str]) -> Iterator[str]:
    """The address of one more server process on the same data, with other settings."""
    with _run_server(["serve"], folder, {**settings, "KINERJA_WORKER": "false"}) as address:
        yield address


@contextmanager
def _run_server(arguments: list[str], folder: Path, settings: Mapping[str, str]) -> Iterator[str]:
    port = _free_port()
    log = folder.with_suffix(f".{port}.log")
    log.parent.mkdir(parents=True, exist_ok=True)
    ours = {name: value for name, value in os.environ.items() if not name.startswith("KINERJA_")}
    given = {**ours, **settings, "KINERJA_DATA_DIR": str(folder), "KINERJA_PORT": str(port)}
    with log.open("wb") as output:
        process = subprocess.Popen([KINERJA, *arguments], env=given, stdout=output, stderr=subprocess.STDOUT)
    try:
        address = f"http://127.0.0.1:{port}"
        _await(process, address, log)
        yield address
    finally:
        process.terminate()
        process.wait(SECONDS)
        log.unlink()


def _await(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/readyz", timeout=5).close()  # noqa: S310 - our own server
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.1)
        else:
            return
    raise ServerNotServing(f"the server did not begin to answer; it said:\n{log.read_text()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
