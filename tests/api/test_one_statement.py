"""A command under the second wall: as a role's login, in one statement where its payload allows it."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from graphql import parse

from domain.actor import Actor, Role
from domain.calendar import commands as calendar
from domain.journal import commands as journal
from kinerja import clock, context, database, jobs, logins
from resolvers.answers import Answers
from resolvers.operations import operations
from schema.graph import GRAPH, SCHEMA
from tests import made
from tests.conftest import NOW, TODAY

RECORD = """mutation ($input: RecordEvaluationInput!) {{ recordEvaluation(input: $input) {{ __typename
  ... on Evaluation {{ id score predikat person {{ id name {more} }} }}
  ... on Refusal {{ code }}
}} }}"""
LATEST = "evaluations(last: 1) { score }"


class Desk:
    """A supervisor of one, and what he sends."""

    def __init__(self, answers: Answers, means: context.Means, boss: int, member: int, plan: int) -> None:
        self._answers, self._means = answers, means
        self.boss, self.member, self.plan = boss, member, plan

    async def record(
        self, key: str = "one", more: str = "", who: int | None = None, period: str = "2026-Q2"
    ) -> tuple[dict[str, Any], int]:
        """What comes of recording an evaluation, and how many statements that took."""
        asked = {"clientMutationKey": key, "plan": f"pl{self.plan}", "period": period, "evidence": "laporan"}
        asked |= {"resultsIndex": "97.5", "behaviourIndex": "101", "evidenceSource": "SIAK"}
        (operation,) = operations(parse(RECORD.format(more=more))).values()
        async with context.opened(self._means, Actor(who or self.boss, Role.SUPERVISOR), NOW) as asking:
            answer = await self._answers.answer(operation, {"input": asked}, asking)
            statements = asking.statements
            await asking.tell(None, "")
        assert answer.planned
        assert not answer.errors
        assert answer.data is not None
        return dict(json.loads(answer.data)["recordEvaluation"]), statements


@pytest.fixture
async def desk(own: database.Database, own_url: str) -> AsyncIterator[Desk]:
    async with own.write() as db:
        await calendar.set_day(db, TODAY)
        position = await made.position(db, await made.unit(db))
        boss, member = await made.person(db), await made.person(db)
        await made.line(db, member, boss)
        plan = await made.plan(db, member, position)
    for table, key in (("person", "id"), ("plan", "person_id")):
        await own.read_once(f"UPDATE {table} SET appraiser_id = $1 WHERE {key} = $2 RETURNING 1", [boss, member])
    async with logins.opened(own_url) as data:
        means = context.Means(data, clock.Clock(data), jobs.Queue())
        yield Desk(Answers(GRAPH, SCHEMA, journal.once), means, boss, member, plan)


async def test_a_payload_of_the_row_takes_one_statement(desk: Desk, own: database.Database) -> None:
    _, statements = await desk.record("none", period="2026-06")
    assert statements == 2  # nobody has read the figures before
    shown, statements = await desk.record()
    assert statements == 1
    assert shown["__typename"] == "Evaluation"
    assert shown["person"]["id"] == f"pe{desk.member}"
    counted = "SELECT (SELECT count(*) FROM evaluation), (SELECT count(*) FROM audit_entry WHERE principal = $1)"
    assert [list(row) for row in await own.read_once(counted, [f"supervisor:{desk.boss}"])] == [[2, 2]]
    again, _ = await desk.record()
    assert again == shown


async def test_a_payload_that_reads_what_was_written_sees_it(desk: Desk) -> None:
    await desk.record("none", period="2026-06")
    shown, statements = await desk.record(more=LATEST)
    assert statements == 2
    assert shown["person"]["id"] == f"pe{desk.member}"
    assert shown["person"]["evaluations"] == [{"score": shown["score"]}]


@pytest.mark.parametrize("more", ["", LATEST])
async def test_whom_the_trail_names_is_not_said_to_have_been_looked_at(
    desk: Desk, own: database.Database, more: str
) -> None:
    await desk.record(more=more)
    await desk.record("two", more=more, period="2026-06")
    named = "SELECT (SELECT count(*) FROM access_entry), array_agg(DISTINCT person_id) FROM audit_entry WHERE xid > 0"
    (found,) = await own.read_once(named + " AND action = 'RECORD_EVALUATION'", [])
    assert list(found) == [0, [desk.member]]
    await desk.record("two", more=more, period="2026-06")  # a replay names nobody
    assert list((await own.read_once("SELECT record FROM access_entry", []))[0]) == [[desk.member]]


async def test_the_same_is_shown_whichever_way_it_went(desk: Desk) -> None:
    shown, _ = await desk.record()
    long, _ = await desk.record(more=LATEST)
    del long["person"]["evaluations"]
    assert long == shown


async def test_who_does_not_appraise_him_records_nothing(desk: Desk, own: database.Database) -> None:
    shown, _ = await desk.record(who=desk.member)
    assert shown == {"__typename": "NotFound", "code": "NOT_FOUND"}
    assert await own.read_once("SELECT 1 FROM command_key", []) == []
