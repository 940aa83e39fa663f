"""The function that PostGraphile and the limit server call records what our command records, to the last column."""

import itertools
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from bench.workload.material import SQL_FILES
from domain.actor import Actor, Role
from domain.audit.tables import AuditEntryRow
from domain.business_date import commands as calendar
from domain.evaluation import commands
from domain.evaluation.requests import RecordEvaluation
from domain.evaluation.tables import EvaluationRow
from domain.event.tables import EventRow
from domain.idempotency import commands as idempotency
from domain.idempotency.tables import CommandKeyRow
from domain.ports import CommandContext
from kinerja.postgres import database
from tests import row_factory
from tests.conftest import TODAY

ContextFactory = Callable[..., CommandContext]

ROW_OWN_COLUMNS = {
    "id",
    "plan_id",
    "person_id",
    "subject_id",
    "recorded_at",
    "at",
    "used_at",
    "asked_sha256",
    "result_id",
}
"""Keys, times and what names them: no two recordings share these."""

RECORD_CALL = "SELECT id FROM bench.record_evaluation($1, $2, $3, $4, $5, $6, $7, $8)"


@pytest.fixture
async def appraiser(db: database.Transaction) -> int:
    await db.connection.execute(SQL_FILES[0].read_text())
    await calendar.set_business_date(db, TODAY)
    return await row_factory.insert_person(db)


async def create_plan(db: database.Transaction, appraiser: int) -> int:
    """The plan of somebody new in the appraiser's line."""
    member = await row_factory.insert_person(db)
    await row_factory.insert_line(db, member, appraiser)
    return await row_factory.insert_plan(
        db, member, await row_factory.insert_position(db, await row_factory.insert_unit(db))
    )


async def record_by_command(act: CommandContext, key: str, **asked: Any) -> int:
    request = RecordEvaluation.model_validate(asked)
    return await idempotency.run_once(
        act, "recordEvaluation", key, request, lambda: commands.record(act, request), row_factory.identity_payload
    )


async def record_by_function(db: database.Transaction, key: str, plan: int, appraiser: int, **asked: Any) -> int:
    indices = Decimal(asked["results_index"]), Decimal(asked["behaviour_index"])
    said = asked["evidence"], asked["evidence_source"]
    return int(await db.connection.fetchval(RECORD_CALL, key, plan, appraiser, asked["period"], *indices, *said))


async def fetch_written_row(db: database.Transaction, table: Any) -> list[dict[str, Any]]:
    rows = await row_factory.fetch_table_rows(db, table)
    return [{name: value for name, value in row.items() if name not in ROW_OWN_COLUMNS} for row in rows]


INDEX_PAIRS = [*itertools.product(("60", "66", "109"), ("64.99", "65", "120"))]
"""Each cell of the matrix, most of them at its edge."""


@pytest.mark.parametrize(("results", "behaviour"), INDEX_PAIRS)
@pytest.mark.parametrize("period", ["2026-Q2", "2026-05"])
async def test_both_write_the_same_rows(
    db: database.Transaction, act: ContextFactory, appraiser: int, period: str, results: str, behaviour: str
) -> None:
    asked = {
        "period": period,
        "results_index": results,
        "behaviour_index": behaviour,
        "evidence": "Laporan",
        "evidence_source": "SIMPEG",
    }
    ours, theirs = await create_plan(db, appraiser), await create_plan(db, appraiser)
    by = act(Actor(appraiser, Role.SUPERVISOR))
    first = await record_by_command(by, "one", plan=ours, **asked)
    second = await record_by_function(db, "two", theirs, appraiser, **asked)
    assert first != second
    for table in (EvaluationRow, AuditEntryRow, EventRow):
        one, other = await fetch_written_row(db, table)
        assert one == other
    one, other = await fetch_written_row(db, CommandKeyRow)
    assert {**one, "client_key": "two"} == other
    assert {row["result_id"] for row in await row_factory.fetch_table_rows(db, CommandKeyRow)} == {first, second}


async def test_the_same_key_gives_the_same_row(db: database.Transaction, appraiser: int) -> None:
    plan = await create_plan(db, appraiser)
    asked = {
        "period": "2026-05",
        "results_index": "90",
        "behaviour_index": "90",
        "evidence": "abc",
        "evidence_source": "s",
    }
    assert await record_by_function(db, "k", plan, appraiser, **asked) == await record_by_function(
        db, "k", plan, appraiser, **asked
    )
    assert len(await row_factory.fetch_table_rows(db, EvaluationRow)) == 1


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"period": "2026-01"}, "PeriodClosed"),
        ({"period": "2026-13"}, "InvalidInput"),
        ({"results_index": "121"}, "InvalidInput"),
        ({"evidence": "a"}, "InvalidInput"),
        ({"period": "2025-Q4"}, "InvalidInput"),
    ],
)
async def test_it_refuses_what_the_command_refuses(
    db: database.Transaction, appraiser: int, change: dict[str, str], refusal: str
) -> None:
    asked = {
        "period": "2026-05",
        "results_index": "90",
        "behaviour_index": "90",
        "evidence": "abc",
        "evidence_source": "s",
    }
    plan = await create_plan(db, appraiser)
    with pytest.raises(asyncpg.RaiseError, match=refusal):
        await record_by_function(db, "k", plan, appraiser, **{**asked, **change})


async def test_nobody_records_outside_their_line_or_twice(db: database.Transaction, appraiser: int) -> None:
    asked = {
        "period": "2026-05",
        "results_index": "90",
        "behaviour_index": "90",
        "evidence": "abc",
        "evidence_source": "s",
    }
    plan, stranger = await create_plan(db, appraiser), await row_factory.insert_person(db)
    with pytest.raises(asyncpg.RaiseError, match="NotFound"):
        async with db.connection.transaction():
            await record_by_function(db, "k", plan, stranger, **asked)
    await record_by_function(db, "k", plan, appraiser, **asked)
    with pytest.raises(asyncpg.RaiseError, match="AlreadyEvaluated"):
        await record_by_function(db, "l", plan, appraiser, **asked)
