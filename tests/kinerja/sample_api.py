"""A small schema that tries every corner of the service, and the settings and tokens of its tests."""

import asyncio
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import strawberry
from pydantic import SecretStr

from domain.actor import Actor, Role
from domain.business_date import commands as calendar
from domain.idempotency import commands as idempotency
from domain.refusals import NotAllowed
from kinerja import business_date
from kinerja.auth import authenticator
from kinerja.graphql_server import request_context
from kinerja.graphql_server.api import Api
from kinerja.postgres import database
from kinerja.settings import Settings
from resolvers.executor import ExecutionResult, Executor
from resolvers.operations import Operation
from resolvers.ports import ExecutionContext
from resolvers.reference.strawberry_schema import ServedSchema
from schema.schema import GRAPH

SECRET = "s3cret-of-the-tests-0123456789-abcdefghij"
HR = Actor(412, Role.HR, "1.2.")

Info = strawberry.Info[request_context.RequestContext, None]


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
        return int((await info.context.fetch_rows("SELECT 1", []))[0][0])

    @strawberry.field
    async def transaction(self, info: Info) -> str:
        """The snapshot that reads come from, as PostgreSQL names it."""
        return str((await info.context.fetch_rows("SELECT pg_current_snapshot()::text", []))[0][0])

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
        raise database.DatabaseUnavailable("gone")

    @strawberry.field
    async def sleeps(self, info: Info) -> str:
        """One statement that takes long."""
        return str((await info.context.fetch_rows("SELECT pg_sleep(60)::text", []))[0][0])

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
        async with info.context.open_transaction() as act:
            await calendar.set_business_date(act.db, date.fromisoformat(day))
            rows = await info.context.fetch_rows("SELECT today FROM business_date", [])
            return str(rows[0][0])

    @strawberry.mutation
    async def set_day_and_fail(self, info: Info, day: str) -> str:
        """Sets the business date and raises."""
        async with info.context.open_transaction() as act:
            await calendar.set_business_date(act.db, date.fromisoformat(day))
            raise RuntimeError("after the write")


schema = ServedSchema(Query, Mutation)


class ReferenceOnlyExecutor:
    """Answers by the reference executor alone: the graph holds nothing of this schema."""

    def __init__(self) -> None:
        self._executor = Executor(GRAPH, schema, idempotency.run_once)

    async def execute(
        self, operation: Operation, variables: Mapping[str, Any], context: ExecutionContext
    ) -> ExecutionResult:
        """Answer a query or a mutation."""
        return await self._executor.execute_by_reference(operation, variables, context)


API = Api(schema, GRAPH, ReferenceOnlyExecutor())


def settings_for(folder: Path, **values: Any) -> Settings:
    """Settings of a test, whatever the environment says."""
    given = {"data_dir": folder, "token_secret": SecretStr(SECRET), **values}
    return Settings.model_validate(given)


def bearer_header(actor: Actor) -> dict[str, str]:
    """The header that says who asks."""
    return {
        "authorization": f"Bearer {authenticator.DemoTokens(SECRET).issue_demo_token(actor, business_date.utc_now())}"
    }
