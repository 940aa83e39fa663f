"""The service with the schema of the tests and one long job: `python -m tests.kinerja.sample_server FOLDER PORT`."""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from domain.ports import JobContext
from kinerja import server
from kinerja.cli import command_context
from tests.kinerja.sample_api import API, SECRET

STEPS = 40
"""How many transactions the long job has."""


async def count(work: JobContext, _params: Mapping[str, Any]) -> None:
    """Write each number once, in a transaction of its own, however often it begins anew."""
    effect = sa.table("effect", sa.column("n", sa.Integer))
    for n in range(STEPS):
        async with work.open_transaction() as act:
            there = sa.select(sa.literal(n)).where(~sa.exists(sa.select(effect.c.n).where(effect.c.n == n)))
            await act.db.execute(sa.insert(effect).from_select(["n"], there))
        await work.report_progress(n + 1, STEPS, "COUNT")
        await asyncio.sleep(0.02)


def main(folder: Path, port: str) -> None:
    """Serve as `kinerja serve` does."""
    os.environ |= {"KINERJA_DATA_DIR": str(folder), "KINERJA_PORT": port, "KINERJA_TOKEN_SECRET": SECRET}
    with command_context.command_context() as chosen, server.provide_database(chosen) as url:
        server.run_event_loop(server.serve_api(chosen, API, url, {"score_risk": count}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
