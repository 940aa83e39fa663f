"""Database of the benchmark: one province in one PostgreSQL, reused by later runs.

All servers answer from it.
"""

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

from domain.business_date import commands as calendar
from kinerja.demo import setup
from kinerja.errors import OperatorError
from kinerja.jobs import job_registry
from kinerja.postgres import database, embedded, migrate
from ml.synthetic import generator
from ml.synthetic.loading import frame, load
from ml.synthetic.settings import GeneratorSettings

LineReporter = Callable[[str], None]

ROOT: Final = Path(__file__).parent.parent
BENCH_DATA: Final = ROOT / "var" / "bench"
"""Folder of the bench's data; git ignores it."""

CLUSTER_OPTIONS: Final[Mapping[str, str]] = {
    "shared_buffers": "1GB",
    "effective_cache_size": "3GB",
    # Ours has a pool for each role, and runs three times.
    "max_connections": "300",
    # It would wake up in the middle of somebody's turn; the bench vacuums between turns instead.
    "autovacuum": "off",
}
"""Options of the cluster beside a laptop's settings.

Durability is PostgreSQL's own (fsync, synchronous commit).
"""

_LIMITS: Final = database.ConnectionLimits(
    statement_timeout_ms=600_000, lock_timeout_ms=600_000, idle_timeout_ms=600_000
)


class ProvinceInUse(OperatorError):
    """Another run of the bench uses the same province."""


def find_newest_revision() -> str:
    """Find the newest revision of the tables."""
    config = Config()
    config.set_main_option("script_location", str(importlib.resources.files("migrations")))
    return str(ScriptDirectory.from_config(config).get_current_head())


def locate_province(province: GeneratorSettings) -> Path:
    """Folder of a province of this size."""
    return BENCH_DATA / f"province-{province.employees}-{province.quarters}"


@contextmanager
def open_province_cluster(
    province: GeneratorSettings, say: LineReporter, *, fresh: bool = False
) -> Iterator[embedded.Cluster]:
    """Open a running cluster with the province in it.

    The first run creates it, later runs reuse it, migrated as needed.

    Raises:
        OperatorError: PostgreSQL cannot be used, or a job needed by the data failed.
    """
    home = locate_province(province)
    mark = home / "revision"
    if fresh or not mark.exists():
        _remove_province(home)
    cluster = embedded.Cluster(home, CLUSTER_OPTIONS)
    cluster.start()
    try:
        loaded = mark.read_text() if mark.exists() else None
        if loaded != find_newest_revision():
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(_update_province(cluster.database_url(), province, say, loaded))
            mark.write_text(find_newest_revision())
        yield cluster
    finally:
        cluster.stop()


def _remove_province(home: Path) -> None:
    """Remove the data of an earlier run.

    Raises:
        ProvinceInUse: another run works with it.
    """
    if embedded.Cluster(home).is_running:
        raise ProvinceInUse(f"another bench runs in {home}")
    if home.exists():
        shutil.rmtree(home)


async def _update_province(url: str, province: GeneratorSettings, say: LineReporter, loaded: str | None) -> None:
    """Load the province, or migrate the tables of an earlier run."""
    if loaded is None:
        await _load_bench_province(url, province, say)
        return
    say(f"province: migrating from {loaded} to {find_newest_revision()}")
    await migrate.upgrade_database(url)
    async with database.open_database(url, _LIMITS) as data, data.lend_connection() as connection:
        await connection.execute("VACUUM (FULL, FREEZE, ANALYZE)")  # as close as one that was loaded anew


async def _load_bench_province(url: str, province: GeneratorSettings, say: LineReporter) -> None:
    """Migrate, load, train, score and publish, as the demo does."""
    await migrate.upgrade_database(url)
    async with database.open_database(url, _LIMITS) as data:
        say(f"province: drawing and loading {province.employees:,} people × {province.quarters} quarters")
        drawn = await asyncio.to_thread(generator.generate_province, province)
        async with data.open_transaction() as db:
            await load.load_province(db, drawn)
            await calendar.set_business_date(db, frame.build_quarter(province.quarters).starts_on)
        async with data.lend_connection() as connection:
            await connection.execute("VACUUM ANALYZE")
        await setup.run_setup_jobs(url, data, job_registry.TASK_BY_ENTRYPOINT, say)
        async with data.lend_connection() as connection:
            await connection.execute("VACUUM (FREEZE, ANALYZE)")
