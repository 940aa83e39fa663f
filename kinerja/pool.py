"""Connections kept at hand: a thin layer over asyncpg's pool for the shortest way there and back.

Giving a connection back to asyncpg's pool starts a task, and taking one with a timeout starts a timer: together a
quarter of the time of a short read. What comes back whole is therefore kept here and lent again, as long as nobody
waits for it in the pool.
"""

import time
from typing import Any, Final

import asyncpg

_FRESH_SECONDS: Final = 60.0


def closed(connection: Any) -> bool:
    """Whether a connection that was lent is of no use any more."""
    try:
        return bool(connection.is_closed())
    except asyncpg.InterfaceError:  # asyncpg's pool has taken it back already
        return True


class Pool:
    """Lends connections of an asyncpg pool."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._free: list[Any] = []
        self._waiting = 0
        self._used = time.monotonic()

    @property
    def size(self) -> int:
        """Connections that are open."""
        return int(self._pool.get_size())

    @property
    def busy(self) -> int:
        """Connections that are lent."""
        return int(self._pool.get_size() - self._pool.get_idle_size()) - len(self._free)

    async def borrow(self, seconds: float) -> Any:
        """A connection, within so many seconds; TimeoutError if none comes free."""
        if self._free and time.monotonic() - self._used > _FRESH_SECONDS:
            await self.close()  # what lay idle may be broken, and is the pool's to look after
        while self._free:
            connection = self._free.pop()
            if not closed(connection):
                return connection
            await self._pool.release(connection)
        self._waiting += 1
        try:
            return await self._pool.acquire(timeout=seconds)
        finally:
            self._waiting -= 1

    async def give_back(self, connection: Any, *, whole: bool) -> None:
        """Take a connection back; `whole` tells that nothing went wrong on it and no transaction is open."""
        if whole and not self._waiting and not closed(connection):
            self._used = time.monotonic()
            self._free.append(connection)
        else:
            await self._pool.release(connection)

    async def close(self) -> None:
        """Give all that are kept here back to the pool."""
        free, self._free = self._free, []
        for connection in free:
            await self._pool.release(connection)
