"""Publishing summaries: counted by the database, once a quarter, and shown to those whose part of the tree it is."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date

import pytest
import sqlalchemy as sa
from sqlmodel import col

from domain import refusals
from domain.actor import Actor, Role
from domain.organisation.tables import UnitRow
from domain.ports import CommandContext, Db
from domain.summary.facts import DIVISIONS, TrainingProgress
from domain.summary.tables import COUNTS, SummaryRow, UnitSummaryRow
from kinerja import business_date
from kinerja.jobs import job_worker
from kinerja.postgres import database
from tests import row_factory
from tests.conftest import Reply
from training.assignment.tables import AssignmentBatchRow, AssignmentRow
from training.record.tables import TrainingRecordRow
from training.summary import commands, store

QUARTER = (date(2026, 4, 1), date(2026, 6, 30))
HEAD = 1
"""People who work in the dinas itself."""

SUMMARIES = """
query Summaries($id: ID!) {
  unit(by: {id: $id}) {
    summary {
      period cutoffOn year headcount
      sangatBaik baik butuhPerbaikan kurang sangatKurang notEvaluated
      highRisk elevatedRisk lowRisk unknownRisk
      passed attended assigned waiting absent untrained
    }
    ownSummary { headcount baik }
    units(first: 10) { nodes { summary { headcount sangatBaik baik } ownSummary { headcount } } }
  }
}
"""


@dataclass(frozen=True, slots=True)
class Dinas:
    """A dinas with its head, a division of thirty, one of twenty, and one of eight who are all rated alike."""

    unit: int
    path: str
    people: dict[str, list[int]]


@dataclass(frozen=True, slots=True)
class RecordedJob:
    """A job in the test's transaction."""

    act: CommandContext

    @asynccontextmanager
    async def open_transaction(self) -> AsyncIterator[CommandContext]:
        """The one transaction, as often as it is wanted."""
        yield self.act

    async def report_progress(self, _done: int, _total: int, step: str) -> None:
        """Nothing: the job that publishing is a part of tells how far it is."""
        raise AssertionError(step)


async def publish_once(act: CommandContext) -> None:
    await commands.publish_summaries(RecordedJob(act))


async def load_path(db: Db, unit: int) -> str:
    found = await db.fetch_one(sa.select(col(UnitRow.path)).where(col(UnitRow.id) == unit))
    assert found is not None
    return found[0]


async def insert_staff(db: Db, unit: int, good: int, very_good: int) -> list[int]:
    """People of a unit with an evaluation for the quarter, and one for another quarter that counts for nothing."""
    path, post = await load_path(db, unit), await row_factory.insert_position(db, unit)
    keys = [await row_factory.insert_person(db, unit_id=unit, unit_path=path) for _ in range(good + very_good)]
    for place, person in enumerate(keys):
        plan = await row_factory.insert_plan(db, person, post)
        rated = "BAIK" if place < good else "SANGAT_BAIK"
        await row_factory.insert_evaluation(
            db, plan, person, keys[0], starts_on=QUARTER[0], ends_on=QUARTER[1], predikat=rated
        )
        await row_factory.insert_evaluation(db, plan, person, keys[0], predikat="KURANG")
    return keys


@pytest.fixture
async def dinas(db: Db) -> Dinas:
    top = await row_factory.insert_unit(db)
    path = await load_path(db, top)
    parts = {name: await row_factory.insert_unit(db, path, parent_id=top) for name in ("large", "middle", "alike")}
    return Dinas(
        top,
        path,
        {
            "head": await insert_staff(db, top, HEAD, 0),
            "large": await insert_staff(db, parts["large"], 18, 12),
            "middle": await insert_staff(db, parts["middle"], 12, 8),
            "alike": await insert_staff(db, parts["alike"], 8, 0),
        },
    )


async def test_everybody_is_counted_once_in_every_division(dinas: Dinas, db: Db) -> None:
    counted = await store.count_people(db, QUARTER, None, 2026)
    assert {band for _, _, band, _, _ in counted} == {None}
    assert {predikat for _, predikat, _, _, _ in counted} == {"BAIK", "SANGAT_BAIK"}
    assert sum(people for *_, people in counted) == sum(map(len, dinas.people.values()))


async def test_who_left_is_not_counted(dinas: Dinas, db: Db) -> None:
    before = sum(people for *_, people in await store.count_people(db, QUARTER, None, 2026))
    await row_factory.insert_person(db, unit_id=dinas.unit, left_on=date(2026, 6, 1))
    assert sum(people for *_, people in await store.count_people(db, QUARTER, None, 2026)) == before


async def test_training_counts_the_furthest_step_of_the_year(dinas: Dinas, db: Db) -> None:
    programme = await row_factory.insert_programme(db)
    passed, absent, waiting, earlier = dinas.people["large"][:4]
    cases = [
        (passed, date(2026, 2, 2), "ATTENDED"),
        (passed, date(2026, 5, 4), "ABSENT"),
        (absent, date(2026, 5, 4), "ABSENT"),
        (waiting, date(2026, 8, 3), "WAITING"),
        (earlier, date(2025, 8, 4), "ATTENDED"),
    ]
    for person, starts_on, status in cases:
        session = await row_factory.insert_session(db, programme, starts_on=starts_on, ends_on=starts_on)
        assigned = await insert_assignment(db, programme, session, person, status)
        if status == "ATTENDED":
            await insert_training_record(db, programme, assigned, person, starts_on)
    steps: dict[str | None, int] = {}
    for *_, step, people in await store.count_people(db, QUARTER, None, 2026):
        steps[step] = steps.get(step, 0) + people
    everybody = sum(map(len, dinas.people.values()))
    assert steps == {
        TrainingProgress.PASSED: 1,
        TrainingProgress.ABSENT: 1,
        TrainingProgress.WAITING: 1,
        None: everybody - 3,
    }


async def insert_assignment(db: Db, programme: int, session: int, person: int, status: str) -> int:
    decision = {"programme_id": programme, "session_id": session, "source": "ENOUGH_SEATS", "reason": "Perlu"}
    by = {"decided_by": person, "decided_at": row_factory.RECORDED_AT}
    batch = await row_factory.insert_row(
        db, AssignmentBatchRow, **decision, **by, seats=1, eligible=1, seated=1, seed=1
    )
    place = 1 if status == "WAITING" else None
    values = {"batch_id": batch, "person_id": person, "status": status, "draw": 1, "waiting_place": place}
    return await row_factory.insert_row(db, AssignmentRow, **decision, **by, **values)


async def insert_training_record(db: Db, programme: int, assigned: int, person: int, day: date) -> None:
    of = {"person_id": person, "programme_id": programme, "assignment_id": assigned}
    how = {"completed_on": day, "year": day.year, "jp": 20, "outcome": "PASSED", "organiser": "BPSDM"}
    await row_factory.insert_row(db, TrainingRecordRow, **of, **how)


async def test_a_quarter_is_published_once(dinas: Dinas, db: Db, act: Callable[..., CommandContext]) -> None:
    await publish_once(act())
    rows = await row_factory.fetch_table_rows(db, UnitSummaryRow)
    await row_factory.insert_person(db, unit_id=dinas.unit, unit_path=dinas.path)
    await publish_once(act(today=date(2026, 9, 30)))
    assert await row_factory.fetch_table_rows(db, UnitSummaryRow) == rows
    await publish_once(act(today=date(2026, 10, 1)))
    assert len(await row_factory.fetch_table_rows(db, UnitSummaryRow)) == 2 * len(rows)


async def test_of_two_workers_one_publishes(own: database.Database) -> None:
    async with own.open_transaction() as db:
        await insert_staff(db, await row_factory.insert_unit(db), 20, 10)
    working = [job_worker.JobRun(0, own, business_date.BusinessDate(own), job_worker.JobQueue()) for _ in range(2)]
    await asyncio.gather(*(commands.publish_summaries(each) for each in working))
    async with own.open_transaction() as db:
        assert len(await row_factory.fetch_table_rows(db, SummaryRow)) == 1
        shown = await row_factory.fetch_table_rows(db, UnitSummaryRow)
    assert [row["headcount"] for row in shown] == [30, 30]


async def test_only_the_service_publishes(act: Callable[..., CommandContext]) -> None:
    with pytest.raises(refusals.NotAllowed):
        await publish_once(act(Actor(1, Role.LEADER, "1.")))


async def test_no_small_count_is_stored(dinas: Dinas, db: Db, act: Callable[..., CommandContext]) -> None:
    await publish_once(act())
    rows = await row_factory.fetch_table_rows(db, UnitSummaryRow)
    assert {row["unit_path"] for row in rows} >= {dinas.path}
    assert all(row[name] is None or row[name] == 0 or row[name] >= 5 for row in rows for name in COUNTS)
    (own,) = [row for row in rows if row["unit_id"] == dinas.unit and row["own"]]
    assert own["headcount"] is None


async def test_a_leader_sees_their_units_in_one_statement(
    dinas: Dinas, act: Callable[..., CommandContext], api: Callable[..., Awaitable[Reply]]
) -> None:
    await publish_once(act())
    leader = Actor(dinas.people["head"][0], Role.LEADER, dinas.path)
    reply = await api(SUMMARIES, {"id": f"un{dinas.unit}"}, leader)
    assert reply.statements == 1
    unit = reply.body["data"]["unit"]
    assert unit["summary"]["headcount"] == 59
    assert unit["summary"]["period"] == "2026-Q2"
    assert unit["summary"]["butuhPerbaikan"] == 0
    assert unit["ownSummary"]["headcount"] is None
    parts = [node["summary"] for node in unit["units"]["nodes"]]
    shown = [part["headcount"] for part in parts]
    assert shown.count(None) == 1, "the head is alone; one part must hide him"
    whole = unit["summary"]["sangatBaik"]
    known = [part["sangatBaik"] for part in parts]
    assert whole is None or None in known or whole == sum(known)


@pytest.mark.parametrize("role", [Role.EMPLOYEE, Role.SUPERVISOR, Role.ADMIN, Role.CHANGE_AGENT])
async def test_it_is_absent_for_whom_it_is_not(
    role: Role, dinas: Dinas, act: Callable[..., CommandContext], api: Callable[..., Awaitable[Reply]]
) -> None:
    await publish_once(act())
    somebody = Actor(dinas.people["head"][0], role)
    unit = (await api(SUMMARIES, {"id": f"un{dinas.unit}"}, somebody)).body["data"]["unit"]
    assert unit["summary"] is None
    assert unit["ownSummary"] is None


async def test_a_leader_sees_no_other_unit(
    dinas: Dinas, db: Db, act: Callable[..., CommandContext], api: Callable[..., Awaitable[Reply]]
) -> None:
    other = await row_factory.insert_unit(db)
    await insert_staff(db, other, 20, 20)
    await publish_once(act())
    leader = Actor(dinas.people["head"][0], Role.LEADER, dinas.path)
    assert (await api(SUMMARIES, {"id": f"un{other}"}, leader)).body["data"]["unit"]["summary"] is None
    of_other = Actor(dinas.people["head"][0], Role.LEADER, await load_path(db, other))
    assert (await api(SUMMARIES, {"id": f"un{other}"}, of_other)).body["data"]["unit"]["summary"]["headcount"] == 40


def test_every_category_has_a_column() -> None:
    assert set(commands.CATEGORY_COLUMNS) | {"headcount"} == set(COUNTS)
    assert len(commands.CATEGORY_COLUMNS) == sum(len(division.categories) for division in DIVISIONS.values())
