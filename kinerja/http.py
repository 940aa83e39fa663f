"""The HTTP application: GraphQL, health, metrics, the schema's text and the page to try it with."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import structlog
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kinerja import (
    calls,
    context,
    cost,
    database,
    documents,
    errors,
    guards,
    metrics,
    pages,
    persisted,
    replies,
    tokens,
)
from kinerja.api import Api
from kinerja.endpoint import Endpoint
from kinerja.live import sse, websocket
from kinerja.live.hub import Hub
from kinerja.live.telling import Telling
from kinerja.protocol import STATUS, Code, Rejected
from kinerja.settings import Settings

PATH: Final = "/graphql"

_READY_SECONDS: Final = 1.0
_RETRY: Final = {"retry-after": "1"}
_CODES_OF_STATUS: Final = {status: code for code, status in STATUS.items() if code is not Code.TRUSTED_ONLY}

_log = structlog.get_logger()


def app(
    settings: Settings,
    api: Api,
    means: context.Means,
    reader: tokens.Reader,
    hub: Hub | None = None,
    signing_in: Sequence[BaseRoute] = (),
) -> "Application":
    """The ASGI application over an open database; what it is given outlives it.

    Without a hub it serves no subscriptions; `signing_in` are the routes of accounts.

    Raises:
        ManifestInvalid: the trusted documents cannot be used.
    """
    means.largest, means.largest_service = settings.largest_page, settings.largest_page_service
    largest = max(settings.largest_page, settings.largest_page_service)
    costs = cost.Costs(api.core, api.graph, largest)
    read = documents.Documents(api.core, costs, suggests=settings.explores_openly)
    trusted = persisted.manifest(settings.trusted_documents)
    admitting = guards.Guards(settings, read, persisted.Persisted(read, trusted, only=settings.trusted_only))
    counts = metrics.Metrics(
        lambda: {"documents_kept": len(read), "connections": means.data.size, "connections_busy": means.data.busy},
        lambda: {"documents_found": read.found, "documents_read": read.missed, "rate_limited": admitting.limited},
    )
    endpoint = Endpoint(settings, means, api.answers, admitting, tokens.Remembering(reader), counts)
    others = Others(api, means, counts)
    routes = _Guarded(_starlette(settings, others, signing_in))
    if hub is None or api.live is None:
        return Application(endpoint, routes)
    telling = Telling(api.live, means, hub)
    counts.also(lambda: {"listeners": telling.listeners}, lambda: {"events_told": telling.told})
    endpoint.streaming = sse.Streams(telling)
    sockets = websocket.Sockets(
        admitting, telling, endpoint.signed, endpoint.body, settings.origins, endpoint.anonymous_listen
    )
    return Application(endpoint, routes, sockets)


def _starlette(settings: Settings, others: "Others", signing_in: Sequence[BaseRoute]) -> Starlette:
    routes: list[BaseRoute] = [
        Route("/healthz", _healthy, methods=["GET"]),
        Route("/readyz", others.ready, methods=["GET"]),
        Route("/metrics", others.metrics, methods=["GET"]),
        *signing_in,
    ]
    if settings.explores_openly:
        routes += [Route("/schema.graphql", others.sdl, methods=["GET"]), *pages.routes(settings)]
    return Starlette(routes=routes, exception_handlers={HTTPException: _http_error})


class Application:
    """The outermost: GraphQL requests go straight to their endpoint, all others by way of the routes."""

    def __init__(self, endpoint: Endpoint, others: ASGIApp, sockets: ASGIApp | None = None) -> None:
        self.endpoint = endpoint
        self._others = others
        self.sockets = sockets or others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http" and scope["path"] == scope.get("root_path", "") + PATH:
            await self.endpoint(scope, receive, send)
        elif scope["type"] == "websocket" and scope["path"] == scope.get("root_path", "") + PATH:
            await self.sockets(scope, receive, send)
        else:
            await self._others(scope, receive, send)


class Others:
    """The routes beside GraphQL that need the schema, the database or the counts."""

    def __init__(self, api: Api, means: context.Means, counts: metrics.Metrics) -> None:
        self._sdl = api.schema.as_str()
        self._data = means.data
        self._counts = counts

    async def sdl(self, _request: Request) -> Response:
        """The schema as text."""
        return PlainTextResponse(self._sdl, media_type="text/plain; charset=utf-8")

    async def metrics(self, _request: Request) -> Response:
        """What is counted."""
        return Response(self._counts.text(), media_type=metrics.MEDIA_TYPE)

    async def ready(self, request: Request) -> Response:
        """Whether the database answers within a second."""
        try:
            async with asyncio.timeout(_READY_SECONDS):
                await self._data.read_once("SELECT 1", [])
        except (database.Unavailable, TimeoutError):
            return _refused(Code.UNAVAILABLE, "The database does not answer.", request, _RETRY)
        return JSONResponse({"status": "ready"})


async def _healthy(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})


def _http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    code = _CODES_OF_STATUS.get(error.status_code, Code.BAD_REQUEST)
    return _refused(code, f"{error.detail}.", request, error.headers or {})


def _refused(code: Code, message: str, request: Request, headers: Mapping[str, str]) -> Response:
    body = replies.result(None, [errors.rejected(Rejected(code, message), request.scope["kinerja.request_id"])], b"")
    return Response(body, STATUS[code], dict(headers), "application/json")


class _Guarded:
    """Around the routes: gives each request an id, logs it, and lets no failure of ours out."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        request_id = scope["kinerja.request_id"] = calls.named(Headers(scope=scope).get("x-request-id"))
        started = False

        async def send_with_id(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = request_id
                headers["x-content-type-options"] = "nosniff"
            await send(message)

        with structlog.contextvars.bound_contextvars(request=request_id):
            try:
                await self._inner(scope, receive, send_with_id)
            except Exception as error:  # the wall behind which nothing internal may show
                _log.exception("request_failed", exc_info=error)
                if started:
                    raise
                answer = _refused(Code.INTERNAL, errors.MASKED, Request(scope), {})
                await answer(scope, receive, send_with_id)
