"""Request context: implements `resolvers.ports.ExecutionContext` for one request."""

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
    """State shared by all requests of a process.

    Args:
        data: the database, as a login with full visibility and as those of the roles.
        clock: the business date.
        jobs: the queue.
        max_page_size: the largest page for people.
        max_service_page_size: the largest page for services.
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
    """Context of one request; `open_request_context` creates it and releases its connection."""

    def __init__(
        self, actor: Actor | None, today: date, now: datetime, app_state: AppState, snapshot: database.Snapshot
    ) -> None:
        self.actor = actor
        self.today = today
        self.now = now
        self.viewed_people = ViewedPeople()
        self._audited_person_ids: set[int] = set()
        """Person ids in this request's audit entries; the access log omits their record views."""
        self.origin = ""
        """Request id and client address."""
        self._app_state = app_state
        self._data = app_state.data.as_login(actor.role if actor else None)
        self._snapshot = snapshot
        self._statement_count = 0
        self._transaction: database.Transaction | None = None
        self._lock = asyncio.Lock()

    @property
    def max_page_size(self) -> int:
        """Largest page size for this actor."""
        service = self.actor is not None and self.actor.role is Role.SERVICE
        return self._app_state.max_service_page_size if service else self._app_state.max_page_size

    @property
    def statement_count(self) -> int:
        """Number of data statements so far."""
        return (
            self._snapshot.statement_count
            + self._statement_count
            + (self._transaction.statement_count if self._transaction else 0)
        )

    async def close(self) -> None:
        """Release the connection."""
        await self._snapshot.release_snapshot()

    async def log_access(self, operation: str | None, sha256: str) -> None:
        """Log access to other people's records in the answer, before it is sent.

        Nothing is logged for an answer without records of other people.

        Args:
            operation: the name of the executed operation.
            sha256: the hash of its document's text.

        Raises:
            DatabaseUnavailable: the log entry could not be written, so the answer must not be sent.
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
        """Fetch the rows of one SELECT with `$1…` parameters.

        Outside a write they come from the document's snapshot. Inside one they come from its transaction, so a
        payload shows the written rows before the commit.
        """
        writing = self._transaction
        if writing is None:
            return await self._snapshot.fetch_rows(sql, values)
        async with self._lock:
            return await writing.fetch_rows(sql, values)

    async def fetch_without_snapshot(self, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Fetch the rows of a SELECT forming the whole answer, without a snapshot.

        Inside a write they come from its transaction.
        """
        if self._transaction is not None:
            return await self.fetch_rows(sql, values)
        self._statement_count += 1
        return await self._data.fetch_without_snapshot(sql, values)

    async def fetch_payload(self, payload_query: PayloadQuery) -> Sequence[Sequence[Any]]:
        """Fetch the rows of a write's payload; pending writes may be sent along with it."""
        writing = self._transaction
        if writing is None:
            return await self.fetch_without_snapshot(payload_query.sql, payload_query.values)
        async with self._lock:
            return await writing.fetch_payload(payload_query)

    @asynccontextmanager
    async def open_snapshot(self) -> AsyncIterator[CommandContext]:
        """Open a read-only command context in the document's snapshot.

        Raises:
            NotSignedIn: there is no actor.
            DatabaseUnavailable: the database is unreachable.
        """
        self._require_actor()
        async with self._snapshot.read_transaction() as db:
            yield self._build_command_context(db)

    @asynccontextmanager
    async def open_transaction(self) -> AsyncIterator[CommandContext]:
        """Open the write transaction of one mutation field.

        Raises:
            NotSignedIn: there is no actor.
            DatabaseUnavailable: the database is unreachable.
        """
        self._require_actor()
        # One connection per request: with two of each, a full pool would deadlock on itself.
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
    """Create the context of one request; the caller closes it.

    Args:
        app_state: the state shared by all requests.
        actor: the signed-in actor; None for an anonymous client.
        now: the instant of the request.
        origin: request id and client address.

    Raises:
        DatabaseUnavailable: a read of the business date failed.
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
    """Open the context of one request for a block, and close it afterwards."""
    context = await create_request_context(app_state, actor, now, origin)
    try:
        yield context
    finally:
        await context.close()
