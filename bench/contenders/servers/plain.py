"""Plain Strawberry server: its own ASGI application, SQLModel rows, DataLoaders.

The usual way, as a competent team would write it: one DataLoader for each edge; a session for each batch, without
BEGIN for reads; children of many parents by one windowed SELECT; statements built once, Strawberry's caches of parsed
and validated documents on. It has the part of the schema used by the questions, in the same words.
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

from bench.contenders.servers import recording, serving
from bench.contenders.servers.sessions import SessionFactory
from domain.evaluation.tables import EvaluationRow
from domain.indicator.tables import IndicatorRow
from domain.organisation.tables import PositionIndicatorRow, PositionRow, UnitRow
from domain.people.tables import PersonRow
from domain.plan.tables import PlanRow
from domain.risk.tables import PublishedRunRow, RiskReasonRow, RiskScoreRow

Info = strawberry.Info["StrawberryContext", None]


SqlExpression = sa.SQLColumnExpression[Any]

KEYS_PARAMETER: Final = sa.bindparam("keys", type_=sa.ARRAY(sa.BigInteger))

EdgeLoader = Callable[[list[int]], Awaitable[Sequence[Any]]]
EdgeLoaderFactory = Callable[[SessionFactory], EdgeLoader]


def load_by_key(table: type[SQLModel]) -> EdgeLoaderFactory:
    """Batch loader of rows by their keys, None for missing ones."""
    key = sa.inspect(table).columns["id"]
    query = sa.select(table).where(key == sa.any_(KEYS_PARAMETER))

    def over(sessions: SessionFactory) -> EdgeLoader:
        async def load(keys: list[int]) -> Sequence[Any]:
            async with sessions.open_read_session() as session:
                rows: Sequence[Any] = (await session.scalars(query, {"keys": keys})).all()
            found = {row.id: row for row in rows}
            return [found.get(each) for each in keys]

        return load

    return over


def load_children(
    table: type[SQLModel],
    parent: str,
    order: Sequence[SqlExpression],
    most: int,
    where: SqlExpression | None = None,
) -> EdgeLoaderFactory:
    """Batch loader of the first `most` rows of each parent, by one windowed SELECT."""
    owner = sa.inspect(table).columns[parent]
    place = sa.func.row_number().over(partition_by=owner, order_by=order).label("place")
    wanted = owner == sa.any_(KEYS_PARAMETER)
    inner = sa.select(table, place).where(wanted if where is None else sa.and_(wanted, where)).subquery()
    shown = sa.orm.aliased(table, inner)
    query = sa.select(shown).where(inner.c.place <= most).order_by(inner.c[parent], inner.c.place)

    def over(sessions: SessionFactory) -> EdgeLoader:
        async def load(keys: list[int]) -> Sequence[Any]:
            found: dict[int, list[Any]] = {key: [] for key in keys}
            async with sessions.open_read_session() as session:
                for row in await session.scalars(query, {"keys": keys}):
                    found[getattr(row, parent)].append(row)
            return [found[key] for key in keys]

        return load

    return over


NEWEST_FIRST: Final[Sequence[SqlExpression]] = [col(EvaluationRow.ends_on).desc(), col(EvaluationRow.id).desc()]

EDGE_LOADERS: Final[Mapping[str, EdgeLoaderFactory]] = {
    "units": load_by_key(UnitRow),
    "positions": load_by_key(PositionRow),
    "people": load_by_key(PersonRow),
    "plans": load_by_key(PlanRow),
    "indicators": load_by_key(IndicatorRow),
    "position_indicators": load_children(
        PositionIndicatorRow, "position_id", [col(PositionIndicatorRow.ordinal)], 20
    ),
    "holders": load_children(PersonRow, "position_id", [col(PersonRow.name), col(PersonRow.id)], 5),
    "last_evaluation": load_children(EvaluationRow, "person_id", NEWEST_FIRST, 1, col(EvaluationRow.current)),
    "evaluations": load_children(EvaluationRow, "person_id", NEWEST_FIRST, 4, col(EvaluationRow.current)),
    "plan": load_children(
        PlanRow, "person_id", [col(PlanRow.starts_on).desc(), col(PlanRow.id).desc()], 1, col(PlanRow.active)
    ),
    "reasons": load_children(RiskReasonRow, "score_id", [col(RiskReasonRow.ordinal)], 3),
}
"""Loader of each edge; the statements are built once."""


class StrawberryContext:
    """Context shared by a request's resolvers: loaders, each built at its first use."""

    def __init__(self, sessions: SessionFactory, person: int | None) -> None:
        self.sessions = sessions
        self.person = person
        self._loaders: dict[str, DataLoader[int, Any]] = {}

    async def load_edge(self, edge: str, key: int) -> Any:
        """Load the target of an edge from a key."""
        if edge not in self._loaders:
            self._loaders[edge] = DataLoader(EDGE_LOADERS[edge](self.sessions))
        return await self._loaders[edge].load(key)


@strawberry.type(name="Unit")
class StrawberryUnit:
    """A unit."""

    id: strawberry.ID
    name: str
    kind: str
    parent_id: strawberry.Private[int | None]

    @classmethod
    def from_row(cls, row: UnitRow) -> Self:
        """Build a unit from its row."""
        return cls(id=strawberry.ID(str(row.id)), name=row.name, kind=row.kind, parent_id=row.parent_id)

    @strawberry.field
    async def parent(self, info: Info) -> "StrawberryUnit | None":
        """The unit above."""
        return await load_unit(info, self.parent_id)


@strawberry.type(name="Indicator")
class StrawberryIndicator:
    """An indicator of the catalogue."""

    id: strawberry.ID
    name: str
    aspect: str
    measure: str


@strawberry.type(name="PositionIndicator")
class StrawberryPositionIndicator:
    """An indicator of a post."""

    ordinal: int
    indicator_id: strawberry.Private[int]

    @strawberry.field
    async def indicator(self, info: Info) -> StrawberryIndicator | None:
        """The indicator."""
        row = await info.context.load_edge("indicators", self.indicator_id)
        if row is None:
            return None
        return StrawberryIndicator(
            id=strawberry.ID(str(row.id)), name=row.name, aspect=row.aspect, measure=row.measure
        )


@strawberry.type(name="Plan")
class StrawberryPlan:
    """A plan."""

    id: strawberry.ID
    year: int
    status: str
    starts_on: date
    ends_on: date

    @classmethod
    def from_row(cls, row: PlanRow) -> Self:
        """Build a plan from its row."""
        return cls(
            id=strawberry.ID(str(row.id)),
            year=row.year,
            status=row.status,
            starts_on=row.starts_on,
            ends_on=row.ends_on,
        )


@strawberry.type(name="Evaluation")
class StrawberryEvaluation:
    """An evaluation."""

    id: strawberry.ID
    starts_on: date
    ends_on: date
    score: Decimal
    predikat: str
    low_performance: bool
    plan_id: strawberry.Private[int]
    person_id: strawberry.Private[int]

    @classmethod
    def from_row(cls, row: EvaluationRow) -> Self:
        """Build an evaluation from its row."""
        return cls(
            id=strawberry.ID(str(row.id)),
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            score=row.score,
            predikat=row.predikat,
            low_performance=row.low,
            plan_id=row.plan_id,
            person_id=row.person_id,
        )

    @strawberry.field
    async def plan(self, info: Info) -> StrawberryPlan | None:
        """The plan."""
        row = await info.context.load_edge("plans", self.plan_id)
        return StrawberryPlan.from_row(row) if row else None

    @strawberry.field
    async def person(self, info: Info) -> "StrawberryPerson | None":
        """The person."""
        row = await info.context.load_edge("people", self.person_id)
        return StrawberryPerson.from_row(row) if row else None


@strawberry.type(name="Person")
class StrawberryPerson:
    """A civil servant."""

    id: strawberry.ID
    name: str
    grade: str | None
    joined_on: date
    key: strawberry.Private[int]
    unit_id: strawberry.Private[int | None]
    position_id: strawberry.Private[int | None]

    @classmethod
    def from_row(cls, row: PersonRow) -> Self:
        """Build a person from their row."""
        return cls(
            id=strawberry.ID(str(row.id)),
            name=row.name,
            grade=row.rank,
            joined_on=row.joined_on,
            key=row.id,
            unit_id=row.unit_id,
            position_id=row.position_id,
        )

    @strawberry.field
    async def unit(self, info: Info) -> StrawberryUnit | None:
        """The unit."""
        return await load_unit(info, self.unit_id)

    @strawberry.field
    async def position(self, info: Info) -> "StrawberryPosition | None":
        """The post."""
        row = await info.context.load_edge("positions", self.position_id) if self.position_id else None
        return StrawberryPosition.from_row(row) if row else None

    @strawberry.field
    async def plan(self, info: Info) -> StrawberryPlan | None:
        """The latest plan in force."""
        rows = await info.context.load_edge("plan", self.key)
        return StrawberryPlan.from_row(rows[0]) if rows else None

    @strawberry.field
    async def last_evaluation(self, info: Info) -> StrawberryEvaluation | None:
        """The latest evaluation in force."""
        rows = await info.context.load_edge("last_evaluation", self.key)
        return StrawberryEvaluation.from_row(rows[0]) if rows else None

    @strawberry.field
    async def evaluations(self, info: Info, last: int = 4) -> list[StrawberryEvaluation]:
        """The latest evaluations in force, the oldest of them first."""
        rows = await info.context.load_edge("evaluations", self.key)
        return [StrawberryEvaluation.from_row(row) for row in reversed(rows[:last])]


@strawberry.type
class PersonPage:
    """A page of people."""

    nodes: list[StrawberryPerson]


@strawberry.type(name="Position")
class StrawberryPosition:
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
    def from_row(cls, row: PositionRow) -> Self:
        """Build a post from its row."""
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
    async def unit(self, info: Info) -> StrawberryUnit | None:
        """The unit."""
        return await load_unit(info, self.unit_id)

    @strawberry.field
    async def indicators(self, info: Info) -> list[StrawberryPositionIndicator]:
        """The indicators."""
        rows = await info.context.load_edge("position_indicators", self.key)
        return [StrawberryPositionIndicator(ordinal=row.ordinal, indicator_id=row.indicator_id) for row in rows]

    @strawberry.field
    async def people(self, info: Info, first: int = 5) -> PersonPage:
        """The holders of the post."""
        rows = await info.context.load_edge("holders", self.key)
        return PersonPage(nodes=[StrawberryPerson.from_row(row) for row in rows[:first]])


@strawberry.type
class PositionPage:
    """A page of posts."""

    nodes: list[StrawberryPosition]


@strawberry.type(name="RiskReason")
class StrawberryRiskReason:
    """A reason of a score."""

    code: str
    term: Decimal
    help: str | None
    changeable: bool


@strawberry.type(name="RiskScore")
class StrawberryRiskScore:
    """A score."""

    id: strawberry.ID
    rank: int
    probability: Decimal | None
    probability_low: Decimal | None
    probability_high: Decimal | None
    band: str
    hindered: bool
    key: strawberry.Private[int]
    person_id: strawberry.Private[int]

    @strawberry.field
    async def person(self, info: Info) -> StrawberryPerson | None:
        """The person."""
        row = await info.context.load_edge("people", self.person_id)
        return StrawberryPerson.from_row(row) if row else None

    @strawberry.field
    async def reasons(self, info: Info, first: int = 3) -> list[StrawberryRiskReason]:
        """The strongest reasons."""
        rows = await info.context.load_edge("reasons", self.key)
        return [
            StrawberryRiskReason(code=row.code, term=row.term, help=row.help, changeable=row.changeable)
            for row in rows[:first]
        ]


@strawberry.type
class RiskPage:
    """A page of the risk list."""

    nodes: list[StrawberryRiskScore]
    run: strawberry.Private[int]

    @strawberry.field
    async def total_count(self, info: Info) -> int:
        """Number of scores on the list."""
        counted = sa.select(sa.func.count()).where(col(RiskScoreRow.run_id) == self.run)
        async with info.context.sessions.open_read_session() as session:
            return int((await session.execute(counted)).scalar_one())


async def load_unit(info: Info, key: int | None) -> StrawberryUnit | None:
    """A unit by its key."""
    row = await info.context.load_edge("units", key) if key is not None else None
    return StrawberryUnit.from_row(row) if row else None


@strawberry.input(name="PositionBy")
class StrawberryPositionBy:
    """Key of a position."""

    id: strawberry.ID


@strawberry.type(name="Query")
class StrawberryQuery:
    """Root of all reads."""

    @strawberry.field
    async def position(self, info: Info, by: StrawberryPositionBy) -> StrawberryPosition | None:
        """A post."""
        row = await info.context.load_edge("positions", int(by.id))
        return StrawberryPosition.from_row(row) if row else None

    @strawberry.field
    async def positions(self, info: Info, first: int) -> PositionPage:
        """Posts by title."""
        query = select(PositionRow).order_by(col(PositionRow.title), col(PositionRow.id)).limit(first)
        return PositionPage(nodes=[StrawberryPosition.from_row(row) for row in await fetch_in_session(info, query)])

    @strawberry.field
    async def people(self, info: Info, first: int) -> PersonPage:
        """People by name."""
        query = select(PersonRow).order_by(col(PersonRow.name), col(PersonRow.id)).limit(first)
        return PersonPage(nodes=[StrawberryPerson.from_row(row) for row in await fetch_in_session(info, query)])

    @strawberry.field
    async def risk_list(self, info: Info, first: int) -> RiskPage:
        """The risk list."""
        (run,) = await fetch_in_session(info, select(PublishedRunRow.run_id))
        query = select(RiskScoreRow).where(RiskScoreRow.run_id == run).order_by(col(RiskScoreRow.rank)).limit(first)
        scores = [
            StrawberryRiskScore(
                id=strawberry.ID(str(row.id)),
                rank=row.rank,
                probability=row.probability,
                probability_low=row.low,
                probability_high=row.high,
                band=row.band,
                hindered=row.hindered,
                key=row.id,
                person_id=row.person_id,
            )
            for row in await fetch_in_session(info, query)
        ]
        return RiskPage(nodes=scores, run=run)


async def fetch_in_session(info: Info, query: sa.Select[Any]) -> Sequence[Any]:
    """The rows of a query, in a session of its own."""
    async with info.context.sessions.open_read_session() as session:
        return (await session.scalars(query)).all()


@strawberry.interface(name="Refusal")
class StrawberryRefusal:
    """A refusal."""

    code: str
    message: str


@strawberry.type(name="Refused")
class StrawberryRefused(StrawberryRefusal):
    """The one refusal of this server."""


@strawberry.input(name="RecordEvaluationInput")
class StrawberryRecordEvaluationInput:
    """An evaluation to record."""

    client_mutation_key: str
    plan: strawberry.ID
    period: str
    results_index: Decimal
    behaviour_index: Decimal
    evidence: str
    evidence_source: str


@strawberry.type(name="Mutation")
class StrawberryMutation:
    """Root of all mutations."""

    @strawberry.mutation
    async def record_evaluation(
        self,
        info: Info,
        input: StrawberryRecordEvaluationInput,  # noqa: A002 - the schema's word
    ) -> StrawberryEvaluation | StrawberryRefused:
        """Record an evaluation."""
        asked = recording.RecordingRequest(
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
            async with info.context.sessions.open_write_session() as session, session.begin():
                return StrawberryEvaluation.from_row(await recording.write_evaluation(session, asked))
        except recording.RecordingRefused as refused:
            return StrawberryRefused(code=refused.code, message=refused.code)


SCHEMA: Final = strawberry.Schema(
    StrawberryQuery, StrawberryMutation, types=[StrawberryRefused], extensions=[ParserCache, ValidationCache]
)


class StrawberryApplication(GraphQL[StrawberryContext, None]):
    """Strawberry's application, with our context."""

    def __init__(self, schema: strawberry.Schema, sessions: SessionFactory) -> None:
        super().__init__(schema, graphql_ide=None, allow_queries_via_get=False)
        self._sessions = sessions

    async def get_context(self, request: Request | WebSocket, response: Any) -> StrawberryContext:  # noqa: ARG002 - as inherited
        """Build a new context for each request."""
        person = request.headers.get("x-person")
        return StrawberryContext(self._sessions, int(person) if person else None)


def build_strawberry_app() -> Starlette:
    """Build the application."""
    sessions = SessionFactory()

    @asynccontextmanager
    async def opened(_app: Starlette) -> AsyncIterator[None]:
        yield
        await sessions.close()

    served = StrawberryApplication(SCHEMA, sessions)
    routes = [Route("/healthz", serving.answer_healthy), Route("/graphql", served)]
    return Starlette(routes=routes, lifespan=opened)


if __name__ == "__main__":
    serving.serve_app(build_strawberry_app())
