"""Load on a server, by autocannon."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench import node
from bench.asking import Request
from kinerja.failures import CannotRun


class LoadFailed(CannotRun):
    """The generator failed, or a server answered wrongly under load."""


@dataclass(frozen=True, slots=True)
class Load:
    """What came of one turn; latencies in milliseconds."""

    requests: int
    seconds: float
    p50: float
    p99: float

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds


def put(
    name: str,
    address: str,
    requests: Sequence[Request],
    connections: int,
    amount: int,
    *,
    expect: str = '"data":{',
) -> Load:
    """Send requests over so many connections until `amount` were answered; each answer is looked at.

    Raises:
        LoadFailed: an answer was no 200, held errors, or lacked what was expected.
    """
    plan = {
        "url": address,
        "connections": connections,
        "requests": [request.plain() for request in requests],
        "amount": amount,
        "expect": expect,
    }
    done = subprocess.run(  # noqa: S603 - our own script
        [node.program(), "load.mjs"],
        input=json.dumps(plan),
        cwd=node.FOLDER,
        env=node.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["nothing was said"]
        raise LoadFailed(f"autocannon: {lines[-1]}")
    return read(name, json.loads(done.stdout))


def read(name: str, told: dict[str, Any]) -> Load:
    """The generator's report.

    Raises:
        LoadFailed: it tells of failures.
    """
    if told["failed"] or not told["requests"]:
        raise LoadFailed(f"{name}: {told['failed']} of {told['requests']} answers were wrong: {told['wrong']}")
    return Load(told["requests"], told["seconds"], told["p50"], told["p99"])
