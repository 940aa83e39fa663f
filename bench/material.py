"""What the questions need to know of the province, and putting back what the mutations change."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

FUNCTION: Final = Path(__file__).parent / "servers" / "record_evaluation.sql"

PERIOD: Final = "2025-12"
"""The period that is recorded: a month, since each quarter has its evaluations already."""

_POSITIONS: Final = 200
_LEAST_PEOPLE: Final = 5
_LARGEST_PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan whose month can still be recorded, and who may."""

    id: int
    appraiser: int


@dataclass(frozen=True, slots=True)
class Material:
    """Keys of the province."""

    run: int
    positions: Sequence[int]
    plans: Sequence[Plan]
    people: int


async def read(url: str) -> Material:
    """Look the keys up: posts with many holders, the published run, and every plan that can be recorded."""
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
    finally:
        await db.close()
    return Material(run, [row[0] for row in positions], [Plan(*row) for row in plans], people)


async def install(url: str) -> None:
    """Install the function that PostGraphile and the limit server call."""
    db = await asyncpg.connect(url)
    try:
        await db.execute(FUNCTION.read_text())
    finally:
        await db.close()
    await put_back(url)


async def put_back(url: str) -> int:
    """Remove what mutations recorded, so that each turn begins with the same rows; how many those were."""
    db = await asyncpg.connect(url)
    try:
        made = await db.fetchval(
            "SELECT count(*) FROM evaluation WHERE kind = 'BULANAN' AND recorded_on >= '2026-01-01'"
        )
        await db.execute(
            """
            DELETE FROM evaluation WHERE kind = 'BULANAN' AND recorded_on >= '2026-01-01';
            DELETE FROM audit_entry WHERE action = 'RECORD_EVALUATION';
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
