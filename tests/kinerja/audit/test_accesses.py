"""Who looked is written down before the answer leaves, for many at once; if it cannot be, nothing leaves."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from domain.actor import Actor, Role
from domain.audit.facts import Looked
from domain.event.facts import Event
from domain.wall.rules import ACCESS
from kinerja import clock, context, database, jobs, logins
from kinerja.api import Api
from kinerja.audit.accesses import Accesses
from kinerja.tokens import SignedIn
from kinerja.whole import API as WHOLE
from resolvers.answers import Answer, Answers
from resolvers.live import Listening, Live
from resolvers.operations import Operation
from resolvers.ports import Asking
from tests.domain.audit.accesses import access
from tests.kinerja.live.test_telling import first, telling
from tests.kinerja.served import API, HR, bearer

Client = Callable[..., AbstractAsyncContextManager[httpx2.AsyncClient]]

HASTY = database.Limits(connections=4, lock_ms=200)


class Showing:
    """Answers that show the risk of some and the record of others, beside those of whoever asks."""

    def __init__(self, risk: Sequence[int] = (), record: Sequence[int] = ()) -> None:
        self.risk = risk
        self.record = record

    async def answer(self, _operation: Operation, _variables: Mapping[str, Any], asking: Asking) -> Answer:
        """Show them."""
        assert asking.actor is not None
        mine = asking.actor.person_id or 0
        asking.seen.add(Looked.RISK, [mine, *self.risk])
        asking.seen.add(Looked.RECORD, [*self.record, mine])
        return Answer(b'{"hello":"secret"}')


SHOWS = Api(API.schema, API.graph, Showing([7], [8]))
OWN = Api(API.schema, API.graph, Showing())


@asynccontextmanager
async def in_the_way(data: database.Database) -> AsyncIterator[None]:
    """The table of accesses, locked by somebody."""
    async with data.lend() as connection, connection.transaction():
        await connection.execute("LOCK TABLE access_entry IN SHARE MODE")
        yield


async def rows(data: database.Database) -> list[dict[str, Any]]:
    return [dict(row) for row in await data.read_once("SELECT * FROM access_entry ORDER BY id", [])]


async def test_who_looked_is_there_before_the_answer(client: Client, own: database.Database) -> None:
    async with client(data=own, api=SHOWS) as made:
        headers = {**bearer(HR), "x-request-id": "asked-1"}
        answer = await made.post("/graphql", json={"query": "query Looking { hello }"}, headers=headers)
    assert answer.json()["data"] == {"hello": "secret"}
    assert answer.headers["x-db-queries"] == "0"
    (only,) = await rows(own)
    assert (only["principal"], only["actor_id"], only["role"]) == (HR.principal, HR.person_id, "hr")
    assert (only["risk"], only["record"]) == ([7], [8])
    assert (only["operation"], only["origin"]) == ("Looking", "asked-1 127.0.0.1")
    assert len(only["sha256"]) == 64


async def test_what_one_sees_of_himself_is_no_access(client: Client, own: database.Database) -> None:
    async with client(data=own, api=OWN) as made:
        answer = await made.post("/graphql", json={"query": "{ hello }"}, headers=bearer(Actor(7, Role.EMPLOYEE)))
    assert answer.status_code == 200
    assert await rows(own) == []


async def test_no_answer_leaves_that_could_not_be_written_down(client: Client, own_url: str) -> None:
    async with database.opened(own_url, HASTY) as data, client(data=data, api=SHOWS) as made:
        async with in_the_way(data):
            answer = await made.post("/graphql", json={"query": "{ hello }"}, headers=bearer(HR))
        assert answer.status_code == 503
        assert answer.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
        assert "secret" not in answer.text
        assert await rows(data) == []
        again = await made.post("/graphql", json={"query": "{ hello }"}, headers=bearer(HR))
        assert again.json()["data"] == {"hello": "secret"}


async def test_no_event_is_told_that_could_not_be_written_down(
    own_url: str,
    own: database.Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert isinstance(WHOLE.answers, Answers)
    shown = asyncio.Event()

    class Told(Live):
        """Tells what is of somebody else."""

        async def told(self, _listening: Listening, _event: Event, asking: Asking) -> bytes | None:
            asking.seen.add(Looked.RECORD, [8])
            shown.set()
            return b'{"told":true}'

    live = Told(WHOLE.graph, WHOLE.answers)
    monkeypatch.setattr("kinerja.live.telling._AGAIN_SECONDS", 0.01)
    async with database.opened(own_url, HASTY) as hasty, telling(own_url, hasty, live) as of:
        signed = SignedIn(HR, clock.now() + timedelta(hours=1))
        async with in_the_way(own):
            waiting = asyncio.create_task(first(of, signed))
            await asyncio.sleep(0.05)
            await _happen(own)
            await asyncio.wait_for(shown.wait(), 10)
            await asyncio.sleep(0.3)
            assert not waiting.done()
        assert await waiting == {"data": {"told": True}}
    assert [row["record"] for row in await rows(own)] == [[8]]


async def _happen(data: database.Database) -> None:
    async with data.write() as db:
        await db.connection.execute("INSERT INTO event (topic, subject_id, at) VALUES ('JOB_PROGRESSED', 1, now())")
    await data.say(["event"])


async def test_those_who_wait_are_written_at_once(own: database.Database) -> None:
    accesses = Accesses(own)
    await asyncio.gather(*(accesses.write(access(risk=range(1, number))) for number in range(1, 51)))
    found = await rows(own)
    assert [row["risk"] for row in found] == [list(range(1, number)) for number in range(1, 51)]
    assert len({row["xid"] for row in found}) == 1


async def test_who_gives_up_does_not_keep_the_others(own: database.Database) -> None:
    accesses = Accesses(own)
    waiting = [asyncio.ensure_future(accesses.write(access(risk=[number]))) for number in range(5)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    done = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(done[0], asyncio.CancelledError)
    assert done[1:] == [None] * 4
    assert {row["risk"][0] for row in await rows(own)} >= {1, 2, 3, 4}


async def test_each_of_a_batch_that_failed_is_told(own_url: str) -> None:
    async with database.opened(own_url, HASTY) as data:
        accesses = Accesses(data)
        async with in_the_way(data):
            done = await asyncio.gather(*(accesses.write(access(risk=[1])) for _ in range(3)), return_exceptions=True)
        assert [type(each) for each in done] == [database.Unavailable] * 3
        await accesses.write(access(risk=[1]))


async def test_more_than_may_wait_are_told_to_come_again(own_url: str) -> None:
    async with database.opened(own_url, HASTY) as data:
        accesses = Accesses(data, most=2)
        async with in_the_way(data):
            done = await asyncio.gather(*(accesses.write(access(risk=[1])) for _ in range(4)), return_exceptions=True)
        assert all(isinstance(each, database.Unavailable) for each in done)
        assert "too many" in str(done[3])


async def test_its_login_may_write_and_nothing_else(own_url: str) -> None:
    async with logins.opened(own_url) as data:
        mine = data.as_(ACCESS)
        await Accesses(mine).write(access(risk=[1, 2]))
        for forbidden in ("SELECT 1 FROM access_entry", "DELETE FROM access_entry", "SELECT 1 FROM person"):
            with pytest.raises(Exception, match="permission denied"):
                await mine.read_once(forbidden, [])
        assert [row["risk"] for row in await rows(data)] == [[1, 2]]


async def test_requests_of_a_role_are_written_by_that_login(own_url: str) -> None:
    async with logins.opened(own_url) as data:
        means = context.Means(data, clock.Clock(data), jobs.Queue())
        async with context.opened(means, HR, clock.now(), "asked 10.0.0.7") as asking:
            asking.seen.add(Looked.RISK, [7])
            await asking.tell(None, "0" * 64)
        assert [(row["risk"], row["origin"]) for row in await rows(data)] == [([7], "asked 10.0.0.7")]
