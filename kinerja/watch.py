"""Ends requests that take too long, and those whose client has gone."""

import asyncio
from enum import StrEnum
from types import TracebackType
from typing import Any, Final, Literal, Self

from starlette.types import Receive

_TICK: Final = 0.05
_PATIENCE: Final = 0.25


class Reason(StrEnum):
    """Why a request was ended."""

    SLOW = "SLOW"
    """Its body did not come in time."""
    LATE = "LATE"
    """It was not answered in time."""
    GONE = "GONE"
    """Its client hung up."""


class Ended(Exception):
    """A request was ended before it was answered."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class Watch:
    """Looks after all requests of a process with one timer, so that a fast one costs next to nothing.

    A request that has run for a quarter of a second is watched for a client that hangs up.
    """

    def __init__(self) -> None:
        self._running: dict[Running, None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def over(self, receive: Receive, seconds: float) -> "Running":
        """Watch over a block for so many seconds; raises Ended in it."""
        return Running(self, receive, seconds)

    def add(self, running: "Running") -> None:
        """Begin to watch."""
        self._running[running] = None
        if self._timer is None:
            self._timer = running.loop.call_later(_TICK, self._tick)

    def drop(self, running: "Running") -> None:
        """Watch no longer."""
        self._running.pop(running, None)

    def _tick(self) -> None:
        self._timer = None
        for running in list(self._running):
            running.look()
        if self._running:
            self._timer = next(iter(self._running)).loop.call_later(_TICK, self._tick)


class Running:
    """One request that is watched; a context manager around the work for it."""

    __slots__ = ("_listener", "_reason", "_receive", "_task", "_watch", "began", "loop", "until", "whole")

    def __init__(self, watch: Watch, receive: Receive, seconds: float) -> None:
        self._watch = watch
        self._receive = receive
        self._reason: Reason | None = None
        self._listener: asyncio.Task[None] | None = None
        self._task: asyncio.Task[Any] | None = None
        self.whole = False
        """Whether the body has been read, so that nothing but a hang-up can come."""
        self.loop = asyncio.get_running_loop()
        self.began = self.loop.time()
        self.until = self.began + seconds

    def __enter__(self) -> Self:
        self._task = asyncio.current_task()
        self._watch.add(self)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> Literal[False]:
        self._watch.drop(self)
        if self._listener is not None:
            self._listener.cancel()
        if self._reason is not None and self._task is not None:
            self._task.uncancel()
            if isinstance(error, asyncio.CancelledError):
                raise Ended(self._reason) from None
        return False

    def look(self) -> None:
        """End the request if its time is over; listen for a hang-up once it has run for a while."""
        now = self.loop.time()
        if now >= self.until:
            self._end(Reason.LATE if self.whole else Reason.SLOW)
        elif self._listener is None and self.whole and now - self.began > _PATIENCE:
            self._listener = self.loop.create_task(self._listen())

    async def _listen(self) -> None:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self._end(Reason.GONE)

    def _end(self, reason: Reason) -> None:
        self._watch.drop(self)
        if self._reason is None and self._task is not None:
            self._reason = reason
            self._task.cancel()
