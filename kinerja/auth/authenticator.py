"""Token check: authenticators, and the demo's own JSON Web Tokens (RFC 7519, HS256 alone).

Whoever may run `kinerja token` can be anybody, so a demo's tokens are read in the demo profile alone. Accounts, and
whatever else tells who asks, are one more `Authenticator` each, chosen in `build_authenticator`.
"""

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from domain.actor import Actor, Role
from domain.refusals import NotSignedIn
from kinerja import secret_file
from kinerja.cache import SegmentedCache
from kinerja.settings import Profile, Settings

TOKEN_LIFETIME: Final = timedelta(hours=8)
"""How long a demo's token is good for: a working day."""

MAX_TOKEN_LENGTH: Final = 4096
"""Most characters of a token; ours have about 400."""

INVALID_TOKEN_MESSAGE: Final = "The token is invalid or has expired."  # noqa: S105 - a sentence
"""What is said of every token that is not believed, whatever is wrong with it."""

_ISSUER: Final = "kinerja"
_AUDIENCE: Final = "kinerja-api"
_ALGORITHMS: Final = ["HS256"]
_UNIT_PATH_PATTERN: Final = re.compile(r"([0-9]+[.])+")
_SERVICE_PREFIX: Final = "service:"  # and its name
_CACHE_SIZE: Final = 4_000


def _never_revoked(_now: datetime) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Authenticated:
    """Who a token says asks, when it is over, and how to tell that it was not taken back before.

    `is_current` may raise `database.DatabaseUnavailable` where that cannot be told.
    """

    actor: Actor
    expires_at: datetime
    is_current: Callable[[datetime], bool] = _never_revoked

    def is_valid(self, now: datetime) -> bool:
        """Whether it is neither over nor taken back."""
        return now < self.expires_at and self.is_current(now)


class Authenticator(Protocol):
    """Whatever tells from a token who asks."""

    def authenticate(self, token: str, now: datetime) -> Authenticated:
        """Who a token says asks.

        Raises:
            NotSignedIn: it is not to be believed.
        """
        ...


class RejectAllTokens:
    """Believes no token: a profile without accounts."""

    def authenticate(self, _token: str, _now: datetime) -> Authenticated:
        """Refuse.

        Raises:
            NotSignedIn: always.
        """
        raise NotSignedIn(INVALID_TOKEN_MESSAGE)


class FirstMatch:
    """Believes what the first of several readers believes."""

    def __init__(self, *readers: Authenticator) -> None:
        self._authenticators: Sequence[Authenticator] = readers

    def authenticate(self, token: str, now: datetime) -> Authenticated:
        """Who a token says asks.

        Raises:
            NotSignedIn: none believes it.
        """
        for each in self._authenticators:
            with suppress(NotSignedIn):
                return each.authenticate(token, now)
        raise NotSignedIn(INVALID_TOKEN_MESSAGE)


class DemoTokens:
    """Issues and reads tokens under one secret."""

    def __init__(self, secret: str) -> None:
        self._key = OctKey.import_key(secret)

    def issue_demo_token(self, actor: Actor, now: datetime, lifetime: timedelta = TOKEN_LIFETIME) -> str:
        """A token for `actor`, good from `now` on."""
        claims = {
            "iss": _ISSUER,
            "aud": _AUDIENCE,
            "iat": int(now.timestamp()),
            "exp": int((now + lifetime).timestamp()),
            "sub": f"{_SERVICE_PREFIX}{actor.service_name}" if actor.person_id is None else str(actor.person_id),
            "role": actor.role.value,
        }
        if actor.unit_path is not None:
            claims["unit_path"] = actor.unit_path
        return jwt.encode({"alg": _ALGORITHMS[0]}, claims, self._key, algorithms=_ALGORITHMS)

    def authenticate(self, token: str, now: datetime) -> Authenticated:
        """Who a token says asks.

        Raises:
            NotSignedIn: it is not ours, was changed, is for somebody else, or is over.
        """
        if len(token) > MAX_TOKEN_LENGTH:
            raise NotSignedIn(INVALID_TOKEN_MESSAGE)
        registry = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            iss={"essential": True, "value": _ISSUER},
            aud={"essential": True, "value": _AUDIENCE},
            exp={"essential": True},
            sub={"essential": True},
            role={"essential": True, "values": [role.value for role in Role]},
        )
        try:
            claims = jwt.decode(token, self._key, algorithms=_ALGORITHMS).claims
            registry.validate(claims)
            return Authenticated(_demo_actor_from_claims(claims), datetime.fromtimestamp(claims["exp"], UTC))
        except (JoseError, ValueError, TypeError, OverflowError) as error:
            raise NotSignedIn(INVALID_TOKEN_MESSAGE) from error


class CachingAuthenticator:
    """A reader that knows again, until it is over, a token that was believed; it remembers some thousands."""

    def __init__(self, authenticator: Authenticator) -> None:
        self._authenticator = authenticator
        self._cache: SegmentedCache[str, Authenticated] = SegmentedCache(_CACHE_SIZE, _CACHE_SIZE)

    def authenticate(self, token: str, now: datetime) -> Authenticated:
        """Who a token says asks.

        Raises:
            NotSignedIn: it is not to be believed.
        """
        found = self._cache.get(token)
        if found is None or not found.is_valid(now):
            found = self._authenticator.authenticate(token, now)
            self._cache.put(token, found)
        return found


def actor_from_claims(claims: Mapping[str, Any], person_id: Any) -> Actor:
    """Who acts, by the claims of a token whose signature has been proven: a session's, a demo's, or an issuer's.

    Raises ValueError or TypeError for claims that name nobody.
    """
    path = claims.get("unit_path")
    if path is not None and not _UNIT_PATH_PATTERN.fullmatch(path):
        raise ValueError("unit_path is no path")
    if person_id is not None and (not isinstance(person_id, int) or isinstance(person_id, bool) or person_id < 1):
        raise ValueError("person is no number")
    return Actor(person_id=person_id, role=Role(claims["role"]), unit_path=path)


def _demo_actor_from_claims(claims: Mapping[str, Any]) -> Actor:
    kind, _, name = claims["sub"].rpartition(":")
    if kind:
        return replace(actor_from_claims(claims, None), service_name=name)
    return actor_from_claims(claims, int(name))


def build_authenticator(settings: Settings, accounts: Authenticator | None = None) -> Authenticator:
    """What reads the tokens of requests under these settings; without accounts a demo's alone are read."""
    demo = DemoTokens(load_token_secret(settings)) if settings.profile is Profile.DEMO else RejectAllTokens()
    return demo if accounts is None else FirstMatch(accounts, demo)


def load_token_secret(settings: Settings) -> str:
    """The secret that was set, or else the one in the data folder, made at the first call, readable by us alone.

    Raises:
        SecretFileUnusable: that can be neither read nor made.
    """
    if settings.token_secret is not None:
        return settings.token_secret.get_secret_value()
    return secret_file.read_or_create_secret(settings.data_dir / "token.secret", lambda: secrets.token_urlsafe(48))
