"""Account authenticator: session tokens and service tokens to actors."""

from datetime import datetime
from typing import Final

from domain.account import rules
from domain.refusals import NotSignedIn
from kinerja.auth import authenticator, opaque_tokens
from kinerja.auth.access_tokens import AccessTokens
from kinerja.auth.revocation_cache import RevocationCache

_MAX_SERVICE_TOKEN_LENGTH: Final = 64


class AccountAuthenticator:
    """Distinguishes service tokens from session tokens by prefix, and verifies both."""

    def __init__(self, access_tokens: AccessTokens, revocations: RevocationCache) -> None:
        self._access_tokens = access_tokens
        self._revocations = revocations

    def authenticate(self, token: str, now: datetime) -> authenticator.Authenticated:
        """Authenticate the actor of a token.

        Raises:
            NotSignedIn: the token is invalid.
            DatabaseUnavailable: the revocation data is stale.
        """
        return (
            self._authenticate_service(token, now)
            if token.startswith(opaque_tokens.SERVICE_PREFIX)
            else self._access_tokens.authenticate(token, now)
        )

    def _authenticate_service(self, token: str, now: datetime) -> authenticator.Authenticated:
        sha256 = opaque_tokens.hash_token(token[:_MAX_SERVICE_TOKEN_LENGTH])
        found = (
            self._revocations.find_service_account(sha256, now) if len(token) <= _MAX_SERVICE_TOKEN_LENGTH else None
        )
        if found is None:
            raise NotSignedIn(authenticator.INVALID_TOKEN_MESSAGE)

        def stands(at: datetime) -> bool:
            # A moved unit changes the actor: the token must be authenticated again.
            known = self._revocations.find_service_account(sha256, at)
            return known is not None and known.actor == found.actor

        return authenticator.Authenticated(found.actor, rules.end_of_day(found.expires_on), stands)
