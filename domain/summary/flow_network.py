"""Figures as a flow of people from the groups in which they work up the tree, and which of them are shown.

Every sum that figures must satisfy is a vertex: a group's headcount over its categories, or a unit's category over
its parts. Every figure is an arc that leaves one sum and enters another, so what somebody can work out about hidden
figures is what a flow through the hidden arcs may still be. A hidden figure is not determined exactly if a cycle
through it can carry one person more within the bounds known of each figure on it; and since such a network
is totally unimodular, there is no other way. After Kelly, Golden and Assad, "Cell suppression: disclosure protection
for sensitive tabular data", Networks 22 (1992), and Castro, "Recent advances in optimization techniques for
statistical tabular data protection", EJOR 216 (2012).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from heapq import heappop, heappush

MIN_PUBLISHED_COUNT = 5
"""The smallest count shown beside zero."""

_HIDDEN_STEP_COST = 4  # what a step over a hidden figure costs
_HIDING_COST = 32  # what hiding a further figure costs, and again the more the larger it is


class AttackerKnowledge(IntEnum):
    """What somebody is taken to know about a hidden figure that is not veiled, most first."""

    SIZE = 2
    """Whether it is small, and so hidden for its own sake, or large; and that it is not zero."""
    PRESENCE = 1
    """That it is not zero."""
    NOTHING = 0
    """No more than that counts are not negative."""


@dataclass(slots=True)
class FlowNetwork:
    """Arcs with values, each shown or hidden.

    They are `hidden`, and `fully_hidden` if a zero would be hidden too, so nothing is known of them.

    Those that are `published_elsewhere` are known, shown or not: hiding them covers nothing.
    """

    tails: list[int] = field(default_factory=list)
    heads: list[int] = field(default_factory=list)
    values: list[int] = field(default_factory=list)
    hidden: list[bool] = field(default_factory=list)
    fully_hidden: list[bool] = field(default_factory=list)
    published_elsewhere: list[bool] = field(default_factory=list)
    arcs: list[list[int]] = field(default_factory=list)

    def add_vertex(self) -> int:
        """A further sum."""
        self.arcs.append([])
        return len(self.arcs) - 1

    def add_arc(self, tail: int, head: int, value: int) -> int:
        """A further figure."""
        number = len(self.values)
        self.tails.append(tail)
        self.heads.append(head)
        self.values.append(value)
        self.hidden.append(0 < value < MIN_PUBLISHED_COUNT)
        self.fully_hidden.append(False)
        self.published_elsewhere.append(False)
        self.arcs[tail].append(number)
        self.arcs[head].append(number)
        return number

    def hide_fully(self, arc: int) -> None:
        """Hide a figure whatever it is."""
        self.hidden[arc] = self.fully_hidden[arc] = True

    def can_rise(self, arc: int, knowledge: AttackerKnowledge) -> bool:
        """True if the figure could be one more, if it is or were hidden."""
        value = self.values[arc]
        if self.published_elsewhere[arc]:
            return False
        if self.fully_hidden[arc] or knowledge is AttackerKnowledge.NOTHING:
            return True
        return value > 0 and not (knowledge is AttackerKnowledge.SIZE and value == MIN_PUBLISHED_COUNT - 1)

    def can_fall(self, arc: int, knowledge: AttackerKnowledge) -> bool:
        """True if it could be one less."""
        value = self.values[arc]
        if self.published_elsewhere[arc]:
            return False
        if self.fully_hidden[arc] or knowledge is AttackerKnowledge.NOTHING:
            return value > 0
        return value > 1 and not (knowledge is AttackerKnowledge.SIZE and value == MIN_PUBLISHED_COUNT)

    def hide_arc(self, arc: int) -> bool:
        """Hide a figure; whether it was shown."""
        shown = not self.hidden[arc]
        self.hidden[arc] = True
        if not self.values[arc]:
            self.fully_hidden[arc] = True
        return shown

    def find_cycle(
        self, arc: int, knowledge: AttackerKnowledge, *, may_hide: bool = True
    ) -> list[tuple[int, bool]] | None:
        """The figures, and which of them rise, of the cheapest change of one person that moves `add_arc`; or None.

        With `may_hide` it may lead over figures shown now; hide them and the change is possible.
        """
        search = _PathSearch(self, arc, knowledge, may_hide)
        best = None
        if self.can_rise(arc, knowledge):
            best = search.find_path(self.heads[arc], self.tails[arc], None)
        if self.can_fall(arc, knowledge):
            other = search.find_path(self.tails[arc], self.heads[arc], best and best[0])
            if other is not None:
                return [(arc, False), *other[1]]
        return None if best is None else [(arc, True), *best[1]]

    def is_public(self, arc: int) -> bool:
        """True if a figure is shown here, or told elsewhere."""
        return self.published_elsewhere[arc] or not self.hidden[arc]

    def smallest_published(self, arcs: Sequence[int]) -> int | None:
        """The smallest figure among some shown, not zero, and not told elsewhere."""
        shown = [
            arc for arc in arcs if self.values[arc] and not self.hidden[arc] and not self.published_elsewhere[arc]
        ]
        return min(shown, key=lambda arc: self.values[arc], default=None)


@dataclass(frozen=True, slots=True)
class _PathSearch:
    """A search for ways that do not use an arc."""

    network: FlowNetwork
    excluded_arc: int
    knowledge: AttackerKnowledge
    may_hide: bool

    def find_path(self, start: int, end: int, cost_limit: int | None) -> tuple[int, list[tuple[int, bool]]] | None:
        """The cheapest way between two sums, and its cost: Dijkstra's. None if there is none that costs less."""
        costs, came = {start: 0}, dict[int, tuple[int, int, bool]]()
        queue = [(0, start)]
        while queue:
            cost, vertex = heappop(queue)
            if cost_limit is not None and cost >= cost_limit:
                return None
            if vertex == end:
                return cost, list(_trace_back(came, end, start))
            if cost > costs[vertex]:
                continue
            for arc, further, up in self._next_steps(vertex):
                reached = cost + self._arc_cost(arc)
                if reached < costs.get(further, reached + 1):
                    costs[further] = reached
                    came[further] = vertex, arc, up
                    heappush(queue, (reached, further))
        return None

    def _arc_cost(self, arc: int) -> int:
        return (
            _HIDDEN_STEP_COST
            if self.network.hidden[arc]
            else _HIDING_COST + self.network.values[arc].bit_length() ** 2
        )

    def _next_steps(self, vertex: int) -> Iterator[tuple[int, int, bool]]:
        network = self.network
        for arc in network.arcs[vertex]:
            if arc == self.excluded_arc or not (self.may_hide or network.hidden[arc]):
                continue
            if network.tails[arc] == vertex:
                if network.can_rise(arc, self.knowledge):
                    yield arc, network.heads[arc], True
            elif network.can_fall(arc, self.knowledge):
                yield arc, network.tails[arc], False


def _trace_back(came: dict[int, tuple[int, int, bool]], end: int, start: int) -> Iterator[tuple[int, bool]]:
    while end != start:
        end, arc, up = came[end]
        yield arc, up
