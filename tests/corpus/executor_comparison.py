"""Two executors side by side: the same operation, variables and actor must come to the same bytes."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLError, GraphQLSchema

from domain.actor import Actor
from domain.audit.facts import ViewedPeople
from resolvers.executor import ExecutionResult, Executor
from resolvers.operations import Operation, split_operations
from resolvers.ports import ExecutionContext
from tests.corpus import case_shrinking
from tests.corpus.document_draft import CaseRun, DocumentCase

SERVICE_REASON = "a service"
"""The planner's reason to step aside where a field is answered by a function of the request."""


@dataclass
class ReadRecord:
    """What one answer read: the SQL texts and their values, and how many rows there are of what is kept."""

    statements: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    row_counts: Any = None
    viewed_people: ViewedPeople | None = None
    """Whose records the answer shows, by who made it."""


OpenContext = Callable[[Actor | None, ReadRecord], AbstractAsyncContextManager[ExecutionContext]]
"""Opens a request of an actor over the same rows each time; what it reads is noted."""


@dataclass(frozen=True, slots=True)
class ExecutorDifference:
    """One operation to which the two executors gave different answers."""

    case: DocumentCase
    run: CaseRun
    actor: Actor | None
    summary: str
    planned: str
    reference: str

    def __str__(self) -> str:
        variables = json.dumps(self.run.variables, ensure_ascii=False)
        who = "nobody" if self.actor is None else f"{self.actor.role.value} {self.actor.person_id}"
        return (
            f"## {self.summary}\n\nas {who}, variables `{variables}`\n\n```graphql\n{self.case.text}\n```\n\n"
            f"- planner:   `{_quote_from_difference(self.planned, self.reference)}`\n"
            f"- reference: `{_quote_from_difference(self.reference, self.planned)}`\n"
        )


@dataclass
class ComparisonReport:
    """What came of many comparisons."""

    differences: list[ExecutorDifference] = field(default_factory=list)
    documents: int = 0
    answers: int = 0
    planned: int = 0
    error_free: int = 0
    """Answers without an error, by the reference."""
    error_free_planned: int = 0
    fallback_reasons: Counter[str] = field(default_factory=Counter)
    """Why answers without an error were not planned."""
    statements: Counter[int] = field(default_factory=Counter)
    """How many SQL statements planned answers without an error cost."""

    @property
    def planned_share(self) -> float:
        """The planned part of the answers that hold no error and ask no service, which the planner leaves."""
        return self.error_free_planned / max(self.error_free - self.fallback_reasons[SERVICE_REASON], 1)

    def format_figures(self) -> str:
        """The figures."""
        lines = [
            f"{self.documents} documents, {self.answers} answers, differences {len(self.differences)}",
            f"  planned {self.planned}; {100 * self.planned_share:.1f} % of those without error and service",
            f"  statements of planned answers: {dict(sorted(self.statements.items()))}",
            *(f"  not planned: {count} × {why}" for why, count in self.fallback_reasons.most_common(10)),
        ]
        return "\n".join(lines)


class ExecutorComparison:
    """Compares the executors of one schema.

    Args:
        executor: both of them.
        opened: opens requests.
    """

    def __init__(self, executor: Executor, opened: OpenContext) -> None:
        self._executor = executor
        self._open_context = opened
        self.report = ComparisonReport()

    async def compare_case(self, case: DocumentCase, actors: Sequence[Actor | None]) -> None:
        """Compare all runs of a case, as each of some actors; the plans of one serve the next."""
        operation = split_operations(case.document)[case.operation_name]
        self.report.documents += 1
        for run in case.runs:
            for actor in actors:
                await self.compare_run(case, operation, run, actor)

    async def compare_run(self, case: DocumentCase, operation: Operation, run: CaseRun, actor: Actor | None) -> None:
        """Compare one run."""
        verdict = self.report
        planned, reference, read, found = await self.compare_answers(case, operation, run, actor)
        verdict.answers += 1
        verdict.differences += found
        clean = isinstance(reference, ExecutionResult) and not reference.errors
        verdict.error_free += clean
        if isinstance(planned, ExecutionResult) and planned.planned:
            verdict.planned += 1
            verdict.error_free_planned += clean
            if clean:
                verdict.statements[len(read.statements)] += 1
        elif clean and isinstance(planned, ExecutionResult):
            verdict.fallback_reasons[planned.fallback_reason] += 1

    async def compare_answers(
        self, case: DocumentCase, operation: Operation, run: CaseRun, actor: Actor | None
    ) -> tuple[ExecutionResult | Exception, ExecutionResult | Exception, ReadRecord, Sequence[ExecutorDifference]]:
        """Both answers, what the planner read, and what differs."""
        mine, theirs = ReadRecord(), ReadRecord()
        async with self._open_context(actor, mine) as asking:
            planned = await await_result(self._executor.execute(operation, run.variables, asking))
            mine.viewed_people = asking.viewed_people
        async with self._open_context(actor, theirs) as asking:
            reference = await await_result(self._executor.execute_by_reference(operation, run.variables, asking))
            theirs.viewed_people = asking.viewed_people
        found = find_differences(planned, reference, mine, theirs, actor)
        return planned, reference, mine, [ExecutorDifference(case, run, actor, *each) for each in found]

    async def shrink_differences(self, schema: GraphQLSchema, most: int = 8) -> Sequence[ExecutorDifference]:
        """Some of the differences, of each kind, each over as little of its document as still differs."""
        kinds: Counter[str] = Counter()
        found: dict[str, ExecutorDifference] = {}
        for each in sorted(self.report.differences, key=lambda each: len(each.case.text)):
            kind = f"{each.summary} {each.planned[:60] if each.summary == 'raised' else ''}"
            kinds[kind] += 1
            if kinds[kind] <= 2 * most and len(found) < most:
                smaller = await self._shrink_difference(schema, each)
                found.setdefault(f"{each.summary} {smaller.case.text}", smaller)
        return list(found.values())

    async def _shrink_difference(self, schema: GraphQLSchema, difference: ExecutorDifference) -> ExecutorDifference:
        last = [difference]

        async def differs(case: DocumentCase, run: CaseRun) -> bool:
            (operation,) = split_operations(case.document).values()
            *_, found = await self.compare_answers(case, operation, run, difference.actor)
            alike = [each for each in found if each.summary == difference.summary]
            last[:] = alike[:1] or last
            return bool(alike)

        await case_shrinking.shrink_case(schema, difference.case, difference.run, differs)
        return last[0]


async def await_result(answer: Any) -> ExecutionResult | Exception:
    """An answer, or what was raised instead."""
    try:
        found: ExecutionResult = await answer
    except Exception as error:  # noqa: BLE001 - whatever one raises, the other must raise
        return error
    return found


def find_differences(
    planned: ExecutionResult | Exception,
    reference: ExecutionResult | Exception,
    mine: ReadRecord,
    theirs: ReadRecord,
    actor: Actor | None = None,
) -> Sequence[tuple[str, str, str]]:
    """What differs: its name, and both sides."""
    if isinstance(planned, Exception) or isinstance(reference, Exception):
        return [("raised", repr(planned), repr(reference))] if repr(planned) != repr(reference) else []
    pairs = [
        ("data", _decode_data(planned.data), _decode_data(reference.data)),
        ("errors", _format_errors(planned), _format_errors(reference)),
        ("what is kept", repr(mine.row_counts), repr(theirs.row_counts)),
        ("who was seen", _format_viewed_people(mine, actor), _format_viewed_people(theirs, actor)),
    ]
    return [pair for pair in pairs if pair[1] != pair[2]]


def describe_error(found: GraphQLError) -> Mapping[str, Any]:
    """What a client sees of an error, and the kind of exception behind it."""
    behind = found.original_error
    return {
        "message": found.message,
        "path": found.path,
        "locations": [[each.line, each.column] for each in found.locations or ()],
        "extensions": found.extensions,
        "behind": type(behind).__name__ if behind is not None else None,
    }


def _format_errors(answer: ExecutionResult) -> str:
    return json.dumps([describe_error(each) for each in answer.errors])


def _format_viewed_people(read: ReadRecord, actor: Actor | None) -> str:
    return repr(read.viewed_people and read.viewed_people.others(actor.person_id if actor else None))


def _decode_data(data: bytes | None) -> str:
    return "nothing" if data is None else data.decode()


def _quote_from_difference(text: str, other: str) -> str:
    """A text where it begins to differ from another."""
    start = next((place for place, (a, b) in enumerate(zip(text, other, strict=False)) if a != b), len(other))
    return text[max(0, start - 150) : start + 250]
