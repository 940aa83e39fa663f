"""Command requesting a background job."""

from typing import Final

import sqlalchemy as sa
from sqlmodel import col

from domain.access import policy
from domain.audit import trail
from domain.event import commands as events
from domain.event.facts import EventTopic
from domain.job.facts import JobKind, JobStatus
from domain.job.requests import RequestJob
from domain.job.tables import JobRow
from domain.ports import CommandContext

_INSERT_JOB: Final = sa.insert(JobRow).returning(col(JobRow.id))


async def request_job(context: CommandContext, request: RequestJob) -> int:
    """Request a background job, enqueued in this transaction; returns its key.

    Raises `NotAllowed`.
    """
    policy.require_permission(
        context.actor,
        policy.Action.ADVANCE_QUARTER if request.kind is JobKind.ADVANCE_QUARTER else policy.Action.REQUEST_JOB,
    )
    kind = request.kind
    row = {
        "kind": kind,
        "status": JobStatus.QUEUED,
        "params": {"asked_on": context.today.isoformat()},
        "requested_by": context.actor.person_id,
        "requested_at": context.now,
    }
    found = await context.db.fetch_one(_INSERT_JOB, row)
    assert found is not None  # noqa: S101 - an INSERT of one row returns one row
    await context.jobs.enqueue(context.db, kind.value.lower(), {"job": found[0]})
    trail.write_audit_entry(context, "REQUEST_JOB", ("job", found[0]), details={"kind": kind})
    events.publish_event(context.db, EventTopic.JOB_PROGRESSED, found[0], context.now)
    return found[0]
