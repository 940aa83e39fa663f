"""What one request gives to whoever answers it: `resolvers.ports.Asking`."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Any

from domain.access import scopes
from domain.access.row_security.policies import ACCESS_LOG_LOGIN
from domain.actor import Actor, Role
from domain.audit.facts import AccessEntry, ViewedPeople
from domain.people import store as people
from domain.ports import CommandContext, Db, Jobs
from domain.refusals import NotSignedIn
from kinerja import business_date
from kinerja.audit import access_log
from kinerja.auth import actor_resolver
from kinerja.postgres import database
from resolvers.ports import PayloadQuery


class AppState:
    """What all requests of a process share.

    Args:
        data: the database; as a login that sees everybody, and as those of the roles.
        clock: the business date.
        jobs: the queue.
        max_page_size: the largest page that people may ask for.
        max_service_page_size: the same for services.
    """

    def __init__(
        self,
        data: database.Database,
        clock: business_date.BusinessDate,
        jobs: Jobs,
        max_page_size: int = 100,
        max_service_page_size: int = 1_000,
    ) -> None:
        self.data = data
        self.clock = clock
        self.jobs = jobs
        self.max_page_size = max_page_size
        self.max_service_page_size = max_service_page_size
        self.actor_resolver = actor_resolver.ActorResolver(data)
        self.access_log = access_log.AccessLogWriter(data.as_login(ACCESS_LOG_LOGIN))


class RequestContext:
    """One request; made by `open_request_context`, which lets go of its connection at the end."""

    def __init__(
        self, actor: Actor | None, today: date, now: datetime, app_state: AppState, snapshot: database.Snapshot
    ) -> None:
        self.actor = actor
        self.today = today
        self.now = now
        self.viewed_people = ViewedPeople()
        self._audited_person_ids: set[int] = set()
        """Whose risk and record the answer shows."""
        self.origin = ""
        """The id of the request and the address that it came from."""
        self._app_state = app_state
        self._data = app_state.data.as_login(actor.role if actor else None)
        self._snapshot = snapshot
        self._statement_count = 0
        self._transaction: database.Transaction | None = None
        self._lock = asyncio.Lock()

    @property
    def max_page_size(self) -> int:
        """The largest page that this actor may ask for."""
        service = self.actor is not None and self.actor.role is Role.SERVICE
        return self._app_state.max_service_page_size if service else self._app_state.max_page_size

    @property
    def statement_count(self) -> int:
        """Statements for data so far."""
        return (
            self._snapshot.statement_count
            + self._statement_count
            + (self._transaction.statement_count if self._transaction else 0)
        )

    async def close(self) -> None:
        """Let go of the connection."""
        await self._snapshot.release_snapshot()

    async def log_access(self, operation: str | None, sha256: str) -> None:
        """Write down whose records the answer shows, before it leaves; nothing where they are nobody else's.

        Args:
            operation: the name of the operation that was answered.
            sha256: that of the text of its document.

        Raises:
            Unavailable: it could not be written down, and so nothing may leave.
        """
        actor = self.actor
        if actor is None or not (others := self.viewed_people.others(actor.person_id, self._audited_person_ids)):
            return
        await self._app_state.access_log.write_access(
            AccessEntry(
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

    async def fetch_rows(self, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Rows of one SELECT with `$1…` parameters.

        Outside a write, from the snapshot of the document; inside one, from the transaction of that write, so
        that a payload shows what it wrote before it commits.
        """
        writing = self._transaction
        if writing is None:
            return await self._snapshot.fetch_rows(sql, values)
        async with self._lock:
            return await writing.fetch_rows(sql, values)

    async def fetch_without_snapshot(self, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Rows of a SELECT that is the whole answer: without a snapshot, but inside a write from its transaction."""
        if self._transaction is not None:
            return await self.fetch_rows(sql, values)
        self._statement_count += 1
        return await self._data.fetch_without_snapshot(sql, values)

    async def fetch_payload(self, payload_query: PayloadQuery) -> Sequence[Sequence[Any]]:
        """Rows of what a write shows in the end; what waits to be written may be sent along with it."""
        writing = self._transaction
        if writing is None:
            return await self.fetch_without_snapshot(payload_query.sql, payload_query.values)
        async with self._lock:
            return await writing.fetch_payload(payload_query)

    @asynccontextmanager
    async def open_snapshot(self) -> AsyncIterator[CommandContext]:
        """Read as a command would, in the snapshot of the document; nothing can be written.

        Raises:
            NotSignedIn: there is no actor.
            Unavailable: the database is away.
        """
        self._require_actor()
        async with self._snapshot.read_transaction() as db:
            yield self._build_command_context(db)

    @asynccontextmanager
    async def open_transaction(self) -> AsyncIterator[CommandContext]:
        """Open the write transaction of one mutation field.

        Raises:
            NotSignedIn: there is no actor.
            Unavailable: the database is away.
        """
        self._require_actor()
        # One request holds one connection: two of each would let a full pool wait for itself.
        await self._snapshot.release_snapshot()
        async with self._data.open_transaction(scopes.build_actor_settings(self.actor)) as db:
            self._transaction = db
            try:
                yield self._build_command_context(db)
            except BaseException:
                self._audited_person_ids.clear()
                raise
            finally:
                self._statement_count += db.statement_count
                self._transaction = None
        if business_date.BUSINESS_DATE_CHANNEL in db.channels_at_commit:
            self._app_state.clock.invalidate()
        if people.PEOPLE_CHANNEL in db.channels_after_commit:
            self._app_state.actor_resolver.invalidate()

    def _require_actor(self) -> Actor:
        if self.actor is None:
            raise NotSignedIn("This needs a token.")
        return self.actor

    def _build_command_context(self, db: Db) -> CommandContext:
        return CommandContext(
            db=db,
            jobs=self._app_state.jobs,
            actor=self._require_actor(),
            today=self.today,
            now=self.now,
            origin=self.origin,
            audited_person_ids=self._audited_person_ids,
        )


async def create_request_context(
    app_state: AppState, actor: Actor | None, now: datetime, origin: str = ""
) -> RequestContext:
    """The context of one request at the instant `now`, from an `origin`; whoever opens it closes it.

    Raises:
        Unavailable: the business date must be read and the database is away.
    """
    today = await app_state.clock.today()
    stands = None if actor is None else await app_state.actor_resolver.resolve_actor(actor, today)
    data = app_state.data.as_login(stands.role if stands else None)
    context = RequestContext(
        stands, today, now, app_state, database.Snapshot(data, scopes.build_actor_settings(stands))
    )
    context.origin = origin
    return context


@asynccontextmanager
async def open_request_context(
    app_state: AppState, actor: Actor | None, now: datetime, origin: str = ""
) -> AsyncIterator[RequestContext]:
    """The same, closed at the end of the block."""
    context = await create_request_context(app_state, actor, now, origin)
    try:
        yield context
    finally:
        await context.close()
