"""No text of a client is in the SQL: values are parameters, and names stand as response names in JSON."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from domain.actor import SYSTEM_ACTOR
from resolvers.graph import model
from resolvers.planner import cursors
from tests.corpus import mutation_writer
from tests.corpus.comparison_worlds import ComparisonWorld
from tests.corpus.executor_comparison import ReadRecord
from tests.corpus.value_pools import HOSTILE, find_order_enum_name, list_filter_inputs

INJECTED_TEXT = "qzxv"
TEXTS = [f"{text[:40]}{INJECTED_TEXT}" for text in HOSTILE]
NAMES = [
    f"{name}_{INJECTED_TEXT}"
    for name in ("select", "DROP_TABLE_person", "_", "null", "x" * 80, "__typename_", "r", "t1")
]
LITERAL = re.compile(r"'(?:[^']|'')*'")


async def _read(world: ComparisonWorld, document: str, variables: Mapping[str, Any]) -> ReadRecord:
    """What a planned answer to somebody who sees everything read."""
    read = ReadRecord()
    async with world.open_context(SYSTEM_ACTOR, read) as asking:
        answer = await world.executor.execute(world.parse_operation(document), variables, asking)
    assert answer.planned, answer
    assert not answer.errors
    assert len(read.statements) == 1
    return read


def _filters(world: ComparisonWorld) -> Iterator[tuple[model.ObjectField, str, model.FilterField]]:
    inputs = {filters.name for filters, _ in list_filter_inputs(world.graph)}
    for field in world.graph.query.fields.values():
        for argument in field.arguments:
            if argument.type_ref.name in inputs:
                known = {**world.graph.filter_inputs, **world.graph.key_inputs}
                for filter_ in known[argument.type_ref.name].fields.values():
                    if filter_.type_ref.leaf_name == "String":
                        yield field, argument.name, filter_


async def test_text_in_a_filter_is_a_parameter(world: ComparisonWorld) -> None:
    tried = 0
    for field, argument, filter_ in _filters(world):
        kind = "[String!]" if filter_.type_ref.item_type else "String!"
        page = f"{argument}: {{{filter_.name}: $text}}"
        shown = f"{field.name}(first: 2, {page}) {{ totalCount nodes {{ id }} }}"
        if not isinstance(field.source, model.ConnectionSource):
            shown = f"{field.name}({page}) {{ id }}"
        document = f"query ($text: {kind}) {{ {shown} }}"
        plain = (await _read(world, document, {"text": "Budi"})).statements
        for text in TEXTS:
            read = await _read(world, document, {"text": text})
            assert read.statements == plain
            assert INJECTED_TEXT in repr(read.values)
            tried += 1
    assert tried >= len(TEXTS)


async def test_text_in_a_literal_is_a_parameter(world: ComparisonWorld) -> None:
    for field, argument, filter_ in _filters(world):
        for text in (f'"\\"{INJECTED_TEXT}\\\\"', f'"""{INJECTED_TEXT}\' $1 %s"""'):
            given = f"{argument}: {{{filter_.name}: {text}}}"
            document = f"{{ {field.name}({given}) {{ __typename }} }}"
            if isinstance(field.source, model.ConnectionSource):
                document = f"{{ {field.name}(first: 2, {given}) {{ totalCount }} }}"
            read = await _read(world, document, {})
            assert INJECTED_TEXT not in read.statements[0]
            assert INJECTED_TEXT in repr(read.values)


async def test_text_in_a_cursor_is_a_parameter(world: ComparisonWorld) -> None:
    tried = 0
    for field in world.graph.query.fields.values():
        if not isinstance(field.source, model.ConnectionSource):
            continue
        for name, order in field.source.orders.items():
            if order.keys[0].sql_type != "text":
                continue
            document = (
                f"query ($after: String, $order: {find_order_enum_name(field)}!) {{"
                f" {field.name}(first: 2, after: $after, orderBy: $order) {{ edges {{ cursor }} }} }}"
            )
            rest = [1] * (len(order.keys) - 1)
            plain = await _read(world, document, {"after": cursors.encode_cursor(order, ["x", *rest]), "order": name})
            for text in TEXTS:
                after = cursors.encode_cursor(order, [text, *rest])
                read = await _read(world, document, {"after": after, "order": name})
                assert read.statements == plain.statements
                assert text in read.values
                tried += 1
    assert tried >= len(TEXTS)


async def test_an_id_is_a_parameter_or_nothing(world: ComparisonWorld) -> None:
    document = "query ($id: ID!, $ids: [ID!]!) { node(id: $id) { id } nodes(ids: $ids) { __typename id } }"
    plain = await _read(world, document, {"id": "x", "ids": ["x"]})
    for text in TEXTS:
        read = await _read(world, document, {"id": text, "ids": [text, f"pe1{text}", f"{text}pe1"]})
        assert read.statements == plain.statements
        assert INJECTED_TEXT not in read.statements[0]


@pytest.mark.parametrize("name", NAMES)
async def test_names_are_response_names_and_nothing_else(world: ComparisonWorld, name: str) -> None:
    document = f"""
      query {name}(${name}: Boolean = true) {{ ...{name} node(id: "pe1") {{ ... on Person {{ {name}: name }} }} }}
      fragment {name} on Query {{ {name}: people(first: 2) @include(if: ${name}) {{
        {name}_a: totalCount {name}_b: edges {{ {name}_c: cursor {name}_d: node {{ {name}: id }} }} }} }}
    """
    (sql,) = (await _read(world, document, {})).statements
    outside = LITERAL.sub("''", sql)
    assert INJECTED_TEXT not in outside
    inside = " ".join(LITERAL.findall(sql))
    assert re.findall(rf'"({name}\w*)":', inside)
    assert set(re.findall(rf"\w*{INJECTED_TEXT}\w*", inside)) <= {name, *(f"{name}_{end}" for end in "abcd")}


@pytest.mark.usefixtures("same_lots")
async def test_text_in_an_input_is_a_parameter_also_of_the_payload(world: ComparisonWorld) -> None:
    known = (await mutation_writer.find_valid_inputs(world))["recordEvaluation"][0]
    document = """mutation ($input: RecordEvaluationInput!) {
      recordEvaluation(input: $input) { __typename ... on Evaluation { note } ... on Refusal { code message } } }"""
    actors = [each for each in world.actors if each is not None]
    for text in TEXTS[:3]:
        for actor in actors:
            read = ReadRecord()
            given = {**known, "clientMutationKey": text, "note": text[-15:]}
            async with world.open_rehearsal(actor, read) as asking:
                answer = await world.executor.execute(world.parse_operation(document), {"input": given}, asking)
            assert answer.planned, answer
            assert not any(INJECTED_TEXT in sql for sql in read.statements)
