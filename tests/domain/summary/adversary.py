"""Somebody who puts all shown figures together, and trees to try them on; they share no code with the rules."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.optimize import linprog

from domain.summary.facts import Division, ProtectedCounts, SummaryGroup

Cell = tuple[str, int, int]
"""A division ("" for headcounts), a group and a category."""

SURE = 0.5
"""Counts are whole: a range narrower than this holds one of them."""


@dataclass(slots=True)
class Adversary:
    """All that follows from the shown figures: sums over categories, sums over the tree, and that counts are counts.

    `headcounts` are those that they know beside what is shown, from the job map. `small` are hidden figures of
    which somebody told them that they are 1 to 4. `published_elsewhere` are figures that they read elsewhere.
    """

    groups: Sequence[SummaryGroup]
    published: ProtectedCounts
    headcounts: Sequence[int] | None = None
    small: frozenset[Cell] = frozenset()
    published_elsewhere: Mapping[Cell, int] = field(default_factory=dict)
    cells: dict[Cell, int] = field(init=False, default_factory=dict)
    hidden: list[Cell] = field(init=False, default_factory=list)
    _bounds: list[tuple[float, float | None]] = field(init=False, default_factory=list)
    _matrix: Any = field(init=False, default=None)

    def __post_init__(self) -> None:
        known = self.published.headcount if self.headcounts is None else self.headcounts
        for group, value in enumerate(known):
            self._set_bounds(("", group, 0), value)
        for name, rows in self.published.by_division.items():
            for group, row in enumerate(rows):
                for category, value in enumerate(row):
                    self._set_bounds((name, group, category), value)
        self._matrix = sp.csr_matrix(self._equations())

    def _set_bounds(self, cell: Cell, value: int | None) -> None:
        self.cells[cell] = len(self.cells)
        value = self.published_elsewhere.get(cell, value)
        if value is not None:
            self._bounds.append((value, value))
            return
        self.hidden.append(cell)
        self._bounds.append((1, 4) if cell in self.small else (0, None))

    def _equations(self) -> sp.coo_matrix[Any]:
        rows: list[int] = []
        columns: list[int] = []
        values: list[int] = []
        count = 0
        for parts, whole in self._sums():
            rows += [count] * (len(parts) + 1)
            columns += [*(self.cells[cell] for cell in parts), self.cells[whole]]
            values += [1] * len(parts) + [-1]
            count += 1
        return sp.coo_matrix((np.array(values), (np.array(rows), np.array(columns))), shape=(count, len(self.cells)))

    def _sums(self) -> Iterator[tuple[list[Cell], Cell]]:
        children: dict[int, list[int]] = {}
        for place, group in enumerate(self.groups):
            if group.parent is not None:
                children.setdefault(group.parent, []).append(place)
        widths = {"": 1, **{name: len(rows[0]) for name, rows in self.published.by_division.items()}}
        for name, width in widths.items():
            for category in range(width):
                for parent, parts in children.items():
                    yield [(name, part, category) for part in parts], (name, parent, category)
            if name:
                for place in range(len(self.groups)):
                    yield [(name, place, category) for category in range(width)], ("", place, 0)

    def range(self, cell: Cell) -> tuple[float, float]:
        """The least and the greatest that a figure may be."""
        aim = np.zeros(len(self.cells))
        aim[self.cells[cell]] = 1
        ends = [self._solve(aim * sign) for sign in (1, -1)]
        at = self.cells[cell]
        low, high = (None if end is None else end[at] for end in ends)
        assert low is not None
        return float(low), float("inf") if high is None else float(high)

    def _solve(self, aim: np.ndarray[Any, Any]) -> np.ndarray[Any, Any] | None:
        found = linprog(aim, A_eq=self._matrix, b_eq=np.zeros(self._matrix.shape[0]), bounds=self._bounds)
        assert found.status in {0, 3}, found.message  # 3: without bound
        return found.x if found.status == 0 else None

    def find_determined_cells(self, tries: int = 6, seed: int = 1) -> list[Cell]:
        """The hidden figures that they know. What differs between any two possibilities they do not."""
        if not self.hidden:
            return []
        rng = np.random.default_rng(seed)
        at = np.array([self.cells[cell] for cell in self.hidden])
        lows, highs = np.full(len(at), np.inf), np.full(len(at), -np.inf)
        for _ in range(tries):
            aim = np.zeros(len(self.cells))
            # Costs above zero keep it bounded: no count can be less than none.
            aim[at] = rng.uniform(0.01, 1, len(at)) ** 3
            found = self._solve(aim)
            assert found is not None
            lows, highs = np.minimum(lows, found[at]), np.maximum(highs, found[at])
        doubtful = [cell for cell, width in zip(self.hidden, highs - lows, strict=True) if width < SURE]
        ranges = {cell: self.range(cell) for cell in doubtful}
        return [cell for cell, (low, high) in ranges.items() if high - low < SURE]


def random_tree(rng: np.random.Generator, most: int) -> list[SummaryGroup]:
    """Groups at random: each unit has parts, among them perhaps its own people, or none."""
    units = [0, *(int(rng.integers(0, place)) for place in range(1, int(rng.integers(1, most + 1))))]
    above = set(units[1:])
    groups: list[SummaryGroup] = []
    place_of: dict[int, int] = {}
    for unit, parent in enumerate(units):
        place_of[unit] = len(groups)
        groups.append(SummaryGroup(unit, f"{unit}.", own=False, parent=place_of[parent] if unit else None))
        if unit in above:
            groups.append(SummaryGroup(unit, f"{unit}.", own=True, parent=place_of[unit]))
    return groups


def random_people(
    rng: np.random.Generator, groups: Sequence[SummaryGroup], divisions: Mapping[str, Division], scale: float
) -> dict[str, list[list[int]]]:
    """Own counts of each group by division: few or many people, even or lopsided."""
    parents = {group.parent for group in groups}
    sizes = [0 if place in parents else int(rng.gamma(0.8, scale)) for place in range(len(groups))]
    made = {}
    for name, division in divisions.items():
        width = len(division.categories)
        weights = rng.dirichlet(np.full(width, 0.4))
        made[name] = [[int(each) for each in rng.multinomial(size, weights)] for size in sizes]
    return made
