"""Requests of anybody in the town, by either executor."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from graphql import parse, validate

from domain.access import scopes
from domain.actor import SYSTEM_ACTOR, Actor
from domain.idempotency import commands as idempotency
from kinerja import business_date
from kinerja.graphql_server import request_context
from kinerja.jobs import job_worker
from kinerja.postgres import database
from resolvers.executor import ExecutionResult, Executor
from resolvers.graph import model
from resolvers.operations import Operation, split_operations
from resolvers.subscriptions import SubscriptionExecutor
from schema.schema import GRAPH, SCHEMA
from tests.access.town import Town
from tests.conftest import NOW, TODAY, SavepointDatabase

EXECUTORS = ("planner", "reference")


@dataclass(frozen=True, slots=True)
class ServedGraph:
    """A schema that is served: its graph, both executors, and what tells events."""

    graph: model.Graph
    executor: Executor
    subscriptions: SubscriptionExecutor


def create_served_graph() -> ServedGraph:
    """The service's own."""
    answers = Executor(GRAPH, SCHEMA, idempotency.run_once)
    return ServedGraph(GRAPH, answers, SubscriptionExecutor(GRAPH, answers))


class RehearsalDatabase(SavepointDatabase):
    """A database of which nothing remains: each of its transactions is a savepoint of one that is rolled back."""

    def __init__(self, transaction: database.Transaction) -> None:
        super().__init__(transaction)
        self._whole = transaction

    @asynccontextmanager
    async def open_transaction(
        self, settings: Mapping[str, str] | None = None
    ) -> AsyncIterator[database.Transaction]:
        """A savepoint, released when the block ends and rolled back when it raises; nobody's settings matter here."""
        del settings
        async with self._whole.connection.transaction():
            part = self.wrap_connection(self._whole.connection)
            yield part
            await part.flush()


def format_answer(answer: ExecutionResult) -> str:
    """All that an answer says."""
    errors = [{"message": each.message, "path": each.path, "extensions": each.extensions} for each in answer.errors]
    return f"{(answer.data or b'').decode()} {json.dumps(errors)}"


@dataclass(slots=True)
class TownService:
    """The town, a database that holds it, and who answers over it."""

    town: Town
    data: database.Database
    served: ServedGraph
    unrestricted_data: database.Database
    """The same as a login from whom row security hides nothing."""
    unrestricted: ServedGraph
    """The same schema without any rule of access: what there is, to be cut down by the oracle."""
    parsed_operations: dict[str, Operation] = field(default_factory=dict)
    statement_count: int = 0
    """What the last request cost."""

    def parse_operation(self, text: str) -> Operation:
        """The operation of a valid document; the same one again for the same text."""
        if text not in self.parsed_operations:
            parsed = parse(text)
            wrong = validate(self.served.executor.schema, parsed)
            assert not wrong, (text, wrong)
            (self.parsed_operations[text],) = split_operations(parsed).values()
        return self.parsed_operations[text]

    @asynccontextmanager
    async def open_context(self, actor: Actor | None, data: database.Database | None = None) -> AsyncIterator[Any]:
        """A request as the service opens it, of somebody whose standing is known."""
        data = data or self.data
        means = request_context.AppState(data, business_date.BusinessDate(data), job_worker.JobQueue())
        snapshot = database.Snapshot(data.as_login(actor.role if actor else None), scopes.build_actor_settings(actor))
        opened = request_context.RequestContext(actor, TODAY, NOW, means, snapshot)
        try:
            yield opened
        finally:
            await opened.close()
            self.statement_count = opened.statement_count

    async def run_executor(
        self,
        executor: str,
        actor: Actor | None,
        text: str,
        variables: Mapping[str, Any],
        data: database.Database | None = None,
    ) -> ExecutionResult:
        """The answer of one of the executors."""
        operation = self.parse_operation(text)
        async with self.open_context(actor, data) as opened:
            answers = self.served.executor
            run = answers.execute if executor == "planner" else answers.execute_by_reference
            return await run(operation, variables, opened)

    async def fetch_data(self, executor: str, actor: Actor | None, text: str, **variables: Any) -> dict[str, Any]:
        """The data of a document that must not fail."""
        found = await self.run_executor(executor, actor, text, variables)
        assert not found.errors, (text, found.errors)
        assert found.data is not None
        return dict(json.loads(found.data))

    async def fetch_unrestricted(self, text: str, **variables: Any) -> dict[str, Any]:
        """All that a document could show, were there no rule of access."""
        async with self.open_context(SYSTEM_ACTOR, self.unrestricted_data) as opened:
            found = await self.unrestricted.executor.execute_by_reference(
                self.parse_operation(text), variables, opened
            )
        assert not found.errors, (text, found.errors)
        assert found.data is not None
        return dict(json.loads(found.data))

    async def fetch_text(
        self, actor: Actor | None, text: str, variables: Mapping[str, Any], data: database.Database | None = None
    ) -> str:
        """All that a client is told, as text: data and errors; by both executors, which must say the same."""
        planner, reference = [await self.run_executor(each, actor, text, variables, data) for each in EXECUTORS]
        assert format_answer(planner) == format_answer(reference), (text, variables)
        return format_answer(planner)
