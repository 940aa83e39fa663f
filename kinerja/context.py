"""What one request gives to whoever answers it: `resolvers.ports.Asking`."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Any

from domain import scope
from domain.actor import Actor, Role
from domain.audit.facts import Access, Seen
from domain.people import store as people
from domain.ports import Act, Db, Jobs
from domain.refusals import NotSignedIn
from domain.wall.rules import ACCESS
from kinerja import clock, database, standing
from kinerja.audit import accesses
from resolvers.ports import Showing


class Means:
    """What all requests of a process share.

    Args:
        data: the database; as a login that sees everybody, and as those of the roles.
        times: the business date.
        jobs: the queue.
        largest: the largest page that people may ask for.
        largest_service: the same for services.
    """

    def __init__(
        self,
        data: database.Database,
        times: clock.Clock,
        jobs: Jobs,
        largest: int = 100,
        largest_service: int = 1_000,
    ) -> None:
        self.data = data
        self.times = times
        self.jobs = jobs
        self.largest = largest
        self.largest_service = largest_service
        self.standings = standing.Standings(data)
        self.accesses = accesses.Accesses(data.as_(ACCESS))


class Context:
    """One request; made by `opened`, which lets go of its connection at the end."""

    def __init__(
        self, actor: Actor | None, today: date, now: datetime, means: Means, snapshot: database.Snapshot
    ) -> None:
        self.actor = actor
        self.today = today
        self.now = now
        self.seen = Seen()
        self._noted: set[int] = set()
        """Whose risk and record the answer shows."""
        self.origin = ""
        """The id of the request and the address that it came from."""
        self._means = means
        self._data = means.data.as_(actor.role if actor else None)
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

    async def tell(self, operation: str | None, sha256: str) -> None:
        """Write down whose records the answer shows, before it leaves; nothing where they are nobody else's.

        Args:
            operation: the name of the operation that was answered.
            sha256: that of the text of its document.

        Raises:
            Unavailable: it could not be written down, and so nothing may leave.
        """
        actor = self.actor
        if actor is None or not (others := self.seen.others(actor.person_id, self._noted)):
            return
        await self._means.accesses.write(
            Access(
                at=self.now,
                principal=actor.principal,
                actor_id=actor.person_id,
                role=actor.role,
                others=others,
                operation=operation,
                sha256=sha256,
                origin=self.origin,
            )
        )

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
        return await self._data.read_once(sql, values)

    async def read_written(self, showing: Showing) -> Sequence[Sequence[Any]]:
        """Rows of what a write shows in the end; what waits to be written may be sent along with it."""
        writing = self._writing
        if writing is None:
            return await self.read_once(showing.sql, showing.values)
        async with self._one_at_a_time:
            return await writing.read_written(showing)

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
        async with self._data.write(scope.settings(self.actor)) as db:
            self._writing = db
            try:
                yield self._act(db)
            except BaseException:
                self._noted.clear()
                raise
            finally:
                self._written += db.count
                self._writing = None
        if clock.CHANNEL in db.notified:
            self._means.times.expire()
        if people.CHANNEL in db.announced:
            self._means.standings.expire()

    def _signed_in(self) -> Actor:
        if self.actor is None:
            raise NotSignedIn("This needs a token.")
        return self.actor

    def _act(self, db: Db) -> Act:
        return Act(
            db=db,
            jobs=self._means.jobs,
            actor=self._signed_in(),
            today=self.today,
            now=self.now,
            origin=self.origin,
            noted=self._noted,
        )


async def open_(means: Means, actor: Actor | None, now: datetime, origin: str = "") -> Context:
    """The context of one request at the instant `now`, from an `origin`; whoever opens it closes it.

    Raises:
        Unavailable: the business date must be read and the database is away.
    """
    today = await means.times.today()
    stands = None if actor is None else await means.standings.of(actor, today)
    data = means.data.as_(stands.role if stands else None)
    context = Context(stands, today, now, means, database.Snapshot(data, scope.settings(stands)))
    context.origin = origin
    return context


@asynccontextmanager
async def opened(means: Means, actor: Actor | None, now: datetime, origin: str = "") -> AsyncIterator[Context]:
    """The same, closed at the end of the block."""
    context = await open_(means, actor, now, origin)
    try:
        yield context
    finally:
        await context.close()
