"""The migrations: they make what the code expects, can be undone, and may be run by many at once."""

import asyncio
from typing import Any

import pytest
from alembic.util.exc import CommandError

from kinerja.postgres import database, migrate


async def rows(url: str, sql: str) -> list[tuple[Any, ...]]:
    connection = await database.connect_unpooled(url)
    try:
        return [tuple(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


SHAPE = """
SELECT table_name, column_name, data_type, is_nullable, column_default, collation_name
FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), NULL, NULL, NULL
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL
SELECT tablename, indexname, indexdef, NULL, NULL, NULL FROM pg_indexes WHERE schemaname = 'public'
ORDER BY 1, 2, 3
"""


async def test_the_tables_in_the_code_are_those_in_the_database(own_url: str) -> None:
    await migrate.check_drift(own_url)


async def test_up_down_up_comes_to_the_same(bare_url: str) -> None:
    await migrate.upgrade_database(bare_url)
    first = await rows(bare_url, SHAPE)
    await migrate.downgrade_database(bare_url, "base")
    left = await rows(bare_url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    await migrate.upgrade_database(bare_url)
    assert await rows(bare_url, SHAPE) == first
    assert left == [("alembic_version",)]
    assert len(first) > 50


async def test_many_may_start_at_once(bare_url: str) -> None:
    await asyncio.gather(*(migrate.upgrade_database(bare_url) for _ in range(3)))
    await migrate.check_drift(bare_url)
    assert len(await rows(bare_url, "SELECT version_num FROM alembic_version")) == 1


async def test_the_queue_has_a_schema_of_its_own(own_url: str) -> None:
    found = await rows(own_url, "SELECT tablename FROM pg_tables WHERE schemaname = 'queue' ORDER BY 1")
    assert ("pgqueuer",) in found
    assert await rows(own_url, "SELECT 1 FROM pg_tables WHERE schemaname = 'public' AND tablename ~ 'pgq'") == []


async def test_an_unknown_revision_is_told_in_a_line(own_url: str) -> None:
    with pytest.raises(CommandError, match="nonsense"):
        await migrate.upgrade_database(own_url, "nonsense")


async def test_a_drift_is_found(own_url: str) -> None:
    await rows(own_url, "ALTER TABLE business_date ADD COLUMN surplus int")
    with pytest.raises(CommandError, match="surplus"):
        await migrate.check_drift(own_url)
