"""The town in a database of its own, and requests by either executor."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace

import pytest

from kinerja import database, logins
from tests.access import asking, planting, town
from tests.conftest import _made


@pytest.fixture(scope="session")
def town_url(server: Callable[[str], str], template: str) -> Iterator[str]:
    """An empty database for the town."""
    with _made(server, f"kinerja_town_{os.getpid()}", template) as name:
        yield server(name)


@pytest.fixture(scope="session")
async def place(town_url: str) -> AsyncIterator[asking.Place]:
    """The town, and the two executors of the served schema over it; row security hides nothing from them."""
    async with database.opened(town_url) as data:
        async with data.write() as db:
            built = await town.build(db)
        yield asking.Place(built, data, asking.served(), data, planting.graph_with(planting.everything))


@pytest.fixture(scope="session")
async def walled(town_url: str, place: asking.Place) -> AsyncIterator[asking.Place]:
    """The same through the logins of the roles, so that row security stands beneath."""
    async with logins.opened(town_url) as data:
        yield replace(place, data=data)
