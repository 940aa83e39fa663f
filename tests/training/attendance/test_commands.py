"""A session that was held is closed once: who came has a record, who did not has none, and nobody waits on."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from domain import refusals
from domain.actor import Actor, Role
from domain.ports import CommandContext, Db
from tests import row_factory
from training.assignment.facts import AssignmentStatus
from training.assignment.tables import AssignmentBatchRow, AssignmentRow
from training.attendance import commands
from training.record.tables import TrainingRecordRow
from training.session.facts import SessionStatus
from training.session.tables import SessionRow


async def assign_seats(db: Db) -> tuple[int, list[int]]:
    """A session with two seats taken and one person waiting, and those three people."""
    programme = await row_factory.insert_programme(db, code="BIMTEK", jp=20)
    session = await row_factory.insert_session(db, programme, taken=2)
    people = [await row_factory.insert_person(db) for _ in range(3)]
    decided = {"decided_by": people[0], "decided_at": row_factory.RECORDED_AT, "reason": "perlu", "source": "LOTTERY"}
    counts = {"seats": 2, "eligible": 3, "seated": 2, "seed": 1}
    batch = await row_factory.insert_row(
        db, AssignmentBatchRow, programme_id=programme, session_id=session, **counts, **decided
    )
    for draw, person in enumerate(people, start=1):
        waiting: dict[str, Any] = {"status": "WAITING", "waiting_place": 1} if draw == 3 else {"status": "ASSIGNED"}
        ids = {"batch_id": batch, "programme_id": programme, "session_id": session, "person_id": person}
        await row_factory.insert_row(db, AssignmentRow, **ids, draw=draw, **waiting, **decided)
    return session, people


async def test_who_came_has_a_record_and_who_did_not_has_none(db: Db, act: Callable[..., CommandContext]) -> None:
    session, (came, stayed, waited) = await assign_seats(db)
    assert await commands.close_session(act(), session, [stayed]) == 1
    statuses = {row["person_id"]: row["status"] for row in await row_factory.fetch_table_rows(db, AssignmentRow)}
    assert statuses == {
        came: AssignmentStatus.ATTENDED,
        stayed: AssignmentStatus.ABSENT,
        waited: AssignmentStatus.CANCELLED,
    }
    (record,) = await row_factory.fetch_table_rows(db, TrainingRecordRow)
    assert (record["person_id"], record["jp"], record["outcome"]) == (came, 20, "PASSED")
    assert (record["completed_on"], record["year"]) == (date(2026, 8, 5), 2026)
    assert record["certificate"].startswith("BIMTEK/")
    (row,) = await row_factory.fetch_table_rows(db, SessionRow)
    assert row["status"] == SessionStatus.HELD


async def test_a_session_is_closed_once(db: Db, act: Callable[..., CommandContext]) -> None:
    session, _ = await assign_seats(db)
    await commands.close_session(act(), session, [])
    with pytest.raises(refusals.NotFound):
        await commands.close_session(act(), session, [])
    assert len(await row_factory.fetch_table_rows(db, TrainingRecordRow)) == 2


async def test_people_do_not_close_sessions_yet(db: Db, act: Callable[..., CommandContext]) -> None:
    session, people = await assign_seats(db)
    for role in (Role.HR, Role.ADMIN, Role.EMPLOYEE):
        with pytest.raises(refusals.NotAllowed):
            await commands.close_session(act(Actor(people[0], role, "1.")), session, [])
