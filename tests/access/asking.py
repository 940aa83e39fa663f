"""Requests of anybody in the town, by either executor."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from graphql import parse, validate

from domain import scope
from domain.actor import SYSTEM, Actor
from domain.journal import commands as journal
from kinerja import clock, context, database, jobs
from resolvers.answers import Answer, Answers
from resolvers.graph import model
from resolvers.live import Live
from resolvers.operations import Operation, operations
from schema.graph import GRAPH, SCHEMA
from tests.access.town import Town
from tests.conftest import NOW, TODAY, Held

EXECUTORS = ("planner", "reference")


@dataclass(frozen=True, slots=True)
class Served:
    """A schema that is served: its graph, both executors, and what tells events."""

    graph: model.Graph
    answers: Answers
    live: Live


def served() -> Served:
    """The service's own."""
    answers = Answers(GRAPH, SCHEMA, journal.once)
    return Served(GRAPH, answers, Live(GRAPH, answers))


class Rehearsed(Held):
    """A database of which nothing remains: each of its transactions is a savepoint of one that is rolled back."""

    def __init__(self, transaction: database.Transaction) -> None:
        super().__init__(transaction)
        self._whole = transaction

    @asynccontextmanager
    async def write(self, settings: Mapping[str, str] | None = None) -> AsyncIterator[database.Transaction]:
        """A savepoint, released when the block ends and rolled back when it raises; nobody's settings matter here."""
        del settings
        async with self._whole.connection.transaction():
            part = self.over(self._whole.connection)
            yield part
            await part.settle()


def words(answer: Answer) -> str:
    """All that an answer says."""
    errors = [{"message": each.message, "path": each.path, "extensions": each.extensions} for each in answer.errors]
    return f"{(answer.data or b'').decode()} {json.dumps(errors)}"


@dataclass(slots=True)
class Place:
    """The town, a database that holds it, and who answers over it."""

    town: Town
    data: database.Database
    served: Served
    bare: database.Database
    """The same as a login from whom row security hides nothing."""
    truth: Served
    """The same schema without any rule of access: what there is, to be cut down by the oracle."""
    known: dict[str, Operation] = field(default_factory=dict)
    statements: int = 0
    """What the last request cost."""

    def operation(self, text: str) -> Operation:
        """The operation of a valid document; the same one again for the same text."""
        if text not in self.known:
            parsed = parse(text)
            wrong = validate(self.served.answers.schema, parsed)
            assert not wrong, (text, wrong)
            (self.known[text],) = operations(parsed).values()
        return self.known[text]

    @asynccontextmanager
    async def request(self, actor: Actor | None, data: database.Database | None = None) -> AsyncIterator[Any]:
        """A request as the service opens it, of somebody whose standing is known."""
        data = data or self.data
        means = context.Means(data, clock.Clock(data), jobs.Queue())
        snapshot = database.Snapshot(data.as_(actor.role if actor else None), scope.settings(actor))
        opened = context.Context(actor, TODAY, NOW, means, snapshot)
        try:
            yield opened
        finally:
            await opened.close()
            self.statements = opened.statements

    async def answer(
        self,
        executor: str,
        actor: Actor | None,
        text: str,
        variables: Mapping[str, Any],
        data: database.Database | None = None,
    ) -> Answer:
        """The answer of one of the executors."""
        operation = self.operation(text)
        async with self.request(actor, data) as opened:
            answers = self.served.answers
            run = answers.answer if executor == "planner" else answers.reference
            return await run(operation, variables, opened)

    async def shown(self, executor: str, actor: Actor | None, text: str, **variables: Any) -> dict[str, Any]:
        """The data of a document that must not fail."""
        found = await self.answer(executor, actor, text, variables)
        assert not found.errors, (text, found.errors)
        assert found.data is not None
        return dict(json.loads(found.data))

    async def whole(self, text: str, **variables: Any) -> dict[str, Any]:
        """All that a document could show, were there no rule of access."""
        async with self.request(SYSTEM, self.bare) as opened:
            found = await self.truth.answers.reference(self.operation(text), variables, opened)
        assert not found.errors, (text, found.errors)
        assert found.data is not None
        return dict(json.loads(found.data))

    async def told(
        self, actor: Actor | None, text: str, variables: Mapping[str, Any], data: database.Database | None = None
    ) -> str:
        """All that a client is told, as text: data and errors; by both executors, which must say the same."""
        planner, reference = [await self.answer(each, actor, text, variables, data) for each in EXECUTORS]
        assert words(planner) == words(reference), (text, variables)
        return words(planner)
