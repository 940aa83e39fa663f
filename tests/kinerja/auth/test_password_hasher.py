"""Hashes of passwords: what may be set may be signed in with."""

import argon2.profiles
import pytest

from domain.account import rules
from kinerja.auth.password_hasher import PasswordHasher


@pytest.mark.parametrize(
    "password",
    [
        "kopi tubruk di pagi hari",
        "cafe\u0301 " * 25,  # 125 letters as they are hashed, 150 as some keyboards write them
        "\ufdfa hari ini \u00bd kopi",
    ],
)
async def test_a_password_that_was_taken_is_known_again(password: str) -> None:
    hasher = PasswordHasher(argon2.profiles.CHEAPEST)
    known = hasher.hash_password(password, "siti.aminah")
    assert await hasher.verify_password(known, password)
    assert not await hasher.verify_password(known, password[:-1] + "x")
    assert await hasher.rehash_if_outdated(known, password) is None


async def test_a_password_that_is_longer_than_any_is_none() -> None:
    hasher = PasswordHasher(argon2.profiles.CHEAPEST)
    longest = ("kopi tubruk " * 11)[: rules.MAX_PASSWORD_LENGTH]
    known = hasher.hash_password(longest, "siti.aminah")
    assert await hasher.verify_password(known, longest)
    assert not await hasher.verify_password(known, longest + "a")
    assert not await hasher.verify_password(known, longest + "a" * 800)
