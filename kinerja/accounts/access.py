"""Access tokens of sessions: JSON Web Tokens (RFC 7519, RFC 9068) under one key and algorithm (RFC 8725)."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from domain.account.facts import PEOPLE, SignedIn
from domain.account.rules import ACCESS_LIFETIME
from domain.refusals import NotSignedIn
from kinerja import tokens
from kinerja.accounts.register import Register
from kinerja.settings import Profile

_ISSUER: Final = "kinerja"
_AUDIENCE: Final = "kinerja-api"
_ALGORITHMS: Final = ["HS256"]
_TYPE: Final = "at+jwt"


class Access:
    """Issues and reads access tokens under one secret.

    The key is derived from the secret and the profile, so that neither a demo's token nor one of another profile is
    good here, even under the same secret. Its id is part of each token; a new secret gives a new id, and whoever
    holds an older token refreshes it.

    Args:
        secret: what the key is derived from, at least 32 bytes.
        profile: for which the tokens are good.
        register: what knows which sessions were ended.
    """

    def __init__(self, secret: str, profile: Profile, register: Register) -> None:
        derived = hmac.digest(secret.encode(), f"kinerja access token {profile}".encode(), "sha256")
        self._key_id = hashlib.sha256(derived).hexdigest()[:16]
        self._key = OctKey.import_key(derived)
        self._register = register

    def issue(self, signed: SignedIn, now: datetime) -> str:
        """A token for a session, good for 15 minutes from `now` on."""
        second = int(now.timestamp())
        claims: dict[str, Any] = {
            "iss": _ISSUER,
            "aud": _AUDIENCE,
            "iat": second,
            "nbf": second,
            "exp": second + int(ACCESS_LIFETIME.total_seconds()),
            "jti": secrets.token_hex(16),
            "sid": str(signed.session_id),
            "sub": str(signed.account_id),
            "person": signed.actor.person_id,
            "role": signed.actor.role.value,
        }
        if signed.actor.unit_path is not None:
            claims["unit_path"] = signed.actor.unit_path
        header = {"alg": _ALGORITHMS[0], "typ": _TYPE, "kid": self._key_id}
        return jwt.encode(header, claims, self._key, algorithms=_ALGORITHMS)

    def read(self, token: str, now: datetime) -> tokens.SignedIn:
        """Who a token says asks.

        Raises:
            NotSignedIn: it is not ours, was changed, is for somebody else, is over, not yet good, or was taken back.
            Unavailable: it is not known of late which sessions were ended.
        """
        if len(token) > tokens.LONGEST:
            raise NotSignedIn(tokens.REFUSED)
        try:
            found = jwt.decode(token, self._key, algorithms=_ALGORITHMS)
            self._check(found.header, found.claims, now)
            session = int(found.claims["sid"])
            actor = tokens.actor_of(found.claims, found.claims["person"])
            until = datetime.fromtimestamp(found.claims["exp"], UTC)
        except (JoseError, ValueError, TypeError, OverflowError) as error:
            raise NotSignedIn(tokens.REFUSED) from error
        if not self._register.goes_on(session):
            raise NotSignedIn(tokens.REFUSED)
        return tokens.SignedIn(actor, until, lambda _now: self._register.goes_on(session))

    def _check(self, header: Mapping[str, Any], claims: dict[str, Any], now: datetime) -> None:
        if header.get("kid") != self._key_id or header.get("typ") != _TYPE:
            raise ValueError("another key, or another kind of token")
        registry = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            iss={"essential": True, "value": _ISSUER},
            aud={"essential": True, "value": _AUDIENCE},
            exp={"essential": True},
            nbf={"essential": True},
            iat={"essential": True},
            jti={"essential": True},
            sid={"essential": True},
            sub={"essential": True},
            person={"essential": True},
            role={"essential": True},
        )
        registry.validate(claims)
        if claims["role"] not in PEOPLE:
            raise ValueError("a role that no session has")
