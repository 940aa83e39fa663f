"""News: what is kept is forgotten in time though nobody tells, and a line that is dead is known as such."""

import asyncio
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from kinerja.postgres import database, invalidation_listener
from tests.kinerja.auth.test_actor_resolver import soon

CHANNEL = "news_of_a_test"


class SocketRelay:
    """A line to PostgreSQL's socket that can be made to swallow all that is sent over it."""

    def __init__(self, target: str) -> None:
        self.silent = False
        self._target = target
        self._tasks: set[asyncio.Task[None]] = set()

    async def relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection."""
        far_reader, far_writer = await asyncio.open_unix_connection(self._target)
        ways = ((reader, far_writer), (far_reader, writer))
        self._tasks |= {asyncio.create_task(self._pass(*way)) for way in ways}

    async def close(self) -> None:
        """Let go of what is carried."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while some := await reader.read(65_536):
                if not self.silent:
                    writer.write(some)
                    await writer.drain()
        finally:
            writer.close()


async def test_what_nobody_told_of_is_forgotten_in_time(own_url: str) -> None:
    forgotten: list[float] = []
    heard = invalidation_listener.InvalidationListener(
        CHANNEL, lambda: forgotten.append(time.monotonic()), check_seconds=0.05
    )
    following = asyncio.create_task(heard.listen_forever(own_url))
    try:
        await soon(lambda: len(forgotten) > 3)
        assert heard.is_listening
    finally:
        following.cancel()
        await asyncio.wait([following])
    assert not heard.is_listening


async def test_a_line_that_fell_silent_is_not_taken_for_a_quiet_one(
    own_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invalidation_listener, "_RESPONSE_SECONDS", 0.1)
    parts = urlsplit(own_url)
    wire = SocketRelay(f"{parse_qs(parts.query)['host'][0]}/.s.PGSQL.5432")
    server = await asyncio.start_unix_server(wire.relay, folder / ".s.PGSQL.5432")
    url = f"postgresql://{parts.username}@{parts.path}?host={folder}"
    told: list[None] = []
    heard = invalidation_listener.InvalidationListener(CHANNEL, lambda: told.append(None), check_seconds=0.1)
    following = asyncio.create_task(heard.listen_forever(url))
    try:
        await soon(lambda: heard.is_listening)
        wire.silent = True
        await soon(lambda: not heard.is_listening)
        wire.silent = False
        before = len(told)
        await soon(lambda: heard.is_listening)
        assert len(told) > before, "what changed in the silence is forgotten"
    finally:
        following.cancel()
        await asyncio.wait([following])
        server.close()
        await wire.close()


async def test_a_connection_that_is_ended_is_made_anew(own_url: str) -> None:
    heard = invalidation_listener.InvalidationListener(CHANNEL, lambda: None)
    following = asyncio.create_task(heard.listen_forever(own_url))
    connection = await database.connect_unpooled(own_url)
    try:
        await soon(lambda: heard.is_listening)
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await soon(lambda: not heard.is_listening)
        await soon(lambda: heard.is_listening)
    finally:
        await connection.close()
        following.cancel()
        await asyncio.wait([following])
