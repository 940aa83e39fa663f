"""Which rows are chosen means what it should: scopes, filters and pages against plain Python over whole tables.

Both executors choose rows by the same text, so that comparing them cannot see its faults; these tests can.
"""

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.access.scopes import SCOPE_PREDICATES, no_rows
from domain.actor import SYSTEM_ACTOR
from tests.corpus import forged_cursors, row_oracle, row_properties
from tests.corpus.comparison_worlds import ComparisonWorld

few = settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
SEEDS = st.integers(0, 2**32)
ACTORS = st.integers(0, 8)


def test_whose_rows_are_seen_is_told_again_of_every_scope_and_role() -> None:
    told = {name: set(roles) for name, roles in row_oracle.SCOPES["province"].items()}
    declared = {
        str(name): {role for role, predicate in roles.items() if predicate is not no_rows}
        for name, roles in SCOPE_PREDICATES.items()
    }
    assert told == {name: roles for name, roles in declared.items() if roles}


async def test_everybody_sees_the_rows_of_his_scope_by_every_way(small: ComparisonWorld) -> None:
    rows = await row_oracle.load_all_rows(small)
    for actor in small.actors:
        await row_properties.check_scopes(small, row_oracle.RowOracle(small, actor, rows))


async def test_every_list_shows_what_its_choice_and_its_order_say(small: ComparisonWorld) -> None:
    rows = await row_oracle.load_all_rows(small)
    for actor in small.actors:
        await row_properties.check_bounded_lists(small, row_oracle.RowOracle(small, actor, rows), Random(5))


@few
@given(seed=SEEDS, which=ACTORS)
async def test_pages_forward_and_backward_are_all_rows_once_in_every_order(
    small: ComparisonWorld, seed: int, which: int
) -> None:
    await row_properties.check_connections(
        small, row_oracle.RowOracle(small, small.actors[which], await row_oracle.load_all_rows(small)), Random(seed)
    )


async def test_no_cursor_is_taken_that_is_not_of_the_list(small: ComparisonWorld) -> None:
    await forged_cursors.check_forged_cursors(
        small, row_oracle.RowOracle(small, small.actors[0], await row_oracle.load_all_rows(small))
    )


@few
@given(seed=SEEDS, which=ACTORS)
async def test_every_filter_finds_what_it_says(small: ComparisonWorld, seed: int, which: int) -> None:
    await row_properties.check_filters(
        small, row_oracle.RowOracle(small, small.actors[which], await row_oracle.load_all_rows(small)), Random(seed)
    )


@pytest.mark.long
async def test_all_of_it_holds_for_everybody_in_both_worlds(world: ComparisonWorld) -> None:
    rows = await row_oracle.load_all_rows(world)
    await forged_cursors.check_forged_cursors(world, row_oracle.RowOracle(world, SYSTEM_ACTOR, rows))
    for place, actor in enumerate(world.actors):
        await row_properties.check_all_properties(world, row_oracle.RowOracle(world, actor, rows), Random(place))
    print(f"\n{world.name}: scopes, lists, pages and filters hold for {len(world.actors)} actors")
