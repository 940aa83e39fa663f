"""Connection pool for the login of each role; connections are opened on demand."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from domain.access.row_security import policies
from domain.actor import Role
from kinerja.postgres import database, row_security_install


async def build_worker_url(url: str, secret: str | None = None) -> str:
    """Return the URL of a database under the worker's login.

    Raises:
        DatabaseUnavailable: the database is unreachable, or was not migrated.
    """
    return row_security_install.build_login_url(
        url, policies.login_name(await row_security_install.load_login_prefix(url), policies.WORKER_LOGIN), secret
    )


@asynccontextmanager
async def open_role_pools(
    url: str, secret: str | None = None, limits: database.ConnectionLimits | None = None
) -> AsyncIterator[database.Database]:
    """Open the database under the worker's login; its `as_login` returns the other logins'.

    All are closed at the end of the block.

    Args:
        url: the database, as the role that owns it.
        secret: source of the logins' passwords; None for a server without passwords.
        limits: limits of the connections; `max_connections` of each login.

    Raises:
        DatabaseUnavailable: the database is unreachable, or was not migrated.
    """
    prefix = await row_security_install.load_login_prefix(url)
    async with AsyncExitStack() as open_:

        async def pool(name: str | None) -> database.Database:
            address = row_security_install.build_login_url(url, policies.login_name(prefix, name), secret)
            return await open_.enter_async_context(database.open_database(address, limits))

        worker = await pool(policies.WORKER_LOGIN)
        worker.by_login = {name: await pool(name) for name in (*Role, None, policies.ACCESS_LOG_LOGIN)}
        yield worker
