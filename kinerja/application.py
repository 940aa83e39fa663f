"""HTTP application: GraphQL, health, metrics, schema text and GraphiQL page."""

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

from kinerja.auth import authenticator
from kinerja.graphql_server import admission, document_cache, graphiql, persisted_queries, query_cost, request_context
from kinerja.graphql_server.api import Api
from kinerja.graphql_server.endpoint import GraphQLEndpoint
from kinerja.graphql_server.subscriptions import sse, websocket
from kinerja.graphql_server.subscriptions.delivery import SubscriptionDelivery
from kinerja.graphql_server.subscriptions.event_hub import EventHub
from kinerja.observability import metrics
from kinerja.postgres import database
from kinerja.settings import Settings
from kinerja.web import error_format, http_request, http_response
from kinerja.web.graphql_protocol import STATUS_BY_CODE, ErrorCode, RequestRejected

GRAPHQL_PATH: Final = "/graphql"

_READY_SECONDS: Final = 1.0
_RETRY: Final = {"retry-after": "1"}
_CODE_BY_STATUS: Final = {
    status: code for code, status in STATUS_BY_CODE.items() if code is not ErrorCode.TRUSTED_ONLY
}

_log = structlog.get_logger()


def build_app(
    settings: Settings,
    api: Api,
    app_state: request_context.AppState,
    token_authenticator: authenticator.Authenticator,
    event_hub: EventHub | None = None,
    auth_routes: Sequence[BaseRoute] = (),
) -> "Application":
    """Build the ASGI application over an open database; its arguments outlive it.

    Without a hub it serves no subscriptions; `auth_routes` are the routes of accounts.

    Raises:
        ManifestInvalid: the trusted documents are unusable.
    """
    app_state.max_page_size, app_state.max_service_page_size = settings.largest_page, settings.largest_page_service
    largest = max(settings.largest_page, settings.largest_page_service)
    costs = query_cost.CostModel(api.graphql_schema, api.graph, largest)
    read = document_cache.DocumentCache(api.graphql_schema, costs, suggests_fields=settings.explorer_public)
    trusted = persisted_queries.load_manifest(settings.trusted_documents)
    admitting = admission.Admission(
        settings, read, persisted_queries.PersistedQueries(read, trusted, trusted_only=settings.trusted_only)
    )
    counts = metrics.Metrics(
        lambda: {
            "documents_kept": len(read),
            "connections": app_state.data.open_connections,
            "connections_busy": app_state.data.busy_connections,
        },
        lambda: {
            "documents_found": read.hits,
            "documents_read": read.misses,
            "rate_limited": admitting.rate_limited_count,
        },
        ErrorCode,
    )
    endpoint = GraphQLEndpoint(
        settings, app_state, api.executor, admitting, authenticator.CachingAuthenticator(token_authenticator), counts
    )
    others = OperationalRoutes(api, app_state, counts)
    routes = _RequestBoundary(_build_starlette(settings, others, auth_routes))
    if event_hub is None or api.subscriptions is None:
        return Application(endpoint, routes)
    telling = SubscriptionDelivery(api.subscriptions, app_state, event_hub)
    counts.add_sources(
        lambda: {"listeners": telling.subscription_count}, lambda: {"events_told": telling.delivered_count}
    )
    endpoint.subscription_transport = sse.SseStreams(telling)
    sockets = websocket.WebSocketServer(
        admitting,
        telling,
        endpoint.authenticate_header,
        endpoint.execute_to_body,
        settings.origins,
        endpoint.allows_anonymous_subscriptions,
    )
    return Application(endpoint, routes, sockets)


def _build_starlette(
    settings: Settings, operational_routes: "OperationalRoutes", auth_routes: Sequence[BaseRoute]
) -> Starlette:
    routes: list[BaseRoute] = [
        Route("/healthz", _check_liveness, methods=["GET"]),
        Route("/readyz", operational_routes.check_readiness, methods=["GET"]),
        Route("/metrics", operational_routes.serve_metrics, methods=["GET"]),
        *auth_routes,
    ]
    if settings.explorer_public:
        routes += [
            Route("/schema.graphql", operational_routes.serve_sdl, methods=["GET"]),
            *graphiql.build_explorer_routes(settings),
        ]
    return Starlette(routes=routes, exception_handlers={HTTPException: _http_error_response})


class Application:
    """Top-level ASGI application: dispatches GraphQL requests directly, all others through the routes."""

    def __init__(
        self, endpoint: GraphQLEndpoint, other_routes: ASGIApp, websocket_server: ASGIApp | None = None
    ) -> None:
        self.endpoint = endpoint
        self._other_routes = other_routes
        self.websocket_server = websocket_server or other_routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Dispatch a request."""
        if scope["type"] == "http" and scope["path"] == scope.get("root_path", "") + GRAPHQL_PATH:
            await self.endpoint(scope, receive, send)
        elif scope["type"] == "websocket" and scope["path"] == scope.get("root_path", "") + GRAPHQL_PATH:
            await self.websocket_server(scope, receive, send)
        else:
            await self._other_routes(scope, receive, send)


class OperationalRoutes:
    """Routes beside GraphQL with access to the schema, the database or the metrics."""

    def __init__(self, api: Api, app_state: request_context.AppState, app_metrics: metrics.Metrics) -> None:
        self._sdl = api.schema.as_str()
        self._data = app_state.data
        self._metrics = app_metrics

    async def serve_sdl(self, _request: Request) -> Response:
        """Serve the schema as text."""
        return PlainTextResponse(self._sdl, media_type="text/plain; charset=utf-8")

    async def serve_metrics(self, _request: Request) -> Response:
        """Serve the metrics."""
        return Response(self._metrics.render_metrics(), media_type=metrics.MEDIA_TYPE)

    async def check_readiness(self, request: Request) -> Response:
        """Readiness probe: 503 unless the database responds within a second."""
        try:
            async with asyncio.timeout(_READY_SECONDS):
                await self._data.fetch_without_snapshot("SELECT 1", [])
        except (database.DatabaseUnavailable, TimeoutError):
            return _error_json_response(ErrorCode.UNAVAILABLE, "The database does not answer.", request, _RETRY)
        return JSONResponse({"status": "ready"})


async def _check_liveness(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})


def _http_error_response(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    code = _CODE_BY_STATUS.get(error.status_code, ErrorCode.BAD_REQUEST)
    return _error_json_response(code, f"{error.detail}.", request, error.headers or {})


def _error_json_response(code: ErrorCode, message: str, request: Request, headers: Mapping[str, str]) -> Response:
    body = http_response.build_result_body(
        None,
        [error_format.format_rejection(RequestRejected(code, message), request.scope["kinerja.request_id"])],
        b"",
    )
    return Response(body, STATUS_BY_CODE[code], dict(headers), "application/json")


class _RequestBoundary:
    """Middleware around the routes: request ids, log context, masked internal errors.

    Each request gets an id; an internal error is logged and masked.
    """

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        request_id = scope["kinerja.request_id"] = http_request.choose_request_id(
            Headers(scope=scope).get("x-request-id")
        )
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
            except Exception as error:  # last handler: no internal detail may reach a client
                _log.exception("request_failed", exc_info=error)
                if started:
                    raise
                answer = _error_json_response(ErrorCode.INTERNAL, error_format.MASKED_MESSAGE, Request(scope), {})
                await answer(scope, receive, send_with_id)
