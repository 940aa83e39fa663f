"""The service with the schema of the tests and one long job: `python -m tests.kinerja.serving FOLDER PORT`."""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from domain.ports import Work
from kinerja import orderly, service
from tests.kinerja.served import API, SECRET

STEPS = 40
"""How many transactions the long job has."""


async def count(work: Work, _params: Mapping[str, Any]) -> None:
    """Write each number once, in a transaction of its own, however often it begins anew."""
    effect = sa.table("effect", sa.column("n", sa.Integer))
    for n in range(STEPS):
        async with work.write() as act:
            there = sa.select(sa.literal(n)).where(~sa.exists(sa.select(effect.c.n).where(effect.c.n == n)))
            await act.db.execute(sa.insert(effect).from_select(["n"], there))
        await work.progress(n + 1, STEPS, "COUNT")
        await asyncio.sleep(0.02)


def main(folder: Path, port: str) -> None:
    """Serve as `kinerja serve` does."""
    os.environ |= {"KINERJA_DATA_DIR": str(folder), "KINERJA_PORT": port, "KINERJA_TOKEN_SECRET": SECRET}
    with orderly.orderly() as chosen, service.database_of(chosen) as url:
        service.run(service.serve(chosen, API, url, {"score_risk": count}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
