"""Whose rows and whose fields: by every way to a row, nobody sees more than their scope."""

from typing import Any

import pytest

from domain.actor import Actor, Role
from tests.resolvers import miniature
from tests.resolvers.conftest import FetchData, RunDocument

PEOPLE = range(1, 31)
ACTORS: list[tuple[Actor | None, set[int]]] = [
    (miniature.SERVICE, set(PEOPLE)),
    (miniature.HR, set(PEOPLE)),
    (miniature.HR_BELOW, {each for each in PEOPLE if 1 + each % 4 in {2, 4}}),
    (miniature.create_employee(7), {7}),
    (miniature.create_supervisor(3), {3, *(each for each in PEOPLE if each > 4 and 2 + each % 3 == 3)}),
    (Actor(1, Role.AUDITOR, "1."), set()),
    (Actor(None, Role.EMPLOYEE), set()),
    (Actor(None, Role.HR, None), set()),
    (None, set()),
]
ALL_PATHS = """query ($ids: [ID!]!, $evaluations: [ID!]!) {
  nodes(ids: $ids) { id }
  people(first: 50) { totalCount nodes { id appraiser { id } unit { people(first: 50) { nodes { id } } } } }
  evaluations(first: 50) { totalCount nodes { id person { id } } }
  cards { name }
  units { people(first: 50) { edges { node { id appraiser { id } } } } }
  named: nodes(ids: $evaluations) { ... on Evaluation { person { id } } }
}"""


def read_person_ids(shown: Any) -> set[int]:
    """All IDs of people anywhere in an answer."""
    if isinstance(shown, dict):
        found = read_person_ids(list(shown.values()))
        return found | ({int(shown["id"][2:])} if str(shown.get("id")).startswith("pe") else set())
    return set().union(*map(read_person_ids, shown)) if isinstance(shown, list) else set()


@pytest.mark.parametrize(("actor", "seen"), ACTORS)
async def test_no_way_leads_out_of_the_scope(answer: FetchData, actor: Actor | None, seen: set[int]) -> None:
    asked = {"ids": [f"pe{each}" for each in PEOPLE], "evaluations": [f"ev{each}" for each in range(1, 40)]}
    shown = await answer(actor, ALL_PATHS, **asked)
    assert read_person_ids(shown) == seen
    assert shown["people"]["totalCount"] == len(seen)
    assert {int(each["id"][2:]) for each in shown["nodes"] if each} == seen
    assert read_person_ids(shown["people"]) == read_person_ids(shown["units"]) == seen
    assert shown["evaluations"]["totalCount"] == sum(each % 7 for each in seen)
    assert len(shown["cards"]) == min(3, len(seen))


@pytest.mark.parametrize(("actor", "seen"), ACTORS)
async def test_rows_of_an_owner_are_seen_with_him_by_every_way(
    answer: FetchData, actor: Actor | None, seen: set[int]
) -> None:
    document = """query ($ids: [ID!]!) {
      evaluations(first: 100) { nodes { id items { id } } }
      nodes(ids: $ids) { id ... on Item { evaluation { id person { id } } } }
      items { id } units { items { id } }
    }"""
    shown = await answer(actor, document, ids=[f"it{each}" for each in range(1, 101)])
    owners = {int(each["id"][2:]) for each in shown["evaluations"]["nodes"]}
    visible = {f"it{each}" for each in range(1, 175) if (each + 1) // 2 in owners}
    assert {each["id"] for owner in shown["evaluations"]["nodes"] for each in owner["items"]} == visible
    assert {each["id"] for each in shown["nodes"] if each} == {each for each in visible if int(each[2:]) <= 100}
    assert read_person_ids(shown["nodes"]) <= seen
    assert len(shown["items"]) == min(50, len(visible))
    beside = {each["id"] for each in [*shown["items"], *(item for unit in shown["units"] for item in unit["items"])]}
    assert beside <= visible
    assert bool(beside) == bool(visible)


async def test_an_owners_scope_is_proven_only_where_he_was_not_the_way(ask: RunDocument) -> None:
    below = await ask(miniature.HR, "{ evaluations(first: 5) { nodes { items { id } } } }")
    aside = await ask(miniature.HR, "{ units { items { id } } }")
    assert "EXISTS" not in below.statements[-1]
    assert "EXISTS" in aside.statements[-1]


async def test_ruled_fields_are_null_for_whom_the_rule_does_not_admit(answer: FetchData) -> None:
    document = (
        "{ people(first: 50) { nodes { id nip secretInitials initials secretAppraiser { id } appraiser { id } } } }"
    )
    for actor, admitted in [
        (miniature.HR, set(PEOPLE)),
        (miniature.create_employee(9), {9}),
        (miniature.create_supervisor(3), set()),
        (miniature.SERVICE, set()),
    ]:
        shown = (await answer(actor, document))["people"]["nodes"]
        assert {int(each["id"][2:]) for each in shown if each["nip"]} == admitted
        assert {int(each["id"][2:]) for each in shown if each["secretInitials"]} == admitted
        assert all(each["secretInitials"] in {None, each["initials"]} for each in shown)
        for each in shown:
            admits = int(each["id"][2:]) in admitted
            assert each["secretAppraiser"] == (each["appraiser"] if admits else None)


async def test_a_filter_does_not_tell_what_its_field_hides(answer: FetchData) -> None:
    document = "query ($nip: Nip!) { people(first: 50, where: {nip: $nip}) { totalCount nodes { id } } }"
    nip = f"{9:018}"
    for actor, found in [
        (miniature.HR, 1),
        (miniature.create_employee(9), 1),
        (miniature.create_supervisor(3), 0),
        (miniature.SERVICE, 0),
    ]:
        assert (await answer(actor, document, nip=nip))["people"]["totalCount"] == found


async def test_me_is_whoever_asks(answer: FetchData) -> None:
    assert await answer(miniature.create_employee(9), "{ me { id } }") == {"me": {"id": "pe9"}}
    assert await answer(miniature.HR, "{ me { id } }") == {"me": None}
    assert await answer(None, "{ me { id } units { name } }") == {
        "me": None,
        "units": [{"name": name} for name in ("Pemprov", "Dinas A", "Bidang A", "Dinas B")],
    }
