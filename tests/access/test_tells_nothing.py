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
from resolvers.graph import ids
from resolvers.operations import Operation
from tests.access import oracle
from tests.access.asking import EXECUTORS, Place, words
from tests.access.town import ACTORS, POSTS, Row
from tests.access.walks import Walker

MISSING: Final = 999_999
FAR: Final = 3
"""Blocks more than a missing row costs that a hidden one may cost: its own page, and what says that it is hidden."""

LEAST_ALIKE: Final = 0.35
"""The largest distance between two distributions of times (Kolmogorov-Smirnov, 0 to 1) that counts as alike."""


def asked(place: Place, code: str) -> Iterator[str]:
    """Documents that name a thing of a type: by `node`, by `nodes`, and by what else takes its ID."""
    name = place.served.graph.nodes[code]
    whole = Walker(place.served.graph, place.town).whole(name)
    yield f"query ($id: ID!) {{ node(id: $id) {{ __typename id ... on {name} {whole} }} }}"
    yield f"query ($id: ID!) {{ nodes(ids: [$id]) {{ __typename id ... on {name} {whole} }} }}"
    if name == "Person":
        yield f"query ($id: ID!) {{ person(by: {{id: $id}}) {whole} }}"
    if name == "Job":
        yield f"query ($id: ID!) {{ job(id: $id) {whole} }}"


def hidden(place: Place, code: str, actor: Actor | None) -> list[Row]:
    """Rows of a type that somebody may not see."""
    table = str(place.served.graph.objects[place.served.graph.nodes[code]].table)
    return [row for row in place.town.of(table) if not oracle.sees(actor, row)]


async def test_a_hidden_thing_is_answered_in_the_words_and_statements_of_a_missing_one(place: Place) -> None:
    draw, tried = Random(10), 0
    for code in place.served.graph.nodes:
        for actor in draw.sample(list(ACTORS.values()), 4):
            rows = hidden(place, code, actor)
            for row in draw.sample(rows, min(1, len(rows))):
                for text in asked(place, code):
                    for executor in EXECUTORS:
                        told = []
                        for key in (row.key, MISSING):
                            id_ = ids.write(code, key)
                            answer = await place.answer(executor, actor, text, {"id": id_})
                            told.append((words(answer).replace(id_, "…"), place.statements))
                        assert told[0] == told[1], (text, actor, row)
                        tried += 1
    assert tried > 40


class _Heard:
    """A request that notes what is read."""

    def __init__(self, opened: Any) -> None:
        self._opened = opened
        self.read_statements: list[tuple[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._opened, name)

    async def read(self, sql: str, values: Any) -> Any:
        self.read_statements.append((sql, values))
        return await self._opened.read(sql, values)

    async def read_once(self, sql: str, values: Any) -> Any:
        self.read_statements.append((sql, values))
        return await self._opened.read_once(sql, values)


async def blocks(place: Place, actor: Actor | None, operation: Operation, id_: str) -> int:
    """Blocks of rows and indexes that the planner's answer touched."""
    async with place.request(actor) as opened:
        heard = _Heard(opened)
        await place.served.answers.answer(operation, {"id": id_}, heard)
    ((sql, values),) = heard.read_statements
    async with place.data.as_(actor.role if actor else None).lend() as connection:
        explained = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}"
        await connection.fetchval(explained, *values)  # the second time nothing is read for the first time
        plan = await connection.fetchval(explained, *values)
    top = json.loads(plan)[0]["Plan"]
    return int(top["Shared Hit Blocks"] + top["Shared Read Blocks"])


async def test_a_hidden_thing_touches_as_much_as_a_missing_one(place: Place) -> None:
    draw, most = Random(11), 0
    for code in place.served.graph.nodes:
        operation = place.operation(next(iter(asked(place, code))))
        for actor in draw.sample(list(ACTORS.values()), 3):
            rows = hidden(place, code, actor)
            for row in draw.sample(rows, min(1, len(rows))):
                there = await blocks(place, actor, operation, ids.write(code, row.key))
                missing = await blocks(place, actor, operation, ids.write(code, MISSING))
                most = max(most, there - missing)
                assert abs(there - missing) <= FAR, (code, actor, row, there, missing)
    assert most <= FAR


def distance(some: list[float], others: list[float]) -> float:
    """The largest distance between the distribution functions of two samples (Kolmogorov-Smirnov)."""
    some, others = sorted(some), sorted(others)
    cuts = sorted({*some, *others})
    return max(abs(_share(some, cut) - _share(others, cut)) for cut in cuts)


def _share(sample: list[float], cut: float) -> float:
    return sum(each <= cut for each in sample) / len(sample)


def test_distance_tells_distributions_apart() -> None:
    draw = Random(12)
    some, others, later = ([draw.gauss(mean, 1) for _ in range(300)] for mean in (0, 0, 2))
    assert distance(some, others) < 0.15
    assert distance(some, later) > 0.5


@pytest.mark.long
@pytest.mark.parametrize("name", ["supervisor", "HR of agency", "employee"])
async def test_a_hidden_thing_takes_as_long_as_a_missing_one(place: Place, name: str) -> None:
    actor, draw = ACTORS[name], Random(13)
    operation = place.operation(next(iter(asked(place, "pe"))))
    strangers = [person for person in POSTS if not oracle.sees(actor, Row("person", about=person))]
    taken: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(1_500):
        for there in draw.sample((True, False), 2):
            id_ = ids.write("pe", draw.choice(strangers) if there else MISSING + draw.randrange(1000))
            async with place.request(actor) as opened:
                began = time.perf_counter()
                await place.served.answers.answer(operation, {"id": id_}, opened)
                taken[there].append(time.perf_counter() - began)
    middles = {there: statistics.median(times) * 1e6 for there, times in taken.items()}
    apart = distance(taken[True], taken[False])
    noise = 1.36 * math.sqrt(2 / len(taken[True]))
    verdict = "holds" if apart <= LEAST_ALIKE else "FAILS"
    print(f"{name}: a stranger {middles[True]:.0f} µs, nobody {middles[False]:.0f} µs (medians of 1500);")
    print(f"  distance of the distributions {apart:.3f} (chance alone: {noise:.3f}) ≤ {LEAST_ALIKE} – {verdict}")
    assert apart <= LEAST_ALIKE
