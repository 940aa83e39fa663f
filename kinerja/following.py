"""Bringing people to where the dated facts put them, at the start and with each new business date."""

import asyncio
from datetime import date
from typing import Final

import structlog

from domain.actor import SYSTEM
from domain.people import commands
from domain.ports import Act
from kinerja import clock, database, jobs

_EVERY_SECONDS: Final = 1.0  # the date is kept in memory; this bounds how late a day is noticed

_log = structlog.get_logger()


async def run(data: database.Database, times: clock.Clock) -> None:
    """Follow the business date until cancelled: who begins a post or a line tomorrow has it tomorrow.

    Any number of processes may do so: they wait for one another, and the second finds nothing to do.
    """
    followed: date | None = None
    while True:
        try:
            today = await times.today()
            if today != followed:
                await once(data, today)
                followed = today
        except database.Unavailable as error:
            _log.warning("people_unfollowed", reason=str(error))  # the next second will do
        except Exception:  # noqa: BLE001 - nobody should miss an answer because of it: it is told, and tried again
            _log.exception("following_failed")
        await asyncio.sleep(_EVERY_SECONDS)


async def once(data: database.Database, today: date) -> int:
    """Bring everybody to a day; how many rows changed."""
    async with data.write() as db:
        act = Act(db=db, jobs=jobs.Queue(), actor=SYSTEM, today=today, now=clock.now())
        changed = await commands.follow(act)
    _log.info("people_followed", today=today.isoformat(), changed=changed)
    return changed
