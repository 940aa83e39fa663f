"""Two executors side by side: the same operation, variables and actor must come to the same bytes."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLError, GraphQLSchema

from domain.actor import Actor
from domain.audit.facts import Seen
from resolvers.answers import Answer, Answers
from resolvers.operations import Operation, operations
from resolvers.ports import Asking
from tests.corpus import shrink
from tests.corpus.draft import Case, Run

SERVICE = "a service"
"""The planner's reason to step aside where a field is answered by a function of the request."""


@dataclass
class Read:
    """What one answer read: the SQL texts and their values, and how many rows there are of what is kept."""

    statements: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    changed: Any = None
    seen: Seen | None = None
    """Whose records the answer shows, by who made it."""


Opened = Callable[[Actor | None, Read], AbstractAsyncContextManager[Asking]]
"""Opens a request of an actor over the same rows each time; what it reads is noted."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One operation to which the two executors gave different answers."""

    case: Case
    run: Run
    actor: Actor | None
    what: str
    planned: str
    reference: str

    def __str__(self) -> str:
        variables = json.dumps(self.run.variables, ensure_ascii=False)
        who = "nobody" if self.actor is None else f"{self.actor.role.value} {self.actor.person_id}"
        return (
            f"## {self.what}\n\nas {who}, variables `{variables}`\n\n```graphql\n{self.case.text}\n```\n\n"
            f"- planner:   `{_around(self.planned, self.reference)}`\n"
            f"- reference: `{_around(self.reference, self.planned)}`\n"
        )


@dataclass
class Verdict:
    """What came of many comparisons."""

    differences: list[Difference] = field(default_factory=list)
    documents: int = 0
    answers: int = 0
    planned: int = 0
    clean: int = 0
    """Answers without an error, by the reference."""
    clean_planned: int = 0
    aside: Counter[str] = field(default_factory=Counter)
    """Why answers without an error were not planned."""
    statements: Counter[int] = field(default_factory=Counter)
    """How many SQL statements planned answers without an error cost."""

    @property
    def share(self) -> float:
        """The planned part of the answers that hold no error and ask no service, which the planner leaves."""
        return self.clean_planned / max(self.clean - self.aside[SERVICE], 1)

    def report(self) -> str:
        """The figures."""
        lines = [
            f"{self.documents} documents, {self.answers} answers, differences {len(self.differences)}",
            f"  planned {self.planned}; {100 * self.share:.1f} % of those without an error and without a service",
            f"  statements of planned answers: {dict(sorted(self.statements.items()))}",
            *(f"  not planned: {count} × {why}" for why, count in self.aside.most_common(10)),
        ]
        return "\n".join(lines)


class Judge:
    """Compares the executors of one schema.

    Args:
        answers: both of them.
        opened: opens requests.
    """

    def __init__(self, answers: Answers, opened: Opened) -> None:
        self._answers = answers
        self._opened = opened
        self.verdict = Verdict()

    async def case(self, case: Case, actors: Sequence[Actor | None]) -> None:
        """Compare all runs of a case, as each of some actors; the plans of one serve the next."""
        operation = operations(case.document)[case.name]
        self.verdict.documents += 1
        for run in case.runs:
            for actor in actors:
                await self.run(case, operation, run, actor)

    async def run(self, case: Case, operation: Operation, run: Run, actor: Actor | None) -> None:
        """Compare one run."""
        verdict = self.verdict
        planned, reference, read, found = await self.compare(case, operation, run, actor)
        verdict.answers += 1
        verdict.differences += found
        clean = isinstance(reference, Answer) and not reference.errors
        verdict.clean += clean
        if isinstance(planned, Answer) and planned.planned:
            verdict.planned += 1
            verdict.clean_planned += clean
            if clean:
                verdict.statements[len(read.statements)] += 1
        elif clean and isinstance(planned, Answer):
            verdict.aside[planned.aside] += 1

    async def compare(
        self, case: Case, operation: Operation, run: Run, actor: Actor | None
    ) -> tuple[Answer | Exception, Answer | Exception, Read, Sequence[Difference]]:
        """Both answers, what the planner read, and what differs."""
        mine, theirs = Read(), Read()
        async with self._opened(actor, mine) as asking:
            planned = await answered(self._answers.answer(operation, run.variables, asking))
            mine.seen = asking.seen
        async with self._opened(actor, theirs) as asking:
            reference = await answered(self._answers.reference(operation, run.variables, asking))
            theirs.seen = asking.seen
        found = compared(planned, reference, mine, theirs, actor)
        return planned, reference, mine, [Difference(case, run, actor, *each) for each in found]

    async def smallest(self, schema: GraphQLSchema, most: int = 8) -> Sequence[Difference]:
        """Some of the differences, of each kind, each over as little of its document as still differs."""
        kinds: Counter[str] = Counter()
        found: dict[str, Difference] = {}
        for each in sorted(self.verdict.differences, key=lambda each: len(each.case.text)):
            kind = f"{each.what} {each.planned[:60] if each.what == 'raised' else ''}"
            kinds[kind] += 1
            if kinds[kind] <= 2 * most and len(found) < most:
                smaller = await self._smaller(schema, each)
                found.setdefault(f"{each.what} {smaller.case.text}", smaller)
        return list(found.values())

    async def _smaller(self, schema: GraphQLSchema, difference: Difference) -> Difference:
        last = [difference]

        async def differs(case: Case, run: Run) -> bool:
            (operation,) = operations(case.document).values()
            *_, found = await self.compare(case, operation, run, difference.actor)
            alike = [each for each in found if each.what == difference.what]
            last[:] = alike[:1] or last
            return bool(alike)

        await shrink.shrunk(schema, difference.case, difference.run, differs)
        return last[0]


async def answered(answer: Any) -> Answer | Exception:
    """An answer, or what was raised instead."""
    try:
        found: Answer = await answer
    except Exception as error:  # noqa: BLE001 - whatever one raises, the other must raise
        return error
    return found


def compared(
    planned: Answer | Exception, reference: Answer | Exception, mine: Read, theirs: Read, actor: Actor | None = None
) -> Sequence[tuple[str, str, str]]:
    """What differs: its name, and both sides."""
    if isinstance(planned, Exception) or isinstance(reference, Exception):
        return [("raised", repr(planned), repr(reference))] if repr(planned) != repr(reference) else []
    pairs = [
        ("data", _text(planned.data), _text(reference.data)),
        ("errors", _errors(planned), _errors(reference)),
        ("what is kept", repr(mine.changed), repr(theirs.changed)),
        ("who was seen", _seen(mine, actor), _seen(theirs, actor)),
    ]
    return [pair for pair in pairs if pair[1] != pair[2]]


def error(found: GraphQLError) -> Mapping[str, Any]:
    """What a client sees of an error, and the kind of exception behind it."""
    behind = found.original_error
    return {
        "message": found.message,
        "path": found.path,
        "locations": [[each.line, each.column] for each in found.locations or ()],
        "extensions": found.extensions,
        "behind": type(behind).__name__ if behind is not None else None,
    }


def _errors(answer: Answer) -> str:
    return json.dumps([error(each) for each in answer.errors])


def _seen(read: Read, actor: Actor | None) -> str:
    return repr(read.seen and read.seen.others(actor.person_id if actor else None))


def _text(data: bytes | None) -> str:
    return "nothing" if data is None else data.decode()


def _around(text: str, other: str) -> str:
    """A text where it begins to differ from another."""
    start = next((place for place, (a, b) in enumerate(zip(text, other, strict=False)) if a != b), len(other))
    return text[max(0, start - 150) : start + 250]
