"""Planner and reference executor give the same answers, to the byte, to documents of every shape."""

import itertools
from collections.abc import Iterable
from random import Random

import pytest

from tests.corpus import mutations
from tests.corpus.coverage import Coverage
from tests.corpus.draft import Case
from tests.corpus.judge import Judge
from tests.corpus.worlds import World

LEAST_PLANNED = 0.95


@pytest.mark.usefixtures("same_lots")
async def test_a_sample_of_documents_is_answered_alike(world: World) -> None:
    await _alike(world, seed=1, queries=50, mutations_=8, actors=2)


@pytest.mark.long
@pytest.mark.usefixtures("same_lots")
async def test_documents_of_every_shape_are_answered_alike(world: World) -> None:
    coverage = await _alike(world, seed=3, queries=1_000, mutations_=150, actors=2, more=1_000)
    assert not coverage.missing()


async def _alike(world: World, seed: int, queries: int, mutations_: int, actors: int, more: int = 0) -> Coverage:
    draw, coverage, writer = Random(seed), Coverage(world.schema), await world.writer(seed)
    reading, changing = world.judge(), world.rehearsing()
    commands = mutations.Commands(world.graph, writer, await world.values(), await mutations.inputs(world), draw)
    # What is shown deep down alone is seldom come to from above.
    rows = (case for name in itertools.cycle(world.graph.nodes.values()) for case in writer.rows_of(name, 1))
    written: list[tuple[Judge, Iterable[Case]]] = [
        (reading, itertools.chain(writer.sweep(), writer.queries(queries))),
        (changing, commands.cases(mutations_)),
        (reading, itertools.takewhile(lambda _: coverage.missing(), itertools.islice(rows, more))),
    ]
    for judge, cases in written:
        for case in cases:
            chosen = draw.sample(list(world.actors), actors)
            coverage.add(case, chosen)
            await judge.case(case, chosen)
    print(f"\n{world.name}\nqueries: {reading.verdict.report()}\nmutations: {changing.verdict.report()}")
    print(f"{coverage.report()}\n  not asked for: {', '.join(coverage.missing()) or 'nothing'}")
    print(f"  documents thrown away, since not valid: {writer.refused}")
    for judge in (reading, changing):
        await _settled(world, judge)
    assert set(reading.verdict.statements) == {1}
    assert max(changing.verdict.statements) <= mutations.MOST_FIELDS
    return coverage


async def _settled(world: World, judge: Judge) -> None:
    for each in await judge.smallest(world.schema):
        print(each)
    assert not judge.verdict.differences
    # A hundred answers, of eight documents, say little of a share.
    assert judge.verdict.share >= LEAST_PLANNED or judge.verdict.answers < 100
