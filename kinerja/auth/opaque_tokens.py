"""Opaque tokens: random refresh and service tokens with a prefix, stored only as SHA-256.

A hash without salt and cost is enough for 256 random bits: they cannot be guessed.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Final

SERVICE_PREFIX: Final = "kns_"
"""Prefix of service account tokens; also for scans of repositories for leaked tokens."""

REFRESH_PREFIX: Final = "knr_"
"""Prefix of refresh tokens."""

_HINT_LENGTH: Final = 8
_HALF_LENGTH: Final = 43  # characters of 32 bytes in base64url
_REFRESH_PATTERN: Final = re.compile(
    rf"{REFRESH_PREFIX}([A-Za-z0-9_-]{{{_HALF_LENGTH}}})([A-Za-z0-9_-]{{{_HALF_LENGTH}}})"
)


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """The two halves of a refresh token: the session's secret, and its own."""

    family: str
    link: str

    @property
    def encoded(self) -> str:
        """The token in the form stored by clients."""
        return f"{REFRESH_PREFIX}{self.family}{self.link}"

    @property
    def family_sha256(self) -> str:
        """Lookup hash of its session."""
        return hash_token(self.family)

    @property
    def link_sha256(self) -> str:
        """Hash to recognise the last token of a session."""
        return hash_token(self.link)

    def rotate(self) -> "RefreshToken":
        """Return the next token of the session."""
        return RefreshToken(self.family, _random_secret())


def hash_token(token: str) -> str:
    """Return the hash of a token, in hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()


def create_refresh_token() -> RefreshToken:
    """Create the first refresh token of a new session."""
    return RefreshToken(_random_secret(), _random_secret())


def parse_refresh_token(text: str) -> RefreshToken | None:
    """Parse a refresh token; None if the text cannot be one."""
    found = _REFRESH_PATTERN.fullmatch(text)
    return None if found is None else RefreshToken(found[1], found[2])


def create_service_token() -> str:
    """Create a new token of a service account."""
    return SERVICE_PREFIX + _random_secret()


def mask_token(token: str) -> str:
    """Return the part of a service account's token visible to people."""
    return token[:_HINT_LENGTH]


def _random_secret() -> str:
    return secrets.token_urlsafe(32)
