"""The suites of real clients: what runs each, and what it told."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parent.parent
TOOLS: Final = ROOT / ".venv-clients"
NODE: Final = TOOLS / "node" / "tools"
SECONDS: Final = 300
PASSED: Final = "pass"


@dataclass(frozen=True, slots=True)
class Suite:
    """Checks of one client: its name, its command and where that runs."""

    name: str
    command: Sequence[str]
    folder: Path


@dataclass(frozen=True, slots=True)
class Check:
    """What one check came to: `pass`, `fail` or `skip`, and why."""

    suite: str
    name: str
    state: str
    why: str


def _node(name: str) -> Suite:
    command = ["node", "--test-force-exit", "--test-reporter=./reporter.js", f"{name}.test.js"]
    return Suite(name, command, HERE / "node")


def _python(name: str) -> Suite:
    python = TOOLS / name / "bin" / "python"
    return Suite(name, [str(python), f"{name}_client.py"], HERE / "python")


SUITES: Final = (
    *map(_node, ("audits", "inspector", "example", "graphql-ws", "graphql-sse", "urql", "apollo", "relay")),
    *map(_python, ("gql", "ariadne", "schemathesis")),
)


def run_suite(suite: Suite, environment: Mapping[str, str]) -> list[Check]:
    """Run a suite; a suite that breaks off, or tells of nothing, is a failed check of its own."""
    given = {**os.environ, **environment, "PATH": f"{NODE}{os.pathsep}{os.environ['PATH']}"}
    try:
        done = subprocess.run(
            suite.command, cwd=suite.folder, env=given, capture_output=True, text=True, check=False, timeout=SECONDS
        )
    except subprocess.TimeoutExpired as late:
        told = late.stdout.decode() if isinstance(late.stdout, bytes) else late.stdout
        return [*_parse_checks(suite, told or ""), Check(suite.name, "it ends", "fail", f"not within {SECONDS} s")]
    checks = _parse_checks(suite, done.stdout)
    if not checks or (done.returncode != 0 and all(check.state == PASSED for check in checks)):
        why = (done.stderr or done.stdout).strip()
        checks.append(Check(suite.name, "it runs to its end", "fail", f"exit code {done.returncode}\n{why}"))
    return checks


def _parse_checks(suite: Suite, text: str) -> list[Check]:
    """The checks among the lines of an output; libraries may print what they like between them."""
    return [
        Check(suite.name, told["name"], told["state"], told["why"])
        for line in text.splitlines()
        if line.startswith('{"name"')
        for told in [json.loads(line)]
    ]
