"""The matrix sees leaks: each one that is put in is found by it."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from random import Random
from typing import Final

import pytest

from domain.access import policy
from domain.access.policy import Action
from domain.access.scopes import Scope
from domain.actor import Role
from tests.access import planted_leaks, test_command_reach, test_filters_and_lookups
from tests.access.graph_paths import PathWriter
from tests.access.permissions import PermissionProof
from tests.access.planted_leaks import compile_with_leak, open_table, replace_predicate, replace_source
from tests.access.test_matrix import find_leaks
from tests.access.town import ACTORS
from tests.access.town_service import EXECUTORS, ServedGraph, TownService

ROWS, PLANNER = "resolvers.planner.row_query", "resolvers.planner."
LEAKS: Final[dict[str, Callable[[], ServedGraph]]] = {
    "records for every employee": partial(
        compile_with_leak, partial(replace_predicate, Scope.RECORD, Role.EMPLOYEE, planted_leaks.sees_everybody)
    ),
    "risk for change agents": partial(
        compile_with_leak, partial(replace_predicate, Scope.RISK, Role.CHANGE_AGENT, planted_leaks.sees_everybody)
    ),
    "one table for supervisors": partial(compile_with_leak, partial(open_table, "evaluation", Role.SUPERVISOR)),
    "one table for whoever is not signed in": partial(compile_with_leak, partial(open_table, "person", None)),
    "results of plans for HR": partial(compile_with_leak, partial(open_table, "plan_result", Role.HR)),
    "a former line that is kept": partial(
        compile_with_leak,
        partial(replace_predicate, Scope.REGISTER, Role.SUPERVISOR, planted_leaks.include_former_line),
    ),
    "everybody who is in some line": partial(
        compile_with_leak, partial(replace_predicate, Scope.RECORD, Role.SUPERVISOR, planted_leaks.include_any_line)
    ),
    "a path without its dot": partial(
        compile_with_leak, partial(replace_predicate, Scope.RECORD, Role.HR, planted_leaks.compare_path_without_dot)
    ),
    "no path taken for every path": partial(
        compile_with_leak, partial(replace_predicate, Scope.RISK, Role.HR, planted_leaks.include_empty_path)
    ),
    "decisions for supervisors": partial(
        compile_with_leak, partial(replace_predicate, Scope.TRAINING, Role.SUPERVISOR, planted_leaks.sees_everybody)
    ),
    "jobs for employees": partial(
        compile_with_leak, partial(replace_predicate, Scope.JOB, Role.EMPLOYEE, planted_leaks.sees_everybody)
    ),
    "the appraiser's own appraiser": partial(
        compile_with_leak, partial(replace_predicate, Scope.REGISTER, Role.EMPLOYEE, planted_leaks.include_appraiser)
    ),
    "numbers of whoever is seen": partial(compile_with_leak, planted_leaks.open_nips),
    "no scope at all": partial(replace_source, ROWS, "if piece != sql_fragments.TRUE:", "if False:"),
    "nested edges without scope": partial(
        replace_source,
        ROWS,
        "yield from self._iterate_scope_conditions(row_set.table",
        "yield from () if link_sql is not None else self._iterate_scope_conditions(row_set.table",
    ),
    "look-ups without scope": partial(
        replace_source,
        ROWS,
        "yield from self._iterate_scope_conditions(row_set.table",
        'yield from () if row_set.link == "id" else self._iterate_scope_conditions(row_set.table',
    ),
    "a total of everybody": partial(
        replace_source,
        ROWS,
        "return self._tables[table].scope_by_key.get(self._scope_key) == sql_fragments.TRUE",
        "return True",
    ),
    "a count without scope": partial(
        replace_source,
        ROWS,
        "yield from self._iterate_scope_conditions(row_set.table",
        "yield from () if page_range is None and link_sql is None and not filter_values"
        " else self._iterate_scope_conditions(row_set.table",
    ),
    "a filter by a number that is hidden": partial(
        replace_source, ROWS, "if filter_.visibility is not None:", "if False:"
    ),
    "a field's rule in the planner": partial(
        replace_source,
        PLANNER + "compile",
        'return f"CASE WHEN {self.row_query.build_visibility_condition(column.visibility, alias)} THEN {value} END"',
        "return value",
    ),
    "a field's rule in the reference": partial(
        replace_source,
        "resolvers.reference.batch_loader",
        "text = f\"CASE WHEN {rows.build_visibility_condition(column.visibility, 'r')} THEN {text} END\"",
        "pass",
    ),
    "an event told to everybody": partial(
        planted_leaks.replace_event_source, "if not seen and await", "if False and await"
    ),
    "a key that is everybody's": planted_leaks.share_client_keys,
    "commands that name whoever there is": partial(
        planted_leaks.run_commands_with_leak, planted_leaks.allow_any_reference
    ),
    "commands that decide about whoever is seen": partial(
        planted_leaks.run_commands_with_leak, planted_leaks.allow_any_decision
    ),
}
"""What is put in, and how."""


async def find_first_leak(place: TownService) -> str:
    """The first that the matrix finds wrong, or nothing."""
    async for found in _iterate_findings(place):
        if found:
            return found
    return ""


async def _iterate_findings(place: TownService) -> AsyncIterator[str]:
    draw = Random(15)
    walks = list(PathWriter(place.served.graph, place.town).write_paths(edges=1))
    for walk in draw.sample(walks, len(walks)):
        for found in await find_leaks(place, walk, ACTORS, Counter()):
            yield found
    asked = list(test_filters_and_lookups.list_filtered_queries(place))
    numbers = [each for each in asked if each.field_name == "nip"]
    for each in draw.sample(numbers, 10):
        for actor in ACTORS.values():
            yield await test_filters_and_lookups.find_filter_error(place, each, actor)
    yield "\n".join((await test_command_reach.find_misdirected_commands(place, 1, EXECUTORS[:1]))[0])
    for check in (test_command_reach.test_an_event_is_told_to_whom_its_subject_is_shown, *_list_replay_checks()):
        yield await _describe_failure(check, place)


def _list_replay_checks() -> list[Callable[[TownService], Awaitable[object]]]:
    return [partial(test_command_reach.test_a_key_is_its_principals_own, executor=each) for each in EXECUTORS]


async def _describe_failure(check: Callable[..., Awaitable[object]], place: TownService) -> str:
    try:
        await check(place)
    except AssertionError as error:
        return str(error) or "it fails"
    return ""


@pytest.mark.parametrize("what", ["a path without its dot", "nested edges without scope"])
async def test_a_leak_is_seen(place: TownService, what: str) -> None:
    assert await find_first_leak(planted_leaks.serve_with_leak(place, LEAKS[what]()))


@pytest.mark.long
async def test_each_leak_is_seen(place: TownService) -> None:
    missed = []
    for what, put_in in LEAKS.items():
        found = await find_first_leak(planted_leaks.serve_with_leak(place, put_in()))
        print(f"  {'seen' if found else 'MISSED'}: {what}{'' if not found else f' – {found.splitlines()[0]:.110}'}")
        missed += [] if found else [what]
    verdict = "FAILS" if missed else "holds"
    print(f"{len(LEAKS) - len(missed)} of {len(LEAKS)} leaks seen – {verdict}")
    assert not missed
    assert await find_first_leak(place) == ""


PAIRS: Final = [(action, role) for action in Action for role in Role]
SAMPLE: Final = [
    (Action.RECORD_EVALUATION, Role.EMPLOYEE),
    (Action.ASSIGN_TRAINING, Role.AUDITOR),
    (Action.DELEGATE_LINE, Role.ADMIN),
    (Action.END_DELEGATION, Role.ADMIN),
    (Action.PUBLISH_SUMMARIES, Role.ADMIN),
]
"""Actions opened to roles in each run of the tests; the long one opens all that are denied."""


async def planted_violations(proof: PermissionProof, action: Action, role: Role) -> list[str]:
    """What the proof finds where the policy is opened for a role that it denies, or closed for one that it allows."""
    with planted_leaks.permission(action, role, allowed=role not in policy.ALLOWED_ROLES[action]):
        return await proof.find_violations({role}, EXECUTORS[:1])


@pytest.mark.parametrize(("action", "role"), SAMPLE)
async def test_an_action_opened_to_a_role_is_seen(
    permission_proof: PermissionProof, action: Action, role: Role
) -> None:
    assert role not in policy.ALLOWED_ROLES[action]
    assert await planted_violations(permission_proof, action, role)


async def test_a_line_that_an_administrator_delegates_is_seen(place: TownService) -> None:
    with planted_leaks.permission(Action.DELEGATE_LINE, Role.ADMIN, allowed=True):
        found, _ = await test_command_reach.find_misdirected_commands(place, 1, EXECUTORS[:1])
    assert found
    assert all("DelegateLineInput" in each and "as admin" in each for each in found)


@pytest.mark.long
async def test_each_action_opened_or_closed_for_a_role_is_seen(permission_proof: PermissionProof) -> None:
    caught: Counter[str] = Counter()
    missed = []
    for action, role in PAIRS:
        change = "closed" if role in policy.ALLOWED_ROLES[action] else "opened"
        found = await planted_violations(permission_proof, action, role)
        caught[change] += bool(found)
        caught["written"] += any("changed" in each and "changed nothing" not in each for each in found)
        missed += [] if found else [(action.name, role.name)]
        print(f"  {'seen' if found else 'MISSED'}: {action.name} {change} for {role}: {(found or [''])[0]:.120}")
    allowed = sum(map(len, policy.ALLOWED_ROLES.values()))
    print(f"actions opened to a role: {caught['opened']} of {len(PAIRS) - allowed} seen, {caught['written']} of them")
    print(f"  changed rows; closed for a role: {caught['closed']} of {allowed} – {'FAILS' if missed else 'holds'}")
    assert not missed
    assert await permission_proof.find_violations() == []
