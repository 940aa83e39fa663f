"""The graphs on which the executors are compared, each with rows, actors and a way to ask."""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from types import ModuleType
from typing import Any

from graphql import GraphQLSchema, parse, validate

from domain.access import scopes
from domain.actor import SYSTEM_ACTOR, Actor, Role
from domain.idempotency import commands as idempotency
from kinerja import business_date
from kinerja.graphql_server import request_context
from kinerja.jobs import job_worker
from kinerja.postgres import database
from resolvers.executor import ExecutionResult, Executor
from resolvers.graph import model
from resolvers.mutation_runner import IdempotentRunner
from resolvers.operations import Operation, split_operations
from resolvers.ports import ExecutionContext, PayloadQuery
from resolvers.reference.strawberry_schema import ServedSchema
from schema.schema import GRAPH, SCHEMA
from tests.conftest import SavepointDatabase
from tests.corpus import value_pools
from tests.corpus.argument_values import ArgumentValues
from tests.corpus.document_writer import DocumentWriter
from tests.corpus.executor_comparison import ExecutorComparison, OpenContext, ReadRecord
from tests.resolvers import miniature
from tests.resolvers.conftest import ResolverContext

CHANGED_TABLES: Mapping[str, Sequence[str]] = {
    "province": ("evaluation", "assignment_batch", "assignment", "eligibility", "job", "audit_entry", "command_key"),
    "miniature": ("mini_evaluation",),
}
"""Tables that commands change; their rows are counted after each answer to a mutation."""
FIRST_IDENTITY = 5_000_000
RESET_IDENTITIES = f"""SELECT setval(oid, {FIRST_IDENTITY}) FROM pg_class
  WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace"""
"""Identities start at the same place in each rehearsal, so that both executors make the same ones."""


class RecordingContext(request_context.RequestContext):
    """A request of the service that notes its reads."""

    record: ReadRecord

    async def fetch_rows(self, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Rows of one SELECT, noted."""
        self.record.statements.append(sql)
        self.record.values += values
        return await super().fetch_rows(sql, values)

    async def fetch_without_snapshot(self, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """The same; inside a write it is `fetch_rows` that notes it."""
        before = len(self.record.statements)
        found = await super().fetch_without_snapshot(sql, values)
        if len(self.record.statements) == before:
            self.record.statements.append(sql)
            self.record.values += values
        return found

    async def fetch_payload(self, payload_query: PayloadQuery) -> Sequence[Sequence[Any]]:
        """The same for what a write shows."""
        self.record.statements.append(payload_query.sql)
        self.record.values += payload_query.values
        return await super().fetch_payload(payload_query)


CreateContext = Callable[[database.Database, Actor | None, ReadRecord], AbstractAsyncContextManager[ExecutionContext]]


@dataclass(frozen=True, slots=True)
class ComparisonWorld:
    """One graph with its rows."""

    name: str
    graph: model.Graph
    schema: GraphQLSchema
    executor: Executor
    data: database.Database
    actors: Sequence[Actor | None]
    create_context: CreateContext
    named_values: Mapping[str, Any]
    served_schema: ServedSchema
    run_once: IdempotentRunner
    uses_planner: bool = True
    owner: database.Database | None = None
    """The same data as the role that owns them, where `data` is less: for what is rehearsed."""
    cached_pools: list[value_pools.ValuePools] = field(default_factory=list)
    cached_operations: dict[str, Operation] = field(default_factory=dict)

    def replace_planner(self, modules: Mapping[str, ModuleType]) -> "ComparisonWorld":
        """The same world, answered by a planner of other modules; nothing that was planned is kept."""
        made = modules["resolvers.executor"].Executor(self.graph, self.served_schema, self.run_once)
        return replace(self, executor=made, cached_operations={})

    def replace_reference(self, modules: Mapping[str, ModuleType]) -> "ComparisonWorld":
        """The same world, of which the reference executor of other modules answers all."""
        served = modules["resolvers.reference.strawberry_schema"].build_strawberry_schema(
            self.graph, run_once=self.run_once
        )
        made = modules["resolvers.executor"].Executor(self.graph, served, self.run_once)
        return replace(self, executor=made, cached_operations={}, uses_planner=False)

    def create_query_comparison(self) -> ExecutorComparison:
        """A judge of queries: they read the rows as they are."""
        return ExecutorComparison(self.executor, self.open_context)

    def create_mutation_comparison(self) -> ExecutorComparison:
        """A judge of mutations: what they change is rolled back, and identities begin anew."""
        return ExecutorComparison(self.executor, self.open_rehearsal)

    @property
    def open_context(self) -> OpenContext:
        """Opens a request over the rows as they are."""
        return lambda actor, read: self.create_context(self.data, actor, read)

    @asynccontextmanager
    async def open_rehearsal(self, actor: Actor | None, read: ReadRecord) -> AsyncIterator[ExecutionContext]:
        """Opens a request of which nothing remains."""
        miniature.STORED_KEYS.clear()
        async with (self.owner or self.data).rolled_back_transaction() as transaction:
            await transaction.connection.execute(RESET_IDENTITIES)
            async with self.create_context(SavepointDatabase(transaction), actor, read) as asking:
                yield asking
            counts = ", ".join(f"(SELECT count(*) FROM {table})" for table in CHANGED_TABLES[self.name])
            read.row_counts = tuple(await transaction.connection.fetchrow(f"SELECT {counts}"))

    async def load_pools(self) -> value_pools.ValuePools:
        """What documents are filled with."""
        if not self.cached_pools:
            self.cached_pools.append(
                await value_pools.collect_pools(
                    self.graph, self.named_values, self.fetch_world_rows, self.query_reference
                )
            )
        return self.cached_pools[0]

    async def create_values(self) -> ArgumentValues:
        """What arguments are given."""
        return ArgumentValues(self.graph, await self.load_pools())

    async def create_writer(self, seed: int) -> DocumentWriter:
        """A writer of documents."""
        return DocumentWriter(self.schema, self.graph, await self.create_values(), seed)

    async def fetch_world_rows(self, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Rows of a SELECT."""
        return await self.data.fetch_without_snapshot(sql, values)

    async def query_reference(
        self, document: str, variables: Mapping[str, Any], actor: Actor | None = SYSTEM_ACTOR
    ) -> Any:
        """The data of a document by the reference executor, as a service unless told otherwise."""
        async with self.open_context(actor, ReadRecord()) as asking:
            return _decode_answer(
                await self.executor.execute_by_reference(self.parse_operation(document), variables, asking)
            )

    async def query_planner(self, document: str, variables: Mapping[str, Any], actor: Actor | None) -> Any:
        """The data of a document by the planner; where the world plans nothing, by the reference executor."""
        if not self.uses_planner:
            return await self.query_reference(document, variables, actor)
        async with self.open_context(actor, ReadRecord()) as asking:
            answer = await self.executor.execute(self.parse_operation(document), variables, asking)
        assert answer.planned, answer
        return _decode_answer(answer)

    def parse_operation(self, document: str) -> Operation:
        """The operation of a valid document; the same one again for the same text."""
        if document not in self.cached_operations:
            parsed = parse(document)
            wrong = validate(self.schema, parsed)
            assert not wrong, (document, wrong)
            (self.cached_operations[document],) = split_operations(parsed).values()
        return self.cached_operations[document]


def _decode_answer(answer: ExecutionResult) -> Any:
    assert not answer.errors, answer.errors
    assert answer.data is not None
    return json.loads(answer.data)


def create_province_world(
    data: database.Database,
    owner: database.Database,
    actors: Sequence[Actor | None],
    today: date,
    now: datetime,
) -> ComparisonWorld:
    """The service's own graph over a small province, read by the logins of the roles."""

    @asynccontextmanager
    async def make(data: database.Database, actor: Actor | None, read: ReadRecord) -> AsyncIterator[ExecutionContext]:
        means = request_context.AppState(data, business_date.BusinessDate(data), job_worker.JobQueue())
        role = actor.role if actor else None
        async with data.as_login(role).open_snapshot(scopes.build_actor_settings(actor)) as snapshot:
            asking = RecordingContext(actor, today, now, means, snapshot)
            asking.record = read
            yield asking

    named = {**scopes.actor_bind_values(Actor(1, Role.HR, "1.")), "today": today, "now": now}
    made = _create_world("province", GRAPH, SCHEMA, idempotency.run_once, data, actors, make, named)
    return replace(made, owner=owner)


def create_miniature_world(data: database.Database, served: ServedSchema) -> ComparisonWorld:
    """The miniature, which has every word of a declaration in it."""

    @asynccontextmanager
    async def make(data: database.Database, actor: Actor | None, read: ReadRecord) -> AsyncIterator[ExecutionContext]:
        yield ResolverContext(data, actor, statements=read.statements, values=read.values)

    named = {**scopes.actor_bind_values(Actor(1, Role.HR, "1.")), "today": miniature.TODAY, "now": miniature.NOW}
    return _create_world(
        "miniature", miniature.GRAPH, served, miniature.run_once, data, MINIATURE_ACTORS, make, named
    )


def _create_world(
    name: str,
    graph: model.Graph,
    served: ServedSchema,
    run_once: IdempotentRunner,
    data: database.Database,
    actors: Sequence[Actor | None],
    make: CreateContext,
    named: Mapping[str, Any],
) -> ComparisonWorld:
    answers = Executor(graph, served, run_once)
    return ComparisonWorld(name, graph, answers.schema, answers, data, actors, make, named, served, run_once)


MINIATURE_ACTORS: Sequence[Actor | None] = (
    miniature.SERVICE,
    miniature.HR,
    miniature.HR_BELOW,
    miniature.create_employee(7),
    miniature.create_supervisor(3),
    Actor(1, Role.AUDITOR, "1."),
    Actor(2, Role.LEADER, "1.2."),
    Actor(5, Role.ADMIN),
    None,
)
