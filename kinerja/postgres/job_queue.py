"""PgQueuer's tables, in a schema of their own; reasons in docs/decisions/0003-queue.md."""

from typing import Any, Final

from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence import qb
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.settings import DBSettings

from kinerja.postgres import database

QUEUE_SCHEMA: Final = "queue"

_SETTINGS: Final = DBSettings(db_schema=QUEUE_SCHEMA)


def build_queries(connection: Any) -> Queries:
    """Build PgQueuer's statements on a bare asyncpg connection, within its transaction if it has one."""
    return Queries(
        AsyncpgDriver(connection),
        qb.QueryBuilderEnvironment(_SETTINGS),
        qb.QueryQueueBuilder(_SETTINGS),
        qb.QuerySchedulerBuilder(_SETTINGS),
    )


async def install_queue_tables(url: str) -> None:
    """Create the queue's tables, or upgrade those of an older PgQueuer."""
    connection = await database.connect_unpooled(url, database.ConnectionLimits(statement_timeout_ms=300_000))
    try:
        queue = build_queries(connection)
        if await queue.schema_is_installed():
            await queue.apply_upgrade()
        else:
            await queue.install()
    finally:
        await connection.close()
