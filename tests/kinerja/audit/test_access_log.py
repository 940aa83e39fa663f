"""Who looked is written down before the answer leaves, for many at once; if it cannot be, nothing leaves."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from domain.access.row_security.policies import ACCESS_LOG_LOGIN
from domain.actor import Actor, Role
from domain.audit.facts import ViewKind
from domain.event.facts import Event
from kinerja import business_date
from kinerja.audit.access_log import AccessLogWriter
from kinerja.auth.authenticator import Authenticated
from kinerja.graphql_server import request_context
from kinerja.graphql_server.api import Api
from kinerja.jobs import job_worker
from kinerja.postgres import database, role_pools
from kinerja.served_api import API as WHOLE
from resolvers.executor import ExecutionResult, Executor
from resolvers.operations import Operation
from resolvers.ports import ExecutionContext
from resolvers.subscriptions import ActiveSubscription, SubscriptionExecutor
from tests.domain.audit.access_entries import build_access
from tests.kinerja.graphql_server.subscriptions.test_delivery import first_result, run_delivery
from tests.kinerja.sample_api import API, HR, bearer_header

Client = Callable[..., AbstractAsyncContextManager[httpx2.AsyncClient]]

HASTY = database.ConnectionLimits(max_connections=4, lock_timeout_ms=200)


class ViewingExecutor:
    """Answers that show the risk of some and the record of others, beside those of whoever asks."""

    def __init__(self, risk: Sequence[int] = (), record: Sequence[int] = ()) -> None:
        self.risk = risk
        self.record = record

    async def execute(
        self, _operation: Operation, _variables: Mapping[str, Any], context: ExecutionContext
    ) -> ExecutionResult:
        """Show them."""
        assert context.actor is not None
        mine = context.actor.person_id or 0
        context.viewed_people.add(ViewKind.RISK, [mine, *self.risk])
        context.viewed_people.add(ViewKind.RECORD, [*self.record, mine])
        return ExecutionResult(b'{"hello":"secret"}')


SHOWS = Api(API.schema, API.graph, ViewingExecutor([7], [8]))
OWN = Api(API.schema, API.graph, ViewingExecutor())


@asynccontextmanager
async def lock_access_table(data: database.Database) -> AsyncIterator[None]:
    """The table of accesses, locked by somebody."""
    async with data.lend_connection() as connection, connection.transaction():
        await connection.execute("LOCK TABLE access_entry IN SHARE MODE")
        yield


async def fetch_accesses(data: database.Database) -> list[dict[str, Any]]:
    return [dict(row) for row in await data.fetch_without_snapshot("SELECT * FROM access_entry ORDER BY id", [])]


async def test_who_looked_is_there_before_the_answer(client: Client, own: database.Database) -> None:
    async with client(data=own, api=SHOWS) as made:
        headers = {**bearer_header(HR), "x-request-id": "asked-1"}
        answer = await made.post("/graphql", json={"query": "query Looking { hello }"}, headers=headers)
    assert answer.json()["data"] == {"hello": "secret"}
    assert answer.headers["x-db-queries"] == "0"
    (only,) = await fetch_accesses(own)
    assert (only["principal"], only["actor_id"], only["role"]) == (HR.principal, HR.person_id, "hr")
    assert (only["risk"], only["record"]) == ([7], [8])
    assert (only["operation"], only["origin"]) == ("Looking", "asked-1 127.0.0.1")
    assert len(only["sha256"]) == 64


async def test_what_one_sees_of_himself_is_no_access(client: Client, own: database.Database) -> None:
    async with client(data=own, api=OWN) as made:
        answer = await made.post(
            "/graphql", json={"query": "{ hello }"}, headers=bearer_header(Actor(7, Role.EMPLOYEE))
        )
    assert answer.status_code == 200
    assert await fetch_accesses(own) == []


async def test_no_answer_leaves_that_could_not_be_written_down(client: Client, own_url: str) -> None:
    async with database.open_database(own_url, HASTY) as data, client(data=data, api=SHOWS) as made:
        async with lock_access_table(data):
            answer = await made.post("/graphql", json={"query": "{ hello }"}, headers=bearer_header(HR))
        assert answer.status_code == 503
        assert answer.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
        assert "secret" not in answer.text
        assert await fetch_accesses(data) == []
        again = await made.post("/graphql", json={"query": "{ hello }"}, headers=bearer_header(HR))
        assert again.json()["data"] == {"hello": "secret"}


async def test_no_event_is_told_that_could_not_be_written_down(
    own_url: str,
    own: database.Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert isinstance(WHOLE.executor, Executor)
    shown = asyncio.Event()

    class StubSubscriptions(SubscriptionExecutor):
        """Answers with the record of somebody else."""

        async def render_event(
            self, _subscription: ActiveSubscription, _event: Event, context: ExecutionContext
        ) -> bytes | None:
            context.viewed_people.add(ViewKind.RECORD, [8])
            shown.set()
            return b'{"told":true}'

    live = StubSubscriptions(WHOLE.graph, WHOLE.executor)
    monkeypatch.setattr("kinerja.graphql_server.subscriptions.delivery._RETRY_SECONDS", 0.01)
    async with database.open_database(own_url, HASTY) as hasty, run_delivery(own_url, hasty, live) as of:
        signed = Authenticated(HR, business_date.utc_now() + timedelta(hours=1))
        async with lock_access_table(own):
            waiting = asyncio.create_task(first_result(of, signed))
            await asyncio.sleep(0.05)
            await _happen(own)
            await asyncio.wait_for(shown.wait(), 10)
            await asyncio.sleep(0.3)
            assert not waiting.done()
        assert await waiting == {"data": {"told": True}}
    assert [row["record"] for row in await fetch_accesses(own)] == [[8]]


async def _happen(data: database.Database) -> None:
    async with data.open_transaction() as db:
        await db.connection.execute("INSERT INTO event (topic, subject_id, at) VALUES ('JOB_PROGRESSED', 1, now())")
    await data.notify_all(["event"])


async def test_those_who_wait_are_written_at_once(own: database.Database) -> None:
    accesses = AccessLogWriter(own)
    await asyncio.gather(*(accesses.write_access(build_access(risk=range(1, number))) for number in range(1, 51)))
    found = await fetch_accesses(own)
    assert [row["risk"] for row in found] == [list(range(1, number)) for number in range(1, 51)]
    assert len({row["xid"] for row in found}) == 1


async def test_who_gives_up_does_not_keep_the_others(own: database.Database) -> None:
    accesses = AccessLogWriter(own)
    waiting = [asyncio.ensure_future(accesses.write_access(build_access(risk=[number]))) for number in range(5)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    done = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(done[0], asyncio.CancelledError)
    assert done[1:] == [None] * 4
    assert {row["risk"][0] for row in await fetch_accesses(own)} >= {1, 2, 3, 4}


async def test_each_of_a_batch_that_failed_is_told(own_url: str) -> None:
    async with database.open_database(own_url, HASTY) as data:
        accesses = AccessLogWriter(data)
        async with lock_access_table(data):
            done = await asyncio.gather(
                *(accesses.write_access(build_access(risk=[1])) for _ in range(3)), return_exceptions=True
            )
        assert [type(each) for each in done] == [database.DatabaseUnavailable] * 3
        await accesses.write_access(build_access(risk=[1]))


async def test_more_than_may_wait_are_told_to_come_again(own_url: str) -> None:
    async with database.open_database(own_url, HASTY) as data:
        accesses = AccessLogWriter(data, max_waiting=2)
        async with lock_access_table(data):
            done = await asyncio.gather(
                *(accesses.write_access(build_access(risk=[1])) for _ in range(4)), return_exceptions=True
            )
        assert all(isinstance(each, database.DatabaseUnavailable) for each in done)
        assert "too many" in str(done[3])


async def test_its_login_may_write_and_nothing_else(own_url: str) -> None:
    async with role_pools.open_role_pools(own_url) as data:
        mine = data.as_login(ACCESS_LOG_LOGIN)
        await AccessLogWriter(mine).write_access(build_access(risk=[1, 2]))
        for forbidden in ("SELECT 1 FROM access_entry", "DELETE FROM access_entry", "SELECT 1 FROM person"):
            with pytest.raises(Exception, match="permission denied"):
                await mine.fetch_without_snapshot(forbidden, [])
        assert [row["risk"] for row in await fetch_accesses(data)] == [[1, 2]]


async def test_requests_of_a_role_are_written_by_that_login(own_url: str) -> None:
    async with role_pools.open_role_pools(own_url) as data:
        means = request_context.AppState(data, business_date.BusinessDate(data), job_worker.JobQueue())
        async with request_context.open_request_context(
            means, HR, business_date.utc_now(), "asked 10.0.0.7"
        ) as asking:
            asking.viewed_people.add(ViewKind.RISK, [7])
            await asking.log_access(None, "0" * 64)
        assert [(row["risk"], row["origin"]) for row in await fetch_accesses(data)] == [([7], "asked 10.0.0.7")]
