"""What the reference executor costs depends on the document, not on how many rows it shows."""

from domain.actor import SYSTEM_ACTOR
from resolvers.graph import model
from tests.corpus.comparison_worlds import ComparisonWorld
from tests.corpus.executor_comparison import ReadRecord


async def test_the_reference_asks_once_for_each_field_that_shows_rows(world: ComparisonWorld) -> None:
    for field in world.graph.query.fields.values():
        if not isinstance(field.source, model.ConnectionSource):
            continue
        of = world.graph.object_types[field.source.node_type]
        edges = [
            each.name
            for each in of.fields.values()
            if isinstance(each.source, model.ReferenceSource | model.FirstRowSource)
        ]
        below = " ".join(f"{name} {{ __typename }}" for name in edges)
        document = f"query ($n: Int!) {{ {field.name}(first: $n) {{ totalCount nodes {{ id {below} }} }} }}"
        costs = []
        for amount in (1, 100):
            read = ReadRecord()
            async with world.open_context(SYSTEM_ACTOR, read) as asking:
                answer = await world.executor.execute_by_reference(
                    world.parse_operation(document), {"n": amount}, asking
                )
            assert not answer.errors
            costs.append(len(read.statements))
        # One for the rows and one for their number; an edge that no row has costs nothing.
        assert 2 <= costs[0] <= costs[1] <= 2 + len(edges), (field.name, costs)
