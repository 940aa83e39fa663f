"""Hashing passwords with Argon2id, beside the event loop and few at once."""

import asyncio
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

from domain.account import rules
from domain.account.refusals import WeakPassword

AT_ONCE: Final = 2
"""How many are hashed at once in a process: each takes 64 MiB and a core."""

WAITING: Final = 32
"""How many may wait for that."""

_ARGON2ID: Final = argon2.Parameters(
    type=argon2.Type.ID,
    version=19,
    salt_len=16,
    hash_len=32,
    time_cost=3,
    memory_cost=64 * 1024,
    parallelism=1,
)
"""RFC 9106's second recommended option, with one lane: more would only take cores from requests."""


class Busy(Exception):
    """So many passwords wait to be looked at that one more would wait too long."""


class Hasher:
    """Makes and verifies hashes.

    Args:
        parameters: what a hash costs; an older hash of other parameters is made anew when its password comes by.
    """

    def __init__(self, parameters: argon2.Parameters = _ARGON2ID) -> None:
        self.verified = 0
        """How many passwords were looked at, those for accounts that there are not included."""
        self._argon2 = argon2.PasswordHasher.from_parameters(parameters)
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon2")
        self._nobody: str | None = None
        self._waiting = 0

    def hash(self, password: str, login: str) -> str:
        """The hash of a new password; it blocks.

        Raises:
            WeakPassword: it would be guessed.
        """
        weak = rules.weakness(password, login)
        if weak is not None:
            raise WeakPassword(f"The password {weak}.", "password")
        return self._argon2.hash(rules.plain(password))

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold a place in the queue while the block runs.

        Raises:
            Busy: too many wait.
        """
        if self._waiting >= AT_ONCE + WAITING:
            raise Busy
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1

    async def verify(self, known: str | None, password: str) -> bool:
        """Whether it is the password of a hash. Without one the same work is done, in vain."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._verify, known, password)

    async def renewed(self, known: str, password: str) -> str | None:
        """A hash under the parameters of today, where the one that is known has others."""
        if not self._argon2.check_needs_rehash(known):
            return None
        plain = rules.plain(password)
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._argon2.hash, plain)

    def _verify(self, known: str | None, password: str) -> bool:
        self.verified += 1
        # A password that no account can have is not worth its hash, but is to take as long.
        plain = rules.plain(password)[: rules.LONGEST + 1]
        try:
            self._argon2.verify(known or self._of_nobody(), plain)
        except (VerificationError, InvalidHashError):
            return False
        return known is not None

    def _of_nobody(self) -> str:
        if self._nobody is None:
            self._nobody = self._argon2.hash(secrets.token_urlsafe(32))
        return self._nobody
