"""`/auth/token`, `/auth/refresh` and `/auth/revoke`: JSON in, JSON out, errors as everywhere."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Final, TypeVar

import pydantic
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from domain.account import rules
from domain.actor import Role
from kinerja import calls, database, errors, protocol, rate
from kinerja.accounts import passwords, sessions
from kinerja.accounts.sessions import Asked, Sessions, Tokens
from kinerja.protocol import Code, Rejected

_BODY_SECONDS: Final = 5.0
_NOT_BELIEVED: Final = "The name or the password is wrong, or the account cannot sign in now."
_SPENT: Final = "The refresh token is invalid or has expired; sign in again."
_NO_STORE: Final = {"cache-control": "no-store"}  # RFC 6749, 5.1
_PREFLIGHT: Final = {
    "access-control-allow-methods": "POST",
    "access-control-allow-headers": "content-type, x-request-id",
    "access-control-max-age": "600",
}

Answering = Callable[[Mapping[str, Any], str], Awaitable[Response]]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _SignIn(_Body):
    login: Annotated[str, Field(max_length=64)]
    password: Annotated[str, Field(max_length=1024)]
    role: Annotated[Role | None, Field(strict=False)] = None
    unit: Annotated[str | None, Field(max_length=64)] = None


class _Refresh(_Body):
    refresh_token: Annotated[str, Field(max_length=256)]


class _Revoke(_Refresh):
    everywhere: bool = False


Read = TypeVar("Read", bound=_Body)


class Routes:
    """Answers the three addresses.

    Args:
        doing: what signs in and out.
        per_minute: how many requests an address may send in a minute; 0 counts nothing.
        origins: origins of web pages elsewhere that may ask.
    """

    def __init__(self, doing: Sessions, per_minute: int, origins: frozenset[str]) -> None:
        self._sessions = doing
        self._rate = rate.Rate(per_minute)
        self._origins = origins

    def routes(self) -> list[Route]:
        """The routes, for a Starlette application that names its requests in `kinerja.request_id`."""
        made = (("token", self._token), ("refresh", self._refresh), ("revoke", self._revoke))
        return [Route(f"/auth/{name}", self._over(answer), methods=["POST", "OPTIONS"]) for name, answer in made]

    def _over(self, answer: Answering) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            call = calls.read(request.scope)
            named = request.scope["kinerja.request_id"]
            if request.method == "OPTIONS":
                return Response(status_code=204, headers={**self._cors(call.origin), **_PREFLIGHT})
            try:
                self._spend(call.peer)
                body = await self._body(call, request)
                response = await answer(body, f"{named} {call.peer or ''}".strip())
            except Rejected as rejected:
                response = _refused(rejected, named)
            except database.Unavailable:
                response = _refused(Rejected(Code.UNAVAILABLE, errors.AWAY, {"retry-after": "1"}), named)
            response.headers.update({**_NO_STORE, **self._cors(call.origin)})
            return response

        return endpoint

    def _spend(self, peer: str | None) -> None:
        wait = self._rate.spend(rate.peer(peer), 1).wait
        if wait:
            message = "Too many attempts from this address; wait a little."
            raise Rejected(Code.RATE_LIMITED, message, {"retry-after": str(wait)})

    async def _body(self, call: calls.Call, request: Request) -> Mapping[str, Any]:
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                value = protocol.object_of(await calls.body(call, request.receive), call.content_type)
        except TimeoutError:
            raise Rejected(Code.TIMEOUT, "The body did not come in time.") from None
        except calls.Gone:
            raise Rejected(Code.BAD_REQUEST, "The body did not come.") from None
        return value

    def _cors(self, origin: str | None) -> Mapping[str, str]:
        if origin is None or origin not in self._origins:
            return {}
        return {
            "access-control-allow-origin": origin,
            "access-control-expose-headers": "x-request-id, retry-after",
            "vary": "origin",
        }

    async def _token(self, body: Mapping[str, Any], origin: str) -> Response:
        asked = _read(_SignIn, body)
        try:
            done = await self._sessions.sign_in(Asked(asked.login, asked.password, asked.role, asked.unit), origin)
        except sessions.NotBelieved:
            raise Rejected(Code.NOT_SIGNED_IN, _NOT_BELIEVED) from None
        except sessions.Choose as choose:
            raise _choice(choose) from None
        except passwords.Busy:
            message = "Too many sign in at this moment; try again."
            raise Rejected(Code.RATE_LIMITED, message, {"retry-after": "2"}) from None
        return _answer(done)

    async def _refresh(self, body: Mapping[str, Any], origin: str) -> Response:
        try:
            return _answer(await self._sessions.refresh(_read(_Refresh, body).refresh_token, origin))
        except sessions.NotBelieved:
            raise Rejected(Code.NOT_SIGNED_IN, _SPENT) from None

    async def _revoke(self, body: Mapping[str, Any], origin: str) -> Response:
        asked = _read(_Revoke, body)
        await self._sessions.sign_out(asked.refresh_token, origin, everywhere=asked.everywhere)
        return Response(status_code=204)


def _answer(done: Tokens) -> Response:
    """A pair of tokens under the names of RFC 6749, 5.1, and the role that they are for."""
    return JSONResponse(
        {
            "access_token": done.access,
            "token_type": "Bearer",
            "expires_in": int(rules.ACCESS_LIFETIME.total_seconds()),
            "refresh_token": done.refresh,
            "role": done.signed.actor.role,
        }
    )


def _choice(choose: sessions.Choose) -> Rejected:
    roles = [f"{each.role} of {each.unit_code}" if each.unit_code else str(each.role) for each in choose.held]
    held = ", ".join(dict.fromkeys(roles))
    return Rejected(Code.INVALID_INPUT, f"Choose one of your roles with `role`, and `unit` if it has one: {held}.")


def _read(kind: type[Read], body: Mapping[str, Any]) -> Read:
    try:
        return kind.model_validate(body)
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(map(str, first["loc"])) or "body"
        raise Rejected(Code.INVALID_INPUT, f"`{name}`: {first['msg']}.") from None


def _refused(rejected: Rejected, request_id: str) -> Response:
    body = {"errors": [errors.rejected(rejected, request_id)]}
    return JSONResponse(body, rejected.status, rejected.headers)
