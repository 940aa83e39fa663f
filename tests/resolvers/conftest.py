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
from domain.audit.facts import ViewedPeople
from domain.ports import CommandContext
from domain.refusals import NotSignedIn
from kinerja.jobs import job_worker
from kinerja.postgres import database
from resolvers.executor import Executor
from resolvers.operations import split_operations
from resolvers.ports import PayloadQuery
from resolvers.reference.strawberry_schema import ServedSchema, build_strawberry_schema
from tests.resolvers import miniature

# Its constructor is not annotated.
POSTGRES_DIALECT: Any = asyncpg
POSTGRES_DIALECT = POSTGRES_DIALECT.dialect()

SURNAMES = ("Santoso", "Wijaya", "Siregar", "Lubis", "Putri")
FIRST_NAMES = ("Budi", "Ani", "Dewi", "Eko", "Joko", "Wati")


@dataclass
class ResolverContext:
    """One request: what it read, and the way to the database."""

    data: database.Database
    actor: Actor | None
    today: date = miniature.TODAY
    now: datetime = miniature.NOW
    statements: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    viewed_people: ViewedPeople = field(default_factory=ViewedPeople)
    finished_count: int = 0
    transaction: database.Transaction | None = None

    @property
    def max_page_size(self) -> int:
        """More for services."""
        return 200 if self.actor is not None and self.actor.role is Role.SERVICE else 100

    async def fetch_rows(self, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Rows of a statement, which is remembered."""
        self.statements.append(sql)
        self.values += values
        found = await (
            self.data.fetch_without_snapshot(sql, values)
            if self.transaction is None
            else self.transaction.fetch_rows(sql, values)
        )
        self.finished_count += 1
        return found

    async def fetch_without_snapshot(self, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """The same."""
        return await self.fetch_rows(sql, values)

    async def fetch_payload(self, payload_query: PayloadQuery) -> Sequence[Sequence[Any]]:
        """The same."""
        if self.transaction is None:
            return await self.fetch_rows(payload_query.sql, payload_query.values)
        self.statements.append(payload_query.sql)
        self.values += payload_query.values
        found = await self.transaction.fetch_payload(payload_query)
        self.finished_count += 1
        return found

    def open_snapshot(self) -> AbstractAsyncContextManager[CommandContext]:
        """No service of the miniature reads as a command does."""
        raise NotImplementedError

    def open_transaction(self) -> AbstractAsyncContextManager[CommandContext]:
        """Open a transaction."""
        return self._run_transaction()

    @asynccontextmanager
    async def _run_transaction(self) -> AsyncIterator[CommandContext]:
        if self.actor is None:
            raise NotSignedIn("This needs a token.")
        async with self.data.open_transaction() as db:
            self.transaction = db
            try:
                yield CommandContext(
                    db=db, jobs=job_worker.JobQueue(), actor=self.actor, today=self.today, now=self.now
                )
            finally:
                self.transaction = None


@dataclass
class DocumentResult:
    """What came of a document: its data and errors, and the statements that it cost."""

    data: Any
    errors: list[GraphQLError]
    statements: list[str]
    values: list[Any]
    finished_count: int


RunDocument = Callable[..., Awaitable[DocumentResult]]
FetchData = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture(scope="session")
def served() -> ServedSchema:
    """The miniature served by the reference executor."""
    return build_strawberry_schema(miniature.GRAPH, run_once=miniature.run_once)


@pytest.fixture(scope="session")
async def mini(server: Callable[[str], str]) -> AsyncIterator[database.Database]:
    """A database with the miniature's tables and rows."""
    name = f"kinerja_miniature_{os.getpid()}"
    maker = await database.connect_unpooled(server("postgres"))
    try:
        await maker.execute(f'DROP DATABASE IF EXISTS "{name}"')
        await maker.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        async with database.open_database(server(name)) as data:
            connection = await database.connect_unpooled(server(name))
            try:
                await fill_miniature(connection)
            finally:
                await connection.close()
            yield data
    finally:
        await maker.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await maker.close()


@pytest.fixture
def request_of(mini: database.Database) -> Callable[[Actor | None], ResolverContext]:
    """A maker of requests."""
    return lambda actor: ResolverContext(mini, actor)


@pytest.fixture
def ask(served: ServedSchema, executor: Executor, mini: database.Database) -> RunDocument:
    """Run a document as an actor, by the reference executor; what can be planned must come out the same."""

    async def run(actor: Actor | None, document: str, /, **variables: Any) -> DocumentResult:
        request = ResolverContext(mini, actor)
        result = await served.execute(document, variable_values=variables, context_value=request)
        assert isinstance(result, ExecutionResult)
        await compare_with_planner(executor, document, variables, ResolverContext(mini, actor), result)
        return DocumentResult(
            result.data, result.errors or [], request.statements, request.values, request.finished_count
        )

    return run


@pytest.fixture(scope="session")
def executor(served: ServedSchema) -> Executor:
    """The miniature's answers by either executor."""
    return Executor(miniature.GRAPH, served, miniature.run_once)


async def compare_with_planner(
    executor: Executor,
    document: str,
    variables: Mapping[str, Any],
    request: ResolverContext,
    reference: ExecutionResult,
) -> None:
    """Compare the planner's answer to a query with the reference's, byte for byte."""
    if reference.data is None or validate(executor.schema, parse(document)):
        return
    (operation,) = split_operations(parse(document)).values()
    if operation.kind is not OperationType.QUERY:
        return
    for _ in range(2):  # compiled, then found again
        planned = await executor.execute(operation, variables, request)
        if planned.planned:
            assert planned.data == json.dumps(reference.data, ensure_ascii=False, separators=(",", ":")).encode()
            assert not reference.errors


@pytest.fixture
def answer(ask: RunDocument) -> FetchData:
    """Run a document that must not fail; its data."""

    async def run(actor: Actor | None, document: str, /, **variables: Any) -> dict[str, Any]:
        result = await ask(actor, document, **variables)
        assert not result.errors, result.errors
        return dict(result.data)

    return run


async def fill_miniature(connection: Any) -> None:
    for table in miniature.MiniatureTable.metadata.sorted_tables:
        await connection.execute(str(CreateTable(table).compile(dialect=POSTGRES_DIALECT)))
    units = [
        (1, "Pemprov", "1.", None),
        (2, "Dinas A", "1.2.", 1),
        (3, "Dinas B", "1.3.", 1),
        (4, "Bidang A", "1.2.4.", 2),
    ]
    people = list(_generate_people())
    paths = {unit: path for unit, _, path, _ in units}
    await connection.copy_records_to_table("mini_unit", records=units, columns=["id", "name", "path", "parent_id"])
    await connection.copy_records_to_table(
        "mini_person",
        records=[(key, unit, paths[unit], *rest) for key, unit, *rest in people],
        columns=["id", "unit_id", "unit_path", "appraiser_id", "name", "nip", "active", "joined_at"],
    )
    evaluations = list(_generate_evaluations(people, paths))
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
    for name in miniature.MiniatureTable.metadata.tables:
        await connection.execute(f"ALTER TABLE {name} ALTER COLUMN id RESTART WITH 1000")


def _generate_people() -> Any:
    """Thirty people, three of whom appraise the rest; names repeat, so that orders need their key."""
    draw = random.Random(7)
    for key in range(1, 31):
        appraiser = None if key == 1 else 1 if key <= 4 else 2 + key % 3
        name = f"{FIRST_NAMES[key % 6]} {SURNAMES[key % 5 if key % 4 else 0]}"
        joined = miniature.NOW - timedelta(days=draw.randrange(5), microseconds=key % 2)
        yield key, 1 + key % 4, appraiser, name, f"{key:018}", key % 7 != 0, joined


def _generate_evaluations(people: Sequence[Sequence[Any]], paths: dict[int, str]) -> Any:
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
