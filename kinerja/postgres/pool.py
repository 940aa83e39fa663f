"""Connections kept at hand, lent in the order in which they were asked for: a thin layer over asyncpg's pool.

Giving a connection back to asyncpg's pool starts a task, and taking one with a timeout starts another: together a
quarter of the time of a short read. What comes back whole is therefore kept here, or handed straight to whoever
has waited longest; asyncpg's pool opens connections, and mends or closes what went wrong.
"""

import asyncio
import time
from collections import deque
from typing import Any, Final

import asyncpg

_MAX_IDLE_SECONDS: Final = 60.0


def is_connection_closed(connection: Any) -> bool:
    """Whether a connection that was lent is of no use any more."""
    try:
        return bool(connection.is_closed())
    except asyncpg.InterfaceError:  # asyncpg's pool has taken it back already
        return True


class ConnectionPool:
    """Lends connections of an asyncpg pool, and never asks it for more than it may open.

    While somebody waits, nothing is kept: a connection, or the right to open one, passes from hand to hand, so
    nobody overtakes. `_checked_out` counts what is out of asyncpg's pool: lent, kept, or on its way.

    Args:
        asyncpg_pool: the pool.
        max_connections: how many connections it may open.
    """

    def __init__(self, asyncpg_pool: Any, max_connections: int) -> None:
        self._asyncpg_pool = asyncpg_pool
        self._max_connections = max_connections
        self._idle_connections: list[Any] = []
        self._waiters: deque[asyncio.Future[Any]] = deque()
        self._checked_out = 0
        self._last_used = time.monotonic()

    @property
    def open_connections(self) -> int:
        """Connections that are open."""
        return int(self._asyncpg_pool.get_size())

    @property
    def busy_connections(self) -> int:
        """Connections that are lent."""
        return self._checked_out - len(self._idle_connections)

    async def acquire(self, seconds: float) -> Any:
        """A connection, within so many seconds; TimeoutError if none comes free."""
        if self._idle_connections and time.monotonic() - self._last_used > _MAX_IDLE_SECONDS:
            await self.close_idle()  # what lay idle may be broken, and is asyncpg's pool to look after
        while self._idle_connections:
            connection = self._idle_connections.pop()
            if not is_connection_closed(connection):
                return connection
            await self._return_to_asyncpg(connection)
        if self._checked_out < self._max_connections:
            self._checked_out += 1
            return await self._open_connection(seconds)
        return await self._wait_for_connection(seconds)

    async def release(self, connection: Any, *, reusable: bool) -> None:
        """Take a connection back; `reusable` tells that nothing went wrong on it and no transaction is open."""
        if reusable and not is_connection_closed(connection):
            self._hand_over(connection)
        else:
            await self._return_to_asyncpg(connection)

    async def close_idle(self) -> None:
        """Give all that are kept here back to asyncpg's pool."""
        free, self._idle_connections = self._idle_connections, []
        for connection in free:
            await self._return_to_asyncpg(connection)

    async def _wait_for_connection(self, seconds: float) -> Any:
        loop = asyncio.get_running_loop()
        turn = loop.create_future()
        self._waiters.append(turn)
        until = loop.time() + seconds
        late = loop.call_at(until, _expire_waiter, turn)
        try:
            connection = await turn
        except asyncio.CancelledError:
            if not turn.cancelled() and turn.exception() is None:  # its turn came in the same moment
                self._hand_over(turn.result())
            raise
        finally:
            late.cancel()
        return connection or await self._open_connection(until - loop.time())

    async def _open_connection(self, seconds: float) -> Any:
        """A connection of asyncpg's pool, by a right that was taken before."""
        try:
            return await self._asyncpg_pool.acquire(timeout=seconds)
        except BaseException:
            self._hand_over(None)
            raise

    async def _return_to_asyncpg(self, connection: Any) -> None:
        try:
            await self._asyncpg_pool.release(connection)
        finally:
            self._hand_over(None)

    def _hand_over(self, connection: Any) -> None:
        """Hand a connection to whoever waits longest, or keep it; None is the right to open one."""
        while self._waiters:
            turn = self._waiters.popleft()
            if not turn.done():
                turn.set_result(connection)
                return
        if connection is None:
            self._checked_out -= 1
        else:
            self._last_used = time.monotonic()
            self._idle_connections.append(connection)


def _expire_waiter(turn: asyncio.Future[Any]) -> None:
    if not turn.done():
        turn.set_exception(TimeoutError("no connection came free"))
