"""Retention: old events, ended sessions and command keys are deleted."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import Final

from domain.account import commands as accounts
from domain.account import rules
from domain.event import commands as events
from domain.idempotency import commands as idempotency
from domain.ports import Db
from kinerja import business_date
from kinerja.postgres import database

_INTERVAL_SECONDS: Final = 3_600.0


async def run_retention(data: database.Database) -> None:
    """Delete expired rows, at once and then every hour, until cancelled."""
    while True:
        with suppress(
            database.DatabaseUnavailable
        ):  # locked by another worker, or database unreachable: retried next hour
            await delete_expired_rows(data)
        await asyncio.sleep(_INTERVAL_SECONDS)


async def delete_expired_rows(data: database.Database) -> int:
    """Delete expired rows in short transactions and return their number."""
    async with data.open_transaction() as db:
        forgotten = await events.drop_foreign_events(db)
    now = business_date.utc_now()
    forgotten += await _delete_in_batches(data, events.prune_events, now - events.EVENT_RETENTION)
    forgotten += await _delete_in_batches(data, accounts.prune_sessions, now - rules.SESSION_RETENTION)
    return forgotten + await _delete_in_batches(
        data, idempotency.prune_command_keys, now - idempotency.COMMAND_KEY_RETENTION
    )


async def _delete_in_batches(
    data: database.Database, delete_batch: Callable[[Db, datetime], Awaitable[int]], before: datetime
) -> int:
    forgotten = 0
    while True:
        async with data.open_transaction() as db:
            some = await delete_batch(db, before)
        if not some:
            return forgotten
        forgotten += some
