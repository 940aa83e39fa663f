"""News of a channel: what is kept in memory is good for as long as somebody would tell that it changed."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import structlog

from kinerja import database

_RECONNECT_SECONDS: Final = 1.0

_log = structlog.get_logger()


class News:
    """Hears a channel of NOTIFY on a connection of its own, and calls `expire` whenever something may have changed.

    Args:
        channel: where changes are told.
        expire: forgets what was kept.
    """

    def __init__(self, channel: str, expire: Callable[[], None]) -> None:
        self.heard = False
        """Whether changes of other processes are heard of now; while not, nothing that is kept is good."""
        self._channel = channel
        self._expire = expire

    async def follow(self, url: str) -> None:
        """Listen until cancelled; the connection is made anew when it breaks."""
        while True:
            with suppress(database.Unavailable):
                await self._listen(url)
            self.heard = False
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _listen(self, url: str) -> None:
        connection = await database.connect(url)
        broken = asyncio.Event()
        connection.add_termination_listener(lambda _connection: broken.set())
        try:
            with database.named():
                await connection.add_listener(self._channel, lambda *_: self._expire())
            self._expire()  # what changed before it was heard
            self.heard = True
            await broken.wait()
            _log.warning("news_unheard", channel=self._channel)
        finally:
            self.heard = False
            await connection.close()
