"""The tables of PgQueuer, in a schema of their own; docs/decisions/0003-queue.md says why PgQueuer."""

from typing import Any, Final

from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence import qb
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.settings import DBSettings

from kinerja import database

SCHEMA: Final = "queue"

_SETTINGS: Final = DBSettings(db_schema=SCHEMA)


def queries(connection: Any) -> Queries:
    """PgQueuer's statements, run on a bare asyncpg connection and so in its transaction, if it has one."""
    return Queries(
        AsyncpgDriver(connection),
        qb.QueryBuilderEnvironment(_SETTINGS),
        qb.QueryQueueBuilder(_SETTINGS),
        qb.QuerySchedulerBuilder(_SETTINGS),
    )


async def install(url: str) -> None:
    """Make the queue's tables, or bring those of an older PgQueuer up to this one."""
    connection = await database.connect(url, database.Limits(statement_ms=300_000))
    try:
        queue = queries(connection)
        if await queue.schema_is_installed():
            await queue.apply_upgrade()
        else:
            await queue.install()
    finally:
        await connection.close()
