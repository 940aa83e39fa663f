"""What recording costs, and that it stays whole: with its key, its audit entry and its event, or not at all."""

import asyncio
import itertools
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col

from domain.actor import Actor, Role
from domain.audit.tables import AuditEntryRow
from domain.evaluation import commands
from domain.evaluation.refusals import AlreadyEvaluated, PeriodClosed
from domain.evaluation.requests import RecordEvaluation
from domain.evaluation.tables import EvaluationRow
from domain.event.tables import EventRow
from domain.idempotency import commands as idempotency
from domain.idempotency.tables import CommandKeyRow
from domain.plan.tables import PlanRow
from domain.ports import CommandContext, Db, StaleRead
from domain.refusals import InvalidInput, KeyReused, NotFound
from domain.regulation.tables import ParameterRow
from kinerja.jobs import job_worker
from kinerja.postgres import database
from resolvers.ports import PayloadQuery
from tests import row_factory
from tests.conftest import NOW, TODAY

MakeContext = Callable[..., CommandContext]

TABLES = (EvaluationRow, CommandKeyRow, AuditEntryRow, EventRow)


async def plan_and_appraiser(db: Db) -> tuple[int, int]:
    """A plan that can be evaluated, and who may."""
    position = await row_factory.insert_position(db, await row_factory.insert_unit(db))
    appraiser, member = await row_factory.insert_person(db), await row_factory.insert_person(db)
    await row_factory.insert_line(db, member, appraiser)
    return await row_factory.insert_plan(db, member, position), appraiser


def build_request(plan: int, **values: Any) -> RecordEvaluation:
    fields = {"results_index": "97.5", "behaviour_index": "101", "evidence": "laporan", "evidence_source": "SIAK"}
    return RecordEvaluation.model_validate({"plan": plan, "period": "2026-Q2", **fields, **values})


async def record_once(act: CommandContext, key: str, request: RecordEvaluation) -> int:
    ran = await idempotency.run_once(
        act, "recordEvaluation", key, request, lambda: commands.record(act, request), row_factory.identity_payload
    )
    return int(ran)


PAYLOAD_SQL = "SELECT t.id FROM {} AS t WHERE t.id = $1::bigint"


async def record_concurrently(
    data: database.Database, appraiser: int, key: str, request: RecordEvaluation, *before: str
) -> tuple[int, database.Transaction]:
    """Record and show the row as a mutation does, when others have done what `before` says; what was shown."""
    async with data.open_transaction() as db:

        async def show(row: int) -> int:
            for sql in before:
                await data.fetch_without_snapshot(sql, [])
            texts = PAYLOAD_SQL.format("evaluation"), PAYLOAD_SQL.format("gate_row")
            found = await db.fetch_payload(PayloadQuery(texts[0], [row], texts[1], [row], "evaluation"))
            return int(found[0][0])

        act = build_context(db, appraiser)
        shown = await idempotency.run_once(
            act, "recordEvaluation", key, request, lambda: commands.record(act, request), show
        )
    return shown, db


def build_context(db: database.Transaction, appraiser: int) -> CommandContext:
    return CommandContext(db, job_worker.JobQueue(), Actor(appraiser, Role.SUPERVISOR), TODAY, NOW)


async def record_in_own_transaction(
    data: database.Database, appraiser: int, key: str, request: RecordEvaluation
) -> int:
    async with data.open_transaction() as db:
        return await record_once(build_context(db, appraiser), key, request)


async def count_rows(data: database.Database) -> list[int]:
    async with data.open_transaction() as db:
        return [len(await row_factory.fetch_table_rows(db, table)) for table in TABLES]


async def test_it_costs_two_statements(db: database.Transaction, act: MakeContext) -> None:
    plan, appraiser = await plan_and_appraiser(db)
    before = db.statement_count
    await record_once(act(Actor(appraiser, Role.SUPERVISOR)), "one", build_request(plan))
    assert db.statement_count - before == 2


async def test_the_row_has_the_key_that_was_returned(db: database.Transaction, act: MakeContext) -> None:
    plan, appraiser = await plan_and_appraiser(db)
    given = await record_once(act(Actor(appraiser, Role.SUPERVISOR)), "one", build_request(plan))
    (row,), (entry,), (event,), (key,) = [
        await row_factory.fetch_table_rows(db, table)
        for table in (EvaluationRow, AuditEntryRow, EventRow, CommandKeyRow)
    ]
    assert {row["id"], entry["subject_id"], event["subject_id"], key["result_id"]} == {given}


async def test_of_two_at_the_same_moment_one_records_and_both_hear_the_same(own: database.Database) -> None:
    async with own.open_transaction() as db:
        plan, appraiser = await plan_and_appraiser(db)
    keys = await asyncio.gather(
        *(record_in_own_transaction(own, appraiser, "one", build_request(plan)) for _ in range(5))
    )
    assert len(set(keys)) == 1
    assert await count_rows(own) == [1, 1, 1, 1]


async def test_of_two_keys_at_the_same_moment_one_is_refused_and_leaves_nothing(own: database.Database) -> None:
    async with own.open_transaction() as db:
        plan, appraiser = await plan_and_appraiser(db)
    both = (record_in_own_transaction(own, appraiser, key, build_request(plan)) for key in ("one", "two"))
    first, second = sorted(
        await asyncio.gather(*both, return_exceptions=True), key=lambda each: type(each) is not int
    )
    assert isinstance(first, int)
    assert isinstance(second, AlreadyEvaluated)
    assert await count_rows(own) == [1, 1, 1, 1]


async def test_a_refusal_leaves_nothing(own: database.Database) -> None:
    async with own.open_transaction() as db:
        plan, appraiser = await plan_and_appraiser(db)
    with pytest.raises(PeriodClosed):
        await record_in_own_transaction(own, appraiser, "one", build_request(plan, period="2026-01"))
    assert await count_rows(own) == [0, 0, 0, 0]


async def test_a_figure_that_changes_is_obeyed_at_once(db: database.Transaction, act: MakeContext) -> None:
    plan, appraiser = await plan_and_appraiser(db)
    supervisor = Actor(appraiser, Role.SUPERVISOR)
    late = date(2026, 8, 15)
    with pytest.raises(PeriodClosed):
        await commands.record(act(supervisor, today=late), build_request(plan))
    longer = sa.update(ParameterRow).where(col(ParameterRow.code) == "RECORDING_DAYS").values(value=46)
    assert await db.execute(longer) == 1
    assert await commands.record(act(supervisor, today=late), build_request(plan))
    everything_is_low = sa.update(ParameterRow).where(col(ParameterRow.code) == "LOW_SCORE").values(value="120.01")
    assert await db.execute(everything_is_low) == 1
    await commands.record(act(supervisor), build_request(plan, period="2026-06"))
    assert [row["low"] for row in await row_factory.fetch_table_rows(db, EvaluationRow)] == [False, True]


@pytest.fixture
async def recordable_plan(own: database.Database) -> tuple[int, int]:
    async with own.open_transaction() as db:
        return await plan_and_appraiser(db)


async def test_a_payload_alone_costs_two_statements_at_first_and_no_transaction(
    own: database.Database, recordable_plan: tuple[int, int]
) -> None:
    plan, appraiser = recordable_plan
    shown, db = await record_concurrently(own, appraiser, "one", build_request(plan))
    assert (db.statement_count, db.is_open) == (2, False)
    assert await count_rows(own) == [1, 1, 1, 1]
    (found,) = await own.fetch_without_snapshot(
        "SELECT k.result_id, a.subject_id, a.xid = e.xid, e.xid::text = a.xmin::text, e.xmin = k.xmin"
        " FROM command_key k, audit_entry a, event e",
        [],
    )
    assert list(found) == [shown, shown, True, True, True]


async def test_of_two_at_once_in_one_statement_both_hear_the_same(
    own: database.Database, recordable_plan: tuple[int, int]
) -> None:
    plan, appraiser = recordable_plan
    came = await asyncio.gather(*(record_concurrently(own, appraiser, "one", build_request(plan)) for _ in range(5)))
    assert len({shown for shown, _ in came}) == 1
    assert await count_rows(own) == [1, 1, 1, 1]


@pytest.mark.parametrize(("key", "index", "refusal"), [("one", "50", KeyReused), ("two", "97.5", AlreadyEvaluated)])
async def test_what_is_refused_in_the_one_statement_leaves_nothing(
    own: database.Database, recordable_plan: tuple[int, int], key: str, index: str, refusal: type[Exception]
) -> None:
    plan, appraiser = recordable_plan
    await record_concurrently(own, appraiser, "one", build_request(plan))
    with pytest.raises(refusal):
        await record_concurrently(own, appraiser, key, build_request(plan, results_index=index))
    assert await count_rows(own) == [1, 1, 1, 1]


async def test_the_next_one_costs_one_statement(own: database.Database, recordable_plan: tuple[int, int]) -> None:
    plan, appraiser = recordable_plan
    await record_concurrently(own, appraiser, "one", build_request(plan))
    with pytest.raises(AlreadyEvaluated):
        await record_concurrently(own, appraiser, "two", build_request(plan))
    await own.fetch_without_snapshot("UPDATE evaluation SET current = false RETURNING 1", [])
    shown, db = await record_concurrently(own, appraiser, "two", build_request(plan))
    assert (db.statement_count, db.is_open) == (1, False)
    (found,) = await own.fetch_without_snapshot(
        "SELECT e.id, e.plan_id, e.person_id = p.id, e.unit_path = p.unit_path, e.appraiser_id = p.appraiser_id,"
        " (SELECT count(*) FROM command_key k WHERE k.result_id = e.id),"
        " (SELECT count(*) FROM audit_entry a WHERE a.subject_id = e.id AND a.person_id = p.id"
        " AND a.unit_path = p.unit_path), (SELECT count(*) FROM event v WHERE v.subject_id = e.id)"
        " FROM evaluation e JOIN person p ON p.id = e.person_id WHERE e.current",
        [],
    )
    assert list(found) == [shown, plan, True, True, True, 1, 1, 1]


@pytest.mark.parametrize("low", ["120.01", "0"])
async def test_figures_that_changed_since_they_were_read_are_obeyed(
    own: database.Database, recordable_plan: tuple[int, int], low: str
) -> None:
    plan, appraiser = recordable_plan
    await record_concurrently(own, appraiser, "one", build_request(plan))
    await own.fetch_without_snapshot(f"UPDATE parameter SET value = '{low}' WHERE code = 'LOW_SCORE' RETURNING 1", [])
    for month in (6, 5):
        await record_concurrently(own, appraiser, f"{month}", build_request(plan, period=f"2026-{month:02}"))
    assert await count_rows(own) == [3, 3, 3, 3]
    found = await own.fetch_without_snapshot("SELECT low FROM evaluation WHERE kind = 'BULANAN'", [])
    assert [row[0] for row in found] == [low != "0"] * 2


async def test_a_window_that_was_closed_since_it_was_read_refuses(
    own: database.Database, recordable_plan: tuple[int, int]
) -> None:
    plan, appraiser = recordable_plan
    await record_concurrently(own, appraiser, "one", build_request(plan, period="2026-05"))
    closed = "UPDATE parameter SET value = '3' WHERE code = 'RECORDING_DAYS' RETURNING 1"
    await own.fetch_without_snapshot(closed, [])
    await own.fetch_without_snapshot("DELETE FROM evaluation RETURNING 1", [])
    with pytest.raises(PeriodClosed):
        await record_concurrently(own, appraiser, "two", build_request(plan, period="2026-05"))
    assert await count_rows(own) == [0, 1, 1, 1]


async def test_a_request_outside_the_line_is_refused_as_it_was_read(
    own: database.Database, recordable_plan: tuple[int, int]
) -> None:
    plan, appraiser = recordable_plan
    await record_concurrently(own, appraiser, "one", build_request(plan))
    refused: list[tuple[int, RecordEvaluation, type[Exception]]] = [
        (appraiser, build_request(plan + 1), NotFound),
        (appraiser + 1, build_request(plan), NotFound),
        (appraiser, build_request(plan, period="2025-Q2"), InvalidInput),
        (appraiser, build_request(plan, period="2026-Q3"), PeriodClosed),
    ]
    for who, request, refusal in refused:
        with pytest.raises(refusal):
            await record_concurrently(own, who, "two", request)
    assert await count_rows(own) == [1, 1, 1, 1]


async def test_a_person_without_a_unit_is_evaluated_all_the_same(
    own: database.Database, recordable_plan: tuple[int, int]
) -> None:
    plan, appraiser = recordable_plan
    await own.fetch_without_snapshot("UPDATE person SET unit_path = NULL RETURNING 1", [])
    await record_concurrently(own, appraiser, "one", build_request(plan))
    assert await count_rows(own) == [1, 1, 1, 1]


CLAIM = sa.insert(CommandKeyRow)


async def has_deferred_basis(
    data: database.Database, act: CommandContext, request: RecordEvaluation, member: int
) -> bool:
    """Whether the ground can be assumed, and is found."""
    async with data.open_transaction() as db:
        claim = {
            "principal": "p",
            "mutation": "m",
            "client_key": uuid.uuid4().hex,
            "asked_sha256": "",
            "used_at": NOW,
        }
        db.claim(CLAIM, claim, LookupError())
        on = await commands.try_deferred_basis(replace(act, db=db), request)
        try:
            await db.flush()
        except StaleRead:
            return False
        return on is not None and int(on.person_id) == member


async def has_loaded_basis(data: database.Database, act: CommandContext, request: RecordEvaluation) -> bool:
    """Whether the ground can be read and refuses nothing."""
    async with data.open_transaction() as db:
        try:
            await commands.require_evaluation_basis(replace(act, db=db), request)
        except (InvalidInput, PeriodClosed):
            return False
        return True


SPANS = ((1, 1, 12, 31), (4, 1, 6, 30), (4, 2, 6, 30), (4, 1, 6, 29), (6, 1, 12, 31))
PERIODS = ("2026-Q1", "2026-Q2", "2026-06", "2026-04", "2026-05", "2026", "2025-12")
BUSINESS_DATES = tuple(date(2026, 6, 30) + timedelta(days=days) for days in (-1, 0, 1, 14, 15, 45, 46))


@pytest.mark.parametrize("span", SPANS)
async def test_what_may_be_assumed_is_what_is_read_without_refusal(
    own: database.Database, recordable_plan: tuple[int, int], span: tuple[int, int, int, int]
) -> None:
    plan, appraiser = recordable_plan
    days = [date(2026, *span[:2]), date(2026, *span[2:])]
    (row,) = await own.fetch_without_snapshot(
        "UPDATE plan SET starts_on = $1, ends_on = $2 RETURNING person_id", days
    )
    found = set()
    for today, period in itertools.product(BUSINESS_DATES, PERIODS):
        async with own.open_transaction() as db:
            act = replace(build_context(db, appraiser), today=today)
        request = build_request(plan, period=period)
        passes = await has_loaded_basis(own, act, request)
        assert await has_deferred_basis(own, act, request, row[0]) == passes, (today, period)
        found.add(passes)
    assert found == {True, False}


CHANGES = (
    "UPDATE plan SET active = false, status = 'DIHENTIKAN' RETURNING 1",
    "UPDATE appraiser_line SET ends_on = '2026-06-30' RETURNING 1",
    "DELETE FROM appraiser_line RETURNING 1",
)


@pytest.mark.parametrize("change", CHANGES)
async def test_a_basis_that_is_gone_when_it_is_written_refuses(
    own: database.Database, recordable_plan: tuple[int, int], change: str
) -> None:
    plan, appraiser = recordable_plan
    with pytest.raises(NotFound):
        await record_concurrently(own, appraiser, "one", build_request(plan), change)
    assert await count_rows(own) == [0, 0, 0, 0]


async def test_a_figure_that_changes_before_it_is_written_is_obeyed(
    own: database.Database, recordable_plan: tuple[int, int]
) -> None:
    plan, appraiser = recordable_plan
    low = "UPDATE parameter SET value = '120.01' WHERE code = 'LOW_SCORE' RETURNING 1"
    _, db = await record_concurrently(own, appraiser, "one", build_request(plan), low)
    assert db.is_open  # the second time, in a transaction
    assert await own.fetch_without_snapshot("SELECT low FROM evaluation", []) == [(True,)]
    assert await count_rows(own) == [1, 1, 1, 1]


async def test_a_connection_that_dies_in_the_statement_leaves_nothing_and_the_key_is_free(
    own: database.Database, recordable_plan: tuple[int, int]
) -> None:
    plan, appraiser = recordable_plan
    async with own.open_transaction() as other:
        await other.execute(sa.select(col(PlanRow.id)).with_for_update())
        writing = asyncio.create_task(record_concurrently(own, appraiser, "one", build_request(plan)))
        waits = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        found: Sequence[Sequence[Any]] = []
        for _ in range(500):
            found = found or await own.fetch_without_snapshot(waits, [])
            await asyncio.sleep(0 if found else 0.01)
        await own.fetch_without_snapshot("SELECT pg_terminate_backend($1)", [found[0][0]])
        with pytest.raises(database.DatabaseUnavailable):
            await writing
    assert await count_rows(own) == [0, 0, 0, 0]
    await record_concurrently(own, appraiser, "one", build_request(plan))
    assert await count_rows(own) == [1, 1, 1, 1]
