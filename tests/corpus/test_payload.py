"""A row as subscriptions show it is the row as a query shows it."""

from random import Random

from graphql import FieldNode, GraphQLError

from domain.actor import Actor
from resolvers.graph import ids
from resolvers.operations import operations
from tests.corpus.draft import Case
from tests.corpus.judge import Read
from tests.corpus.worlds import World


async def test_a_payload_is_what_a_query_shows(world: World) -> None:
    writer, known, draw = await world.writer(21), (await world.pools()).ids, Random(21)
    alike = 0
    for code, type_name in world.graph.nodes.items():
        for case in writer.rows_of(type_name, 2):
            for actor in draw.sample(list(world.actors), 3):
                alike += await _alike(world, case, actor, draw.choice([*known[code], f"{code}999999999"]))
    assert alike > 3 * len(world.graph.nodes)


async def _alike(world: World, case: Case, actor: Actor | None, id_: str) -> bool:
    """Compare; False where there is nothing to compare, since an argument or a computed field fails."""
    operation = operations(case.document)[case.name]
    (node,) = operation.node.selection_set.selections
    assert isinstance(node, FieldNode)
    found = ids.read(id_)
    assert found is not None
    type_name, variables = world.graph.nodes[found[0]], {**case.runs[0].variables, "row": id_}
    async with world.opened(actor, Read()) as asking:
        reference = await world.answers.reference(operation, variables, asking)
    if reference.errors:
        return False
    read = Read()
    async with world.opened(actor, read) as asking:
        try:
            shown = await world.answers.payload(operation, [node], type_name, found[1], variables, asking)
        except GraphQLError:  # of a list that the query, whose row has none, never came to
            return False
    assert reference.data == b'{"row":%s}' % (b"null" if shown is None else shown)
    assert len(read.statements) == 1
    return True
