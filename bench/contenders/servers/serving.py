"""How the Python servers are served: as ours is, by uvicorn with uvloop and httptools, and no log of requests."""

import os

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response


async def answer_healthy(_request: Request) -> Response:
    """Report readiness."""
    return PlainTextResponse("ok")


def serve_app(app: Starlette) -> None:
    """Serve on the port that PORT says, until told to stop."""
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
