"""Who asks, told from a token; and a demo's own tokens: JSON Web Tokens (RFC 7519), HS256 and nothing else.

Whoever may run `kinerja token` can be anybody, so a demo's tokens are read in the demo profile alone. Accounts, and
whatever else tells who asks, are one more `Reader` each, chosen in `reader`.
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
from kinerja.kept import Kept
from kinerja.settings import Profile, Settings

LIFETIME: Final = timedelta(hours=8)
"""How long a demo's token is good for: a working day."""

LONGEST: Final = 4096
"""Most characters of a token; ours have about 400."""

REFUSED: Final = "The token is invalid or has expired."
"""What is said of every token that is not believed, whatever is wrong with it."""

_ISSUER: Final = "kinerja"
_AUDIENCE: Final = "kinerja-api"
_ALGORITHMS: Final = ["HS256"]
_UNIT_PATH: Final = re.compile(r"([0-9]+[.])+")
_SERVICE: Final = "service:"  # and its name
_REMEMBERED: Final = 4_000


def _always(_now: datetime) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who a token says asks, when it is over, and how to tell that it was not taken back before.

    `stands` may raise `database.Unavailable` where that cannot be told.
    """

    actor: Actor
    until: datetime
    stands: Callable[[datetime], bool] = _always

    def good(self, now: datetime) -> bool:
        """Whether it is neither over nor taken back."""
        return now < self.until and self.stands(now)


class Reader(Protocol):
    """Whatever tells from a token who asks."""

    def read(self, token: str, now: datetime) -> SignedIn:
        """Who a token says asks.

        Raises:
            NotSignedIn: it is not to be believed.
        """
        ...


class Refusing:
    """Believes no token: a profile without accounts."""

    def read(self, _token: str, _now: datetime) -> SignedIn:
        """Refuse.

        Raises:
            NotSignedIn: always.
        """
        raise NotSignedIn(REFUSED)


class First:
    """Believes what the first of several readers believes."""

    def __init__(self, *readers: Reader) -> None:
        self._readers: Sequence[Reader] = readers

    def read(self, token: str, now: datetime) -> SignedIn:
        """Who a token says asks.

        Raises:
            NotSignedIn: none believes it.
        """
        for each in self._readers:
            with suppress(NotSignedIn):
                return each.read(token, now)
        raise NotSignedIn(REFUSED)


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
            "sub": f"{_SERVICE}{actor.service}" if actor.person_id is None else str(actor.person_id),
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
        if len(token) > LONGEST:
            raise NotSignedIn(REFUSED)
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
            return SignedIn(_demo_actor(claims), datetime.fromtimestamp(claims["exp"], UTC))
        except (JoseError, ValueError, TypeError, OverflowError) as error:
            raise NotSignedIn(REFUSED) from error


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
        if found is None or not found.good(now):
            found = self._reader.read(token, now)
            self._known.put(token, found)
        return found


def actor_of(claims: Mapping[str, Any], person_id: Any) -> Actor:
    """Who acts, by the claims of a token whose signature has been proven: a session's, a demo's, or an issuer's.

    Raises ValueError or TypeError for claims that name nobody.
    """
    path = claims.get("unit_path")
    if path is not None and not _UNIT_PATH.fullmatch(path):
        raise ValueError("unit_path is no path")
    if person_id is not None and (not isinstance(person_id, int) or isinstance(person_id, bool) or person_id < 1):
        raise ValueError("person is no number")
    return Actor(person_id=person_id, role=Role(claims["role"]), unit_path=path)


def _demo_actor(claims: Mapping[str, Any]) -> Actor:
    kind, _, name = claims["sub"].rpartition(":")
    if kind:
        return replace(actor_of(claims, None), service=name)
    return actor_of(claims, int(name))


def reader(settings: Settings, accounts: Reader | None = None) -> Reader:
    """What reads the tokens of requests under these settings; without accounts a demo's alone are read."""
    demo = Signer(secret(settings)) if settings.profile is Profile.DEMO else Refusing()
    return demo if accounts is None else First(accounts, demo)


def secret(settings: Settings) -> str:
    """The secret that was set, or else the one in the data folder, made at the first call, readable by us alone.

    Raises:
        SecretFileUnusable: that can be neither read nor made.
    """
    if settings.token_secret is not None:
        return settings.token_secret.get_secret_value()
    return secret_file.text(settings.data_dir / "token.secret", lambda: secrets.token_urlsafe(48))
