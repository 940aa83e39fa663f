"""Forgetting events that are older than their cursors are good for."""

import asyncio
from contextlib import suppress
from typing import Final

from domain.event import commands
from kinerja import clock, database

_EVERY_SECONDS: Final = 3_600.0


async def run(data: database.Database) -> None:
    """Forget what is old, at once and then every hour, until cancelled."""
    while True:
        with suppress(database.Unavailable):  # another worker at it, or the database away: the next hour will do
            await once(data)
        await asyncio.sleep(_EVERY_SECONDS)


async def once(data: database.Database) -> int:
    """Forget what is old, in short transactions; how many events that were."""
    async with data.write() as db:
        forgotten = await commands.drop_foreign(db)
    while True:
        async with data.write() as db:
            some = await commands.prune(db, clock.now() - commands.KEPT)
        if not some:
            return forgotten
        forgotten += some
