"""The data that all servers answer from: one province in one PostgreSQL, kept from run to run."""

import asyncio
import importlib.resources
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import uvloop
from alembic.config import Config
from alembic.script import ScriptDirectory

from domain.calendar import commands as calendar
from kinerja import database, embedded, migrate, work
from kinerja.demo import prepare
from kinerja.failures import CannotRun
from ml.population import generator, load
from ml.population.loading import frame
from ml.population.settings import Settings

Say = Callable[[str], None]

ROOT: Final = Path(__file__).parent.parent
KEPT: Final = ROOT / "var" / "bench"
"""Where the bench keeps what it makes; git ignores it."""

OPTIONS: Final[Mapping[str, str]] = {
    "shared_buffers": "1GB",
    "effective_cache_size": "3GB",
    # Ours has a pool for each role, and runs three times.
    "max_connections": "300",
    # It would wake up in the middle of somebody's turn; the bench vacuums between turns instead.
    "autovacuum": "off",
}
"""What the cluster has beside a laptop's settings; durability is PostgreSQL's own (fsync, synchronous commit)."""

_LIMITS: Final = database.Limits(statement_ms=600_000, lock_ms=600_000, idle_ms=600_000)


class ProvinceInUse(CannotRun):
    """Another run of the bench works with the same province."""


def revision() -> str:
    """The newest revision of the tables."""
    config = Config()
    config.set_main_option("script_location", str(importlib.resources.files("migrations")))
    return str(ScriptDirectory.from_config(config).get_current_head())


def folder(province: Settings) -> Path:
    """Where a province of this size is kept."""
    return KEPT / f"province-{province.employees}-{province.quarters}"


@contextmanager
def served(province: Settings, say: Say, *, fresh: bool = False) -> Iterator[embedded.Cluster]:
    """A running cluster with the province in it, made by the first run, kept for the next, and migrated as needed.

    Raises:
        CannotRun: PostgreSQL cannot be used, or a job that the data need failed.
    """
    home = folder(province)
    mark = home / "revision"
    if fresh or not mark.exists():
        _forget(home)
    cluster = embedded.Cluster(home, OPTIONS)
    cluster.start()
    try:
        loaded = mark.read_text() if mark.exists() else None
        if loaded != revision():
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(_current(cluster.url(), province, say, loaded))
            mark.write_text(revision())
        yield cluster
    finally:
        cluster.stop()


def _forget(home: Path) -> None:
    """Remove what an earlier run left.

    Raises:
        ProvinceInUse: another run works with it.
    """
    if embedded.Cluster(home).running:
        raise ProvinceInUse(f"another bench runs in {home}")
    if home.exists():
        shutil.rmtree(home)


async def _current(url: str, province: Settings, say: Say, loaded: str | None) -> None:
    """Load the province, or bring the tables of an earlier run to today's."""
    if loaded is None:
        await _fill(url, province, say)
        return
    say(f"province: migrating from {loaded} to {revision()}")
    await migrate.upgrade(url)
    async with database.opened(url, _LIMITS) as data, data.lend() as connection:
        await connection.execute("VACUUM (FULL, FREEZE, ANALYZE)")  # as close as one that was loaded anew


async def _fill(url: str, province: Settings, say: Say) -> None:
    """Migrate, load, train, score and publish, as the demo does."""
    await migrate.upgrade(url)
    async with database.opened(url, _LIMITS) as data:
        say(f"province: drawing and loading {province.employees:,} people × {province.quarters} quarters")
        drawn = await asyncio.to_thread(generator.draw, province)
        async with data.write() as db:
            await load.load(db, drawn)
            await calendar.set_day(db, frame.quarter(province.quarters).starts_on)
        async with data.lend() as connection:
            await connection.execute("VACUUM ANALYZE")
        await prepare.work_off(url, data, work.TASKS, say)
        async with data.lend() as connection:
            await connection.execute("VACUUM (FREEZE, ANALYZE)")
