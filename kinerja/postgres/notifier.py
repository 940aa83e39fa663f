"""Coalesced NOTIFY after commit: one at a time for any number of committed transactions."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from typing import Final

from kinerja.errors import OperatorError

_COALESCE_SECONDS: Final = 0.01  # channels scheduled meanwhile are notified together
_DRAIN_SECONDS: Final = 5.0


class Notifier:
    """Notifies scheduled channels shortly afterwards, by a given notify function.

    Never inside the scheduling transactions: PostgreSQL commits notifying transactions one at a time.
    """

    def __init__(self, notify: Callable[[Sequence[str]], Awaitable[None]]) -> None:
        self._notify = notify
        self._pending_channels: set[str] = set()
        self._notify_task: asyncio.Task[None] | None = None

    def schedule_notify(self, channels: Iterable[str]) -> None:
        """Schedule a NOTIFY on these channels."""
        self._pending_channels.update(channels)
        if self._pending_channels and (self._notify_task is None or self._notify_task.done()):
            self._notify_task = asyncio.create_task(self._notify_pending())

    async def drain_pending(self) -> None:
        """Wait for the pending notifications, 5 seconds at most."""
        if self._notify_task is not None:
            await asyncio.wait([self._notify_task], timeout=_DRAIN_SECONDS)

    async def _notify_pending(self) -> None:
        while self._pending_channels:
            channels, self._pending_channels = sorted(self._pending_channels), set()
            # Listeners poll too: a lost notification only delays them.
            with suppress(OperatorError):
                await self._notify(channels)
            await asyncio.sleep(_COALESCE_SECONDS)
