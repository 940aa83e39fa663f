"""The HTTP application: GraphQL, health, the schema's text and one page to try it with."""

import asyncio
import importlib.resources
import json
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog
from graphql import GraphQLError, GraphQLSyntaxError, OperationType
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from strawberry.schema.base import BaseSchema
from strawberry.types.execution import PreExecutionError

from domain.actor import Actor
from domain.refusals import NotSignedIn
from kinerja import clock, context, database, errors, protocol, tokens
from kinerja.protocol import Code, Rejected
from kinerja.settings import Profile, Settings

_BODY_SECONDS: Final = 5.0
_READY_SECONDS: Final = 1.0
_CHALLENGE: Final = {"www-authenticate": "Bearer"}
_RETRY: Final = {"retry-after": "1"}
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_PAGE_HEADERS: Final = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}
_CODES_OF_STATUS: Final = {status: code for code, status in protocol.STATUS.items()}

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a GraphQL operation came to: the parts of its response and its HTTP status."""

    body: dict[str, Any]
    status: int
    statements: int


def app(settings: Settings, schema: BaseSchema, means: context.Means, reader: tokens.Reader) -> Starlette:
    """The ASGI application over an open database; what it is given outlives it."""
    endpoint = Endpoint(settings, schema, means, reader)
    routes = [
        Route("/graphql", endpoint.graphql, methods=["GET", "POST"]),
        Route("/healthz", _healthy, methods=["GET"]),
        Route("/readyz", endpoint.ready, methods=["GET"]),
    ]
    if settings.explores:
        routes += [
            Route("/", _page, methods=["GET"]),
            Route("/schema.graphql", endpoint.sdl, methods=["GET"]),
        ]
    static = Mount("/static", StaticFiles(packages=[("kinerja", "static")]))
    return Starlette(
        routes=[*routes, static] if settings.explores else routes,
        middleware=[Middleware(_Guarded)],
        exception_handlers={HTTPException: _http_error, Rejected: _rejection},
    )


class Endpoint:
    """The routes that need the schema or the database."""

    def __init__(self, settings: Settings, schema: BaseSchema, means: context.Means, reader: tokens.Reader) -> None:
        self._settings = settings
        self._schema = schema
        self._means = means
        self._reader = reader
        self._sdl = schema.as_str()

    async def sdl(self, _request: Request) -> Response:
        """The schema as text."""
        return PlainTextResponse(self._sdl, media_type="text/plain; charset=utf-8")

    async def ready(self, request: Request) -> Response:
        """Whether the database answers within a second."""
        try:
            async with asyncio.timeout(_READY_SECONDS):
                await self._means.data.read_once("SELECT 1", [])
        except (database.Unavailable, TimeoutError):
            return _rejection(request, Rejected(Code.UNAVAILABLE, "The database does not answer.", _RETRY))
        return JSONResponse({"status": "ready"})

    async def graphql(self, request: Request) -> Response:
        """One GraphQL operation, or the page for a browser that opens the address."""
        if request.method == "GET" and "query" not in request.query_params:
            if self._settings.explores and "text/html" in request.headers.get("accept", ""):
                return await _page(request)
            raise Rejected(Code.BAD_REQUEST, "There is no `query`.")
        media = protocol.media_type(request.headers.get("accept"))
        if request.method == "GET":
            asked = protocol.from_query_string(request.query_params)
        else:
            asked = protocol.from_body(await _body(request), request.headers.get("content-type"))
        actor = self._actor(request)
        try:
            answer = await self._answer(asked, actor, request)
        except GraphQLSyntaxError as error:
            answer = Answer({"errors": [errors.shown(error, _id(request), document=True)]}, 400, 0)
        # The draft keeps 400 for errors in the document to the media type that is GraphQL's own.
        status = 200 if answer.status == 400 and media == protocol.PLAIN_JSON else answer.status
        headers = dict(_RETRY) if status == 503 else {}
        if self._settings.profile is not Profile.PRODUCTION:
            headers["x-db-queries"] = str(answer.statements)
        content = json.dumps(answer.body, ensure_ascii=False, separators=(",", ":")).encode()
        return Response(content, status, headers, f"{media}; charset=utf-8")

    def _actor(self, request: Request) -> Actor | None:
        given = request.headers.get("authorization")
        if given is None:
            return None
        scheme, _, token = given.partition(" ")
        if scheme.lower() != "bearer":
            raise Rejected(Code.NOT_SIGNED_IN, "Send `Authorization: Bearer …`.", _CHALLENGE)
        try:
            return self._reader.read(token.strip(), clock.now())
        except NotSignedIn as error:
            raise Rejected(Code.NOT_SIGNED_IN, error.message, _CHALLENGE) from error

    async def _answer(self, asked: protocol.Asked, actor: Actor | None, request: Request) -> Answer:
        kind = protocol.kind(asked)
        if kind is not OperationType.QUERY and request.method == "GET":
            raise Rejected(Code.METHOD_NOT_ALLOWED, "Send it by POST; GET is for queries.", {"allow": "POST"})
        if kind is OperationType.SUBSCRIPTION:
            raise Rejected(Code.BAD_REQUEST, "Subscriptions are not served here.")
        if protocol.operations(asked.query).introspects and not self._settings.explores:
            raise Rejected(Code.BAD_REQUEST, "Introspection is off.")
        try:
            async with context.opened(self._means, actor, clock.now()) as asking:
                result = await self._schema.execute(
                    asked.query,
                    variable_values=asked.variables,
                    context_value=asking,
                    operation_name=asked.operation_name,
                )
                return _answered(result, asking.statements, _id(request))
        except database.Unavailable as error:
            raise Rejected(Code.UNAVAILABLE, "The database is away; try again.", _RETRY) from error


def _answered(result: Any, statements: int, request_id: str) -> Answer:
    given: Sequence[GraphQLError] = result.errors or ()
    before = isinstance(result, PreExecutionError)
    shown = [errors.shown(error, request_id, document=before) for error in given]
    body: dict[str, Any] = {"errors": shown} if shown else {}
    never_ran = before or (result.data is None and any(error.path is None for error in given))
    if not never_ran:
        body["data"] = result.data
    if any(error["extensions"]["code"] == Code.UNAVAILABLE for error in shown):
        return Answer(body, 503, statements)
    return Answer(body, 400 if never_ran else 200, statements)


async def _body(request: Request) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > protocol.MOST_BYTES:
        raise Rejected(Code.TOO_LARGE, f"The body is larger than {protocol.MOST_BYTES} bytes.")
    parts = bytearray()
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            async for part in request.stream():
                parts += part
                if len(parts) > protocol.MOST_BYTES:
                    raise Rejected(Code.TOO_LARGE, f"The body is larger than {protocol.MOST_BYTES} bytes.")
    except TimeoutError:
        raise Rejected(Code.TIMEOUT, "The body did not come in time.") from None
    return bytes(parts)


async def _healthy(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _page(_request: Request) -> Response:
    page = importlib.resources.files("kinerja") / "static" / "explorer.html"
    return Response(page.read_bytes(), headers=_PAGE_HEADERS, media_type="text/html; charset=utf-8")


def _id(request: Request) -> str:
    found: str = request.scope["kinerja.request_id"]
    return found


def _rejection(request: Request, error: Exception) -> Response:
    if not isinstance(error, Rejected):
        raise error
    return _refused(error.code, error.message, _id(request), error.headers)


def _http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    code = _CODES_OF_STATUS.get(error.status_code, Code.BAD_REQUEST)
    return _refused(code, f"{error.detail}.", _id(request), error.headers or {})


def _refused(code: Code, message: str, request_id: str, headers: Mapping[str, str]) -> Response:
    shown = {"message": message, "extensions": {"code": code, "requestId": request_id}}
    return JSONResponse({"errors": [shown]}, protocol.STATUS[code], dict(headers))


class _Guarded:
    """Outermost: gives each request an id, logs it, and lets no failure of ours out."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        request_id = scope["kinerja.request_id"] = _request_id(scope)
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
                answer = _refused(Code.INTERNAL, errors.MASKED, request_id, {})
                await answer(scope, receive, send_with_id)


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            given: str = value.decode("latin-1")
            return given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
    return uuid.uuid4().hex
