"""A job tells how far it is: each note of its worker is one event."""

import asyncio
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from domain.event.facts import Place, Topic
from domain.event.tables import EventRow
from domain.job.tables import JobRow
from domain.ports import Work
from kinerja import clock, database, jobs
from kinerja.live import hub as hubs
from tests.made import row


async def test_a_job_tells_of_its_beginning_its_steps_and_its_end(
    module_url: str, module_data: database.Database
) -> None:
    async def task(work: Work, _params: Mapping[str, Any]) -> None:
        await work.progress(1, 2, "HALF")
        await work.progress(2, 2, "WHOLE")

    hub = hubs.Hub(module_url, module_data)
    following = asyncio.create_task(hub.follow())
    await hub.placed.wait()
    worker = jobs.Worker(module_url, module_data, clock.Clock(module_data), {"score_risk": task})
    working = asyncio.create_task(worker.run())
    async with module_data.write() as db:
        await db.execute(sa.delete(EventRow))
        values = {"kind": "SCORE_RISK", "status": "QUEUED", "params": {}, "requested_at": clock.now()}
        job = await row(db, JobRow, **values)
        await jobs.Queue().enqueue(db, "score_risk", {"job": job})
    found: list[tuple[Topic, int]] = []
    async with asyncio.timeout(15):
        async for event in hubs.events(hub, lambda event: event.place > Place(0, 0), None):
            found.append((event.topic, event.subject))
            if len(found) == 4:
                break
    for running in (following, working):
        running.cancel()
        await asyncio.wait([running])
    assert found == [(Topic.JOB_PROGRESSED, job)] * 4
    async with module_data.write() as db:
        (status, step), *_ = await db.fetch(sa.select(col(JobRow.status), col(JobRow.step)))
    assert (status, step) == ("DONE", "WHOLE")
