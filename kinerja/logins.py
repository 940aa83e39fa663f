"""PostgreSQL as the logins of the roles: a pool for each, opened as somebody comes in that role."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from domain.actor import Role
from domain.wall import rules
from kinerja import database, wall


async def worker(url: str, secret: str | None = None) -> str:
    """The address of a database as the worker's login.

    Raises:
        Unavailable: the database is away, or was not migrated.
    """
    return wall.url_of(url, rules.login(await wall.prefix(url), rules.WORKER), secret)


@asynccontextmanager
async def opened(
    url: str, secret: str | None = None, limits: database.Limits | None = None
) -> AsyncIterator[database.Database]:
    """The database as the worker's login, whose `as_` gives it as the others'; closed at the end of the block.

    Args:
        url: the database, as the role that owns it.
        secret: what their passwords are made from; None where the server asks for none.
        limits: what may be asked of the database; `connections` of each login.

    Raises:
        Unavailable: the database is away, or was not migrated.
    """
    prefix = await wall.prefix(url)
    async with AsyncExitStack() as open_:

        async def pool(name: str | None) -> database.Database:
            address = wall.url_of(url, rules.login(prefix, name), secret)
            return await open_.enter_async_context(database.opened(address, limits))

        worker = await pool(rules.WORKER)
        worker.logins = {name: await pool(name) for name in (*Role, None, rules.ACCESS)}
        yield worker
