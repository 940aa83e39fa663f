"""A row as subscriptions show it is the row as a query shows it."""

from random import Random

from graphql import FieldNode, GraphQLError

from domain.actor import Actor
from resolvers.graph import global_ids
from resolvers.operations import split_operations
from tests.corpus.comparison_worlds import ComparisonWorld
from tests.corpus.document_draft import DocumentCase
from tests.corpus.executor_comparison import ReadRecord


async def test_a_payload_is_what_a_query_shows(world: ComparisonWorld) -> None:
    writer, known, draw = await world.create_writer(21), (await world.load_pools()).ids, Random(21)
    alike = 0
    for code, type_name in world.graph.types_by_code.items():
        for case in writer.write_row_queries(type_name, 2):
            for actor in draw.sample(list(world.actors), 3):
                alike += await _compare_payload(world, case, actor, draw.choice([*known[code], f"{code}999999999"]))
    assert alike > 3 * len(world.graph.types_by_code)


async def _compare_payload(world: ComparisonWorld, case: DocumentCase, actor: Actor | None, id_: str) -> bool:
    """Compare; False where there is nothing to compare, since an argument or a computed field fails."""
    operation = split_operations(case.document)[case.operation_name]
    (node,) = operation.node.selection_set.selections
    assert isinstance(node, FieldNode)
    found = global_ids.parse_global_id(id_)
    assert found is not None
    type_name, variables = world.graph.types_by_code[found[0]], {**case.runs[0].variables, "row": id_}
    async with world.open_context(actor, ReadRecord()) as asking:
        reference = await world.executor.execute_by_reference(operation, variables, asking)
    if reference.errors:
        return False
    read = ReadRecord()
    async with world.open_context(actor, read) as asking:
        try:
            shown = await world.executor.render_payload(operation, [node], type_name, found[1], variables, asking)
        except GraphQLError:  # of a list that the query, whose row has none, never came to
            return False
    assert reference.data == b'{"row":%s}' % (b"null" if shown is None else shown)
    assert len(read.statements) == 1
    return True
