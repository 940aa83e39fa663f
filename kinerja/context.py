"""What one request gives to whoever answers it: `resolvers.ports.Asking`."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from domain.actor import Actor, Role
from domain.ports import Act, Db, Jobs
from domain.refusals import NotSignedIn
from kinerja import clock, database


@dataclass(frozen=True, slots=True)
class Means:
    """What all requests of a process share."""

    data: database.Database
    times: clock.Clock
    jobs: Jobs
    largest: int = 100
    """The largest page that people may ask for."""
    largest_service: int = 1_000
    """The same for services."""


class Context:
    """One request; made by `opened`, which lets go of its connection at the end."""

    def __init__(
        self, actor: Actor | None, today: date, now: datetime, means: Means, snapshot: database.Snapshot
    ) -> None:
        self.actor = actor
        self.today = today
        self.now = now
        self._means = means
        self._snapshot = snapshot
        self._written = 0
        self._writing: database.Transaction | None = None
        self._one_at_a_time = asyncio.Lock()

    @property
    def largest(self) -> int:
        """The largest page that this actor may ask for."""
        service = self.actor is not None and self.actor.role is Role.SERVICE
        return self._means.largest_service if service else self._means.largest

    @property
    def statements(self) -> int:
        """Statements for data so far."""
        return self._snapshot.count + self._written + (self._writing.count if self._writing else 0)

    async def close(self) -> None:
        """Let go of the connection."""
        await self._snapshot.renew()

    async def read(self, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Rows of one SELECT with `$1…` parameters.

        Outside a write, from the snapshot of the document; inside one, from the transaction of that write, so
        that a payload shows what it wrote before it commits.
        """
        writing = self._writing
        if writing is None:
            return await self._snapshot.read(sql, values)
        async with self._one_at_a_time:
            return await writing.read(sql, values)

    async def read_once(self, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Rows of a SELECT that is the whole answer: without a snapshot, but inside a write from its transaction."""
        if self._writing is not None:
            return await self.read(sql, values)
        self._written += 1
        return await self._means.data.read_once(sql, values)

    @asynccontextmanager
    async def look(self) -> AsyncIterator[Act]:
        """Read as a command would, in the snapshot of the document; nothing can be written.

        Raises:
            NotSignedIn: there is no actor.
            Unavailable: the database is away.
        """
        self._signed_in()
        async with self._snapshot.whole() as db:
            yield self._act(db)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Act]:
        """Open the write transaction of one mutation field.

        Raises:
            NotSignedIn: there is no actor.
            Unavailable: the database is away.
        """
        self._signed_in()
        # One request holds one connection: two of each would let a full pool wait for itself.
        await self._snapshot.renew()
        async with self._means.data.write() as db:
            self._writing = db
            try:
                yield self._act(db)
            finally:
                self._written += db.count
                self._writing = None
        if clock.CHANNEL in db.notified:
            self._means.times.expire()

    def _signed_in(self) -> Actor:
        if self.actor is None:
            raise NotSignedIn("This needs a token.")
        return self.actor

    def _act(self, db: Db) -> Act:
        return Act(db=db, jobs=self._means.jobs, actor=self._signed_in(), today=self.today, now=self.now)


async def open_(means: Means, actor: Actor | None, now: datetime) -> Context:
    """The context of one request at the instant `now`; whoever opens it closes it.

    Raises:
        Unavailable: the business date must be read and the database is away.
    """
    return Context(actor, await means.times.today(), now, means, database.Snapshot(means.data))


@asynccontextmanager
async def opened(means: Means, actor: Actor | None, now: datetime) -> AsyncIterator[Context]:
    """The same, closed at the end of the block."""
    context = await open_(means, actor, now)
    try:
        yield context
    finally:
        await context.close()
