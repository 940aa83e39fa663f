"""Clients of the application over a database of the module's own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from kinerja import clock, context, database, http, jobs, tokens
from kinerja.api import Api
from tests.kinerja.served import API, settings_for

Client = Callable[..., AbstractAsyncContextManager[httpx2.AsyncClient]]


@pytest.fixture
def client(module_url: str, module_data: database.Database, tmp_path: Path) -> Client:
    """A maker of clients of the application over a database of the module: `client(profile=…)`."""

    @asynccontextmanager
    async def make(
        data: database.Database | None = None, api: Api = API, **values: Any
    ) -> AsyncIterator[httpx2.AsyncClient]:
        reads = data or module_data
        times = clock.Clock(reads)
        means = context.Means(reads, times, jobs.Queue())
        chosen = settings_for(tmp_path, **values)
        served = http.app(chosen, api, means, tokens.reader(chosen))
        following = asyncio.create_task(times.follow(module_url))
        transport = httpx2.ASGITransport(app=served)
        try:
            async with httpx2.AsyncClient(transport=transport, base_url="http://test") as made:
                yield made
        finally:
            following.cancel()
            await asyncio.wait([following])

    return make
