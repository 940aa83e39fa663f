"""Textbook difference-in-differences by group and time, for comparison with the trials.

No study of ours rests on it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from training.improvement import inference
from training.improvement.facts import UNTRAINED, Booleans, Estimate, Floats, Integers


@dataclass(frozen=True, slots=True)
class GroupTimeEffect:
    """Effect at `time` on those first treated at `group` (columns), and their number."""

    group: int
    time: int
    effect: Estimate
    treated: int


def group_time_effects(outcome: Floats, group: Integers, cluster: Integers) -> tuple[GroupTimeEffect, ...]:
    """Group-time effects without covariates: Callaway & Sant'Anna (2021).

    Controls never treated, varying base. `outcome` (n × q, NaN missing), `group` (n): the column of first treatment
    or `UNTRAINED`; `cluster` (n). From `group` on, changes count since the period before it; earlier ones, the
    placebos, since the period before each.
    """
    found = []
    for first in np.unique(group[group > 0]):
        for time in range(1, outcome.shape[1]):
            base = min(time, int(first)) - 1
            cell = _compare_changes(outcome[:, time] - outcome[:, base], group == first, group == UNTRAINED, cluster)
            found.append(GroupTimeEffect(int(first), time, *cell))
    return tuple(found)


def _compare_changes(change: Floats, treated: Booleans, never: Booleans, cluster: Integers) -> tuple[Estimate, int]:
    """Difference of mean changes between two groups, and the number of treated in it.

    It counts people with a score at both times.
    """
    seen = np.isfinite(change)
    rows = seen & (treated | never)
    mine, theirs = change[seen & treated], change[seen & never]
    side = treated[rows]
    apart = change[rows] - np.where(side, mine.mean(), theirs.mean())
    influence = np.where(side, apart / len(mine), -apart / len(theirs))
    value = float(mine.mean() - theirs.mean())
    return inference.estimate_clustered(value, influence, cluster[rows]), len(mine)


def simple_average(cells: Iterable[GroupTimeEffect]) -> float:
    """The mean over all groups and times from treatment on, weighted by the groups' sizes."""
    return _weighted_mean([each for each in cells if each.time >= each.group])


def dynamic_effects(cells: Iterable[GroupTimeEffect]) -> dict[int, float]:
    """The mean by period since treatment, weighted by the groups' sizes."""
    return _group_means(cells, lambda each: each.time - each.group)


def overall_dynamic_effect(cells: Iterable[GroupTimeEffect]) -> float:
    """The plain mean of the periods from treatment on."""
    return float(np.mean([effect for period, effect in dynamic_effects(cells).items() if period >= 0]))


def overall_group_effect(cells: Sequence[GroupTimeEffect]) -> float:
    """Each group's mean over its times from treatment on, weighted by the groups' sizes."""
    means = _group_means([each for each in cells if each.time >= each.group], lambda each: each.group)
    sizes = {each.group: each.treated for each in cells}
    return sum(mean * sizes[group] for group, mean in means.items()) / sum(sizes[group] for group in means)


def _group_means(cells: Iterable[GroupTimeEffect], key: Callable[[GroupTimeEffect], int]) -> dict[int, float]:
    """The weighted mean of each group by `key`, in its order."""
    return {part: _weighted_mean(list(each)) for part, each in groupby(sorted(cells, key=key), key)}


def _weighted_mean(cells: Sequence[GroupTimeEffect]) -> float:
    """The mean effect of cells, weighted by the number treated."""
    return sum(cell.effect.value * cell.treated for cell in cells) / sum(cell.treated for cell in cells)
