"""Ends requests that take too long, and those whose client has gone."""

import asyncio
from enum import StrEnum
from types import TracebackType
from typing import Any, Final, Literal, Self

from starlette.types import Receive

_TICK_SECONDS: Final = 0.05
_DISCONNECT_CHECK_SECONDS: Final = 0.25


class EndReason(StrEnum):
    """Why a request was ended."""

    SLOW = "SLOW"
    """Its body did not come in time."""
    LATE = "LATE"
    """It was not answered in time."""
    GONE = "GONE"
    """Its client hung up."""


class RequestEnded(Exception):
    """A request was ended before it was answered."""

    def __init__(self, reason: EndReason) -> None:
        super().__init__(reason)
        self.reason = reason


class DeadlineWatchdog:
    """Looks after all requests of a process with one timer, so that a fast one costs next to nothing.

    A request that has run for a quarter of a second is watched for a client that hangs up.
    """

    def __init__(self) -> None:
        self._running: dict[SupervisedRequest, None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def supervise(self, receive: Receive, seconds: float) -> "SupervisedRequest":
        """Watch over a block for so many seconds; raises Ended in it."""
        return SupervisedRequest(self, receive, seconds)

    def add_request(self, running: "SupervisedRequest") -> None:
        """Begin to watch."""
        self._running[running] = None
        if self._timer is None:
            self._timer = running.loop.call_later(_TICK_SECONDS, self._check_requests)

    def remove_request(self, running: "SupervisedRequest") -> None:
        """Watch no longer."""
        self._running.pop(running, None)

    def _check_requests(self) -> None:
        self._timer = None
        for running in list(self._running):
            running.check_deadline()
        if self._running:
            self._timer = next(iter(self._running)).loop.call_later(_TICK_SECONDS, self._check_requests)


class SupervisedRequest:
    """One request that is watched; a context manager around the work for it."""

    __slots__ = (
        "_listener",
        "_reason",
        "_receive",
        "_task",
        "_watchdog",
        "body_received",
        "deadline",
        "loop",
        "started_at",
    )

    def __init__(self, watchdog: DeadlineWatchdog, receive: Receive, seconds: float) -> None:
        self._watchdog = watchdog
        self._receive = receive
        self._reason: EndReason | None = None
        self._listener: asyncio.Task[None] | None = None
        self._task: asyncio.Task[Any] | None = None
        self.body_received = False
        """Whether the body has been read, so that nothing but a hang-up can come."""
        self.loop = asyncio.get_running_loop()
        self.started_at = self.loop.time()
        self.deadline = self.started_at + seconds

    def __enter__(self) -> Self:
        self._task = asyncio.current_task()
        self._watchdog.add_request(self)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> Literal[False]:
        self._watchdog.remove_request(self)
        if self._listener is not None:
            self._listener.cancel()
        if self._reason is not None and self._task is not None:
            self._task.uncancel()
            if isinstance(error, asyncio.CancelledError):
                raise RequestEnded(self._reason) from None
        return False

    def check_deadline(self) -> None:
        """End the request if its time is over; listen for a hang-up once it has run for a while."""
        now = self.loop.time()
        if now >= self.deadline:
            self._cancel_request(EndReason.LATE if self.body_received else EndReason.SLOW)
        elif self._listener is None and self.body_received and now - self.started_at > _DISCONNECT_CHECK_SECONDS:
            self._listener = self.loop.create_task(self._await_disconnect())

    async def _await_disconnect(self) -> None:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self._cancel_request(EndReason.GONE)

    def _cancel_request(self, reason: EndReason) -> None:
        self._watchdog.remove_request(self)
        if self._reason is None and self._task is not None:
            self._reason = reason
            self._task.cancel()
