"""Tokens that say nothing: random, with a prefix to know them by, kept only as SHA-256.

A hash without salt and without cost is enough for what holds 256 random bits: there is nothing to guess.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Final

SERVICE_PREFIX: Final = "kns_"
"""How the token of a service account begins; also for those who search a repository for leaked ones."""

REFRESH_PREFIX: Final = "knr_"
"""How a refresh token begins."""

_HINT_LENGTH: Final = 8
_HALF_LENGTH: Final = 43  # letters that 32 bytes make
_REFRESH_PATTERN: Final = re.compile(
    rf"{REFRESH_PREFIX}([A-Za-z0-9_-]{{{_HALF_LENGTH}}})([A-Za-z0-9_-]{{{_HALF_LENGTH}}})"
)


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """The two halves of a refresh token: the secret of its session, and its own."""

    family: str
    link: str

    @property
    def encoded(self) -> str:
        """The token as clients keep it."""
        return f"{REFRESH_PREFIX}{self.family}{self.link}"

    @property
    def family_sha256(self) -> str:
        """By what its session is found."""
        return hash_token(self.family)

    @property
    def link_sha256(self) -> str:
        """By what the last token of a session is known."""
        return hash_token(self.link)

    def rotate(self) -> "RefreshToken":
        """The token after this one."""
        return RefreshToken(self.family, _random_secret())


def hash_token(token: str) -> str:
    """The hash of a token, in hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()


def create_refresh_token() -> RefreshToken:
    """The first refresh token of a new session."""
    return RefreshToken(_random_secret(), _random_secret())


def parse_refresh_token(text: str) -> RefreshToken | None:
    """A refresh token, or None where the text cannot be one."""
    found = _REFRESH_PATTERN.fullmatch(text)
    return None if found is None else RefreshToken(found[1], found[2])


def create_service_token() -> str:
    """A new token of a service account."""
    return SERVICE_PREFIX + _random_secret()


def mask_token(token: str) -> str:
    """So much of a service account's token as people may see."""
    return token[:_HINT_LENGTH]


def _random_secret() -> str:
    return secrets.token_urlsafe(32)
