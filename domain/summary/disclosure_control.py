"""Statistical disclosure control: suppression of small counts in a tree of groups.

Rule R-SUM-01. No hidden count can be derived from the published ones. A count of 1 to 4 is never published. Also
suppressed is any figure that would reveal one to an attacker. The attacker combines all published figures, knows
every headcount from the job map and the published totals over all groups, and knows of each hidden figure if it is
small:

1. The remainder of hidden parts in a published sum is never 1 to 4 either.
2. Each hidden figure could differ by one person in at least one direction without a change of any published figure.
3. If one sensitive category holds a whole group, the group's division is hidden altogether: "all eight are low"
   discloses it of each. The division of a group of fewer than five is hidden too.

Zero is published, since it discloses an attribute of nobody, except in a division hidden by rule 3.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from domain.summary.facts import Division, ProtectedCounts, SummaryGroup
from domain.summary.flow_network import MIN_PUBLISHED_COUNT, AttackerKnowledge, FlowNetwork

CountChange = Sequence[tuple[int, bool]]
"""Groups of a change, with True for one person more, False for one less."""


def sum_groups(groups: Sequence[SummaryGroup], own: Sequence[Sequence[int]]) -> list[list[int]]:
    """Aggregate the figures of groups without parts to all groups.

    `own` figures of groups with parts are ignored.
    """
    parents = {group.parent for group in groups}
    made = [[0] * len(row) if place in parents else list(row) for place, row in enumerate(own)]
    for place in range(len(groups) - 1, -1, -1):
        parent = groups[place].parent
        if parent is not None:
            made[parent] = [all_ + part for all_, part in zip(made[parent], made[place], strict=True)]
    return made


def protect_counts(
    groups: Sequence[SummaryGroup], divisions: Mapping[str, Division], counts: Mapping[str, Sequence[Sequence[int]]]
) -> ProtectedCounts:
    """Protect the counts of all groups, by division, group and category (R-SUM-01).

    The categories of each division must sum to the same headcount, and the parts of a group to the group. Raises
    ValueError otherwise.
    """
    headcount = _check_headcounts(groups, divisions, counts)
    heads = _CountTable(groups, [[each] for each in headcount], None)
    changes = heads.hide_until_safe()
    shown = {}
    for name, division in divisions.items():
        table = _CountTable(groups, counts[name], division)
        table.hide_along_changes(changes)
        table.hide_until_safe()
        shown[name] = table.published_counts()
    return ProtectedCounts([row[0] for row in heads.published_counts()], shown)


def _check_headcounts(
    groups: Sequence[SummaryGroup], divisions: Mapping[str, Division], counts: Mapping[str, Sequence[Sequence[int]]]
) -> list[int]:
    headcounts = [[sum(row) for row in counts[name]] for name in divisions]
    if any(each != headcounts[0] for each in headcounts):
        raise ValueError("the divisions do not divide the same people")
    if any(sum_groups(groups, counts[name]) != [list(row) for row in counts[name]] for name in divisions):
        raise ValueError("the parts of a group do not add up to the group")
    return headcounts[0]


@dataclass(frozen=True, slots=True)
class _SumConstraint:
    """A constraint: parts add up to a whole figure.

    `whole` is None if the attacker knows the sum anyway.
    """

    parts: Sequence[int]
    whole: int | None


class _CountTable:
    """Suppression state of the counts by group and category.

    With a division the headcounts are known to the attacker, and rule 3 is applied.
    """

    def __init__(
        self, groups: Sequence[SummaryGroup], counts: Sequence[Sequence[int]], division: Division | None
    ) -> None:
        self._groups = groups
        self._width = len(counts[0]) if counts else 0
        self._network = FlowNetwork()
        self._settled: set[int] = set()
        self._sums = list(self._build_sums(counts, divided=division is not None))
        if division is not None:
            self._hide_revealing_groups(counts, [category in division.sensitive for category in division.categories])
            self._apply_published_totals(
                [category in division.published_elsewhere for category in division.categories]
            )

    def _build_sums(self, counts: Sequence[Sequence[int]], *, divided: bool) -> Iterator[_SumConstraint]:
        """Add one arc per figure, group by group, and yield the sum constraints."""
        network, ground = self._network, self._network.add_vertex()
        whole = {group.parent for group in self._groups if group.parent is not None}
        columns = {place: [network.add_vertex() for _ in range(self._width)] for place in sorted(whole)}
        parts: dict[int, list[int]] = {}
        for place, (group, row) in enumerate(zip(self._groups, counts, strict=True)):
            outer = [ground] * self._width if group.parent is None else columns[group.parent]
            source = network.add_vertex() if divided and place not in columns else ground
            inner = columns.get(place, [source] * self._width)
            arcs = [network.add_arc(*ends) for ends in zip(inner, outer, row, strict=True)]
            for arc, vertex in zip(arcs, outer, strict=True):
                parts.setdefault(vertex, []).append(arc)
            if divided:
                yield _SumConstraint(arcs, None)
        for place, vertices in columns.items():
            for column, vertex in enumerate(vertices):
                yield _SumConstraint(parts[vertex], self._arc_number(place, column))

    def _arc_number(self, place: int, column: int) -> int:
        return place * self._width + column

    def _group_arcs(self, place: int) -> range:
        return range(place * self._width, (place + 1) * self._width)

    def _hide_group_fully(self, place: int) -> None:
        for arc in self._group_arcs(place):
            self._network.hide_fully(arc)

    def _hide_revealing_groups(self, counts: Sequence[Sequence[int]], sensitive: Sequence[bool]) -> None:
        for place, row in enumerate(counts):
            people = sum(row)
            told = any(count == people and tells for count, tells in zip(row, sensitive, strict=True))
            if people and (people < MIN_PUBLISHED_COUNT or told):
                self._hide_group_fully(place)

    def _apply_published_totals(self, published: Sequence[bool]) -> None:
        """In the top groups, treat published totals over all groups as known."""
        tops = [place for place, group in enumerate(self._groups) if group.parent is None]
        for place in tops:
            for arc, known in zip(self._group_arcs(place), published, strict=True):
                self._network.published_elsewhere[arc] = known

    def hide_along_changes(self, changes: Sequence[CountChange]) -> None:
        """Hide one category along each change of headcounts, preferably one able to carry it.

        Such a category can change by one person in each group without disclosure. Without one, the groups are hidden
        fully.
        """
        for change in changes:
            columns = [column for column in range(self._width) if self._can_carry(change, column)]
            if columns:
                best = min(columns, key=lambda column: self._hiding_cost(change, column))
            else:
                best = max(range(self._width), key=lambda column: self._smallest_falling_count(change, column))
                for place, _ in change:
                    self._hide_group_fully(place)
            for place, _ in change:
                self._network.hidden[self._arc_number(place, best)] = True

    def _can_carry(self, change: CountChange, column: int) -> bool:
        network = self._network
        return all(
            network.can_rise(self._arc_number(place, column), AttackerKnowledge.SIZE)
            if up
            else network.can_fall(self._arc_number(place, column), AttackerKnowledge.SIZE)
            for place, up in change
        )

    def _hiding_cost(self, change: CountChange, column: int) -> int:
        arcs = [self._arc_number(place, column) for place, _ in change]
        return sum(self._network.values[arc] for arc in arcs if not self._network.hidden[arc])

    def _smallest_falling_count(self, change: CountChange, column: int) -> int:
        return min(
            (self._network.values[self._arc_number(place, column)] for place, up in change if not up), default=0
        )

    def hide_until_safe(self) -> list[CountChange]:
        """Suppress further figures until all rules hold; returns the one-person changes found.

        By these changes no hidden figure is determined.
        """
        changes: list[CountChange] = []
        while self._hide_small_remainders() or self._hide_along_cycles(changes):
            pass
        return changes

    def _hide_small_remainders(self) -> bool:
        """Apply rule 1; True if a figure was hidden."""
        done, network = False, self._network
        for each in self._sums:
            known = each.whole is None or network.is_public(each.whole)
            rest = sum(network.values[arc] for arc in each.parts if not network.is_public(arc))
            if (
                known
                and 0 < rest < MIN_PUBLISHED_COUNT
                and (arc := network.smallest_published(each.parts)) is not None
            ):
                network.hidden[arc] = done = True
        return done

    def _hide_along_cycles(self, changes: list[CountChange]) -> bool:
        """Apply rule 2; True if a figure was hidden."""
        done, network = False, self._network
        for arc, value in enumerate(network.values):
            if value and not network.is_public(arc) and arc not in self._settled:
                cycle = self._find_change(arc)
                if not cycle:  # it follows from what is told elsewhere, and so is told there too
                    network.published_elsewhere[arc] = done = True
                    continue
                self._settled.update(each for each, _ in cycle)
                changes.append([(each // self._width, up) for each, up in cycle])
                for each, _ in cycle:
                    done = network.hide_arc(each) or done
        return done

    def _find_change(self, arc: int) -> list[tuple[int, bool]]:
        """The cheapest one-person change through a figure, against the best-informed attacker possible.

        The list is empty only if totals published elsewhere prevent every change.
        """
        for known in AttackerKnowledge:
            if cycle := self._network.find_cycle(arc, known):
                return cycle
        if not any(self._network.published_elsewhere):
            raise AssertionError("somebody in a category could always be in another one")
        return []

    def published_counts(self) -> list[list[int | None]]:
        """The published counts by group and category, None for a suppressed one.

        A hidden zero that no change can move is determined by the figures around it, and is published.
        """
        network = self._network
        for arc, value in enumerate(network.values):
            if (
                not value
                and network.hidden[arc]
                and network.find_cycle(arc, AttackerKnowledge.NOTHING, may_hide=False) is None
            ):
                network.hidden[arc] = False
        figures = [None if hidden else value for value, hidden in zip(network.values, network.hidden, strict=True)]
        return [list(figures[place * self._width : (place + 1) * self._width]) for place in range(len(self._groups))]
