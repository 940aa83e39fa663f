"""`/graphql` over HTTP: from the bytes of a request to the bytes of its answer, with as little between as can be."""

import asyncio
import time
from collections.abc import Sequence
from typing import Final, Protocol

import structlog
from graphql import GraphQLError, OperationType
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from domain.refusals import NotSignedIn
from kinerja import calls, clock, context, database, errors, pages, protocol, replies, tokens, watch
from kinerja.api import Answering
from kinerja.calls import Call
from kinerja.documents import Invalid
from kinerja.guards import Admitted, Guards
from kinerja.live import sse
from kinerja.metrics import Metrics
from kinerja.protocol import Code, Rejected
from kinerja.replies import Reply
from kinerja.settings import Profile, Settings
from kinerja.tokens import SignedIn

_BODY_SECONDS: Final = 5.0
_METHODS: Final = "GET, POST"
_CHALLENGE: Final = {"www-authenticate": "Bearer"}
_RETRY: Final = {"retry-after": "1"}
_PREFLIGHT_SECONDS: Final = b"600"

_log = structlog.get_logger()


class Streaming(Protocol):
    """Whoever answers subscriptions over HTTP, to clients that accept `text/event-stream`."""

    async def __call__(
        self,
        call: Call,
        admitted: Admitted,
        signed: SignedIn | None,
        headers: Sequence[tuple[bytes, bytes]],
        receive: Receive,
        send: Send,
    ) -> None:
        """Answer until the events end or the client goes."""
        ...


class Endpoint:
    """Answers GraphQL requests; an ASGI application for one address.

    Args:
        settings: what is set.
        means: the way to the database.
        answers: who answers what was let in.
        guards: who lets in.
        reader: who knows tokens.
        metrics: where it is counted.
    """

    def __init__(
        self,
        settings: Settings,
        means: context.Means,
        answers: Answering,
        guards: Guards,
        reader: tokens.Reader,
        metrics: Metrics,
    ) -> None:
        self.streaming: Streaming | None = None
        self.anonymous_listen = settings.profile is not Profile.PRODUCTION
        """Whether somebody may subscribe without a token."""
        self._means = means
        self._answers = answers
        self._guards = guards
        self._reader = reader
        self._metrics = metrics
        self._origins = settings.origins
        self._explores = settings.explores_openly
        self._telling = settings.profile is not Profile.PRODUCTION
        self._seconds = settings.deadline_ms / 1000
        self._watch = watch.Watch()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever goes wrong within is answered too."""
        began = time.perf_counter()
        call = calls.read(scope)
        media = protocol.PLAIN_JSON
        try:
            if call.method not in {"GET", "POST"}:
                await self._other_method(call, send)
                return
            if call.method == "GET" and await self._page(call, receive, send):
                return
            media = protocol.media_type(call.accept)
            reply = await self._answered(call, receive, send)
        except (calls.Gone, watch.Ended) as end:
            reply = _gone_or_late(call, end)
        except Rejected as rejected:
            reply = _refused(call, rejected)
        except Invalid as invalid:
            reply = _invalid(call, invalid.errors)
        except database.Unavailable:
            reply = _refused(call, Rejected(Code.UNAVAILABLE, errors.AWAY, _RETRY))
        except Exception as error:  # noqa: BLE001 - the wall behind which nothing internal may show
            _log.exception("request_failed", exc_info=error, request=call.request_id)
            reply = _refused(call, Rejected(Code.INTERNAL, errors.MASKED))
        if reply is None:
            return
        await self._send(call, reply, media, send)
        self._metrics.count(reply.kind, reply.status, reply.code, time.perf_counter() - began)

    async def _send(self, call: Call, reply: Reply, media: str, send: Send) -> None:
        # The draft keeps 400 for errors in the document to the media type that is GraphQL's own.
        if reply.status == 400 and reply.code not in protocol.STATUS and media != protocol.RESPONSE_JSON:
            reply.status = 200
        if media != protocol.EVENT_STREAM:
            await replies.send(call, reply, media, self._cors(call), send)
        elif reply.status == 200:
            await sse.single(call, reply.body, self._cors(call), send)
        else:
            await replies.send(call, reply, protocol.PLAIN_JSON, self._cors(call), send)

    async def _answered(self, call: Call, receive: Receive, send: Send) -> Reply | None:
        with self._watch.over(receive, _BODY_SECONDS) as running:
            asked = await calls.asked(call, receive)
            running.whole = True
            running.until = running.began + self._seconds
            signed = self.signed(call.authorization)
            actor = signed.actor if signed else None
            admitted = self._guards.admit(asked, actor, call.peer)
            if admitted.kind is OperationType.SUBSCRIPTION:
                pass
            elif admitted.kind is OperationType.MUTATION and call.method == "GET":
                raise Rejected(Code.METHOD_NOT_ALLOWED, "Send it by POST; GET is for queries.", {"allow": "POST"})
            else:
                return await self._run(call, admitted, signed)
        if self.streaming is None:
            raise Rejected(Code.BAD_REQUEST, "Subscriptions are not served here.")
        if signed is None and not self.anonymous_listen:
            raise Rejected(Code.NOT_SIGNED_IN, "Subscribing needs a token.", _CHALLENGE)
        if not protocol.streams(call.accept):
            message = f"Subscribe over a WebSocket, or here and accept {protocol.EVENT_STREAM}."
            raise Rejected(Code.NOT_ACCEPTABLE, message)
        await self.streaming(call, admitted, signed, self._cors(call), receive, send)
        return None

    async def body(self, call: Call, admitted: Admitted, signed: SignedIn | None) -> bytes:
        """The body of the response to a query or a mutation that came another way.

        Raises:
            Rejected: it took too long.
        """
        try:
            async with asyncio.timeout(self._seconds):
                return (await self._run(call, admitted, signed)).body
        except TimeoutError:
            raise Rejected(Code.TIMEOUT, "It took too long; ask for less.") from None

    def signed(self, authorization: str | None) -> SignedIn | None:
        """Who asks, from the value of an `Authorization` header; None where there is none.

        Raises:
            Rejected: it is no token that is to be believed.
        """
        if authorization is None:
            return None
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise Rejected(Code.NOT_SIGNED_IN, "Send `Authorization: Bearer …`.", _CHALLENGE)
        try:
            return self._reader.read(token.strip(), clock.now())
        except NotSignedIn as error:
            raise Rejected(Code.NOT_SIGNED_IN, error.message, _CHALLENGE) from error

    async def _run(self, call: Call, admitted: Admitted, signed: SignedIn | None) -> Reply:
        actor = signed.actor if signed else None
        asking = await context.open_(self._means, actor, clock.now(), call.whence)
        try:
            answer = await self._answers.answer(admitted.operation, admitted.variables, asking)
        finally:
            await asking.close()
        await asking.tell(admitted.operation.name, admitted.sha256)
        self._metrics.count_execution(planned=answer.planned)
        headers = {}
        if self._telling:
            headers = {"x-db-queries": str(asking.statements), "x-planned": "yes" if answer.planned else "no"}
        status, shown, code = 200 if answer.data is not None else 400, [], "OK"
        if answer.errors:
            shown = [errors.shown(each, call.request_id, document=False) for each in answer.errors]
            codes = [each["extensions"]["code"] for each in shown]
            code = codes[0]
            if Code.UNAVAILABLE in codes:
                status = 503
                headers |= _RETRY
        body = replies.result(answer.data, shown, self._cost(admitted))
        return Reply(status, body, headers, code, admitted.kind.value)

    def _cost(self, admitted: Admitted) -> bytes:
        left = b"null" if admitted.left is None else b"%d" % admitted.left
        return b'{"cost":{"requested":%d,"maximum":%d,"remaining":%b}}' % (admitted.cost, self._guards.most, left)

    async def _page(self, call: Call, receive: Receive, send: Send) -> bool:
        """Answer a browser that opens the address, and tell whether it was one."""
        if call.scope["query_string"] or not self._explores or "text/html" not in (call.accept or ""):
            return False
        page = await pages.page(Request(call.scope, receive))
        page.headers["x-request-id"] = call.request_id
        page.headers["x-content-type-options"] = "nosniff"
        await page(call.scope, receive, send)
        return True

    async def _other_method(self, call: Call, send: Send) -> None:
        headers = [(b"x-request-id", call.request_id.encode()), *self._cors(call)]
        if call.method == "OPTIONS" and call.origin in self._origins:
            headers += [
                (b"access-control-allow-methods", _METHODS.encode()),
                (b"access-control-allow-headers", b"authorization, content-type, x-request-id"),
                (b"access-control-max-age", _PREFLIGHT_SECONDS),
            ]
            await send({"type": "http.response.start", "status": 204, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        rejected = Rejected(Code.METHOD_NOT_ALLOWED, "Send it by POST, or a query by GET.", {"allow": _METHODS})
        await replies.send(call, _refused(call, rejected), protocol.PLAIN_JSON, self._cors(call), send)

    def _cors(self, call: Call) -> Sequence[tuple[bytes, bytes]]:
        if call.origin is None or call.origin not in self._origins:
            return ()
        return (
            (b"access-control-allow-origin", call.origin.encode()),
            (b"access-control-expose-headers", replies.EXPOSED),
        )


def _gone_or_late(call: Call, end: calls.Gone | watch.Ended) -> Reply | None:
    if isinstance(end, calls.Gone) or end.reason is watch.Reason.GONE:
        return None
    if end.reason is watch.Reason.SLOW:
        return _refused(call, Rejected(Code.TIMEOUT, "The body did not come in time."))
    return _refused(call, Rejected(Code.TIMEOUT, "It took too long; ask for less.", _RETRY, status=503))


def _refused(call: Call, rejected: Rejected) -> Reply:
    body = replies.result(None, [errors.rejected(rejected, call.request_id)], b"")
    return Reply(rejected.status, body, rejected.headers, rejected.code)


def _invalid(call: Call, found: Sequence[GraphQLError]) -> Reply:
    shown = [errors.shown(each, call.request_id, document=True) for each in found]
    return Reply(400, replies.result(None, shown, b""), {}, shown[0]["extensions"]["code"])
