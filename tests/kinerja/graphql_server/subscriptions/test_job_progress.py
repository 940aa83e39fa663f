"""A job tells how far it is: each note of its worker is one event."""

import asyncio
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from domain.event.facts import EventPosition, EventTopic
from domain.event.tables import EventRow
from domain.job.tables import JobRow
from domain.ports import JobContext
from kinerja import business_date
from kinerja.graphql_server.subscriptions import event_hub as hubs
from kinerja.jobs import job_worker
from kinerja.postgres import database
from tests.row_factory import insert_row


async def test_a_job_tells_of_its_beginning_its_steps_and_its_end(
    module_url: str, module_data: database.Database
) -> None:
    async def task(work: JobContext, _params: Mapping[str, Any]) -> None:
        await work.report_progress(1, 2, "HALF")
        await work.report_progress(2, 2, "WHOLE")

    hub = hubs.EventHub(module_url, module_data)
    following = asyncio.create_task(hub.follow_events())
    await hub.positioned.wait()
    worker = job_worker.Worker(module_url, module_data, business_date.BusinessDate(module_data), {"score_risk": task})
    working = asyncio.create_task(worker.run_until_cancelled())
    async with module_data.open_transaction() as db:
        await db.execute(sa.delete(EventRow))
        values = {"kind": "SCORE_RISK", "status": "QUEUED", "params": {}, "requested_at": business_date.utc_now()}
        job = await insert_row(db, JobRow, **values)
        await job_worker.JobQueue().enqueue(db, "score_risk", {"job": job})
    found: list[tuple[EventTopic, int]] = []
    async with asyncio.timeout(15):
        async for event in hubs.stream_events(hub, lambda event: event.position > EventPosition(0, 0), None):
            found.append((event.topic, event.subject))
            if len(found) == 4:
                break
    for running in (following, working):
        running.cancel()
        await asyncio.wait([running])
    assert found == [(EventTopic.JOB_PROGRESSED, job)] * 4
    async with module_data.open_transaction() as db:
        (status, step), *_ = await db.fetch_all(sa.select(col(JobRow.status), col(JobRow.step)))
    assert (status, step) == ("DONE", "WHOLE")
