"""A row as subscriptions show it is the row as a query shows it."""

import json
from random import Random

from graphql import FieldNode, parse, validate

from resolvers.graph import ids
from resolvers.operations import operations
from tests.corpus.judge import Read
from tests.corpus.worlds import World


async def test_a_payload_is_what_a_query_shows(world: World) -> None:
    writer, known, draw = await world.writer(21), (await world.pools()).ids, Random(21)
    seen = 0
    for code, type_name in world.graph.nodes.items():
        for case in writer.rows_of(type_name, 2):
            assert not validate(world.schema, case.document)
            operation = operations(parse(case.text))[case.name]
            (node,) = operation.node.selection_set.selections
            assert isinstance(node, FieldNode)
            for actor in draw.sample(list(world.actors), 3):
                id_ = draw.choice([*known[code], f"{code}999999999"])
                found = ids.read(id_)
                assert found is not None
                variables = {**case.runs[0].variables, "row": id_}
                async with world.opened(actor, Read()) as asking:
                    reference = await world.answers.reference(operation, variables, asking)
                if reference.errors:
                    continue
                read = Read()
                async with world.opened(actor, read) as asking:
                    shown = await world.answers.payload(operation, [node], type_name, found[1], variables, asking)
                assert reference.data is not None
                expected = json.loads(reference.data)["row"]
                assert (None if shown is None else json.loads(shown)) == expected
                assert f'{{"row":{"null" if shown is None else shown.decode()}}}'.encode() == reference.data
                assert len(read.statements) == 1
                seen += shown is not None
    assert seen > len(world.graph.nodes)
