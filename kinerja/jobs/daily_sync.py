"""Bringing people to where the dated facts put them, at the start and with each new business date."""

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

_POLL_SECONDS: Final = 1.0  # the date is kept in memory; this bounds how late a day is noticed

_log = structlog.get_logger()


async def run_daily_sync(data: database.Database, clock: business_date.BusinessDate) -> None:
    """Follow the business date until cancelled: who begins a post or a line tomorrow has it tomorrow.

    Any number of processes may do so: they wait for one another, and the second finds nothing to do.
    """
    followed: date | None = None
    while True:
        try:
            today = await clock.today()
            if today != followed:
                await sync_people(data, today)
                followed = today
        except database.DatabaseUnavailable as error:
            _log.warning("people_unfollowed", reason=str(error))  # the next second will do
        except Exception:  # noqa: BLE001 - nobody should miss an answer because of it: it is told, and tried again
            _log.exception("following_failed")
        await asyncio.sleep(_POLL_SECONDS)


async def sync_people(data: database.Database, today: date) -> int:
    """Bring everybody to a day; how many rows changed."""
    async with data.open_transaction() as db:
        act = CommandContext(
            db=db, jobs=job_worker.JobQueue(), actor=SYSTEM_ACTOR, today=today, now=business_date.utc_now()
        )
        changed = await commands.apply_dated_facts(act)
    _log.info("people_followed", today=today.isoformat(), changed=changed)
    return changed
