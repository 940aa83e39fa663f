"""Uvicorn of the Python servers, as ours: uvloop and httptools, no request log."""

import os

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response


async def answer_healthy(_request: Request) -> Response:
    """Answer the health check."""
    return PlainTextResponse("ok")


def serve_app(app: Starlette) -> None:
    """Serve on the port of the variable PORT, until stopped."""
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
        server_header=False,
        backlog=2048,
    )
