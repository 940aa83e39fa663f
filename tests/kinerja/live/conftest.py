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
from domain.event.facts import Topic
from domain.job.facts import JobKind, JobStatus
from domain.job.tables import JobRow
from kinerja import clock, context, database, http, jobs, service, tokens, whole
from kinerja.live import sse, websocket
from kinerja.live.hub import Hub
from kinerja.live.telling import Telling
from tests.conftest import NOW
from tests.kinerja.served import SECRET, settings_for
from tests.made import row

AUDITOR = Actor(412, Role.AUDITOR, "1.2.")
EMPLOYEE = Actor(7, Role.EMPLOYEE)

LISTEN = (
    "subscription ($after: String, $job: ID) { jobProgressed(after: $after, job: $job) { cursor job { id done } } }"
)


def token(actor: Actor = AUDITOR) -> str:
    """A token of the tests' server."""
    return tokens.Signer(SECRET).issue(actor, clock.now())


@dataclass(frozen=True, slots=True)
class Served:
    """One running server."""

    port: int
    app: http.Application
    hub: Hub
    task: asyncio.Task[None]

    async def stop(self) -> None:
        """End it in good order."""
        self.task.cancel()
        await asyncio.wait([self.task])


Serving = Callable[..., AbstractAsyncContextManager[Served]]


@asynccontextmanager
async def running(
    url: str,
    data: database.Database,
    folder: Path,
    bounds: websocket.Bounds | None = None,
    beats: sse.Bounds | None = None,
    reader: tokens.Reader | None = None,
    signing_in: Sequence[BaseRoute] = (),
    **values: Any,
) -> AsyncIterator[Served]:
    """A server, as a process of its own would be: with a hub of its own."""
    hub = Hub(url, data)
    chosen = settings_for(folder, **values)
    means = context.Means(data, clock.Clock(data), jobs.Queue())
    app = http.app(chosen, whole.API, means, tokens.reader(chosen, reader), hub, signing_in)
    sockets, endpoint = app.sockets, app.endpoint
    assert isinstance(sockets, websocket.Sockets)
    assert isinstance(endpoint.streaming, sse.Streams)
    if bounds is not None:
        app.sockets = replace(sockets, bounds=bounds)
    if beats is not None:
        endpoint.streaming = replace(endpoint.streaming, bounds=beats)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        following = asyncio.create_task(hub.follow())
        await hub.placed.wait()
        served = asyncio.create_task(service.answer(app, listener, hub))
        made = Served(listener.getsockname()[1], app, hub, served)
        try:
            yield made
        finally:
            await made.stop()
            following.cancel()
            await asyncio.wait([following])


@pytest.fixture
def serving(module_url: str, module_data: database.Database, tmp_path: Path) -> Serving:
    """A maker of servers."""
    return partial(running, module_url, module_data, tmp_path)


@pytest.fixture(scope="module")
async def served(
    module_url: str, module_data: database.Database, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Served]:
    """One server for all tests of a module that do not change it."""
    async with running(module_url, module_data, tmp_path_factory.mktemp("served")) as made:
        yield made


@pytest.fixture
async def progress(module_data: database.Database) -> Callable[..., Any]:
    """Let a job come so far, and tell it: `progress(done, job)`; gives the job."""

    async def come(done: int, job: int | None = None) -> int:
        async with module_data.write() as db:
            if job is None:
                values = {"kind": JobKind.SCORE_RISK, "status": JobStatus.RUNNING, "requested_at": NOW, "params": {}}
                job = await row(db, JobRow, done=done, total=100, **values)
            events.publish(db, Topic.JOB_PROGRESSED, job, NOW)
        return job

    return come


def telling(served: Served) -> Telling:
    """What tells events in a server."""
    assert isinstance(served.app.sockets, websocket.Sockets)
    return served.app.sockets.telling
