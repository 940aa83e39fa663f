"""The running service: its database, what runs beside it, and an end in good order."""

import asyncio
import gc
import os
import socket
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from typing import Any, Final

import structlog
import uvicorn
import uvloop
from starlette.types import ASGIApp

from kinerja import clock, context, database, embedded, following, http, jobs, logins, migrate, pruning, tokens, wire
from kinerja.accounts import accounts
from kinerja.api import Api
from kinerja.audit import keys, sealing
from kinerja.failures import CannotRun
from kinerja.live import websocket
from kinerja.live.hub import Hub
from kinerja.settings import Settings

_DRAIN_SECONDS: Final = 20
_BACKLOG: Final = 2048

_log = structlog.get_logger()


class PortTaken(CannotRun):
    """The address cannot be listened on."""


@contextmanager
def database_of(settings: Settings) -> Iterator[str]:
    """The URL of the database: the one that is set, or an embedded one that runs while the block does.

    Raises:
        ServerFailed: the embedded one cannot be used.
    """
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    cluster = embedded.Cluster(settings.data_dir)
    cluster.start()
    try:
        yield cluster.url()
    finally:
        cluster.stop()


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run to the end, or to the first SIGINT, which cancels in good order."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main)


async def serve(settings: Settings, api: Api, url: str, tasks: Mapping[str, jobs.Task]) -> None:
    """Migrate, then answer requests, and run jobs if so set, until cancelled.

    Raises:
        PortTaken: the address cannot be listened on.
        Unavailable: the database is away at the start.
        ManifestInvalid: the trusted documents cannot be used.
    """
    with _listening(settings) as listener:
        await migrate.upgrade(url, secret=settings.logins)
        async with AsyncExitStack() as open_:
            data = await open_.enter_async_context(logins.opened(url, settings.logins, settings.request_limits))
            times = clock.Clock(data)
            listened = await logins.worker(settings.listens_to(url), settings.logins)
            hub = Hub(listened, data)
            means = context.Means(data, times, jobs.Queue())
            held = accounts.Accounts(settings, means)
            reader = tokens.reader(settings, held.reader)
            app = http.app(settings, api, means, reader, hub, held.routes)  # first: what cannot be served is told
            await held.register.refresh()
            await open_.enter_async_context(_beside(held.register.follow(listened)))
            await open_.enter_async_context(_beside(times.follow(listened)))
            await open_.enter_async_context(_beside(means.standings.follow(listened)))
            await open_.enter_async_context(_beside(hub.follow()))
            if settings.worker:
                await open_.enter_async_context(_beside(work(settings, url, tasks)))
            await answer(app, listener, hub)


async def work(settings: Settings, url: str, tasks: Mapping[str, jobs.Task]) -> None:
    """Run jobs until cancelled, and beside them what keeps house.

    It forgets old events, seals the audit trail, and brings people to the business date.

    Raises:
        KeyInvalid: the key that is to sign the audit trail is none.
    """
    worker = await logins.worker(url, settings.logins)
    async with database.opened(worker, settings.job_limits) as data:
        times = clock.Clock(data)
        listened = await logins.worker(settings.listens_to(url), settings.logins)
        sealer = sealing.run(data, keys.key(settings))
        moves = following.run(data, times)
        async with _beside(times.follow(listened)), _beside(pruning.run(data)), _beside(sealer), _beside(moves):
            await jobs.Worker(listened, data, times, tasks).run()


async def answer(app: ASGIApp, listener: socket.socket, hub: Hub) -> None:
    """Answer requests until cancelled; then finish what has begun, and let those go who listen."""
    server = _Server(
        uvicorn.Config(
            app,
            http=wire.Protocol,
            ws="websockets-sansio",
            ws_max_size=websocket.MOST_BYTES,
            ws_per_message_deflate=False,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            backlog=_BACKLOG,
            timeout_graceful_shutdown=_DRAIN_SECONDS,
        )
    )
    gc.collect()
    gc.freeze()  # what is there now stays: looking through it again and again would hold up requests
    host, port = listener.getsockname()[:2]
    _log.info("listening", host=host, port=port)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        hub.stop()  # or those who listen would hold up the end
        server.should_exit = True  # answers what has begun, takes nothing new
        await serving
        raise


class _Server(uvicorn.Server):
    """Uvicorn's server, which leaves the signals to `run`."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture nothing."""
        yield


@contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise PortTaken(
            f"cannot listen on {settings.host}:{settings.port}: {os.strerror(error.errno or 0)}"
        ) from error
    with listener:
        yield listener


@asynccontextmanager
async def _beside(what: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run something while the block runs; if it fails, that ends the process's work.

    What an operator can mend is told as what it is, and anything else, which is a fault of ours, in a group.
    """
    try:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(what)
            try:
                yield
            finally:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([task])
    except BaseExceptionGroup as failed:
        for error in failed.exceptions:
            if isinstance(error, CannotRun):
                raise error from None
        raise
