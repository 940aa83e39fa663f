"""Request deadlines: cancels slow requests, and requests of disconnected clients."""

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
    """Raised in place of cancellation when a request ended before its response."""

    def __init__(self, reason: EndReason) -> None:
        super().__init__(reason)
        self.reason = reason


class DeadlineWatchdog:
    """Supervises all requests of a process with one timer.

    A fast request costs next to nothing: a listener for the client's disconnect starts only after a quarter of a
    second.
    """

    def __init__(self) -> None:
        self._running: dict[SupervisedRequest, None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def supervise(self, receive: Receive, seconds: float) -> "SupervisedRequest":
        """Supervise a block for `seconds`; raises RequestEnded in it."""
        return SupervisedRequest(self, receive, seconds)

    def add_request(self, running: "SupervisedRequest") -> None:
        """Start the supervision of a request."""
        self._running[running] = None
        if self._timer is None:
            self._timer = running.loop.call_later(_TICK_SECONDS, self._check_requests)

    def remove_request(self, running: "SupervisedRequest") -> None:
        """Stop the supervision of a request."""
        self._running.pop(running, None)

    def _check_requests(self) -> None:
        self._timer = None
        for running in list(self._running):
            running.check_deadline()
        if self._running:
            self._timer = next(iter(self._running)).loop.call_later(_TICK_SECONDS, self._check_requests)


class SupervisedRequest:
    """One supervised request; a context manager around its work."""

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
        """True once the body has been read: only a disconnect can follow."""
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
        """Cancel the request past its deadline.

        A request running for longer than a quarter of a second also gets a listener for its client's disconnect.
        """
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
