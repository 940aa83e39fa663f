"""Schemathesis: documents made up from the schema, by the hundred; each answer is data or an error with its code."""

import asyncio
import os
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import check_runner

HERE: Final = Path(__file__).parent
EXAMPLES: Final = 6


async def fuzzed(role: str | None) -> None:
    """Documents sent by somebody; all root fields are tried.

    Raises:
        AssertionError: an answer was not as `fuzzing.documented` says, or a field was left out.
    """
    headers = [f"{name}: {value}" for name, value in (check_runner.signed_in(role) if role else {}).items()]
    arguments = [
        *("run", check_runner.URL, "--no-color", "--seed", "1", "--phases", "fuzzing", "--checks", "documented"),
        *("--max-examples", str(EXAMPLES), "--generation-database", "none", "--suppress-health-check", "all"),
        *(part for header in headers for part in ("--header", header)),
    ]
    with tempfile.TemporaryDirectory() as folder:  # where it leaves what it remembers
        returncode, said = await ran(arguments, folder)
    assert returncode == 0, said[-3000:]
    selected, every = re.findall(r"Selected: (\d+)/(\d+)", said)[0]
    (tested,) = re.findall(r"Tested: (\d+)", said)
    assert int(tested) == int(selected) == int(every) > 0, said[-1000:]


async def ran(arguments: Sequence[str], folder: str) -> tuple[int | None, str]:
    """Run it in a folder; its exit code and what it said."""
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).parent / "schemathesis"),
        *arguments,
        cwd=folder,
        env={**os.environ, "SCHEMATHESIS_HOOKS": "fuzzing", "PYTHONPATH": str(HERE)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode, said.decode()


async def check_nobody() -> None:
    """Made-up documents of somebody who is not signed in."""
    await fuzzed(None)


async def check_employee() -> None:
    """Made-up documents of an employee."""
    await fuzzed("employee")


async def check_hr() -> None:
    """Made-up documents of HR."""
    await fuzzed("hr")


if __name__ == "__main__":
    check_runner.run(check_nobody, check_employee, check_hr, seconds=120)
