"""The corpus sees faults: each one planted in the planner makes it report a difference."""

import itertools
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from types import ModuleType

import pytest

from domain.actor import Actor
from resolvers.executor import ExecutionResult
from resolvers.operations import Operation, split_operations
from tests.corpus import mutation_writer, source_faults
from tests.corpus.comparison_worlds import ComparisonWorld
from tests.corpus.document_draft import CaseRun, DocumentCase
from tests.corpus.executor_comparison import (
    ExecutorDifference,
    OpenContext,
    ReadRecord,
    await_result,
    find_differences,
)

PLANNER = "resolvers.planner."
FAULTS: list[tuple[str, str, str, str]] = [
    ("a null that is no null", "json_sql", "return f\"coalesce({expression}, 'null')\"", "return expression"),
    (
        "text without its escapes",
        "compiler",
        'shown = f"to_json({shown})::text"',
        "shown = f\"'\\\"' || {shown} || '\\\"'\"",
    ),
    (
        "an enum in small letters",
        "compiler",
        'shown = f"({value})" if scalar is None',
        'shown = f"lower({value})" if scalar is None',
    ),
    (
        "a field rule left out",
        "compiler",
        "        if column.visibility is None:\n            return value",
        "        if True:\n            return value",
    ),
    ("the rule of a computed field left out", "compiler", "if source.visibility is None:", "if True:"),
    ("the name of the interface", "compiler", "whole.add_literal(f'\"{of.name}\"')", "whole.add_literal('\"Node\"')"),
    ("the last rows in reverse", "compiler", "if not page_range.backward:", "if True:"),
    (
        "an owner forgotten",
        "compiler",
        "row_set, alias=alias, link_sql=link_sql, page_range=span\n        )\n        shown",
        "row_set, alias=alias, link_sql='1', page_range=span\n        )\n        shown",
    ),
    ("a page one short", "plan_key", "limit.compute(facts) + 1", "limit.compute(facts)"),
    ("the row beyond shown too", "connections", "{ROW_NUMBER_COLUMN} <= {limit", "{ROW_NUMBER_COLUMN} <= 1 + {limit"),
    (
        "a start that is the second",
        "connections",
        'self._build_end_cursor(needs, "1")',
        'self._build_end_cursor(needs, "2")',
    ),
    ("no next page", "connections", 'needs.extra_row |= ("hasPreviousPage"', 'needs.extra_row &= ("hasPreviousPage"'),
    (
        "before taken for after",
        "connections",
        "given=self._page_range.before is not None",
        "given=self._page_range.after is not None",
    ),
    ("a backward page in its own order", "connections", "{ROW_NUMBER_COLUMN} DESC", "{ROW_NUMBER_COLUMN}"),
    ("a cursor with line ends", "connections", "E'+/=\\\\n'", "'+/='"),
    (
        "a decimal cut in a cursor",
        "connections",
        '"numeric": """\'"\' || ({})::text',
        '"numeric": """\'"\' || trim_scale({})::text',
    ),
    (
        "a count of all owners",
        "connections",
        "link_sql=self._link_sql,\n            filter_values=self._filter_values,\n        )",
        "link_sql='1',\n            filter_values=self._filter_values,\n        )",
    ),
    (
        "a count without its filter",
        "connections",
        "link_sql=self._link_sql,\n            filter_values=self._filter_values,\n        )",
        "link_sql=self._link_sql,\n        )",
    ),
    ("@skip dropped", "selections", "if not self._is_included(selection):", "if False:"),
    ("@skip and @include alike", "selections", '"skip": False', '"skip": True'),
    (
        "the second selection of a name dropped",
        "selections",
        "found.setdefault(name, []).append(selection)",
        "found.setdefault(name, [selection])",
    ),
    ("fragments of other types", "selections", "if of.name == name:", "if True:"),
    (
        "a condition's plan used for its opposite",
        "plan_key",
        "return self.add_decision(lambda facts: variable_values.read_condition(facts.variables, name))",
        "return variable_values.read_condition(self._values.variables, name)",
    ),
    (
        "an order's plan used for another",
        "plan_key",
        "page_range.order.tag,\n        page_range.backward",
        "page_range.backward",
    ),
    (
        "a plan with cursor used without",
        "plan_key",
        "page_range.after is None,\n        page_range.before is None",
        "True,\n        True",
    ),
    (
        "the first request's page size kept",
        "plan_key",
        "DeferredValue(lambda facts: facts.get_page_range(site).limit),",
        "now.limit,",
    ),
    (
        "the first request's cursor kept",
        "plan_key",
        "return tuple(DeferredValue(lambda facts, place=place: get(facts)[place]) for",
        "return tuple(now[place] for",
    ),
    (
        "the first request's filter kept",
        "plan_key",
        "return DeferredValue(lambda facts: facts.get_filter_values(site, filters, name)[place].value)",
        "return DeferredValue(lambda facts, kept=now[place].value: kept)",
    ),
    (
        "which fields filter forgotten",
        "plan_key",
        (
            "self.add_decision(\n            "
            "lambda facts: tuple(map(_summarize_filter_value, facts.get_filter_values(site, filters, name)))"
            "\n        )"
        ),
        "pass",
    ),
    (
        "true taken for false",
        "plan_key",
        "filter_values.value if filter_values.filter_field.match is MatchKind.HOLDS else None",
        "None",
    ),
    ("one role's plan used for another", "plan_cache", "(values.context.scope_key, *which)", "(None, *which)"),
    (
        "one payload's plan used for another",
        "plan_cache",
        "which = (type_name, *map(id, nodes))",
        "which = (type_name,)",
    ),
    (
        "one ID's type used for another",
        "lookups",
        (
            "name = compiler.plan_key.add_decision(\n        "
            'lambda facts: _find_type_by_id(compiler.graph, facts.coerce_arguments(at)["id"])\n    )'
        ),
        'name = _find_type_by_id(compiler.graph, compiler.plan_key._facts.coerce_arguments(at)["id"])',
    ),
    ("the IDs of another type", "lookups", "found is not None and found[0] == of.code", "found is not None"),
    (
        "an ID that comes twice shown once",
        "lookups",
        "(SELECT {listed} FROM {unnested})",
        "(SELECT {listed} FROM (SELECT DISTINCT ON (code, key) * FROM {unnested}) AS {alias})",
    ),
    (
        "things in no order",
        "lookups",
        'json_sql.aggregate_json(shown, f"{alias}.place")',
        'json_sql.aggregate_json(shown, f"{alias}.place DESC")',
    ),
    (
        "arguments of a computed field forgotten",
        "python_fields",
        "for each in self.field.arguments if each.name in given}",
        "for each in ()}",
    ),
    (
        "computed fields taken for each other",
        "python_fields",
        "filled[whole] = fillers[int(found[1])](found[2])",
        "filled[whole] = filled.setdefault(found[2], fillers[int(found[1])](found[2]))",
    ),
    (
        "a day too late on the way to Python",
        "python_fields",
        '"date": "to_json(({})::text)::text"',
        '"date": "to_json((({}) + 1)::text)::text"',
    ),
]
"""What, in which module, which text and what instead."""


@dataclass(frozen=True, slots=True)
class ReferenceRun:
    """One run of a document, and what the reference made of it."""

    world: ComparisonWorld
    open_context: OpenContext
    case: DocumentCase
    run: CaseRun
    actor: Actor | None
    reference: ExecutionResult | Exception
    read: ReadRecord


@pytest.mark.long
@pytest.mark.usefixtures("same_lots")
async def test_each_planted_fault_makes_a_difference(small: ComparisonWorld, province: ComparisonWorld) -> None:
    corpus = [each for world in (small, province) async for each in _collect_reference_runs(world)]
    without = source_faults.load_faulty_modules(
        f"{PLANNER}row_query", source_faults.read_source(f"{PLANNER}row_query")
    )
    _, nothing = await _find_first_difference(corpus, without)
    assert nothing is None, str(nothing)
    missed = []
    for what, module, text, other in FAULTS:
        source = source_faults.replace_source_text(PLANNER + module, text, other)
        found, _ = await _find_first_difference(corpus, source_faults.load_faulty_modules(PLANNER + module, source))
        print(f"  {f'seen after {found} answers' if found else 'MISSED'}: {what}")
        missed += [] if found else [what]
    print(f"{len(FAULTS) - len(missed)} of {len(FAULTS)} planted faults seen, in {len(corpus)} answers")
    assert not missed


async def _collect_reference_runs(world: ComparisonWorld) -> AsyncIterator[ReferenceRun]:
    """Documents with the answers of the reference."""
    draw, writer = Random(9), await world.create_writer(9)
    commands = mutation_writer.MutationWriter(
        world.graph, writer, await world.create_values(), await mutation_writer.find_valid_inputs(world), draw
    )
    opened: list[tuple[OpenContext, Iterable[DocumentCase]]] = [
        (world.open_context, itertools.chain(writer.write_filter_sweep(), writer.write_queries(200))),
        (world.open_rehearsal, commands.write_mutation_cases(15)),
    ]
    for opens, cases in opened:
        for case in cases:
            operation = split_operations(case.document)[case.operation_name]
            for run, actor in itertools.product(case.runs, draw.sample(list(world.actors), 3)):
                read = ReadRecord()
                async with opens(actor, read) as asking:
                    reference = await await_result(
                        world.executor.execute_by_reference(operation, run.variables, asking)
                    )
                yield ReferenceRun(world, opens, case, run, actor, reference, read)


async def _find_first_difference(
    corpus: Sequence[ReferenceRun], modules: Mapping[str, ModuleType]
) -> tuple[int, ExecutorDifference | None]:
    """After how many answers the first one differs, and how; 0 where none does."""
    worlds = {each.world.name: each.world.replace_planner(modules) for each in corpus}
    parsed: dict[tuple[str, str], Operation] = {}
    for place, known in enumerate(corpus):
        which = known.world.name, known.case.text
        if which not in parsed:
            parsed[which] = split_operations(known.case.document)[known.case.operation_name]
        read = ReadRecord()
        async with known.open_context(known.actor, read) as asking:
            answers = worlds[known.world.name].executor
            answer = await await_result(answers.execute(parsed[which], known.run.variables, asking))
        found = find_differences(answer, known.reference, read, known.read)
        if found:
            return place + 1, ExecutorDifference(known.case, known.run, known.actor, *found[0])
    return 0, None
