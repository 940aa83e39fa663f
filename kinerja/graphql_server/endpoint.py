"""The `/graphql` HTTP endpoint, from request bytes to response bytes.

An ASGI application with as few layers between as possible.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Final, Protocol

import structlog
from graphql import GraphQLError, OperationType
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from domain.refusals import NotSignedIn
from kinerja import business_date
from kinerja.auth import authenticator
from kinerja.auth.authenticator import Authenticated
from kinerja.graphql_server import graphiql, request_context
from kinerja.graphql_server.admission import Admission, AdmittedOperation
from kinerja.graphql_server.api import OperationExecutor
from kinerja.graphql_server.subscriptions import sse
from kinerja.observability.metrics import Metrics
from kinerja.postgres import database
from kinerja.settings import Profile, Settings
from kinerja.web import deadline, error_format, graphql_protocol, http_request, http_response
from kinerja.web.graphql_protocol import ErrorCode, InvalidDocument, RequestRejected
from kinerja.web.http_request import HttpRequest
from kinerja.web.http_response import HttpResponse

_BODY_SECONDS: Final = 5.0
_METHODS: Final = "GET, POST"
_CHALLENGE: Final = {"www-authenticate": "Bearer"}
_RETRY: Final = {"retry-after": "1"}
_PREFLIGHT_SECONDS: Final = b"600"

_log = structlog.get_logger()


class SubscriptionTransport(Protocol):
    """Serves subscriptions over HTTP, to clients accepting `text/event-stream`."""

    async def __call__(
        self,
        call: HttpRequest,
        admitted: AdmittedOperation,
        authenticated: Authenticated | None,
        headers: Sequence[tuple[bytes, bytes]],
        receive: Receive,
        send: Send,
    ) -> None:
        """Stream results until the events end or the client disconnects."""
        ...


class GraphQLEndpoint:
    """Serves GraphQL requests; an ASGI application for one address.

    Args:
        settings: the settings.
        app_state: shared state, with the database.
        executor: executes admitted operations.
        admission: admits or rejects operations.
        authenticator: verifies tokens.
        metrics: counts requests.
    """

    def __init__(
        self,
        settings: Settings,
        app_state: request_context.AppState,
        executor: OperationExecutor,
        admission: Admission,
        authenticator: authenticator.Authenticator,
        metrics: Metrics,
    ) -> None:
        self.subscription_transport: SubscriptionTransport | None = None
        self.allows_anonymous_subscriptions = settings.profile is not Profile.PRODUCTION
        """True if subscriptions are allowed without a token."""
        self._app_state = app_state
        self._executor = executor
        self._admission = admission
        self._authenticator = authenticator
        self._metrics = metrics
        self._origins = settings.origins
        self._explorer_enabled = settings.explorer_public
        self._sends_debug_headers = settings.profile is not Profile.PRODUCTION
        self._deadline_seconds = settings.deadline_ms / 1000
        self._watchdog = deadline.DeadlineWatchdog()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; every failure gets a response too."""
        began = time.perf_counter()
        call = http_request.parse_request_head(scope)
        media = graphql_protocol.PLAIN_JSON
        try:
            if call.method not in {"GET", "POST"}:
                await self._respond_to_other_method(call, send)
                return
            if call.method == "GET" and await self._serve_explorer(call, receive, send):
                return
            media = graphql_protocol.choose_media_type(call.accept)
            reply = await self._respond(call, receive, send)
        except (http_request.ClientDisconnected, deadline.RequestEnded) as end:
            reply = _response_after_end(call, end)
        except RequestRejected as rejected:
            reply = _rejection_response(call, rejected)
        except InvalidDocument as invalid:
            reply = _invalid_document_response(call, invalid.errors)
        except database.DatabaseUnavailable:
            reply = _rejection_response(
                call, RequestRejected(ErrorCode.UNAVAILABLE, error_format.UNAVAILABLE_MESSAGE, _RETRY)
            )
        except Exception as error:  # noqa: BLE001 - last handler: internal errors are masked
            _log.exception("request_failed", exc_info=error, request=call.request_id)
            reply = _rejection_response(call, RequestRejected(ErrorCode.INTERNAL, error_format.MASKED_MESSAGE))
        if reply is None:
            return
        await self._send_in_media_type(call, reply, media, send)
        self._metrics.count_request(reply.kind, reply.status, reply.code, time.perf_counter() - began)

    async def _send_in_media_type(self, call: HttpRequest, reply: HttpResponse, media: str, send: Send) -> None:
        # The draft reserves 400 for document errors to GraphQL's own media type.
        if (
            reply.status == 400
            and reply.code not in graphql_protocol.STATUS_BY_CODE
            and media != graphql_protocol.RESPONSE_JSON
        ):
            reply.status = 200
        if media != graphql_protocol.EVENT_STREAM:
            await http_response.send_response(call, reply, media, self._cors_header_pairs(call), send)
        elif reply.status == 200:
            await sse.send_single_result(call, reply.body, self._cors_header_pairs(call), send)
        else:
            await http_response.send_response(
                call, reply, graphql_protocol.PLAIN_JSON, self._cors_header_pairs(call), send
            )

    async def _respond(self, call: HttpRequest, receive: Receive, send: Send) -> HttpResponse | None:
        with self._watchdog.supervise(receive, _BODY_SECONDS) as running:
            asked = await http_request.read_graphql_request(call, receive)
            running.body_received = True
            running.deadline = running.started_at + self._deadline_seconds
            signed = self.authenticate_header(call.authorization)
            actor = signed.actor if signed else None
            admitted = self._admission.admit(asked, actor, call.peer)
            if admitted.kind is OperationType.SUBSCRIPTION:
                pass
            elif admitted.kind is OperationType.MUTATION and call.method == "GET":
                raise RequestRejected(
                    ErrorCode.METHOD_NOT_ALLOWED, "Send it by POST; GET is for queries.", {"allow": "POST"}
                )
            else:
                return await self._execute_operation(call, admitted, signed)
        if self.subscription_transport is None:
            raise RequestRejected(ErrorCode.BAD_REQUEST, "Subscriptions are not served here.")
        if signed is None and not self.allows_anonymous_subscriptions:
            raise RequestRejected(ErrorCode.NOT_SIGNED_IN, "Subscribing needs a token.", _CHALLENGE)
        if not graphql_protocol.accepts_event_stream(call.accept):
            message = f"Subscribe over a WebSocket, or here and accept {graphql_protocol.EVENT_STREAM}."
            raise RequestRejected(ErrorCode.NOT_ACCEPTABLE, message)
        await self.subscription_transport(call, admitted, signed, self._cors_header_pairs(call), receive, send)
        return None

    async def execute_to_body(
        self, call: HttpRequest, admitted: AdmittedOperation, authenticated: Authenticated | None
    ) -> bytes:
        """Execute a query or mutation from another transport; the body of its response.

        Raises:
            RequestRejected: the deadline passed.
        """
        try:
            async with asyncio.timeout(self._deadline_seconds):
                return (await self._execute_operation(call, admitted, authenticated)).body
        except TimeoutError:
            raise RequestRejected(ErrorCode.TIMEOUT, "It took too long; ask for less.") from None

    def authenticate_header(self, authorization: str | None) -> Authenticated | None:
        """Authenticate an `Authorization` header; None without a header.

        Raises:
            RequestRejected: the token is invalid.
        """
        if authorization is None:
            return None
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise RequestRejected(ErrorCode.NOT_SIGNED_IN, "Send `Authorization: Bearer …`.", _CHALLENGE)
        try:
            return self._authenticator.authenticate(token.strip(), business_date.utc_now())
        except NotSignedIn as error:
            raise RequestRejected(ErrorCode.NOT_SIGNED_IN, error.message, _CHALLENGE) from error

    async def _execute_operation(
        self, call: HttpRequest, admitted: AdmittedOperation, authenticated: Authenticated | None
    ) -> HttpResponse:
        actor = authenticated.actor if authenticated else None
        asking = await request_context.create_request_context(
            self._app_state, actor, business_date.utc_now(), call.audit_origin
        )
        try:
            answer = await self._executor.execute(admitted.operation, admitted.variables, asking)
        finally:
            await asking.close()
        await asking.log_access(admitted.operation.name, admitted.sha256)
        self._metrics.count_execution(planned=answer.planned)
        headers = {}
        if self._sends_debug_headers:
            headers = {"x-db-queries": str(asking.statement_count), "x-planned": "yes" if answer.planned else "no"}
        status, shown, code = 200 if answer.data is not None else 400, [], "OK"
        if answer.errors:
            shown = [
                error_format.format_graphql_error(each, call.request_id, document=False) for each in answer.errors
            ]
            codes = [each["extensions"]["code"] for each in shown]
            code = codes[0]
            if ErrorCode.UNAVAILABLE in codes:
                status = 503
                headers |= _RETRY
        body = http_response.build_result_body(answer.data, shown, self._cost_extension(admitted))
        return HttpResponse(status, body, headers, code, admitted.kind.value)

    def _cost_extension(self, admitted: AdmittedOperation) -> bytes:
        left = b"null" if admitted.remaining is None else b"%d" % admitted.remaining
        return b'{"cost":{"requested":%d,"maximum":%d,"remaining":%b}}' % (
            admitted.cost,
            self._admission.max_cost,
            left,
        )

    async def _serve_explorer(self, call: HttpRequest, receive: Receive, send: Send) -> bool:
        """Serve the explorer page to a browser; false for any other client."""
        if call.scope["query_string"] or not self._explorer_enabled or "text/html" not in (call.accept or ""):
            return False
        page = await graphiql.serve_explorer_page(Request(call.scope, receive))
        page.headers["x-request-id"] = call.request_id
        page.headers["x-content-type-options"] = "nosniff"
        await page(call.scope, receive, send)
        return True

    async def _respond_to_other_method(self, call: HttpRequest, send: Send) -> None:
        headers = [(b"x-request-id", call.request_id.encode()), *self._cors_header_pairs(call)]
        if call.method == "OPTIONS" and call.origin in self._origins:
            headers += [
                (b"access-control-allow-methods", _METHODS.encode()),
                (b"access-control-allow-headers", b"authorization, content-type, x-request-id"),
                (b"access-control-max-age", _PREFLIGHT_SECONDS),
            ]
            await send({"type": "http.response.start", "status": 204, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        rejected = RequestRejected(
            ErrorCode.METHOD_NOT_ALLOWED, "Send it by POST, or a query by GET.", {"allow": _METHODS}
        )
        await http_response.send_response(
            call,
            _rejection_response(call, rejected),
            graphql_protocol.PLAIN_JSON,
            self._cors_header_pairs(call),
            send,
        )

    def _cors_header_pairs(self, call: HttpRequest) -> Sequence[tuple[bytes, bytes]]:
        if call.origin is None or call.origin not in self._origins:
            return ()
        return (
            (b"access-control-allow-origin", call.origin.encode()),
            (b"access-control-expose-headers", http_response.EXPOSED_HEADERS),
        )


def _response_after_end(
    call: HttpRequest, end: http_request.ClientDisconnected | deadline.RequestEnded
) -> HttpResponse | None:
    if isinstance(end, http_request.ClientDisconnected) or end.reason is deadline.EndReason.GONE:
        return None
    if end.reason is deadline.EndReason.SLOW:
        return _rejection_response(call, RequestRejected(ErrorCode.TIMEOUT, "The body did not come in time."))
    return _rejection_response(
        call, RequestRejected(ErrorCode.TIMEOUT, "It took too long; ask for less.", _RETRY, status=503)
    )


def _rejection_response(call: HttpRequest, rejected: RequestRejected) -> HttpResponse:
    body = http_response.build_result_body(None, [error_format.format_rejection(rejected, call.request_id)], b"")
    return HttpResponse(rejected.status, body, rejected.headers, rejected.code)


def _invalid_document_response(call: HttpRequest, document_errors: Sequence[GraphQLError]) -> HttpResponse:
    shown = [error_format.format_graphql_error(each, call.request_id, document=True) for each in document_errors]
    return HttpResponse(400, http_response.build_result_body(None, shown, b""), {}, shown[0]["extensions"]["code"])
