"""The graphs on which the executors are compared, each with rows, actors and a way to ask."""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from types import ModuleType
from typing import Any

from graphql import GraphQLSchema, parse, validate

from domain import scope
from domain.actor import SYSTEM, Actor, Role
from domain.journal import commands as journal
from kinerja import clock, context, database, jobs
from resolvers.answers import Answer, Answers
from resolvers.graph import model
from resolvers.mutations import Once
from resolvers.operations import Operation, operations
from resolvers.ports import Asking, Showing
from resolvers.reference.schema import Served
from schema.graph import GRAPH, SCHEMA
from tests.conftest import Held
from tests.corpus import pools
from tests.corpus.generate import Writer
from tests.corpus.judge import Judge, Opened, Read
from tests.corpus.values import Values
from tests.resolvers import miniature
from tests.resolvers.conftest import Request

KEPT: Mapping[str, Sequence[str]] = {
    "province": ("evaluation", "assignment_batch", "assignment", "eligibility", "job", "audit_entry", "command_key"),
    "miniature": ("mini_evaluation",),
}
"""Tables that commands change; their rows are counted after each answer to a mutation."""
FAR = 5_000_000
AGAIN = f"""SELECT setval(oid, {FAR}) FROM pg_class
  WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace"""
"""Identities start at the same place in each rehearsal, so that both executors make the same ones."""


class Noted(context.Context):
    """A request of the service that notes its reads."""

    noted: Read

    async def read(self, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Rows of one SELECT, noted."""
        self.noted.statements.append(sql)
        self.noted.values += values
        return await super().read(sql, values)

    async def read_once(self, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """The same; inside a write it is `read` that notes it."""
        before = len(self.noted.statements)
        found = await super().read_once(sql, values)
        if len(self.noted.statements) == before:
            self.noted.statements.append(sql)
            self.noted.values += values
        return found

    async def read_written(self, showing: Showing) -> Sequence[Sequence[Any]]:
        """The same for what a write shows."""
        self.noted.statements.append(showing.sql)
        self.noted.values += showing.values
        return await super().read_written(showing)


Making = Callable[[database.Database, Actor | None, Read], AbstractAsyncContextManager[Asking]]


@dataclass(frozen=True, slots=True)
class World:
    """One graph with its rows."""

    name: str
    graph: model.Graph
    schema: GraphQLSchema
    answers: Answers
    data: database.Database
    actors: Sequence[Actor | None]
    make: Making
    named: Mapping[str, Any]
    served: Served
    once: Once
    plans: bool = True
    owner: database.Database | None = None
    """The same data as the role that owns them, where `data` is less: for what is rehearsed."""
    found: list[pools.Pools] = field(default_factory=list)
    known: dict[str, Operation] = field(default_factory=dict)

    def answered_by(self, modules: Mapping[str, ModuleType]) -> "World":
        """The same world, answered by a planner of other modules; nothing that was planned is kept."""
        made = modules["resolvers.answers"].Answers(self.graph, self.served, self.once)
        return replace(self, answers=made, known={})

    def referred_to(self, modules: Mapping[str, ModuleType]) -> "World":
        """The same world, of which the reference executor of other modules answers all."""
        served = modules["resolvers.reference.schema"].schema(self.graph, once=self.once)
        made = modules["resolvers.answers"].Answers(self.graph, served, self.once)
        return replace(self, answers=made, known={}, plans=False)

    def judge(self) -> Judge:
        """A judge of queries: they read the rows as they are."""
        return Judge(self.answers, self.opened)

    def rehearsing(self) -> Judge:
        """A judge of mutations: what they change is rolled back, and identities begin anew."""
        return Judge(self.answers, self.rehearsed)

    @property
    def opened(self) -> Opened:
        """Opens a request over the rows as they are."""
        return lambda actor, read: self.make(self.data, actor, read)

    @asynccontextmanager
    async def rehearsed(self, actor: Actor | None, read: Read) -> AsyncIterator[Asking]:
        """Opens a request of which nothing remains."""
        miniature.REMEMBERED.clear()
        async with (self.owner or self.data).rehearse() as transaction:
            await transaction.connection.execute(AGAIN)
            async with self.make(Held(transaction), actor, read) as asking:
                yield asking
            counts = ", ".join(f"(SELECT count(*) FROM {table})" for table in KEPT[self.name])
            read.changed = tuple(await transaction.connection.fetchrow(f"SELECT {counts}"))

    async def pools(self) -> pools.Pools:
        """What documents are filled with."""
        if not self.found:
            self.found.append(await pools.gather(self.graph, self.named, self.rows, self.query))
        return self.found[0]

    async def values(self) -> Values:
        """What arguments are given."""
        return Values(self.graph, await self.pools())

    async def writer(self, seed: int) -> Writer:
        """A writer of documents."""
        return Writer(self.schema, self.graph, await self.values(), seed)

    async def rows(self, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Rows of a SELECT."""
        return await self.data.read_once(sql, values)

    async def query(self, document: str, variables: Mapping[str, Any], actor: Actor | None = SYSTEM) -> Any:
        """The data of a document by the reference executor, as a service unless told otherwise."""
        async with self.opened(actor, Read()) as asking:
            return _data(await self.answers.reference(self.operation(document), variables, asking))

    async def planned(self, document: str, variables: Mapping[str, Any], actor: Actor | None) -> Any:
        """The data of a document by the planner; where the world plans nothing, by the reference executor."""
        if not self.plans:
            return await self.query(document, variables, actor)
        async with self.opened(actor, Read()) as asking:
            answer = await self.answers.answer(self.operation(document), variables, asking)
        assert answer.planned, answer
        return _data(answer)

    def operation(self, document: str) -> Operation:
        """The operation of a valid document; the same one again for the same text."""
        if document not in self.known:
            parsed = parse(document)
            wrong = validate(self.schema, parsed)
            assert not wrong, (document, wrong)
            (self.known[document],) = operations(parsed).values()
        return self.known[document]


def _data(answer: Answer) -> Any:
    assert not answer.errors, answer.errors
    assert answer.data is not None
    return json.loads(answer.data)


def province(
    data: database.Database,
    owner: database.Database,
    actors: Sequence[Actor | None],
    today: date,
    now: datetime,
) -> World:
    """The service's own graph over a small province, read by the logins of the roles."""

    @asynccontextmanager
    async def make(data: database.Database, actor: Actor | None, read: Read) -> AsyncIterator[Asking]:
        means = context.Means(data, clock.Clock(data), jobs.Queue())
        role = actor.role if actor else None
        async with data.as_(role).snapshot(scope.settings(actor)) as snapshot:
            asking = Noted(actor, today, now, means, snapshot)
            asking.noted = read
            yield asking

    named = {**scope.values(Actor(1, Role.HR, "1.")), "today": today, "now": now}
    made = _world("province", GRAPH, SCHEMA, journal.once, data, actors, make, named)
    return replace(made, owner=owner)


def small(data: database.Database, served: Served) -> World:
    """The miniature, which has every word of a declaration in it."""

    @asynccontextmanager
    async def make(data: database.Database, actor: Actor | None, read: Read) -> AsyncIterator[Asking]:
        yield Request(data, actor, statements=read.statements, values=read.values)

    named = {**scope.values(Actor(1, Role.HR, "1.")), "today": miniature.TODAY, "now": miniature.NOW}
    return _world("miniature", miniature.GRAPH, served, miniature.once, data, SMALL_ACTORS, make, named)


def _world(
    name: str,
    graph: model.Graph,
    served: Served,
    once: Once,
    data: database.Database,
    actors: Sequence[Actor | None],
    make: Making,
    named: Mapping[str, Any],
) -> World:
    answers = Answers(graph, served, once)
    return World(name, graph, answers.schema, answers, data, actors, make, named, served, once)


SMALL_ACTORS: Sequence[Actor | None] = (
    miniature.SERVICE,
    miniature.HR,
    miniature.HR_BELOW,
    miniature.employee(7),
    miniature.supervisor(3),
    Actor(1, Role.AUDITOR, "1."),
    Actor(2, Role.LEADER, "1.2."),
    Actor(5, Role.ADMIN),
    None,
)
