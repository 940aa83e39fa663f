"""What moving costs in a whole province."""

import statistics
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

import pytest

from kinerja.postgres import database
from ml.synthetic import generator
from ml.synthetic.loading import frame, load
from ml.synthetic.settings import GeneratorSettings

PEOPLE = 70_000
QUARTERS = 12
LIMITS = database.ConnectionLimits(
    max_connections=1, statement_timeout_ms=900_000, lock_timeout_ms=60_000, idle_timeout_ms=900_000
)

SAMPLE_PEOPLE = "SELECT id FROM person WHERE appraiser_id IS NOT NULL ORDER BY hashint8(id) LIMIT 30"
OTHER_APPRAISER = (
    "UPDATE person SET appraiser_id = (SELECT min(id) FROM person WHERE id <> $1 AND unit_id IS NOT NULL)"
    " WHERE id = $1"
)
LARGE_UNIT = (
    "SELECT u.id, u.path, count(*) FROM unit u JOIN person p ON starts_with(p.unit_path, u.path)"
    " WHERE u.depth > 0 GROUP BY u.id ORDER BY abs(count(*) - $1) LIMIT 1"
)
OTHER_PARENT = (
    "SELECT path FROM unit WHERE depth = 1 AND NOT starts_with(path, $1) AND NOT starts_with($1, path)"
    " ORDER BY id LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class MoveCost:
    """Seconds: for one person, the median of thirty; for a unit of `people`; for a new business date."""

    one_person: float
    unit: float
    people: int
    day: float


async def measure_seconds(work: Awaitable[Any]) -> float:
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


@pytest.mark.long
async def test_what_moving_costs(own_url: str) -> None:
    async with database.open_database(own_url, LIMITS) as data:
        async with data.open_transaction() as db:
            await load.load_province(
                db, generator.generate_province(GeneratorSettings(employees=PEOPLE, quarters=QUARTERS, seed=7))
            )
        async with data.lend_connection() as connection:
            await connection.execute("VACUUM ANALYZE")
            cost = await measure_moves(connection)
    holds = cost.one_person < 0.1 and cost.unit < 60 and cost.day < 60
    print(
        f"\n{PEOPLE} people × {QUARTERS} quarters:"
        f" one person moves in {cost.one_person * 1000:.0f} ms (bar 100), a unit of"
    )
    print(f"{cost.people} in {cost.unit:.1f} s (bar 60), everybody is brought to a day in {cost.day:.1f} s (bar 60):")
    print("holds" if holds else "does NOT hold")
    assert holds


async def measure_moves(connection: Any) -> MoveCost:
    """What moves cost; no copy is untrue after any of them."""
    some = [row[0] for row in await connection.fetch(SAMPLE_PEOPLE)]
    one = statistics.median([await measure_seconds(connection.execute(OTHER_APPRAISER, person)) for person in some])
    unit, path, people = await connection.fetchrow(LARGE_UNIT, PEOPLE // 14)
    above = await connection.fetchval(OTHER_PARENT, path)
    moved = "UPDATE unit SET path = $2 WHERE id = $1"
    many = await measure_seconds(connection.execute(moved, unit, f"{above}{unit}."))
    assert await connection.fetchval("SELECT mend_copies()") == 0
    today = frame.build_quarter(QUARTERS).starts_on
    day = await measure_seconds(connection.fetch("SELECT follow_people(NULL, $1), mend_copies()", today))
    return MoveCost(one, many, people, day)
