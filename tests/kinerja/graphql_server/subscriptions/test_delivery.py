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
from kinerja import business_date
from kinerja.auth.authenticator import Authenticated
from kinerja.graphql_server import request_context
from kinerja.graphql_server.admission import AdmittedOperation
from kinerja.graphql_server.subscriptions import delivery as tellings
from kinerja.graphql_server.subscriptions.delivery import SubscriptionDelivery
from kinerja.graphql_server.subscriptions.event_hub import EventHub
from kinerja.jobs import job_worker
from kinerja.postgres import database
from kinerja.served_api import API
from kinerja.web.graphql_protocol import RequestRejected
from resolvers import operations
from resolvers.executor import Executor
from resolvers.ports import ExecutionContext
from resolvers.subscriptions import ActiveSubscription, SubscriptionExecutor
from tests.kinerja.graphql_server.subscriptions.conftest import AUDITOR, LISTEN

Progress = Callable[..., Awaitable[int]]

SIGNED = Authenticated(AUDITOR, business_date.utc_now() + timedelta(hours=1))


def admit_subscription(document: str = LISTEN, **variables: Any) -> AdmittedOperation:
    (operation,) = operations.split_operations(parse(document)).values()
    return AdmittedOperation(operation, variables, 1, None)


@asynccontextmanager
async def run_delivery(
    url: str, data: database.Database, live: SubscriptionExecutor | None = None, recent: int = 1_000
) -> AsyncIterator[SubscriptionDelivery]:
    hub = EventHub(url, data, recent)
    following = asyncio.create_task(hub.follow_events())
    await hub.positioned.wait()
    try:
        shown = live or API.subscriptions
        assert shown is not None
        yield SubscriptionDelivery(
            shown, request_context.AppState(data, business_date.BusinessDate(data), job_worker.JobQueue()), hub
        )
    finally:
        following.cancel()
        await asyncio.wait([following])


async def first_result(of: SubscriptionDelivery, authenticated: Authenticated | None = SIGNED) -> Any:
    async with asyncio.timeout(15):
        async for body in of.stream_subscription(admit_subscription(), authenticated, "id"):
            return json.loads(body)
    raise AssertionError("it ended")


@asynccontextmanager
async def begin_subscription(
    of: SubscriptionDelivery, authenticated: Authenticated | None = SIGNED
) -> AsyncIterator[asyncio.Task[Any]]:
    task = asyncio.create_task(first_result(of, authenticated))
    await asyncio.sleep(0.05)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


class FailingSubscriptions(SubscriptionExecutor):
    """Fails so many times, with what is given, before it tells."""

    def __init__(self, error: Exception, times: int) -> None:
        assert isinstance(API.executor, Executor)
        super().__init__(API.graph, API.executor)
        self.error = error
        self.times = times

    async def render_event(
        self, listening: ActiveSubscription, event: Event, context: ExecutionContext
    ) -> bytes | None:
        """The same, once it works."""
        if self.times:
            self.times -= 1
            raise self.error
        return await super().render_event(listening, event, context)


async def test_an_absent_database_only_delays(
    module_url: str, module_data: database.Database, progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tellings, "_RETRY_SECONDS", 0.01)
    failing = FailingSubscriptions(database.DatabaseUnavailable("gone"), 3)
    async with run_delivery(module_url, module_data, failing) as of, begin_subscription(of) as waiting:
        await progress(4)
        assert (await waiting)["data"]["jobProgressed"]["job"]["done"] == 4
        assert failing.times == 0


async def test_a_fault_of_ours_is_masked_and_the_next_event_is_told(
    module_url: str, module_data: database.Database, progress: Progress
) -> None:
    failing = FailingSubscriptions(RuntimeError("secret"), 1)
    async with run_delivery(module_url, module_data, failing) as of, begin_subscription(of) as waiting:
        await progress(4)
        result = await waiting
        assert result["data"] is None
        assert [each["extensions"]["code"] for each in result["errors"]] == ["INTERNAL"]
        assert "secret" not in json.dumps(result)
        async with begin_subscription(of) as again:
            await progress(5)
            assert (await again)["data"]["jobProgressed"]["job"]["done"] == 5


async def test_who_reads_too_slowly_is_told_so(
    module_url: str, module_data: database.Database, progress: Progress
) -> None:
    async with run_delivery(module_url, module_data, recent=2) as of:
        results = of.stream_subscription(admit_subscription(), SIGNED, "id")
        reading = asyncio.ensure_future(anext(results))
        await asyncio.sleep(0.05)
        await progress(1)
        await reading
        for done in range(2, 7):
            await progress(done)
        while of.event_hub.event_count < 6:
            await of.event_hub.wait_for_events()
        with pytest.raises(RequestRejected) as refused:
            await anext(results)
        assert refused.value.code == "TOO_SLOW"
        assert of.subscription_count == 0


async def test_nothing_is_told_to_a_token_that_is_over(
    module_url: str, module_data: database.Database, progress: Progress
) -> None:
    over = Authenticated(AUDITOR, business_date.utc_now() + timedelta(milliseconds=40))
    async with run_delivery(module_url, module_data) as of, begin_subscription(of, over) as waiting:
        await progress(1)
        with pytest.raises(RequestRejected) as refused:
            await waiting
        assert refused.value.code == "NOT_SIGNED_IN"


async def test_subscriptions_are_bounded_for_each_and_for_all(
    module_url: str, module_data: database.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tellings, "MAX_SUBSCRIPTIONS_PER_PRINCIPAL", 1)
    monkeypatch.setattr(tellings, "MAX_SUBSCRIPTIONS", 2)
    other = Authenticated(Actor(5, AUDITOR.role, "1."), SIGNED.expires_at)
    async with run_delivery(module_url, module_data) as of, begin_subscription(of):
        with pytest.raises(RequestRejected) as refused:
            await first_result(of)
        assert refused.value.code == "RATE_LIMITED"
        async with begin_subscription(of, other):
            assert of.subscription_count == 2
            with pytest.raises(RequestRejected):
                await first_result(of, None)
        assert of.subscription_count == 1
