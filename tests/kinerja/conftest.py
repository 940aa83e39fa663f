"""Clients of the application over a database of the module's own."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from typer.testing import CliRunner, Result

from kinerja import application, business_date
from kinerja.auth import authenticator
from kinerja.cli import main
from kinerja.graphql_server import request_context
from kinerja.graphql_server.api import Api
from kinerja.jobs import job_worker
from kinerja.observability import structured_logging
from kinerja.postgres import database
from tests.kinerja.sample_api import API, settings_for

Client = Callable[..., AbstractAsyncContextManager[httpx2.AsyncClient]]
CommandLine = Callable[..., Result]


@pytest.fixture
def run_command(monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """Runs a command in this process: `run_command("user", "list", given=stdin, KINERJA_…=setting)`."""
    # The process keeps its signals and its log.
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(structured_logging, "configure_logging", lambda _level: None)
    for name in os.environ:
        if name.startswith("KINERJA_"):
            monkeypatch.delenv(name)
    runner = CliRunner()

    def run(*arguments: str, given: str = "", **settings: str) -> Result:
        return runner.invoke(main.app, arguments, input=given, env=settings)

    return run


@pytest.fixture
def client(module_url: str, module_data: database.Database, tmp_path: Path) -> Client:
    """A maker of clients of the application over a database of the module: `client(profile=…)`."""

    @asynccontextmanager
    async def make(
        data: database.Database | None = None, api: Api = API, **values: Any
    ) -> AsyncIterator[httpx2.AsyncClient]:
        reads = data or module_data
        times = business_date.BusinessDate(reads)
        means = request_context.AppState(reads, times, job_worker.JobQueue())
        chosen = settings_for(tmp_path, **values)
        served = application.build_app(chosen, api, means, authenticator.build_authenticator(chosen))
        following = asyncio.create_task(times.follow_date_changes(module_url))
        transport = httpx2.ASGITransport(app=served)
        try:
            async with httpx2.AsyncClient(transport=transport, base_url="http://test") as made:
                yield made
        finally:
            following.cancel()
            await asyncio.wait([following])

    return make
