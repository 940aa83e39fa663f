"""The matrix sees leaks: each one that is put in is found by it."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from random import Random
from typing import Final

import pytest

from domain.actor import Role
from domain.scope import Scope
from tests.access import planting, test_changes, test_ways_in
from tests.access.asking import EXECUTORS, Place, Served
from tests.access.planting import graph_with, rule, source, table_for_all
from tests.access.test_matrix import leaks
from tests.access.town import ACTORS
from tests.access.walks import Walker

ROWS, PLANNER = "resolvers.planner.rows", "resolvers.planner."
LEAKS: Final[dict[str, Callable[[], Served]]] = {
    "records for every employee": partial(graph_with, partial(rule, Scope.RECORD, Role.EMPLOYEE, planting.everybody)),
    "risk for change agents": partial(graph_with, partial(rule, Scope.RISK, Role.CHANGE_AGENT, planting.everybody)),
    "one table for supervisors": partial(graph_with, partial(table_for_all, "evaluation", Role.SUPERVISOR)),
    "one table for whoever is not signed in": partial(graph_with, partial(table_for_all, "person", None)),
    "results of plans for HR": partial(graph_with, partial(table_for_all, "plan_result", Role.HR)),
    "a former line that is kept": partial(
        graph_with, partial(rule, Scope.REGISTER, Role.SUPERVISOR, planting.former_line)
    ),
    "everybody who is in some line": partial(
        graph_with, partial(rule, Scope.RECORD, Role.SUPERVISOR, planting.anybodys_line)
    ),
    "a path without its dot": partial(graph_with, partial(rule, Scope.RECORD, Role.HR, planting.path_without_dot)),
    "no path taken for every path": partial(graph_with, partial(rule, Scope.RISK, Role.HR, planting.any_path)),
    "decisions for supervisors": partial(
        graph_with, partial(rule, Scope.TRAINING, Role.SUPERVISOR, planting.everybody)
    ),
    "jobs for employees": partial(graph_with, partial(rule, Scope.JOB, Role.EMPLOYEE, planting.everybody)),
    "the appraiser's own appraiser": partial(
        graph_with, partial(rule, Scope.REGISTER, Role.EMPLOYEE, planting.above)
    ),
    "numbers of whoever is seen": partial(graph_with, planting.numbers_for_all),
    "no scope at all": partial(source, ROWS, "if piece != sql.TRUE:", "if False:"),
    "nested edges without scope": partial(
        source,
        ROWS,
        "yield from self._scope(choice.table",
        "yield from () if linked is not None else self._scope(choice.table",
    ),
    "look-ups without scope": partial(
        source,
        ROWS,
        "yield from self._scope(choice.table",
        'yield from () if choice.link == "id" else self._scope(choice.table',
    ),
    "a total of everybody": partial(
        source, ROWS, "return self._tables[table].scope.get(self._sight) == sql.TRUE", "return True"
    ),
    "a count without scope": partial(
        source,
        ROWS,
        "yield from self._scope(choice.table",
        "yield from () if span is None and linked is None and not wanted else self._scope(choice.table",
    ),
    "a filter by a number that is hidden": partial(source, ROWS, "if filter_.seen is not None:", "if False:"),
    "a field's rule in the planner": partial(
        source,
        PLANNER + "compile",
        'return f"CASE WHEN {self.rows.seen(column.seen, alias)} THEN {value} END"',
        "return value",
    ),
    "a field's rule in the reference": partial(
        source,
        "resolvers.reference.load",
        """text = f"CASE WHEN {rows.seen(column.seen, 'r')} THEN {text} END\"""",
        "pass",
    ),
    "an event told to everybody": partial(planting.telling, "if not seen and await", "if False and await"),
    "a key that is everybody's": planting.keys_for_all,
    "commands that name whoever there is": partial(planting.commands, planting.whoever_there_is),
    "commands that decide about whoever is seen": partial(planting.commands, planting.whoever_is_seen),
}
"""What is put in, and how."""


async def seen(place: Place) -> str:
    """The first that the matrix finds wrong, or nothing."""
    async for found in _found(place):
        if found:
            return found
    return ""


async def _found(place: Place) -> AsyncIterator[str]:
    draw = Random(15)
    walks = list(Walker(place.served.graph, place.town).walks(edges=1))
    for walk in draw.sample(walks, len(walks)):
        for found in await leaks(place, walk, ACTORS, Counter()):
            yield found
    asked = list(test_ways_in.filtered(place))
    numbers = [each for each in asked if each.name == "nip"]
    for each in draw.sample(numbers, 10):
        for actor in ACTORS.values():
            yield await test_ways_in.wrong(place, each, actor)
    yield "\n".join((await test_changes.misled(place, 1, EXECUTORS[:1]))[0])
    for check in (test_changes.test_an_event_is_told_to_whom_its_subject_is_shown, *_replays()):
        yield await _failed(check, place)


def _replays() -> list[Callable[[Place], Awaitable[object]]]:
    return [partial(test_changes.test_a_key_is_its_principals_own, executor=each) for each in EXECUTORS]


async def _failed(check: Callable[..., Awaitable[object]], place: Place) -> str:
    try:
        await check(place)
    except AssertionError as error:
        return str(error) or "it fails"
    return ""


@pytest.mark.parametrize("what", ["a path without its dot", "nested edges without scope"])
async def test_a_leak_is_seen(place: Place, what: str) -> None:
    assert await seen(planting.over(place, LEAKS[what]()))


@pytest.mark.long
async def test_each_leak_is_seen(place: Place) -> None:
    missed = []
    for what, put_in in LEAKS.items():
        found = await seen(planting.over(place, put_in()))
        print(f"  {'seen' if found else 'MISSED'}: {what}{'' if not found else f' – {found.splitlines()[0]:.110}'}")
        missed += [] if found else [what]
    verdict = "FAILS" if missed else "holds"
    print(f"{len(LEAKS) - len(missed)} of {len(LEAKS)} leaks seen – {verdict}")
    assert not missed
    assert await seen(place) == ""
