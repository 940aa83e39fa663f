"""Saying on channels what committed transactions announced: one NOTIFY at a time, however many they were."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from typing import Final

from kinerja.errors import OperatorError

_COALESCE_SECONDS: Final = 0.01  # what is announced meanwhile goes out together
_DRAIN_SECONDS: Final = 5.0


class Notifier:
    """Says what is announced soon after, by a function that says something on channels.

    Not within the transactions that announce, because PostgreSQL lets only one at a time commit that has notified.
    """

    def __init__(self, notify: Callable[[Sequence[str]], Awaitable[None]]) -> None:
        self._notify = notify
        self._pending_channels: set[str] = set()
        self._notify_task: asyncio.Task[None] | None = None

    def schedule_notify(self, channels: Iterable[str]) -> None:
        """Say something on these channels soon."""
        self._pending_channels.update(channels)
        if self._pending_channels and (self._notify_task is None or self._notify_task.done()):
            self._notify_task = asyncio.create_task(self._notify_pending())

    async def drain_pending(self) -> None:
        """Say what still waits."""
        if self._notify_task is not None:
            await asyncio.wait([self._notify_task], timeout=_DRAIN_SECONDS)

    async def _notify_pending(self) -> None:
        while self._pending_channels:
            channels, self._pending_channels = sorted(self._pending_channels), set()
            # Whoever listens looks by itself too: what is lost here is only late.
            with suppress(OperatorError):
                await self._notify(channels)
            await asyncio.sleep(_COALESCE_SECONDS)
