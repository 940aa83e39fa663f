"""Tokens that say nothing: random, with a prefix to know them by, kept only as SHA-256.

A hash without salt and without cost is enough for what holds 256 random bits: there is nothing to guess.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Final

SERVICE: Final = "kns_"
"""How the token of a service account begins; also for those who search a repository for leaked ones."""

REFRESH: Final = "knr_"
"""How a refresh token begins."""

_HINT: Final = 8
_HALF: Final = 43  # letters that 32 bytes make
_SHAPE_REFRESH: Final = re.compile(rf"{REFRESH}([A-Za-z0-9_-]{{{_HALF}}})([A-Za-z0-9_-]{{{_HALF}}})")


@dataclass(frozen=True, slots=True)
class Refresh:
    """The two halves of a refresh token: the secret of its session, and its own."""

    family: str
    link: str

    @property
    def text(self) -> str:
        """The token as clients keep it."""
        return f"{REFRESH}{self.family}{self.link}"

    @property
    def family_sha256(self) -> str:
        """By what its session is found."""
        return sha256(self.family)

    @property
    def link_sha256(self) -> str:
        """By what the last token of a session is known."""
        return sha256(self.link)

    def next(self) -> "Refresh":
        """The token after this one."""
        return Refresh(self.family, _random())


def sha256(token: str) -> str:
    """The hash of a token, in hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()


def first_refresh() -> Refresh:
    """The first refresh token of a new session."""
    return Refresh(_random(), _random())


def read_refresh(text: str) -> Refresh | None:
    """A refresh token, or None where the text cannot be one."""
    found = _SHAPE_REFRESH.fullmatch(text)
    return None if found is None else Refresh(found[1], found[2])


def service() -> str:
    """A new token of a service account."""
    return SERVICE + _random()


def hint(token: str) -> str:
    """So much of a service account's token as people may see."""
    return token[:_HINT]


def _random() -> str:
    return secrets.token_urlsafe(32)
