"""The miniature in a database of its own, and requests against it."""

import json
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from graphql import GraphQLError, OperationType, parse, validate
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.schema import CreateTable
from strawberry.types import ExecutionResult

from domain.actor import Actor, Role
from domain.audit.facts import Seen
from domain.ports import Act
from domain.refusals import NotSignedIn
from kinerja import database, jobs
from resolvers.answers import Answers
from resolvers.operations import operations
from resolvers.ports import Showing
from resolvers.reference.schema import Served, schema
from tests.resolvers import miniature

# Its constructor is not annotated.
DIALECT: Any = asyncpg
DIALECT = DIALECT.dialect()

SURNAMES = ("Santoso", "Wijaya", "Siregar", "Lubis", "Putri")
FIRST = ("Budi", "Ani", "Dewi", "Eko", "Joko", "Wati")


@dataclass
class Request:
    """One request: what it read, and the way to the database."""

    data: database.Database
    actor: Actor | None
    today: date = miniature.TODAY
    now: datetime = miniature.NOW
    statements: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    seen: Seen = field(default_factory=Seen)
    finished: int = 0
    writing: database.Transaction | None = None

    @property
    def largest(self) -> int:
        """More for services."""
        return 200 if self.actor is not None and self.actor.role is Role.SERVICE else 100

    async def read(self, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Rows of a statement, which is remembered."""
        self.statements.append(sql)
        self.values += values
        found = await (self.data.read_once(sql, values) if self.writing is None else self.writing.read(sql, values))
        self.finished += 1
        return found

    async def read_once(self, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """The same."""
        return await self.read(sql, values)

    async def read_written(self, showing: Showing) -> Sequence[Sequence[Any]]:
        """The same."""
        if self.writing is None:
            return await self.read(showing.sql, showing.values)
        self.statements.append(showing.sql)
        self.values += showing.values
        found = await self.writing.read_written(showing)
        self.finished += 1
        return found

    def look(self) -> AbstractAsyncContextManager[Act]:
        """No service of the miniature reads as a command does."""
        raise NotImplementedError

    def write(self) -> AbstractAsyncContextManager[Act]:
        """Open a transaction."""
        return self._write()

    @asynccontextmanager
    async def _write(self) -> AsyncIterator[Act]:
        if self.actor is None:
            raise NotSignedIn("This needs a token.")
        async with self.data.write() as db:
            self.writing = db
            try:
                yield Act(db=db, jobs=jobs.Queue(), actor=self.actor, today=self.today, now=self.now)
            finally:
                self.writing = None


@dataclass
class Result:
    """What came of a document: its data and errors, and the statements that it cost."""

    data: Any
    errors: list[GraphQLError]
    statements: list[str]
    values: list[Any]
    finished: int


Ask = Callable[..., Awaitable[Result]]
Answer = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture(scope="session")
def served() -> Served:
    """The miniature served by the reference executor."""
    return schema(miniature.GRAPH, once=miniature.once)


@pytest.fixture(scope="session")
async def mini(server: Callable[[str], str]) -> AsyncIterator[database.Database]:
    """A database with the miniature's tables and rows."""
    name = f"kinerja_miniature_{os.getpid()}"
    maker = await database.connect(server("postgres"))
    try:
        await maker.execute(f'DROP DATABASE IF EXISTS "{name}"')
        await maker.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        async with database.opened(server(name)) as data:
            connection = await database.connect(server(name))
            try:
                await _fill(connection)
            finally:
                await connection.close()
            yield data
    finally:
        await maker.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await maker.close()


@pytest.fixture
def request_of(mini: database.Database) -> Callable[[Actor | None], Request]:
    """A maker of requests."""
    return lambda actor: Request(mini, actor)


@pytest.fixture
def ask(served: Served, answers: Answers, mini: database.Database) -> Ask:
    """Run a document as an actor, by the reference executor; what can be planned must come out the same."""

    async def run(actor: Actor | None, document: str, /, **variables: Any) -> Result:
        request = Request(mini, actor)
        result = await served.execute(document, variable_values=variables, context_value=request)
        assert isinstance(result, ExecutionResult)
        await same_when_planned(answers, document, variables, Request(mini, actor), result)
        return Result(result.data, result.errors or [], request.statements, request.values, request.finished)

    return run


@pytest.fixture(scope="session")
def answers(served: Served) -> Answers:
    """The miniature's answers by either executor."""
    return Answers(miniature.GRAPH, served, miniature.once)


async def same_when_planned(
    answers: Answers, document: str, variables: Mapping[str, Any], request: Request, reference: ExecutionResult
) -> None:
    """Compare the planner's answer to a query with the reference's, byte for byte."""
    if reference.data is None or validate(answers.schema, parse(document)):
        return
    (operation,) = operations(parse(document)).values()
    if operation.kind is not OperationType.QUERY:
        return
    for _ in range(2):  # compiled, then found again
        planned = await answers.answer(operation, variables, request)
        if planned.planned:
            assert planned.data == json.dumps(reference.data, ensure_ascii=False, separators=(",", ":")).encode()
            assert not reference.errors


@pytest.fixture
def answer(ask: Ask) -> Answer:
    """Run a document that must not fail; its data."""

    async def run(actor: Actor | None, document: str, /, **variables: Any) -> dict[str, Any]:
        result = await ask(actor, document, **variables)
        assert not result.errors, result.errors
        return dict(result.data)

    return run


async def _fill(connection: Any) -> None:
    for table in miniature.Table.metadata.sorted_tables:
        await connection.execute(str(CreateTable(table).compile(dialect=DIALECT)))
    units = [
        (1, "Pemprov", "1.", None),
        (2, "Dinas A", "1.2.", 1),
        (3, "Dinas B", "1.3.", 1),
        (4, "Bidang A", "1.2.4.", 2),
    ]
    people = list(_people())
    paths = {unit: path for unit, _, path, _ in units}
    await connection.copy_records_to_table("mini_unit", records=units, columns=["id", "name", "path", "parent_id"])
    await connection.copy_records_to_table(
        "mini_person",
        records=[(key, unit, paths[unit], *rest) for key, unit, *rest in people],
        columns=["id", "unit_id", "unit_path", "appraiser_id", "name", "nip", "active", "joined_at"],
    )
    evaluations = list(_evaluations(people, paths))
    await connection.copy_records_to_table(
        "mini_evaluation",
        records=evaluations,
        columns=[
            "id", "person_id", "unit_path", "appraiser_id", "kind", "starts_on", "ends_on", "score", "note", "params",
        ],
    )  # fmt: skip
    items = [
        (number, evaluation, 1 + number % 4, number % 3, f"item {number}")
        for number, evaluation in enumerate((each[0] for each in evaluations for _ in range(2)), 1)
    ]
    await connection.copy_records_to_table(
        "mini_item", records=items, columns=["id", "evaluation_id", "unit_id", "ordinal", "text"]
    )
    for name in miniature.Table.metadata.tables:
        await connection.execute(f"ALTER TABLE {name} ALTER COLUMN id RESTART WITH 1000")


def _people() -> Any:
    """Thirty people, three of whom appraise the rest; names repeat, so that orders need their key."""
    draw = random.Random(7)
    for key in range(1, 31):
        appraiser = None if key == 1 else 1 if key <= 4 else 2 + key % 3
        name = f"{FIRST[key % 6]} {SURNAMES[key % 5 if key % 4 else 0]}"
        joined = miniature.NOW - timedelta(days=draw.randrange(5), microseconds=key % 2)
        yield key, 1 + key % 4, appraiser, name, f"{key:018}", key % 7 != 0, joined


def _evaluations(people: Sequence[Sequence[Any]], paths: dict[int, str]) -> Any:
    draw = random.Random(8)
    number = 0
    for person, unit, appraiser, *_ in people:
        for quarter in range(person % 7):
            number += 1
            first = date(2025, 1 + 3 * (quarter % 4), 1) if quarter < 4 else date(2026, 1 + 3 * (quarter - 4), 1)
            last = (first + timedelta(days=95)).replace(day=1) - timedelta(days=1)
            score = Decimal(draw.randrange(8000, 8010)) / 100
            note = None if number % 2 else f'a "note" \\ {number}\n'
            kind = "TAHUNAN" if number % 5 == 0 else "TRIWULAN"
            yield number, person, paths[unit], appraiser, kind, first, last, score, note, f'{{"points": {number}}}'
