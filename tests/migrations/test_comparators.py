"""The comparison of migrations sees what PostgreSQL holds and Alembic alone does not compare."""

import importlib.util
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from unittest import mock

import pytest
import sqlalchemy as sa
from alembic.util.exc import CommandError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from kinerja.postgres import database, migrate
from migrations import comparators
from tests.kinerja.postgres.test_migrate import SHAPE, rows
from tests.test_house import ROOT, tables

MEMBERS = re.compile(r"(\w+) IN \(.*\)")


def checks() -> list[sa.CheckConstraint]:
    """Every CHECK of the tables in the code."""
    return [
        constraint
        for table in tables()
        for constraint in sorted(table.constraints, key=lambda constraint: str(constraint.name))
        if isinstance(constraint, sa.CheckConstraint)
    ]


def check_named(name: str) -> sa.CheckConstraint:
    (found,) = (constraint for constraint in checks() if constraint.name == name)
    return found


def planted(constraint: sa.CheckConstraint) -> sa.TextClause:
    """The text of a CHECK with one more member of its enumeration, or with another meaning."""
    text = str(constraint.sqltext)
    if MEMBERS.fullmatch(text):
        return sa.text(f"{text[:-1]}, 'PLANTED')")
    return sa.text(f"({text}) IS TRUE")


async def execute(url: str, *statements: str) -> None:
    connection = await database.connect_unpooled(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def compare(url: str, step: Callable[[sa.Connection], None]) -> None:
    """Run `step` on a connection of SQLAlchemy's."""

    async def connect() -> object:
        return await database.connect_unpooled(url)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(step)
    finally:
        await engine.dispose()


@pytest.fixture
def versions(tmp_path: Path) -> Iterator[Path]:
    """The revisions of a copy of `migrations/`, which takes the drafts."""
    folder = tmp_path / "migrations"
    shutil.copytree(ROOT / "migrations", folder, ignore=shutil.ignore_patterns("__pycache__"))
    with mock.patch("importlib.resources.files", return_value=folder):
        yield folder / "versions"


def drafted(versions: Path, title: str) -> str:
    (revision,) = versions.glob(f"*_{title}.py")
    return revision.read_text()


async def test_a_change_of_any_check_is_found(module_url: str) -> None:
    every = {table.name: table for table in tables()}

    def step(connection: sa.Connection) -> None:
        assert comparators.find_differences(connection, every) == []
        for constraint in checks():
            table = constraint.table
            assert isinstance(table, sa.Table)
            with mock.patch.object(constraint, "sqltext", planted(constraint)):
                (found,) = comparators.find_differences(connection, {table.name: table})
            assert found.part == comparators.Part(table.name, "check", str(constraint.name))
            assert found.database != found.code

    assert sum(MEMBERS.fullmatch(str(constraint.sqltext)) is not None for constraint in checks()) >= 41
    await compare(module_url, step)


async def test_all_tables_are_compared_in_a_moment(module_url: str) -> None:
    every = {table.name: table for table in tables()}

    def step(connection: sa.Connection) -> None:
        comparators.find_differences(connection, every)
        began = time.perf_counter()
        comparators.find_differences(connection, every)
        took = time.perf_counter() - began
        print(f"\n{len(every)} tables, {len(checks())} CHECKs compared in {took * 1000:.0f} ms")
        assert took < 5

    await compare(module_url, step)


async def test_nothing_is_left_of_a_comparison(own_url: str) -> None:
    await migrate.check_drift(own_url)
    connection = await database.connect_unpooled(own_url)
    try:
        schemas = await connection.fetch("SELECT nspname FROM pg_namespace WHERE nspname ~ '^kinerja'")
        assert schemas == []
    finally:
        await connection.close()


INSERTS = {
    "ck_job__kind": "INSERT INTO job (kind, status, params, requested_at) VALUES ('PLANTED', 'QUEUED', '{}', now())",
    "ck_person__employment": (
        "INSERT INTO person (nip, name, employment, joined_on) "
        "VALUES ('198609262015051001', 'Siti', 'PLANTED', '2015-05-01')"
    ),
    "ck_unit__kind": (
        "INSERT INTO unit (code, name, kind, path, depth, starts_on) "
        "VALUES ('9', 'Dinas', 'PLANTED', '9.', 0, '2020-01-01')"
    ),
}
"""A row with the new member, by the CHECK that must let it pass."""


async def test_a_draft_takes_new_members_up_down_and_up(own_url: str, versions: Path) -> None:
    with ExitStack() as plants:
        for name in INSERTS:
            constraint = check_named(name)
            plants.enter_context(mock.patch.object(constraint, "sqltext", planted(constraint)))
        with pytest.raises(CommandError) as drift:
            await migrate.check_drift(own_url)
        await migrate.draft_revision(own_url, "planted")
        await migrate.upgrade_database(own_url)
        await migrate.check_drift(own_url)
        await execute(own_url, *INSERTS.values(), "DELETE FROM job", "DELETE FROM person", "DELETE FROM unit")
        await migrate.downgrade_database(own_url, "-1")
        for name, insert in INSERTS.items():
            with pytest.raises(Exception, match=name):
                await execute(own_url, insert)
        await migrate.upgrade_database(own_url)
        await execute(own_url, *INSERTS.values())
    text = drafted(versions, "planted")
    for name in INSERTS:
        assert name in str(drift.value)
        table = name.split("__", maxsplit=1)[0].removeprefix("ck_")
        assert text.count(f'op.drop_constraint(op.f("{name}"), "{table}", type_="check")') == 2
    assert text.count("op.create_check_constraint(") == 2 * len(INSERTS)
    assert text.count("'PLANTED'") == len(INSERTS)
    assert text.count("IN (") == 2 * len(INSERTS)
    assert "ARRAY" not in text
    assert "op.execute" not in text


async def test_a_new_check_of_a_new_column_and_one_of_a_dropped_column(own_url: str, versions: Path) -> None:
    apart = sa.MetaData(naming_convention=tables()[0].metadata.naming_convention)
    for table in tables():
        table.to_metadata(apart)
    job = apart.tables["job"]
    job.append_column(sa.Column("place", sa.Text, nullable=True))
    job.append_constraint(sa.CheckConstraint(r"place IN ('a', '\:b', 'c''d', 'é')", name="place"))
    await execute(
        own_url,
        "ALTER TABLE job ADD COLUMN gone text CONSTRAINT ck_job__gone CHECK (gone NOT IN ('x', ' :y', '100%'))",
    )
    with mock.patch("sqlmodel.SQLModel.metadata", apart):
        await migrate.draft_revision(own_url, "places")
        await migrate.upgrade_database(own_url)
        await migrate.check_drift(own_url)
        await execute(
            own_url, INSERTS["ck_job__kind"].replace("kind", "place, kind").replace("'PLANTED'", "':b', 'SCORE_RISK'")
        )
    await migrate.downgrade_database(own_url, "-1")
    with pytest.raises(Exception, match="ck_job__gone"):
        await execute(
            own_url, INSERTS["ck_job__kind"].replace("kind", "gone, kind").replace("'PLANTED'", "' :y', 'SCORE_RISK'")
        )


DRIFTS = {
    "ck_person__nip": ["ALTER TABLE person DROP CONSTRAINT ck_person__nip"],
    "ck_job__more": ["ALTER TABLE job ADD CONSTRAINT ck_job__more CHECK (done < 9) NO INHERIT"],
    "ck_job__done": [
        "ALTER TABLE job DROP CONSTRAINT ck_job__done",
        "ALTER TABLE job ADD CONSTRAINT ck_job__done CHECK (done BETWEEN 0 AND total) NOT VALID",
    ],
    "ex_incumbency__one_at_a_time": ["ALTER TABLE incumbency DROP CONSTRAINT ex_incumbency__one_at_a_time"],
    "ex_unit_placement__one_at_a_time": [
        "ALTER TABLE unit_placement DROP CONSTRAINT ex_unit_placement__one_at_a_time",
        "ALTER TABLE unit_placement ADD CONSTRAINT ex_unit_placement__one_at_a_time "  # noqa: ISC004 - one statement
        "EXCLUDE USING gist (int8range(unit_id, id, '[]') WITH &&)",
    ],
    "pk_business_date": ["ALTER TABLE business_date DROP CONSTRAINT pk_business_date"],
    "uq_model__champion": [
        "DROP INDEX uq_model__champion",
        "CREATE UNIQUE INDEX uq_model__champion ON model (label) WHERE status = 'RETIRED'",
    ],
    "ix_role_grant__account_id": [
        "DROP INDEX ix_role_grant__account_id",
        "CREATE INDEX ix_role_grant__account_id ON role_grant USING brin (account_id int8_bloom_ops)",
    ],
    "ix_login_session__grant_id": [
        "DROP INDEX ix_login_session__grant_id",
        "CREATE INDEX ix_login_session__grant_id ON login_session (grant_id) INCLUDE (id)",
    ],
    "'nip'": ['ALTER TABLE person ALTER COLUMN nip TYPE text COLLATE "default"'],
    "'failures'": ["ALTER TABLE account ALTER COLUMN failures SET DEFAULT 3"],
    "'origin'": ["ALTER TABLE audit_entry ALTER COLUMN origin DROP DEFAULT"],
}
"""Statements that change the database behind the code's back, by the name of what they change."""


@pytest.mark.filterwarnings("ignore:Can't validate argument 'dialect_options'")  # SQLAlchemy's, of NOT VALID
async def test_a_drift_is_found_and_a_draft_takes_it_back(own_url: str, versions: Path) -> None:
    for statements in DRIFTS.values():
        await execute(own_url, *statements)
    drifted = await rows(own_url, SHAPE)
    with pytest.raises(CommandError) as drift:
        await migrate.check_drift(own_url)
    assert [name for name in DRIFTS if name not in str(drift.value)] == []
    await migrate.draft_revision(own_url, "mended")
    await migrate.upgrade_database(own_url)
    await migrate.check_drift(own_url)
    await migrate.downgrade_database(own_url, "-1")
    assert await rows(own_url, SHAPE) == drifted


@pytest.mark.filterwarnings("ignore:Computed default")
async def test_another_generated_column_is_told_by_name(own_url: str) -> None:
    await execute(own_url, "ALTER TABLE person ALTER COLUMN name_words DROP EXPRESSION")
    with pytest.raises(CommandError, match=r"person\.name_words is .* by hand"):
        await migrate.check_drift(own_url)


async def test_a_check_of_no_column_is_told(own_url: str) -> None:
    constraint = check_named("ck_job__kind")
    with (
        mock.patch.object(constraint, "sqltext", sa.text("kindd IN ('SCORE')")),
        pytest.raises(CommandError, match=r'cannot be built in this database: .*"kindd" does not exist'),
    ):
        await migrate.check_drift(own_url)


async def test_a_draft_needs_no_ruff(own_url: str, versions: Path) -> None:
    await execute(own_url, "ALTER TABLE job ADD COLUMN surplus int")
    find = importlib.util.find_spec

    def without_ruff(name: str, package: str | None = None) -> object:
        return None if name == "ruff" else find(name, package)

    with mock.patch("importlib.util.find_spec", without_ruff):
        await migrate.draft_revision(own_url, "bare")
    assert "op.drop_column('job', 'surplus')" in drafted(versions, "bare")
