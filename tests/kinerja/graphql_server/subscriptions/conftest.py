"""A server that tells events, over a database of the module's own, and rows to tell of."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import BaseRoute

from domain.actor import Actor, Role
from domain.event import commands as events
from domain.event.facts import EventTopic
from domain.job.facts import JobKind, JobStatus
from domain.job.tables import JobRow
from kinerja import application, business_date, served_api, server
from kinerja.auth import authenticator
from kinerja.graphql_server import request_context
from kinerja.graphql_server.subscriptions import sse, websocket
from kinerja.graphql_server.subscriptions.delivery import SubscriptionDelivery
from kinerja.graphql_server.subscriptions.event_hub import EventHub
from kinerja.jobs import job_worker
from kinerja.postgres import database
from tests.conftest import NOW
from tests.kinerja.sample_api import SECRET, settings_for
from tests.row_factory import insert_row

AUDITOR = Actor(412, Role.AUDITOR, "1.2.")
EMPLOYEE = Actor(7, Role.EMPLOYEE)

LISTEN = (
    "subscription ($after: String, $job: ID) { jobProgressed(after: $after, job: $job) { cursor job { id done } } }"
)


def issue_token(actor: Actor = AUDITOR) -> str:
    """A token of the tests' server."""
    return authenticator.DemoTokens(SECRET).issue_demo_token(actor, business_date.utc_now())


@dataclass(frozen=True, slots=True)
class LiveServer:
    """One running server."""

    port: int
    app: application.Application
    event_hub: EventHub
    task: asyncio.Task[None]

    async def stop(self) -> None:
        """End it in good order."""
        self.task.cancel()
        await asyncio.wait([self.task])


Serving = Callable[..., AbstractAsyncContextManager[LiveServer]]


@asynccontextmanager
async def run_live_server(
    url: str,
    data: database.Database,
    folder: Path,
    bounds: websocket.SocketLimits | None = None,
    beats: sse.StreamLimits | None = None,
    reader: authenticator.Authenticator | None = None,
    signing_in: Sequence[BaseRoute] = (),
    **values: Any,
) -> AsyncIterator[LiveServer]:
    """A server, as a process of its own would be: with a hub of its own."""
    hub = EventHub(url, data)
    chosen = settings_for(folder, **values)
    means = request_context.AppState(data, business_date.BusinessDate(data), job_worker.JobQueue())
    app = application.build_app(
        chosen, served_api.API, means, authenticator.build_authenticator(chosen, reader), hub, signing_in
    )
    sockets, endpoint = app.websocket_server, app.endpoint
    assert isinstance(sockets, websocket.WebSocketServer)
    assert isinstance(endpoint.subscription_transport, sse.SseStreams)
    if bounds is not None:
        app.websocket_server = replace(sockets, limits=bounds)
    if beats is not None:
        endpoint.subscription_transport = replace(endpoint.subscription_transport, limits=beats)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        following = asyncio.create_task(hub.follow_events())
        await hub.positioned.wait()
        served = asyncio.create_task(server.serve_until_cancelled(app, listener, hub))
        made = LiveServer(listener.getsockname()[1], app, hub, served)
        try:
            yield made
        finally:
            await made.stop()
            following.cancel()
            await asyncio.wait([following])


@pytest.fixture
def serving(module_url: str, module_data: database.Database, tmp_path: Path) -> Serving:
    """A maker of servers."""
    return partial(run_live_server, module_url, module_data, tmp_path)


@pytest.fixture(scope="module")
async def served(
    module_url: str, module_data: database.Database, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[LiveServer]:
    """One server for all tests of a module that do not change it."""
    async with run_live_server(module_url, module_data, tmp_path_factory.mktemp("served")) as made:
        yield made


@pytest.fixture
async def progress(module_data: database.Database) -> Callable[..., Any]:
    """Let a job come so far, and tell it: `progress(done, job)`; gives the job."""

    async def come(done: int, job: int | None = None) -> int:
        async with module_data.open_transaction() as db:
            if job is None:
                values = {"kind": JobKind.SCORE_RISK, "status": JobStatus.RUNNING, "requested_at": NOW, "params": {}}
                job = await insert_row(db, JobRow, done=done, total=100, **values)
            events.publish_event(db, EventTopic.JOB_PROGRESSED, job, NOW)
        return job

    return come


def get_delivery(served: LiveServer) -> SubscriptionDelivery:
    """What tells events in a server."""
    assert isinstance(served.app.websocket_server, websocket.WebSocketServer)
    return served.app.websocket_server.delivery
