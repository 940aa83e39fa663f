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

_FRESH_SECONDS: Final = 60.0


def closed(connection: Any) -> bool:
    """Whether a connection that was lent is of no use any more."""
    try:
        return bool(connection.is_closed())
    except asyncpg.InterfaceError:  # asyncpg's pool has taken it back already
        return True


class Pool:
    """Lends connections of an asyncpg pool, and never asks it for more than it may open.

    While somebody waits, nothing is kept: a connection, or the right to open one, passes from hand to hand, so
    nobody overtakes. `_taken` counts what is out of asyncpg's pool: lent, kept, or on its way.

    Args:
        made: the pool.
        most: how many connections it may open.
    """

    def __init__(self, made: Any, most: int) -> None:
        self._made = made
        self._most = most
        self._free: list[Any] = []
        self._waiting: deque[asyncio.Future[Any]] = deque()
        self._taken = 0
        self._used = time.monotonic()

    @property
    def size(self) -> int:
        """Connections that are open."""
        return int(self._made.get_size())

    @property
    def busy(self) -> int:
        """Connections that are lent."""
        return self._taken - len(self._free)

    async def borrow(self, seconds: float) -> Any:
        """A connection, within so many seconds; TimeoutError if none comes free."""
        if self._free and time.monotonic() - self._used > _FRESH_SECONDS:
            await self.close()  # what lay idle may be broken, and is asyncpg's pool to look after
        while self._free:
            connection = self._free.pop()
            if not closed(connection):
                return connection
            await self._mend(connection)
        if self._taken < self._most:
            self._taken += 1
            return await self._open(seconds)
        return await self._wait(seconds)

    async def give_back(self, connection: Any, *, whole: bool) -> None:
        """Take a connection back; `whole` tells that nothing went wrong on it and no transaction is open."""
        if whole and not closed(connection):
            self._pass_on(connection)
        else:
            await self._mend(connection)

    async def close(self) -> None:
        """Give all that are kept here back to asyncpg's pool."""
        free, self._free = self._free, []
        for connection in free:
            await self._mend(connection)

    async def _wait(self, seconds: float) -> Any:
        loop = asyncio.get_running_loop()
        turn = loop.create_future()
        self._waiting.append(turn)
        until = loop.time() + seconds
        late = loop.call_at(until, _expire, turn)
        try:
            connection = await turn
        except asyncio.CancelledError:
            if not turn.cancelled() and turn.exception() is None:  # its turn came in the same moment
                self._pass_on(turn.result())
            raise
        finally:
            late.cancel()
        return connection or await self._open(until - loop.time())

    async def _open(self, seconds: float) -> Any:
        """A connection of asyncpg's pool, by a right that was taken before."""
        try:
            return await self._made.acquire(timeout=seconds)
        except BaseException:
            self._pass_on(None)
            raise

    async def _mend(self, connection: Any) -> None:
        try:
            await self._made.release(connection)
        finally:
            self._pass_on(None)

    def _pass_on(self, connection: Any) -> None:
        """Hand a connection to whoever waits longest, or keep it; None is the right to open one."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(connection)
                return
        if connection is None:
            self._taken -= 1
        else:
            self._used = time.monotonic()
            self._free.append(connection)


def _expire(turn: asyncio.Future[Any]) -> None:
    if not turn.done():
        turn.set_exception(TimeoutError("no connection came free"))
