"""Which rows are chosen means what it should: scopes, filters and pages against plain Python over whole tables.

Both executors choose rows by the same text, so that comparing them cannot see its faults; these tests can.
"""

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.actor import SYSTEM
from domain.scope import PREDICATES
from tests.corpus import forged, meaning, plain
from tests.corpus.worlds import World

few = settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
SEEDS = st.integers(0, 2**32)
ACTORS = st.integers(0, 8)


def test_whose_rows_are_seen_is_told_again_of_every_scope_and_role() -> None:
    told = {name: set(roles) for name, roles in plain.SCOPES["province"].items()}
    declared = {str(name): set(roles) for name, roles in PREDICATES.items() if roles}
    assert told == declared


async def test_everybody_sees_the_rows_of_his_scope_by_every_way(small: World) -> None:
    rows = await plain.load(small)
    for actor in small.actors:
        await meaning.scopes(small, plain.Plain(small, actor, rows))


async def test_every_list_shows_what_its_choice_and_its_order_say(small: World) -> None:
    rows = await plain.load(small)
    for actor in small.actors:
        await meaning.lists(small, plain.Plain(small, actor, rows), Random(5))


@few
@given(seed=SEEDS, which=ACTORS)
async def test_pages_forward_and_backward_are_all_rows_once_in_every_order(
    small: World, seed: int, which: int
) -> None:
    await meaning.pages(small, plain.Plain(small, small.actors[which], await plain.load(small)), Random(seed))


async def test_no_cursor_is_taken_that_is_not_of_the_list(small: World) -> None:
    await forged.refused(small, plain.Plain(small, small.actors[0], await plain.load(small)))


@few
@given(seed=SEEDS, which=ACTORS)
async def test_every_filter_finds_what_it_says(small: World, seed: int, which: int) -> None:
    await meaning.filters(small, plain.Plain(small, small.actors[which], await plain.load(small)), Random(seed))


@pytest.mark.long
async def test_all_of_it_holds_for_everybody_in_both_worlds(world: World) -> None:
    rows = await plain.load(world)
    await forged.refused(world, plain.Plain(world, SYSTEM, rows))
    for place, actor in enumerate(world.actors):
        await meaning.everything(world, plain.Plain(world, actor, rows), Random(place))
    print(f"\n{world.name}: scopes, lists, pages and filters hold for {len(world.actors)} actors")
