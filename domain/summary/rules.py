"""Which figures of a tree of groups are shown, so that none that is hidden can be worked out from the others.

Rule R-SUM-01. A count of 1 to 4 is never shown. Nor is whatever would let somebody work one out who puts all shown
figures together, knows every headcount from the job map and what is told of all groups together, and knows of each
hidden figure whether it is small:

1. What hidden parts leave of a shown sum is never 1 to 4 either.
2. Each hidden figure could differ by one person in at least one direction without any shown figure changing.
3. Where one telling category holds a whole group, the group's division is hidden altogether: "all eight are low"
   says it of each. So it is in a group of fewer than five.

Zero is shown, since it says of nobody what he has, but not where rule 3 hides a division.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from domain.summary.facts import Counts, Division, Group
from domain.summary.network import LEAST, Known, Network

Change = Sequence[tuple[int, bool]]
"""Groups, and which of them would have one person more; the others one less."""


def sums(groups: Sequence[Group], own: Sequence[Sequence[int]]) -> list[list[int]]:
    """The figures of all groups, from those of the groups without parts; `own` of the others is left out."""
    parents = {group.parent for group in groups}
    made = [[0] * len(row) if place in parents else list(row) for place, row in enumerate(own)]
    for place in range(len(groups) - 1, -1, -1):
        parent = groups[place].parent
        if parent is not None:
            made[parent] = [all_ + part for all_, part in zip(made[parent], made[place], strict=True)]
    return made


def protect(
    groups: Sequence[Group], divisions: Mapping[str, Division], counts: Mapping[str, Sequence[Sequence[int]]]
) -> Counts:
    """What is shown of the counts of all groups, by division, group and category (R-SUM-01).

    The categories of each division must sum to the same headcount, and the parts of a group to the group.
    Raises ValueError where they do not.
    """
    headcount = _headcount(groups, divisions, counts)
    heads = _Table(groups, [[each] for each in headcount], None)
    changes = heads.settle()
    shown = {}
    for name, division in divisions.items():
        table = _Table(groups, counts[name], division)
        table.carry(changes)
        table.settle()
        shown[name] = table.shown()
    return Counts([row[0] for row in heads.shown()], shown)


def _headcount(
    groups: Sequence[Group], divisions: Mapping[str, Division], counts: Mapping[str, Sequence[Sequence[int]]]
) -> list[int]:
    headcounts = [[sum(row) for row in counts[name]] for name in divisions]
    if any(each != headcounts[0] for each in headcounts):
        raise ValueError("the divisions do not divide the same people")
    if any(sums(groups, counts[name]) != [list(row) for row in counts[name]] for name in divisions):
        raise ValueError("the parts of a group do not add up to the group")
    return headcounts[0]


@dataclass(frozen=True, slots=True)
class _Sum:
    """A sum over parts, and the figure that it is, if that is not known anyway."""

    parts: Sequence[int]
    whole: int | None


class _Table:
    """Figures by group and category. With a division headcounts are known, and rule 3 is applied."""

    def __init__(self, groups: Sequence[Group], counts: Sequence[Sequence[int]], division: Division | None) -> None:
        self._groups = groups
        self._width = len(counts[0]) if counts else 0
        self._network = Network()
        self._settled: set[int] = set()
        self._sums = list(self._build(counts, divided=division is not None))
        if division is not None:
            self._veil_what_tells(counts, [category in division.telling for category in division.categories])
            self._know([category in division.told for category in division.categories])

    def _build(self, counts: Sequence[Sequence[int]], *, divided: bool) -> Iterator[_Sum]:
        """One arc for each figure, group by group; the sums that it must satisfy."""
        network, ground = self._network, self._network.vertex()
        whole = {group.parent for group in self._groups if group.parent is not None}
        columns = {place: [network.vertex() for _ in range(self._width)] for place in sorted(whole)}
        parts: dict[int, list[int]] = {}
        for place, (group, row) in enumerate(zip(self._groups, counts, strict=True)):
            outer = [ground] * self._width if group.parent is None else columns[group.parent]
            source = network.vertex() if divided and place not in columns else ground
            inner = columns.get(place, [source] * self._width)
            arcs = [network.arc(*ends) for ends in zip(inner, outer, row, strict=True)]
            for arc, vertex in zip(arcs, outer, strict=True):
                parts.setdefault(vertex, []).append(arc)
            if divided:
                yield _Sum(arcs, None)
        for place, vertices in columns.items():
            for column, vertex in enumerate(vertices):
                yield _Sum(parts[vertex], self._arc(place, column))

    def _arc(self, place: int, column: int) -> int:
        return place * self._width + column

    def _row(self, place: int) -> range:
        return range(place * self._width, (place + 1) * self._width)

    def _veil(self, place: int) -> None:
        for arc in self._row(place):
            self._network.veil(arc)

    def _veil_what_tells(self, counts: Sequence[Sequence[int]], telling: Sequence[bool]) -> None:
        for place, row in enumerate(counts):
            people = sum(row)
            told = any(count == people and tells for count, tells in zip(row, telling, strict=True))
            if people and (people < LEAST or told):
                self._veil(place)

    def _know(self, told: Sequence[bool]) -> None:
        """Of the groups at the top, take for known what is told of all groups together."""
        tops = [place for place, group in enumerate(self._groups) if group.parent is None]
        for place in tops:
            for arc, known in zip(self._row(place), told, strict=True):
                self._network.told[arc] = known

    def carry(self, changes: Sequence[Change]) -> None:
        """Hide one category along each change of headcounts, in which it can happen without telling."""
        for change in changes:
            columns = [column for column in range(self._width) if self._carries(change, column)]
            if columns:
                best = min(columns, key=lambda column: self._price(change, column))
            else:
                best = max(range(self._width), key=lambda column: self._most(change, column))
                for place, _ in change:
                    self._veil(place)
            for place, _ in change:
                self._network.hidden[self._arc(place, best)] = True

    def _carries(self, change: Change, column: int) -> bool:
        network = self._network
        return all(
            network.rises(self._arc(place, column), Known.SIZE)
            if up
            else network.falls(self._arc(place, column), Known.SIZE)
            for place, up in change
        )

    def _price(self, change: Change, column: int) -> int:
        arcs = [self._arc(place, column) for place, _ in change]
        return sum(self._network.values[arc] for arc in arcs if not self._network.hidden[arc])

    def _most(self, change: Change, column: int) -> int:
        return min((self._network.values[self._arc(place, column)] for place, up in change if not up), default=0)

    def settle(self) -> list[Change]:
        """Hide what else must be; the changes of one person by which no hidden figure is determined."""
        changes: list[Change] = []
        while self._hide_small_rests() or self._hide_for_changes(changes):
            pass
        return changes

    def _hide_small_rests(self) -> bool:
        """Rule 1: whether something was hidden."""
        done, network = False, self._network
        for each in self._sums:
            known = each.whole is None or network.known(each.whole)
            rest = sum(network.values[arc] for arc in each.parts if not network.known(arc))
            if known and 0 < rest < LEAST and (arc := network.smallest(each.parts)) is not None:
                network.hidden[arc] = done = True
        return done

    def _hide_for_changes(self, changes: list[Change]) -> bool:
        """Rule 2: whether something was hidden."""
        done, network = False, self._network
        for arc, value in enumerate(network.values):
            if value and not network.known(arc) and arc not in self._settled:
                cycle = self._change(arc)
                if not cycle:  # it follows from what is told elsewhere, and so is told there too
                    network.told[arc] = done = True
                    continue
                self._settled.update(each for each, _ in cycle)
                changes.append([(each // self._width, up) for each, up in cycle])
                for each, _ in cycle:
                    done = network.hide(each) or done
        return done

    def _change(self, arc: int) -> list[tuple[int, bool]]:
        """The cheapest change that moves a figure, though as much as possible is known of the others on its way.

        There always is one, unless what is told elsewhere stands in its way.
        """
        for known in Known:
            if cycle := self._network.cycle(arc, known):
                return cycle
        if not any(self._network.told):
            raise AssertionError("somebody in a category could always be in another one")
        return []

    def shown(self) -> list[list[int | None]]:
        """By group and category; a hidden zero that nothing can change is told by the figures around it: shown."""
        network = self._network
        for arc, value in enumerate(network.values):
            if not value and network.hidden[arc] and network.cycle(arc, Known.NOTHING, hide=False) is None:
                network.hidden[arc] = False
        figures = [None if hidden else value for value, hidden in zip(network.values, network.hidden, strict=True)]
        return [list(figures[place * self._width : (place + 1) * self._width]) for place in range(len(self._groups))]
