"""The usual way: Strawberry's own ASGI application, SQLModel rows, one DataLoader for each edge.

As a competent team would write it: a session for each batch, without BEGIN where it only reads; children of many
parents by one windowed SELECT; statements made once, Strawberry's caches of parsed and validated documents on. It has
the part of the schema that the questions ask of, in the same words.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final, Self

import sqlalchemy as sa
import strawberry
from sqlmodel import SQLModel, col, select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache

from bench.servers import recording, serving
from bench.servers.sessions import Sessions
from domain.evaluation.tables import EvaluationRow
from domain.indicator.tables import IndicatorRow
from domain.organisation.tables import PositionIndicatorRow, PositionRow, UnitRow
from domain.people.tables import PersonRow
from domain.plan.tables import PlanRow
from domain.risk.tables import PublishedRunRow, RiskReasonRow, RiskScoreRow

Info = strawberry.Info["Context", None]


Shown = sa.SQLColumnExpression[Any]

KEYS: Final = sa.bindparam("keys", type_=sa.ARRAY(sa.BigInteger))

Batch = Callable[[list[int]], Awaitable[Sequence[Any]]]
Load = Callable[[Sessions], Batch]


def by_key(table: type[SQLModel]) -> Load:
    """Rows by their keys, None for those that there are not."""
    key = sa.inspect(table).columns["id"]
    query = sa.select(table).where(key == sa.any_(KEYS))

    def over(sessions: Sessions) -> Batch:
        async def load(keys: list[int]) -> Sequence[Any]:
            async with sessions.reading() as session:
                rows: Sequence[Any] = (await session.scalars(query, {"keys": keys})).all()
            found = {row.id: row for row in rows}
            return [found.get(each) for each in keys]

        return load

    return over


def children(
    table: type[SQLModel],
    parent: str,
    order: Sequence[Shown],
    most: int,
    where: Shown | None = None,
) -> Load:
    """The first `most` rows of each parent, by one SELECT with a window."""
    owner = sa.inspect(table).columns[parent]
    place = sa.func.row_number().over(partition_by=owner, order_by=order).label("place")
    wanted = owner == sa.any_(KEYS)
    inner = sa.select(table, place).where(wanted if where is None else sa.and_(wanted, where)).subquery()
    shown = sa.orm.aliased(table, inner)
    query = sa.select(shown).where(inner.c.place <= most).order_by(inner.c[parent], inner.c.place)

    def over(sessions: Sessions) -> Batch:
        async def load(keys: list[int]) -> Sequence[Any]:
            found: dict[int, list[Any]] = {key: [] for key in keys}
            async with sessions.reading() as session:
                for row in await session.scalars(query, {"keys": keys}):
                    found[getattr(row, parent)].append(row)
            return [found[key] for key in keys]

        return load

    return over


NEWEST: Final[Sequence[Shown]] = [col(EvaluationRow.ends_on).desc(), col(EvaluationRow.id).desc()]

LOADS: Final[Mapping[str, Load]] = {
    "units": by_key(UnitRow),
    "positions": by_key(PositionRow),
    "people": by_key(PersonRow),
    "plans": by_key(PlanRow),
    "indicators": by_key(IndicatorRow),
    "position_indicators": children(PositionIndicatorRow, "position_id", [col(PositionIndicatorRow.ordinal)], 20),
    "holders": children(PersonRow, "position_id", [col(PersonRow.name), col(PersonRow.id)], 5),
    "last_evaluation": children(EvaluationRow, "person_id", NEWEST, 1, col(EvaluationRow.current)),
    "evaluations": children(EvaluationRow, "person_id", NEWEST, 4, col(EvaluationRow.current)),
    "plan": children(
        PlanRow, "person_id", [col(PlanRow.starts_on).desc(), col(PlanRow.id).desc()], 1, col(PlanRow.active)
    ),
    "reasons": children(RiskReasonRow, "score_id", [col(RiskReasonRow.ordinal)], 3),
}
"""How each edge is loaded; the statements are made once."""


class Context:
    """What a request's resolvers share: loaders, each made when it is first needed."""

    def __init__(self, sessions: Sessions, person: int | None) -> None:
        self.sessions = sessions
        self.person = person
        self._loaders: dict[str, DataLoader[int, Any]] = {}

    async def load(self, edge: str, key: int) -> Any:
        """What an edge leads to from a key."""
        if edge not in self._loaders:
            self._loaders[edge] = DataLoader(LOADS[edge](self.sessions))
        return await self._loaders[edge].load(key)


@strawberry.type
class Unit:
    """A unit."""

    id: strawberry.ID
    name: str
    kind: str
    parent_id: strawberry.Private[int | None]

    @classmethod
    def of(cls, row: UnitRow) -> Self:
        """As a row says."""
        return cls(id=strawberry.ID(str(row.id)), name=row.name, kind=row.kind, parent_id=row.parent_id)

    @strawberry.field
    async def parent(self, info: Info) -> "Unit | None":
        """The unit above."""
        return await unit(info, self.parent_id)


@strawberry.type
class Indicator:
    """An indicator of the catalogue."""

    id: strawberry.ID
    name: str
    aspect: str
    measure: str


@strawberry.type
class PositionIndicator:
    """An indicator of a post."""

    ordinal: int
    indicator_id: strawberry.Private[int]

    @strawberry.field
    async def indicator(self, info: Info) -> Indicator | None:
        """The indicator."""
        row = await info.context.load("indicators", self.indicator_id)
        if row is None:
            return None
        return Indicator(id=strawberry.ID(str(row.id)), name=row.name, aspect=row.aspect, measure=row.measure)


@strawberry.type
class Plan:
    """A plan."""

    id: strawberry.ID
    year: int
    status: str
    starts_on: date
    ends_on: date

    @classmethod
    def of(cls, row: PlanRow) -> Self:
        """As a row says."""
        return cls(
            id=strawberry.ID(str(row.id)),
            year=row.year,
            status=row.status,
            starts_on=row.starts_on,
            ends_on=row.ends_on,
        )


@strawberry.type
class Evaluation:
    """An evaluation."""

    id: strawberry.ID
    starts_on: date
    ends_on: date
    score: Decimal
    predikat: str
    low: bool
    plan_id: strawberry.Private[int]
    person_id: strawberry.Private[int]

    @classmethod
    def of(cls, row: EvaluationRow) -> Self:
        """As a row says."""
        return cls(
            id=strawberry.ID(str(row.id)),
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            score=row.score,
            predikat=row.predikat,
            low=row.low,
            plan_id=row.plan_id,
            person_id=row.person_id,
        )

    @strawberry.field
    async def plan(self, info: Info) -> Plan | None:
        """The plan."""
        row = await info.context.load("plans", self.plan_id)
        return Plan.of(row) if row else None

    @strawberry.field
    async def person(self, info: Info) -> "Person | None":
        """The person."""
        row = await info.context.load("people", self.person_id)
        return Person.of(row) if row else None


@strawberry.type
class Person:
    """A civil servant."""

    id: strawberry.ID
    name: str
    rank: str | None
    joined_on: date
    key: strawberry.Private[int]
    unit_id: strawberry.Private[int | None]
    position_id: strawberry.Private[int | None]

    @classmethod
    def of(cls, row: PersonRow) -> Self:
        """As a row says."""
        return cls(
            id=strawberry.ID(str(row.id)),
            name=row.name,
            rank=row.rank,
            joined_on=row.joined_on,
            key=row.id,
            unit_id=row.unit_id,
            position_id=row.position_id,
        )

    @strawberry.field
    async def unit(self, info: Info) -> Unit | None:
        """The unit."""
        return await unit(info, self.unit_id)

    @strawberry.field
    async def position(self, info: Info) -> "Position | None":
        """The post."""
        row = await info.context.load("positions", self.position_id) if self.position_id else None
        return Position.of(row) if row else None

    @strawberry.field
    async def plan(self, info: Info) -> Plan | None:
        """The latest plan in force."""
        rows = await info.context.load("plan", self.key)
        return Plan.of(rows[0]) if rows else None

    @strawberry.field
    async def last_evaluation(self, info: Info) -> Evaluation | None:
        """The latest evaluation in force."""
        rows = await info.context.load("last_evaluation", self.key)
        return Evaluation.of(rows[0]) if rows else None

    @strawberry.field
    async def evaluations(self, info: Info, last: int = 4) -> list[Evaluation]:
        """The latest evaluations in force, the oldest of them first."""
        rows = await info.context.load("evaluations", self.key)
        return [Evaluation.of(row) for row in reversed(rows[:last])]


@strawberry.type
class PersonPage:
    """A page of people."""

    nodes: list[Person]


@strawberry.type
class Position:
    """A post."""

    id: strawberry.ID
    title: str
    type: str
    level: str
    eselon: str | None
    executor_class: str | None
    job_class: int
    structural: bool
    need: int
    starts_on: date
    key: strawberry.Private[int]
    unit_id: strawberry.Private[int]

    @classmethod
    def of(cls, row: PositionRow) -> Self:
        """As a row says."""
        return cls(
            id=strawberry.ID(str(row.id)),
            title=row.title,
            type=row.type,
            level=row.level,
            eselon=row.eselon,
            executor_class=row.executor_class,
            job_class=row.job_class,
            structural=row.structural,
            need=row.need,
            starts_on=row.starts_on,
            key=row.id,
            unit_id=row.unit_id,
        )

    @strawberry.field
    async def unit(self, info: Info) -> Unit | None:
        """The unit."""
        return await unit(info, self.unit_id)

    @strawberry.field
    async def indicators(self, info: Info) -> list[PositionIndicator]:
        """The indicators."""
        rows = await info.context.load("position_indicators", self.key)
        return [PositionIndicator(ordinal=row.ordinal, indicator_id=row.indicator_id) for row in rows]

    @strawberry.field
    async def people(self, info: Info, first: int = 5) -> PersonPage:
        """The people who hold it."""
        rows = await info.context.load("holders", self.key)
        return PersonPage(nodes=[Person.of(row) for row in rows[:first]])


@strawberry.type
class PositionPage:
    """A page of posts."""

    nodes: list[Position]


@strawberry.type
class RiskReason:
    """A reason of a score."""

    code: str
    term: Decimal
    help: str | None
    changeable: bool


@strawberry.type
class RiskScore:
    """A score."""

    id: strawberry.ID
    rank: int
    probability: Decimal | None
    low: Decimal | None
    high: Decimal | None
    band: str
    hindered: bool
    key: strawberry.Private[int]
    person_id: strawberry.Private[int]

    @strawberry.field
    async def person(self, info: Info) -> Person | None:
        """The person."""
        row = await info.context.load("people", self.person_id)
        return Person.of(row) if row else None

    @strawberry.field
    async def reasons(self, info: Info, first: int = 3) -> list[RiskReason]:
        """The strongest reasons."""
        rows = await info.context.load("reasons", self.key)
        return [
            RiskReason(code=row.code, term=row.term, help=row.help, changeable=row.changeable) for row in rows[:first]
        ]


@strawberry.type
class RiskPage:
    """A page of the risk list."""

    nodes: list[RiskScore]
    run: strawberry.Private[int]

    @strawberry.field
    async def total_count(self, info: Info) -> int:
        """How many there are."""
        counted = sa.select(sa.func.count()).where(col(RiskScoreRow.run_id) == self.run)
        async with info.context.sessions.reading() as session:
            return int((await session.execute(counted)).scalar_one())


async def unit(info: Info, key: int | None) -> Unit | None:
    """A unit by its key."""
    row = await info.context.load("units", key) if key is not None else None
    return Unit.of(row) if row else None


@strawberry.type
class Query:
    """What may be asked."""

    @strawberry.field
    async def position(self, info: Info, id: strawberry.ID) -> Position | None:  # noqa: A002 - the schema's word
        """A post."""
        row = await info.context.load("positions", int(id))
        return Position.of(row) if row else None

    @strawberry.field
    async def positions(self, info: Info, first: int) -> PositionPage:
        """Posts by title."""
        query = select(PositionRow).order_by(col(PositionRow.title), col(PositionRow.id)).limit(first)
        return PositionPage(nodes=[Position.of(row) for row in await rows_of(info, query)])

    @strawberry.field
    async def people(self, info: Info, first: int) -> PersonPage:
        """People by name."""
        query = select(PersonRow).order_by(col(PersonRow.name), col(PersonRow.id)).limit(first)
        return PersonPage(nodes=[Person.of(row) for row in await rows_of(info, query)])

    @strawberry.field
    async def risk_list(self, info: Info, first: int) -> RiskPage:
        """The risk list."""
        (run,) = await rows_of(info, select(PublishedRunRow.run_id))
        query = select(RiskScoreRow).where(RiskScoreRow.run_id == run).order_by(col(RiskScoreRow.rank)).limit(first)
        scores = [
            RiskScore(
                id=strawberry.ID(str(row.id)),
                rank=row.rank,
                probability=row.probability,
                low=row.low,
                high=row.high,
                band=row.band,
                hindered=row.hindered,
                key=row.id,
                person_id=row.person_id,
            )
            for row in await rows_of(info, query)
        ]
        return RiskPage(nodes=scores, run=run)


async def rows_of(info: Info, query: sa.Select[Any]) -> Sequence[Any]:
    """The rows of a query, in a session of its own."""
    async with info.context.sessions.reading() as session:
        return (await session.scalars(query)).all()


@strawberry.interface
class Refusal:
    """A refusal."""

    code: str
    message: str


@strawberry.type
class Refused(Refusal):
    """The one refusal of this server."""


@strawberry.input
class RecordEvaluationInput:
    """An evaluation to record."""

    client_mutation_key: str
    plan: strawberry.ID
    period: str
    results_index: Decimal
    behaviour_index: Decimal
    evidence: str
    evidence_source: str


@strawberry.type
class Mutation:
    """What may be done."""

    @strawberry.mutation
    async def record_evaluation(
        self,
        info: Info,
        input: RecordEvaluationInput,  # noqa: A002 - the schema's word
    ) -> Evaluation | Refused:
        """Record an evaluation."""
        asked = recording.Asked(
            key=input.client_mutation_key,
            plan=int(input.plan),
            period=input.period,
            results=input.results_index,
            behaviour=input.behaviour_index,
            evidence=input.evidence,
            evidence_source=input.evidence_source,
            appraiser=info.context.person or 0,
            at=datetime.now(UTC),
        )
        try:
            async with info.context.sessions.writing() as session, session.begin():
                return Evaluation.of(await recording.record(session, asked))
        except recording.Refused as refused:
            return Refused(code=refused.code, message=refused.code)


SCHEMA: Final = strawberry.Schema(Query, Mutation, types=[Refused], extensions=[ParserCache, ValidationCache])


class Served(GraphQL[Context, None]):
    """Strawberry's application, with our context."""

    def __init__(self, schema: strawberry.Schema, sessions: Sessions) -> None:
        super().__init__(schema, graphql_ide=None, allow_queries_via_get=False)
        self._sessions = sessions

    async def get_context(self, request: Request | WebSocket, response: Any) -> Context:  # noqa: ARG002 - as inherited
        """A context anew for each request."""
        person = request.headers.get("x-person")
        return Context(self._sessions, int(person) if person else None)


def app() -> Starlette:
    """The application."""
    sessions = Sessions()

    @asynccontextmanager
    async def opened(_app: Starlette) -> AsyncIterator[None]:
        yield
        await sessions.close()

    served = Served(SCHEMA, sessions)
    routes = [Route("/healthz", serving.healthy), Route("/graphql", served)]
    return Starlette(routes=routes, lifespan=opened)


if __name__ == "__main__":
    serving.run(app())
