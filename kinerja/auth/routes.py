"""HTTP routes `/auth/token`, `/auth/refresh` and `/auth/revoke`: JSON in, JSON out.

Errors have the format of all other routes.
"""

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
from kinerja.auth import login_service, password_hasher
from kinerja.auth.login_service import LoginService, SignInRequest, TokenPair
from kinerja.postgres import database
from kinerja.web import error_format, graphql_protocol, http_request, rate_limiter
from kinerja.web.graphql_protocol import ErrorCode, RequestRejected

_BODY_SECONDS: Final = 5.0
_INVALID_CREDENTIALS_MESSAGE: Final = "The name or the password is wrong, or the account cannot sign in now."
_INVALID_REFRESH_MESSAGE: Final = "The refresh token is invalid or has expired; sign in again."
_NO_STORE: Final = {"cache-control": "no-store"}  # RFC 6749, 5.1
_PREFLIGHT_HEADERS: Final = {
    "access-control-allow-methods": "POST",
    "access-control-allow-headers": "content-type, x-request-id",
    "access-control-max-age": "600",
}

RouteHandler = Callable[[Mapping[str, Any], str], Awaitable[Response]]


class _RequestBody(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _TokenRequest(_RequestBody):
    login: Annotated[str, Field(max_length=64)]
    password: Annotated[str, Field(max_length=1024)]
    role: Annotated[Role | None, Field(strict=False)] = None
    unit: Annotated[str | None, Field(max_length=64)] = None


class _RefreshRequest(_RequestBody):
    refresh_token: Annotated[str, Field(max_length=256)]


class _RevokeRequest(_RefreshRequest):
    everywhere: bool = False


BodyType = TypeVar("BodyType", bound=_RequestBody)


class AuthRoutes:
    """Handlers of the three `/auth` routes, with a rate limit by address.

    Args:
        login_service: signs in and out.
        per_minute: rate limit in requests per minute and address; 0 means no limit.
        origins: allowed origins of web pages elsewhere (CORS).
    """

    def __init__(self, login_service: LoginService, per_minute: int, origins: frozenset[str]) -> None:
        self._login_service = login_service
        self._rate_limiter = rate_limiter.RateLimiter(per_minute)
        self._origins = origins

    def build_routes(self) -> list[Route]:
        """Build the routes, for a Starlette application with request ids in `kinerja.request_id`."""
        made = (("token", self._issue_tokens), ("refresh", self._renew_tokens), ("revoke", self._revoke_tokens))
        return [
            Route(f"/auth/{name}", self._wrap_handler(answer), methods=["POST", "OPTIONS"]) for name, answer in made
        ]

    def _wrap_handler(self, answer: RouteHandler) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            call = http_request.parse_request_head(request.scope)
            named = request.scope["kinerja.request_id"]
            if request.method == "OPTIONS":
                return Response(status_code=204, headers={**self._cors_headers(call.origin), **_PREFLIGHT_HEADERS})
            try:
                self._charge_address(call.peer)
                body = await self._read_json_body(call, request)
                response = await answer(body, f"{named} {call.peer or ''}".strip())
            except RequestRejected as rejected:
                response = _error_response(rejected, named)
            except database.DatabaseUnavailable:
                response = _error_response(
                    RequestRejected(ErrorCode.UNAVAILABLE, error_format.UNAVAILABLE_MESSAGE, {"retry-after": "1"}),
                    named,
                )
            response.headers.update({**_NO_STORE, **self._cors_headers(call.origin)})
            return response

        return endpoint

    def _charge_address(self, peer: str | None) -> None:
        wait = self._rate_limiter.take_points(rate_limiter.anonymous_principal(peer), 1).wait_seconds
        if wait:
            message = "Too many attempts from this address; wait a little."
            raise RequestRejected(ErrorCode.RATE_LIMITED, message, {"retry-after": str(wait)})

    async def _read_json_body(self, call: http_request.HttpRequest, request: Request) -> Mapping[str, Any]:
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                value = graphql_protocol.parse_json_object(
                    await http_request.read_request_body(call, request.receive), call.content_type
                )
        except TimeoutError:
            raise RequestRejected(ErrorCode.TIMEOUT, "The body did not come in time.") from None
        except http_request.ClientDisconnected:
            raise RequestRejected(ErrorCode.BAD_REQUEST, "The body did not come.") from None
        return value

    def _cors_headers(self, origin: str | None) -> Mapping[str, str]:
        if origin is None or origin not in self._origins:
            return {}
        return {
            "access-control-allow-origin": origin,
            "access-control-expose-headers": "x-request-id, retry-after",
            "vary": "origin",
        }

    async def _issue_tokens(self, body: Mapping[str, Any], origin: str) -> Response:
        asked = _parse_request_body(_TokenRequest, body)
        try:
            done = await self._login_service.sign_in(
                SignInRequest(asked.login, asked.password, asked.role, asked.unit), origin
            )
        except login_service.InvalidCredentials:
            raise RequestRejected(ErrorCode.NOT_SIGNED_IN, _INVALID_CREDENTIALS_MESSAGE) from None
        except login_service.RoleRequired as choose:
            raise _reject_role_choice(choose) from None
        except password_hasher.HasherOverloaded:
            message = "Too many sign in at this moment; try again."
            raise RequestRejected(ErrorCode.RATE_LIMITED, message, {"retry-after": "2"}) from None
        return _token_response(done)

    async def _renew_tokens(self, body: Mapping[str, Any], origin: str) -> Response:
        try:
            return _token_response(
                await self._login_service.renew_tokens(
                    _parse_request_body(_RefreshRequest, body).refresh_token, origin
                )
            )
        except login_service.InvalidCredentials:
            raise RequestRejected(ErrorCode.NOT_SIGNED_IN, _INVALID_REFRESH_MESSAGE) from None

    async def _revoke_tokens(self, body: Mapping[str, Any], origin: str) -> Response:
        asked = _parse_request_body(_RevokeRequest, body)
        await self._login_service.sign_out(asked.refresh_token, origin, everywhere=asked.everywhere)
        return Response(status_code=204)


def _token_response(tokens: TokenPair) -> Response:
    """Build the response of a token pair: names of RFC 6749, 5.1, and the role."""
    return JSONResponse(
        {
            "access_token": tokens.access_token,
            "token_type": "Bearer",
            "expires_in": int(rules.ACCESS_TOKEN_LIFETIME.total_seconds()),
            "refresh_token": tokens.refresh_token,
            "role": tokens.session.actor.role,
        }
    )


def _reject_role_choice(choose: login_service.RoleRequired) -> RequestRejected:
    roles = [f"{each.role} of {each.unit_code}" if each.unit_code else str(each.role) for each in choose.grants]
    held = ", ".join(dict.fromkeys(roles))
    return RequestRejected(
        ErrorCode.INVALID_INPUT, f"Choose one of your roles with `role`, and `unit` if it has one: {held}."
    )


def _parse_request_body(kind: type[BodyType], body: Mapping[str, Any]) -> BodyType:
    try:
        return kind.model_validate(body)
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(map(str, first["loc"])) or "body"
        raise RequestRejected(ErrorCode.INVALID_INPUT, f"`{name}`: {first['msg']}.") from None


def _error_response(rejected: RequestRejected, request_id: str) -> Response:
    body = {"errors": [error_format.format_rejection(rejected, request_id)]}
    return JSONResponse(body, rejected.status, rejected.headers)
