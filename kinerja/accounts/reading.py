"""Who asks, by the tokens of accounts: those of sessions and those of services."""

from datetime import datetime
from typing import Final

from domain.account import rules
from domain.refusals import NotSignedIn
from kinerja import tokens
from kinerja.accounts import opaque
from kinerja.accounts.access import Access
from kinerja.accounts.register import Register

_LONGEST: Final = 64


class Reading:
    """Tells a service's token from a session's by its prefix, and reads it."""

    def __init__(self, access: Access, register: Register) -> None:
        self._access = access
        self._register = register

    def read(self, token: str, now: datetime) -> tokens.SignedIn:
        """Who a token says asks.

        Raises:
            NotSignedIn: it is not to be believed.
            Unavailable: it is not known of late what was revoked.
        """
        return self._service(token, now) if token.startswith(opaque.SERVICE) else self._access.read(token, now)

    def _service(self, token: str, now: datetime) -> tokens.SignedIn:
        sha256 = opaque.sha256(token[:_LONGEST])
        found = self._register.service(sha256, now) if len(token) <= _LONGEST else None
        if found is None:
            raise NotSignedIn(tokens.REFUSED)

        def stands(at: datetime) -> bool:
            # A unit that moved makes another actor of it, who is to be read anew.
            known = self._register.service(sha256, at)
            return known is not None and known.actor == found.actor

        return tokens.SignedIn(found.actor, rules.end_of(found.expires_on), stands)
