"""The limit: Starlette, asyncpg and one hand-written SQL for each question. No GraphQL, no rules, no names."""

import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any, Final

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.questions import Question
from bench.role_questions import ALL
from bench.servers import serving

_DECIMALS: Final = frozenset({"resultsIndex", "behaviourIndex"})


async def _keep(_connection: Any) -> None:
    pass  # no RESET at each return: nothing here changes a session


def _answerer(question: Question) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        given = json.loads(await request.body())
        values = [
            Decimal(value) if name in _DECIMALS else value
            for name, value in zip(question.parameters, given, strict=True)
        ]
        async with request.app.state.pool.acquire() as db:
            text: str = await db.fetchval(question.by_hand, *values)
        return Response(b'{"data":' + text.encode() + b"}", media_type="application/json")

    return answer


@asynccontextmanager
async def _opened(app: Starlette) -> AsyncIterator[None]:
    connections = int(os.environ["CONNECTIONS"])
    url = os.environ["DATABASE_URL"]
    async with asyncpg.create_pool(url, min_size=connections, max_size=connections, reset=_keep) as pool:
        app.state.pool = pool
        yield


def app() -> Starlette:
    """The application; DATABASE_URL and CONNECTIONS say over what."""
    routes = [
        Route(f"/{question.name}", _answerer(question), methods=["POST"]) for question in ALL if question.by_hand
    ]
    return Starlette(routes=[*routes, Route("/healthz", serving.healthy)], lifespan=_opened)


if __name__ == "__main__":
    serving.run(app())
