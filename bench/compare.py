"""Asking the same in both ways in turn, and how long each took."""

import asyncio
import json
import secrets
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

import httpx2
import sqlalchemy as sa
from pydantic import SecretStr
from sqlmodel import col

from bench.questions import Question
from domain.actor import Actor, Role
from domain.calendar import commands as calendar
from domain.organisation.tables import UnitRow
from domain.people.tables import PersonRow
from kinerja import clock, context, database, http, jobs, migrate, protocol, tokens
from kinerja.failures import CannotRun
from kinerja.settings import Settings
from ml.population import generator, load
from ml.population.loading import frame
from ml.population.settings import Settings as Province
from schema.graph import SCHEMA

_WARM_UP: Final = 8  # PostgreSQL settles on a plan for a prepared statement after five executions
_LIMITS: Final = database.Limits(statement_ms=120_000, idle_ms=120_000)


class NotTheSame(Exception):
    """The two ways gave different data, so that their times say nothing."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one way gave: the data as JSON text, and the SQL statements that it took."""

    text: str | bytes
    statements: int


Way = Callable[[Question], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Figure:
    """The medians of one question, in milliseconds, and the statements behind them."""

    name: str
    served_ms: float
    served_statements: int
    by_hand_ms: float
    rounds: int

    @property
    def ratio(self) -> float:
        """How many times as long the API takes."""
        return self.served_ms / self.by_hand_ms


async def fill(url: str, province: Province) -> None:
    """Migrate an empty database and load a drawn province into it."""
    await migrate.upgrade(url)
    async with database.opened(url, _LIMITS) as data:
        async with data.write() as db:
            await load.load(db, generator.draw(province))
            await calendar.set_day(db, frame.quarter(province.quarters).starts_on)
        async with data.lend() as connection:
            await connection.execute("VACUUM ANALYZE")


@asynccontextmanager
async def ways(url: str) -> AsyncIterator[tuple[Way, Way]]:
    """The API and the hand-written SQL over one pool, asked by an HR officer of the whole province."""
    async with database.opened(url) as data, _followed(url, data) as times:
        actor = await _officer(data)
        signer = tokens.Signer(secrets.token_urlsafe(48))
        chosen = Settings.model_validate({"token_secret": SecretStr(secrets.token_urlsafe(48))})
        app = http.app(chosen, SCHEMA, context.Means(data, times, jobs.Queue()), signer)
        headers = {
            "accept": protocol.RESPONSE_JSON,
            "authorization": f"Bearer {signer.issue(actor, clock.now())}",
        }
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://bench", headers=headers) as client:

            async def served(question: Question) -> Answer:
                reply = await client.post("/graphql", json={"query": question.document})
                return Answer(reply.content, int(reply.headers["x-db-queries"]))

            async def by_hand(question: Question) -> Answer:
                rows = await data.read_once(question.by_hand, [actor.person_id, actor.unit_path])
                return Answer(rows[0][0], 1)

            yield served, by_hand


@asynccontextmanager
async def _followed(url: str, data: database.Database) -> AsyncIterator[clock.Clock]:
    """A clock that hears of changes, as the running service's does: it need not ask at each request."""
    times = clock.Clock(data)
    following = asyncio.create_task(times.follow(url))
    try:
        yield times
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following


async def _officer(data: database.Database) -> Actor:
    async with data.write() as db:
        top = await db.first(sa.select(col(UnitRow.path)).order_by(col(UnitRow.depth), col(UnitRow.id)).limit(1))
        person = await db.first(sa.select(sa.func.min(col(PersonRow.id))).where(col(PersonRow.left_on).is_(None)))
    if top is None or person is None:
        raise CannotRun("the database holds no province")
    return Actor(person[0], Role.HR, top[0])


def check(question: Question, served: Answer, by_hand: Answer) -> None:
    """See that both ways gave the same data, and some.

    Raises:
        NotTheSame: they did not.
    """
    body: dict[str, Any] = json.loads(served.text)
    expected = json.loads(by_hand.text)
    if "errors" in body or body.get("data") != expected:
        raise NotTheSame(f"{question.name}: the API and the hand-written SQL give different data")
    if not all(connection["nodes"] for connection in expected.values()):
        raise NotTheSame(f"{question.name}: there is nothing to show")


async def figure(question: Question, served: Way, by_hand: Way, rounds: int, seconds: float) -> Figure:
    """Ask in both ways, whoever is first changing each round, until the rounds or the seconds are over.

    Raises:
        NotTheSame: the two ways gave different data.
    """
    reply = await served(question)
    check(question, reply, await by_hand(question))
    for _ in range(_WARM_UP):
        await served(question)
        await by_hand(question)
    taken: dict[Way, list[float]] = {served: [], by_hand: []}
    end = time.perf_counter() + seconds
    for turn in range(rounds):
        if turn and time.perf_counter() > end:
            break
        for way in (served, by_hand) if turn % 2 == 0 else (by_hand, served):
            began = time.perf_counter()
            await way(question)
            taken[way].append(time.perf_counter() - began)
    return Figure(
        question.name,
        1000 * statistics.median(taken[served]),
        reply.statements,
        1000 * statistics.median(taken[by_hand]),
        len(taken[served]),
    )
