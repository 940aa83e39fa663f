"""Token check: bearer token authenticators, and the demo's JSON Web Tokens (RFC 7519, HS256 only).

Anyone able to run `kinerja token` can be anybody, so demo tokens are accepted in the demo profile only. Each further
source of identity, such as accounts, is one more `Authenticator`, chosen in `build_authenticator`.
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
"""Lifetime of a demo token: a working day."""

MAX_TOKEN_LENGTH: Final = 4096
"""Maximum characters of a token; the project's own have about 400."""

INVALID_TOKEN_MESSAGE: Final = "The token is invalid or has expired."  # noqa: S105 - a sentence
"""The message for every rejected token, whatever the reason."""

_ISSUER: Final = "kinerja"
_AUDIENCE: Final = "kinerja-api"
_ALGORITHMS: Final = ["HS256"]
_UNIT_PATH_PATTERN: Final = re.compile(r"([0-9]+[.])+")
_SERVICE_PREFIX: Final = "service:"  # followed by its name
_CACHE_SIZE: Final = 4_000


def _never_revoked(_now: datetime) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Authenticated:
    """Authenticated actor, the token's expiry, and its revocation check.

    `is_current` may raise `database.DatabaseUnavailable` if the revocation data is stale.
    """

    actor: Actor
    expires_at: datetime
    is_current: Callable[[datetime], bool] = _never_revoked

    def is_valid(self, now: datetime) -> bool:
        """Return True if the token is neither expired nor revoked."""
        return now < self.expires_at and self.is_current(now)


class Authenticator(Protocol):
    """Authenticates the actor of a bearer token."""

    def authenticate(self, token: str, now: datetime) -> Authenticated:
        """Authenticate the actor of a token.

        Raises:
            NotSignedIn: the token is invalid.
        """
        ...


class RejectAllTokens:
    """Rejects every token: for a profile without accounts."""

    def authenticate(self, _token: str, _now: datetime) -> Authenticated:
        """Reject the token.

        Raises:
            NotSignedIn: always.
        """
        raise NotSignedIn(INVALID_TOKEN_MESSAGE)


class FirstMatch:
    """Tries several authenticators in order; the first success counts."""

    def __init__(self, *readers: Authenticator) -> None:
        self._authenticators: Sequence[Authenticator] = readers

    def authenticate(self, token: str, now: datetime) -> Authenticated:
        """Authenticate the actor of a token.

        Raises:
            NotSignedIn: every authenticator rejects it.
        """
        for each in self._authenticators:
            with suppress(NotSignedIn):
                return each.authenticate(token, now)
        raise NotSignedIn(INVALID_TOKEN_MESSAGE)


class DemoTokens:
    """Issues and verifies demo tokens (JWT) under one secret."""

    def __init__(self, secret: str) -> None:
        self._key = OctKey.import_key(secret)

    def issue_demo_token(self, actor: Actor, now: datetime, lifetime: timedelta = TOKEN_LIFETIME) -> str:
        """Issue a token for `actor`, valid from `now`."""
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
        """Authenticate the actor of a demo token.

        Raises:
            NotSignedIn: the token is foreign, altered, for another audience, or expired.
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
    """Authenticator with a cache: some thousands of accepted tokens, until they expire."""

    def __init__(self, authenticator: Authenticator) -> None:
        self._authenticator = authenticator
        self._cache: SegmentedCache[str, Authenticated] = SegmentedCache(_CACHE_SIZE, _CACHE_SIZE)

    def authenticate(self, token: str, now: datetime) -> Authenticated:
        """Authenticate the actor of a token.

        Raises:
            NotSignedIn: the token is invalid.
        """
        found = self._cache.get(token)
        if found is None or not found.is_valid(now):
            found = self._authenticator.authenticate(token, now)
            self._cache.put(token, found)
        return found


def actor_from_claims(claims: Mapping[str, Any], person_id: Any) -> Actor:
    """Build the actor from the claims of a token with a verified signature.

    The token is a session's, a demo's, or an issuer's.

    Raises:
        ValueError: a claim has an invalid value.
        TypeError: a claim has a wrong type.
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
    """Build the authenticator for these settings; without accounts only demo tokens are accepted."""
    demo = DemoTokens(load_token_secret(settings)) if settings.profile is Profile.DEMO else RejectAllTokens()
    return demo if accounts is None else FirstMatch(accounts, demo)


def load_token_secret(settings: Settings) -> str:
    """Load the token secret from settings or the data folder; create it if missing.

    The secret from settings comes first. The file in the data folder is created at the first call, readable by its
    owner only.

    Raises:
        SecretFileUnusable: the file can be neither read nor created.
    """
    if settings.token_secret is not None:
        return settings.token_secret.get_secret_value()
    return secret_file.read_or_create_secret(settings.data_dir / "token.secret", lambda: secrets.token_urlsafe(48))
