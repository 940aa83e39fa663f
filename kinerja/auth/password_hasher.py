"""Password hashing with Argon2id in threads, with limited concurrency."""

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

MAX_CONCURRENT_HASHES: Final = 2
"""Maximum concurrent hashes in a process: each takes 64 MiB and a core."""

MAX_WAITING_HASHES: Final = 32
"""Maximum number of passwords waiting to be hashed."""

_ARGON2ID_PARAMETERS: Final = argon2.Parameters(
    type=argon2.Type.ID,
    version=19,
    salt_len=16,
    hash_len=32,
    time_cost=3,
    memory_cost=64 * 1024,
    parallelism=1,
)
"""RFC 9106's second recommended option, with one lane: more would only take cores from requests."""


class HasherOverloaded(Exception):
    """Too many passwords wait for verification; one more would wait too long."""


class PasswordHasher:
    """Hashes and verifies passwords.

    Args:
        parameters: cost of a hash; an older hash with other parameters is renewed at the next use of its password.
    """

    def __init__(self, parameters: argon2.Parameters = _ARGON2ID_PARAMETERS) -> None:
        self.verified_count = 0
        """Number of verified passwords, those for unknown accounts included."""
        self._argon2_hasher = argon2.PasswordHasher.from_parameters(parameters)
        self._threads = ThreadPoolExecutor(MAX_CONCURRENT_HASHES, thread_name_prefix="argon2")
        self._dummy_hash: str | None = None
        self._waiting_count = 0

    def hash_password(self, password: str, login: str) -> str:
        """Hash a new password; the call blocks.

        Raises:
            WeakPassword: it would be guessed.
        """
        weak = rules.password_weakness(password, login)
        if weak is not None:
            raise WeakPassword(f"The password {weak}.", "password")
        return self._argon2_hasher.hash(rules.normalise_password(password))

    @contextmanager
    def reserve_slot(self) -> Iterator[None]:
        """Reserve a place in the queue while the block runs.

        Raises:
            HasherOverloaded: too many wait.
        """
        if self._waiting_count >= MAX_CONCURRENT_HASHES + MAX_WAITING_HASHES:
            raise HasherOverloaded
        self._waiting_count += 1
        try:
            yield
        finally:
            self._waiting_count -= 1

    async def verify_password(self, stored_hash: str | None, password: str) -> bool:
        """Return True if the password matches the hash.

        Without a hash the same work is done, and the result is False.
        """
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, self._verify_blocking, stored_hash, password
        )

    async def rehash_if_outdated(self, stored_hash: str, password: str) -> str | None:
        """Return a hash under today's parameters if the stored one has others, else None."""
        if not self._argon2_hasher.check_needs_rehash(stored_hash):
            return None
        plain = rules.normalise_password(password)
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._argon2_hasher.hash, plain)

    def _verify_blocking(self, stored_hash: str | None, password: str) -> bool:
        self.verified_count += 1
        # Truncated: a password too long for any account must cost neither more nor less time than others.
        plain = rules.normalise_password(password)[: rules.MAX_PASSWORD_LENGTH + 1]
        try:
            self._argon2_hasher.verify(stored_hash or self._get_dummy_hash(), plain)
        except (VerificationError, InvalidHashError):
            return False
        return stored_hash is not None

    def _get_dummy_hash(self) -> str:
        if self._dummy_hash is None:
            self._dummy_hash = self._argon2_hasher.hash(secrets.token_urlsafe(32))
        return self._dummy_hash
