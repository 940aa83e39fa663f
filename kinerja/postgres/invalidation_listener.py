"""Cache invalidation by LISTEN/NOTIFY: a cache is valid while its listener is connected."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import structlog

from kinerja.postgres import database

CHECK_SECONDS: Final = 20.0
"""Maximum seconds of staleness without a NOTIFY.

A NOTIFY may be lost, and a dead connection is as silent as an idle one.
"""

_RESPONSE_SECONDS: Final = 5.0
_CLOSE_SECONDS: Final = 1.0
_RECONNECT_SECONDS: Final = 1.0

_log = structlog.get_logger()


class InvalidationListener:
    """LISTEN on one channel by a connection of its own; calls `invalidate` on each change.

    Args:
        channel: the channel of change notifications.
        invalidate: drops the cached values.
        check_seconds: interval of invalidation without a notification, and of the connection check.
    """

    def __init__(self, channel: str, invalidate: Callable[[], None], check_seconds: float = CHECK_SECONDS) -> None:
        self.is_listening = False
        """True while changes by other processes are received; while False, no cached value is valid."""
        self._channel = channel
        self._invalidate = invalidate
        self._check_seconds = check_seconds

    async def listen_forever(self, url: str) -> None:
        """Listen until cancelled; reconnect after a broken or unresponsive connection."""
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
            self._invalidate()  # changes before LISTEN
            self.is_listening = True
            while not await self._wait_until_broken(broken) and await _is_responsive(connection):
                self._invalidate()
            _log.warning("news_unheard", channel=self._channel)
        finally:
            self.is_listening = False
            with suppress(TimeoutError):
                await connection.close(timeout=_CLOSE_SECONDS)

    async def _wait_until_broken(self, broken: asyncio.Event) -> bool:
        """Return True if the connection breaks within the check interval."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._check_seconds):
                await broken.wait()
        return broken.is_set()


async def _is_responsive(connection: Any) -> bool:
    """Return True if the server still responds."""
    try:
        with database.translate_errors(connection):
            await connection.execute("SELECT", timeout=_RESPONSE_SECONDS)
    except (database.DatabaseUnavailable, TimeoutError):
        connection.terminate()
        return False
    return True
