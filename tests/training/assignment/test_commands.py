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
from domain.journal.commands import once
from domain.journal.tables import AuditEntryRow
from domain.organisation.tables import UnitRow
from domain.ports import Act, Db
from kinerja import database, jobs
from tests import made
from training.assignment import commands, rules
from training.assignment.facts import AssignmentStatus, Source
from training.assignment.refusals import NobodyEligible, SeatsTaken, SessionClosed
from training.assignment.requests import AssignTraining, PreviewAssignment
from training.assignment.tables import AssignmentBatchRow, AssignmentRow, EligibilityRow
from training.record.tables import TrainingRecordRow
from training.session.tables import SessionRow

MakeAct = Callable[..., Act]

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
    return await opened(db)


async def opened(db: Db, seats: int = 5) -> Office:
    unit = await made.unit(db)
    path = f"{(await made.rows_of(db, UnitRow))[-1]['path']}"
    programme = await made.programme(db)
    run = await made.run(db)
    people = [await made.person(db, unit_path=path) for _ in range(12)]
    for rank, person in enumerate(people, start=1):
        await made.score(db, run, person, rank, unit_path=path)
    officer = Actor(await made.person(db, unit_path=path), Role.HR, path)
    return Office(officer, unit, await made.session(db, programme, seats=seats), programme, run, people)


def asked(office: Office, seats: int = 3, **values: Any) -> AssignTraining:
    return AssignTraining.model_validate({"session": office.session, "seats": seats, "reason": REASON, **values})


async def test_seats_are_drawn_among_the_top_and_the_rest_wait(db: Db, act: MakeAct, office: Office) -> None:
    batch = await commands.assign(act(office.hr), asked(office))
    rows = await made.rows_of(db, AssignmentRow)
    assert {row["person_id"] for row in rows} == set(office.people[:6])
    seated = [row for row in rows if row["status"] == AssignmentStatus.ASSIGNED]
    waiting = [row for row in rows if row["status"] == AssignmentStatus.WAITING]
    assert (len(seated), sorted(row["waiting_place"] for row in waiting)) == (3, [1, 2, 3])
    assert {row["source"] for row in rows} == {Source.LOTTERY}
    assert {(row["batch_id"], row["decided_by"], row["reason"]) for row in rows} == {
        (batch, office.hr.person_id, REASON)
    }
    assert all(row["score_id"] is not None for row in rows)


async def test_the_lottery_can_be_drawn_again_from_its_record(db: Db, act: MakeAct, office: Office) -> None:
    await commands.assign(act(office.hr), asked(office))
    (batch,) = await made.rows_of(db, AssignmentBatchRow)
    eligible = await made.rows_of(db, EligibilityRow)
    tickets = {row["person_id"]: rules.ticket(batch["seed"], row["person_id"]) for row in eligible}
    seated = {row["person_id"] for row in eligible if row["seated"]}
    assert max(tickets[person] for person in seated) < min(
        ticket for person, ticket in tickets.items() if person not in seated
    )
    assert {row["starts_on"] for row in eligible} == {date(2026, 7, 1)}
    assert (batch["eligible"], batch["seated"], batch["seats"]) == (6, 3, 3)


async def test_the_seats_are_taken_and_the_decision_is_on_record(db: Db, act: MakeAct, office: Office) -> None:
    batch = await commands.assign(act(office.hr), asked(office))
    (session,) = await made.rows_of(db, SessionRow)
    assert session["taken"] == 3
    (entry,) = await made.rows_of(db, AuditEntryRow)
    assert (entry["action"], entry["subject_id"], entry["reason"]) == ("ASSIGN_TRAINING", batch, REASON)
    assert entry["details"]["eligible"] == 6


async def test_more_seats_than_are_free_are_refused_and_nothing_is_written(
    db: Db, act: MakeAct, office: Office
) -> None:
    with pytest.raises(SeatsTaken, match="5 free seats, 6 were asked for") as refused:
        await commands.assign(act(office.hr), asked(office, seats=6))
    assert refused.value.path == ("seats",)
    assert not await made.rows_of(db, AssignmentRow)


async def test_with_seats_for_all_there_is_no_lottery(db: Db, act: MakeAct, office: Office) -> None:
    await commands.assign(act(office.hr), asked(office, seats=4, considered=4))
    rows = await made.rows_of(db, AssignmentRow)
    assert [row["source"] for row in rows] == [Source.ENOUGH_SEATS] * 4
    assert {row["status"] for row in rows} == {AssignmentStatus.ASSIGNED}


async def test_who_cannot_be_helped_is_left_out(db: Db, act: MakeAct, office: Office) -> None:
    await commands.assign(act(office.hr), asked(office, seats=1, considered=1))
    elsewhere = await made.session(db, await made.programme(db), starts_on=date(2026, 8, 5))
    hindered = await made.person(db, unit_path=office.hr.unit_path)
    await made.score(db, office.run, hindered, 99, unit_path=office.hr.unit_path, hindered=True)
    await made.row(
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
    other = asked(office, seats=1, considered=1).model_copy(update={"session": elsewhere})
    await commands.assign(act(office.hr), other)
    seen = await commands.preview(act(office.hr), asked(office, seats=2, considered=50))
    left_out = [each for each in seen.considered if not each.eligible]
    assert {each.person_id for each in left_out} == {office.people[0], office.people[1], hindered} | {
        each["person_id"] for each in (await made.rows_of(db, AssignmentRow))[1:]
    }
    assert (seen.hindered, seen.eligible) == (1, 12 - len(left_out) + 1)


async def test_a_preview_writes_nothing(db: Db, act: MakeAct, office: Office) -> None:
    seen = await commands.preview(act(office.hr), PreviewAssignment(session=office.session, seats=2, considered=8))
    assert (seen.eligible, seen.seated, seen.waiting, seen.cost) == (8, 2, 6, Decimal(3_000_000))
    assert [each.person_id for each in seen.considered] == office.people[:8]
    assert not await made.rows_of(db, AssignmentRow)
    assert not await made.rows_of(db, AuditEntryRow)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.HR])
async def test_nobody_but_hr_assigns(act: MakeAct, office: Office, role: Role) -> None:
    actor = Actor(office.hr.person_id, role, office.hr.unit_path)
    with pytest.raises(refusals.NotAllowed):
        await commands.assign(act(actor), asked(office))
    with pytest.raises(refusals.NotAllowed):
        await commands.preview(act(actor), asked(office))


async def test_a_unit_outside_the_scope_is_as_if_it_were_not(db: Db, act: MakeAct, office: Office) -> None:
    foreign = await made.unit(db)
    for unit in (foreign, foreign + 1_000_000):
        with pytest.raises(refusals.NotFound, match="There is no such unit in your scope"):
            await commands.assign(act(office.hr), asked(office, unit=unit))


async def test_people_of_other_units_are_not_considered(db: Db, act: MakeAct, office: Office) -> None:
    stranger = await made.person(db, unit_path="999999.")
    await made.score(db, office.run, stranger, 500, unit_path="999999.")
    seen = await commands.preview(act(office.hr), asked(office, seats=1, considered=100))
    assert stranger not in {each.person_id for each in seen.considered}
    assert len(seen.considered) == 12


@pytest.mark.parametrize("values", [{"status": "CLOSED"}, {"status": "CANCELLED"}, {"starts_on": date(2026, 6, 30)}])
async def test_a_session_that_takes_nobody_is_refused(
    db: Db, act: MakeAct, office: Office, values: dict[str, Any]
) -> None:
    closed = await made.session(db, office.programme, **values)
    with pytest.raises(SessionClosed):
        await commands.assign(act(office.hr), asked(office).model_copy(update={"session": closed}))


async def test_nobody_decides_on_himself(act: MakeAct, office: Office) -> None:
    """The risk list shows nobody his own score, and seats are filled from what it shows."""
    first = Actor(office.people[0], Role.HR, office.hr.unit_path)
    wanted = PreviewAssignment(session=office.session, seats=3)
    assert [each.person_id for each in (await commands.preview(act(first), wanted)).considered] == office.people[1:7]


async def test_an_empty_list_is_refused(db: Db, act: MakeAct, office: Office) -> None:
    empty = await made.unit(db, parent_path=office.hr.unit_path or "")
    with pytest.raises(NobodyEligible):
        await commands.assign(act(office.hr), asked(office, unit=empty))


async def test_fewer_considered_than_seats_are_refused(act: MakeAct, office: Office) -> None:
    with pytest.raises(refusals.InvalidInput) as refused:
        await commands.assign(act(office.hr), asked(office, seats=3, considered=2))
    assert refused.value.path == ("considered",)


async def test_who_stood_in_the_lottery_stands_in_no_other_that_quarter(db: Db, act: MakeAct, office: Office) -> None:
    await commands.assign(act(office.hr), asked(office, seats=2))
    another = await made.session(db, office.programme, starts_on=date(2026, 9, 1), ends_on=date(2026, 9, 2))
    again = asked(office, seats=2).model_copy(update={"session": another})
    await commands.assign(act(office.hr), again)
    people = [row["person_id"] for row in await made.rows_of(db, EligibilityRow)]
    assert len(people) == len(set(people)) == 8


async def test_two_at_once_do_not_oversell(own: database.Database) -> None:
    async with own.write() as db:
        office = await opened(db, seats=5)

    async def assign(key: str) -> int | None:
        request = asked(office, seats=3, considered=3)
        try:
            async with own.write() as db:
                now = datetime(2026, 7, 1, tzinfo=UTC)
                act = Act(db=db, jobs=jobs.Queue(), actor=office.hr, today=date(2026, 7, 1), now=now)
                return await once(
                    act, "assignTraining", key, request, lambda: commands.assign(act, request), made.same
                )
        except (SeatsTaken, refusals.Conflict):
            return None

    results = await asyncio.gather(*(assign(f"key {number}") for number in range(8)))
    async with own.write() as db:
        (session,) = await made.rows_of(db, SessionRow)
        rows = await made.rows_of(db, AssignmentRow)
    seated = [row for row in rows if row["status"] == AssignmentStatus.ASSIGNED]
    assert len([key for key in results if key]) == 1
    assert session["taken"] == len(seated) == 3


async def test_the_same_key_assigns_once(own: database.Database) -> None:
    async with own.write() as db:
        office = await opened(db, seats=12)
    request = asked(office, seats=3, considered=3)

    async def assign() -> int:
        async with own.write() as db:
            now = datetime(2026, 7, 1, tzinfo=UTC)
            act = Act(db=db, jobs=jobs.Queue(), actor=office.hr, today=date(2026, 7, 1), now=now)
            return await once(
                act, "assignTraining", "one key", request, lambda: commands.assign(act, request), made.same
            )

    keys = await asyncio.gather(*(assign() for _ in range(5)))
    async with own.write() as db:
        rows = await made.rows_of(db, AssignmentRow)
    assert len(set(keys)) == 1
    assert len(rows) == 3
