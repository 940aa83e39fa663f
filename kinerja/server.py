"""Process lifecycle: database, background tasks, HTTP server and graceful shutdown."""

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

from kinerja import application, business_date
from kinerja.audit import chain_sealer, signing_key
from kinerja.auth import account_auth, authenticator
from kinerja.errors import OperatorError
from kinerja.graphql_server import request_context
from kinerja.graphql_server.api import Api
from kinerja.graphql_server.subscriptions import websocket
from kinerja.graphql_server.subscriptions.event_hub import EventHub
from kinerja.jobs import daily_sync, job_worker, retention
from kinerja.postgres import database, embedded, migrate, role_pools
from kinerja.settings import Settings
from kinerja.web import uvicorn_protocol

_DRAIN_SECONDS: Final = 20
_BACKLOG: Final = 2048

_log = structlog.get_logger()


class PortUnavailable(OperatorError):
    """The service cannot listen on the address."""


@contextmanager
def provide_database(settings: Settings) -> Iterator[str]:
    """Provide the URL of the database: the configured one, or an embedded cluster's.

    An embedded cluster runs for the length of the block.

    Raises:
        EmbeddedServerFailed: the embedded cluster is unusable.
    """
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    cluster = embedded.Cluster(settings.data_dir)
    cluster.start()
    try:
        yield cluster.database_url()
    finally:
        cluster.stop()


def run_event_loop(main: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine to its end, or cancel it in good order at a signal."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main)


async def serve_api(settings: Settings, api: Api, url: str, tasks: Mapping[str, job_worker.JobTask]) -> None:
    """Migrate, then serve requests until cancelled; runs jobs too if configured.

    Raises:
        PortUnavailable: the service cannot listen on the address.
        DatabaseUnavailable: the database is unreachable at the start.
        ManifestInvalid: the trusted documents are unusable.
    """
    with _open_listener(settings) as listener:
        await migrate.upgrade_database(url, secret=settings.login_password_secret)
        async with AsyncExitStack() as open_:
            data = await open_.enter_async_context(
                role_pools.open_role_pools(url, settings.login_password_secret, settings.request_limits)
            )
            times = business_date.BusinessDate(data)
            listened = await role_pools.build_worker_url(
                settings.choose_listen_url(url), settings.login_password_secret
            )
            hub = EventHub(listened, data)
            means = request_context.AppState(data, times, job_worker.JobQueue())
            held = account_auth.AccountAuth(settings, data, times, means.jobs)
            reader = authenticator.build_authenticator(settings, held.authenticator)
            app = application.build_app(
                settings, api, means, reader, hub, held.routes
            )  # first: configuration errors are raised before any task starts
            await held.revocations.reload_revocations()
            await open_.enter_async_context(_run_alongside(held.revocations.keep_fresh(listened)))
            await open_.enter_async_context(_run_alongside(times.follow_date_changes(listened)))
            await open_.enter_async_context(_run_alongside(means.actor_resolver.follow_people_changes(listened)))
            await open_.enter_async_context(_run_alongside(hub.follow_events()))
            if settings.worker:
                await open_.enter_async_context(_run_alongside(run_worker(settings, url, tasks)))
            await serve_until_cancelled(app, listener, hub)


async def run_worker(settings: Settings, url: str, tasks: Mapping[str, job_worker.JobTask]) -> None:
    """Run jobs and background maintenance until cancelled.

    Maintenance deletes old events, seals the audit trail, and applies dated changes of people at each business date.

    Raises:
        SigningKeyInvalid: the configured key for sealing the audit trail is unusable.
    """
    worker = await role_pools.build_worker_url(url, settings.login_password_secret)
    async with database.open_database(worker, settings.job_limits) as data:
        times = business_date.BusinessDate(data)
        listened = await role_pools.build_worker_url(settings.choose_listen_url(url), settings.login_password_secret)
        sealer = chain_sealer.run_sealer(data, signing_key.load_or_create_signing_key(settings))
        moves = daily_sync.run_daily_sync(data, times)
        async with (
            _run_alongside(times.follow_date_changes(listened)),
            _run_alongside(retention.run_retention(data)),
            _run_alongside(sealer),
            _run_alongside(moves),
        ):
            await job_worker.Worker(listened, data, times, tasks).run_until_cancelled()


async def serve_until_cancelled(app: ASGIApp, listener: socket.socket, event_hub: EventHub) -> None:
    """Serve requests until SIGTERM, then drain: a graceful shutdown.

    It finishes running requests and stops the subscribers.
    """
    server = _UvicornServer(
        uvicorn.Config(
            app,
            http=uvicorn_protocol.SingleWriteProtocol,
            ws="websockets-sansio",
            ws_max_size=websocket.MAX_MESSAGE_BYTES,
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
    gc.freeze()  # excludes existing objects from garbage collection: repeated scans would delay requests
    host, port = listener.getsockname()[:2]
    _log.info("listening", host=host, port=port)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        event_hub.stop()  # otherwise subscribers would delay the shutdown
        server.should_exit = True  # finishes running requests, accepts no new ones
        await serving
        raise


class _UvicornServer(uvicorn.Server):
    """Uvicorn server with signal handling left to `run_event_loop`."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture no signals."""
        yield


@contextmanager
def _open_listener(settings: Settings) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise PortUnavailable(
            f"cannot listen on {settings.host}:{settings.port}: {os.strerror(error.errno or 0)}"
        ) from error
    with listener:
        yield listener


@asynccontextmanager
async def _run_alongside(coroutine: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run a coroutine in the background of a block; its failure ends the block.

    An OperatorError is raised as itself, any other error, a defect of ours, in an exception group.
    """
    try:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(coroutine)
            try:
                yield
            finally:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([task])
    except BaseExceptionGroup as failed:
        for error in failed.exceptions:
            if isinstance(error, OperatorError):
                raise error from None
        raise
