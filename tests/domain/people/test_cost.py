"""What moving costs in a whole province."""

import statistics
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

import pytest

from kinerja import database
from ml.population import generator, load
from ml.population.loading import frame
from ml.population.settings import Settings

PEOPLE = 70_000
QUARTERS = 12
LIMITS = database.Limits(connections=1, statement_ms=900_000, lock_ms=60_000, idle_ms=900_000)

SOME = "SELECT id FROM person WHERE appraiser_id IS NOT NULL ORDER BY hashint8(id) LIMIT 30"
OTHER = (
    "UPDATE person SET appraiser_id = (SELECT min(id) FROM person WHERE id <> $1 AND unit_id IS NOT NULL)"
    " WHERE id = $1"
)
LARGE = (
    "SELECT u.id, u.path, count(*) FROM unit u JOIN person p ON starts_with(p.unit_path, u.path)"
    " WHERE u.depth > 0 GROUP BY u.id ORDER BY abs(count(*) - $1) LIMIT 1"
)
ELSEWHERE = (
    "SELECT path FROM unit WHERE depth = 1 AND NOT starts_with(path, $1) AND NOT starts_with($1, path)"
    " ORDER BY id LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds: for one person, the median of thirty; for a unit of `people`; for a new business date."""

    one: float
    unit: float
    people: int
    day: float


async def seconds(work: Awaitable[Any]) -> float:
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


@pytest.mark.long
async def test_what_moving_costs(own_url: str) -> None:
    async with database.opened(own_url, LIMITS) as data:
        async with data.write() as db:
            await load.load(db, generator.draw(Settings(employees=PEOPLE, quarters=QUARTERS, seed=7)))
        async with data.lend() as connection:
            await connection.execute("VACUUM ANALYZE")
            cost = await measured(connection)
    holds = cost.one < 0.1 and cost.unit < 60 and cost.day < 60
    print(
        f"\n{PEOPLE} people × {QUARTERS} quarters: one person moves in {cost.one * 1000:.0f} ms (bar 100), a unit of"
    )
    print(f"{cost.people} in {cost.unit:.1f} s (bar 60), everybody is brought to a day in {cost.day:.1f} s (bar 60):")
    print("holds" if holds else "does NOT hold")
    assert holds


async def measured(connection: Any) -> Cost:
    """What moves cost; no copy is untrue after any of them."""
    some = [row[0] for row in await connection.fetch(SOME)]
    one = statistics.median([await seconds(connection.execute(OTHER, person)) for person in some])
    unit, path, people = await connection.fetchrow(LARGE, PEOPLE // 14)
    above = await connection.fetchval(ELSEWHERE, path)
    moved = "UPDATE unit SET path = $2 WHERE id = $1"
    many = await seconds(connection.execute(moved, unit, f"{above}{unit}."))
    assert await connection.fetchval("SELECT mend_copies()") == 0
    today = frame.quarter(QUARTERS).starts_on
    day = await seconds(connection.fetch("SELECT follow_people(NULL, $1), mend_copies()", today))
    return Cost(one, many, people, day)
