"""Limit server: Starlette, asyncpg and one hand-written SQL for each question.

No GraphQL, no rules, no names.
"""

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

from bench.contenders.servers import serving
from bench.workload.questions import Question
from bench.workload.role_questions import ALL_QUESTIONS

_DECIMALS: Final = frozenset({"resultsIndex", "behaviourIndex"})


async def _skip_reset(_connection: Any) -> None:
    pass  # no RESET at each return: nothing here changes a session


def _build_handler(question: Question) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        given = json.loads(await request.body())
        values = [
            Decimal(value) if name in _DECIMALS else value
            for name, value in zip(question.parameters, given, strict=True)
        ]
        async with request.app.state.pool.acquire() as db:
            text: str = await db.fetchval(question.sql, *values)
        return Response(b'{"data":' + text.encode() + b"}", media_type="application/json")

    return answer


@asynccontextmanager
async def _open_pool(app: Starlette) -> AsyncIterator[None]:
    connections = int(os.environ["CONNECTIONS"])
    url = os.environ["DATABASE_URL"]
    async with asyncpg.create_pool(url, min_size=connections, max_size=connections, reset=_skip_reset) as pool:
        app.state.pool = pool
        yield


def build_limit_app() -> Starlette:
    """Build the application over DATABASE_URL with CONNECTIONS connections."""
    routes = [
        Route(f"/{question.name}", _build_handler(question), methods=["POST"])
        for question in ALL_QUESTIONS
        if question.sql
    ]
    return Starlette(routes=[*routes, Route("/healthz", serving.answer_healthy)], lifespan=_open_pool)


if __name__ == "__main__":
    serving.serve_app(build_limit_app())
