"""Every role by every way to every row: what is shown is what the oracle says, no more and no less."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any, Final

import pytest

from domain.actor import Actor, Role
from kinerja.auth import actor_resolver
from tests.access import access_oracle
from tests.access.graph_paths import GraphPath, OracleView, PathWriter, find_difference
from tests.access.town import ACTORS
from tests.access.town_service import EXECUTORS, TownService
from tests.conftest import TODAY

SAMPLE: Final = 10
SHARED_PATHS: Final = (
    "employee",
    "supervisor",
    "delegate",
    "HR of agency",
    "leader",
    "auditor of agency",
    "admin",
    "change agent",
    "service",
    "service of unit",
    "nobody",
)
COMMON_PATHS: Final = frozenset({"me", "people", "assignmentBatches"})
"""Ways on which each role sees something; the other ways are tried by some roles in turn."""

EMPTY_CODES: Final[frozenset[str]] = frozenset()
"""Codes of things of which the town has none."""

Counts = Counter[tuple[str, str]]
"""Marks that were rightly shown, by role and by how they who was told stands to whom they are about."""

EXPECTED: Final[Mapping[Role, frozenset[str]]] = {
    Role.EMPLOYEE: frozenset({"self", "own appraiser"}),
    Role.SUPERVISOR: frozenset({"self", "own appraiser", "own line", "delegated line", "former line"}),
    Role.HR: frozenset({"self", "own units", "decision"}),
    Role.LEADER: frozenset({"self", "own appraiser"}),
    Role.AUDITOR: frozenset({"self", "own units", "decision"}),
    Role.ADMIN: frozenset({"self", "foreign"}),
    Role.CHANGE_AGENT: frozenset({"self", "own appraiser"}),
    Role.SERVICE: frozenset({"foreign", "decision"}),
    Role.UNIT_SERVICE: frozenset({"own units", "decision"}),
}
"""What each role must have been shown for a verdict to mean something."""


async def find_leaks(
    place: TownService, walk: GraphPath, actors: Iterable[str], counts: Counts, executors: Sequence[str] = EXECUTORS
) -> list[str]:
    """What is wrong with the answers to a document, as each of some actors, by both executors or one."""
    found = []
    whole: dict[str, Any] = {}
    for name in actors:
        actor = ACTORS[name]
        if not whole or walk.name.startswith("me"):
            whole = await _fetch_unrestricted(place, walk, actor)
        expected = OracleView(place.served.graph, place.town, actor).filter_query(whole)
        for executor in executors:
            answer = await place.run_executor(executor, actor, walk.text, walk.variables)
            raw = (answer.data or b"null").decode()
            wrong = find_difference(expected, json.loads(raw)) or ", ".join(each.message for each in answer.errors)
            wrong = wrong or find_stranger(place, actor, raw)
            if wrong:
                found.append(f"{walk.name} as {name} by {executor}: {wrong}\n    {walk.text}")
            elif executor == executors[0]:
                _count_visible_rows(counts, actor, place, raw)
    return found


async def _fetch_unrestricted(place: TownService, walk: GraphPath, actor: Actor | None) -> dict[str, Any]:
    """All that there is; who asks is named where there is no rule that knows them."""
    text = walk.text
    if walk.name.startswith("me"):
        text = text.replace("{ me ", f'{{ me: person(by: {{id: "pe{(actor and actor.person_id) or 1}"}}) ', 1)
    return await place.fetch_unrestricted(text, **walk.variables)


def find_stranger(place: TownService, actor: Actor | None, raw: str) -> str:
    """The first row or number in an answer that is none of the actor's business, whatever was expected."""
    rows = [row for row in place.town.find_marked_rows(raw) if not access_oracle.can_see(actor, row)]
    numbers = [
        person for person in place.town.find_people_by_nip(raw) if not access_oracle.can_see_nip(actor, person)
    ]
    return f"{rows[:1] or numbers[:1]} is shown" if rows or numbers else ""


def _count_visible_rows(counts: Counts, actor: Actor | None, place: TownService, raw: str) -> None:
    for about in {row.person for row in place.town.find_marked_rows(raw)}:
        if actor is not None:
            counts[
                actor.role.value, "decision" if about is None else access_oracle.describe_relation(actor, about)
            ] += 1


def list_unproven_relations(counts: Counts) -> list[str]:
    """Roles that were never shown what they may see, by relation: of them nothing was proven."""
    return [
        f"{role} × {relation}"
        for role, relations in EXPECTED.items()
        for relation in relations
        if not counts[role.value, relation]
    ]


async def test_what_the_oracle_cuts_down_is_every_row_of_the_town(place: TownService) -> None:
    graph = place.served.graph
    text = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    for code, name in graph.types_by_code.items():
        keys = [f"{code}{row.key}" for row in place.town.list_rows(str(graph.object_types[name].table))]
        assert keys or code in EMPTY_CODES, f"the town has no {name}"
        for start in range(0, len(keys), 100):
            some = keys[start : start + 100]
            assert [each and each["id"] for each in (await place.fetch_unrestricted(text, ids=some))["nodes"]] == some


async def test_the_service_finds_the_actors_where_the_town_has_put_them(place: TownService) -> None:
    standings = actor_resolver.ActorResolver(place.data)
    for actor in ACTORS.values():
        if actor is not None:
            signed_in = Actor(actor.person_id, actor.role, actor.unit_path, service_name=actor.service_name)
            assert await standings.resolve_actor(signed_in, TODAY) == replace(actor, wide=False)


async def test_every_kind_of_row_shows_exactly_what_the_oracle_says(place: TownService) -> None:
    counts: Counts = Counter()
    found = []
    for number, walk in enumerate(PathWriter(place.served.graph, place.town).write_paths(edges=1)):
        some = [SHARED_PATHS[(number + step) % len(SHARED_PATHS)] for step in range(4)]
        actors = SHARED_PATHS if walk.name in COMMON_PATHS else some
        found += await find_leaks(place, walk, actors, counts, EXECUTORS[:1])
    assert not found, "\n".join(found[:10])
    assert not list_unproven_relations(counts)


async def test_a_sample_of_ways(place: TownService) -> None:
    draw = Random(4)
    walks = list(PathWriter(place.served.graph, place.town).write_paths(edges=2))
    found = []
    for walk in draw.sample(walks, SAMPLE):
        found += await find_leaks(place, walk, draw.sample(list(ACTORS), 3), Counter())
    assert not found, "\n".join(found[:10])


async def test_row_security_beneath_hides_nothing_that_may_be_seen(walled: TownService) -> None:
    draw = Random(14)
    walks = list(PathWriter(walled.served.graph, walled.town).write_paths(edges=1))
    found = []
    for walk in draw.sample(walks, 6):
        found += await find_leaks(walled, walk, draw.sample(list(ACTORS), 4), Counter())
    assert not found, "\n".join(found[:10])


@pytest.mark.long
async def test_every_way_through_both_walls(walled: TownService) -> None:
    found = []
    walks = list(PathWriter(walled.served.graph, walled.town).write_paths(edges=2))
    for walk in walks:
        found += await find_leaks(walled, walk, ACTORS, Counter())
    print(f"{len(walks)} ways × {len(ACTORS)} actors × 2 executors, row security beneath: wrong {len(found)}")
    assert not found, "\n".join(found[:10])


@pytest.mark.long
@pytest.mark.parametrize(("edges", "most"), [(2, len(ACTORS)), (3, 8)])
async def test_every_way(place: TownService, edges: int, most: int) -> None:
    counts: Counts = Counter()
    draw, found, answers = Random(17), [], 0
    walks: Sequence[GraphPath] = list(PathWriter(place.served.graph, place.town).write_paths(edges))
    for walk in walks:
        found += await find_leaks(place, walk, draw.sample(list(ACTORS), most), counts)
        answers += most * len(EXECUTORS)
    print(f"{len(walks)} ways of {edges} edges, {most} of {len(ACTORS)} actors each, 2 executors: {answers} answers")
    print(f"  rightly shown: {sum(counts.values())} people, in {len(counts)} roles × relations")
    print(f"  wrong: {len(found)} – {'FAILS' if found else 'holds'}")
    assert not found, "\n".join(found[:10])
    assert not list_unproven_relations(counts)
