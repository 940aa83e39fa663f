"""Forgetting what was kept for a time: events, sessions that are over, keys of commands."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import Final

from domain.account import commands as accounts
from domain.account import rules
from domain.event import commands as events
from domain.journal import commands as journal
from domain.ports import Db
from kinerja import clock, database

_EVERY_SECONDS: Final = 3_600.0


async def run(data: database.Database) -> None:
    """Forget what is old, at once and then every hour, until cancelled."""
    while True:
        with suppress(database.Unavailable):  # another worker at it, or the database away: the next hour will do
            await once(data)
        await asyncio.sleep(_EVERY_SECONDS)


async def once(data: database.Database) -> int:
    """Forget what is old, in short transactions; how many rows that were."""
    async with data.write() as db:
        forgotten = await events.drop_foreign(db)
    now = clock.now()
    forgotten += await _all(data, events.prune, now - events.KEPT)
    forgotten += await _all(data, accounts.prune, now - rules.KEPT)
    return forgotten + await _all(data, journal.prune, now - journal.KEPT)


async def _all(data: database.Database, prune: Callable[[Db, datetime], Awaitable[int]], before: datetime) -> int:
    forgotten = 0
    while True:
        async with data.write() as db:
            some = await prune(db, before)
        if not some:
            return forgotten
        forgotten += some
