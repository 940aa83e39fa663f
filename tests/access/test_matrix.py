"""Every role by every way to every row: what is shown is what the oracle says, no more and no less."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any, Final

import pytest

from domain.actor import Actor, Role
from kinerja import standing
from tests.access import oracle
from tests.access.asking import EXECUTORS, Place
from tests.access.town import ACTORS
from tests.access.walks import Cut, Walk, Walker, differs
from tests.conftest import TODAY

SAMPLE: Final = 10
ONE_EACH: Final = (
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
TELLING: Final = frozenset({"me", "people", "assignmentBatches"})
"""Ways on which each role sees something; the other ways are tried by some roles in turn."""

EMPTY: Final[frozenset[str]] = frozenset()
"""Codes of things of which the town has none."""

Counts = Counter[tuple[str, str]]
"""Marks that were rightly shown, by role and by how he who was told stands to whom they are about."""

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


async def leaks(
    place: Place, walk: Walk, actors: Iterable[str], counts: Counts, executors: Sequence[str] = EXECUTORS
) -> list[str]:
    """What is wrong with the answers to a document, as each of some actors, by both executors or one."""
    found = []
    whole: dict[str, Any] = {}
    for name in actors:
        actor = ACTORS[name]
        if not whole or walk.way.startswith("me"):
            whole = await _whole(place, walk, actor)
        expected = Cut(place.served.graph, place.town, actor).whole(whole)
        for executor in executors:
            answer = await place.answer(executor, actor, walk.text, walk.variables)
            raw = (answer.data or b"null").decode()
            wrong = differs(expected, json.loads(raw)) or ", ".join(each.message for each in answer.errors)
            wrong = wrong or strangers(place, actor, raw)
            if wrong:
                found.append(f"{walk.way} as {name} by {executor}: {wrong}\n    {walk.text}")
            elif executor == executors[0]:
                _count(counts, actor, place, raw)
    return found


async def _whole(place: Place, walk: Walk, actor: Actor | None) -> dict[str, Any]:
    """All that there is; who asks is named where there is no rule that knows him."""
    text = walk.text
    if walk.way.startswith("me"):
        text = text.replace("{ me ", f'{{ me: person(by: {{id: "pe{(actor and actor.person_id) or 1}"}}) ', 1)
    return await place.whole(text, **walk.variables)


def strangers(place: Place, actor: Actor | None, raw: str) -> str:
    """The first row or number in an answer that is none of the actor's business, whatever was expected."""
    rows = [row for row in place.town.marked(raw) if not oracle.sees(actor, row)]
    numbers = [person for person in place.town.numbered(raw) if not oracle.numbers(actor, person)]
    return f"{rows[:1] or numbers[:1]} is shown" if rows or numbers else ""


def _count(counts: Counts, actor: Actor | None, place: Place, raw: str) -> None:
    for about in {row.about for row in place.town.marked(raw)}:
        if actor is not None:
            counts[actor.role.value, "decision" if about is None else oracle.relation(actor, about)] += 1


def unproven(counts: Counts) -> list[str]:
    """Roles that were never shown what they may see, by relation: of them nothing was proven."""
    return [
        f"{role} × {relation}"
        for role, relations in EXPECTED.items()
        for relation in relations
        if not counts[role.value, relation]
    ]


async def test_what_the_oracle_cuts_down_is_every_row_of_the_town(place: Place) -> None:
    graph = place.served.graph
    text = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    for code, name in graph.nodes.items():
        keys = [f"{code}{row.key}" for row in place.town.of(str(graph.objects[name].table))]
        assert keys or code in EMPTY, f"the town has no {name}"
        for start in range(0, len(keys), 100):
            some = keys[start : start + 100]
            assert [each and each["id"] for each in (await place.whole(text, ids=some))["nodes"]] == some


async def test_the_service_finds_the_actors_where_the_town_has_put_them(place: Place) -> None:
    standings = standing.Standings(place.data)
    for actor in ACTORS.values():
        if actor is not None:
            signed_in = Actor(actor.person_id, actor.role, actor.unit_path, service=actor.service)
            assert await standings.of(signed_in, TODAY) == replace(actor, wide=False)


async def test_every_kind_of_row_shows_exactly_what_the_oracle_says(place: Place) -> None:
    counts: Counts = Counter()
    found = []
    for number, walk in enumerate(Walker(place.served.graph, place.town).walks(edges=1)):
        some = [ONE_EACH[(number + step) % len(ONE_EACH)] for step in range(4)]
        actors = ONE_EACH if walk.way in TELLING else some
        found += await leaks(place, walk, actors, counts, EXECUTORS[:1])
    assert not found, "\n".join(found[:10])
    assert not unproven(counts)


async def test_a_sample_of_ways(place: Place) -> None:
    draw = Random(4)
    walks = list(Walker(place.served.graph, place.town).walks(edges=2))
    found = []
    for walk in draw.sample(walks, SAMPLE):
        found += await leaks(place, walk, draw.sample(list(ACTORS), 3), Counter())
    assert not found, "\n".join(found[:10])


async def test_row_security_beneath_hides_nothing_that_may_be_seen(walled: Place) -> None:
    draw = Random(14)
    walks = list(Walker(walled.served.graph, walled.town).walks(edges=1))
    found = []
    for walk in draw.sample(walks, 6):
        found += await leaks(walled, walk, draw.sample(list(ACTORS), 4), Counter())
    assert not found, "\n".join(found[:10])


@pytest.mark.long
async def test_every_way_through_both_walls(walled: Place) -> None:
    found = []
    walks = list(Walker(walled.served.graph, walled.town).walks(edges=2))
    for walk in walks:
        found += await leaks(walled, walk, ACTORS, Counter())
    print(f"{len(walks)} ways × {len(ACTORS)} actors × 2 executors, row security beneath: wrong {len(found)}")
    assert not found, "\n".join(found[:10])


@pytest.mark.long
@pytest.mark.parametrize(("edges", "most"), [(2, len(ACTORS)), (3, 8)])
async def test_every_way(place: Place, edges: int, most: int) -> None:
    counts: Counts = Counter()
    draw, found, answers = Random(17), [], 0
    walks: Sequence[Walk] = list(Walker(place.served.graph, place.town).walks(edges))
    for walk in walks:
        found += await leaks(place, walk, draw.sample(list(ACTORS), most), counts)
        answers += most * len(EXECUTORS)
    print(f"{len(walks)} ways of {edges} edges, {most} of {len(ACTORS)} actors each, 2 executors: {answers} answers")
    print(f"  rightly shown: {sum(counts.values())} people, in {len(counts)} roles × relations")
    print(f"  wrong: {len(found)} – {'FAILS' if found else 'holds'}")
    assert not found, "\n".join(found[:10])
    assert not unproven(counts)
