"""Connection pool, first come first served: a thin layer over asyncpg's pool.

A release to asyncpg's pool starts a task, and an acquire with a timeout starts another: together a quarter of the
time of a short read. So reusable connections are held here, or handed directly to the longest waiter; asyncpg's pool
opens connections, and repairs or closes broken ones.
"""

import asyncio
import time
from collections import deque
from typing import Any, Final

import asyncpg

_MAX_IDLE_SECONDS: Final = 60.0


def is_connection_closed(connection: Any) -> bool:
    """Return True if a leased connection is no longer usable."""
    try:
        return bool(connection.is_closed())
    except asyncpg.InterfaceError:  # asyncpg's pool has taken it back already
        return True


class ConnectionPool:
    """Pool over asyncpg's pool, never beyond its maximum size.

    While anyone waits, nothing is held idle: a connection, or the right to open one, is handed over directly, so no
    waiter is overtaken. `_checked_out` counts connections out of asyncpg's pool: in use, idle here, or being opened.

    Args:
        asyncpg_pool: the pool.
        max_connections: maximum number of open connections.
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
        """Number of open connections."""
        return int(self._asyncpg_pool.get_size())

    @property
    def busy_connections(self) -> int:
        """Number of connections in use."""
        return self._checked_out - len(self._idle_connections)

    async def acquire(self, seconds: float) -> Any:
        """Acquire a connection within `seconds`.

        Raises:
            TimeoutError: no connection came free in time.
        """
        if self._idle_connections and time.monotonic() - self._last_used > _MAX_IDLE_SECONDS:
            await self.close_idle()  # a long idle connection may be broken: asyncpg's pool checks it
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
        """Take a connection back.

        `reusable` means no error on it and no open transaction.
        """
        if reusable and not is_connection_closed(connection):
            self._hand_over(connection)
        else:
            await self._return_to_asyncpg(connection)

    async def close_idle(self) -> None:
        """Return all idle connections to asyncpg's pool."""
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
            if not turn.cancelled() and turn.exception() is None:  # the connection arrived at the same moment
                self._hand_over(turn.result())
            raise
        finally:
            late.cancel()
        return connection or await self._open_connection(until - loop.time())

    async def _open_connection(self, seconds: float) -> Any:
        """Acquire a connection of asyncpg's pool; its slot is already counted."""
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
        """Hand a connection to the longest waiter, or keep it.

        None is the right to open a connection.
        """
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
