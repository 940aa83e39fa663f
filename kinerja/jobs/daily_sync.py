"""Daily sync: applies dated facts to people, at start and on each new business date."""

import asyncio
from datetime import date
from typing import Final

import structlog

from domain.actor import SYSTEM_ACTOR
from domain.people import commands
from domain.ports import CommandContext
from kinerja import business_date
from kinerja.jobs import job_worker
from kinerja.postgres import database

_POLL_SECONDS: Final = 1.0  # the date is cached; this bounds the delay of a new day

_log = structlog.get_logger()


async def run_daily_sync(data: database.Database, clock: business_date.BusinessDate) -> None:
    """Apply dated facts on each business date until cancelled.

    A post or a line with tomorrow's start is in force tomorrow. Any number of processes may run it: they wait for one
    another, and the second finds nothing to change.
    """
    followed: date | None = None
    while True:
        try:
            today = await clock.today()
            if today != followed:
                await sync_people(data, today)
                followed = today
        except database.DatabaseUnavailable as error:
            _log.warning("people_unfollowed", reason=str(error))  # retried in the next second
        except Exception:  # noqa: BLE001 - no request may fail because of it: it is logged and retried
            _log.exception("following_failed")
        await asyncio.sleep(_POLL_SECONDS)


async def sync_people(data: database.Database, today: date) -> int:
    """Apply the dated facts of a day to everybody; return the number of changed rows."""
    async with data.open_transaction() as db:
        act = CommandContext(
            db=db, jobs=job_worker.JobQueue(), actor=SYSTEM_ACTOR, today=today, now=business_date.utc_now()
        )
        changed = await commands.apply_dated_facts(act)
    _log.info("people_followed", today=today.isoformat(), changed=changed)
    return changed
