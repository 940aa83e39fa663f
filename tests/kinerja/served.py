"""A small schema that tries every corner of the service, and the settings and tokens of its tests."""

import asyncio
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import strawberry
from pydantic import SecretStr

from domain.actor import Actor, Role
from domain.calendar import commands as calendar
from domain.journal import commands as journal
from domain.refusals import NotAllowed
from kinerja import clock, context, database, tokens
from kinerja.api import Api
from kinerja.settings import Settings
from resolvers.answers import Answer, Answers
from resolvers.operations import Operation
from resolvers.ports import Asking
from resolvers.reference.schema import Served
from schema.graph import GRAPH

SECRET = "s3cret-of-the-tests-0123456789-abcdefghij"
HR = Actor(412, Role.HR, "1.2.")

Info = strawberry.Info[context.Context, None]


@strawberry.type
class Query:
    """What the tests read."""

    @strawberry.field
    def hello(self, name: str = "you") -> str:
        """Needs nothing."""
        return f"Hello, {name}"

    @strawberry.field
    def half(self, number: int) -> int:
        """Takes a number."""
        return number // 2

    @strawberry.field
    def who(self, info: Info) -> str | None:
        """Who asks."""
        return info.context.actor.principal if info.context.actor else None

    @strawberry.field
    def today(self, info: Info) -> str:
        """The business date."""
        return info.context.today.isoformat()

    @strawberry.field
    async def one(self, info: Info) -> int:
        """One statement."""
        return int((await info.context.read("SELECT 1", []))[0][0])

    @strawberry.field
    async def transaction(self, info: Info) -> str:
        """The snapshot that reads come from, as PostgreSQL names it."""
        return str((await info.context.read("SELECT pg_current_snapshot()::text", []))[0][0])

    @strawberry.field
    def broken(self) -> str:
        """Fails, with personal data in its message."""
        raise RuntimeError("NIP 198001012005011001 leaks from /srv/secret.py")

    @strawberry.field
    def forbidden(self) -> str | None:
        """Refuses."""
        raise NotAllowed("The role hr may not look.")

    @strawberry.field
    def away(self) -> str | None:
        """Fails as if the database were away."""
        raise database.Unavailable("gone")

    @strawberry.field
    async def sleeps(self, info: Info) -> str:
        """One statement that takes long."""
        return str((await info.context.read("SELECT pg_sleep(60)::text", []))[0][0])

    @strawberry.field
    async def slow(self) -> str:
        """Half a second of waiting."""
        await asyncio.sleep(0.5)
        return "done"


@strawberry.type
class Mutation:
    """What the tests write."""

    @strawberry.mutation
    async def set_day(self, info: Info, day: str) -> str:
        """Sets the business date and reads it back before the commit."""
        async with info.context.write() as act:
            await calendar.set_day(act.db, date.fromisoformat(day))
            rows = await info.context.read("SELECT today FROM business_date", [])
            return str(rows[0][0])

    @strawberry.mutation
    async def set_day_and_fail(self, info: Info, day: str) -> str:
        """Sets the business date and raises."""
        async with info.context.write() as act:
            await calendar.set_day(act.db, date.fromisoformat(day))
            raise RuntimeError("after the write")


schema = Served(Query, Mutation)


class Reference:
    """Answers by the reference executor alone: the graph holds nothing of this schema."""

    def __init__(self) -> None:
        self._answers = Answers(GRAPH, schema, journal.once)

    async def answer(self, operation: Operation, variables: Mapping[str, Any], asking: Asking) -> Answer:
        """Answer a query or a mutation."""
        return await self._answers.reference(operation, variables, asking)


API = Api(schema, GRAPH, Reference())


def settings_for(folder: Path, **values: Any) -> Settings:
    """Settings of a test, whatever the environment says."""
    given = {"data_dir": folder, "token_secret": SecretStr(SECRET), **values}
    return Settings.model_validate(given)


def bearer(actor: Actor) -> dict[str, str]:
    """The header that says who asks."""
    return {"authorization": f"Bearer {tokens.Signer(SECRET).issue(actor, clock.now())}"}
