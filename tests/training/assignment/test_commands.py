"""Training is assigned from the risk list: never over capacity, by lottery among equals, on record."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from domain import refusals
from domain.actor import Actor, Role
from domain.audit.tables import AuditEntryRow
from domain.idempotency.commands import run_once
from domain.organisation.tables import UnitRow
from domain.ports import CommandContext, Db
from kinerja.jobs import job_worker
from kinerja.postgres import database
from tests import row_factory
from training.assignment import commands, rules
from training.assignment.facts import AssignmentSource, AssignmentStatus
from training.assignment.refusals import NobodyEligible, SeatsTaken, SessionClosed
from training.assignment.requests import AssignTraining, PreviewAssignment
from training.assignment.tables import AssignmentBatchRow, AssignmentRow, EligibilityRow
from training.record.tables import TrainingRecordRow
from training.session.tables import SessionRow

MakeContext = Callable[..., CommandContext]

REASON = "Pendampingan perencanaan kerja triwulan ini."


@dataclass(frozen=True)
class Office:
    """HR of a unit, a session of five seats, and twelve people on the published list by rank."""

    hr: Actor
    unit: int
    session: int
    programme: int
    run: int
    people: list[int]


@pytest.fixture
async def office(db: Db) -> Office:
    return await open_office(db)


async def open_office(db: Db, seats: int = 5) -> Office:
    unit = await row_factory.insert_unit(db)
    path = f"{(await row_factory.fetch_table_rows(db, UnitRow))[-1]['path']}"
    programme = await row_factory.insert_programme(db)
    run = await row_factory.insert_run(db)
    people = [await row_factory.insert_person(db, unit_path=path) for _ in range(12)]
    for rank, person in enumerate(people, start=1):
        await row_factory.insert_score(db, run, person, rank, unit_path=path)
    officer = Actor(await row_factory.insert_person(db, unit_path=path), Role.HR, path)
    return Office(officer, unit, await row_factory.insert_session(db, programme, seats=seats), programme, run, people)


def assignment_request(office: Office, seats: int = 3, **values: Any) -> AssignTraining:
    return AssignTraining.model_validate({"session": office.session, "seats": seats, "reason": REASON, **values})


async def test_seats_are_drawn_among_the_top_and_the_rest_wait(db: Db, act: MakeContext, office: Office) -> None:
    batch = await commands.assign_training(act(office.hr), assignment_request(office))
    rows = await row_factory.fetch_table_rows(db, AssignmentRow)
    assert {row["person_id"] for row in rows} == set(office.people[:6])
    seated = [row for row in rows if row["status"] == AssignmentStatus.ASSIGNED]
    waiting = [row for row in rows if row["status"] == AssignmentStatus.WAITING]
    assert (len(seated), sorted(row["waiting_place"] for row in waiting)) == (3, [1, 2, 3])
    assert {row["source"] for row in rows} == {AssignmentSource.LOTTERY}
    assert {(row["batch_id"], row["decided_by"], row["reason"]) for row in rows} == {
        (batch, office.hr.person_id, REASON)
    }
    assert all(row["score_id"] is not None for row in rows)


async def test_the_lottery_can_be_drawn_again_from_its_record(db: Db, act: MakeContext, office: Office) -> None:
    await commands.assign_training(act(office.hr), assignment_request(office))
    (batch,) = await row_factory.fetch_table_rows(db, AssignmentBatchRow)
    eligible = await row_factory.fetch_table_rows(db, EligibilityRow)
    tickets = {row["person_id"]: rules.lottery_ticket(batch["seed"], row["person_id"]) for row in eligible}
    seated = {row["person_id"] for row in eligible if row["seated"]}
    assert max(tickets[person] for person in seated) < min(
        ticket for person, ticket in tickets.items() if person not in seated
    )
    assert {row["starts_on"] for row in eligible} == {date(2026, 7, 1)}
    assert (batch["eligible"], batch["seated"], batch["seats"]) == (6, 3, 3)


async def test_seats_are_reserved_and_the_decision_is_on_record(db: Db, act: MakeContext, office: Office) -> None:
    batch = await commands.assign_training(act(office.hr), assignment_request(office))
    (session,) = await row_factory.fetch_table_rows(db, SessionRow)
    assert session["taken"] == 3
    (entry,) = await row_factory.fetch_table_rows(db, AuditEntryRow)
    assert (entry["action"], entry["subject_id"], entry["reason"]) == ("ASSIGN_TRAINING", batch, REASON)
    assert entry["details"]["eligible"] == 6


async def test_more_seats_than_are_free_are_refused_and_nothing_is_written(
    db: Db, act: MakeContext, office: Office
) -> None:
    with pytest.raises(SeatsTaken, match="5 free seats, 6 were asked for") as refused:
        await commands.assign_training(act(office.hr), assignment_request(office, seats=6))
    assert refused.value.path == ("seats",)
    assert not await row_factory.fetch_table_rows(db, AssignmentRow)


async def test_with_seats_for_all_there_is_no_lottery(db: Db, act: MakeContext, office: Office) -> None:
    await commands.assign_training(act(office.hr), assignment_request(office, seats=4, lottery_size=4))
    rows = await row_factory.fetch_table_rows(db, AssignmentRow)
    assert [row["source"] for row in rows] == [AssignmentSource.ENOUGH_SEATS] * 4
    assert {row["status"] for row in rows} == {AssignmentStatus.ASSIGNED}


async def test_who_cannot_be_helped_is_left_out(db: Db, act: MakeContext, office: Office) -> None:
    await commands.assign_training(act(office.hr), assignment_request(office, seats=1, lottery_size=1))
    elsewhere = await row_factory.insert_session(
        db, await row_factory.insert_programme(db), starts_on=date(2026, 8, 5)
    )
    hindered = await row_factory.insert_person(db, unit_path=office.hr.unit_path)
    await row_factory.insert_score(db, office.run, hindered, 99, unit_path=office.hr.unit_path, hindered=True)
    await row_factory.insert_row(
        db,
        TrainingRecordRow,
        person_id=office.people[1],
        programme_id=office.programme,
        completed_on=date(2026, 5, 1),
        year=2026,
        jp=20,
        outcome="PASSED",
        organiser="BPSDM",
    )
    other = assignment_request(office, seats=1, lottery_size=1).model_copy(update={"session": elsewhere})
    await commands.assign_training(act(office.hr), other)
    seen = await commands.preview_assignment(act(office.hr), assignment_request(office, seats=2, lottery_size=50))
    left_out = [each for each in seen.candidates if not each.eligible]
    assert {each.person_id for each in left_out} == {office.people[0], office.people[1], hindered} | {
        each["person_id"] for each in (await row_factory.fetch_table_rows(db, AssignmentRow))[1:]
    }
    assert (seen.hindered_count, seen.eligible_count) == (1, 12 - len(left_out) + 1)


async def test_a_preview_writes_nothing(db: Db, act: MakeContext, office: Office) -> None:
    seen = await commands.preview_assignment(
        act(office.hr), PreviewAssignment(session=office.session, seats=2, lottery_size=8)
    )
    assert (seen.eligible_count, seen.seated_count, seen.waiting_count, seen.cost) == (8, 2, 6, Decimal(3_000_000))
    assert [each.person_id for each in seen.candidates] == office.people[:8]
    assert not await row_factory.fetch_table_rows(db, AssignmentRow)
    assert not await row_factory.fetch_table_rows(db, AuditEntryRow)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.HR])
async def test_nobody_but_hr_assigns(act: MakeContext, office: Office, role: Role) -> None:
    actor = Actor(office.hr.person_id, role, office.hr.unit_path)
    with pytest.raises(refusals.NotAllowed):
        await commands.assign_training(act(actor), assignment_request(office))
    with pytest.raises(refusals.NotAllowed):
        await commands.preview_assignment(act(actor), assignment_request(office))


async def test_a_unit_outside_the_scope_is_as_if_it_were_not(db: Db, act: MakeContext, office: Office) -> None:
    foreign = await row_factory.insert_unit(db)
    for unit in (foreign, foreign + 1_000_000):
        with pytest.raises(refusals.NotFound, match="There is no such unit in your scope"):
            await commands.assign_training(act(office.hr), assignment_request(office, unit=unit))


async def test_people_of_other_units_are_not_considered(db: Db, act: MakeContext, office: Office) -> None:
    stranger = await row_factory.insert_person(db, unit_path="999999.")
    await row_factory.insert_score(db, office.run, stranger, 500, unit_path="999999.")
    seen = await commands.preview_assignment(act(office.hr), assignment_request(office, seats=1, lottery_size=100))
    assert stranger not in {each.person_id for each in seen.candidates}
    assert len(seen.candidates) == 12


@pytest.mark.parametrize("values", [{"status": "CLOSED"}, {"status": "CANCELLED"}, {"starts_on": date(2026, 6, 30)}])
async def test_a_session_that_takes_nobody_is_refused(
    db: Db, act: MakeContext, office: Office, values: dict[str, Any]
) -> None:
    closed = await row_factory.insert_session(db, office.programme, **values)
    with pytest.raises(SessionClosed):
        await commands.assign_training(
            act(office.hr), assignment_request(office).model_copy(update={"session": closed})
        )


async def test_nobody_decides_on_himself(act: MakeContext, office: Office) -> None:
    """The risk list shows nobody their own score, and seats are filled from what it shows."""
    first = Actor(office.people[0], Role.HR, office.hr.unit_path)
    wanted = PreviewAssignment(session=office.session, seats=3)
    assert [
        each.person_id for each in (await commands.preview_assignment(act(first), wanted)).candidates
    ] == office.people[1:7]


async def test_an_empty_list_is_refused(db: Db, act: MakeContext, office: Office) -> None:
    empty = await row_factory.insert_unit(db, parent_path=office.hr.unit_path or "")
    with pytest.raises(NobodyEligible):
        await commands.assign_training(act(office.hr), assignment_request(office, unit=empty))


async def test_fewer_considered_than_seats_are_refused(act: MakeContext, office: Office) -> None:
    with pytest.raises(refusals.InvalidInput) as refused:
        await commands.assign_training(act(office.hr), assignment_request(office, seats=3, lottery_size=2))
    assert refused.value.path == ("lotterySize",)


async def test_who_stood_in_the_lottery_stands_in_no_other_that_quarter(
    db: Db, act: MakeContext, office: Office
) -> None:
    await commands.assign_training(act(office.hr), assignment_request(office, seats=2))
    another = await row_factory.insert_session(
        db, office.programme, starts_on=date(2026, 9, 1), ends_on=date(2026, 9, 2)
    )
    again = assignment_request(office, seats=2).model_copy(update={"session": another})
    await commands.assign_training(act(office.hr), again)
    people = [row["person_id"] for row in await row_factory.fetch_table_rows(db, EligibilityRow)]
    assert len(people) == len(set(people)) == 8


async def test_two_at_once_do_not_oversell(own: database.Database) -> None:
    async with own.open_transaction() as db:
        office = await open_office(db, seats=5)

    async def assign(key: str) -> int | None:
        request = assignment_request(office, seats=3, lottery_size=3)
        try:
            async with own.open_transaction() as db:
                now = datetime(2026, 7, 1, tzinfo=UTC)
                act = CommandContext(
                    db=db, jobs=job_worker.JobQueue(), actor=office.hr, today=date(2026, 7, 1), now=now
                )
                return await run_once(
                    act,
                    "assignTraining",
                    key,
                    request,
                    lambda: commands.assign_training(act, request),
                    row_factory.identity_payload,
                )
        except (SeatsTaken, refusals.Conflict):
            return None

    results = await asyncio.gather(*(assign(f"key {number}") for number in range(8)))
    async with own.open_transaction() as db:
        (session,) = await row_factory.fetch_table_rows(db, SessionRow)
        rows = await row_factory.fetch_table_rows(db, AssignmentRow)
    seated = [row for row in rows if row["status"] == AssignmentStatus.ASSIGNED]
    assert len([key for key in results if key]) == 1
    assert session["taken"] == len(seated) == 3


async def test_the_same_key_assigns_once(own: database.Database) -> None:
    async with own.open_transaction() as db:
        office = await open_office(db, seats=12)
    request = assignment_request(office, seats=3, lottery_size=3)

    async def assign() -> int:
        async with own.open_transaction() as db:
            now = datetime(2026, 7, 1, tzinfo=UTC)
            act = CommandContext(db=db, jobs=job_worker.JobQueue(), actor=office.hr, today=date(2026, 7, 1), now=now)
            return await run_once(
                act,
                "assignTraining",
                "one key",
                request,
                lambda: commands.assign_training(act, request),
                row_factory.identity_payload,
            )

    keys = await asyncio.gather(*(assign() for _ in range(5)))
    async with own.open_transaction() as db:
        rows = await row_factory.fetch_table_rows(db, AssignmentRow)
    assert len(set(keys)) == 1
    assert len(rows) == 3
