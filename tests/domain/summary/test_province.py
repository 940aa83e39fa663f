"""Summaries of a whole made-up province: nothing can be worked out, and enough is left to see."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from domain.summary import disclosure_control
from domain.summary.facts import DIVISIONS, ProtectedCounts, SummaryGroup
from ml.synthetic import generator
from ml.synthetic.loading import frame
from ml.synthetic.settings import GeneratorSettings
from tests.domain.summary.adversary import Adversary

FullCounts = Mapping[str, Sequence[Sequence[int]]]

QUARTERS = 12


def count_province(employees: int) -> tuple[list[SummaryGroup], FullCounts]:
    """The groups and counts of a province: its true tree, its last scores, its training of the last year."""
    drawn = generator.generate_province(GeneratorSettings(employees=employees, quarters=QUARTERS, seed=1))
    paths = [path for path in frame.build_load_frame(drawn).unit_path if path]
    groups, own = build_tree(paths)
    score = drawn.observed.score[:, -1]
    seats = drawn.training.seat[:, -4:].max(axis=1)
    order = np.argsort(np.argsort(np.where(np.isnan(score), 200, score)))
    counts = {name: [[0] * len(division.categories) for _ in groups] for name, division in DIVISIONS.items()}
    for person, path in enumerate(frame.build_load_frame(drawn).unit_path):
        if path:
            place = own[path]
            counts["predikat"][place][rating_index(score[person])] += 1
            counts["band"][place][band_index(score[person], order[person] / len(order))] += 1
            counts["training"][place][0 if seats[person] > 0 else 5] += 1
    return groups, {name: disclosure_control.sum_groups(groups, rows) for name, rows in counts.items()}


def build_tree(paths: Sequence[str]) -> tuple[list[SummaryGroup], dict[str, int]]:
    """The groups of all units on these paths, and the place of each unit's own people."""
    units = sorted(
        {prefix for path in paths for prefix in path_prefixes(path)}, key=lambda path: (path.count("."), path)
    )
    above = {path_prefixes(path)[-2] for path in units if path.count(".") > 1}
    groups: list[SummaryGroup] = []
    whole: dict[str, int] = {}
    own: dict[str, int] = {}
    for number, path in enumerate(units):
        whole[path] = own[path] = len(groups)
        groups.append(
            SummaryGroup(
                number, path, own=False, parent=whole[path_prefixes(path)[-2]] if path.count(".") > 1 else None
            )
        )
        if path in above:
            own[path] = len(groups)
            groups.append(SummaryGroup(number, path, own=True, parent=whole[path]))
    return groups, own


def path_prefixes(path: str) -> list[str]:
    parts = path.split(".")[:-1]
    return [".".join(parts[: count + 1]) + "." for count in range(len(parts))]


def rating_index(score: float) -> int:
    """A place among the predikat, by bounds that give the few very good and the very few poor of a real office."""
    return 5 if np.isnan(score) else int(np.searchsorted([-110, -90, -75, -60], -score))


def band_index(score: float, share: float) -> int:
    return 3 if np.isnan(score) else int(np.searchsorted([0.05, 0.12], share))


def measure_utility(
    groups: Sequence[SummaryGroup], counts: FullCounts, shown: ProtectedCounts
) -> tuple[int, int, int]:
    """Of units with 25 people or more: counts that are not zero, those that may be shown, and those that are."""
    tally: Counter[str] = Counter()
    for place, group in enumerate(groups):
        people = sum(counts["band"][place])
        if group.own or people < 25:
            continue
        pairs = [(people, shown.headcount[place])]
        for name, rows in counts.items():
            pairs += zip(rows[place], shown.by_division[name][place], strict=True)
        tally["all"] += sum(true > 0 for true, _ in pairs)
        tally["large"] += sum(true >= 5 for true, _ in pairs)
        tally["shown"] += sum(true > 0 and each is not None for true, each in pairs)
    return tally["all"], tally["large"], tally["shown"]


def protect_province(employees: int) -> tuple[list[SummaryGroup], FullCounts, ProtectedCounts]:
    """The province's summaries, and their figures printed."""
    groups, counts = count_province(employees)
    began = time.process_time()
    shown = disclosure_control.protect_counts(groups, DIVISIONS, counts)
    took = time.process_time() - began
    every, large, seen = measure_utility(groups, counts, shown)
    print(
        f"\n{employees:,} people, {len(groups):,} groups, protected in {took:.1f} s; of units of 25 or more:"
        f" {every:,} counts that are not zero, {large:,} of 5 or more, {seen:,} shown"
        f" = {seen / every:.0%} of all and {seen / large:.0%} of those of 5 or more"
    )
    return groups, counts, shown


def test_a_small_province_publishes_no_small_count() -> None:
    groups, counts, shown = protect_province(2_000)
    flat = [each for rows in shown.by_division.values() for row in rows for each in row] + list(shown.headcount)
    assert not [each for each in flat if each is not None and 0 < each < 5]
    every, large, seen = measure_utility(groups, counts, shown)
    assert every > large > seen > 0.25 * large


@pytest.mark.long
def test_nothing_in_a_province_can_be_worked_out() -> None:
    """Not one of the hidden figures of 5,000 people, whether every headcount is known or not."""
    groups, counts, shown = protect_province(5_000)
    headcounts = [sum(row) for row in counts["band"]]
    for adversary in (Adversary(groups, shown), Adversary(groups, shown, headcounts)):
        assert len(adversary.hidden) > 500
        assert adversary.find_determined_cells(tries=12) == []
        small = [cell for cell in adversary.hidden if cell[0] and 0 < counts[cell[0]][cell[1]][cell[2]] < 5]
        rng = np.random.default_rng(1)
        ends = [adversary.range(small[each]) for each in rng.choice(len(small), 40, replace=False)]
        widths = sorted(high - low for low, high in ends)
        print(
            f"{len(adversary.hidden):,} hidden figures, 0 worked out: holds; the range left to a small one"
            f" is {widths[0]:.0f} to {widths[-1]:.0f} people wide, in the middle {widths[len(widths) // 2]:.0f}"
        )


@pytest.mark.long
def test_nothing_in_a_large_province_can_be_worked_out() -> None:
    """Of 70,000 people: all hidden figures against a few possibilities, a sample of the rest one by one."""
    groups, counts, shown = protect_province(70_000)
    adversary = Adversary(groups, shown, [sum(row) for row in counts["band"]])
    rng = np.random.default_rng(1)
    sample = [adversary.hidden[each] for each in rng.choice(len(adversary.hidden), 25, replace=False)]
    for cell in sample:
        low, high = adversary.range(cell)
        assert high - low >= 1, cell
    print(f"{len(sample)} of {len(adversary.hidden):,} hidden figures tried, 0 worked out: holds")
