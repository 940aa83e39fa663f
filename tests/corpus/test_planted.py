"""The corpus sees faults: each one planted in the planner makes it report a difference."""

import itertools
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from types import ModuleType

import pytest

from domain.actor import Actor
from resolvers.answers import Answer
from resolvers.operations import Operation, operations
from tests.corpus import faults, mutations
from tests.corpus.draft import Case, Run
from tests.corpus.judge import Difference, Opened, Read, answered, compared
from tests.corpus.worlds import World

PLANNER = "resolvers.planner."
FAULTS: list[tuple[str, str, str, str]] = [
    ("a null that is no null", "text", """return f"coalesce({expression}, 'null')\"""", "return expression"),
    (
        "text without its escapes",
        "compile",
        'shown = f"to_json({shown})::text"',
        """shown = f"'\\"' || {shown} || '\\"'\"""",
    ),
    (
        "an enum in small letters",
        "compile",
        'shown = f"({value})" if scalar is None',
        'shown = f"lower({value})" if scalar is None',
    ),
    (
        "a field rule left out",
        "compile",
        "        if column.seen is None:\n            return value",
        "        if True:\n            return value",
    ),
    ("the rule of a computed field left out", "compile", "if source.seen is None:", "if True:"),
    ("the name of the interface", "compile", """whole.literal(f'"{of.name}"')""", """whole.literal('"Node"')"""),
    ("the last rows in reverse", "compile", "if not span.backward:", "if True:"),
    (
        "an owner forgotten",
        "compile",
        "choice, alias=alias, linked=linked, span=span)\n        shown",
        "choice, alias=alias, linked='1', span=span)\n        shown",
    ),
    ("a page one short", "shape", "limit.get(facts) + 1", "limit.get(facts)"),
    ("the row beyond shown too", "pages", "{PLACE} <= {self", "{PLACE} <= 1 + {self"),
    ("a start that is the second", "pages", 'self._end(needs, "1")', 'self._end(needs, "2")'),
    ("no next page", "pages", 'needs.more |= ("hasPreviousPage"', 'needs.more &= ("hasPreviousPage"'),
    ("before taken for after", "pages", "given=self._span.before is not None", "given=self._span.after is not None"),
    ("a backward page in its own order", "pages", "{PLACE} DESC", "{PLACE}"),
    ("a cursor with line ends", "pages", "E'+/=\\\\n'", "'+/='"),
    (
        "a decimal cut in a cursor",
        "pages",
        """"numeric": \"\"\"'"' || ({})::text""",
        """"numeric": \"\"\"'"' || trim_scale({})::text""",
    ),
    (
        "a count of all owners",
        "pages",
        "alias=alias, linked=self._linked, wanted=self._wanted\n        )",
        "alias=alias, linked='1', wanted=self._wanted\n        )",
    ),
    (
        "a count without its filter",
        "pages",
        "linked=self._linked, wanted=self._wanted\n        )",
        "linked=self._linked\n        )",
    ),
    ("@skip dropped", "document", "if not self._included(selection):", "if False:"),
    ("@skip and @include alike", "document", '"skip": False', '"skip": True'),
    (
        "the second selection of a name dropped",
        "document",
        "found.setdefault(name, []).append(selection)",
        "found.setdefault(name, [selection])",
    ),
    ("fragments of other types", "document", "if of.name == name:", "if True:"),
    (
        "a condition's plan used for its opposite",
        "shape",
        "return self.decide(lambda facts: coercion.truth(facts.variables, name))",
        "return coercion.truth(self._facts.variables, name)",
    ),
    ("an order's plan used for another", "shape", "return span.order.tag, span.backward", "return span.backward"),
    ("a plan with cursor used without", "shape", "span.after is None, span.before is None", "True, True"),
    ("the first request's page size kept", "shape", "Later(lambda facts: facts.span(site).limit),", "now.limit,"),
    (
        "the first request's cursor kept",
        "shape",
        "return tuple(Later(lambda facts, place=place: get(facts)[place]) for",
        "return tuple(now[place] for",
    ),
    (
        "the first request's filter kept",
        "shape",
        "return Later(lambda facts: facts.wanted(site, filters, name)[place].value)",
        "return Later(lambda facts, kept=now[place].value: kept)",
    ),
    (
        "which fields filter forgotten",
        "shape",
        "self.decide(lambda facts: tuple(map(_said, facts.wanted(site, filters, name))))",
        "pass",
    ),
    ("true taken for false", "shape", "wanted.value if wanted.filter.match is Match.HOLDS else None", "None"),
    ("one role's plan used for another", "plans", "(facts.ask.sight, *which)", "(None, *which)"),
    ("one payload's plan used for another", "plans", "which = (type_name, *map(id, nodes))", "which = (type_name,)"),
    (
        "one ID's type used for another",
        "lookups",
        'name = compiler.shape.decide(lambda facts: _type(compiler.graph, facts.arguments(at)["id"]))',
        'name = _type(compiler.graph, compiler.shape._facts.arguments(at)["id"])',
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
        'text.listed(shown, f"{alias}.place")',
        'text.listed(shown, f"{alias}.place DESC")',
    ),
    (
        "arguments of a computed field forgotten",
        "holes",
        "for each in self.field.arguments if each.name in given}",
        "for each in ()}",
    ),
    (
        "computed fields taken for each other",
        "holes",
        "filled[whole] = fillers[int(found[1])](found[2])",
        "filled[whole] = filled.setdefault(found[2], fillers[int(found[1])](found[2]))",
    ),
    (
        "a day too late on the way to Python",
        "holes",
        '"date": "to_json(({})::text)::text"',
        '"date": "to_json((({}) + 1)::text)::text"',
    ),
]
"""What, in which module, which text and what instead."""


@dataclass(frozen=True, slots=True)
class Known:
    """One run of a document, and what the reference made of it."""

    world: World
    opened: Opened
    case: Case
    run: Run
    actor: Actor | None
    reference: Answer | Exception
    read: Read


@pytest.mark.long
@pytest.mark.usefixtures("same_lots")
async def test_each_planted_fault_makes_a_difference(small: World, province: World) -> None:
    corpus = [each for world in (small, province) async for each in _corpus(world)]
    without = faults.planted(f"{PLANNER}rows", faults.source(f"{PLANNER}rows"))
    _, nothing = await _difference(corpus, without)
    assert nothing is None, str(nothing)
    missed = []
    for what, module, text, other in FAULTS:
        source = faults.replaced(PLANNER + module, text, other)
        found, _ = await _difference(corpus, faults.planted(PLANNER + module, source))
        print(f"  {f'seen after {found} answers' if found else 'MISSED'}: {what}")
        missed += [] if found else [what]
    print(f"{len(FAULTS) - len(missed)} of {len(FAULTS)} planted faults seen, in {len(corpus)} answers")
    assert not missed


async def _corpus(world: World) -> AsyncIterator[Known]:
    """Documents with the answers of the reference."""
    draw, writer = Random(9), await world.writer(9)
    commands = mutations.Commands(world.graph, writer, await world.values(), await mutations.inputs(world), draw)
    opened: list[tuple[Opened, Iterable[Case]]] = [
        (world.opened, itertools.chain(writer.sweep(), writer.queries(200))),
        (world.rehearsed, commands.cases(15)),
    ]
    for opens, cases in opened:
        for case in cases:
            operation = operations(case.document)[case.name]
            for run, actor in itertools.product(case.runs, draw.sample(list(world.actors), 3)):
                read = Read()
                async with opens(actor, read) as asking:
                    reference = await answered(world.answers.reference(operation, run.variables, asking))
                yield Known(world, opens, case, run, actor, reference, read)


async def _difference(corpus: Sequence[Known], modules: Mapping[str, ModuleType]) -> tuple[int, Difference | None]:
    """After how many answers the first one differs, and how; 0 where none does."""
    worlds = {each.world.name: each.world.answered_by(modules) for each in corpus}
    parsed: dict[tuple[str, str], Operation] = {}
    for place, known in enumerate(corpus):
        which = known.world.name, known.case.text
        if which not in parsed:
            parsed[which] = operations(known.case.document)[known.case.name]
        read = Read()
        async with known.opened(known.actor, read) as asking:
            answers = worlds[known.world.name].answers
            answer = await answered(answers.answer(parsed[which], known.run.variables, asking))
        found = compared(answer, known.reference, read, known.read)
        if found:
            return place + 1, Difference(known.case, known.run, known.actor, *found[0])
    return 0, None
