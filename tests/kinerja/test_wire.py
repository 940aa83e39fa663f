"""Responses leave in one write where head and body come together, and lose no byte where they do not."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest

from kinerja import wire

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"


class Written:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        """Keep it."""
        assert not self.closed
        self.parts.append(data)

    def close(self) -> None:
        """Take no more."""
        self.closed = True

    def is_closing(self) -> bool:
        """Whether it takes no more."""
        return self.closed

    def get_extra_info(self, name: str) -> str:
        """What was asked for."""
        return name


@pytest.fixture
async def made() -> Callable[[], tuple[wire.Together, Written]]:
    def make() -> tuple[wire.Together, Written]:
        below = Written()
        return wire.Together(cast("Any", below), asyncio.get_running_loop()), below

    return make


Made = Callable[[], tuple[wire.Together, Written]]


async def test_head_and_body_are_one_write(made: Made) -> None:
    transport, below = made()
    for _ in range(3):
        transport.write(HEAD)
        transport.write(b"{}")
    await asyncio.sleep(0)
    assert below.parts == [HEAD + b"{}"] * 3


async def test_a_head_does_not_wait_for_a_body_that_is_late(made: Made) -> None:
    transport, below = made()
    transport.write(HEAD)
    assert below.parts == []
    await asyncio.sleep(0)
    assert below.parts == [HEAD]
    transport.write(b"data: 1")
    assert below.parts == [HEAD, b"data: 1"]


async def test_closing_sends_what_was_held_back(made: Made) -> None:
    transport, below = made()
    transport.write(HEAD)
    transport.close()
    await asyncio.sleep(0)
    assert (below.parts, below.closed) == ([HEAD], True)


async def test_a_connection_that_broke_is_not_written_to(made: Made) -> None:
    transport, below = made()
    transport.write(HEAD)
    below.closed = True
    await asyncio.sleep(0)
    assert below.parts == []


async def test_the_rest_is_the_transports_own(made: Made) -> None:
    transport, _ = made()
    assert transport.get_extra_info("peername") == "peername"
