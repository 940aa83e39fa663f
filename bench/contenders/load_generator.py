"""Load on a server, by autocannon."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.contenders import node
from bench.workload.request_builders import BenchRequest
from kinerja.errors import OperatorError


class LoadFailed(OperatorError):
    """The generator failed, or a server answered wrongly under load."""


@dataclass(frozen=True, slots=True)
class LoadResult:
    """Result of one turn; latencies in milliseconds."""

    requests: int
    seconds: float
    p50: float
    p99: float

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds


def run_load(
    name: str,
    address: str,
    requests: Sequence[BenchRequest],
    connections: int,
    amount: int,
    *,
    expect: str = '"data":{',
) -> LoadResult:
    """Send requests over so many connections until `amount` were answered.

    Each answer is checked.

    Raises:
        LoadFailed: an answer was no 200, held errors, or lacked `expect`.
    """
    plan = {
        "url": address,
        "connections": connections,
        "requests": [request.to_generator_form() for request in requests],
        "amount": amount,
        "expect": expect,
    }
    done = subprocess.run(  # noqa: S603 - our own script
        [node.find_node(), "load.mjs"],
        input=json.dumps(plan),
        cwd=node.NPM_FOLDER,
        env=node.build_node_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["nothing was said"]
        raise LoadFailed(f"autocannon: {lines[-1]}")
    return parse_load_report(name, json.loads(done.stdout))


def parse_load_report(name: str, report: dict[str, Any]) -> LoadResult:
    """Parse the load generator's report.

    Raises:
        LoadFailed: it reports failures.
    """
    if report["failed"] or not report["requests"]:
        raise LoadFailed(f"{name}: {report['failed']} of {report['requests']} answers were wrong: {report['wrong']}")
    return LoadResult(report["requests"], report["seconds"], report["p50"], report["p99"])
