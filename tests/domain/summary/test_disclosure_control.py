"""What is shown of a tree of groups: nothing small, nothing that tells, and nothing from which that follows."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from domain.summary import disclosure_control
from domain.summary.facts import DIVISIONS, Division, ProtectedCounts, SummaryGroup
from tests.domain.summary.adversary import Adversary, Cell, random_people, random_tree

TWO: Mapping[str, Division] = {
    "rating": Division(("good", "bad", "none"), frozenset({"good", "bad"})),
    "band": Division(("high", "middle", "low", "unknown"), frozenset({"high", "middle", "low"})),
}

FullCounts = Mapping[str, Sequence[Sequence[int]]]
Rule = Callable[[Sequence[SummaryGroup], Mapping[str, Division], FullCounts], ProtectedCounts]


def random_counts(
    seed: int, most: int = 9, scale: float = 14
) -> tuple[list[SummaryGroup], dict[str, list[list[int]]]]:
    rng = np.random.default_rng(seed)
    groups = random_tree(rng, most)
    own = random_people(rng, groups, TWO, scale)
    return groups, {name: disclosure_control.sum_groups(groups, rows) for name, rows in own.items()}


def pair_cells(counts: FullCounts, shown: ProtectedCounts) -> Iterator[tuple[int, int | None]]:
    """Each figure, and what is shown of it; headcounts first."""
    first = next(iter(counts.values()))
    yield from zip([sum(row) for row in first], shown.headcount, strict=True)
    for name, rows in counts.items():
        for row, shown_row in zip(rows, shown.by_division[name], strict=True):
            yield from zip(row, shown_row, strict=True)


def count_determined(groups: Sequence[SummaryGroup], counts: FullCounts, shown: ProtectedCounts) -> int:
    """How many hidden figures somebody works out: from what is shown alone, and knowing every headcount too."""
    headcounts = [sum(row) for row in next(iter(counts.values()))]
    return len(Adversary(groups, shown).find_determined_cells()) + len(
        Adversary(groups, shown, headcounts).find_determined_cells()
    )


@pytest.mark.parametrize("seed", range(20))
def test_no_small_count_is_published_and_published_counts_are_true(seed: int) -> None:
    groups, counts = random_counts(seed)
    for true, shown in pair_cells(counts, disclosure_control.protect_counts(groups, TWO, counts)):
        assert shown in {None, true}
        assert shown is None or not 0 < shown < 5


@pytest.mark.parametrize("seed", range(20))
def test_no_hidden_figure_can_be_worked_out(seed: int) -> None:
    groups, counts = random_counts(seed)
    assert count_determined(groups, counts, disclosure_control.protect_counts(groups, TWO, counts)) == 0


def small_hidden_cells(groups: Sequence[SummaryGroup], counts: FullCounts, shown: ProtectedCounts) -> frozenset[Cell]:
    """The hidden figures of 1 to 4 in groups whose zeros are shown."""
    return frozenset(
        (name, place, category)
        for name, rows in counts.items()
        for place in range(len(groups))
        for category, true in enumerate(rows[place])
        if 0 < true < 5 <= sum(rows[place]) and shown.by_division[name][place][category] is None
    )


def test_knowing_small_cells_reveals_next_to_nothing() -> None:
    known, hidden = 0, 0
    for seed in range(20):
        groups, counts = random_counts(seed)
        shown = disclosure_control.protect_counts(groups, TWO, counts)
        headcounts = [sum(row) for row in counts["band"]]
        adversary = Adversary(groups, shown, headcounts, small_hidden_cells(groups, counts, shown))
        known, hidden = known + len(adversary.find_determined_cells()), hidden + len(adversary.hidden)
    print(f"\n{known} of {hidden} worked out by who knows which are small")
    assert known <= 0.02 * hidden


def test_a_rest_in_a_category_is_never_small() -> None:
    for seed in range(40):
        groups, counts = random_counts(seed)
        shown = disclosure_control.protect_counts(groups, TWO, counts)
        for name, rows in counts.items():
            for row, shown_row in zip(rows, shown.by_division[name], strict=True):
                if sum(row) >= 5:
                    rest = sum(true for true, each in zip(row, shown_row, strict=True) if each is None)
                    assert not 0 < rest < 5


def test_a_category_that_holds_everybody_is_hidden_with_all_others() -> None:
    groups = [SummaryGroup(1, "1.", own=False, parent=None)]
    alike = disclosure_control.protect_counts(groups, TWO, {"rating": [[0, 30, 0]], "band": [[10, 10, 10, 0]]})
    assert alike.by_division["rating"] == [[None, None, None]]
    assert alike.by_division["band"] == [[10, 10, 10, 0]]
    assert alike.headcount == [30]


def test_a_category_that_says_nothing_of_anybody_may_hold_everybody() -> None:
    groups = [SummaryGroup(1, "1.", own=False, parent=None)]
    idle = disclosure_control.protect_counts(groups, TWO, {"rating": [[0, 0, 30]], "band": [[10, 10, 10, 0]]})
    assert idle.by_division["rating"] == [[0, 0, 30]]


def test_of_fewer_than_five_nothing_is_published() -> None:
    groups = [SummaryGroup(1, "1.", own=False, parent=None)]
    shown = disclosure_control.protect_counts(groups, TWO, {"rating": [[2, 1, 1]], "band": [[0, 0, 4, 0]]})
    assert shown == ProtectedCounts([None], {"rating": [[None] * 3], "band": [[None] * 4]})


def test_the_head_of_a_unit_cannot_be_subtracted() -> None:
    groups = [
        SummaryGroup(1, "1.", own=False, parent=None),
        SummaryGroup(1, "1.", own=True, parent=0),
        SummaryGroup(2, "1.2.", own=False, parent=0),
    ]
    counts = {"rating": [[31, 10, 7], [1, 0, 0], [30, 10, 7]], "band": [[8, 0, 40, 0], [1, 0, 0, 0], [7, 0, 40, 0]]}
    shown = disclosure_control.protect_counts(groups, TWO, counts)
    assert shown.headcount[1] is None
    assert None in {shown.headcount[0], shown.headcount[2]}
    assert count_determined(groups, counts, shown) == 0


@pytest.mark.parametrize(
    ("rating", "complaint"),
    [([[9, 0, 0], [5, 0, 0], [5, 0, 0]], "do not divide the same"), ([[9, 0, 1], [5, 0, 0], [5, 0, 1]], "add up")],
)
def test_figures_that_do_not_add_up_are_refused(rating: list[list[int]], complaint: str) -> None:
    groups = [
        SummaryGroup(1, "1.", own=False, parent=None),
        SummaryGroup(1, "1.", own=True, parent=0),
        SummaryGroup(2, "1.2.", own=False, parent=0),
    ]
    band = [[10, 0, 0, 0], [5, 0, 0, 0], [5, 1, 0, 0]] if "up" in complaint else [[10, 0, 0, 0]] * 3
    with pytest.raises(ValueError, match=complaint):
        disclosure_control.protect_counts(groups, TWO, {"rating": rating, "band": band})


def test_no_groups_at_all() -> None:
    assert disclosure_control.protect_counts([], TWO, {"rating": [], "band": []}) == ProtectedCounts(
        [], {"rating": [], "band": []}
    )


def hide_small_alone(
    _groups: Sequence[SummaryGroup], _divisions: Mapping[str, Division], counts: FullCounts
) -> ProtectedCounts:
    """A rule at fault: it hides what is small, and nothing else."""
    headcounts = [keep_large(sum(row)) for row in next(iter(counts.values()))]
    return ProtectedCounts(
        headcounts, {name: [[keep_large(each) for each in row] for row in rows] for name, rows in counts.items()}
    )


def keep_large(count: int) -> int | None:
    return None if 0 < count < 5 else count


def hide_by_rows(
    groups: Sequence[SummaryGroup], divisions: Mapping[str, Division], counts: FullCounts
) -> ProtectedCounts:
    """A rule at fault: it hides a second category in each group, and never looks along the tree."""
    shown = hide_small_alone(groups, divisions, counts)
    for name, rows in shown.by_division.items():
        for row, full in zip(rows, counts[name], strict=True):
            if sum(each is None for each in row) == 1:
                row[min((at for at, each in enumerate(row) if each is not None), key=lambda at: full[at])] = None  # type: ignore[index]  # lists, made above
    return ProtectedCounts(list(shown.headcount), shown.by_division)


def hide_by_columns(
    groups: Sequence[SummaryGroup], divisions: Mapping[str, Division], counts: FullCounts
) -> ProtectedCounts:
    """A rule at fault: it hides a second part of each unit, and never looks across the categories."""
    shown = hide_small_alone(groups, divisions, counts)
    for rows in shown.by_division.values():
        for parent in {group.parent for group in groups if group.parent is not None}:
            parts = [place for place, group in enumerate(groups) if group.parent == parent]
            for at in range(len(rows[0])):
                left = [place for place in parts if rows[place][at] is not None]
                if len(parts) - len(left) == 1 and left:
                    rows[left[0]][at] = None  # type: ignore[index]  # lists, made above
    return shown


@pytest.mark.parametrize("rule", [hide_small_alone, hide_by_rows, hide_by_columns])
def test_a_rule_at_fault_is_caught(rule: Rule) -> None:
    caught = 0
    for seed in range(6):
        groups, counts = random_counts(seed, most=6)
        caught += count_determined(groups, counts, rule(groups, TWO, counts)) > 0
    assert caught >= 2


@pytest.mark.long
def test_a_thousand_trees() -> None:
    """The same on a thousand trees of up to ten units, most of whose figures are small."""
    began = time.perf_counter()
    hidden = 0
    for seed in range(1_000):
        groups, counts = random_counts(1_000 + seed, most=10, scale=(4, 8, 16, 40)[seed % 4])
        shown = disclosure_control.protect_counts(groups, TWO, counts)
        hidden += sum(each is None for _, each in pair_cells(counts, shown))
        assert count_determined(groups, counts, shown) == 0, seed
    print(f"\n1,000 trees, {hidden:,} hidden figures, 0 worked out, {time.perf_counter() - began:.0f} s: holds")


TWO_WITH_PUBLISHED_TOTALS: Mapping[str, Division] = {
    **TWO,
    "band": replace(TWO["band"], published_elsewhere=frozenset({"unknown"})),
}


def test_what_a_scoring_run_tells_of_all_reveals_no_band() -> None:
    """Two are high and three have no score, which everybody may read: 30 less 25 less 3 must not be known as high."""
    groups = [SummaryGroup(1, "1.", own=False, parent=None)]
    shown = disclosure_control.protect_counts(
        groups, TWO_WITH_PUBLISHED_TOTALS, {"rating": [[10, 10, 10]], "band": [[2, 0, 25, 3]]}
    )
    assert shown.by_division["band"][0][3] is None
    adversary = Adversary(groups, shown, [30], published_elsewhere={("band", 0, 3): 3})
    assert adversary.find_determined_cells() == []
    assert adversary.range(("band", 0, 0)) == (0, 27)


@pytest.mark.parametrize("seed", range(8))
def test_whoever_reads_how_many_have_no_score_works_out_nothing_else(seed: int) -> None:
    groups, counts = random_counts(seed, scale=(2, 5, 14, 40)[seed % 4])
    shown = disclosure_control.protect_counts(groups, TWO_WITH_PUBLISHED_TOTALS, counts)
    headcounts = [sum(row) for row in counts["band"]]
    adversary = Adversary(groups, shown, headcounts, published_elsewhere={("band", 0, 3): counts["band"][0][3]})
    assert {(name, category) for name, _, category in adversary.find_determined_cells()} <= {("band", 3)}


def test_the_divisions_are_those_of_the_columns() -> None:
    assert [len(division.categories) for division in DIVISIONS.values()] == [6, 4, 6]
