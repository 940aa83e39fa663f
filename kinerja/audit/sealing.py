"""The sealer: each second it seals what has been written down since."""

import asyncio
from typing import Final

import structlog

from domain.audit import commands
from kinerja import clock, database
from kinerja.audit.keys import Key

_EVERY_SECONDS: Final = 1.0

_log = structlog.get_logger()


async def run(data: database.Database, key: Key) -> None:
    """Seal until cancelled. Any number may run: one seals, and the others find nothing to do."""
    while True:
        try:
            await once(data, key)
        except database.Unavailable:
            pass  # what is not sealed now is sealed a second later
        except Exception:  # noqa: BLE001 - nobody should miss an answer because of it: it is told, and tried again
            _log.exception("sealing_failed")
        await asyncio.sleep(_EVERY_SECONDS)


async def once(data: database.Database, key: Key, most: int = commands.MOST) -> int:
    """Seal all that can be sealed now, a seal in each transaction; how many rows that were."""
    rows = 0
    while True:
        async with data.write() as db:
            some = await commands.seal(db, clock.now(), key.sign, most)
        if not some:
            return rows
        rows += some
