"""Telling: what comes in the way of an event is told with a code, or only makes it late."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from graphql import parse

from domain.actor import Actor
from domain.event.facts import Event
from kinerja import clock, context, database, jobs
from kinerja.guards import Admitted
from kinerja.live import telling as tellings
from kinerja.live.hub import Hub
from kinerja.live.telling import Telling
from kinerja.protocol import Rejected
from kinerja.tokens import SignedIn
from kinerja.whole import API
from resolvers import operations
from resolvers.answers import Answers
from resolvers.live import Listening, Live
from resolvers.ports import Asking
from tests.kinerja.live.conftest import AUDITOR, LISTEN

Progress = Callable[..., Awaitable[int]]

SIGNED = SignedIn(AUDITOR, clock.now() + timedelta(hours=1))


def admitted(document: str = LISTEN, **variables: Any) -> Admitted:
    (operation,) = operations.operations(parse(document)).values()
    return Admitted(operation, variables, 1, None)


@asynccontextmanager
async def telling(
    url: str, data: database.Database, live: Live | None = None, recent: int = 1_000
) -> AsyncIterator[Telling]:
    hub = Hub(url, data, recent)
    following = asyncio.create_task(hub.follow())
    await hub.placed.wait()
    try:
        shown = live or API.live
        assert shown is not None
        yield Telling(shown, context.Means(data, clock.Clock(data), jobs.Queue()), hub)
    finally:
        following.cancel()
        await asyncio.wait([following])


async def first(of: Telling, signed: SignedIn | None = SIGNED) -> Any:
    async with asyncio.timeout(15):
        async for body in of.results(admitted(), signed, "id"):
            return json.loads(body)
    raise AssertionError("it ended")


@asynccontextmanager
async def begun(of: Telling, signed: SignedIn | None = SIGNED) -> AsyncIterator[asyncio.Task[Any]]:
    task = asyncio.create_task(first(of, signed))
    await asyncio.sleep(0.05)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


class Failing(Live):
    """Fails so many times, with what is given, before it tells."""

    def __init__(self, error: Exception, times: int) -> None:
        assert isinstance(API.answers, Answers)
        super().__init__(API.graph, API.answers)
        self.error = error
        self.times = times

    async def told(self, listening: Listening, event: Event, asking: Asking) -> bytes | None:
        """The same, once it works."""
        if self.times:
            self.times -= 1
            raise self.error
        return await super().told(listening, event, asking)


async def test_an_absent_database_only_delays(
    module_url: str, module_data: database.Database, progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tellings, "_AGAIN_SECONDS", 0.01)
    failing = Failing(database.Unavailable("gone"), 3)
    async with telling(module_url, module_data, failing) as of, begun(of) as waiting:
        await progress(4)
        assert (await waiting)["data"]["jobProgressed"]["job"]["done"] == 4
        assert failing.times == 0


async def test_a_fault_of_ours_is_masked_and_the_next_event_is_told(
    module_url: str, module_data: database.Database, progress: Progress
) -> None:
    failing = Failing(RuntimeError("secret"), 1)
    async with telling(module_url, module_data, failing) as of, begun(of) as waiting:
        await progress(4)
        result = await waiting
        assert result["data"] is None
        assert [each["extensions"]["code"] for each in result["errors"]] == ["INTERNAL"]
        assert "secret" not in json.dumps(result)
        async with begun(of) as again:
            await progress(5)
            assert (await again)["data"]["jobProgressed"]["job"]["done"] == 5


async def test_who_reads_too_slowly_is_told_so(
    module_url: str, module_data: database.Database, progress: Progress
) -> None:
    async with telling(module_url, module_data, recent=2) as of:
        results = of.results(admitted(), SIGNED, "id")
        reading = asyncio.ensure_future(anext(results))
        await asyncio.sleep(0.05)
        await progress(1)
        await reading
        for done in range(2, 7):
            await progress(done)
        while of.hub.count < 6:
            await of.hub.news()
        with pytest.raises(Rejected) as refused:
            await anext(results)
        assert refused.value.code == "TOO_SLOW"
        assert of.listeners == 0


async def test_nothing_is_told_to_a_token_that_is_over(
    module_url: str, module_data: database.Database, progress: Progress
) -> None:
    over = SignedIn(AUDITOR, clock.now() + timedelta(milliseconds=40))
    async with telling(module_url, module_data) as of, begun(of, over) as waiting:
        await progress(1)
        with pytest.raises(Rejected) as refused:
            await waiting
        assert refused.value.code == "NOT_SIGNED_IN"


async def test_subscriptions_are_bounded_for_each_and_for_all(
    module_url: str, module_data: database.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tellings, "MOST_EACH", 1)
    monkeypatch.setattr(tellings, "MOST", 2)
    other = SignedIn(Actor(5, AUDITOR.role, "1."), SIGNED.until)
    async with telling(module_url, module_data) as of, begun(of):
        with pytest.raises(Rejected) as refused:
            await first(of)
        assert refused.value.code == "RATE_LIMITED"
        async with begun(of, other):
            assert of.listeners == 2
            with pytest.raises(Rejected):
                await first(of, None)
        assert of.listeners == 1
