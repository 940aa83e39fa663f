"""Planner and reference executor give the same answers, to the byte, to documents of every shape."""

import itertools
from collections.abc import Iterable
from random import Random

import pytest

from tests.corpus import mutation_writer
from tests.corpus.comparison_worlds import ComparisonWorld
from tests.corpus.document_draft import DocumentCase
from tests.corpus.executor_comparison import ExecutorComparison
from tests.corpus.schema_coverage import SchemaCoverage

LEAST_PLANNED = 0.95


@pytest.mark.usefixtures("same_lots")
async def test_a_sample_of_documents_is_answered_alike(world: ComparisonWorld) -> None:
    await _compare_executors(world, seed=1, queries=50, mutations_=8, actors=2)


@pytest.mark.long
@pytest.mark.usefixtures("same_lots")
async def test_documents_of_every_shape_are_answered_alike(world: ComparisonWorld) -> None:
    coverage = await _compare_executors(world, seed=3, queries=1_000, mutations_=150, actors=2, more=1_000)
    assert not coverage.list_uncovered()


async def _compare_executors(
    world: ComparisonWorld, seed: int, queries: int, mutations_: int, actors: int, more: int = 0
) -> SchemaCoverage:
    draw, coverage, writer = Random(seed), SchemaCoverage(world.schema), await world.create_writer(seed)
    reading, changing = world.create_query_comparison(), world.create_mutation_comparison()
    commands = mutation_writer.MutationWriter(
        world.graph, writer, await world.create_values(), await mutation_writer.find_valid_inputs(world), draw
    )
    # What is shown deep down alone is seldom come to from above.
    rows = (
        case
        for name in itertools.cycle(world.graph.types_by_code.values())
        for case in writer.write_row_queries(name, 1)
    )
    written: list[tuple[ExecutorComparison, Iterable[DocumentCase]]] = [
        (reading, itertools.chain(writer.write_filter_sweep(), writer.write_queries(queries))),
        (changing, commands.write_mutation_cases(mutations_)),
        (reading, itertools.takewhile(lambda _: coverage.list_uncovered(), itertools.islice(rows, more))),
    ]
    for judge, cases in written:
        for case in cases:
            chosen = draw.sample(list(world.actors), actors)
            coverage.count_case(case, chosen)
            await judge.compare_case(case, chosen)
    print(
        f"\n{world.name}\nqueries: {reading.report.format_figures()}\nmutations: {changing.report.format_figures()}"
    )
    print(f"{coverage.format_coverage()}\n  not asked for: {', '.join(coverage.list_uncovered()) or 'nothing'}")
    print(f"  documents thrown away, since not valid: {writer.refused_count}")
    for judge in (reading, changing):
        await _assert_no_difference(world, judge)
    assert set(reading.report.statements) == {1}
    assert max(changing.report.statements) <= mutation_writer.MOST_FIELDS
    return coverage


async def _assert_no_difference(world: ComparisonWorld, judge: ExecutorComparison) -> None:
    for each in await judge.shrink_differences(world.schema):
        print(each)
    assert not judge.report.differences
    # A hundred answers, of eight documents, say little of a share.
    assert judge.report.planned_share >= LEAST_PLANNED or judge.report.answers < 100
