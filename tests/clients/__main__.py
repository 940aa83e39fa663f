"""Holds the real clients against a server of its own: `python -m tests.clients [suite …]`, or `make test-clients`."""

import argparse
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.clients import server
from tests.clients.suites import PASSED, ROOT, SUITES, Check, Suite, run_suite

DATA: Final = ROOT / "var" / "clients"
EXAMPLE: Final = ROOT / "examples" / "client"
SCHEMA: Final = ROOT / "schema" / "schema.graphql"
MARKS: Final = {"pass": "ok  ", "fail": "FAIL", "skip": "skip"}


def main(arguments: Sequence[str]) -> int:
    """Run as a command; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.clients", description=__doc__)
    parser.add_argument("suites", nargs="*", metavar="suite", help=f"some of {', '.join(s.name for s in SUITES)}")
    chosen = parser.parse_args(arguments).suites
    unknown = set(chosen) - {suite.name for suite in SUITES}
    if unknown:
        parser.error(f"there is no suite {', '.join(sorted(unknown))}")
    began = time.monotonic()
    try:
        checks = run_suites([suite for suite in SUITES if not chosen or suite.name in chosen])
    except (server.ServerNotServing, subprocess.CalledProcessError) as error:
        print(f"clients: {error}", file=sys.stderr)
        return 1
    return print_total(checks, time.monotonic() - began)


def run_suites(suites: Sequence[Suite]) -> list[Check]:
    """Run suites against a demo and, beside it, a server that answers trusted documents alone."""
    trusted = {"KINERJA_TRUSTED_DOCUMENTS": str(generate_manifest())}
    with (
        server.serve_demo(DATA, {}) as address,
        server.serve_beside(DATA, {**trusted, "KINERJA_TRUSTED_ONLY": "true"}) as strict,
    ):
        environment = {
            "KINERJA_URL": address,
            "KINERJA_STRICT_URL": strict,
            "KINERJA_TOKENS": str(DATA / "tokens.json"),
            "KINERJA_SCHEMA": str(SCHEMA),
        }
        return [check for suite in suites for check in print_checks(run_suite(suite, environment))]


def generate_manifest() -> Path:
    """The trusted documents of the example client, generated anew.

    Raises:
        CalledProcessError: graphql-codegen failed; what it said was printed.
    """
    command = [
        str(ROOT / ".venv-clients/node/tools/node"),
        "node_modules/.bin/graphql-codegen",
        "--config",
        "codegen.ts",
    ]
    subprocess.run([*command, "--silent"], cwd=EXAMPLE, check=True)
    return EXAMPLE / "src" / "gql" / "persisted-documents.json"


def print_checks(checks: Sequence[Check]) -> Sequence[Check]:
    """Print a line for each check, and below it why it failed."""
    for check in checks:
        print(f"{MARKS[check.state]} {check.suite}: {check.name}", flush=True)
        if check.why:
            print("\n".join(f"       {line}" for line in check.why.splitlines()), flush=True)
    return checks


def print_total(checks: Sequence[Check], seconds: float) -> int:
    """Print how many checks of each suite passed; 0 if all did."""
    passed = Counter(check.suite for check in checks if check.state == PASSED)
    every = Counter(check.suite for check in checks)
    print("\n" + " · ".join(f"{name} {passed[name]}/{count}" for name, count in every.items()))
    print(f"clients: {passed.total()} of {every.total()} checks passed in {seconds:.0f} s")
    return 0 if passed == every else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
