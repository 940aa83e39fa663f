"""The tables of PgQueuer, in a schema of their own; docs/decisions/0003-queue.md says why PgQueuer."""

from typing import Any, Final

from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence import qb
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.settings import DBSettings

from kinerja.postgres import database

QUEUE_SCHEMA: Final = "queue"

_SETTINGS: Final = DBSettings(db_schema=QUEUE_SCHEMA)


def build_queries(connection: Any) -> Queries:
    """PgQueuer's statements, run on a bare asyncpg connection and so in its transaction, if it has one."""
    return Queries(
        AsyncpgDriver(connection),
        qb.QueryBuilderEnvironment(_SETTINGS),
        qb.QueryQueueBuilder(_SETTINGS),
        qb.QuerySchedulerBuilder(_SETTINGS),
    )


async def install_queue_tables(url: str) -> None:
    """Make the queue's tables, or bring those of an older PgQueuer up to this one."""
    connection = await database.connect_unpooled(url, database.ConnectionLimits(statement_timeout_ms=300_000))
    try:
        queue = build_queries(connection)
        if await queue.schema_is_installed():
            await queue.apply_upgrade()
        else:
            await queue.install()
    finally:
        await connection.close()
