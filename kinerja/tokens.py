"""A demo's tokens, which say who asks: JSON Web Tokens (RFC 7519) under one shared key, HS256 and nothing else.

Whoever may run `kinerja token` can be anybody, so they are read in the demo profile alone. Real accounts come in as
one more `Reader`, chosen in `reader`.
"""

import os
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from domain.actor import Actor, Role
from domain.refusals import NotSignedIn
from kinerja.kept import Kept
from kinerja.settings import Profile, Settings

LIFETIME: Final = timedelta(hours=8)
"""How long a token is good for: a working day."""

_ISSUER: Final = "kinerja"
_AUDIENCE: Final = "kinerja-api"
_ALGORITHMS: Final = ["HS256"]
_LONGEST: Final = 4096  # characters; ours have about 300
_SERVICE: Final = "service"
_REMEMBERED: Final = 4_000


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who a token says asks, and when it is over."""

    actor: Actor
    until: datetime


class Reader(Protocol):
    """Whatever tells from a token who asks."""

    def read(self, token: str, now: datetime) -> SignedIn:
        """Who a token says asks.

        Raises:
            NotSignedIn: it is not to be believed.
        """
        ...


class Refusing:
    """Believes no token: a profile that has no accounts yet."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile

    def read(self, _token: str, _now: datetime) -> SignedIn:
        """Refuse.

        Raises:
            NotSignedIn: always.
        """
        raise NotSignedIn(f"Demo tokens are refused in the {self._profile} profile.")


class Signer:
    """Issues and reads tokens under one secret."""

    def __init__(self, secret: str) -> None:
        self._key = OctKey.import_key(secret)

    def issue(self, actor: Actor, now: datetime, lifetime: timedelta = LIFETIME) -> str:
        """A token for `actor`, good from `now` on."""
        claims = {
            "iss": _ISSUER,
            "aud": _AUDIENCE,
            "iat": int(now.timestamp()),
            "exp": int((now + lifetime).timestamp()),
            "sub": _SERVICE if actor.person_id is None else str(actor.person_id),
            "role": actor.role.value,
        }
        if actor.unit_path is not None:
            claims["unit_path"] = actor.unit_path
        return jwt.encode({"alg": _ALGORITHMS[0]}, claims, self._key, algorithms=_ALGORITHMS)

    def read(self, token: str, now: datetime) -> SignedIn:
        """Who a token says asks.

        Raises:
            NotSignedIn: it is not ours, was changed, is for somebody else, or is over.
        """
        if len(token) > _LONGEST:
            raise NotSignedIn("The token is not one of this service.")
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
            return SignedIn(_actor(claims), datetime.fromtimestamp(claims["exp"], UTC))
        except (JoseError, ValueError, TypeError, OverflowError) as error:
            raise NotSignedIn("The token is invalid or has expired.") from error


class Remembering:
    """A reader that knows again, until it is over, a token that was believed; it remembers some thousands."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._known: Kept[str, SignedIn] = Kept(_REMEMBERED, _REMEMBERED)

    def read(self, token: str, now: datetime) -> SignedIn:
        """Who a token says asks.

        Raises:
            NotSignedIn: it is not to be believed.
        """
        found = self._known.get(token)
        if found is None or found.until <= now:
            found = self._reader.read(token, now)
            self._known.put(token, found)
        return found


def _actor(claims: Mapping[str, Any]) -> Actor:
    subject, path = claims["sub"], claims.get("unit_path")
    if path is not None and not isinstance(path, str):
        raise TypeError("unit_path is no text")
    return Actor(person_id=None if subject == _SERVICE else int(subject), role=Role(claims["role"]), unit_path=path)


def reader(settings: Settings) -> Reader:
    """What reads the tokens of requests under these settings."""
    if settings.profile is Profile.DEMO:
        return Signer(secret(settings))
    return Refusing(settings.profile)


def secret(settings: Settings) -> str:
    """The secret that was set, or else the one in the data folder, made at the first call, readable by us alone."""
    if settings.token_secret is not None:
        return settings.token_secret.get_secret_value()
    path = settings.data_dir / "token.secret"
    with suppress(FileNotFoundError):
        return path.read_text()
    _make(path)
    return path.read_text()


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)  # made with mode 0600
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
        # Linked when whole: of two processes that start at once, one wins and both read the same.
        with suppress(FileExistsError):
            os.link(name, path)
    finally:
        Path(name).unlink()
