"""Access tokens of sessions: JSON Web Tokens (RFC 7519, RFC 9068).

One key and one algorithm (RFC 8725).
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from domain.account.facts import PERSON_ROLES, ActiveSession
from domain.account.rules import ACCESS_TOKEN_LIFETIME
from domain.refusals import NotSignedIn
from kinerja.auth import authenticator
from kinerja.auth.revocation_cache import RevocationCache
from kinerja.settings import Profile

_ISSUER: Final = "kinerja"
_AUDIENCE: Final = "kinerja-api"
_ALGORITHMS: Final = ["HS256"]
_JWT_TYPE: Final = "at+jwt"


class AccessTokens:
    """Issues and verifies JWT access tokens under one secret.

    The key is derived from the secret and the profile: neither a demo token nor a token of another profile is valid
    here, even under the same secret. The key id is part of each token; a new secret gives a new id, and holders of
    older tokens must refresh them.

    Args:
        secret: source of the key, at least 32 bytes.
        profile: the profile of the tokens.
        revocations: the cache of ended sessions.
    """

    def __init__(self, secret: str, profile: Profile, revocations: RevocationCache) -> None:
        derived = hmac.digest(secret.encode(), f"kinerja access token {profile}".encode(), "sha256")
        self._key_id = hashlib.sha256(derived).hexdigest()[:16]
        self._key = OctKey.import_key(derived)
        self._revocations = revocations

    def issue_access_token(self, session: ActiveSession, now: datetime) -> str:
        """Issue an access token for a session, valid for 15 minutes from `now`."""
        second = int(now.timestamp())
        claims: dict[str, Any] = {
            "iss": _ISSUER,
            "aud": _AUDIENCE,
            "iat": second,
            "nbf": second,
            "exp": second + int(ACCESS_TOKEN_LIFETIME.total_seconds()),
            "jti": secrets.token_hex(16),
            "sid": str(session.session_id),
            "sub": str(session.account_id),
            "person": session.actor.person_id,
            "role": session.actor.role.value,
        }
        if session.actor.unit_path is not None:
            claims["unit_path"] = session.actor.unit_path
        header = {"alg": _ALGORITHMS[0], "typ": _JWT_TYPE, "kid": self._key_id}
        return jwt.encode(header, claims, self._key, algorithms=_ALGORITHMS)

    def authenticate(self, token: str, now: datetime) -> authenticator.Authenticated:
        """Authenticate the actor of an access token.

        Raises:
            NotSignedIn: the token is foreign, altered, for another audience, expired, not yet valid, or revoked.
            DatabaseUnavailable: the revocation data is stale.
        """
        if len(token) > authenticator.MAX_TOKEN_LENGTH:
            raise NotSignedIn(authenticator.INVALID_TOKEN_MESSAGE)
        try:
            found = jwt.decode(token, self._key, algorithms=_ALGORITHMS)
            self._validate_claims(found.header, found.claims, now)
            session = int(found.claims["sid"])
            actor = authenticator.actor_from_claims(found.claims, found.claims["person"])
            until = datetime.fromtimestamp(found.claims["exp"], UTC)
        except (JoseError, ValueError, TypeError, OverflowError) as error:
            raise NotSignedIn(authenticator.INVALID_TOKEN_MESSAGE) from error
        if not self._revocations.is_session_active(session):
            raise NotSignedIn(authenticator.INVALID_TOKEN_MESSAGE)
        return authenticator.Authenticated(actor, until, lambda _now: self._revocations.is_session_active(session))

    def _validate_claims(self, header: Mapping[str, Any], claims: dict[str, Any], now: datetime) -> None:
        if header.get("kid") != self._key_id or header.get("typ") != _JWT_TYPE:
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
        if claims["role"] not in PERSON_ROLES:
            raise ValueError("a role that no session has")
