"""A command under the second wall: as a role's login, in one statement where its payload allows it."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from graphql import parse

from domain.actor import Actor, Role
from domain.business_date import commands as calendar
from domain.idempotency import commands as idempotency
from kinerja import business_date
from kinerja.graphql_server import request_context
from kinerja.jobs import job_worker
from kinerja.postgres import database, role_pools
from resolvers.executor import Executor
from resolvers.operations import split_operations
from schema.schema import GRAPH, SCHEMA
from tests import row_factory
from tests.conftest import NOW, TODAY

RECORD = """mutation ($input: RecordEvaluationInput!) {{ recordEvaluation(input: $input) {{ __typename
  ... on Evaluation {{ id score predikat person {{ id name {more} }} }}
  ... on Refusal {{ code }}
}} }}"""
LATEST = "evaluations(last: 1) { score }"


class AppraisalDesk:
    """A supervisor of one, and what they send."""

    def __init__(
        self, executor: Executor, means: request_context.AppState, boss: int, member: int, plan: int
    ) -> None:
        self._answers, self._means = executor, means
        self.boss, self.member, self.plan = boss, member, plan

    async def record_evaluation(
        self, key: str = "one", more: str = "", who: int | None = None, period: str = "2026-Q2"
    ) -> tuple[dict[str, Any], int]:
        """What comes of recording an evaluation, and how many statements that took."""
        asked = {"clientMutationKey": key, "plan": f"pl{self.plan}", "period": period, "evidence": "laporan"}
        asked |= {"resultsIndex": "97.5", "behaviourIndex": "101", "evidenceSource": "SIAK"}
        (operation,) = split_operations(parse(RECORD.format(more=more))).values()
        async with request_context.open_request_context(
            self._means, Actor(who or self.boss, Role.SUPERVISOR), NOW
        ) as asking:
            answer = await self._answers.execute(operation, {"input": asked}, asking)
            statements = asking.statement_count
            await asking.log_access(None, "")
        assert answer.planned
        assert not answer.errors
        assert answer.data is not None
        return dict(json.loads(answer.data)["recordEvaluation"]), statements


@pytest.fixture
async def desk(own: database.Database, own_url: str) -> AsyncIterator[AppraisalDesk]:
    async with own.open_transaction() as db:
        await calendar.set_business_date(db, TODAY)
        position = await row_factory.insert_position(db, await row_factory.insert_unit(db))
        boss, member = await row_factory.insert_person(db), await row_factory.insert_person(db)
        await row_factory.insert_line(db, member, boss)
        plan = await row_factory.insert_plan(db, member, position)
    for table, key in (("person", "id"), ("plan", "person_id")):
        await own.fetch_without_snapshot(
            f"UPDATE {table} SET appraiser_id = $1 WHERE {key} = $2 RETURNING 1", [boss, member]
        )
    async with role_pools.open_role_pools(own_url) as data:
        means = request_context.AppState(data, business_date.BusinessDate(data), job_worker.JobQueue())
        yield AppraisalDesk(Executor(GRAPH, SCHEMA, idempotency.run_once), means, boss, member, plan)


async def test_a_payload_of_the_row_takes_one_statement(desk: AppraisalDesk, own: database.Database) -> None:
    _, statements = await desk.record_evaluation("none", period="2026-06")
    assert statements == 2  # nobody has read the figures before
    shown, statements = await desk.record_evaluation()
    assert statements == 1
    assert shown["__typename"] == "Evaluation"
    assert shown["person"]["id"] == f"pe{desk.member}"
    counted = "SELECT (SELECT count(*) FROM evaluation), (SELECT count(*) FROM audit_entry WHERE principal = $1)"
    assert [list(row) for row in await own.fetch_without_snapshot(counted, [f"supervisor:{desk.boss}"])] == [[2, 2]]
    again, _ = await desk.record_evaluation()
    assert again == shown


async def test_a_payload_that_reads_what_was_written_sees_it(desk: AppraisalDesk) -> None:
    await desk.record_evaluation("none", period="2026-06")
    shown, statements = await desk.record_evaluation(more=LATEST)
    assert statements == 2
    assert shown["person"]["id"] == f"pe{desk.member}"
    assert shown["person"]["evaluations"] == [{"score": shown["score"]}]


@pytest.mark.parametrize("more", ["", LATEST])
async def test_whom_the_trail_names_is_not_said_to_have_been_looked_at(
    desk: AppraisalDesk, own: database.Database, more: str
) -> None:
    await desk.record_evaluation(more=more)
    await desk.record_evaluation("two", more=more, period="2026-06")
    named = "SELECT (SELECT count(*) FROM access_entry), array_agg(DISTINCT person_id) FROM audit_entry WHERE xid > 0"
    (found,) = await own.fetch_without_snapshot(named + " AND action = 'RECORD_EVALUATION'", [])
    assert list(found) == [0, [desk.member]]
    await desk.record_evaluation("two", more=more, period="2026-06")  # a replay names nobody
    assert list((await own.fetch_without_snapshot("SELECT record FROM access_entry", []))[0]) == [[desk.member]]


async def test_the_same_is_shown_whichever_way_it_went(desk: AppraisalDesk) -> None:
    shown, _ = await desk.record_evaluation()
    long, _ = await desk.record_evaluation(more=LATEST)
    del long["person"]["evaluations"]
    assert long == shown


async def test_who_does_not_appraise_him_records_nothing(desk: AppraisalDesk, own: database.Database) -> None:
    shown, _ = await desk.record_evaluation(who=desk.member)
    assert shown == {"__typename": "NotFound", "code": "NOT_FOUND"}
    assert await own.fetch_without_snapshot("SELECT 1 FROM command_key", []) == []
