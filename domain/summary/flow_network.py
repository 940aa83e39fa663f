"""Flow network of a table of counts, published or hidden, for cell suppression.

The flow is people, from the groups of their work up the tree. Every sum constraint is a vertex: a group's headcount
over its categories, or a unit's category over its parts. Every figure is an arc leaving one sum and entering another,
so the knowledge derivable about hidden figures is the set of possible flows through the hidden arcs. A hidden figure
is not determined exactly if a cycle through it can carry one person more, within the known bounds of each figure on
it; since such a network is totally unimodular, this condition is also necessary. After Kelly, Golden and Assad, "Cell
suppression: disclosure protection for sensitive tabular data", Networks 22 (1992), and Castro, "Recent advances in
optimization techniques for statistical tabular data protection", EJOR 216 (2012).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from heapq import heappop, heappush

MIN_PUBLISHED_COUNT = 5
"""The smallest published count except zero."""

_HIDDEN_STEP_COST = 4  # what a step over a hidden figure costs
_HIDING_COST = 32  # what hiding a further figure costs, and again the more the larger it is


class AttackerKnowledge(IntEnum):
    """An attacker's assumed knowledge of a hidden figure, most first.

    Fully hidden figures are unknown at every level.
    """

    SIZE = 2
    """The figure is not zero, and known as small or large.

    A small figure is hidden for its own sake.
    """
    PRESENCE = 1
    """The figure is not zero."""
    NOTHING = 0
    """Counts are not negative; nothing further is known."""


@dataclass(slots=True)
class FlowNetwork:
    """A flow network: arcs with values, each published or hidden.

    A `fully_hidden` arc would be hidden even with a value of zero, so nothing is known of it. A `published_elsewhere`
    arc is known, hidden here or not: hiding it protects nothing.
    """

    tails: list[int] = field(default_factory=list)
    heads: list[int] = field(default_factory=list)
    values: list[int] = field(default_factory=list)
    hidden: list[bool] = field(default_factory=list)
    fully_hidden: list[bool] = field(default_factory=list)
    published_elsewhere: list[bool] = field(default_factory=list)
    arcs: list[list[int]] = field(default_factory=list)

    def add_vertex(self) -> int:
        """Add a vertex, a sum; returns its number."""
        self.arcs.append([])
        return len(self.arcs) - 1

    def add_arc(self, tail: int, head: int, value: int) -> int:
        """Add an arc, a figure; returns its number."""
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
        """Hide a figure regardless of its value, zero included."""
        self.hidden[arc] = self.fully_hidden[arc] = True

    def can_rise(self, arc: int, knowledge: AttackerKnowledge) -> bool:
        """True if the figure, once hidden, could be one more."""
        value = self.values[arc]
        if self.published_elsewhere[arc]:
            return False
        if self.fully_hidden[arc] or knowledge is AttackerKnowledge.NOTHING:
            return True
        return value > 0 and not (knowledge is AttackerKnowledge.SIZE and value == MIN_PUBLISHED_COUNT - 1)

    def can_fall(self, arc: int, knowledge: AttackerKnowledge) -> bool:
        """True if the figure, once hidden, could be one less."""
        value = self.values[arc]
        if self.published_elsewhere[arc]:
            return False
        if self.fully_hidden[arc] or knowledge is AttackerKnowledge.NOTHING:
            return value > 0
        return value > 1 and not (knowledge is AttackerKnowledge.SIZE and value == MIN_PUBLISHED_COUNT)

    def hide_arc(self, arc: int) -> bool:
        """Hide a figure; True if it was published before."""
        shown = not self.hidden[arc]
        self.hidden[arc] = True
        if not self.values[arc]:
            self.fully_hidden[arc] = True
        return shown

    def find_cycle(
        self, arc: int, knowledge: AttackerKnowledge, *, may_hide: bool = True
    ) -> list[tuple[int, bool]] | None:
        """The cheapest cycle changing a figure by one person, or None.

        Each figure of the cycle comes with True if it rises. With `may_hide` the cycle may pass over published
        figures; the change is possible once they are hidden.
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
        """True if a figure is published here or elsewhere."""
        return self.published_elsewhere[arc] or not self.hidden[arc]

    def smallest_published(self, arcs: Sequence[int]) -> int | None:
        """The arc of the smallest non-zero figure published here, but not elsewhere."""
        shown = [
            arc for arc in arcs if self.values[arc] and not self.hidden[arc] and not self.published_elsewhere[arc]
        ]
        return min(shown, key=lambda arc: self.values[arc], default=None)


@dataclass(frozen=True, slots=True)
class _PathSearch:
    """A search for shortest paths avoiding one arc."""

    network: FlowNetwork
    excluded_arc: int
    knowledge: AttackerKnowledge
    may_hide: bool

    def find_path(self, start: int, end: int, cost_limit: int | None) -> tuple[int, list[tuple[int, bool]]] | None:
        """The cheapest path between two sums, and its cost, by Dijkstra's algorithm.

        None if there is no path, or none cheaper than `cost_limit`.
        """
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
