"""Workload material: keys of the province for the questions, and reset of mutations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import asyncpg

from bench.contenders import peer_logins
from bench.workload import actors
from bench.workload.actors import BenchActor
from domain.actor import Role
from kinerja.postgres import migrate, row_security_install

SQL_FILES: Final = tuple(
    Path(__file__).parent.parent / "contenders" / "servers" / name for name in ("record_evaluation.sql", "reads.sql")
)
"""SQL files of PostGraphile and the limit server: schema, command, then reads."""

RECORDED_PERIOD: Final = "2025-12"
"""Recorded period: a month, since each quarter has its evaluations already."""

_POSITIONS: Final = 200
_LEAST_PEOPLE: Final = 5
_LARGEST_PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class RecordablePlan:
    """Plan with a month open for recording, and its appraiser."""

    id: int
    appraiser: int


@dataclass(frozen=True, slots=True)
class WorkloadMaterial:
    """Keys of the province for the questions."""

    run: int
    positions: Sequence[int]
    plans: Sequence[RecordablePlan]
    people: int
    actors: Mapping[Role, Sequence[BenchActor]] = field(default_factory=dict)


async def load_material(url: str) -> WorkloadMaterial:
    """Load the keys of the workload.

    Posts with many holders, the published run, and every plan open for recording.
    """
    db = await asyncpg.connect(url)
    try:
        run = await db.fetchval("SELECT run_id FROM published_run")
        positions = await db.fetch(
            "SELECT position_id FROM person WHERE position_id IS NOT NULL GROUP BY position_id"
            " HAVING count(*) >= $1 ORDER BY md5(position_id::text) LIMIT $2",
            _LEAST_PEOPLE,
            _POSITIONS,
        )
        plans = await db.fetch(
            """
            SELECT p.id, l.appraiser_id FROM plan p
            JOIN appraiser_line l ON l.person_id = p.person_id
            CROSS JOIN business_date b
            WHERE p.active AND p.starts_on <= '2025-12-01' AND p.ends_on >= '2025-12-31'
                AND l.starts_on <= b.today AND (l.ends_on >= b.today OR l.ends_on IS NULL)
            ORDER BY md5(p.id::text)
            """
        )
        people = await db.fetchval("SELECT count(*) FROM person")
        who = await actors.load_bench_actors(db, run)
    finally:
        await db.close()
    return WorkloadMaterial(run, [row[0] for row in positions], [RecordablePlan(*row) for row in plans], people, who)


async def install_database_objects(url: str) -> str:
    """Install the functions of PostGraphile and the limit server, and PostGraphile's login.

    Returns the prefix of the logins.
    """
    await migrate.upgrade_database(url)  # row security of the code today, not of the day of the load
    prefix = await row_security_install.load_login_prefix(url)
    db = await asyncpg.connect(url)
    try:
        for path in SQL_FILES:
            await db.execute(path.read_text())
        await peer_logins.install_peer_logins(db, prefix)
    finally:
        await db.close()
    await delete_recorded_rows(url)
    return prefix


async def delete_recorded_rows(url: str) -> int:
    """Delete the rows recorded by mutations; returns their number.

    Each turn then begins with the same rows. The audit trail forbids any deletion, except in the replica role, with
    triggers at rest: nothing is locked for it.
    """
    db = await asyncpg.connect(url)
    try:
        made = await db.fetchval(
            "SELECT count(*) FROM evaluation WHERE kind = 'BULANAN' AND recorded_on >= '2026-01-01'"
        )
        await db.execute(
            """
            DELETE FROM evaluation WHERE kind = 'BULANAN' AND recorded_on >= '2026-01-01';
            SET session_replication_role = replica;
            DELETE FROM audit_entry WHERE action = 'RECORD_EVALUATION';
            SET session_replication_role = origin;
            DELETE FROM command_key WHERE mutation = 'recordEvaluation';
            DELETE FROM event WHERE topic = 'EVALUATION_RECORDED';
            """
        )
        for table in ("evaluation", "audit_entry", "command_key", "event"):
            await db.execute(f"VACUUM {table}")
        await db.execute("CHECKPOINT")
    finally:
        await db.close()
    return int(made)
