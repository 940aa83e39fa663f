"""The town in a database of its own, and requests by either executor."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace

import pytest

from kinerja.postgres import database, role_pools
from tests.access import permissions, planted_leaks, town, town_service
from tests.conftest import _temporary_database


@pytest.fixture(scope="session")
def town_url(server: Callable[[str], str], template: str) -> Iterator[str]:
    """An empty database for the town."""
    with _temporary_database(server, f"kinerja_town_{os.getpid()}", template) as name:
        yield server(name)


@pytest.fixture(scope="session")
async def place(town_url: str) -> AsyncIterator[town_service.TownService]:
    """The town, and the two executors of the served schema over it; row security hides nothing from them."""
    async with database.open_database(town_url) as data:
        async with data.open_transaction() as db:
            built = await town.build_town(db)
        yield town_service.TownService(
            built,
            data,
            town_service.create_served_graph(),
            data,
            planted_leaks.compile_with_leak(planted_leaks.open_everything),
        )


@pytest.fixture(scope="session")
async def walled(town_url: str, place: town_service.TownService) -> AsyncIterator[town_service.TownService]:
    """The same through the logins of the roles, so that row security stands beneath."""
    async with role_pools.open_role_pools(town_url) as data:
        yield replace(place, data=data)


@pytest.fixture(scope="session")
async def permission_proof(place: town_service.TownService) -> permissions.PermissionProof:
    """Every operation restricted by role as every actor."""
    return await permissions.build_proof(place)
