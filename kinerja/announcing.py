"""Saying on channels what committed transactions announced: one NOTIFY at a time, however many they were."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from typing import Final

from kinerja.failures import CannotRun

_TOGETHER_SECONDS: Final = 0.01  # what is announced meanwhile goes out together
_FINISH_SECONDS: Final = 5.0


class Announcer:
    """Says what is announced soon after, by a function that says something on channels.

    Not within the transactions that announce, because PostgreSQL lets only one at a time commit that has notified.
    """

    def __init__(self, say: Callable[[Sequence[str]], Awaitable[None]]) -> None:
        self._tell = say
        self._waiting: set[str] = set()
        self._saying: asyncio.Task[None] | None = None

    def announce(self, channels: Iterable[str]) -> None:
        """Say something on these channels soon."""
        self._waiting.update(channels)
        if self._waiting and (self._saying is None or self._saying.done()):
            self._saying = asyncio.create_task(self._say())

    async def finish(self) -> None:
        """Say what still waits."""
        if self._saying is not None:
            await asyncio.wait([self._saying], timeout=_FINISH_SECONDS)

    async def _say(self) -> None:
        while self._waiting:
            channels, self._waiting = sorted(self._waiting), set()
            # Whoever listens looks by itself too: what is lost here is only late.
            with suppress(CannotRun):
                await self._tell(channels)
            await asyncio.sleep(_TOGETHER_SECONDS)
