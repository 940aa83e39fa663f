"""Requesting long work and writing down how it goes."""

from typing import Final

import sqlalchemy as sa
from sqlmodel import col

from domain import policy
from domain.event import commands as events
from domain.event.facts import Topic
from domain.job.facts import JobKind, JobStatus
from domain.job.requests import RequestJob
from domain.job.tables import JobRow
from domain.journal import commands as journal
from domain.ports import Act

_REQUESTED: Final = sa.insert(JobRow).returning(col(JobRow.id))


async def request(act: Act, asked: RequestJob) -> int:
    """Put a job on the queue in this transaction; the key of its row. Raises `NotAllowed`."""
    policy.may(
        act.actor,
        policy.Action.PASS_QUARTER if asked.kind is JobKind.PASS_QUARTER else policy.Action.REQUEST_JOB,
    )
    kind = asked.kind
    row = {
        "kind": kind,
        "status": JobStatus.QUEUED,
        "params": {"asked_on": act.today.isoformat()},
        "requested_by": act.actor.person_id,
        "requested_at": act.now,
    }
    found = await act.db.first(_REQUESTED, row)
    assert found is not None  # noqa: S101 - an INSERT of one row returns one row
    await act.jobs.enqueue(act.db, kind.value.lower(), {"job": found[0]})
    journal.note(act, "REQUEST_JOB", ("job", found[0]), details={"kind": kind})
    events.publish(act.db, Topic.JOB_PROGRESSED, found[0], act.now)
    return found[0]
