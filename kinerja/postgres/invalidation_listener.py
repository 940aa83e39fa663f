"""Cache invalidation by LISTEN/NOTIFY: a cache is valid while its listener is connected."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import structlog

from kinerja.postgres import database

CHECK_SECONDS: Final = 20.0
"""How long what nobody told of is unknown: NOTIFY may be lost, and a dead line is as silent as a quiet one."""

_RESPONSE_SECONDS: Final = 5.0
_CLOSE_SECONDS: Final = 1.0
_RECONNECT_SECONDS: Final = 1.0

_log = structlog.get_logger()


class InvalidationListener:
    """LISTEN on one channel by a connection of its own; calls `invalidate` on each change.

    Args:
        channel: where changes are told.
        invalidate: forgets what was kept.
        check_seconds: after how long it is forgotten though nothing was told, and the line is tried.
    """

    def __init__(self, channel: str, invalidate: Callable[[], None], check_seconds: float = CHECK_SECONDS) -> None:
        self.is_listening = False
        """Whether changes of other processes are heard of now; while not, nothing that is kept is good."""
        self._channel = channel
        self._invalidate = invalidate
        self._check_seconds = check_seconds

    async def listen_forever(self, url: str) -> None:
        """Listen until cancelled; the connection is made anew when it breaks or falls silent."""
        while True:
            with suppress(database.DatabaseUnavailable):
                await self._listen_until_broken(url)
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _listen_until_broken(self, url: str) -> None:
        connection = await database.connect_unpooled(url)
        broken = asyncio.Event()
        connection.add_termination_listener(lambda _connection: broken.set())
        try:
            with database.translate_errors(connection):
                await connection.add_listener(self._channel, lambda *_: self._invalidate())
            self._invalidate()  # what changed before it was heard
            self.is_listening = True
            while not await self._wait_until_broken(broken) and await _is_responsive(connection):
                self._invalidate()
            _log.warning("news_unheard", channel=self._channel)
        finally:
            self.is_listening = False
            with suppress(TimeoutError):
                await connection.close(timeout=_CLOSE_SECONDS)

    async def _wait_until_broken(self, broken: asyncio.Event) -> bool:
        """Whether the connection breaks before it is time to look."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._check_seconds):
                await broken.wait()
        return broken.is_set()


async def _is_responsive(connection: Any) -> bool:
    """Whether the server still does."""
    try:
        with database.translate_errors(connection):
            await connection.execute("SELECT", timeout=_RESPONSE_SECONDS)
    except (database.DatabaseUnavailable, TimeoutError):
        connection.terminate()
        return False
    return True
