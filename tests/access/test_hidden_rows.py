"""Another's id is answered like one that there is not: in words, codes, statements, rows touched and time."""

import json
import math
import statistics
import time
from collections.abc import Iterator
from random import Random
from typing import Any, Final

import pytest

from domain.actor import Actor
from resolvers.graph import global_ids
from resolvers.operations import Operation
from tests.access import access_oracle
from tests.access.graph_paths import PathWriter
from tests.access.town import ACTORS, POSTS, TownRow
from tests.access.town_service import EXECUTORS, TownService, format_answer

MISSING: Final = 999_999
MAX_EXTRA_BLOCKS: Final = 3
"""Blocks more than a missing row costs that a hidden one may cost: its own page, and what says that it is hidden."""

MAX_DISTANCE: Final = 0.35
"""The largest distance between two distributions of times (Kolmogorov-Smirnov, 0 to 1) that counts as alike."""


def list_documents(place: TownService, code: str) -> Iterator[str]:
    """Documents that name a thing of a type: by `node`, by `nodes`, and by what else takes its ID."""
    name = place.served.graph.types_by_code[code]
    whole = PathWriter(place.served.graph, place.town).write_full_selection(name)
    yield f"query ($id: ID!) {{ node(id: $id) {{ __typename id ... on {name} {whole} }} }}"
    yield f"query ($id: ID!) {{ nodes(ids: [$id]) {{ __typename id ... on {name} {whole} }} }}"
    if name == "Person":
        yield f"query ($id: ID!) {{ person(by: {{id: $id}}) {whole} }}"
    if name == "Job":
        yield f"query ($id: ID!) {{ job(by: {{ id: $id }}) {whole} }}"


def list_hidden_rows(place: TownService, code: str, actor: Actor | None) -> list[TownRow]:
    """Rows of a type that somebody may not see."""
    table = str(place.served.graph.object_types[place.served.graph.types_by_code[code]].table)
    return [row for row in place.town.list_rows(table) if not access_oracle.can_see(actor, row)]


async def test_a_hidden_thing_is_answered_in_the_words_and_statements_of_a_missing_one(place: TownService) -> None:
    draw, tried = Random(10), 0
    for code in place.served.graph.types_by_code:
        for actor in draw.sample(list(ACTORS.values()), 4):
            rows = list_hidden_rows(place, code, actor)
            for row in draw.sample(rows, min(1, len(rows))):
                for text in list_documents(place, code):
                    for executor in EXECUTORS:
                        told = []
                        for key in (row.key, MISSING):
                            id_ = global_ids.format_global_id(code, key)
                            answer = await place.run_executor(executor, actor, text, {"id": id_})
                            told.append((format_answer(answer).replace(id_, "…"), place.statement_count))
                        assert told[0] == told[1], (text, actor, row)
                        tried += 1
    assert tried > 40


class _RecordingContext:
    """A request that notes what is read."""

    def __init__(self, opened: Any) -> None:
        self._opened = opened
        self.read_statements: list[tuple[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._opened, name)

    async def fetch_rows(self, sql: str, values: Any) -> Any:
        self.read_statements.append((sql, values))
        return await self._opened.fetch_rows(sql, values)

    async def fetch_without_snapshot(self, sql: str, values: Any) -> Any:
        self.read_statements.append((sql, values))
        return await self._opened.fetch_without_snapshot(sql, values)


async def count_blocks(place: TownService, actor: Actor | None, operation: Operation, id_: str) -> int:
    """Blocks of rows and indexes that the planner's answer touched."""
    async with place.open_context(actor) as opened:
        heard = _RecordingContext(opened)
        await place.served.executor.execute(operation, {"id": id_}, heard)
    ((sql, values),) = heard.read_statements
    async with place.data.as_login(actor.role if actor else None).lend_connection() as connection:
        explained = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}"
        await connection.fetchval(explained, *values)  # the second time nothing is read for the first time
        plan = await connection.fetchval(explained, *values)
    top = json.loads(plan)[0]["Plan"]
    return int(top["Shared Hit Blocks"] + top["Shared Read Blocks"])


async def test_a_hidden_thing_touches_as_much_as_a_missing_one(place: TownService) -> None:
    draw, most = Random(11), 0
    for code in place.served.graph.types_by_code:
        operation = place.parse_operation(next(iter(list_documents(place, code))))
        for actor in draw.sample(list(ACTORS.values()), 3):
            rows = list_hidden_rows(place, code, actor)
            for row in draw.sample(rows, min(1, len(rows))):
                there = await count_blocks(place, actor, operation, global_ids.format_global_id(code, row.key))
                missing = await count_blocks(place, actor, operation, global_ids.format_global_id(code, MISSING))
                most = max(most, there - missing)
                assert abs(there - missing) <= MAX_EXTRA_BLOCKS, (code, actor, row, there, missing)
    assert most <= MAX_EXTRA_BLOCKS


def measure_distance(some: list[float], others: list[float]) -> float:
    """The largest distance between the distribution functions of two samples (Kolmogorov-Smirnov)."""
    some, others = sorted(some), sorted(others)
    cuts = sorted({*some, *others})
    return max(abs(_measure_share(some, cut) - _measure_share(others, cut)) for cut in cuts)


def _measure_share(sample: list[float], cut: float) -> float:
    return sum(each <= cut for each in sample) / len(sample)


def test_distance_tells_distributions_apart() -> None:
    draw = Random(12)
    some, others, later = ([draw.gauss(mean, 1) for _ in range(300)] for mean in (0, 0, 2))
    assert measure_distance(some, others) < 0.15
    assert measure_distance(some, later) > 0.5


@pytest.mark.long
@pytest.mark.parametrize("name", ["supervisor", "HR of agency", "employee"])
async def test_a_hidden_thing_takes_as_long_as_a_missing_one(place: TownService, name: str) -> None:
    actor, draw = ACTORS[name], Random(13)
    operation = place.parse_operation(next(iter(list_documents(place, "pe"))))
    strangers = [person for person in POSTS if not access_oracle.can_see(actor, TownRow("person", person=person))]
    taken: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(1_500):
        for there in draw.sample((True, False), 2):
            id_ = global_ids.format_global_id(
                "pe", draw.choice(strangers) if there else MISSING + draw.randrange(1000)
            )
            async with place.open_context(actor) as opened:
                began = time.perf_counter()
                await place.served.executor.execute(operation, {"id": id_}, opened)
                taken[there].append(time.perf_counter() - began)
    middles = {there: statistics.median(times) * 1e6 for there, times in taken.items()}
    apart = measure_distance(taken[True], taken[False])
    noise = 1.36 * math.sqrt(2 / len(taken[True]))
    verdict = "holds" if apart <= MAX_DISTANCE else "FAILS"
    print(f"{name}: a stranger {middles[True]:.0f} µs, nobody {middles[False]:.0f} µs (medians of 1500);")
    print(f"  distance of the distributions {apart:.3f} (chance alone: {noise:.3f}) ≤ {MAX_DISTANCE} – {verdict}")
    assert apart <= MAX_DISTANCE
