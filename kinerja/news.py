"""News of a channel: what is kept in memory is good for as long as somebody would tell that it changed."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import structlog

from kinerja import database

LOOK_SECONDS: Final = 20.0
"""How long what nobody told of is unknown: NOTIFY may be lost, and a dead line is as silent as a quiet one."""

_ANSWER_SECONDS: Final = 5.0
_PART_SECONDS: Final = 1.0
_RECONNECT_SECONDS: Final = 1.0

_log = structlog.get_logger()


class News:
    """Hears a channel of NOTIFY on a connection of its own, and calls `expire` whenever something may have changed.

    Args:
        channel: where changes are told.
        expire: forgets what was kept.
        look_seconds: after how long it is forgotten though nothing was told, and the line is tried.
    """

    def __init__(self, channel: str, expire: Callable[[], None], look_seconds: float = LOOK_SECONDS) -> None:
        self.heard = False
        """Whether changes of other processes are heard of now; while not, nothing that is kept is good."""
        self._channel = channel
        self._expire = expire
        self._look_seconds = look_seconds

    async def follow(self, url: str) -> None:
        """Listen until cancelled; the connection is made anew when it breaks or falls silent."""
        while True:
            with suppress(database.Unavailable):
                await self._listen(url)
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _listen(self, url: str) -> None:
        connection = await database.connect(url)
        broken = asyncio.Event()
        connection.add_termination_listener(lambda _connection: broken.set())
        try:
            with database.named(connection):
                await connection.add_listener(self._channel, lambda *_: self._expire())
            self._expire()  # what changed before it was heard
            self.heard = True
            while not await self._breaks(broken) and await _answers(connection):
                self._expire()
            _log.warning("news_unheard", channel=self._channel)
        finally:
            self.heard = False
            with suppress(TimeoutError):
                await connection.close(timeout=_PART_SECONDS)

    async def _breaks(self, broken: asyncio.Event) -> bool:
        """Whether the connection breaks before it is time to look."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._look_seconds):
                await broken.wait()
        return broken.is_set()


async def _answers(connection: Any) -> bool:
    """Whether the server still does."""
    try:
        with database.named(connection):
            await connection.execute("SELECT", timeout=_ANSWER_SECONDS)
    except (database.Unavailable, TimeoutError):
        connection.terminate()
        return False
    return True
