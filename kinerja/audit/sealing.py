"""The sealer: each second it seals what has been written down since."""

import asyncio
from contextlib import suppress
from typing import Final

from domain.audit import commands
from kinerja import clock, database
from kinerja.audit.keys import Key

_EVERY_SECONDS: Final = 1.0


async def run(data: database.Database, key: Key) -> None:
    """Seal until cancelled. Any number may run: one seals, and the others find nothing to do."""
    while True:
        with suppress(database.Unavailable):  # what is not sealed now is sealed a second later
            await once(data, key)
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
