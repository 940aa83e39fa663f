"""Sealer of the audit chain: seals new entries every second."""

import asyncio
from typing import Final

import structlog

from domain.audit import commands
from kinerja import business_date
from kinerja.audit.signing_key import SigningKey
from kinerja.postgres import database

_INTERVAL_SECONDS: Final = 1.0

_log = structlog.get_logger()


async def run_sealer(data: database.Database, key: SigningKey) -> None:
    """Seal until cancelled.

    Any number of sealers may run: one seals, and the others find no pending rows.
    """
    while True:
        try:
            await seal_pending_rows(data, key)
        except database.DatabaseUnavailable:
            pass  # the next second seals the rest
        except Exception:  # noqa: BLE001 - no request may fail because of it: it is logged and retried
            _log.exception("sealing_failed")
        await asyncio.sleep(_INTERVAL_SECONDS)


async def seal_pending_rows(
    data: database.Database, key: SigningKey, max_rows: int = commands.MAX_ROWS_PER_SEAL
) -> int:
    """Seal all pending rows, one seal per transaction, and return their number."""
    rows = 0
    while True:
        async with data.open_transaction() as db:
            some = await commands.seal_entries(db, business_date.utc_now(), key.sign_message, max_rows)
        if not some:
            return rows
        rows += some
