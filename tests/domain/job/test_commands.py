"""A job is asked for by who may, and is on the queue exactly when its row is there."""

from collections.abc import Callable

import pytest

from domain import refusals
from domain.actor import Actor, Role
from domain.job import commands
from domain.job.facts import JobKind, JobStatus
from domain.job.requests import RequestJob
from domain.job.tables import JobRow
from domain.ports import CommandContext
from kinerja.postgres import database
from tests import row_factory


async def test_a_job_is_a_row_and_a_message_of_one_transaction(
    db: database.Transaction, act: Callable[..., CommandContext]
) -> None:
    officer = Actor(await row_factory.insert_person(db), Role.HR, "1.")
    job = await commands.request_job(act(officer), RequestJob(kind=JobKind.SCORE_RISK))
    (row,) = await row_factory.fetch_table_rows(db, JobRow)
    assert (row["id"], row["status"], row["requested_by"]) == (job, JobStatus.QUEUED, officer.person_id)
    assert row["params"] == {"asked_on": "2026-07-01"}
    queued = await db.fetch_rows("SELECT entrypoint, convert_from(payload, 'UTF8') FROM queue.pgqueuer", [])
    assert [tuple(each) for each in queued] == [("score_risk", f'{{"job":{job}}}')]


@pytest.mark.parametrize(
    ("role", "kind", "may"),
    [
        (Role.HR, JobKind.SCORE_RISK, True),
        (Role.ADMIN, JobKind.TRAIN_MODEL, True),
        (Role.ADMIN, JobKind.ADVANCE_QUARTER, True),
        (Role.HR, JobKind.ADVANCE_QUARTER, False),
        (Role.SUPERVISOR, JobKind.SCORE_RISK, False),
        (Role.EMPLOYEE, JobKind.ESTIMATE_EFFECTS, False),
        (Role.AUDITOR, JobKind.SCORE_RISK, False),
    ],
)
async def test_who_may_ask_for_what(
    db: database.Transaction, act: Callable[..., CommandContext], role: Role, kind: JobKind, may: bool
) -> None:
    asking = commands.request_job(act(Actor(await row_factory.insert_person(db), role, "1.")), RequestJob(kind=kind))
    if may:
        assert await asking
    else:
        with pytest.raises(refusals.NotAllowed):
            await asking
